"""Fixes for moto's CloudWatch Logs."""

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse


def change_the_key_of_a_log_group() -> None:
    """moto has no AssociateKmsKey and no DisassociateKmsKey: the key of an aws_cloudwatch_log_group cannot change."""

    def associate_kms_key(response: Any) -> str:
        _log_group(response).kms_key_id = response._get_param("kmsKeyId")
        return "{}"

    def disassociate_kms_key(response: Any) -> str:
        _log_group(response).kms_key_id = None
        return "{}"

    LogsResponse.associate_kms_key = associate_kms_key  # type: ignore[attr-defined]
    LogsResponse.disassociate_kms_key = disassociate_kms_key  # type: ignore[attr-defined]


def _log_group(response: Any) -> Any:
    """Return the log group that a request names, by `logGroupName` or by an ARN in `resourceIdentifier`."""
    identifier = response._get_param("resourceIdentifier") or ""
    name = response._get_param("logGroupName") or identifier.rpartition(":log-group:")[2].removesuffix(":*")
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException
    return response.logs_backend.groups[name]
