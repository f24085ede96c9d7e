"""Flow logs of the VPC: log group, role, and the recording itself."""

import json

from mwaa.config import Names
from mwaa.constructs.log_groups import log_group
from mwaa.constructs.network import Network
from mwaa.constructs.role import iam_role
from mwaa.policies import flow_logs as policies
from mwaa.provider import Construct, Part, aws, resource


class FlowLogs(Part):
    """Records the network's traffic, kept as long and with the same key as the environment's own logs."""

    def __init__(self, scope: Construct, id: str, names: Names, network: Network, key_arn: str | None) -> None:
        super().__init__(scope, id)
        group = log_group(self, "log_group", names, names.flow_log_group, key_arn)
        role = iam_role(
            self,
            "role",
            names,
            name=names.flow_logs_role,
            description=f"Writes the flow logs of MWAA workspace {names.workspace.name}",
            trust=policies.trust(names),
        )
        resource(
            aws.iam_role_policy.IamRolePolicy,
            self,
            "policy",
            name="write-flow-logs",
            role=role.id,
            policy=json.dumps(policies.permissions(names)),
        )
        network.add_flow_logs(group.arn, role.arn)
