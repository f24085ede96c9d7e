import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES
from mwaa.aws_facts.logs import LOG_RETENTION_DAYS
from mwaa.aws_facts.regions import REGIONS
from mwaa.aws_facts.releases import RELEASES
from mwaa.config import (
    ConfigurationError,
    ConnectionSource,
    Content,
    EncryptionKey,
    ExecutionRole,
    LocalBackend,
    Logging,
    Names,
    Naming,
    Network,
    OwnTags,
    Pipeline,
    Problem,
    Roles,
    S3Source,
    SourceBucket,
    Timeouts,
    Workspace,
    discover,
)
from mwaa.config.errors import model_in
from mwaa.config.types import minutes
from pydantic import BaseModel, ValidationError

Make = Callable[..., Workspace]

REQUIRED = {
    "account": "111111111111",
    "region": "us-east-1",
    "airflow_version": "3.2.1",
    "environment_class": "mw1.small",
}


def test_every_default_of_the_smallest_workspace(workspace: Make) -> None:
    made = workspace()
    assert {name: getattr(made, name) for name in Workspace.model_fields} == REQUIRED | {
        "name": "dev",
        "environment_name": "mwaa-dev",
        "network": Network(),
        "source_bucket": SourceBucket(),
        "roles": Roles(),
        "execution_role": ExecutionRole(),
        "deploy_role": None,
        "secrets_backend": None,
        "ci": None,
        "content": Content(),
        "encryption_key": None,
        "min_workers": 1,
        "max_workers": 10,
        "schedulers": 2,
        "min_webservers": 2,
        "max_webservers": 2,
        "webserver_access_mode": "PUBLIC_ONLY",
        "endpoint_management": "SERVICE",
        "worker_replacement_strategy": "FORCED",
        "weekly_maintenance_window_start": None,
        "logging": Logging(),
        "airflow_configuration_options": {},
        "pipeline": None,
        "deletion_protection": True,
        "tags": {},
        "required_tags": (),
        "own_tags": OwnTags(),
        "naming": Naming(),
        "suppressions": (),
        "timeouts": Timeouts(create="120m", update="90m", delete="90m"),
        "backend": LocalBackend(),
        "aws_provider": "~> 6.25",
    }
    assert made.python_version == "3.12"
    assert made.airflow_major == 3


def test_micro_has_one_of_each_by_default(workspace: Make) -> None:
    made = workspace(environment_class="mw1.micro")
    sizes = (made.min_workers, made.max_workers, made.schedulers, made.min_webservers, made.max_webservers)
    assert sizes == (1, 1, 1, 1, 1)


def test_a_default_moves_with_the_size_that_is_written(workspace: Make) -> None:
    assert workspace(min_workers=12).max_workers == 12
    assert workspace(max_workers=3).min_workers == 1
    assert workspace(min_webservers=3).max_webservers == 3
    assert workspace(max_webservers=4).min_webservers == 2


def test_graceful_replacement_gives_the_update_thirteen_hours(workspace: Make) -> None:
    made = workspace(worker_replacement_strategy="GRACEFUL", timeouts=Timeouts(create="60m"))
    assert made.timeouts == Timeouts(create="60m", update="13h", delete="90m")
    longer = workspace(worker_replacement_strategy="GRACEFUL", timeouts=Timeouts(update="12h1m"))
    assert longer.timeouts.update == "12h1m"


def test_plugins_on_airflow_2_are_loaded_at_the_start(workspace: Make) -> None:
    options = {"core.parallelism": "64"}
    made = workspace(airflow_version="2.11.2", airflow_configuration_options=options)
    assert made.airflow_configuration_options == {"core.lazy_load_plugins": "False", "core.parallelism": "64"}
    without = workspace(airflow_version="2.11.2", airflow_configuration_options=options, content=Content(plugins=None))
    assert without.airflow_configuration_options == options
    assert workspace(airflow_configuration_options=options).airflow_configuration_options == options


@pytest.mark.parametrize(
    ("release", "options", "syntax"),
    [
        ("2.11.2", {}, "regexp"),
        ("3.2.1", {}, "glob"),
        ("2.11.2", {"core.dag_ignore_file_syntax": "glob"}, "glob"),
        ("3.2.1", {"core.dag_ignore_file_syntax": "regexp"}, "regexp"),
    ],
)
def test_airflowignore_is_read_as_the_options_say_or_as_the_release_does(
    release: str, options: dict[str, str], syntax: str, workspace: Make
) -> None:
    made = workspace(airflow_version=release, airflow_configuration_options=options)
    assert made.airflowignore_syntax == syntax


