"""Rules across fields: limits of the class, the release and the region, and combinations that MWAA refuses."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from mwaa.aws_facts.airflow_options import renamed_option, why_without_effect
from mwaa.aws_facts.endpoints import FIPS_REGIONS, private_routing_services
from mwaa.aws_facts.environment_classes import (
    ENVIRONMENT_CLASSES,
    ENVIRONMENT_CLASSES_SOURCE,
    inverted_pairs,
    size_violations,
)
from mwaa.aws_facts.regions import GRACEFUL_UNAVAILABLE_REGIONS, UNAVAILABLE_REGIONS, UNAVAILABLE_REGIONS_SOURCE
from mwaa.aws_facts.releases import PUBLIC_AND_PRIVATE_SINCE, RELEASES
from mwaa.aws_facts.user_guide import guide
from mwaa.config.backends import LocalBackend
from mwaa.config.declaration import Declaration
from mwaa.config.errors import Problem, show
from mwaa.config.existing_network import SHARED_VPC, AnyNetwork, ExistingNetwork, has_no_internet
from mwaa.config.network import Network, usable_addresses
from mwaa.config.pipeline import CodeCommitSource
from mwaa.config.provider_constraint import CAPABILITIES, supports
from mwaa.config.secrets_backend import SECRETS_GUIDE
from mwaa.config.types import API, minutes

PUBLISHING_PREFIX = ".mwaa/"
"""Prefix in the source bucket of what publishing keeps beside the content: its releases and its lock."""


def problems(workspace: Declaration) -> list[Problem]:
    """Return the problems of a workspace whose fields are valid one by one."""
    return [problem for rule in _RULES for problem in rule(workspace)]


def _sizes(ws: Declaration) -> Iterator[Problem]:
    limits = ENVIRONMENT_CLASSES[ws.environment_class].limits
    sizes = {field: getattr(ws, field) for field in limits}
    violations = size_violations(sizes, limits)
    for wrong in violations:
        fixed = wrong.low == wrong.high
        expected = f"{wrong.low}" if fixed else f"{wrong.low} to {wrong.high}"
        fix = "remove it, or use a larger environment class" if fixed else ""
        yield Problem(
            wrong.field, show(wrong.value), f"{expected} on {ws.environment_class}", fix, ENVIRONMENT_CLASSES_SOURCE
        )
    refused = {wrong.field for wrong in violations}
    for lower, upper in inverted_pairs(sizes):
        if not refused & {lower, upper}:
            expected = f"at most {upper}, which is {sizes[upper]}"
            yield Problem(lower, show(sizes[lower]), expected, f"lower it or raise {upper}", API)


def _webserver(ws: Declaration) -> Iterator[Problem]:
    source = guide("configuring-networking")
    release, mode = RELEASES[ws.airflow_version], ws.webserver_access_mode
    if mode == "PUBLIC_AND_PRIVATE" and not release.offers_public_and_private:
        allowed = f'"PUBLIC_ONLY" or "PRIVATE_ONLY" on Airflow {ws.airflow_version}'
        yield Problem(
            "webserver_access_mode", show(mode), allowed, f"or use Airflow {PUBLIC_AND_PRIVATE_SINCE} or newer", source
        )
    elif mode == "PUBLIC_AND_PRIVATE" and not supports(ws.aws_provider, mode):
        allowed = f"an AWS provider of {CAPABILITIES[mode]} or newer, which supports PUBLIC_AND_PRIVATE"
        yield Problem("aws_provider", show(ws.aws_provider), allowed, _require_provider(mode))
    yield from unreachable_webserver(ws, ws.network)


def unreachable_webserver(ws: Declaration, network: AnyNetwork) -> Iterator[Problem]:
    """Yield a problem if the workers cannot reach the workspace's webserver from `network`."""
    release, mode = RELEASES[ws.airflow_version], ws.webserver_access_mode
    if release.major >= 3 and mode == "PUBLIC_ONLY" and has_no_internet(network):
        yield Problem(
            "webserver_access_mode",
            show(mode),
            '"PRIVATE_ONLY"'
            + (' or "PUBLIC_AND_PRIVATE"' if release.offers_public_and_private else "")
            + " with nat_gateways=0",
            "or set nat_gateways=1: workers of Airflow 3 call the webserver, and tasks fail if it is unreachable",
            guide("configuring-networking"),
        )


