"""The VPC endpoints that an environment without internet access needs."""

PRIVATE_ROUTING_SERVICES: tuple[str, ...] = ("sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env")
"""Interface endpoints that an environment without internet needs, besides the S3 gateway. UG vpc-vpe-create-access."""

VERIFIER_SERVICES: tuple[str, ...] = ("ecr.api", "ecr.dkr")
"""Interface endpoints that AWS's verify_env.py looks for, and that left the guide's page in 2026.

Source: github.com/awslabs/aws-support-tools at 85d5c22, MWAA/verify_env. Every region offers them.
"""

OPS_REGIONS: frozenset[str] = frozenset({"us-east-1", "us-east-2", "us-west-2"})
"""Regions in which `airflow.ops` is known to exist. The guide names it everywhere; its API is deprecated.

Source: AWS General Reference, page mwaa. Other regions: unverified, and an endpoint of a service that a region lacks
fails the whole deployment.
"""

FIPS_SERVICES: tuple[str, ...] = ("airflow-fips.api", "airflow-fips.env")
"""Interface endpoints with FIPS 140-3 cryptography, beside the usual ones. UG vpc-vpe-create-access."""

FIPS_REGIONS: frozenset[str] = frozenset(
    {"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1"}
)
"""MWAA's regions in the United States and Canada, where its FIPS endpoints exist. UG vpc-vpe-create-access.

The guide names the two countries, not the regions: each region by itself is unverified.
"""

STARPORT_BUCKET = "prod-{region}-starport-layer-bucket"
"""The bucket of AWS from which MWAA's images are read. An S3 endpoint's policy must let it through.

Source: UG vpc-vpe-create-access. Other buckets of AWS that MWAA reads: none documented, unverified.
"""


def private_routing_services(region: str, *, fips: bool = False) -> tuple[str, ...]:
    """Return the services of private routing in a region, each without its `com.amazonaws.<region>.`."""
    ops = ("airflow.ops",) if region in OPS_REGIONS else ()
    return (*PRIVATE_ROUTING_SERVICES, *VERIFIER_SERVICES, *ops, *(FIPS_SERVICES if fips else ()))
