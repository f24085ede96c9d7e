"""Every physical name and ARN of a workspace, derived once: constructs, checks and operations read them here."""

from dataclasses import dataclass

from modules.config.offering import LOG_GROUP_SUFFIXES
from modules.config.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Names:
    """Names of a workspace that `discovery` has named."""

    workspace: Workspace

    @property
    def partition(self) -> str:
        return "aws-cn" if self.workspace.region.startswith("cn-") else "aws"

    @property
    def service_suffix(self) -> str:
        """Domain of AWS service principals that carry a region, such as `logs.<region>.amazonaws.com`."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def environment(self) -> str:
        return self.workspace.environment_name

    @property
    def environment_arn(self) -> str:
        return self.arn("airflow", f"environment/{self.environment}")

    @property
    def bucket(self) -> str:
        ws = self.workspace
        return ws.source_bucket.name or f"airflow-{ws.name}-{ws.account}-{ws.region}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def execution_role(self) -> str:
        return f"mwaa-{self.workspace.name}-execution"

    @property
    def execution_role_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.workspace.account}:role/{self.execution_role}"

    @property
    def flow_logs_role(self) -> str:
        return f"mwaa-{self.workspace.name}-flow-logs"

    @property
    def key_alias(self) -> str:
        return f"alias/mwaa-{self.workspace.name}"

    @property
    def flow_log_group(self) -> str:
        return f"/mwaa/{self.workspace.name}/vpc-flow-logs"

    @property
    def log_groups(self) -> dict[str, str]:
        """Field of `Logging` to the log group's name. MWAA fixes these names."""
        return {field: f"airflow-{self.environment}-{suffix}" for field, suffix in LOG_GROUP_SUFFIXES.items()}

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource in the workspace's account and region."""
        return f"arn:{self.partition}:{service}:{self.workspace.region}:{self.workspace.account}:{resource}"

    def tag(self, what: str) -> str:
        """Value of the `Name` tag of a resource that has no name of its own."""
        return f"mwaa-{self.workspace.name}-{what}"
