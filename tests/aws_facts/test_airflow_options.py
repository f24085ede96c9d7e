import re

import pytest
from mwaa.aws_facts.airflow_options import (
    BLOCKED_OPTIONS,
    BLOCKED_OPTIONS_SOURCE,
    HONOURED_METRICS_OPTIONS,
    IGNORED_OPTIONS,
    IGNORED_OPTIONS_SOURCE,
    OVERRIDDEN_OPTIONS,
    OVERRIDDEN_OPTIONS_SOURCE,
    OVERRIDDEN_PREFIXES,
    RENAMED_IN_3,
    airflowignore_syntax,
    blocked_options,
    is_overridden,
    plugin_options,
    renamed_option,
    variable_name,
    why_without_effect,
)


def test_no_option_is_refused_for_two_reasons() -> None:
    refused = [*BLOCKED_OPTIONS, *IGNORED_OPTIONS, *OVERRIDDEN_OPTIONS, *RENAMED_IN_3]
    assert len(refused) == len(set(refused))
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", key) for key in refused)
    assert not any(key.startswith(OVERRIDDEN_PREFIXES) for key in refused)
    assert all(key.startswith(OVERRIDDEN_PREFIXES) for key in HONOURED_METRICS_OPTIONS)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("triggerer.queues_enabled", ("MWAA refuses it", BLOCKED_OPTIONS_SOURCE)),
        ("celery.worker_concurrency", (IGNORED_OPTIONS["celery.worker_concurrency"], IGNORED_OPTIONS_SOURCE)),
        ("core.executor", ("MWAA overwrites it", OVERRIDDEN_OPTIONS_SOURCE)),
        ("metrics.statsd_host", ("MWAA overwrites it", OVERRIDDEN_OPTIONS_SOURCE)),
        ("metrics.statsd_on", None),
        ("core.parallelism", None),
    ],
)
def test_an_option_without_effect_has_its_reason_and_source(option: str, reason: tuple[str, str] | None) -> None:
    assert why_without_effect(option) == reason
    assert is_overridden(option) == (reason is not None)


def test_the_api_refuses_blocked_options_alone() -> None:
    options = ["triggerer.queues_enabled", "core.executor", "core.multi_team", "celery.worker_concurrency"]
    assert blocked_options(options) == ["core.multi_team", "triggerer.queues_enabled"]


@pytest.mark.parametrize(
    ("option", "major", "name"),
    [
        ("triggerer.default_capacity", 3, "triggerer.capacity"),
        ("triggerer.default_capacity", 2, None),
        ("triggerer.capacity", 2, "triggerer.default_capacity"),
        ("triggerer.capacity", 3, None),
        ("core.dag_concurrency", 3, ""),
        ("core.dag_concurrency", 2, None),
    ],
)
def test_an_option_has_the_name_of_its_major_version(option: str, major: int, name: str | None) -> None:
    assert renamed_option(option, major) == name


def test_plugins_of_airflow_2_need_an_option() -> None:
    assert plugin_options("2.11.2") == {"core.lazy_load_plugins": "False"}
    assert plugin_options("3.2.1") == {}


@pytest.mark.parametrize(
    ("release", "option", "syntax"),
    [
        ("2.11.2", None, "regexp"),
        ("2.11.2", "glob", "glob"),
        ("3.2.1", None, "glob"),
        ("3.2.1", "regexp", "regexp"),
    ],
)
def test_airflowignore_has_the_syntax_of_the_option_or_the_release(
    release: str, option: str | None, syntax: str
) -> None:
    options = {"core.dag_ignore_file_syntax": option} if option else {}
    assert airflowignore_syntax(release, options) == syntax


def test_an_option_is_a_variable_of_its_section_and_name() -> None:
    assert variable_name("core.load_examples") == "AIRFLOW__CORE__LOAD_EXAMPLES"
