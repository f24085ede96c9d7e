"""The VPC endpoints that an environment without internet access needs."""

PRIVATE_ROUTING_SERVICES: tuple[str, ...] = ("sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env")
"""Interface endpoints that an environment without internet needs, besides the S3 gateway. UG vpc-vpe-create-access.

`airflow.ops` exists in some regions only and its API is deprecated; `ecr.*` left the page in 2026: neither is required.
"""