def _replacement(ws: Declaration) -> Iterator[Problem]:
    if ws.worker_replacement_strategy != "GRACEFUL":
        return
    field, given, source = "worker_replacement_strategy", show("GRACEFUL"), guide("update-environment")
    if ws.region in GRACEFUL_UNAVAILABLE_REGIONS:
        yield Problem(field, given, f'"FORCED" in {ws.region}', "remove it", source)
    if not supports(ws.aws_provider, field):
        allowed = f"an AWS provider of {CAPABILITIES[field]} or newer, which supports {field}"
        yield Problem("aws_provider", show(ws.aws_provider), allowed, _require_provider(field))
    if minutes(ws.timeouts.update) <= 12 * 60:
        allowed = "more than 12h with GRACEFUL replacement, which waits that long for tasks"
        yield Problem("timeouts.update", show(ws.timeouts.update), allowed, 'remove it: the default is "13h"', source)


def _zones_of_region(ws: Declaration) -> Iterator[Problem]:
    zones = ws.network.availability_zones if isinstance(ws.network, Network) else None
    for index, zone in enumerate(zones or ()):
        if not re.fullmatch(re.escape(ws.region) + "[a-z]", zone):
            allowed = f'an availability zone of {ws.region}, such as "{ws.region}a"'
            yield Problem(f"network.availability_zones.{index}", show(zone), allowed, docs=guide("vpc-create"))


def _subnet_sizes(ws: Declaration) -> Iterator[Problem]:
    """Check that the private subnets are large enough.

    MWAA documents no number. Inferred: 4 addresses for its endpoints, one per worker and scheduler, all in one zone at
    worst. Webservers run in a network of AWS. Without NAT gateways, each VPC endpoint takes one more.
    """
    if not isinstance(ws.network, Network):
        return
    services = () if ws.network.nat_gateways else private_routing_services(ws.region, fips=ws.network.fips_endpoints)
    needed = 4 + len(services) + ws.max_workers + ws.schedulers
    for index, subnet in enumerate(ws.network.private_subnets):
        if usable_addresses(subnet) < needed:
            yield Problem(
                f"network.private_subnets.{index}",
                show(str(subnet)),
                f"a range with {needed} usable addresses, for workers, schedulers and endpoints",
                f"use a larger range, as this one has {usable_addresses(subnet)}, or fewer workers",
                guide("vpc-create"),
            )


def _fips(ws: Declaration) -> Iterator[Problem]:
    if isinstance(ws.network, Network) and ws.network.fips_endpoints and ws.region not in FIPS_REGIONS:
        allowed = f"False in {ws.region}: MWAA has FIPS endpoints in {', '.join(sorted(FIPS_REGIONS))}"
        yield Problem("network.fips_endpoints", "True", allowed, "remove it", guide("vpc-vpe-create-access"))


def _shared_vpc(ws: Declaration) -> Iterator[Problem]:
    """Check a VPC that another account shares: only its owner creates endpoints in it."""
    network = ws.network
    if not isinstance(network, ExistingNetwork) or not ws.is_in_shared_vpc:
        return
    if ws.endpoint_management != "CUSTOMER":
        allowed = f'"CUSTOMER" in a VPC that account {network.owner_account} shares'
        yield Problem(
            "endpoint_management",
            show(ws.endpoint_management),
            allowed,
            'add endpoint_management="CUSTOMER"',
            SHARED_VPC,
        )
    if network.endpoints != "EXISTING":
        allowed = f'"EXISTING" in a VPC that account {network.owner_account} shares: only the owner creates endpoints'
        yield Problem("network.endpoints", show(network.endpoints), allowed, "remove it", SHARED_VPC)


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
            fix = f'add its section, such as "core.{key}"' if "." not in key else _lowercase(key)
            yield Problem(field, show(key), allowed, fix, API)
        elif not re.fullmatch(r"[ -~]{1,65536}", value):
            allowed = "1-65536 printable ASCII characters on one line"
            yield Problem(field, show(value), allowed, "" if value else "remove it", API)
        elif reason := why_without_effect(key):
            yield Problem(field, show(value), f"no value: {reason[0]}", "remove it", reason[1])
        elif (name := renamed_option(key, ws.airflow_major)) is not None:
            fix = f'rename it to "{name}"' if name else f"remove it: Airflow {ws.airflow_major} has no such option"
            yield Problem(field, show(value), f"an option of Airflow {ws.airflow_version}", fix)


