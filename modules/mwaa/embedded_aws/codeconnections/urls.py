"""Where moto finds this backend."""

from mwaa.embedded_aws.codeconnections.responses import CodeConnectionsResponse

url_bases = [r"https?://codeconnections\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/.*$": CodeConnectionsResponse.dispatch}
