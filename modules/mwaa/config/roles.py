"""The IAM roles of a workspace: those that it makes, the execution role, and the role that deploys."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, StrictStr, model_validator

from mwaa.config.errors import Problem, refuse, refuse_all, show
from mwaa.config.types import Text

IAM_NAMES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
MANAGED_POLICIES_LIMIT = 10
"""Managed policies of a role, unless AWS has raised the quota. Source: `IAM_NAMES`."""

_ROLE_ARN = Text(
    "the ARN of an IAM role: arn:aws:iam::<account>:role/<name>",
    r"arn:aws(-[a-z]+)?:iam::[0-9]{12}:role/([!-.0-~]+/)*[\w+=,.@-]{1,64}",
    "copy the role's ARN from the IAM console",
)
_POLICY_ARN = Text(
    "the ARN of a managed policy: arn:aws:iam::<account or aws>:policy/<name>",
    r"arn:aws(-[a-z]+)?:iam::([0-9]{12}|aws):policy/([!-.0-~]+/)*[\w+=,.@-]{1,128}",
    "copy the policy's ARN from the IAM console",
)
_ROLE_NAME = Text("1-64 letters, digits and +=,.@_-", r"[\w+=,.@-]{1,64}", docs=IAM_NAMES)
_ROLE_NAME_PREFIX = Text("at most 32 letters, digits and +=,.@_-", "[A-Za-z0-9_+=,.@-]{0,32}", docs=IAM_NAMES)
_ROLE_PATH = Text(
    "/, or a path of at most 512 characters that begins and ends with /", r"(?=.{1,512}$)/([!-.0-~]+/)*", docs=IAM_NAMES
)
_BUCKET = Text("3-63 lowercase letters, digits, - and .", "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_PREFIX = Text("a prefix of keys such as raw/, without * and ?", r"[0-9A-Za-z!_.'()/ -]{0,1024}")
_NAME_PREFIX = Text("the beginning of a name such as airflow/connections, without *", "[0-9A-Za-z/_+=.@-]{1,512}")
_EXTERNAL_ID = Text("2-1224 letters, digits and +=,.@:/_-", r"[\w+=,.@:/-]{2,1224}")


def _prefixes(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise refuse(value, "texts in brackets", 'write ("airflow/connections",)' if isinstance(value, str) else "")
    return tuple(value)


def _policies(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise refuse(value, "ARNs in brackets", "write (...,)" if isinstance(value, str) else "")
    if len(value) > MANAGED_POLICIES_LIMIT:
        raise refuse(f"{len(value)} policies", f"at most {MANAGED_POLICIES_LIMIT} managed policies", docs=IAM_NAMES)
    return tuple(value)


def _statement(value: Any) -> Any:
    """Return the statement if it is one of an IAM policy of a role (a pydantic validator)."""
    if not isinstance(value, dict):
        raise refuse(value, "an IAM statement: a dict with Effect, Action and Resource")
    missing = [name for name in ("Effect", "Action", "Resource") if not {name, f"Not{name}"} & value.keys()]
    if missing:
        raise refuse(value, "an IAM statement: a dict with Effect, Action and Resource", f"add {', '.join(missing)}")
    if value.get("Effect") not in ("Allow", "Deny"):
        raise refuse(value["Effect"], 'an Effect of "Allow" or "Deny"')
    if "Principal" in value:
        raise refuse(value, "a statement without Principal: the role itself is who acts", "remove Principal")
    return value


def _session_tags(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > 50:
        raise refuse(f"{len(value)} tags", "at most 50 session tags")
    return value


_Prefixes = Annotated[tuple[Annotated[str, BeforeValidator(_NAME_PREFIX)], ...], BeforeValidator(_prefixes)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Roles(_Part):
    """What all IAM roles have in common that this workspace makes, those of its pipeline too."""

    path: Annotated[str, BeforeValidator(_ROLE_PATH)] = Field(
        default="/", description="Path of the roles, such as /data/. A change replaces them."
    )
    name_prefix: Annotated[str, BeforeValidator(_ROLE_NAME_PREFIX)] = Field(
        default="", description="What the names of the roles begin with, such as app-. A change replaces them."
    )
    permissions_boundary: Annotated[str, BeforeValidator(_POLICY_ARN)] | None = Field(
        default=None, description="ARN of the policy that bounds what the roles may do. Default: no boundary."
    )


class BucketGrant(_Part):
    """A bucket that tasks may use, besides the source bucket."""

    bucket: Annotated[str, BeforeValidator(_BUCKET)] = Field(description="Name of the bucket.")
    prefix: Annotated[str, BeforeValidator(_KEY_PREFIX)] = Field(
        default="", description="Only the keys that begin so, such as raw/. Default: all."
    )
    access: Literal["READ", "READ_WRITE"] = Field(
        default="READ", description="List and read, or also write and delete objects."
    )


class ExecutionRole(_Part):
    """The role with which Airflow and its tasks act: one that exists, or one that is made with these additions."""

    arn: Annotated[str, BeforeValidator(_ROLE_ARN)] | None = Field(
        default=None,
        description="An existing role; nothing is attached to it. Default: one is made.",
    )
    name: Annotated[str, BeforeValidator(_ROLE_NAME)] | None = Field(
        default=None, description="Name of the made role. Default: `mwaa-<workspace>-execution`, or as `naming` has it."
    )
    managed_policy_arns: Annotated[
        tuple[Annotated[str, BeforeValidator(_POLICY_ARN)], ...], BeforeValidator(_policies)
    ] = Field(default=(), description="Managed policies to attach.")
    statements: tuple[Annotated[dict[str, Any], BeforeValidator(_statement)], ...] = Field(
        default=(), description="IAM statements to add, each a dict with Effect, Action and Resource."
    )
    secret_prefixes: _Prefixes = Field(
        default=(), description="Secrets Manager: tasks read the secrets whose names begin so."
    )
    parameter_prefixes: _Prefixes = Field(
        default=(), description="SSM Parameter Store: tasks read the parameters whose names begin so."
    )
    buckets: tuple[InstanceOf[BucketGrant], ...] = Field(
        default=(), description="Buckets that tasks may use, besides the source bucket."
    )

    @model_validator(mode="after")
    def _nothing_is_added_to_an_existing_role(self) -> Self:
        added = sorted(self.model_fields_set - {"arn"})
        if self.arn and added:
            expected = "nothing with arn=: an existing role is used as it is"
            fix = "remove it, and add the permissions where the role is defined; or remove arn"
            raise refuse_all([Problem(name, show(getattr(self, name)), expected, fix) for name in added])
        return self


class DeployRole(_Part):
    """The role that Terraform's AWS provider and every command of `mwaa` assume to act on this workspace."""

    arn: Annotated[str, BeforeValidator(_ROLE_ARN)] = Field(description="The role, of the workspace's account.")
    external_id: Annotated[str, BeforeValidator(_EXTERNAL_ID)] | None = Field(
        default=None, description="External id that the role's trust demands. Default: none."
    )
    session_tags: Annotated[dict[StrictStr, StrictStr], BeforeValidator(_session_tags)] = Field(
        default_factory=dict, description="Tags of the session, at most 50."
    )
