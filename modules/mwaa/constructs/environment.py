"""The MWAA environment itself."""

from typing import Any

from mwaa.config import Content, Logging, Names, Workspace
from mwaa.config.provider_constraint import supports
from mwaa.constructs.artifacts import Artifacts
from mwaa.constructs.execution_role import ExecutionRole
from mwaa.constructs.log_groups import LogGroups
from mwaa.constructs.source_bucket import ExistingSourceBucket, SourceBucket
from mwaa.constructs.workspace_network import WorkspaceNetwork
from mwaa.provider import Construct, Part, aws, literal, resource


class Environment(Part):
    """An environment with every argument of MWAA that the AWS provider offers.

    It waits for all that MWAA looks at while it creates: routes and endpoints, the bucket's settings, the objects, the
    role's policy, and the log groups, which MWAA would else make itself. `provider_constraint` decides about arguments
    that older AWS providers lack.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        names: Names,
        *,
        network: WorkspaceNetwork,
        bucket: SourceBucket | ExistingSourceBucket,
        artifacts: Artifacts,
        role: ExecutionRole,
        log_groups: LogGroups,
        key_arn: str | None,
        provider_constraint: str,
    ) -> None:
        super().__init__(scope, id)
        ws = names.workspace
        self.environment = resource(
            aws.mwaa_environment.MwaaEnvironment,
            self,
            "Resource",
            name=names.environment,
            airflow_version=ws.airflow_version,
            environment_class=ws.environment_class,
            min_workers=ws.min_workers,
            max_workers=ws.max_workers,
            schedulers=ws.schedulers,
            min_webservers=ws.min_webservers,
            max_webservers=ws.max_webservers,
            webserver_access_mode=ws.webserver_access_mode,
            endpoint_management=ws.endpoint_management,
            weekly_maintenance_window_start=ws.weekly_maintenance_window_start,
            **_replacement(ws, provider_constraint),
            airflow_configuration_options=(
                {key: literal(value) for key, value in sorted(ws.airflow_configuration_options.items())} or None
            ),
            execution_role_arn=role.arn,
            kms_key=key_arn,
            source_bucket_arn=bucket.arn,
            network_configuration={
                "subnet_ids": network.private_subnet_ids,
                "security_group_ids": network.security_group_ids,
            },
            logging_configuration=_logging(ws.logging),
            **_content(ws.content, artifacts),
            timeouts=ws.timeouts.model_dump(),
            lifecycle=_lifecycle(ws, provider_constraint),
            depends_on=[*network.ready, *bucket.ready, *artifacts.ready, *role.ready, *log_groups.by_module.values()],
        )
        """The resource aws_mwaa_environment."""
        if ws.endpoint_management == "CUSTOMER" and not ws.is_in_shared_vpc:
            self._customer_endpoints(network, private_webserver=ws.webserver_access_mode != "PUBLIC_ONLY")

    def _customer_endpoints(self, network: WorkspaceNetwork, *, private_webserver: bool) -> None:
        """What MWAA waits for in status PENDING, 72 hours at most. Source: MWAA user guide, vpc-vpe-create-access."""
        network.interface_endpoint("database", self.environment.database_vpc_endpoint_service)
        if private_webserver:
            network.interface_endpoint("webserver", self.environment.webserver_vpc_endpoint_service)


def _lifecycle(workspace: Workspace, provider_constraint: str) -> dict[str, Any] | None:
    """What an update by publishing changes is not Terraform's, so that a plan after it is empty.

    Paths belong to the object versions: MWAA takes the two together. The provider reads the replacement strategy from
    the last update, no matter who made it.
    """
    lifecycle: dict[str, Any] = {"prevent_destroy": True} if workspace.deletion_protection else {}
    if workspace.content.owner == "PUBLISH":
        lifecycle["ignore_changes"] = [
            f"{what}_s3_{attribute}"
            for what in ("plugins", "requirements", "startup_script")
            for attribute in ("path", "object_version")
        ]
        if supports(provider_constraint, "worker_replacement_strategy"):
            lifecycle["ignore_changes"].append("worker_replacement_strategy")
    return lifecycle or None


def _replacement(workspace: Workspace, provider_constraint: str) -> dict[str, Any]:
    """GRACEFUL where the provider knows it; FORCED, the default of MWAA, is not said.

    The provider reads the argument back from the environment's last update, where a creation leaves it empty, and sends
    it only in the update in which it changes (internal/service/mwaa/environment.go, 05198464). So a first plan after
    the creation shows it once more, and FORCED would show up for nothing.
    """
    name, strategy = "worker_replacement_strategy", workspace.worker_replacement_strategy
    return {name: strategy} if strategy == "GRACEFUL" and supports(provider_constraint, name) else {}


def _logging(logging: Logging) -> dict[str, Any]:
    modules = {
        "dag_processing_logs": logging.dag_processing,
        "scheduler_logs": logging.scheduler,
        "task_logs": logging.task,
        "webserver_logs": logging.webserver,
        "worker_logs": logging.worker,
    }
    # MWAA wants a level even of a log that is off.
    return {name: {"enabled": level is not None, "log_level": level or "INFO"} for name, level in modules.items()}


def _content(content: Content, artifacts: Artifacts) -> dict[str, Any]:
    """Paths and object versions. MWAA takes a new version only when an update of the environment passes its id."""
    arguments: dict[str, Any] = {"dag_s3_path": literal(content.dag_s3_path)}
    for what in ("plugins", "requirements", "startup_script"):
        if (item := getattr(artifacts, what)) is not None:
            arguments |= {f"{what}_s3_path": item.key, f"{what}_s3_object_version": item.version_id}
    return arguments
