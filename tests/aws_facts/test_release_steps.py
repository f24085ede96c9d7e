"""Which moves between releases MWAA takes, as its user guide says."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from mwaa.aws_facts import release_steps
from mwaa.aws_facts.release_steps import release_step
from mwaa.aws_facts.releases import RELEASES, supported_versions

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("before", "after", "allowed", "through", "replaces"),
    [
        ("2.9.2", "2.11.2", True, (), False),
        ("2.11.2", "2.9.2", True, (), False),
        ("3.0.6", "3.3.1", True, (), False),
        ("3.3.1", "3.0.6", True, (), False),
        ("2.11.2", "3.2.1", True, (), True),
        ("2.11.0", "3.2.1", True, (), True),
        ("3.2.1", "2.11.2", True, (), False),
        ("2.10.3", "3.2.1", False, ("2.11.2",), True),
        ("3.2.1", "2.10.3", False, ("2.11.2",), False),
        ("2.6.3", "3.2.1", False, ("2.11.2",), True),
        ("2.6.3", "2.11.2", True, (), False),
        ("2.7.2", "2.6.3", False, (), False),
        ("1.10.12", "2.11.2", False, (), True),
        ("1.10.12", "3.2.1", False, (), True),
    ],
)
def test_a_move_between_releases(
    before: str, after: str, allowed: bool, through: tuple[str, ...], replaces: bool
) -> None:
    found = release_step(before, after, TODAY)
    assert (found.allowed, found.through, found.replaces) == (allowed, through, replaces)


def test_the_notes_of_a_step_to_a_new_major_version() -> None:
    first, second, third = release_step("2.11.0", "3.2.1", TODAY).notes
    assert first == "MWAA recommends 2.11.2 first; a direct update from 2.11.0 is unverified"
    assert second.startswith("Terraform's AWS provider replaces an environment whose major version goes up")
    assert third.startswith("takes up to 2 hours, during which the environment is unavailable")


def test_no_environment_moves_to_a_release_whose_support_has_ended() -> None:
    assert release_step("2.7.2", "2.6.3", TODAY).notes == (
        "MWAA's support of 2.6.3 ended on 2025-12-30: no environment can move to it",
    )


def test_without_a_supported_bridge_there_is_no_update_across_major_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = {
        version: replace(release, end_of_support=TODAY) if version.startswith("2.11.") else release
        for version, release in RELEASES.items()
    }
    monkeypatch.setattr(release_steps, "RELEASES", ended)
    found = release_step("2.10.3", "3.2.1", TODAY)
    assert found.through == ()
    assert found.notes[0] == (
        "no update in place leads from 2.10.3 to 3.2.1: create a new environment beside the old one"
    )


def test_every_step_on_the_way_is_allowed() -> None:
    for before in RELEASES:
        for after in supported_versions(TODAY):
            if before != after:
                stops = [before, *release_step(before, after, TODAY).through, after]
                if len(stops) > 2:
                    assert all(release_step(one, other, TODAY).allowed for one, other in pairwise(stops))
