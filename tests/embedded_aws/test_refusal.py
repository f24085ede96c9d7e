"""A refusal can be read by the parser of every protocol that AWS services speak."""

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from mwaa.embedded_aws.refusal import BUG, refuse

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.mark.parametrize(
    ("service", "host", "content_type"),
    [
        ("ec2", "ec2.eu-west-1.amazonaws.com", FORM),
        ("iam", "iam.amazonaws.com", FORM),
        ("s3", "bucket.s3.eu-west-1.amazonaws.com", "application/octet-stream"),
        ("s3", "s3.eu-west-1.amazonaws.com", ""),
        ("s3control", "111111111111.s3-control.eu-west-1.amazonaws.com", ""),
        ("route53", "route53.amazonaws.com", "text/xml"),
        ("kms", "kms.eu-west-1.amazonaws.com", "application/x-amz-json-1.1"),
        ("mwaa", "api.airflow.eu-west-1.amazonaws.com", "application/json"),
        ("mwaa", "api.airflow.eu-west-1.amazonaws.com", ""),
    ],
)
def test_every_protocol_understands_a_refusal(service: str, host: str, content_type: str) -> None:
    status, headers, body = refuse(host, {"Content-Type": content_type}, BUG, "broke at a < b & c")
    protocol = ServiceModel(Loader().load_service_model(service, "service-2"), service).metadata["protocol"]
    answer = {"status_code": status, "headers": {name.lower(): value for name, value in headers.items()}, "body": body}
    parsed = create_parser(protocol).parse(answer, None)
    assert parsed["Error"]["Code"] == "EmbeddedAwsBug"
    assert parsed["Error"]["Message"] == "broke at a < b & c"
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 400