def test_private_routing_needs_room_for_its_endpoints(workspace: Make) -> None:
    # 27 usable addresses: 4 + 12 workers + 2 schedulers, and 9 endpoints more where there is no NAT gateway.
    ranges: dict[str, Any] = {"private_subnets": ("10.0.0.0/27", "10.0.0.32/27")}
    sizes: dict[str, Any] = {"webserver_access_mode": "PRIVATE_ONLY", "max_workers": 12}
    assert workspace(network=Network(nat_gateways=0, **ranges), **sizes)
    assert workspace(network=Network(nat_gateways=1, **ranges), **(sizes | {"max_workers": 21}))
    for gateways, workers in ((0, 13), (1, 22)):
        with pytest.raises(ValidationError, match="usable addresses"):
            workspace(network=Network(nat_gateways=gateways, **ranges), **(sizes | {"max_workers": workers}))


def test_a_changed_copy_is_checked_when_it_is_named(workspace: Make) -> None:
    copy = workspace().model_copy(update={"region": "atlantis"})
    with pytest.raises(ValidationError, match="a region that offers MWAA"):
        copy.with_name("prod")


def test_naming_again_changes_nothing_but_what_follows_from_the_name(workspace: Make) -> None:
    kept = workspace(name="dev", environment_name="airflow").with_name("prod")
    assert (kept.name, kept.environment_name) == ("prod", "airflow")
    assert workspace().with_name("dev") == workspace()


def test_nothing_can_be_changed_afterwards(workspace: Make) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        workspace().region = "us-west-2"


def test_with_a_pipeline_publishing_owns_the_content(workspace: Make) -> None:
    pipeline = Pipeline(source=S3Source(bucket="uploads", key="airflow.zip"))
    assert workspace().content.owner == "TERRAFORM"
    assert workspace(content=Content(owner="PUBLISH")).content.owner == "PUBLISH"
    assert workspace(pipeline=pipeline).content == Content(owner="PUBLISH")
    assert workspace(pipeline=pipeline, content=Content(dags="flows")).content == Content(dags="flows", owner="PUBLISH")


def test_a_connection_that_exists_needs_no_host(workspace: Make) -> None:
    arn = f"arn:aws:codestar-connections:us-east-1:111111111111:connection/{uuid.UUID(int=1)}"
    for provider in ("GitLabSelfManaged", "AzureDevOps"):
        source = ConnectionSource(provider=provider, repository="acme/team/airflow", connection_arn=arn)
        assert workspace(pipeline=Pipeline(source=source)).pipeline is not None


def test_public_and_private_access_without_internet_is_taken_from_3_2_1(workspace: Make) -> None:
    mode = {"webserver_access_mode": "PUBLIC_AND_PRIVATE", "aws_provider": "~> 6.53"}
    assert workspace(network=Network(nat_gateways=0), **mode).webserver_access_mode == "PUBLIC_AND_PRIVATE"


def test_airflow_2_may_be_public_without_internet(workspace: Make) -> None:
    assert workspace(airflow_version="2.10.3", network=Network(nat_gateways=0)).network.nat_gateways == 0


def test_metrics_that_a_sidecar_honours_are_taken(workspace: Make) -> None:
    options = {"metrics.statsd_on": "True", "metrics.metrics_allow_list": "scheduler"}
    assert workspace(airflow_configuration_options=options).airflow_configuration_options == options


# Random values, whatever their type: through the file, as a person would write them.

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | st.sampled_from(
        ["mw1.micro", "3.0.6", "2.10.3", "GRACEFUL", "PRIVATE_ONLY", "10.0.0.0/16", "1h", "~> 6.0", "dags"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
        | st.frozensets(st.text(max_size=4), max_size=2).map(set)
    ),
    max_leaves=5,
)


def _places() -> list[tuple[str, str]]:
    """Every field of the workspace and of its parts: (field, "") or (field, field of the part)."""
    parts = {name: model_in(field.annotation) for name, field in Workspace.model_fields.items()}
    return [(name, "") for name in parts] + [
        (name, inner) for name, part in parts.items() if part for inner in part.model_fields
    ]


