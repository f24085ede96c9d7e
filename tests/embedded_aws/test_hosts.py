import pytest
from mwaa.embedded_aws.hosts import is_aws, is_metadata


@pytest.mark.parametrize(
    "host",
    [
        "amazonaws.com",
        "sts.amazonaws.com",
        "STS.eu-west-1.AmazonAWS.com",
        "bucket.s3.eu-west-1.amazonaws.com.",
        "ec2.cn-north-1.amazonaws.com.cn",
        "ec2.eu-west-1.api.aws",
        "portal.sso.eu-west-1.amazonaws.com",
    ],
)
def test_endpoints_of_aws(host: str) -> None:
    assert is_aws(host)


@pytest.mark.parametrize(
    "host", ["registry.terraform.io", "notamazonaws.com", "amazonaws.com.example.org", "", "example.com"]
)
def test_other_hosts(host: str) -> None:
    assert not is_aws(host)


@pytest.mark.parametrize("host", ["169.254.169.254", "169.254.170.2", "[fd00:ec2::254]", "FD00:EC2:0::254"])
def test_hosts_that_hand_out_credentials(host: str) -> None:
    assert is_metadata(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "example.org"])
def test_hosts_that_do_not(host: str) -> None:
    assert not is_metadata(host)