def _execution_role(ws: Declaration) -> Iterator[Problem]:
    arn = ws.execution_role.arn
    if arn and arn.split(":")[4] != ws.account:
        expected = f"a role of account {ws.account}: MWAA takes no role of another account"
        yield Problem("execution_role.arn", show(arn), expected, docs=guide("mwaa-create-role"))
    policies = {
        f"execution_role.managed_policy_arns.{i}": one for i, one in enumerate(ws.execution_role.managed_policy_arns)
    }
    for field, policy in {"roles.permissions_boundary": ws.roles.permissions_boundary, **policies}.items():
        if policy and policy.split(":")[4] not in (ws.account, "aws"):
            yield Problem(field, show(policy), f"a policy of account {ws.account}, or of AWS")


def _deploy_role(ws: Declaration) -> Iterator[Problem]:
    if ws.deploy_role and ws.deploy_role.arn.split(":")[4] != ws.account:
        expected = f"a role of account {ws.account}, the workspace's"
        yield Problem("deploy_role.arn", show(ws.deploy_role.arn), expected)
    for key, value in (ws.deploy_role.session_tags if ws.deploy_role else {}).items():
        if not (1 <= len(key) <= 128 and _tag_text(key)) or key.lower().startswith("aws:"):
            expected = "a key of 1-128 letters, digits, spaces and _.:/=+-@, not beginning with aws:"
            yield Problem(f"deploy_role.session_tags.{key}", show(key), expected)
        elif not (len(value) <= 256 and _tag_text(value)):
            expected = "a value of at most 256 letters, digits, spaces and _.:/=+-@"
            yield Problem(f"deploy_role.session_tags.{key}", show(value), expected)


def _ci(ws: Declaration) -> Iterator[Problem]:
    if ws.ci is None or not ws.name:
        return
    if ws.deploy_role:
        expected = "no deploy_role with ci: jobs act as the roles of ci, and a plan must not act as a role that writes"
        yield Problem("deploy_role", show(ws.deploy_role.arn), expected, "remove deploy_role, or remove ci")
    if not ws.ci.roles:
        expected = "something that jobs do: plan and apply with a shared state, or publish"
        yield Problem("ci", "no role", expected, 'set backend=S3Backend(...), or content=Content(owner="PUBLISH")')
    if isinstance(ws.backend, LocalBackend) and (wrong := [one for one in ws.ci.roles if one != "PUBLISH"]):
        expected = f"no {' and no '.join(wrong)} with a state in a file, which a job does not have"
        yield Problem("ci.roles", show(ws.ci.roles), expected, "set backend=S3Backend(...)")
    if "PUBLISH" in ws.ci.roles and ws.content.owner == "TERRAFORM":
        expected = "no PUBLISH: Terraform owns the content"
        yield Problem("ci.roles", show(ws.ci.roles), expected, 'set content=Content(owner="PUBLISH")')


def _secrets_backend(ws: Declaration) -> Iterator[Problem]:
    backend = ws.secrets_backend
    if backend is None:
        return
    if not backend.prefixes:
        expected = "at least one prefix: with none, nothing is looked up"
        yield Problem("secrets_backend", show(backend), expected, "remove secrets_backend", SECRETS_GUIDE)
    for option, value in backend.options.items():
        if (given := ws.airflow_configuration_options.get(option)) != value:
            expected = f"no value: secrets_backend={type(backend).__name__}(...) sets it"
            yield Problem(f"airflow_configuration_options.{option}", show(given), expected, "remove it", SECRETS_GUIDE)
    if backend.kms_key_arn and backend.kms_key_arn.split(":")[3] != ws.region:
        expected = f"a key in {ws.region}, the region of the workspace"
        yield Problem("secrets_backend.kms_key_arn", show(backend.kms_key_arn), expected)


