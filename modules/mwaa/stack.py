"""The stack of a workspace: provider, backend, the constructs wired together, outputs."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mwaa import content
from mwaa.config import Definition, DeployRole, HcpTerraform, Names, S3Backend, SynthesisTarget, Workspace
from mwaa.config.backends import DEFAULT_HCP_HOST
from mwaa.config.imports import TERRAFORM_OF_IMPORTS
from mwaa.constructs.artifacts import Artifacts
from mwaa.constructs.ci_roles import CiRoles
from mwaa.constructs.encryption_key import EncryptionKey
from mwaa.constructs.environment import Environment
from mwaa.constructs.execution_role import ExecutionRole
from mwaa.constructs.existing_network import create_network
from mwaa.constructs.extension import check_addition
from mwaa.constructs.flow_logs import FlowLogs
from mwaa.constructs.log_groups import LogGroups
from mwaa.constructs.network import Network
from mwaa.constructs.pipeline import Pipeline
from mwaa.constructs.publish_tool import PublishTool, write_first_content
from mwaa.constructs.source_bucket import ExistingSourceBucket, SourceBucket
from mwaa.constructs.workspace_network import WorkspaceNetwork
from mwaa.project_layout import EMBEDDED_STATE
from mwaa.provider import aws, cdktf, checking, literal, resource

BUNDLE_FOLDER = "assets/bundle"
"""Where the bundle lies in the stack's folder, which is uploaded as a whole to HCP Terraform."""

FIRST_CONTENT_FOLDER = "assets/first"
"""Where the first content lies in the stack's folder, for a workspace whose content has a repository of its own."""

TOOL_FOLDER = "assets/tool"
"""Where the tool lies in the stack's folder, for a workspace whose content has a repository of its own."""


