"""An environment of Amazon MWAA: its status, its values, its tokens.

Nothing runs in the background. Each environment has a list of future steps with their times, and every request first
runs the steps that are due.
"""

import copy
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from moto.logs.models import logs_backends

from mwaa.airflow_link import registration
from mwaa.airflow_link.registration import Registration
from mwaa.embedded_aws.mwaa import network, prerequisites
from mwaa.embedded_aws.mwaa.environment_values import LOG_GROUPS, add_defaults, merge_changes
from mwaa.embedded_aws.mwaa.vpc_attachments import VpcAttachments

if TYPE_CHECKING:
    from mwaa.embedded_aws.mwaa.models import MWAABackend

SERVICE_ROLE = "AWSServiceRoleForAmazonMWAA"
SERVICE_ROLE_PATH = "/aws-service-role/airflow.amazonaws.com/"
_QUEUE_OWNER = "123456789888"
"""The account of the service, which owns the Celery queue."""
_TOKEN_SECONDS = 60.0
_PENDING_SECONDS = 72 * 3600
"""How long an environment waits for endpoints that its owner creates. UG vpc-endpoint-management."""

TokenPurpose = Literal["login", "cli"]


class EmulatedEnvironment:
    """One environment. `values` has the requested values and the service's defaults, in the API's own names."""

    def __init__(self, backend: "MWAABackend", values: Mapping[str, Any]) -> None:
        self._backend = backend
        self.name: str = values["Name"]
        self.tags: dict[str, str] = dict(values.get("Tags", {}))
        self.values = add_defaults({name: value for name, value in values.items() if name not in ("Name", "Tags")})
        self.created_at = time.time()
        self.status = "CREATING"
        self.last_update: dict[str, Any] = {"Status": "SUCCESS", "CreatedAt": _to_datetime(self.created_at)}
        self._id = str(uuid.uuid4())
        self._token = secrets.token_hex(9)[:17]
        self._tokens: dict[str, tuple[TokenPurpose, float]] = {}
        self._steps: list[tuple[float, Callable[[], None]]] = []
        self._attachments = VpcAttachments()
        self._ensure_log_groups()
        self._schedule(backend.settings.create_seconds, self._finish_creating)

    @property
    def arn(self) -> str:
        where = f"{self._backend.region_name}:{self._backend.account_id}"
        return f"arn:{self._backend.partition}:airflow:{where}:environment/{self.name}"

    @property
    def hostname(self) -> str:
        """Host of the webserver. GetEnvironment returns it as the webserver's URL, without a scheme."""
        private = "-vpce" if self.values["WebserverAccessMode"] == "PRIVATE_ONLY" else ""
        return f"{self._id}{private}.c1.{self._backend.region_name}.airflow.amazonaws.com"

    @property
    def database_service(self) -> str:
        return f"com.amazonaws.vpce.{self._backend.region_name}.vpce-svc-{self._token}"

    @property
    def webserver_service(self) -> str | None:
        """The endpoint service of a webserver with access from inside the VPC."""
        if self.values["WebserverAccessMode"] == "PUBLIC_ONLY":
            return None
        return f"com.amazonaws.vpce.{self._backend.region_name}.vpce-svc-{self._token[::-1]}"

    def find_local_airflow(self) -> Registration | None:
        """Return the local Airflow that serves the environment; None if none runs."""
        backend = self._backend
        if backend.folder is None:
            return None
        return registration.find(backend.folder, backend.account_id, backend.region_name, self.name)

    def new_token(self, purpose: TokenPurpose) -> str:
        """Return a new token for the webserver, valid for 60 seconds. UG call-mwaa-apis-web, call-mwaa-apis-cli."""
        now = time.time()
        self._tokens = {token: kept for token, kept in self._tokens.items() if kept[1] > now}
        token = secrets.token_urlsafe(48)
        self._tokens[token] = (purpose, now + _TOKEN_SECONDS)
        return token

    def services(self) -> set[str]:
        """Return the endpoint services of the environment's database and webserver."""
        return {self.database_service, *filter(None, [self.webserver_service])}

    def attach(self) -> None:
        """Put what the environment has in its owner's VPC there."""
        made = self.services() if self.values["EndpointManagement"] == "SERVICE" else set()
        self._attachments.attach(self._network(), self.name, sorted(made))

    def detach(self) -> None:
        """Remove what the environment has in its owner's VPC."""
        self._attachments.detach()

    def accept_token(self, token: str, purpose: TokenPurpose) -> bool:
        """Return whether the token is valid now. A login token is valid once; a CLI token until it expires."""
        kept, until = self._tokens.get(token, (None, 0.0))
        if kept != purpose or until <= time.time():
            return False
        if purpose == "login":
            del self._tokens[token]
        return True

    def advance(self) -> None:
        """Run the steps that are due."""
        while self._steps and self._steps[0][0] <= time.time():
            self._steps.pop(0)[1]()
        if self.status == "PENDING" and not self._missing_services():
            self._steps.clear()
            self.status = "CREATING"
            self._judge(self._become_available, self._fail_creating)

    def update(self, changes: Mapping[str, Any]) -> None:
        """Start an update to values that were already checked."""
        strategy = changes.get("WorkerReplacementStrategy")
        self.last_update = {"Status": "PENDING", "CreatedAt": _to_datetime(time.time())}
        if strategy:
            self.last_update["WorkerReplacementStrategy"] = strategy
        self.status = "UPDATING"
        wanted = merge_changes(self.values, changes)
        seconds = self._backend.settings.update_seconds
        if wanted["AirflowVersion"] != self.values["AirflowVersion"]:
            self._schedule(seconds / 3, lambda: self._set_status("CREATING_SNAPSHOT"))
            self._schedule(seconds * 2 / 3, lambda: self._set_status("UPDATING"))
        self._schedule(seconds, lambda: self._finish_updating(wanted))

    def delete(self) -> None:
        """Start the deletion. The log groups stay, as in AWS."""
        self.status = "DELETING"
        self._steps.clear()
        self._schedule(self._backend.settings.delete_seconds, lambda: self._backend.forget(self.name))

    def to_dict(self) -> dict[str, Any]:
        """Return the environment as GetEnvironment does."""
        role = f"role{SERVICE_ROLE_PATH}{SERVICE_ROLE}"
        answer = copy.deepcopy(self.values) | {
            "Name": self.name,
            "Status": self.status,
            "Arn": self.arn,
            "CreatedAt": _to_datetime(self.created_at),
            "WebserverUrl": self.hostname,
            "ServiceRoleArn": f"arn:{self._backend.partition}:iam::{self._backend.account_id}:{role}",
            "LastUpdate": self.last_update,
            "Tags": self.tags,
            "CeleryExecutorQueue": f"arn:{self._backend.partition}:sqs:{self._backend.region_name}:{_QUEUE_OWNER}:"
            f"airflow-celery-{self._id}",
            "DatabaseVpcEndpointService": self.database_service,
        }
        if self.webserver_service:
            answer["WebserverVpcEndpointService"] = self.webserver_service
        for module, suffix in LOG_GROUPS.items():
            logging = answer["LoggingConfiguration"][module]
            if logging["Enabled"]:
                logging["CloudWatchLogGroupArn"] = (
                    f"arn:{self._backend.partition}:logs:{self._backend.region_name}:{self._backend.account_id}:"
                    f"log-group:airflow-{self.name}-{suffix}"
                )
        return answer

    def _finish_creating(self) -> None:
        if self.values["EndpointManagement"] == "CUSTOMER" and self._missing_services():
            self.status = "PENDING"
            self._schedule(_PENDING_SECONDS, self._fail_without_endpoints)
        else:
            self._judge(self._become_available, self._fail_creating)

    def _fail_without_endpoints(self) -> None:
        if self.status == "PENDING":
            self._fail(
                "CREATE_FAILED", f"The VPC endpoints for {self._missing_services()} were not created in 72 hours"
            )

    def _judge(self, succeed: Callable[[], None], fail: Callable[[], None], until: float | None = None) -> None:
        """Go on with `succeed` as soon as the containers can start, with `fail` if they cannot in all of the grace."""
        values = self.values | {"Name": self.name}
        found = prerequisites.find_failure(self._backend.account_id, self._backend.region_name, values)
        until = until or time.time() + self._backend.settings.grace_seconds
        if found is None:
            succeed()
        elif time.time() < until:
            self._schedule(1.0, lambda: self._judge(succeed, fail, until))
        else:
            # AWS reports no cause; the log of the embedded AWS does.
            prerequisites.log.warning("environment %s: %s", self.name, found)
            fail()

    def _become_available(self) -> None:
        self.status = "AVAILABLE"

    def _fail_creating(self) -> None:
        self._fail("CREATE_FAILED", prerequisites.NETWORK_OR_ROLE)

    def _finish_updating(self, wanted: dict[str, Any]) -> None:
        before, self.values = self.values, wanted

        def succeed() -> None:
            self._attachments.set_groups(self._network())
            self._ensure_log_groups()
            self.status = "AVAILABLE"
            self.last_update["Status"] = "SUCCESS"

        def roll_back() -> None:
            self.values = before
            self.status = "ROLLING_BACK"
            self._schedule(
                self._backend.settings.update_seconds,
                lambda: self._fail("UPDATE_FAILED", prerequisites.NETWORK_OR_ROLE),
            )

        self._judge(succeed, roll_back)

    def _fail(self, status: str, message: str) -> None:
        self.status = status
        error = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": message}
        self.last_update = self.last_update | {"Status": "FAILED", "Error": error}

    def _network(self) -> network.Network:
        return network.network_of(self._backend.account_id, self._backend.region_name, self.values)

    def _missing_services(self) -> list[str]:
        where = (self._backend.account_id, self._backend.region_name)
        return prerequisites.services_without_endpoint(*where, self.values, self.services())

    def _ensure_log_groups(self) -> None:
        logs = logs_backends[self._backend.account_id][self._backend.region_name]
        for module, suffix in LOG_GROUPS.items():
            if self.values["LoggingConfiguration"][module]["Enabled"]:
                logs.ensure_log_group(f"airflow-{self.name}-{suffix}")

    def _set_status(self, status: str) -> None:
        self.status = status

    def _schedule(self, seconds: float, step: Callable[[], None]) -> None:
        self._steps.append((time.time() + seconds, step))


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