def _part(name: str) -> type[BaseModel]:
    part = model_in(Workspace.model_fields[name].annotation)
    assert part is not None
    return part


def _problems_in(text: str) -> tuple[Problem, ...]:
    """Return the problems of a project with this one workspace file. Any other exception fails the test."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "environments")
        folder.mkdir()
        folder.joinpath("dev.py").write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            discover(Path(root))
        except ConfigurationError as error:
            return error.problems
    return ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(_places()), value=values)
def test_any_value_of_any_field_is_accepted_or_reported(place: tuple[str, str], value: object) -> None:
    field, inner = place
    written = f"{_part(field).__name__}({inner}={value!r})" if inner else repr(value)
    arguments = {name: repr(text) for name, text in REQUIRED.items()} | {field: written}
    lines = [f"    {name}={text},\n" for name, text in arguments.items()]
    for problem in _problems_in(f"from mwaa import *\n\nworkspace = Workspace(\n{''.join(lines)})\n"):
        assert problem.file == "environments/dev.py"
        assert problem.field
        assert problem.got
        assert problem.expected
        assert all(line.isprintable() for line in str(problem).split("\n"))


sizes = st.integers(-1, 60)
plausible = st.fixed_dictionaries(
    {
        "account": st.from_regex("[0-9]{12}", fullmatch=True),
        "region": st.sampled_from(sorted(REGIONS)),
        "airflow_version": st.sampled_from(sorted(RELEASES)),
        "environment_class": st.sampled_from(sorted(ENVIRONMENT_CLASSES)),
    },
    optional={
        "min_workers": sizes,
        "max_workers": sizes,
        "schedulers": sizes,
        "min_webservers": sizes,
        "max_webservers": sizes,
        "webserver_access_mode": st.sampled_from(["PUBLIC_ONLY", "PRIVATE_ONLY", "PUBLIC_AND_PRIVATE"]),
        "endpoint_management": st.sampled_from(["SERVICE", "CUSTOMER"]),
        "worker_replacement_strategy": st.sampled_from(["FORCED", "GRACEFUL"]),
        "network": st.builds(
            lambda prefix, gateways: Network(cidr=f"10.0.0.0/{prefix}", nat_gateways=gateways),
            st.integers(16, 24),
            st.integers(0, 2),
        ),
        "encryption_key": st.none() | st.builds(EncryptionKey, deletion_window_days=st.integers(7, 30)),
        "logging": st.builds(Logging, retention_days=st.sampled_from(LOG_RETENTION_DAYS)),
        "timeouts": st.builds(Timeouts, update=st.integers(1, 24).map("{}h".format)),
        "tags": st.dictionaries(st.text(max_size=130), st.text(max_size=260), max_size=3),
        "airflow_configuration_options": st.dictionaries(
            st.from_regex(r"[a-z]{1,9}\.[a-z_]{1,9}", fullmatch=True), st.text(max_size=9), max_size=3
        ),
        "aws_provider": st.sampled_from(["5.100.0", "~> 6.25", "~> 6.60"]),
    },
)


def _made(arguments: dict[str, Any]) -> Workspace | None:
    """The workspace, or nothing if one of this project's own rules refuses it."""
    try:
        return Workspace(**arguments).with_name("dev")
    except ValidationError as error:
        if {detail["type"] for detail in error.errors()} != {"refused"}:
            raise
        return None


@settings(max_examples=100, deadline=None)
@given(plausible)
def test_values_of_the_right_type_make_a_workspace_that_keeps_the_rules(arguments: dict[str, Any]) -> None:
    if (made := _made(arguments)) is None:
        return
    for field, (low, high) in ENVIRONMENT_CLASSES[made.environment_class].limits.items():
        assert low <= getattr(made, field) <= high
    assert made.min_workers <= made.max_workers
    assert made.min_webservers <= made.max_webservers
    assert made.worker_replacement_strategy == "FORCED" or minutes(made.timeouts.update) > 720
    assert RELEASES[made.airflow_version].end_of_support is None
    assert all(getattr(made, field) == arguments[field] for field in REQUIRED)
    assert len(Names(made).bucket) <= 63
    assert made.with_name("dev") == made
