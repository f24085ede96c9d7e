"""Where Airflow looks up connections and variables: Secrets Manager or SSM's Parameter Store."""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mwaa.aws_facts.user_guide import guide
from mwaa.config.errors import accept_kinds
from mwaa.config.types import KeyArn, Text

SECRETS_GUIDE = guide("connections-secrets-manager")
PARAMETER_STORE_SOURCE = (
    "https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/secrets-backends/"
    "aws-ssm-parameter-store.html"
)
SECRETS_OPTIONS = ("secrets.backend", "secrets.backend_kwargs")
"""The options of Airflow that the field sets. Their names are the same in Airflow 2 and 3."""

_SECRET_PREFIX = Text(
    "a prefix without / at its end, such as airflow/connections", "[0-9A-Za-z_+=.@-]+(/[0-9A-Za-z_+=.@-]+)*"
)
_PARAMETER_PREFIX = Text(
    "a prefix that begins with / and does not end with it, such as /airflow/connections", "(/[0-9A-Za-z_.-]+)+"
)


class _SecretsBackend(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def backend(self) -> str:
        """Airflow's class."""
        raise NotImplementedError

    @property
    def prefixes(self) -> dict[str, str]:
        """The prefixes by Airflow's argument, those alone that are looked up."""
        values = {name: getattr(self, name) for name in ("connections_prefix", "variables_prefix", "config_prefix")}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def options(self) -> dict[str, str]:
        """The options of Airflow. A prefix that is None is written too: Airflow then looks up nothing of that kind."""
        names = ("connections_prefix", "variables_prefix", "config_prefix")
        arguments = json.dumps({name: getattr(self, name) for name in names})
        return dict(zip(SECRETS_OPTIONS, (self.backend, arguments), strict=True))


class SecretsManager(_SecretsBackend):
    """Connections and variables in AWS Secrets Manager. Their values are in no file and no state of this project."""

    connections_prefix: Annotated[str, BeforeValidator(_SECRET_PREFIX)] | None = Field(
        default="airflow/connections",
        description="Secrets `<prefix>/<connection>`. None: no connections are looked up.",
    )
    variables_prefix: Annotated[str, BeforeValidator(_SECRET_PREFIX)] | None = Field(
        default="airflow/variables", description="Secrets `<prefix>/<variable>`. None: no variables are looked up."
    )
    config_prefix: Annotated[str, BeforeValidator(_SECRET_PREFIX)] | None = Field(
        default=None, description="Secrets `<prefix>/<option>` for options that end with _secret. Default: none."
    )
    kms_key_arn: KeyArn | None = Field(
        default=None, description="Key of the secrets, which the role may use. Default: that of Secrets Manager itself."
    )

    @property
    def backend(self) -> str:
        return "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


class ParameterStore(_SecretsBackend):
    """Connections and variables in SSM's Parameter Store. Their values are in no file and no state of this project."""

    connections_prefix: Annotated[str, BeforeValidator(_PARAMETER_PREFIX)] | None = Field(
        default="/airflow/connections",
        description="Parameters `<prefix>/<connection>`. None: no connections are looked up.",
    )
    variables_prefix: Annotated[str, BeforeValidator(_PARAMETER_PREFIX)] | None = Field(
        default="/airflow/variables", description="Parameters `<prefix>/<variable>`. None: no variables are looked up."
    )
    config_prefix: Annotated[str, BeforeValidator(_PARAMETER_PREFIX)] | None = Field(
        default=None, description="Parameters `<prefix>/<option>` for options that end with _secret. Default: none."
    )
    kms_key_arn: KeyArn | None = Field(
        default=None, description="Key of the parameters, which the role may use. Default: that of SSM itself."
    )

    @property
    def backend(self) -> str:
        return "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"


SecretsBackend = SecretsManager | ParameterStore


is_secrets_backend = accept_kinds(
    SecretsBackend | None,
    "SecretsManager(...), ParameterStore(...) or None",
    "from mwaa import ParameterStore, SecretsManager",
)