class WorkspaceStack(cdktf.TerraformStack):
    """One workspace as Terraform. A team's `extend(stack)` builds on the public constructs below.

    Raises ConfigurationError if the content cannot be bundled.
    """

    workspace: Workspace
    """The workspace as its file declares it, with every default."""
    names: Names
    """The physical names and ARNs that follow from it."""
    key_arn: str | None
    """ARN of the customer-managed key, or None."""
    encryption_key: EncryptionKey | None
    """The customer-managed key, made or existing, if the workspace has one."""
    network: WorkspaceNetwork
    """VPC, private subnets and security groups, of every kind of network."""
    source_bucket: SourceBucket | ExistingSourceBucket
    """The bucket that Airflow reads its content from."""
    log_groups: LogGroups
    """The environment's log groups."""
    execution_role: ExecutionRole
    """The role with which tasks act: its `grant_` methods give tasks access to data."""
    artifacts: Artifacts
    """The content that Terraform uploads."""
    environment: Environment
    """The MWAA environment."""
    pipeline: Pipeline | None
    """The pipeline that publishes, if the workspace has one."""
    ci_roles: CiRoles | None
    """The roles of GitHub Actions or GitLab CI, if the workspace has them."""

    def __init__(self, app: cdktf.App, definition: Definition, *, root: Path, target: SynthesisTarget) -> None:
        super().__init__(app, definition.name)
        self.workspace = definition.workspace
        self.names = Names(self.workspace)
        constraint = target.aws_provider or self.workspace.aws_provider
        self._configure_provider(constraint)
        folder = Path(app.outdir, "stacks", definition.name).resolve()
        self._configure_backend(folder, root, target)
        if definition.imports:
            self._import(definition.imports)

        key = self.workspace.encryption_key
        self.encryption_key = EncryptionKey(self, "encryption_key", self.names, key) if key else None
        self.key_arn = key_arn = self.encryption_key.arn if self.encryption_key else None
        self.network = create_network(self, "network", self.names)
        if isinstance(self.network, Network) and self.network.has_flow_logs:
            FlowLogs(self, "flow_logs", self.names, self.network, key_arn)
        self.source_bucket = (
            SourceBucket(self, "source_bucket", self.names, key_arn)
            if self.workspace.source_bucket.create
            else ExistingSourceBucket(self, "source_bucket", self.names, constraint)
        )
        self.log_groups = LogGroups(self, "log_groups", self.names, key_arn)
        self.execution_role = ExecutionRole(self, "execution_role", self.names, key_arn)
        content_only = self.workspace.pipeline is not None and self.workspace.pipeline.content_only
        source = write_first_content(self.workspace.content, folder / FIRST_CONTENT_FOLDER) if content_only else root
        bundle = self._bundle(app, source, folder / BUNDLE_FOLDER)
        self.artifacts = Artifacts(self, "artifacts", self.names, bundle, BUNDLE_FOLDER, self.source_bucket)
        self.environment = Environment(
            self,
            "environment",
            self.names,
            network=self.network,
            bucket=self.source_bucket,
            artifacts=self.artifacts,
            role=self.execution_role,
            log_groups=self.log_groups,
            key_arn=key_arn,
            provider_constraint=constraint,
        )
        if content_only:
            PublishTool(
                self,
                "publish_tool",
                self.names,
                definition.file,
                self.source_bucket,
                stack_folder=folder,
                folder=TOOL_FOLDER,
            )
        self.pipeline = (
            Pipeline(self, "pipeline", self.names, definition.file, key_arn) if self.workspace.pipeline else None
        )
        ci = self.workspace.ci
        self.ci_roles = CiRoles(self, "ci", self.names, ci, key_arn) if ci else None
        self._outputs()
        if definition.extend:
            with checking(check_addition):
                definition.extend(self)

    def _bundle(self, app: cdktf.App, root: Path, folder: Path) -> content.Bundle:
        """Build the bundle, or copy the one that another workspace of the app built of the same content."""
        shipped, syntax = self.workspace.content, self.workspace.airflowignore_syntax
        built: dict[Any, content.Bundle] = app.__dict__.setdefault("_bundles", {})
        if (shipped, root, syntax) in built:
            return content.copy(built[shipped, root, syntax], folder)
        bundle = built[shipped, root, syntax] = content.build(shipped, root, folder, airflowignore_syntax=syntax)
        return bundle

    def _configure_provider(self, constraint: str) -> None:
        aws.provider.AwsProvider(
            self,
            "aws",
            region=self.workspace.region,
            allowed_account_ids=[self.workspace.account],
            assume_role=[_assume_role(self.workspace.deploy_role)] if self.workspace.deploy_role else None,
            default_tags=[aws.provider.AwsProviderDefaultTags(tags=self.names.default_tags)],
        )
        self.add_override("terraform.required_providers.aws", {"source": "hashicorp/aws", "version": constraint})

    def _configure_backend(self, folder: Path, root: Path, target: SynthesisTarget) -> None:
        """Explicit, since cdktf's own default holds an absolute path.

        On the embedded AWS a local state never lies where the workspace's own does. S3 and HCP Terraform stay as they
        are: the sealed environment leads their clients to the embedded ones.
        """
        backend = self.workspace.backend
        match backend:
            case S3Backend():
                cdktf.S3Backend(
                    self,
                    bucket=backend.bucket,
                    key=backend.key or "",
                    region=backend.region,
                    encrypt=True,
                    kms_key_id=backend.kms_key_arn,
                    assume_role={"role_arn": backend.role_arn} if backend.role_arn else None,
                ).add_override("use_lockfile", True)  # no field in cdktf 0.21
            case HcpTerraform():
                workspaces = cdktf.NamedCloudWorkspace(backend.workspace or "", backend.project)
                hostname = None if backend.hostname == DEFAULT_HCP_HOST else backend.hostname
                cdktf.CloudBackend(self, organization=backend.organization, hostname=hostname, workspaces=workspaces)
            case _:
                path = f"../../../terraform.{self.workspace.name}.tfstate"
                if target.embedded:
                    path = os.path.relpath(root / EMBEDDED_STATE / f"{self.workspace.name}.tfstate", folder)
                cdktf.LocalBackend(self, path=path)

    def _import(self, imports: Mapping[str, str]) -> None:
        """Take resources that exist into the state. Construct's own `import_from` runs a Terraform at synth time."""
        self.add_override("terraform.required_version", TERRAFORM_OF_IMPORTS)
        self.add_override("import", [{"to": address, "id": literal(id)} for address, id in imports.items()])

    def _outputs(self) -> None:
        environment = self.environment.environment
        groups = self.log_groups.by_module
        self._output("environment_name", environment.name, "Name of the MWAA environment")
        self._output("environment_arn", environment.arn, "ARN of the MWAA environment")
        self._output(
            "webserver_url", f"https://{environment.webserver_url}", "Address of Airflow's UI"
        )  # MWAA leaves out the scheme
        self._output("source_bucket_name", self.source_bucket.id, "Bucket that Airflow reads its content from")
        self._output("execution_role_arn", self.execution_role.arn, "Role with which tasks act")
        self._output("vpc_id", self.network.vpc_id, "VPC of the environment")
        self._output("private_subnet_ids", self.network.private_subnet_ids, "Subnets that MWAA runs in")
        if self.network.security_group:
            self._output("security_group_id", self.network.security_group_ids[0], "Security group of the environment")
        else:
            self._output("security_group_ids", self.network.security_group_ids, "Security groups of the environment")
        if self.workspace.is_in_shared_vpc:
            self._endpoint_service_outputs()
        self._output("log_group_names", {name: group.name for name, group in groups.items()}, "Log group of each log")

        if self.pipeline:
            self._output("pipeline_name", self.pipeline.pipeline.name, "Name of the pipeline that publishes content")
            if self.pipeline.connection:
                self._output(
                    "connection_status",
                    self.pipeline.connection.connection_status,
                    "PENDING until somebody finishes the connection in the console: Developer Tools, Connections",
                )

        for purpose, role in (self.ci_roles.roles if self.ci_roles else {}).items():
            self._output(f"ci_{purpose.lower()}_role_arn", role.arn, f"Role with which jobs {purpose.lower()}")

    def _endpoint_service_outputs(self) -> None:
        """Output what the owner of a shared VPC creates endpoints of; the environment is PENDING until then."""
        environment = self.environment.environment
        services = {"database": environment.database_vpc_endpoint_service}
        if self.workspace.webserver_access_mode != "PUBLIC_ONLY":
            services["webserver"] = environment.webserver_vpc_endpoint_service
        for what, service in services.items():
            text = f"Service of the {what} endpoint that the owner of the VPC creates within 72 hours"
            self._output(f"{what}_vpc_endpoint_service", service, text)

    def _output(self, name: str, value: Any, description: str) -> None:
        resource(cdktf.TerraformOutput, self, name, value=value, description=description)


def _assume_role(role: DeployRole) -> Any:
    return aws.provider.AwsProviderAssumeRole(
        role_arn=role.arn, external_id=role.external_id, tags=role.session_tags or None, session_name="mwaa"
    )
