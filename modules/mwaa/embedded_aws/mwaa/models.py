"""Environments of Amazon MWAA: their statuses, their values, and who may change them when.

Nothing runs in the background. Each environment has a list of coming steps with the time at which they happen, and
every request first takes the steps whose time has come.
"""

import copy
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends

from mwaa.airflow_link import registration
from mwaa.airflow_link.registration import Registration
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.logs import LOG_GROUP_SUFFIXES
from mwaa.aws_facts.releases import supported_versions
from mwaa.embedded_aws.mwaa import prerequisites, rules
from mwaa.embedded_aws.mwaa.exceptions import ResourceNotFoundException, ValidationException
from mwaa.embedded_aws.settings import EmbeddedSettings

_MODULES = {
    "".join(part.capitalize() for part in field.split("_")) + "Logs": suffix
    for field, suffix in LOG_GROUP_SUFFIXES.items()
}
"""Field of the API's LoggingConfiguration -> end of the log group's name."""

_SERVICE_ROLE = "AWSServiceRoleForAmazonMWAA"
_SERVICE_ROLE_PATH = "/aws-service-role/airflow.amazonaws.com/"
_QUEUE_OWNER = "123456789888"
"""The account of the service, in which the Celery queue lies: never the customer's."""
_TOKEN_SECONDS = 60.0
_PENDING_SECONDS = 72 * 3600
"""How long an environment waits for endpoints that its owner makes. UG vpc-endpoint-management."""
_IN_PROGRESS = {"CREATING", "UPDATING", "CREATING_SNAPSHOT", "ROLLING_BACK", "DELETING", "MAINTENANCE"}


TokenPurpose = Literal["login", "cli"]


