"""The policy of a bucket: nobody without TLS."""

from mwaa.policies import Document, document


def tls_only(bucket_arn: str) -> Document:
    """Denies every request that is not encrypted on its way. Source: S3 user guide, security best practices."""
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
