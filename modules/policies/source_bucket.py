"""The source bucket's policy: nobody without TLS."""

from modules.config import Names
from modules.policies import Document, document


def tls_only(names: Names) -> Document:
    """Denies every request that is not encrypted on its way. Source: S3 user guide, security best practices."""
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [names.bucket_arn, f"{names.bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
