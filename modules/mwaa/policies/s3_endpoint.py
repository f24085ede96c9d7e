"""The policy of the S3 endpoint of a network without internet. Source: MWAA user guide, vpc-vpe-create-access."""

from mwaa.aws_facts.endpoints import STARPORT_BUCKET
from mwaa.config import Names
from mwaa.policies import Document, document


def permissions(names: Names) -> Document:
    """Return the policy that lets through the account's own buckets and AWS's bucket of MWAA's image layers."""
    layers = STARPORT_BUCKET.format(region=names.workspace.region)
    return document(
        {
            "Sid": "BucketsOfTheAccount",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": names.workspace.account}},
        },
        {
            "Sid": "ImageLayers",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:{names.partition}:s3:::{layers}/*",
        },
    )