class Environment:
    """One environment. `values` holds what was asked for, with the service's defaults, in the API's own names."""

    def __init__(self, backend: "MWAABackend", values: Mapping[str, Any]) -> None:
        self._backend = backend
        self.name: str = values["Name"]
        self.tags: dict[str, str] = dict(values.get("Tags", {}))
        self.values = _with_defaults({name: value for name, value in values.items() if name not in ("Name", "Tags")})
        self.created_at = time.time()
        self.status = "CREATING"
        self.last_update: dict[str, Any] = {"Status": "SUCCESS", "CreatedAt": _when(self.created_at)}
        self._id = str(uuid.uuid4())
        self._token = secrets.token_hex(9)[:17]
        self._tokens: dict[str, tuple[TokenPurpose, float]] = {}
        self._steps: list[tuple[float, Callable[[], None]]] = []
        self._ensure_log_groups()
        self._after(backend.settings.create_seconds, self._finish_creating)

    @property
    def arn(self) -> str:
        where = f"{self._backend.region_name}:{self._backend.account_id}"
        return f"arn:{self._backend.partition}:airflow:{where}:environment/{self.name}"

    @property
    def hostname(self) -> str:
        """Host of the webserver. GetEnvironment gives it as the webserver's URL, without a scheme."""
        private = "-vpce" if self.values["WebserverAccessMode"] == "PRIVATE_ONLY" else ""
        return f"{self._id}{private}.c1.{self._backend.region_name}.airflow.amazonaws.com"

    @property
    def database_service(self) -> str:
        return f"com.amazonaws.vpce.{self._backend.region_name}.vpce-svc-{self._token}"

    @property
    def webserver_service(self) -> str | None:
        """The endpoint service of a webserver that is reached from inside the VPC."""
        if self.values["WebserverAccessMode"] == "PUBLIC_ONLY":
            return None
        return f"com.amazonaws.vpce.{self._backend.region_name}.vpce-svc-{self._token[::-1]}"

    def local_airflow(self) -> Registration | None:
        """The Airflow on this machine that serves the environment; None when none runs."""
        backend = self._backend
        if backend.folder is None:
            return None
        return registration.find(backend.folder, backend.account_id, backend.region_name, self.name)

    def new_token(self, purpose: TokenPurpose) -> str:
        """A token for the webserver, good for 60 seconds. UG call-mwaa-apis-web, call-mwaa-apis-cli."""
        now = time.time()
        self._tokens = {token: kept for token, kept in self._tokens.items() if kept[1] > now}
        token = secrets.token_urlsafe(48)
        self._tokens[token] = (purpose, now + _TOKEN_SECONDS)
        return token

    def takes_token(self, token: str, purpose: TokenPurpose) -> bool:
        """Whether the webserver takes this token now. One for a login is used up by it; one for commands is not."""
        kept, until = self._tokens.get(token, (None, 0.0))
        if kept != purpose or until <= time.time():
            return False
        if purpose == "login":
            del self._tokens[token]
        return True

    def advance(self) -> None:
        """Takes the steps whose time has come."""
        while self._steps and self._steps[0][0] <= time.time():
            self._steps.pop(0)[1]()
        if self.status == "PENDING" and not self._missing_services():
            self._succeed()

    def update(self, changes: Mapping[str, Any]) -> None:
        """Starts an update to values that were already checked."""
        strategy = changes.get("WorkerReplacementStrategy")
        self.last_update = {"Status": "PENDING", "CreatedAt": _when(time.time())}
        if strategy:
            self.last_update["WorkerReplacementStrategy"] = strategy
        self.status = "UPDATING"
        wanted = _merged(self.values, changes)
        seconds = self._backend.settings.update_seconds
        if wanted["AirflowVersion"] != self.values["AirflowVersion"]:
            self._after(seconds / 3, lambda: self._turn("CREATING_SNAPSHOT"))
            self._after(seconds * 2 / 3, lambda: self._turn("UPDATING"))
        self._after(seconds, lambda: self._finish_updating(wanted))

    def delete(self) -> None:
        """Starts the deletion. The log groups stay, as in AWS."""
        self.status = "DELETING"
        self._steps.clear()
        self._after(self._backend.settings.delete_seconds, lambda: self._backend.forget(self.name))

    def to_dict(self) -> dict[str, Any]:
        """The environment as GetEnvironment gives it."""
        role = f"role{_SERVICE_ROLE_PATH}{_SERVICE_ROLE}"
        told = copy.deepcopy(self.values) | {
            "Name": self.name,
            "Status": self.status,
            "Arn": self.arn,
            "CreatedAt": _when(self.created_at),
            "WebserverUrl": self.hostname,
            "ServiceRoleArn": f"arn:{self._backend.partition}:iam::{self._backend.account_id}:{role}",
            "LastUpdate": self.last_update,
            "Tags": self.tags,
            "CeleryExecutorQueue": f"arn:{self._backend.partition}:sqs:{self._backend.region_name}:{_QUEUE_OWNER}:"
            f"airflow-celery-{self._id}",
            "DatabaseVpcEndpointService": self.database_service,
        }
        if self.webserver_service:
            told["WebserverVpcEndpointService"] = self.webserver_service
        for module, suffix in _MODULES.items():
            logging = told["LoggingConfiguration"][module]
            if logging["Enabled"]:
                logging["CloudWatchLogGroupArn"] = (
                    f"arn:{self._backend.partition}:logs:{self._backend.region_name}:{self._backend.account_id}:"
                    f"log-group:airflow-{self.name}-{suffix}"
                )
        return told

    def _finish_creating(self) -> None:
        if self.values["EndpointManagement"] == "CUSTOMER" and self._missing_services():
            self.status = "PENDING"
            self._after(_PENDING_SECONDS, self._give_up_waiting)
        else:
            self._succeed()

    def _give_up_waiting(self) -> None:
        if self.status == "PENDING":
            self._fail(
                "CREATE_FAILED", f"The VPC endpoints for {self._missing_services()} were not created in 72 hours"
            )

    def _succeed(self) -> None:
        self._steps.clear()
        if self._network_is_shut():
            self._fail("CREATE_FAILED", prerequisites.NETWORK_OR_ROLE)
        else:
            self.status = "AVAILABLE"

    def _finish_updating(self, wanted: dict[str, Any]) -> None:
        before, self.values = self.values, wanted
        if self._network_is_shut():
            self.values = before
            self.status = "ROLLING_BACK"
            self._after(
                self._backend.settings.update_seconds,
                lambda: self._fail("UPDATE_FAILED", prerequisites.NETWORK_OR_ROLE),
            )
            return
        self._ensure_log_groups()
        self.status = "AVAILABLE"
        self.last_update["Status"] = "SUCCESS"

    def _fail(self, status: str, message: str) -> None:
        self.status = status
        error = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": message}
        self.last_update = self.last_update | {"Status": "FAILED", "Error": error}

    def _network_is_shut(self) -> bool:
        network = self.values["NetworkConfiguration"]
        found = prerequisites.network_failure(self._backend.account_id, self._backend.region_name, network)
        if found:
            # AWS names no cause; the log of the embedded AWS does.
            prerequisites.log.warning("environment %s: %s", self.name, found)
        return found is not None

    def _missing_services(self) -> list[str]:
        wanted = [self.database_service, *filter(None, [self.webserver_service])]
        return prerequisites.services_without_endpoint(self._backend.account_id, self._backend.region_name, wanted)

    def _ensure_log_groups(self) -> None:
        logs = logs_backends[self._backend.account_id][self._backend.region_name]
        for module, suffix in _MODULES.items():
            if self.values["LoggingConfiguration"][module]["Enabled"]:
                logs.ensure_log_group(f"airflow-{self.name}-{suffix}")

    def _turn(self, status: str) -> None:
        self.status = status

    def _after(self, seconds: float, step: Callable[[], None]) -> None:
        self._steps.append((time.time() + seconds, step))


