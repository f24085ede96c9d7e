"""What one field cannot know alone: limits of the class, the release and the region, and pairs that MWAA refuses."""

import re
import unicodedata
from collections.abc import Callable, Iterator

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
)
from mwaa.aws_facts.endpoints import PRIVATE_ROUTING_SERVICES
from mwaa.aws_facts.environment_classes import ENVIRONMENT_CLASSES, ENVIRONMENT_CLASSES_SOURCE
from mwaa.aws_facts.regions import GRACEFUL_UNAVAILABLE_REGIONS, UNAVAILABLE_REGIONS, UNAVAILABLE_REGIONS_SOURCE
from mwaa.aws_facts.releases import RELEASES
from mwaa.aws_facts.user_guide import guide
from mwaa.config.declaration import Declaration
from mwaa.config.errors import Problem, show
from mwaa.config.network import usable_addresses
from mwaa.config.pipeline import CodeCommitSource
from mwaa.config.provider_constraint import CAPABILITIES, supports
from mwaa.config.types import API, minutes

PUBLISHING_PREFIX = ".mwaa/"
"""Where in the source bucket publishing keeps what is no content: its releases, its lock."""


def problems(workspace: Declaration) -> list[Problem]:
    """Every broken rule of a workspace whose fields are valid one by one."""
    return [problem for rule in _RULES for problem in rule(workspace)]


def _sizes(ws: Declaration) -> Iterator[Problem]:
    limits = ENVIRONMENT_CLASSES[ws.environment_class].limits
    wrong: set[str] = set()
    for field, (low, high) in limits.items():
        if not low <= getattr(ws, field) <= high:
            wrong.add(field)
            allowed = f"{low}" if low == high else f"{low} to {high}"
            fix = f"{ws.environment_class} cannot grow: leave it out, or take a larger class" if low == high else ""
            yield Problem(
                field,
                show(getattr(ws, field)),
                f"{allowed} on {ws.environment_class}",
                fix,
                ENVIRONMENT_CLASSES_SOURCE,
            )
    for lower, upper in (("min_workers", "max_workers"), ("min_webservers", "max_webservers")):
        least, most = getattr(ws, lower), getattr(ws, upper)
        if least > most and not wrong & {lower, upper}:
            yield Problem(lower, show(least), f"at most {upper}, which is {most}", f"lower it or raise {upper}", API)


def _webserver(ws: Declaration) -> Iterator[Problem]:
    source = guide("configuring-networking")
    numbers = RELEASES[ws.airflow_version].numbers
    mode = ws.webserver_access_mode
    if mode == "PUBLIC_AND_PRIVATE" and numbers < (3, 2, 1):
        allowed = f'"PUBLIC_ONLY" or "PRIVATE_ONLY" on Airflow {ws.airflow_version}'
        yield Problem("webserver_access_mode", show(mode), allowed, "or take Airflow 3.2.1 or newer", source)
    elif mode == "PUBLIC_AND_PRIVATE" and not supports(ws.aws_provider, mode):
        allowed = f"an AWS provider of {CAPABILITIES[mode]} or newer, which knows PUBLIC_AND_PRIVATE"
        yield Problem("aws_provider", show(ws.aws_provider), allowed, _newer(mode))
    if numbers[0] >= 3 and mode == "PUBLIC_ONLY" and ws.network.nat_gateways == 0:
        yield Problem(
            "webserver_access_mode",
            show(mode),
            '"PRIVATE_ONLY"' + (' or "PUBLIC_AND_PRIVATE"' if numbers >= (3, 2, 1) else "") + " with nat_gateways=0",
            "or nat_gateways=1: workers of Airflow 3 call the webserver, and without a way to it every task fails",
            source,
        )


def _replacement(ws: Declaration) -> Iterator[Problem]:
    if ws.worker_replacement_strategy != "GRACEFUL":
        return
    field, given, source = "worker_replacement_strategy", show("GRACEFUL"), guide("update-environment")
    if ws.region in GRACEFUL_UNAVAILABLE_REGIONS:
        yield Problem(field, given, f'"FORCED" in {ws.region}', "remove it", source)
    if not supports(ws.aws_provider, field):
        allowed = f"an AWS provider of {CAPABILITIES[field]} or newer, which knows {field}"
        yield Problem("aws_provider", show(ws.aws_provider), allowed, _newer(field))
    if minutes(ws.timeouts.update) <= 12 * 60:
        allowed = "more than 12h with GRACEFUL replacement, which waits that long for tasks"
        yield Problem("timeouts.update", show(ws.timeouts.update), allowed, 'leave it out, and it is "13h"', source)


