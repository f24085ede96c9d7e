"""What Amazon MWAA offers, as data: releases, environment classes, regions, quotas, configuration options.

Every table carries its source and the day it was read. Nothing else in the project repeats these numbers.

Sources
  UG   the MWAA user guide, docs.aws.amazon.com/mwaa/latest/userguide/<page>.html
  BC   botocore 1.44.5, data/mwaa/2020-07-01/service-2.json and data/endpoints.json
  IMG  github.com/aws/amazon-mwaa-docker-images at 9d2bebb (2026-08-20)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

READ_ON = date(2026, 11, 22)
"""The day on which these tables were last compared with their sources."""

USER_GUIDE = "https://docs.aws.amazon.com/mwaa/latest/userguide/"


def guide(page: str) -> str:
    """The address of a page of the MWAA user guide."""
    return f"{USER_GUIDE}{page}.html"


@dataclass(frozen=True, slots=True)
class Release:
    """An Apache Airflow release in MWAA. `end_of_support` is None while AWS has announced none."""

    version: str
    python: str
    since: date | None
    end_of_support: date | None = None

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))

    def supported(self, today: date) -> bool:
        """Whether a new environment may be created with it on that day."""
        return self.end_of_support is None or today < self.end_of_support


RELEASES: Mapping[str, Release] = MappingProxyType(
    {
        release.version: release
        for release in (
            # UG airflow-versions, copies of September 2026. AWS announces an end of support at least 180 days ahead;
            # for 2.7.2 and later none was announced in those copies.
            Release("3.3.1", "3.12", date(2026, 9, 1)),
            Release("3.2.1", "3.12", date(2026, 5, 19)),
            Release("3.0.6", "3.12", date(2025, 10, 1)),
            Release("2.11.2", "3.12", date(2026, 7, 23)),
            Release("2.11.0", "3.12", date(2026, 1, 7)),
            Release("2.10.3", "3.11", date(2024, 12, 18)),
            Release("2.10.1", "3.11", date(2024, 9, 26)),
            Release("2.9.2", "3.11", date(2024, 7, 9)),
            Release("2.8.1", "3.11", date(2024, 2, 23)),
            Release("2.7.2", "3.11", date(2023, 11, 6)),
            # Ended. Python and launch day no longer matter: nothing can be created with these.
            Release("2.6.3", "", None, date(2025, 12, 30)),
            Release("2.5.1", "", None, date(2025, 12, 30)),
            Release("2.4.3", "", None, date(2025, 12, 30)),
            Release("2.2.2", "", None, date(2024, 6, 27)),
            Release("2.0.2", "", None, date(2024, 4, 29)),
            Release("1.10.12", "", None, date(2024, 2, 21)),
        )
    }
)
RELEASES_SOURCE = guide("airflow-versions")


@dataclass(frozen=True, slots=True)
class EnvironmentClass:
    """Limits of an environment class. Ranges are inclusive; `dags` is AWS's advice on the number of DAGs."""

    name: str
    dags: int
    tasks_per_worker: int
    schedulers: tuple[int, int]
    webservers: tuple[int, int]
    workers: tuple[int, int]
    default_schedulers: int
    default_webservers: int
    default_max_workers: int

    @property
    def limits(self) -> Mapping[str, tuple[int, int]]:
        """The ranges by the fields of `Workspace` that they bind."""
        return {
            "min_workers": self.workers,
            "max_workers": self.workers,
            "schedulers": self.schedulers,
            "min_webservers": self.webservers,
            "max_webservers": self.webservers,
        }


def _standard(name: str, dags: int, tasks_per_worker: int) -> EnvironmentClass:
    return EnvironmentClass(
        name,
        dags,
        tasks_per_worker,
        schedulers=(2, 5),
        webservers=(2, 5),
        workers=(1, 50),  # the quota is 25 and can be raised to 50: UG mwaa-quotas
        default_schedulers=2,
        default_webservers=2,
        default_max_workers=10,
    )


ENVIRONMENT_CLASSES: Mapping[str, EnvironmentClass] = MappingProxyType(
    {
        item.name: item
        for item in (
            # UG environment-class and BC. That micro has exactly one worker is inferred from "no autoscaling".
            EnvironmentClass("mw1.micro", 25, 3, (1, 1), (1, 1), (1, 1), 1, 1, 1),
            _standard("mw1.small", 50, 5),
            _standard("mw1.medium", 250, 10),
            _standard("mw1.large", 1000, 20),
            _standard("mw1.xlarge", 2000, 40),
            _standard("mw1.2xlarge", 4000, 80),
        )
    }
)
ENVIRONMENT_CLASSES_SOURCE = guide("environment-class")


def container(environment_class: str | None, component: str) -> str:
    """MWAA_AIRFLOW_COMPONENT where a scheduler or worker runs: mw1.micro has one, "hybrid". IMG entrypoint."""
    return "hybrid" if environment_class == "mw1.micro" else component


AIRFLOW_HOME = "/usr/local/airflow"
DAGS_PLACE = f"{AIRFLOW_HOME}/dags"
PLUGINS_PLACE = f"{AIRFLOW_HOME}/plugins"
"""Where content lies in MWAA's containers. UG configuring-dag-folder, configuring-dag-import-plugins."""

REGIONS: frozenset[str] = frozenset(
    # BC endpoints.json, service `airflow`. mx-central-1 lacks the CloudFormation type: unverified.
    """
    af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1
    eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1
    mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 cn-north-1 cn-northwest-1
    """.split()  # noqa: SIM905
)
REGIONS_SOURCE = "botocore 1.44.5, data/endpoints.json, service airflow"

