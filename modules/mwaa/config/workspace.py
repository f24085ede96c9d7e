"""The workspace: a declaration with all defaults set, validated as a whole."""

import re
from typing import Any, Self

from pydantic import model_validator

from mwaa.aws_facts.airflow_options import plugin_options
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.regions import REGIONS
from mwaa.aws_facts.releases import RELEASES
from mwaa.config import validation
from mwaa.config.backends import BACKENDS, HcpTerraform, S3Backend, resolved
from mwaa.config.ci import CiRole, GitHubActions, GitLabCi, with_defaults
from mwaa.config.declaration import Content, Declaration, Timeouts
from mwaa.config.errors import refuse_all
from mwaa.config.made_names import name_problems
from mwaa.config.naming import Names
from mwaa.config.organization import Naming, form_name
from mwaa.config.secrets_backend import ParameterStore, SecretsManager
from mwaa.config.types import ENVIRONMENT_FORM, WORKSPACE_NAME


class Workspace(Declaration):
    """One MWAA environment with all it needs: one file, one Terraform stack, one state.

    The arguments are named as those of MWAA's CreateEnvironment. Raises pydantic's ValidationError; `discover` converts
    it to a ConfigurationError with every problem found.
    """

    def with_name(self, name: str) -> Self:
        """Return the workspace with this name and the defaults that depend on it.

        Raises pydantic's ValidationError.
        """
        return type(self)(**{field: getattr(self, field) for field in self.model_fields_set} | {"name": name})

    @model_validator(mode="before")
    @classmethod
    def _resolve_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return _class_defaults(data) | _name_defaults(data) | data | _derived(data)

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = validation.problems(self)
        if self.name:
            problems += name_problems(Names(self))
        if problems:
            raise refuse_all(problems)
        return self


def _class_defaults(data: dict[str, Any]) -> dict[str, Any]:
    """Return the environment class's sizes, adjusted to the sizes that the user sets."""
    limits = ENVIRONMENT_CLASSES.get(str(data.get("environment_class")))
    if limits is None:
        return {}

    def valid(name: str, otherwise: int) -> int:
        """Return the size that is set. A wrong one counts for nothing, so that only itself is reported."""
        value, (low, high) = data.get(name), limits.limits[name]
        return value if isinstance(value, int) and low <= value <= high else otherwise

    return {
        "max_workers": max(limits.default_max_workers, valid("min_workers", 0)),
        "schedulers": limits.default_schedulers,
        "min_webservers": min(limits.default_webservers, valid("max_webservers", limits.default_webservers)),
        "max_webservers": max(limits.default_webservers, valid("min_webservers", 0)),
    }


def _name_defaults(data: dict[str, Any]) -> dict[str, Any]:
    name = data.get("name")
    if not WORKSPACE_NAME.matches(name):
        return {}
    naming = data.get("naming", Naming())
    pattern = naming.pattern if isinstance(naming, Naming) else Naming().pattern
    formed = form_name(pattern, workspace=str(name), account=str(data.get("account")), region=str(data.get("region")))
    # What AWS refuses is reported where it is formed: naming.pattern, not environment_name.
    fits = re.fullmatch(ENVIRONMENT_FORM, formed)
    return {"environment_name": formed if fits else f"mwaa-{name}"}


def _backend(data: dict[str, Any]) -> dict[str, Any]:
    """Return the backend with the defaults that depend on the workspace's name and region, where both are valid."""
    backend, name, region = data.get("backend"), data.get("name"), data.get("region")
    if isinstance(backend, BACKENDS) and WORKSPACE_NAME.matches(name) and region in REGIONS:
        return {"backend": resolved(backend, str(name), str(region))}
    return {}


def _derived(data: dict[str, Any]) -> dict[str, Any]:
    """Return the parts whose defaults depend on another field."""
    derived = _backend(data)
    timeouts = data.get("timeouts", Timeouts())
    graceful = data.get("worker_replacement_strategy") == "GRACEFUL"
    if graceful and isinstance(timeouts, Timeouts) and "update" not in timeouts.model_fields_set:
        derived["timeouts"] = timeouts.model_copy(update={"update": "13h"})
    content = data.get("content", Content())
    if data.get("pipeline") and isinstance(content, Content) and "owner" not in content.model_fields_set:
        derived["content"] = content.model_copy(update={"owner": "PUBLISH"})
    ci = data.get("ci")
    if isinstance(ci, GitHubActions | GitLabCi) and WORKSPACE_NAME.matches(data.get("name")):
        derived["ci"] = with_defaults(ci, str(data["name"]), _ci_roles(data, derived.get("content", content)))
    options = data.get("airflow_configuration_options", {})
    secrets = data.get("secrets_backend")
    if isinstance(secrets, SecretsManager | ParameterStore) and isinstance(options, dict):
        # What contradicts the field stays, for validation to report it.
        options = derived["airflow_configuration_options"] = secrets.options | options
    ships_plugins = isinstance(content, Content) and content.plugins is not None
    version = str(data.get("airflow_version"))
    if ships_plugins and version in RELEASES and isinstance(options, dict) and (needed := plugin_options(version)):
        derived["airflow_configuration_options"] = needed | options
    return derived


def _ci_roles(data: dict[str, Any], content: Any) -> tuple[CiRole, ...]:
    """Return the roles that jobs can use: where Terraform runs in them, and where publishing owns the content."""
    backend = data.get("backend")
    runs_in_jobs = isinstance(backend, S3Backend) or (
        isinstance(backend, HcpTerraform) and backend.execution_mode == "LOCAL"
    )
    publishes = isinstance(content, Content) and content.owner == "PUBLISH"
    return (*(("PLAN", "APPLY") if runs_in_jobs else ()), *(("PUBLISH",) if publishes else ()))
