"""May an environment move from one Airflow release to another in place, and what does Terraform make of it?

Source: the MWAA user guide, upgrading-environment, as of September 2026. The page airflow-versions of the same month
still says "not to a new major version"; this one is the more specific.
"""

from dataclasses import dataclass
from datetime import date

from mwaa.aws_facts.releases import RELEASES, Release
from mwaa.aws_facts.user_guide import guide

SOURCE = guide("upgrading-environment")
TERRAFORM_SOURCE = "github.com/hashicorp/terraform-provider-aws at 05198464, internal/service/mwaa/environment.go"
_BRIDGE = (2, 11)
"""The minor release from which Airflow 3 can be reached in place, and to which it can go back."""


@dataclass(frozen=True, slots=True)
class ReleaseStep:
    """The move from one release to another."""

    before: str
    after: str
    allowed: bool
    """Whether UpdateEnvironment takes it in one step."""
    through: tuple[str, ...]
    """Releases to stop at on the way, if one step does not do but several would."""
    replaces: bool
    """Whether Terraform's AWS provider would destroy the environment and create another instead of updating it."""
    notes: tuple[str, ...]


def release_step(before: str, after: str, today: date) -> ReleaseStep:
    """What MWAA and Terraform say to the move. Both releases are in `offering.RELEASES`, and differ."""
    old, new = RELEASES[before], RELEASES[after]
    notes = []
    through: tuple[str, ...] = ()
    allowed = new.is_supported(today) and _in_place(old, new)
    if not new.is_supported(today):
        notes.append(f"MWAA's support of {after} ended on {new.end_of_support}: no environment can move to it")
    elif not allowed and (bridge := _newest_bridge(today)) and _in_place(old, bridge) and _in_place(bridge, new):
        through = (bridge.version,)
    elif not allowed:
        notes.append(f"there is no way in place from {before} to {after}: make a new environment beside the old one")
    if allowed and old.major < new.major and (bridge := _newest_bridge(today)) and bridge != old:
        notes.append(f"MWAA advises to move to {bridge.version} first; the step from {before} at once is unverified")
    replaces = old.major < new.major
    if replaces:
        notes.append(
            "Terraform's AWS provider replaces an environment whose major version goes up: it would be destroyed with "
            "its metadata (run history, variables, connections). So do 5.100 and the source of August 2025; whether "
            "the newest still does, the plan tells. MWAA's own UpdateEnvironment needs no new environment"
        )
    if allowed:
        notes.append(
            "takes up to 2 hours, in which the environment is unavailable; running tasks are ended; if it fails, MWAA "
            "rolls back"
        )
    return ReleaseStep(before, after, allowed, through, replaces, tuple(notes))


def _in_place(old: Release, new: Release) -> bool:
    if old.major == new.major:
        return True
    lower, higher = sorted((old, new), key=lambda one: one.numbers)
    return lower.numbers[:2] == _BRIDGE and higher.major == 3


def _newest_bridge(today: date) -> Release | None:
    bridges = [one for one in RELEASES.values() if one.numbers[:2] == _BRIDGE and one.is_supported(today)]
    return max(bridges, key=lambda one: one.numbers, default=None)