def _tags(ws: Declaration) -> Iterator[Problem]:
    if len(ws.tags) > 45:
        allowed = "at most 45 tags: AWS allows 50, and this project adds its own"
        yield Problem("tags", f"{len(ws.tags)} tags", allowed, "remove some", API)
    for key, value in ws.tags.items():
        if not (1 <= len(key) <= 128 and _tag_text(key)) or key.lower().startswith("aws:"):
            allowed = "a key of 1-128 letters, digits, spaces and _.:/=+-@, not beginning with aws:"
            yield Problem(f"tags.{key}", show(key), allowed, docs=API)
        elif not (1 <= len(value) <= 256 and _tag_text(value)):
            allowed = "a value of 1-256 letters, digits, spaces and _.:/=+-@"
            yield Problem(f"tags.{key}", show(value), allowed, docs=API)
    keys = [*ws.own_tags.keys, *ws.tags]
    first = {key.lower(): key for key in reversed(keys)}
    for key in ws.tags:
        if (other := first[key.lower()]) != key:
            allowed = f"a key that differs from {show(other)} in more than case, which IAM ignores"
            yield Problem(f"tags.{key}", show(key), allowed, "rename it, or the other one in tags or own_tags")
    for key in ws.required_tags:
        if key not in ws.tags and key not in ws.own_tags.keys:
            given = ", ".join(ws.tags) or "no tag"
            expected = f"the tag {show(key)}, which required_tags names"
            yield Problem("tags", given, expected, f'add tags={{"{key}": "..."}}')


def _tag_text(text: str) -> bool:
    """Whether all characters are in [\\p{L}\\p{Z}\\p{N}_.:/=+-@], as the API's model demands."""
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
            yield Problem(f"content.{field}", show(key), f"another key than that of content.{taken[key]}")
        taken[key] = field
    for field in ("dag_s3_path", *taken.values()):
        if f"{getattr(content, field)}/".startswith(PUBLISHING_PREFIX):
            yield Problem(
                f"content.{field}",
                show(getattr(content, field)),
                f"a path outside {PUBLISHING_PREFIX}, which `mwaa publish` uses",
            )


def _pipeline(ws: Declaration) -> Iterator[Problem]:
    if ws.pipeline is None:
        return
    services = ["CodePipeline", "CodeBuild"]
    services += ["CodeCommit"] if isinstance(ws.pipeline.source, CodeCommitSource) else []
    if missing := [service for service in services if ws.region in UNAVAILABLE_REGIONS[service]]:
        allowed = f"no pipeline in {ws.region}, which has no {' and no '.join(missing)}"
        fix = 'set content=Content(owner="PUBLISH"), and run `mwaa publish` elsewhere, such as in GitHub Actions'
        if missing == ["CodeCommit"]:
            allowed, fix = f"another source in {ws.region}, which has no CodeCommit", ""
        yield Problem("pipeline", show(ws.pipeline), allowed, fix, UNAVAILABLE_REGIONS_SOURCE)
    if ws.content.owner == "TERRAFORM":
        allowed = '"PUBLISH" with a pipeline: two owners would revert each other\'s changes'
        yield Problem("content.owner", show(ws.content.owner), allowed, "remove it")
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
    _subnet_sizes,
    _fips,
    _shared_vpc,
    _key,
    _options,
    _execution_role,
    _deploy_role,
    _ci,
    _secrets_backend,
    _tags,
    _content,
    _pipeline,
)


def _require_provider(capability: str) -> str:
    """Return the fix that selects a provider with the capability."""
    return f'write aws_provider="~> {CAPABILITIES[capability].major}.{CAPABILITIES[capability].minor}"'


def _lowercase(key: str) -> str:
    return f'write "{key.lower()}"' if key != key.lower() else ""
