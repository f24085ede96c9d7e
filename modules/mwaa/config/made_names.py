"""The names that a workspace makes, by kind of resource: what AWS allows, and what no other workspace may make.

Sources: the API reference of each service; for lengths the same as the AWS provider checks in a plan.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mwaa.config.errors import Problem, show
from mwaa.config.existing_network import ExistingNetwork
from mwaa.config.naming import Names
from mwaa.config.network import Network
from mwaa.config.pipeline import ConnectionSource


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: the most characters of its name, the form of it, and where the name must be unique."""

    what: str
    limit: int
    form: str
    words: str
    scope: Literal["WORLD", "ACCOUNT", "REGION"] = "REGION"


_DASHES = "letters, digits, - and _"
ENVIRONMENT = Kind("environment", 80, "[a-zA-Z][0-9a-zA-Z_-]*", f"{_DASHES}, beginning with a letter")
BUCKET = Kind(
    "source bucket",
    63,
    "airflow-[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "lowercase letters, digits and -, beginning with airflow-",
    "WORLD",
)
ARTIFACT_BUCKET = Kind(
    "S3 bucket", 63, "[a-z0-9][a-z0-9-]+[a-z0-9]", "lowercase letters, digits and -, not - at an end", "WORLD"
)
ROLE = Kind("IAM role", 64, r"[A-Za-z0-9_+=,.@-]+", "letters, digits and _+=,.@-", "ACCOUNT")
RULE = Kind("EventBridge rule", 64, r"[.\-_A-Za-z0-9]+", _DASHES)
ALIAS = Kind("KMS alias", 256, r"alias/(?!aws/)[A-Za-z0-9/_-]+", _DASHES)
LOG_GROUP = Kind("log group", 512, r"(?!aws/)[.\-_/#A-Za-z0-9]+", "letters, digits and -_/.#")
PIPELINE = Kind("pipeline", 100, r"[A-Za-z0-9.@_-]+", _DASHES)
CONNECTION = Kind("connection", 32, r"[A-Za-z0-9.@_-]+", _DASHES)
BUILD = Kind("build project", 150, r"[A-Za-z0-9][A-Za-z0-9_-]+", f"{_DASHES}, beginning with a letter or digit")
TOPIC = Kind("SNS topic", 256, r"[A-Za-z0-9_-]+", _DASHES)
GROUP = Kind("security group", 255, r"(?!sg-).+", "a name that does not begin with sg-")


def made_names(names: Names) -> Iterator[tuple[Kind, str, str]]:
    """Yield kind, name and field of each name that is formed by a pattern. Names that are written are not among them.

    The field is the one that holds the pattern.
    """
    workspace, pattern = names.workspace, "naming.pattern"
    if workspace.environment_name in (names.name(), f"mwaa-{workspace.name}"):
        yield ENVIRONMENT, names.name(), pattern
    if workspace.source_bucket.name is None:
        yield BUCKET, names.bucket, "naming.source_bucket"
    if workspace.execution_role.arn is None and workspace.execution_role.name is None:
        yield ROLE, names.execution_role, pattern
    if workspace.encryption_key and not workspace.encryption_key.arn:
        yield ALIAS, names.key_alias, pattern
    network = workspace.network
    if not (isinstance(network, ExistingNetwork) and network.security_group_ids):
        yield GROUP, names.tag("environment"), pattern
    if isinstance(network, Network) and network.flow_logs:
        yield ROLE, names.flow_logs_role, pattern
        yield LOG_GROUP, names.flow_log_group, "naming.log_group"
    for role in workspace.ci.roles or () if workspace.ci else ():
        yield ROLE, names.ci_role(role), pattern
    if workspace.pipeline:
        yield from _pipeline_names(names)


def _pipeline_names(names: Names) -> Iterator[tuple[Kind, str, str]]:
    pipeline, pattern = names.workspace.pipeline, "naming.pattern"
    assert pipeline is not None
    yield ARTIFACT_BUCKET, names.artifact_bucket, "naming.artifact_bucket"
    yield PIPELINE, names.pipeline, pattern
    yield ROLE, names.pipeline_role, pattern
    if not pipeline.topic_arn:
        yield TOPIC, names.pipeline_topic, pattern
    yield BUILD, names.build_project("check"), pattern
    yield BUILD, names.build_project("publish"), pattern
    yield ROLE, names.build_role("check"), pattern
    yield ROLE, names.build_role("publish"), pattern
    yield LOG_GROUP, names.build_log_group("check"), "naming.log_group"
    yield LOG_GROUP, names.build_log_group("publish"), "naming.log_group"
    yield RULE, names.pipeline_failure_rule, pattern
    if not isinstance(pipeline.source, ConnectionSource):
        yield RULE, names.pipeline_start_rule, pattern
        yield ROLE, names.pipeline_start_role, pattern
    elif not pipeline.source.connection_arn:
        yield CONNECTION, names.pipeline, pattern


def name_problems(names: Names) -> list[Problem]:
    """Return a problem for each pattern that gives a name which AWS refuses: the first of each kind."""
    found: dict[tuple[str, str], Problem] = {}
    for kind, name, field in made_names(names):
        if len(name) > kind.limit:
            given = f"{show(name)}, {len(name)} characters"
            expected, fix = f"at most {kind.limit} characters: the name of the {kind.what}", "shorten the pattern"
            if field == "naming.pattern" and kind is ROLE and names.workspace.roles.name_prefix:
                fix += ", or roles.name_prefix"
        elif not re.fullmatch(kind.form, name):
            given, expected, fix = show(name), f"{kind.words}: the name of the {kind.what}", ""
        else:
            continue
        found.setdefault((kind.what, field), Problem(field, given, expected, fix))
    return list(found.values())


def claims(names: Names) -> dict[tuple[str, str, str, str], tuple[str, str]]:
    """Return field and name of each name, by what no other workspace may claim: service, name, account and region."""
    workspace = names.workspace
    return {
        (
            kind.what,
            name,
            workspace.account if kind.scope != "WORLD" else "",
            workspace.region if kind.scope == "REGION" else "",
        ): (field, name)
        for kind, name, field in made_names(names)
    }
