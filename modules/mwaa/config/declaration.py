"""The fields of a workspace and its parts, as `environments/<name>.py` declares them."""

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from mwaa.aws_facts.airflow_options import IgnoreSyntax, airflowignore_syntax
from mwaa.aws_facts.releases import RELEASES
from mwaa.config.backends import Backend, LocalBackend, is_backend
from mwaa.config.ci import Ci, is_ci
from mwaa.config.errors import Problem, refuse, refuse_all, show
from mwaa.config.existing_network import AnyNetwork, ExistingNetwork, is_network
from mwaa.config.network import Network
from mwaa.config.organization import Naming, OwnTags
from mwaa.config.pipeline import Pipeline
from mwaa.config.provider_constraint import ProviderConstraint
from mwaa.config.roles import DeployRole, ExecutionRole, Roles
from mwaa.config.secrets_backend import SecretsBackend, is_secrets_backend
from mwaa.config.types import (
    Account,
    AirflowVersion,
    BucketName,
    BucketPath,
    Duration,
    EnvironmentClassName,
    EnvironmentName,
    KeyArn,
    LogRetention,
    MaintenanceWindow,
    ProjectPath,
    Region,
    Text,
    Whole,
    WorkspaceName,
)

LogLevel = Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]
WebserverAccessMode = Literal["PUBLIC_ONLY", "PRIVATE_ONLY", "PUBLIC_AND_PRIVATE"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Logging(_Part):
    """Level of each of MWAA's five logs; None turns one off. The log groups are created before the environment."""

    dag_processing: LogLevel | None = Field(default="WARNING", description="Level of the DAG processor's log.")
    scheduler: LogLevel | None = Field(default="WARNING", description="Level of the scheduler's log.")
    task: LogLevel | None = Field(default="INFO", description="Level of the task logs that Airflow's UI shows.")
    webserver: LogLevel | None = Field(default="WARNING", description="Level of the webserver's log.")
    worker: LogLevel | None = Field(
        default="WARNING", description="Level of the workers' log, which includes the installation of requirements."
    )
    retention_days: LogRetention = Field(default=30, description="Days that CloudWatch keeps a log line.")


class Content(_Part):
    """What the workspace ships to Airflow: paths in the project and in the source bucket."""

    dags: ProjectPath = Field(default="dags", description="Folder of the DAG tree in the project.")
    plugins: ProjectPath | None = Field(
        default="plugins", description="Folder whose contents become plugins.zip. None: no plugins."
    )
    requirements: ProjectPath | None = Field(
        default="requirements.txt", description="Python requirements. None: only the packages of MWAA's image."
    )
    startup_script: ProjectPath | None = Field(
        default="startup.sh",
        description="Script that every component runs before the requirements. None: no script.",
    )
    dag_s3_path: BucketPath = Field(default="dags", description="Prefix of the DAG tree in the bucket.")
    plugins_s3_path: BucketPath = Field(default="plugins.zip", description="Key of plugins.zip in the bucket.")
    requirements_s3_path: BucketPath = Field(
        default="requirements.txt", description="Key of the requirements file in the bucket."
    )
    startup_script_s3_path: BucketPath = Field(
        default="startup.sh", description="Key of the startup script in the bucket; ends with .sh."
    )
    owner: Literal["TERRAFORM", "PUBLISH"] = Field(
        default="TERRAFORM",
        description="Who uploads changed content: each `cdktf deploy`, or `mwaa publish` alone. "
        "Default: TERRAFORM, with a pipeline PUBLISH.",
    )


_DELETION = "https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"


class EncryptionKey(_Part):
    """A customer-managed key for the environment, its bucket and its logs. Without it, AWS-owned keys encrypt."""

    arn: KeyArn | None = Field(
        default=None,
        description="An existing key; its policy must let CloudWatch Logs use it, and with a pipeline EventBridge. "
        "Default: one is created.",
    )
    deletion_window_days: Annotated[int, BeforeValidator(Whole("7 to 30 days", range(7, 31), _DELETION))] = Field(
        default=30, description="Days until AWS deletes the created key for good after its deletion is scheduled."
    )


class SourceBucket(_Part):
    """The S3 bucket from which Airflow reads its content."""

    create: StrictBool = Field(
        default=True,
        description="Make the bucket. False: it exists, and Terraform checks it; it must be versioned, not public and "
        "in the workspace's region.",
    )
    name: BucketName | None = Field(
        default=None, description="Name of the bucket. Default: `airflow-<workspace>-<account>-<region>`."
    )
    noncurrent_version_days: Annotated[int, BeforeValidator(Whole("1 to 36500 days", range(1, 36501)))] = Field(
        default=90,
        description="Days after which a replaced object version is deleted. The version in use is not affected.",
    )

    @model_validator(mode="after")
    def _an_existing_bucket_is_named_and_keeps_its_lifecycle(self) -> Self:
        if self.create:
            return self
        problems = []
        if self.name is None:
            fix = 'add name="airflow-...", the name of the bucket; or remove create=False'
            problems.append(Problem("name", "nothing", "the name of the existing bucket", fix))
        if "noncurrent_version_days" in self.model_fields_set:
            expected = "nothing with create=False: an existing bucket keeps its own lifecycle rules"
            given = show(self.noncurrent_version_days)
            problems.append(Problem("noncurrent_version_days", given, expected, "remove it"))
        if problems:
            raise refuse_all(problems)
        return self


class Timeouts(_Part):
    """How long Terraform waits for MWAA. Creation usually takes 20-30 minutes; users report up to 90."""

    create: Duration = Field(default="120m", description="Wait for the environment to become AVAILABLE.")
    update: Duration = Field(
        default="90m",
        description="Wait for an update. Default with GRACEFUL replacement: 13h, as MWAA waits up to 12 h.",
    )
    delete: Duration = Field(default="90m", description="Wait for the deletion.")


def _keys(value: object) -> object:
    if isinstance(value, str):
        raise refuse(value, "keys of tags in brackets", f'write ("{value}",)')
    return value


_RULE = Text("the name of a rule; `mwaa check --rules` lists them", "[a-z0-9]+(-[a-z0-9]+)*")
_REASON = Text(
    "a reason of at least two words and 10 characters",
    r"(?s)(?=.*\S\s+\S).{10,}",
    "write why it is accepted here",
)


class Suppression(_Part):
    """A finding of `mwaa check` that this workspace accepts, and why."""

    rule: Annotated[str, BeforeValidator(_RULE)] = Field(description="The rule's name, such as dag-parse-time.")
    reason: Annotated[str, BeforeValidator(_REASON)] = Field(
        description="Why it is accepted here. Printed with the suppressed finding."
    )
    path: ProjectPath | None = Field(
        default=None,
        description="Only findings in files that match this pattern from the project's root, such as dags/old/*.py. "
        "Default: all.",
    )


class Declaration(_Part):
    """The fields of a workspace, each valid by itself. `Workspace` validates them together."""

    account: Account = Field(description="AWS account id. Terraform refuses to touch any other account.")
    region: Region = Field(description="AWS region.")
    airflow_version: AirflowVersion = Field(description="Apache Airflow release, for example 3.2.1.")
    environment_class: EnvironmentClassName = Field(description="Size of the environment, mw1.micro to mw1.2xlarge.")

    name: WorkspaceName = Field(default="", description="Derived from the file's path. Do not set it.")
    environment_name: EnvironmentName = Field(
        default="", description="Name of the MWAA environment. Default: `mwaa-<workspace>`, or as `naming` has it."
    )
    network: Annotated[AnyNetwork, BeforeValidator(is_network)] = Field(
        default_factory=Network, description="The VPC: one that is created, one that exists, or another workspace's."
    )
    naming: InstanceOf[Naming] = Field(default_factory=Naming, description="How names are formed.")
    source_bucket: InstanceOf[SourceBucket] = Field(default_factory=SourceBucket, description="The source bucket.")
    roles: InstanceOf[Roles] = Field(default_factory=Roles, description="What all made IAM roles have in common.")
    execution_role: InstanceOf[ExecutionRole] = Field(
        default_factory=ExecutionRole, description="The role with which Airflow and its tasks act."
    )
    deploy_role: InstanceOf[DeployRole] | None = Field(
        default=None, description="Role that Terraform and `mwaa` assume. Default: the caller's own credentials."
    )
    secrets_backend: Annotated[SecretsBackend | None, BeforeValidator(is_secrets_backend)] = Field(
        default=None,
        description="Where Airflow looks up connections and variables: sets Airflow's options and the execution role's "
        "permissions. Default: Airflow's own database.",
    )
    content: InstanceOf[Content] = Field(
        default_factory=Content, description="DAGs, plugins, requirements and startup script."
    )
    encryption_key: InstanceOf[EncryptionKey] | None = Field(
        default=None,
        description="Customer-managed key. Default: AWS-owned keys. Changing it replaces the environment.",
    )
    min_workers: StrictInt = Field(default=1, description="Minimum number of workers.")
    max_workers: StrictInt = Field(
        default=10, description="Maximum number of workers. More than 25 need a higher quota."
    )
    schedulers: StrictInt = Field(default=2, description="Number of schedulers.")
    min_webservers: StrictInt = Field(default=2, description="Minimum number of webservers.")
    max_webservers: StrictInt = Field(default=2, description="Maximum number of webservers.")
    webserver_access_mode: WebserverAccessMode = Field(
        default="PUBLIC_ONLY", description="From where Airflow's UI and API are reachable."
    )
    endpoint_management: Literal["SERVICE", "CUSTOMER"] = Field(
        default="SERVICE",
        description="Who creates the VPC endpoints of database and webserver: MWAA, or this stack. A change "
        "replaces the environment.",
    )
    worker_replacement_strategy: Literal["FORCED", "GRACEFUL"] = Field(
        default="FORCED",
        description="What an update does with running tasks: stop them, or wait up to 12 hours. Needs AWS "
        "provider 6.11, which sends it only with an update that changes it.",
    )
    weekly_maintenance_window_start: MaintenanceWindow | None = Field(
        default=None, description="Start of the weekly maintenance in UTC, such as TUE:03:30. Default: AWS chooses."
    )
    logging: InstanceOf[Logging] = Field(default_factory=Logging, description="Logs.")
    airflow_configuration_options: dict[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Airflow options, `section.option` to a text. With plugins on Airflow 2, "
        "`core.lazy_load_plugins` is False unless set.",
    )
    pipeline: InstanceOf[Pipeline] | None = Field(
        default=None, description="A CodePipeline that publishes the content of a repository. Default: none."
    )
    ci: Annotated[Ci | None, BeforeValidator(is_ci)] = Field(
        default=None,
        description="Jobs of GitHub Actions or GitLab CI that plan, apply and publish by roles of their own, without a "
        "stored key. Default: none.",
    )
    deletion_protection: StrictBool = Field(
        default=True,
        description="Terraform refuses to delete resources with data: bucket, key, logs, environment (its metadata).",
    )
    tags: dict[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Tags of every resource, at most 45: keys of 1-128 and values of 1-256 letters, digits, spaces and "
        "_.:/=+-@.",
    )
    own_tags: InstanceOf[OwnTags] = Field(
        default_factory=OwnTags, description="The tags that this project adds: renamed or left out."
    )
    required_tags: Annotated[tuple[StrictStr, ...], BeforeValidator(_keys)] = Field(
        default=(), description="Keys that `tags` must have, such as from a file environments/_organization.py."
    )
    suppressions: tuple[InstanceOf[Suppression], ...] = Field(
        default=(), description="Findings of `mwaa check` that this workspace accepts."
    )
    timeouts: InstanceOf[Timeouts] = Field(default_factory=Timeouts, description="How long Terraform waits.")
    backend: Annotated[Backend, BeforeValidator(is_backend)] = Field(
        default_factory=LocalBackend, description="Where Terraform keeps the state, and where it runs."
    )
    aws_provider: ProviderConstraint = Field(default="~> 6.25", description="Version constraint of the AWS provider.")

    @property
    def python_version(self) -> str:
        """Python version of MWAA's image of the release, such as 3.12."""
        return RELEASES[self.airflow_version].python

    @property
    def is_in_shared_vpc(self) -> bool:
        """Whether the VPC belongs to another account, whose owner alone creates VPC endpoints in it."""
        owner = self.network.owner_account if isinstance(self.network, ExistingNetwork) else None
        return owner not in (None, self.account)

    @property
    def airflow_major(self) -> int:
        return RELEASES[self.airflow_version].major

    @property
    def airflowignore_syntax(self) -> IgnoreSyntax:
        """How Airflow reads `.airflowignore`: the option `core.dag_ignore_file_syntax`, or the release's default."""
        return airflowignore_syntax(self.airflow_version, self.airflow_configuration_options)
