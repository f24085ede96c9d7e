"""What one field cannot know alone: limits of the class, the release and the region, and pairs that MWAA refuses."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from modules.config.errors import Problem, show
from modules.config.network import usable_addresses
from modules.config.offering import (
    BLOCKED_OPTIONS,
    ENVIRONMENT_CLASSES,
    ENVIRONMENT_CLASSES_SOURCE,
    GRACEFUL_UNAVAILABLE_REGIONS,
    HONOURED_METRICS_OPTIONS,
    IGNORED_OPTIONS,
    OVERRIDDEN_OPTIONS,
    OVERRIDDEN_PREFIXES,
    RELEASES,
    RELEASES_SOURCE,
    RENAMED_IN_3,
    guide,
    supported_versions,
)
from modules.config.provider_constraint import CAPABILITIES, can
from modules.config.types import API, minutes

if TYPE_CHECKING:
    from modules.config.workspace import Workspace

CONFIGURATION_GUIDE = guide("configuring-env-variables")
NAME_LIMIT = 27
"""Longest workspace name: with account and region it must fit the 63 characters of a bucket's name."""


def problems(workspace: "Workspace") -> list[Problem]:
    """Every broken rule of a workspace whose fields are valid one by one."""
    # A class or release that does not exist leaves the other rules nothing to stand on.
    basics = [*_release(workspace), *_environment_class(workspace)]
    return basics or [problem for rule in _RULES for problem in rule(workspace)]


def _release(ws: "Workspace") -> Iterator[Problem]:
    release, today = RELEASES.get(ws.airflow_version), date.today()
    if release and release.supported(today):
        return
    mend = ""
    if release:
        mend = f"its support ended on {release.end_of_support}; move to one of these"
    elif near := [version for version in supported_versions(today) if version.startswith(ws.airflow_version)]:
        mend = f'name the whole release, such as "{near[0]}"'
    allowed = "a release that MWAA supports: " + ", ".join(supported_versions(today))
    yield Problem("airflow_version", show(ws.airflow_version), allowed, mend, RELEASES_SOURCE)


def _environment_class(ws: "Workspace") -> Iterator[Problem]:
    if ws.environment_class not in ENVIRONMENT_CLASSES:
        allowed = ", ".join(ENVIRONMENT_CLASSES)
        yield Problem("environment_class", show(ws.environment_class), allowed, source=ENVIRONMENT_CLASSES_SOURCE)


