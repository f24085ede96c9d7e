"""The environments of Amazon MWAA in an account and region: which request is refused, and why."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import iam_backends

from mwaa.embedded_aws.mwaa import prerequisites, value_checks
from mwaa.embedded_aws.mwaa.emulated_environment import SERVICE_ROLE, SERVICE_ROLE_PATH, EmulatedEnvironment
from mwaa.embedded_aws.mwaa.environment_values import add_defaults, merge_changes
from mwaa.embedded_aws.mwaa.exceptions import ResourceNotFoundException, ValidationException
from mwaa.embedded_aws.settings import EmbeddedSettings

_IN_PROGRESS = {"CREATING", "UPDATING", "CREATING_SNAPSHOT", "ROLLING_BACK", "DELETING", "MAINTENANCE"}


class MWAABackend(BaseBackend):
    """The environments of one account in one region."""

    settings: ClassVar[EmbeddedSettings] = EmbeddedSettings()
    folder: ClassVar[Path | None] = None
    """The embedded AWS's folder, in which the local Airflows are registered; None without a server."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._environments: dict[str, EmulatedEnvironment] = {}

    def create_environment(self, parameters: Mapping[str, Any]) -> EmulatedEnvironment:
        self._advance()
        if parameters["Name"] in self._environments:
            raise ValidationException(f"Environment with name {parameters['Name']} already exists.")
        limit = self.settings.quota("environments")
        if len(self._environments) >= limit:
            raise ValidationException(f"The limit of {limit} environments in this account and region was reached.")
        values = add_defaults(parameters)
        value_checks.check_new(values)
        value_checks.check(values, self.settings)
        prerequisites.check(self.account_id, self.region_name, values)
        value_checks.refuse_tags_of_aws(parameters.get("Tags", {}))
        versions = prerequisites.current_versions(self.account_id, self.region_name, values)
        environment = EmulatedEnvironment(self, dict(parameters) | versions)
        self._environments[environment.name] = environment
        environment.attach()
        self._ensure_service_role()
        return environment

    def get_environment(self, name: str) -> EmulatedEnvironment:
        self._advance()
        if name not in self._environments:
            raise ResourceNotFoundException(f"Environment: {name} not found")
        return self._environments[name]

    def get_available(self, name: str) -> EmulatedEnvironment:
        """Return an environment whose webserver and API work. Raises ResourceNotFoundException for any other."""
        environment = self.get_environment(name)
        if environment.status not in ("AVAILABLE", "UPDATE_FAILED", "MAINTENANCE"):
            raise ResourceNotFoundException(f"Environment: {name} is in status {environment.status}")
        return environment

    def find_by_hostname(self, hostname: str) -> EmulatedEnvironment | None:
        """Return the environment whose webserver has this host name, or None."""
        self._advance()
        return next((one for one in self._environments.values() if one.hostname == hostname), None)

    def update_environment(self, parameters: Mapping[str, Any]) -> EmulatedEnvironment:
        environment = self.get_environment(parameters["Name"])
        self._refuse_if_busy(environment)
        if environment.status in ("CREATE_FAILED", "PENDING", "UNAVAILABLE"):
            raise ValidationException(f"Environments with {environment.status} status cannot be updated.")
        changes = {name: value for name, value in parameters.items() if name != "Name"}
        wanted = merge_changes(environment.values, changes)
        value_checks.check_change(environment.values, changes, self.region_name)
        value_checks.check(wanted, self.settings)
        named = wanted | {"Name": environment.name}
        prerequisites.check(self.account_id, self.region_name, named)
        environment.update(changes | prerequisites.current_versions(self.account_id, self.region_name, named))
        return environment

    def delete_environment(self, name: str) -> None:
        environment = self.get_environment(name)
        self._refuse_if_busy(environment)
        environment.delete()

    def list_environments(self, limit: int, token: str | None) -> tuple[list[str], str | None]:
        """Return a page of sorted names, and the token of the next page: the last name of this one."""
        self._advance()
        names = sorted(name for name in self._environments if token is None or name > token)
        page = names[:limit]
        return page, page[-1] if len(names) > limit else None

    def get_by_arn(self, arn: str) -> EmulatedEnvironment:
        environment = self.get_environment(arn.rpartition("/")[2])
        if environment.arn != arn:
            raise ResourceNotFoundException(f"Resource not found: {arn}")
        return environment

    def tag_resource(self, arn: str, tags: Mapping[str, str]) -> None:
        environment = self.get_by_arn(arn)
        value_checks.refuse_tags_of_aws(tags)
        together = environment.tags | dict(tags)
        if len(together) > 50:
            raise ValidationException("A resource can have at most 50 tags.")
        environment.tags = together

    def untag_resource(self, arn: str, keys: list[str]) -> None:
        environment = self.get_by_arn(arn)
        environment.tags = {key: value for key, value in environment.tags.items() if key not in keys}

    def forget(self, name: str) -> None:
        """Remove an environment whose deletion is complete."""
        self._environments.pop(name).detach()

    def services(self) -> set[str]:
        """Return the endpoint services of all environments."""
        return {service for one in self._environments.values() for service in one.services()}

    def _advance(self) -> None:
        for environment in list(self._environments.values()):
            environment.advance()

    @staticmethod
    def _refuse_if_busy(environment: EmulatedEnvironment) -> None:
        if environment.status in _IN_PROGRESS:
            raise ValidationException(
                f"Environments with {environment.status} status must complete previous operation before initiating a "
                "new operation."
            )

    def _ensure_service_role(self) -> None:
        iam = iam_backends[self.account_id][self.partition]
        if any(role.name == SERVICE_ROLE for role in iam.get_roles()):
            return
        iam.create_role(
            SERVICE_ROLE,
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
            '"Principal": {"Service": "airflow.amazonaws.com"}}]}',
            SERVICE_ROLE_PATH,
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
            linked_service="airflow.amazonaws.com",
        )


mwaa_backends = BackendDict(MWAABackend, "mwaa")
