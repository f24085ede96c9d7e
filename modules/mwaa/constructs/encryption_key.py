"""The customer-managed key of an environment, its bucket and its logs."""

import json

from mwaa.config import EncryptionKey as Config
from mwaa.config import Names
from mwaa.policies.encryption_key import key_policy
from mwaa.provider import Construct, Part, aws, resource


class EncryptionKey(Part):
    """A key made for the workspace, or one that exists; `arn` is what everything else refers to.

    MWAA accepts no alias and no multi-Region key, and the bucket must use the same key as the environment.
    Source: MWAA user guide, custom-keys-certs.
    """

    def __init__(self, scope: Construct, id: str, names: Names, config: Config) -> None:
        super().__init__(scope, id)
        self.arn: str = config.arn or self._make(names, config)
        """ARN of the key."""

    def _make(self, names: Names, config: Config) -> str:
        key = resource(
            aws.kms_key.KmsKey,
            self,
            "Resource",
            description=f"MWAA environment {names.environment}: its database, queue, bucket and logs",
            deletion_window_in_days=config.deletion_window_days,
            enable_key_rotation=True,
            policy=json.dumps(key_policy(names)),
            lifecycle={"prevent_destroy": True} if names.workspace.deletion_protection else None,
            tags=names.name_tag(names.tag("key")) or None,
        )
        resource(aws.kms_alias.KmsAlias, self, "alias", name=names.key_alias, target_key_id=key.key_id)
        return str(key.arn)