def _name(ws: "Workspace") -> Iterator[Problem]:
    if ws.name and not (re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", ws.name) and len(ws.name) <= NAME_LIMIT):
        allowed = f"1-{NAME_LIMIT} lowercase letters and digits, words joined by -, beginning with a letter"
        yield Problem("name", show(ws.name), allowed, "rename the file: the name is its path")


def _sizes(ws: "Workspace") -> Iterator[Problem]:
    limits = ENVIRONMENT_CLASSES[ws.environment_class]
    for field, (low, high) in {
        "min_workers": limits.workers,
        "max_workers": limits.workers,
        "schedulers": limits.schedulers,
        "min_webservers": limits.webservers,
        "max_webservers": limits.webservers,
    }.items():
        if not low <= getattr(ws, field) <= high:
            allowed = f"{low}" if low == high else f"{low} to {high}"
            yield Problem(
                field, show(getattr(ws, field)), f"{allowed} on {ws.environment_class}", source=ENVIRONMENT_CLASSES_SOURCE
            )
    for low_field, high_field in (("min_workers", "max_workers"), ("min_webservers", "max_webservers")):
        if getattr(ws, low_field) > getattr(ws, high_field):
            allowed = f"at most {high_field}, which is {getattr(ws, high_field)}"
            yield Problem(low_field, show(getattr(ws, low_field)), allowed, f"lower it or raise {high_field}", API)


def _webserver(ws: "Workspace") -> Iterator[Problem]:
    source = guide("configuring-networking")
    numbers = RELEASES[ws.airflow_version].numbers
    mode = ws.webserver_access_mode
    if mode == "PUBLIC_AND_PRIVATE" and numbers < (3, 2, 1):
        allowed = f"PUBLIC_ONLY or PRIVATE_ONLY on Airflow {ws.airflow_version}"
        yield Problem("webserver_access_mode", show(mode), allowed, "both need Airflow 3.2.1 or newer", source)
    elif mode == "PUBLIC_AND_PRIVATE" and not can(ws.aws_provider, mode):
        allowed = f"an AWS provider of {CAPABILITIES[mode]} or newer, which knows PUBLIC_AND_PRIVATE"
        yield Problem("aws_provider", show(ws.aws_provider), allowed, f'aws_provider="~> {_two(CAPABILITIES[mode])}"')
    if numbers[0] >= 3 and mode == "PUBLIC_ONLY" and ws.network.nat_gateways == 0:
        yield Problem(
            "webserver_access_mode",
            show(mode),
            "PRIVATE_ONLY on Airflow 3 without internet",
            "workers of Airflow 3 call the webserver's Task API: without a NAT gateway every task would fail",
            source,
        )


def _replacement(ws: "Workspace") -> Iterator[Problem]:
    if ws.worker_replacement_strategy != "GRACEFUL":
        return
    field, given, source = "worker_replacement_strategy", show("GRACEFUL"), guide("update-environment")
    if ws.region in GRACEFUL_UNAVAILABLE_REGIONS:
        yield Problem(field, given, f"FORCED in {ws.region}", source=source)
    if not can(ws.aws_provider, field):
        allowed = f"an AWS provider of {CAPABILITIES[field]} or newer, which knows {field}"
        yield Problem("aws_provider", show(ws.aws_provider), allowed, 'aws_provider="~> 6.25"')
    if minutes(ws.timeouts.update) <= 12 * 60:
        allowed = "more than 12h with GRACEFUL replacement, which waits that long for tasks"
        yield Problem("timeouts.update", show(ws.timeouts.update), allowed, 'update="13h"', source)


def _zones_of_region(ws: "Workspace") -> Iterator[Problem]:
    for index, zone in enumerate(ws.network.availability_zones or ()):
        if not re.fullmatch(re.escape(ws.region) + "[a-z]", zone):
            allowed = f"an availability zone of {ws.region}, such as {ws.region}a"
            yield Problem(f"network.availability_zones.{index}", show(zone), allowed)


def _room(ws: "Workspace") -> Iterator[Problem]:
    """MWAA documents no number. Inferred: 4 addresses of its own, one per container, and all may land in one zone."""
    needed = 4 + ws.max_workers + ws.schedulers + ws.max_webservers
    for index, subnet in enumerate(ws.network.private_subnets):
        if usable_addresses(subnet) < needed:
            yield Problem(
                f"network.private_subnets.{index}",
                show(str(subnet)),
                f"a range with {needed} usable addresses for the containers of this size; here are {usable_addresses(subnet)}",
                "take a larger range, or fewer workers",
                guide("vpc-create"),
            )


def _key(ws: "Workspace") -> Iterator[Problem]:
    arn = ws.encryption_key.arn if ws.encryption_key else None
    if arn and arn.split(":")[3] != ws.region:
        yield Problem("encryption_key.arn", show(arn), f"a key in {ws.region}", source=guide("custom-keys-certs"))


def _options(ws: "Workspace") -> Iterator[Problem]:
    for key, value in ws.airflow_configuration_options.items():
        field = f"airflow_configuration_options.{key}"
        if not re.fullmatch(r"[a-z]+([a-z0-9._]*[a-z0-9_]+)?", key) or not 1 <= len(key) <= 64:
            allowed = "section.option in lowercase letters, digits, . and _, at most 64 characters"
            yield Problem(field, show(key), allowed, source=API)
        elif not re.fullmatch(r"[ -~]{1,65536}", value):
            yield Problem(field, show(value), "1-65536 printable ASCII characters on one line", source=API)
        elif allowed := _option_refused(key, ws.airflow_major):
            yield Problem(field, show(value), allowed, "remove it", CONFIGURATION_GUIDE)
        elif ws.airflow_major >= 3 and key in RENAMED_IN_3:
            new = RENAMED_IN_3[key]
            mend = f"write {new}" if new else "remove it: Airflow 3 has no such option"
            yield Problem(field, show(value), f"an option of Airflow {ws.airflow_version}", mend)
        elif ws.airflow_major < 3 and key in RENAMED_IN_3.values():
            old = next(old for old, new in RENAMED_IN_3.items() if new == key)
            yield Problem(field, show(value), f"an option of Airflow {ws.airflow_version}", f"write {old}")


def _option_refused(key: str, airflow_major: int) -> str:
    if key in BLOCKED_OPTIONS:
        return f"no value: {BLOCKED_OPTIONS[key]}"
    if key in IGNORED_OPTIONS:
        return f"no value: {IGNORED_OPTIONS[key]}"
    if key in OVERRIDDEN_OPTIONS or (key.startswith(OVERRIDDEN_PREFIXES) and key not in HONOURED_METRICS_OPTIONS):
        return "no value: MWAA writes its own over it"
    return ""


def _tags(ws: "Workspace") -> Iterator[Problem]:
    if len(ws.tags) > 45:
        yield Problem("tags", f"{len(ws.tags)} tags", "at most 45: AWS allows 50, and this project sets some", source=API)
    for key, value in ws.tags.items():
        text = r"[\w\s.:/=+\-@]*"
        if not 1 <= len(key) <= 128 or not re.fullmatch(text, key) or key.lower().startswith("aws:"):
            allowed = "a key of 1-128 letters, digits, spaces and _.:/=+-@, not beginning with aws:"
            yield Problem(f"tags.{key}", show(key), allowed, source=API)
        elif not 1 <= len(value) <= 256 or not re.fullmatch(text, value):
            allowed = "a value of 1-256 letters, digits, spaces and _.:/=+-@"
            yield Problem(f"tags.{key}", show(value), allowed, source=API)


def _content(ws: "Workspace") -> Iterator[Problem]:
    content = ws.content
    if not content.plugins_s3_path.endswith(".zip"):
        yield Problem("content.plugins_s3_path", show(content.plugins_s3_path), "a key that ends with .zip", source=API)
    if not content.startup_script_s3_path.endswith(".sh"):
        given = show(content.startup_script_s3_path)
        yield Problem("content.startup_script_s3_path", given, "a key that ends with .sh", source=guide("using-startup-script"))
    taken: dict[str, str] = {}
    for field in ("plugins_s3_path", "requirements_s3_path", "startup_script_s3_path"):
        key = getattr(content, field)
        if key == content.dag_s3_path or key.startswith(content.dag_s3_path + "/"):
            yield Problem(f"content.{field}", show(key), f"a key outside the DAG tree {show(content.dag_s3_path)}")
        elif key in taken:
            yield Problem(f"content.{field}", show(key), f"a key of its own; content.{taken[key]} has this one")
        taken[key] = field


_RULES: tuple[Callable[["Workspace"], Iterator[Problem]], ...] = (
    _name,
    _sizes,
    _webserver,
    _replacement,
    _zones_of_region,
    _room,
    _key,
    _options,
    _tags,
    _content,
)


def _two(version: object) -> str:
    return ".".join(str(version).split(".")[:2])