class MWAABackend(BaseBackend):
    """The environments of one account in one region."""

    settings: ClassVar[EmbeddedSettings] = EmbeddedSettings()
    folder: ClassVar[Path | None] = None
    """The embedded AWS's, in which the local Airflows are registered; None where there is no server."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._environments: dict[str, Environment] = {}

    def create_environment(self, given: Mapping[str, Any]) -> Environment:
        self._advance()
        if given["Name"] in self._environments:
            raise ValidationException(f"Environment with name {given['Name']} already exists.")
        limit = self.settings.quota("environments")
        if len(self._environments) >= limit:
            raise ValidationException(f"The limit of {limit} environments in this account and region was reached.")
        values = _with_defaults(given)
        rules.check_new(values)
        rules.check(values, self.settings)
        prerequisites.check(self.account_id, self.region_name, values)
        environment = Environment(self, given)
        self._environments[environment.name] = environment
        self._ensure_service_role()
        return environment

    def get_environment(self, name: str) -> Environment:
        self._advance()
        if name not in self._environments:
            raise ResourceNotFoundException(f"Environment: {name} not found")
        return self._environments[name]

    def get_available(self, name: str) -> Environment:
        """An environment that is usable, as the data plane needs it. Raises ResourceNotFoundException otherwise."""
        environment = self.get_environment(name)
        if environment.status not in ("AVAILABLE", "UPDATE_FAILED", "MAINTENANCE"):
            raise ResourceNotFoundException(f"Environment: {name} is in status {environment.status}")
        return environment

    def by_hostname(self, hostname: str) -> Environment | None:
        """The environment whose webserver has this name."""
        self._advance()
        return next((one for one in self._environments.values() if one.hostname == hostname), None)

    def update_environment(self, given: Mapping[str, Any]) -> Environment:
        environment = self.get_environment(given["Name"])
        self._refuse_if_busy(environment)
        if environment.status in ("CREATE_FAILED", "PENDING", "UNAVAILABLE"):
            raise ValidationException(f"Environments with {environment.status} status cannot be updated.")
        changes = {name: value for name, value in given.items() if name != "Name"}
        wanted = _merged(environment.values, changes)
        rules.check_change(environment.values, changes, self.region_name)
        rules.check(wanted | {"Name": environment.name}, self.settings)
        prerequisites.check(self.account_id, self.region_name, wanted)
        environment.update(changes)
        return environment

    def delete_environment(self, name: str) -> None:
        environment = self.get_environment(name)
        self._refuse_if_busy(environment)
        environment.delete()

    def list_environments(self, most: int, token: str | None) -> tuple[list[str], str | None]:
        """A page of names in order, and the token of the next page: the last name of this one."""
        self._advance()
        names = sorted(name for name in self._environments if token is None or name > token)
        page = names[:most]
        return page, page[-1] if len(names) > most else None

    def by_arn(self, arn: str) -> Environment:
        environment = self.get_environment(arn.rpartition("/")[2])
        if environment.arn != arn:
            raise ResourceNotFoundException(f"Resource not found: {arn}")
        return environment

    def tag_resource(self, arn: str, tags: Mapping[str, str]) -> None:
        environment = self.by_arn(arn)
        together = environment.tags | dict(tags)
        if len(together) > 50:
            raise ValidationException("A resource can have at most 50 tags.")
        environment.tags = together

    def untag_resource(self, arn: str, keys: list[str]) -> None:
        environment = self.by_arn(arn)
        environment.tags = {key: value for key, value in environment.tags.items() if key not in keys}

    def forget(self, name: str) -> None:
        """Ends a deletion."""
        del self._environments[name]

    def _advance(self) -> None:
        for environment in list(self._environments.values()):
            environment.advance()

    @staticmethod
    def _refuse_if_busy(environment: Environment) -> None:
        if environment.status in _IN_PROGRESS:
            raise ValidationException(
                f"Environments with {environment.status} status must complete previous operation before initiating a "
                "new operation."
            )

    def _ensure_service_role(self) -> None:
        iam = iam_backends[self.account_id][self.partition]
        if any(role.name == _SERVICE_ROLE for role in iam.get_roles()):
            return
        iam.create_role(
            _SERVICE_ROLE,
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
            '"Principal": {"Service": "airflow.amazonaws.com"}}]}',
            _SERVICE_ROLE_PATH,
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
            linked_service="airflow.amazonaws.com",
        )


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the service assumes for everything not given.

    Source: the acceptance tests of aws_mwaa_environment in github.com/hashicorp/terraform-provider-aws.
    """
    kind = ENVIRONMENT_CLASSES.get(given.get("EnvironmentClass", "mw1.small"), ENVIRONMENT_CLASSES["mw1.small"])
    # An autoscaling pair with only one end given stretches to it.
    low, high = given.get("MinWebservers"), given.get("MaxWebservers")
    defaults: dict[str, Any] = {
        "AirflowVersion": supported_versions(date.today())[0],
        "AirflowConfigurationOptions": {},
        "EnvironmentClass": kind.name,
        "MinWorkers": 1,
        "MaxWorkers": max(kind.default_max_workers, given.get("MinWorkers", 1)),
        "Schedulers": kind.default_schedulers,
        "MinWebservers": min(kind.default_webservers, high or kind.default_webservers),
        "MaxWebservers": max(kind.default_webservers, low or kind.default_webservers),
        "WebserverAccessMode": "PRIVATE_ONLY",
        "WeeklyMaintenanceWindowStart": "SUN:03:00",
        "EndpointManagement": "SERVICE",
    }
    logging = {module: {"Enabled": module == "TaskLogs", "LogLevel": "INFO"} for module in _MODULES}
    logging |= {name: dict(value) for name, value in given.get("LoggingConfiguration", {}).items()}
    return defaults | copy.deepcopy(dict(given)) | {"LoggingConfiguration": logging}


def _merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values after an update: maps are replaced whole, logging and network by the parts given."""
    wanted = copy.deepcopy(dict(values))
    for name, value in changes.items():
        match name:
            case "LoggingConfiguration" | "NetworkConfiguration":
                wanted[name] |= copy.deepcopy(value)
            case "Teams":
                teams = wanted.get("Teams", {}) | value.get("AddOrUpdate", {})
                wanted["Teams"] = {team: kept for team, kept in teams.items() if team not in value.get("Remove", [])}
            case "WorkerReplacementStrategy":
                pass  # belongs to the update, not to the environment
            case _:
                wanted[name] = copy.deepcopy(value)
    return wanted


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


mwaa_backends = BackendDict(MWAABackend, "mwaa")
