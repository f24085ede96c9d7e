"""Moves of an environment from one Airflow release to another: what MWAA accepts, and what Terraform does.

Source: the MWAA user guide, upgrading-environment, as of September 2026. The page airflow-versions of the same month
still says "not to a new major version"; this one is the more specific.
"""

from dataclasses import dataclass
from datetime import date

from mwaa.aws_facts.releases import RELEASES, Release
from mwaa.aws_facts.user_guide import guide

SOURCE = guide("upgrading-environment")
TERRAFORM_SOURCE = "github.com/hashicorp/terraform-provider-aws at 05198464, internal/service/mwaa/environment.go"
BRIDGE = "2.11"
"""The minor release from which an environment can be updated to Airflow 3 in place, and to which it can go back."""


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """The move from one release to another."""

    before: str
    after: str
    allowed: bool
    """Whether UpdateEnvironment takes it in one step."""
    through: tuple[str, ...]
    """Releases to update to first, if the move takes several steps."""
    replaces: bool
    """Whether Terraform's AWS provider would destroy the environment and create another instead of updating it."""
    notes: tuple[str, ...]


def release_step(before: str, after: str, today: date) -> ReleaseStep:
    """Return what MWAA and Terraform do with the move. Both releases are keys of `RELEASES`, and differ."""
    old, new = RELEASES[before], RELEASES[after]
    notes = []
    through: tuple[str, ...] = ()
    allowed = new.is_supported(today) and is_in_place(old, new)
    if not new.is_supported(today):
        notes.append(f"MWAA's support of {after} ended on {new.end_of_support}: no environment can move to it")
    elif not allowed and (bridge := _newest_bridge(today)) and is_in_place(old, bridge) and is_in_place(bridge, new):
        through = (bridge.version,)
    elif not allowed:
        notes.append(f"no update in place leads from {before} to {after}: create a new environment beside the old one")
    if allowed and old.major < new.major and (bridge := _newest_bridge(today)) and bridge != old:
        notes.append(f"MWAA recommends {bridge.version} first; a direct update from {before} is unverified")
    replaces = old.major < new.major
    if replaces:
        notes.append(
            "Terraform's AWS provider replaces an environment whose major version goes up: it would be destroyed with "
            "its metadata (run history, variables, connections). Seen in 5.100 and in the source of August 2025; "
            "`terraform plan` shows whether the newest still does. MWAA's own UpdateEnvironment updates in place"
        )
    if allowed:
        notes.append(
            "takes up to 2 hours, during which the environment is unavailable; running tasks are stopped; if the "
            "update fails, MWAA rolls back"
        )
    return ReleaseStep(before, after, allowed, through, replaces, tuple(notes))


def is_in_place(old: Release, new: Release) -> bool:
    """Whether UpdateEnvironment goes from one release to the other in one step, support periods aside."""
    if old.major == new.major:
        return True
    lower, higher = sorted((old, new), key=lambda one: one.numbers)
    return _is_bridge(lower) and higher.major == 3


def _newest_bridge(today: date) -> Release | None:
    bridges = [one for one in RELEASES.values() if _is_bridge(one) and one.is_supported(today)]
    return max(bridges, key=lambda one: one.numbers, default=None)


def _is_bridge(release: Release) -> bool:
    return release.version.startswith(f"{BRIDGE}.")
