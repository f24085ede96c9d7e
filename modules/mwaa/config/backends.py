"""Where Terraform keeps the state of a workspace: in a file, in S3, or in HCP Terraform.

Terraform reads a backend before anything else: its values are known when the workspace is synthesized, and no
credentials ever stand among them.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr, model_validator

from mwaa.config.errors import Problem, accept_kinds, refuse_all, show
from mwaa.config.types import ProjectPath, Text

S3_DOCS = "https://developer.hashicorp.com/terraform/language/backend/s3"
HCP_DOCS = "https://developer.hashicorp.com/terraform/cli/cloud/settings"
DEFAULT_HCP_HOST = "app.terraform.io"

_CREDENTIALS = {
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
    "profile": "AWS_PROFILE",
    "shared_credentials_files": "AWS_SHARED_CREDENTIALS_FILE",
    "token": "TF_TOKEN_app_terraform_io",
}
"""Arguments of Terraform's own backends that hold credentials, with the variable that Terraform reads instead."""

_TOKEN_MARKS = ("${", "%{")


class _Backend(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_credentials_and_tokens(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        problems = [
            Problem(
                str(name),
                "a credential" if name in _CREDENTIALS else show(value),
                "no credentials in a file" if name in _CREDENTIALS else "a value that is known before Terraform runs",
                f"remove it and set {_CREDENTIALS[name]} in the environment of Terraform"
                if name in _CREDENTIALS
                else "write the value itself: a backend cannot use a resource's attribute",
                S3_DOCS if cls is S3Backend else HCP_DOCS,
            )
            for name, value in data.items()
            if name in _CREDENTIALS or (isinstance(value, str) and any(mark in value for mark in _TOKEN_MARKS))
        ]
        if problems:
            raise refuse_all(problems)
        return data


class LocalBackend(_Backend):
    """Terraform state in a file beside the project, `terraform.<workspace>.tfstate`. For one person, one machine."""

    kind: Literal["LOCAL"] = Field(default="LOCAL", description="The kind of backend.")


_STATE_BUCKET = Text(
    "3-63 lowercase letters, digits, - and ., beginning and ending with a letter or digit",
    r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    docs="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
)
_STATE_KEY = Text(
    "a key of 1-512 letters, digits and !-_.*'()/ that neither begins nor ends with /",
    r"(?=.{1,512}$)(?!/)(?!.*//)[0-9A-Za-z!_.*'()/-]*[0-9A-Za-z!_.*'()-]",
)
_REGION = Text('a region such as "us-east-1"', "[a-z]{2}(-[a-z]+)+-[0-9]")
_KEY_ARN = Text(
    "the ARN of a KMS key: arn:aws:kms:<region>:<account>:key/<id>",
    "arn:aws(-[a-z]+)?:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+",
)
_ROLE_ARN = Text(
    "the ARN of an IAM role: arn:aws:iam::<account>:role/<name>",
    r"arn:aws(-[a-z]+)?:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}",
)


class S3Backend(_Backend):
    """Terraform state in an S3 bucket, locked there while Terraform works. `mwaa state create` makes the bucket."""

    kind: Literal["S3"] = Field(default="S3", description="The kind of backend.")
    bucket: Annotated[str, BeforeValidator(_STATE_BUCKET)] = Field(description="The bucket that holds the state.")
    key: Annotated[str, BeforeValidator(_STATE_KEY)] | None = Field(
        default=None, description="Key of the state in the bucket. Default: `<workspace>/terraform.tfstate`."
    )
    region: Annotated[str, BeforeValidator(_REGION)] | None = Field(
        default=None, description="Region of the bucket. Default: the workspace's."
    )
    kms_key_arn: Annotated[str, BeforeValidator(_KEY_ARN)] | None = Field(
        default=None, description="Key that encrypts the state. Default: the bucket's own encryption."
    )
    role_arn: Annotated[str, BeforeValidator(_ROLE_ARN)] | None = Field(
        default=None,
        description="Role that reads and writes the state, for a bucket of another account. Default: the caller.",
    )


_ORGANIZATION = Text("3-40 letters, digits, - and _", "[A-Za-z0-9_-]{3,40}", docs=HCP_DOCS)
_PROJECT = Text(
    "3-40 letters, digits, spaces, - and _, without a space at either end",
    "[A-Za-z0-9_-][A-Za-z0-9 _-]{1,38}[A-Za-z0-9_-]",
)
_HCP_WORKSPACE = Text("1-90 letters, digits, - and _", "[A-Za-z0-9_-]{1,90}", docs=HCP_DOCS)
_HOSTNAME = Text(
    "a host name such as app.terraform.io", r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
)
_TERRAFORM_VERSION = Text('an exact version such as "1.11.4"', r"[0-9]+\.[0-9]+\.[0-9]+")


class HcpTerraform(_Backend):
    """Terraform state and runs in HCP Terraform or Terraform Enterprise. `mwaa hcp sync` makes the workspace there."""

    kind: Literal["HCP"] = Field(default="HCP", description="The kind of backend.")
    organization: Annotated[str, BeforeValidator(_ORGANIZATION)] = Field(description="The organization.")
    project: Annotated[str, BeforeValidator(_PROJECT)] | None = Field(
        default=None, description="The project of the workspace. Default: the organization's default project."
    )
    workspace: Annotated[str, BeforeValidator(_HCP_WORKSPACE)] | None = Field(
        default=None, description="The workspace in HCP Terraform. Default: `mwaa-<workspace>`."
    )
    hostname: Annotated[str, BeforeValidator(_HOSTNAME)] = Field(
        default=DEFAULT_HCP_HOST, description="Host of HCP Terraform, or of a Terraform Enterprise."
    )
    execution_mode: Literal["REMOTE", "LOCAL"] = Field(
        default="REMOTE", description="Where Terraform runs: in HCP Terraform, or where it is called."
    )
    terraform_version: Annotated[str, BeforeValidator(_TERRAFORM_VERSION)] | None = Field(
        default=None, description="Version of Terraform in remote runs. Default: the organization's."
    )
    working_directory: ProjectPath | None = Field(
        default=None,
        description="Folder with the synthesized stack in the repository, for VCS-driven runs, such as "
        "cdktf.out/stacks/prod. Default: what is uploaded is the stack's folder itself.",
    )
    auto_apply: StrictBool = Field(default=False, description="Apply a plan without asking.")
    plan_role_arn: Annotated[str, BeforeValidator(_ROLE_ARN)] | None = Field(
        default=None, description="Role that plans assume by OIDC. Default: no dynamic credentials."
    )
    apply_role_arn: Annotated[str, BeforeValidator(_ROLE_ARN)] | None = Field(
        default=None, description="Role that applies assume by OIDC. Default: no dynamic credentials."
    )
    tags: dict[StrictStr, StrictStr] = Field(
        default_factory=dict, description="Tags of the workspace in HCP Terraform, beside managed-by."
    )

    @model_validator(mode="after")
    def _roles_come_together(self) -> "HcpTerraform":
        if (self.plan_role_arn is None) != (self.apply_role_arn is None):
            missing = "plan_role_arn" if self.plan_role_arn is None else "apply_role_arn"
            expected = "both roles, or neither"
            raise refuse_all([Problem(missing, "nothing", expected, f"add {missing}=...: the two may be one role")])
        return self


Backend = LocalBackend | S3Backend | HcpTerraform
BACKENDS = (LocalBackend, S3Backend, HcpTerraform)


is_backend = accept_kinds(
    BACKENDS,
    "LocalBackend(), S3Backend(...) or HcpTerraform(...)",
    "from mwaa import LocalBackend, S3Backend, HcpTerraform",
)


def resolved(backend: Backend, workspace: str, region: str) -> Backend:
    """Return the backend with the defaults that follow from the workspace's name and region."""
    match backend:
        case S3Backend():
            defaults = {"key": backend.key or f"{workspace}/terraform.tfstate", "region": backend.region or region}
            return backend.model_copy(update=defaults)
        case HcpTerraform():
            return backend.model_copy(update={"workspace": backend.workspace or f"mwaa-{workspace}"})
        case _:
            return backend
