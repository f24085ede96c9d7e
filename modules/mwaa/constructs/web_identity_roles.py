"""Roles that are assumed with a token of OpenID Connect, without any key, and the identity provider that they trust."""

import json
from typing import Any

from mwaa.config import Names
from mwaa.constructs.role import iam_role
from mwaa.policies import Document
from mwaa.provider import Construct, Part, aws, resource


class WebIdentityRoles(Part):
    """An identity provider for an issuer (without https://) and an audience, and roles that trust it."""

    def __init__(
        self, scope: Construct, id: str, names: Names, *, issuer: str, audience: str, create_provider: bool
    ) -> None:
        super().__init__(scope, id)
        self._names = names
        self.provider: Any = None
        """The provider that is created, or None."""
        if create_provider:
            self.provider = resource(
                aws.iam_openid_connect_provider.IamOpenidConnectProvider,
                self,
                "provider",
                url=f"https://{issuer}",
                client_id_list=[audience],
            )

    def _role(self, id: str, policy: str, *, trust: Document, permissions: Document, **props: Any) -> Any:
        role = iam_role(
            self,
            f"{id}_role",
            self._names,
            trust=trust,
            depends_on=[self.provider] if self.provider else None,
            **props,
        )
        resource(
            aws.iam_role_policy.IamRolePolicy,
            self,
            f"{id}_policy",
            name=policy,
            role=role.id,
            policy=json.dumps(permissions),
        )
        return role
