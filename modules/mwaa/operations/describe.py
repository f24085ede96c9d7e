"""A workspace in detail: every field with its value and whether it is set, and the names that derive from it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from mwaa.aws_facts.quotas import QUOTAS
from mwaa.aws_facts.releases import RELEASES
from mwaa.aws_facts.replacement import REPLACING_FIELDS
from mwaa.config import (
    AnyNetwork,
    CodeCommitSource,
    ConnectionSource,
    Definition,
    ExistingNetwork,
    Names,
    Network,
    NetworkOf,
    S3Source,
    Workspace,
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its dotted path; `is_set` is False where the value is a default or follows from other fields.

    `replaces` is True where a change of the value replaces the environment.
    """

    path: str
    value: Any
    is_set: bool
    replaces: bool


def fields(workspace: Workspace) -> list[Field]:
    """Every field of the resolved workspace; values as JSON has them."""
    return _fields(workspace, "", None)


def names(workspace: Workspace) -> dict[str, str]:
    """Physical names and ARNs that are derived from the workspace."""
    derived = Names(workspace)
    has_flow_logs = isinstance(workspace.network, Network) and workspace.network.flow_logs
    return {
        "environment": derived.environment,
        "environment_arn": derived.environment_arn,
        "bucket": derived.bucket,
        "bucket_arn": derived.bucket_arn,
        "execution_role_arn": derived.execution_role_arn,
        **({"key_alias": derived.key_alias} if workspace.encryption_key and not workspace.encryption_key.arn else {}),
        **{f"log_group.{field}": name for field, name in derived.log_groups.items()},
        **({"flow_log_group": derived.flow_log_group} if has_flow_logs else {}),
        **({"pipeline": derived.pipeline, "artifact_bucket": derived.artifact_bucket} if workspace.pipeline else {}),
    }


def release(workspace: Workspace) -> dict[str, str | None]:
    """The Airflow release: its Python, since when MWAA offers it, the end of its support (None: none announced)."""
    found = RELEASES[workspace.airflow_version]
    return {
        "airflow_version": found.version,
        "python": found.python,
        "since": found.since.isoformat() if found.since else None,
        "end_of_support": found.end_of_support.isoformat() if found.end_of_support else None,
    }


def summary(definition: Definition) -> dict[str, str]:
    """One line of a list of workspaces."""
    workspace = definition.workspace
    return {
        "name": workspace.name,
        "region": workspace.region,
        "account": workspace.account,
        "airflow_version": workspace.airflow_version,
        "environment_class": workspace.environment_class,
        "network": _network(workspace.network),
        "pipeline": _pipeline(workspace),
        "file": definition.file,
    }


def is_of_team(file: str, team: str) -> bool:
    """Return whether a workspace file is in this folder of `environments/`, such as analytics, or below it."""
    return f"/{file.partition('/')[2]}".startswith(f"/{team.strip('/')}/")


def quota_use(workspaces: Iterable[Workspace]) -> list[dict[str, Any]]:
    """Return what the workspaces need of the quotas of each account and region, beside AWS's default quota.

    A quota of NAT gateways is that of one zone, in which no VPC has more than one.
    """
    needs: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for workspace in workspaces:
        wanted = needs[workspace.account, workspace.region]
        wanted.update(["environments"])
        match workspace.network:
            case Network(nat_gateways=gateways):
                wanted.update(["vpcs", "gateway_endpoints"])
                if gateways:
                    wanted.update(["internet_gateways", "nat_gateways", *["elastic_ips"] * gateways])
            case ExistingNetwork(creates_s3_endpoint=True, owner_account=None):
                wanted.update(["gateway_endpoints"])
    return [
        {"account": account, "region": region, "quota": name, "needed": needed[name], "default": quota.default}
        for (account, region), needed in sorted(needs.items())
        for name, quota in QUOTAS.items()
        if needed[name]
    ]


def _network(network: AnyNetwork) -> str:
    match network:
        case ExistingNetwork(vpc_id=vpc, owner_account=owner):
            return f"{vpc}, shared by {owner}" if owner else f"{vpc}, existing"
        case NetworkOf(workspace=other):
            return f"of {other}"
        case Network(cidr=cidr, nat_gateways=gateways):
            route = {0: "private routing", 1: "1 NAT gateway"}.get(gateways, f"{gateways} NAT gateways")
            return f"{cidr}, {route}"


def _pipeline(workspace: Workspace) -> str:
    """What brings changed content to the environment, if it is not Terraform."""
    pipeline = workspace.pipeline
    if pipeline is None:
        return "mwaa publish" if workspace.content.owner == "PUBLISH" else "-"
    match pipeline.source:
        case S3Source(bucket=bucket, key=key):
            source = f"s3://{bucket}/{key}"
        case CodeCommitSource(repository=repository, branch=branch):
            source = f"CodeCommit {repository} {branch}"
        case ConnectionSource(provider=provider, repository=repository, branch=branch):
            source = f"{provider} {repository} {branch}"
    return f"{source}, approval" if pipeline.approval else source


def _fields(model: BaseModel, prefix: str, bare: BaseModel | None) -> list[Field]:
    """`bare` is the model as it would stand if its owner's file did not mention it."""
    found: list[Field] = []
    dumped = model.model_dump(mode="json")
    for name in type(model).model_fields:
        path, value = f"{prefix}{name}", getattr(model, name)
        without = _without(model, name)
        if isinstance(value, BaseModel):
            part = getattr(without, name, None)
            if part is None:  # a part that is absent by default: that it is there says something
                found.append(Field(path, type(value).__name__, True, path in REPLACING_FIELDS))
            found += _fields(value, f"{path}.", part if type(part) is type(value) else None)
            continue
        is_set = name in model.model_fields_set and not any(
            other is not None and name in other.model_fields_set and getattr(other, name) == value
            for other in (without, bare)
        )
        is_set = is_set and path != "name"  # discovery sets the name
        found.append(Field(path, dumped[name], is_set, path in REPLACING_FIELDS))
    return found


def _without(model: BaseModel, name: str) -> BaseModel | None:
    """The same model with `name` left out; None if it cannot be left out.

    What a model derives is among the fields that are set, so that being set does not mean that a person wrote it.
    """
    given = {field: getattr(model, field) for field in model.model_fields_set if field != name}
    try:
        return type(model)(**given)
    except ValidationError:
        return None
