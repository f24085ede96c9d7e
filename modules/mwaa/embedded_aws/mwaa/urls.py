"""Where moto finds this backend: the control plane and the data plane of Amazon MWAA."""

from mwaa.embedded_aws.mwaa.responses import MWAAResponse

url_bases = [
    r"https?://api\.airflow\.(.+)\.amazonaws\.com",
    r"https?://env\.airflow\.(.+)\.amazonaws\.com",
]
url_paths = {"{0}/.*$": MWAAResponse.dispatch}