UNSUPPORTED_ZONE_IDS: frozenset[str] = frozenset({"use1-az3"})
"""Availability-zone ids in which MWAA refuses a subnet. UG vpc-create."""

GRACEFUL_UNAVAILABLE_REGIONS: frozenset[str] = frozenset({"ca-west-1", "ap-southeast-5"})
"""Regions where MWAA cannot replace workers gracefully. UG update-environment."""

UNAVAILABLE_REGIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # MWAA's regions less those of the service.
        "CodePipeline": frozenset({"ap-southeast-7", "ca-west-1", "mx-central-1"}),
        "CodeBuild": frozenset({"ca-west-1", "mx-central-1"}),
        "CodeCommit": frozenset(
            """
            ap-southeast-4 ap-southeast-5 ap-southeast-7 ca-west-1 eu-central-2 eu-south-2 mx-central-1
            """.split()  # noqa: SIM905
        ),
    }
)
"""Regions with MWAA and without a service that a pipeline needs. New regions may be missing from the source.

For CodeConnections nothing is said: its endpoints are not all in the source.
"""
UNAVAILABLE_REGIONS_SOURCE = "botocore 1.44.5, data/endpoints.json"


@dataclass(frozen=True, slots=True)
class Quota:
    """A service quota per account and region (or as `scope` says). `code` is None where AWS's code is unverified."""

    name: str
    service: str
    code: str | None
    default: int
    scope: str = "account and region"


QUOTAS: Mapping[str, Quota] = MappingProxyType(
    {
        # UG mwaa-quotas; codes as several public quota tools give them.
        "elastic_ips": Quota("EC2-VPC Elastic IPs", "ec2", "L-0263D0A3", 5),
        "vpcs": Quota("VPCs per Region", "vpc", "L-F678F1CE", 5),
        "internet_gateways": Quota("Internet gateways per Region", "vpc", "L-A4707A72", 5),  # default unverified
        "nat_gateways": Quota("NAT gateways per Availability Zone", "vpc", "L-FE5A380F", 5, "availability zone"),
        "interface_endpoints": Quota("Interface VPC endpoints per VPC", "vpc", "L-29B6F2EB", 50, "VPC"),
        "gateway_endpoints": Quota("Gateway VPC endpoints per Region", "vpc", "L-1B52E74A", 20),
        "environments": Quota("MWAA environments per account and Region", "airflow", None, 10),
        "workers": Quota("Workers per environment", "airflow", None, 25, "environment"),
        "webservers": Quota("Webservers per environment", "airflow", None, 5, "environment"),
    }
)

BLOCKED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "core.multi_team": "MWAA refuses it: teams are an argument of the environment, not an option",
        "triggerer.queues_enabled": "MWAA refuses it",
    }
)

BLOCKED_OPTIONS_SOURCE = guide("configuring-env-variables")

OVERRIDDEN_OPTIONS: frozenset[str] = frozenset(
    """
    core.executor core.fernet_key core.load_examples core.auth_manager core.execution_api_server_url
    database.sql_alchemy_conn celery.broker_url celery.celery_config_options celery.result_backend
    celery.worker_enable_remote_control operators.default_queue logging.logging_config_class
    logging.colored_console_log scheduler.standalone_dag_processor fab.config_file api.secret_key
    execution_api.jwt_expiration_time
    """.split()  # noqa: SIM905
)
"""MWAA writes its own value over whatever is set."""
OVERRIDDEN_PREFIXES: tuple[str, ...] = ("metrics.", "api_auth.jwt_")
HONOURED_METRICS_OPTIONS: frozenset[str] = frozenset(
    {"metrics.statsd_on", "metrics.metrics_allow_list", "metrics.metrics_block_list"}
)
"""The options under `metrics.` that a sidecar of MWAA honours."""
OVERRIDDEN_OPTIONS_SOURCE = (
    "github.com/aws/amazon-mwaa-docker-images at 9d2bebb, images/airflow/3.3.1/python/mwaa/config/airflow.py"
)

IGNORED_OPTIONS: Mapping[str, str] = MappingProxyType(
    {"celery.worker_concurrency": "MWAA ignores it: tasks per worker follow from the environment class"}
)
"""Accepted by the API and without effect."""
IGNORED_OPTIONS_SOURCE = "github.com/awslabs/aws-support-tools at 85d5c22, MWAA/verify_env"

RENAMED_IN_3: Mapping[str, str | None] = MappingProxyType(
    {
        "triggerer.default_capacity": "triggerer.capacity",
        "core.dag_concurrency": None,
        "scheduler.scheduler_zombie_task_threshold": None,
    }
)
"""Options of Airflow 2 that Airflow 3 calls otherwise (None: gone)."""

LOG_RETENTION_DAYS: tuple[int, ...] = (
    # CloudWatch Logs, API PutRetentionPolicy, parameter retentionInDays
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)

LOG_GROUP_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        # field of `Logging` -> end of the log group's name, `airflow-<environment>-<suffix>`. UG monitoring-airflow
        "dag_processing": "DAGProcessing",
        "scheduler": "Scheduler",
        "task": "Task",
        "webserver": "WebServer",
        "worker": "Worker",
    }
)

PRIVATE_ROUTING_SERVICES: tuple[str, ...] = ("sqs", "logs", "monitoring", "kms", "airflow.api", "airflow.env")
"""Interface endpoints that an environment without internet needs, besides the S3 gateway. UG vpc-vpe-create-access.

`airflow.ops` exists in some regions only and its API is deprecated; `ecr.*` left the page in 2026: neither is required.
"""


def supported_versions(today: date) -> list[str]:
    """Releases with which an environment can be created on that day, newest first."""
    return [release.version for release in RELEASES.values() if release.supported(today)]
