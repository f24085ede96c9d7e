import re
from datetime import date, timedelta

import pytest
from mwaa.aws_facts.environment_classes import (
    ENVIRONMENT_CLASSES,
    EnvironmentClass,
    SizeViolation,
    inverted_pairs,
    size_violations,
)
from mwaa.aws_facts.logs import LOG_GROUP_SUFFIXES, LOG_RETENTION_DAYS
from mwaa.aws_facts.quotas import QUOTAS
from mwaa.aws_facts.regions import GRACEFUL_UNAVAILABLE_REGIONS, REGIONS
from mwaa.aws_facts.releases import PUBLIC_AND_PRIVATE_SINCE, RELEASES, supported_versions
from mwaa.aws_facts.user_guide import READ_ON
from mwaa.config.declaration import Logging
from mwaa.config.workspace import Workspace


def test_releases_stand_newest_first() -> None:
    numbers = [release.numbers for release in RELEASES.values()]
    assert numbers == sorted(numbers, reverse=True)


def test_the_supported_releases_are_those_of_the_user_guide() -> None:
    newest_to_oldest = ["3.3.1", "3.2.1", "3.0.6", "2.11.2", "2.11.0", "2.10.3", "2.10.1", "2.9.2", "2.8.1", "2.7.2"]
    assert supported_versions(READ_ON) == newest_to_oldest


def test_a_release_is_offered_until_the_day_before_its_end_of_support() -> None:
    end = date(2025, 12, 30)
    assert RELEASES["2.6.3"].end_of_support == end
    assert RELEASES["2.6.3"].is_supported(end - timedelta(days=1))
    assert not RELEASES["2.6.3"].is_supported(end)


@pytest.mark.parametrize("version", supported_versions(READ_ON))
def test_a_supported_release_has_its_python_and_its_launch_day(version: str) -> None:
    release = RELEASES[version]
    assert release.python == ("3.11" if release.numbers < (2, 11) else "3.12")
    assert release.since is not None
    assert release.since <= READ_ON


def test_micro_has_one_of_each() -> None:
    micro = ENVIRONMENT_CLASSES["mw1.micro"]
    assert set(micro.limits.values()) == {(1, 1)}
    assert (micro.default_schedulers, micro.default_webservers, micro.default_max_workers) == (1, 1, 1)


def test_each_class_holds_more_than_the_one_before() -> None:
    dags = [(item.dags, item.tasks_per_worker) for item in ENVIRONMENT_CLASSES.values()]
    assert dags == [(25, 3), (50, 5), (250, 10), (1000, 20), (2000, 40), (4000, 80)]


@pytest.mark.parametrize("item", ENVIRONMENT_CLASSES.values(), ids=lambda item: item.name)
def test_the_defaults_of_a_class_are_within_its_limits(item: EnvironmentClass) -> None:
    for field, default in {
        "max_workers": item.default_max_workers,
        "schedulers": item.default_schedulers,
        "min_webservers": item.default_webservers,
    }.items():
        low, high = item.limits[field]
        assert low <= default <= high


SIZES = {"min_workers": 1, "max_workers": 10, "schedulers": 2, "min_webservers": 2, "max_webservers": 2}


def test_sizes_outside_the_limits_of_the_class_are_violations() -> None:
    limits = ENVIRONMENT_CLASSES["mw1.small"].limits
    assert size_violations(SIZES, limits) == ()
    assert size_violations(SIZES | {"min_workers": 0, "schedulers": 6}, limits) == (
        SizeViolation("min_workers", 0, 1, 50),
        SizeViolation("schedulers", 6, 2, 5),
    )


def test_a_quota_lowers_the_upper_limit_and_never_below_the_lower_one() -> None:
    small, micro = ENVIRONMENT_CLASSES["mw1.small"], ENVIRONMENT_CLASSES["mw1.micro"]
    assert small.limits_within(workers=25, webservers=1) == {
        "min_workers": (1, 25),
        "max_workers": (1, 25),
        "schedulers": (2, 5),
        "min_webservers": (2, 2),
        "max_webservers": (2, 2),
    }
    assert micro.limits_within(workers=25, webservers=5) == micro.limits


def test_a_minimum_above_its_maximum_is_inverted() -> None:
    assert inverted_pairs(SIZES) == ()
    assert inverted_pairs(SIZES | {"min_workers": 11}) == (("min_workers", "max_workers"),)
    assert inverted_pairs(SIZES | {"min_webservers": 3}) == (("min_webservers", "max_webservers"),)


def test_public_and_private_access_begins_with_3_2_1() -> None:
    assert [version for version, release in RELEASES.items() if release.offers_public_and_private] == ["3.3.1", "3.2.1"]
    assert PUBLIC_AND_PRIVATE_SINCE == "3.2.1"


def test_limits_are_of_fields_that_a_workspace_has() -> None:
    for item in ENVIRONMENT_CLASSES.values():
        assert set(item.limits) <= set(Workspace.model_fields)


def test_regions_look_like_regions() -> None:
    assert len(REGIONS) == 34
    assert [region for region in REGIONS if not re.fullmatch(r"[a-z]{2}-[a-z]+-\d", region)] == []
    assert GRACEFUL_UNAVAILABLE_REGIONS < REGIONS


def test_retention_days_are_sorted_and_no_day_stands_twice() -> None:
    assert list(LOG_RETENTION_DAYS) == sorted(set(LOG_RETENTION_DAYS))


def test_every_log_of_mwaa_has_its_level_in_the_model() -> None:
    assert set(LOG_GROUP_SUFFIXES) == set(Logging.model_fields) - {"retention_days"}


def test_a_quota_code_stands_once() -> None:
    codes = [quota.code for quota in QUOTAS.values() if quota.code]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"L-[0-9A-F]{8}", code) for code in codes)
