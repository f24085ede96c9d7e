"""An IAM role as every construct of a workspace makes it."""

import json
from typing import Any

from mwaa.config import Names
from mwaa.policies import Document
from mwaa.provider import Construct, aws, resource


def iam_role(scope: Construct, id: str, names: Names, *, name: str, trust: Document, **props: Any) -> Any:
    """Make a role with the path and the permissions boundary of the workspace's roles."""
    roles = names.workspace.roles
    if roles.path != "/":
        props["path"] = roles.path
    if roles.permissions_boundary:
        props["permissions_boundary"] = roles.permissions_boundary
    return resource(aws.iam_role.IamRole, scope, id, name=name, assume_role_policy=json.dumps(trust), **props)
