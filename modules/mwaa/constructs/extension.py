"""What a workspace's `extend` may not add beside what the workspace itself declares, and the field to use instead."""

from collections.abc import Sequence
from typing import Any

from mwaa.config.errors import ConfigurationError, Problem
from mwaa.provider import cdktf

_NETWORK = ("no VPC beside the workspace's own", "set network=Network(...), ExistingNetwork(...) or NetworkOf(...)")
_RESOURCES = {
    "aws_mwaa_environment": ("one environment in a workspace", "write another file below environments/"),
    "aws_vpc": _NETWORK,
    "aws_default_vpc": _NETWORK,
}
_BACKEND = ("no backend beside the workspace's own", "set backend=LocalBackend(), S3Backend(...) or HcpTerraform(...)")
_DEFAULT_PROVIDER = (
    "no second AWS provider without an alias: that of the workspace is the default",
    'set region, deploy_role or tags of the workspace; or add alias="..." for another account or region',
)
_CREDENTIALS = ("access_key", "secret_key", "token")


def check_addition(kind: type, arguments: Sequence[Any]) -> None:
    """Check what `extend` is about to create: its class, and the arguments of jsii (scope, id, properties).

    Raises ConfigurationError for a backend, an AWS provider without alias or with credentials, a VPC or an environment.
    """
    properties = getattr(arguments[2], "_values", {}) if len(arguments) > 2 else {}
    named = f'{kind.__name__} "{arguments[1]}"' if len(arguments) > 1 else kind.__name__
    declared = properties.get("terraform_resource_type") or getattr(kind, "TF_RESOURCE_TYPE", "")
    if issubclass(kind, cdktf.TerraformBackend):
        raise _refuse(kind.__name__, *_BACKEND)
    if issubclass(kind, cdktf.TerraformProvider) and declared == "aws":
        if secrets := [name for name in _CREDENTIALS if properties.get(name)]:
            expected = "a provider without credentials: they would stand in the synthesized file"
            listed = ", ".join(secrets)
            raise _refuse(f"{named} with {listed}", expected, f"remove {listed}; use assume_role")
        if not properties.get("alias"):
            raise _refuse(named, *_DEFAULT_PROVIDER)
    if issubclass(kind, cdktf.TerraformResource) and declared in _RESOURCES:
        raise _refuse(named, *_RESOURCES[declared])


def _refuse(got: str, expected: str, fix: str) -> ConfigurationError:
    return ConfigurationError([Problem("extend", got, expected, fix, "docs/reference/extend.md")])