def _zones_of_region(ws: Declaration) -> Iterator[Problem]:
    for index, zone in enumerate(ws.network.availability_zones or ()):
        if not re.fullmatch(re.escape(ws.region) + "[a-z]", zone):
            allowed = f'an availability zone of {ws.region}, such as "{ws.region}a"'
            yield Problem(f"network.availability_zones.{index}", show(zone), allowed, docs=guide("vpc-create"))


def _room(ws: Declaration) -> Iterator[Problem]:
    """MWAA documents no number. Inferred: 4 for its endpoints, one per worker and scheduler, all in one zone at worst.

    Webservers run in a network of AWS. Without NAT gateways the endpoints that are made instead take one each.
    """
    endpoints = 4 if ws.network.nat_gateways else 4 + len(PRIVATE_ROUTING_SERVICES)
    needed = endpoints + ws.max_workers + ws.schedulers
    for index, subnet in enumerate(ws.network.private_subnets):
        if usable_addresses(subnet) < needed:
            yield Problem(
                f"network.private_subnets.{index}",
                show(str(subnet)),
                f"a range with {needed} usable addresses, for workers, schedulers and endpoints",
                f"it has {usable_addresses(subnet)}: take a larger range, or fewer workers",
                guide("vpc-create"),
            )


def _key(ws: Declaration) -> Iterator[Problem]:
    arn = ws.encryption_key.arn if ws.encryption_key else None
    if arn and arn.split(":")[3] != ws.region:
        allowed = f"a key in {ws.region}, the region of the workspace"
        yield Problem("encryption_key.arn", show(arn), allowed, docs=guide("custom-keys-certs"))


def _options(ws: Declaration) -> Iterator[Problem]:
    for key, value in ws.airflow_configuration_options.items():
        field = f"airflow_configuration_options.{key}"
        if not re.fullmatch(r"[a-z]+[a-z0-9_]*\.([a-z0-9._]*[a-z0-9_])", key) or len(key) > 64:
            allowed = "section.option in lowercase letters, digits and _, at most 64 characters"
            fix = f"name its section too: core.{key}, if that is the one" if "." not in key else _lower(key)
            yield Problem(field, show(key), allowed, fix, API)
        elif not re.fullmatch(r"[ -~]{1,65536}", value):
            allowed = "1-65536 printable ASCII characters on one line"
            yield Problem(field, show(value), allowed, "" if value else "remove it", API)
        elif refused := _option_refused(key):
            yield Problem(field, show(value), f"no value: {refused[0]}", "remove it", refused[1])
        elif ws.airflow_major >= 3 and key in RENAMED_IN_3:
            new = RENAMED_IN_3[key]
            fix = f"Airflow 3 calls it {new}" if new else "remove it: Airflow 3 has no such option"
            yield Problem(field, show(value), f"an option that Airflow {ws.airflow_version} knows", fix)
        elif ws.airflow_major < 3 and key in RENAMED_IN_3.values():
            old = next(old for old, new in RENAMED_IN_3.items() if new == key)
            allowed = f"an option that Airflow {ws.airflow_version} knows"
            yield Problem(field, show(value), allowed, f"Airflow 2 calls it {old}")


def _option_refused(key: str) -> tuple[str, str] | None:
    """Why MWAA lets nobody set the option, and where that is written."""
    if key in BLOCKED_OPTIONS:
        return BLOCKED_OPTIONS[key], BLOCKED_OPTIONS_SOURCE
    if key in IGNORED_OPTIONS:
        return IGNORED_OPTIONS[key], IGNORED_OPTIONS_SOURCE
    if key in OVERRIDDEN_OPTIONS or (key.startswith(OVERRIDDEN_PREFIXES) and key not in HONOURED_METRICS_OPTIONS):
        return "MWAA writes its own over it", OVERRIDDEN_OPTIONS_SOURCE
    return None


