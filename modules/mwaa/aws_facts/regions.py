"""The regions that offer MWAA, and the services that some of them lack."""

from collections.abc import Mapping
from types import MappingProxyType

REGIONS: frozenset[str] = frozenset(
    # BC endpoints.json, service `airflow`. mx-central-1 lacks the CloudFormation type: unverified.
    """
    af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1
    eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1
    mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1
    """.split()  # noqa: SIM905
)


REGIONS_SOURCE = "botocore 1.44.5, data/endpoints.json, service airflow"


UNSUPPORTED_ZONE_IDS: frozenset[str] = frozenset({"use1-az3"})
"""Availability-zone ids in which MWAA refuses a subnet. UG vpc-create."""


GRACEFUL_UNAVAILABLE_REGIONS: frozenset[str] = frozenset({"ca-west-1", "ap-southeast-5"})
"""Regions where MWAA cannot replace workers gracefully. UG update-environment."""


UNAVAILABLE_REGIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # MWAA's regions less those of the service.
        "CodePipeline": frozenset({"ap-southeast-7", "ca-west-1", "mx-central-1"}),
        "CodeBuild": frozenset({"ca-west-1", "mx-central-1"}),
        "CodeCommit": frozenset(
            """
            ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-west-1 eu-central-2 eu-south-2 mx-central-1
            """.split()  # noqa: SIM905
        ),
    }
)
"""Regions with MWAA and without a service that a pipeline needs. New regions may be missing from the source.

CodeConnections is not listed: the source does not have all of its endpoints.
"""


UNAVAILABLE_REGIONS_SOURCE = "botocore 1.44.5, data/endpoints.json"