def _tags(ws: Declaration) -> Iterator[Problem]:
    if len(ws.tags) > 45:
        allowed = "at most 45 tags: AWS takes 50, and this project adds its own"
        yield Problem("tags", f"{len(ws.tags)} tags", allowed, "remove some", API)
    for key, value in ws.tags.items():
        if not (1 <= len(key) <= 128 and _tag_text(key)) or key.lower().startswith("aws:"):
            allowed = "a key of 1-128 letters, digits, spaces and _.:/=+-@, not beginning with aws:"
            yield Problem(f"tags.{key}", show(key), allowed, docs=API)
        elif not (1 <= len(value) <= 256 and _tag_text(value)):
            allowed = "a value of 1-256 letters, digits, spaces and _.:/=+-@"
            yield Problem(f"tags.{key}", show(value), allowed, docs=API)


def _tag_text(text: str) -> bool:
    """Whether it is made of [\\p{L}\\p{Z}\\p{N}_.:/=+-@], as the API's model says."""
    return all(unicodedata.category(character)[0] in "LZN" or character in "_.:/=+-@" for character in text)


def _content(ws: Declaration) -> Iterator[Problem]:
    content = ws.content
    if not content.plugins_s3_path.endswith(".zip"):
        yield Problem("content.plugins_s3_path", show(content.plugins_s3_path), "a key that ends with .zip", docs=API)
    if not content.startup_script_s3_path.endswith(".sh"):
        given = show(content.startup_script_s3_path)
        source = guide("using-startup-script")
        yield Problem("content.startup_script_s3_path", given, "a key that ends with .sh", docs=source)
    taken: dict[str, str] = {}
    for field in ("plugins_s3_path", "requirements_s3_path", "startup_script_s3_path"):
        key = getattr(content, field)
        if key == content.dag_s3_path or key.startswith(content.dag_s3_path + "/"):
            yield Problem(f"content.{field}", show(key), f"a key outside the DAG tree {show(content.dag_s3_path)}")
        elif key in taken:
            yield Problem(f"content.{field}", show(key), f"a key of its own: content.{taken[key]} has this one")
        taken[key] = field
    for field in ("dag_s3_path", *taken.values()):
        if f"{getattr(content, field)}/".startswith(PUBLISHING_PREFIX):
            yield Problem(
                f"content.{field}",
                show(getattr(content, field)),
                f"a path outside {PUBLISHING_PREFIX}, which is publishing's own",
            )


def _pipeline(ws: Declaration) -> Iterator[Problem]:
    if ws.pipeline is None:
        return
    services = ["CodePipeline", "CodeBuild"]
    services += ["CodeCommit"] if isinstance(ws.pipeline.source, CodeCommitSource) else []
    if missing := [service for service in services if ws.region in UNAVAILABLE_REGIONS[service]]:
        allowed = f"no pipeline in {ws.region}, which has no {' and no '.join(missing)}"
        fix = 'write content=Content(owner="PUBLISH") and run `mwaa publish` elsewhere, such as in GitHub Actions'
        if missing == ["CodeCommit"]:
            allowed, fix = f"another source in {ws.region}, which has no CodeCommit", ""
        yield Problem("pipeline", show(ws.pipeline), allowed, fix, UNAVAILABLE_REGIONS_SOURCE)
    if ws.content.owner == "TERRAFORM":
        allowed = '"PUBLISH" with a pipeline: two owners would undo each other\'s work'
        yield Problem("content.owner", show(ws.content.owner), allowed, "leave it out")
    topic = ws.pipeline.topic_arn
    if topic and topic.split(":")[3] != ws.region:
        allowed = f"a topic in {ws.region}, the region of the workspace"
        source = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html"
        yield Problem("pipeline.topic_arn", show(topic), allowed, docs=source)


_RULES: tuple[Callable[[Declaration], Iterator[Problem]], ...] = (
    _sizes,
    _webserver,
    _replacement,
    _zones_of_region,
    _room,
    _key,
    _options,
    _tags,
    _content,
    _pipeline,
)


def _newer(capability: str) -> str:
    """What to write for a provider that has the capability."""
    return f'write aws_provider="~> {CAPABILITIES[capability].major}.{CAPABILITIES[capability].minor}"'


def _lower(key: str) -> str:
    return f'write "{key.lower()}"' if key != key.lower() else ""
