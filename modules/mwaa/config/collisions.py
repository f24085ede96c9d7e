"""What only several workspaces together can have wrong: one name, network or state for two, a network of no other."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import combinations

from mwaa.config.backends import Backend, HcpTerraform, LocalBackend, S3Backend
from mwaa.config.ci import create_the_same_provider
from mwaa.config.definition import Definition
from mwaa.config.errors import Problem, did_you_mean, show
from mwaa.config.existing_network import ExistingNetwork, NetworkOf
from mwaa.config.made_names import claims
from mwaa.config.naming import Names
from mwaa.config.network import Network
from mwaa.config.validation import unreachable_webserver
from mwaa.config.workspace import Workspace

_PRIVATE = IPv4Network("10.0.0.0/8")


def collisions(definitions: list[Definition]) -> Iterator[Problem]:
    """Yield a problem for each pair of workspaces that claims the same name in AWS or the same state, and for each
    network that overlaps others."""
    yield from _overlaps(definitions)
    made = {id(one): claims(Names(one.workspace)) for one in definitions}
    for first, second in combinations(definitions, 2):
        one, two = first.workspace, second.workspace
        if one.name == two.name:
            given, allowed = f'"{two.name}", as {first.file}', "a unique name; folders are joined by -"
            yield Problem("name", given, allowed, "rename one of the files", file=second.file)
            continue
        if Names(one).bucket == Names(two).bucket:
            given = f'"{Names(two).bucket}", as {first.file}'
            fix = "remove it: the default contains the workspace's name"
            yield Problem("source_bucket.name", given, "a bucket that no other workspace uses", fix, file=second.file)
        if (state := _state(two.backend)) and state == _state(one.backend):
            yield replace(_shared_state(two.backend, first.file), file=second.file)
        makes_roles = one.account == two.account and not (one.execution_role.arn or two.execution_role.arn)
        if makes_roles and Names(one).execution_role == Names(two).execution_role:
            given = f'"{Names(two).execution_role}", as {first.file}'
            fix = "remove it, or set execution_role=ExecutionRole(arn=...) to the role of the other"
            yield Problem("execution_role.name", given, "a role that no other workspace makes", fix, file=second.file)
        reported = {Names(two).bucket, two.environment_name, *([Names(two).execution_role] if makes_roles else [])}
        for claim in made[id(second)].keys() & made[id(first)].keys():
            field, name = made[id(second)][claim]
            if name not in reported:
                given = f'"{name}" for the {claim[0]}, as {first.file}'
                fix = "change the pattern, or rename one of the files"
                yield Problem(field, given, "names that no other workspace makes", fix, file=second.file)
        if one.account == two.account and create_the_same_provider(one.ci, two.ci):
            allowed = "one workspace in the account that creates the identity provider"
            fix = 'add identity_provider="EXISTING"'
            yield Problem("ci.identity_provider", f'"CREATE", as {first.file}', allowed, fix, file=second.file)
        if (one.account, one.region) != (two.account, two.region):
            continue
        if one.environment_name == two.environment_name:
            given = f'"{two.environment_name}", as {first.file}'
            allowed = "a name that is unique in the account and region"
            fix = "remove it: the default contains the workspace's name"
            yield Problem("environment_name", given, allowed, fix, file=second.file)
        mine, other = one.network, two.network
        if isinstance(mine, ExistingNetwork) and isinstance(other, ExistingNetwork):
            if not _create_one_endpoint(mine, other, two.region):
                continue
            given = f"{show(other.endpoints)} in {other.vpc_id}, as {first.file}"
            allowed = "services of which no other workspace creates an endpoint in this VPC"
            fix = "remove it: both workspaces use the endpoints of the first"
            yield Problem("network.endpoints", given, allowed, fix, file=second.file)


def _overlaps(definitions: list[Definition]) -> Iterator[Problem]:
    """Yield one problem for each network that overlaps those of earlier workspaces in its account and region."""
    for index, definition in enumerate(definitions):
        workspace = definition.workspace
        if not isinstance(workspace.network, Network):
            continue
        cidr = workspace.network.cidr
        place = workspace.account, workspace.region
        there = [
            (one.file, one.workspace.network.cidr)
            for one in definitions
            if isinstance(one.workspace.network, Network) and (one.workspace.account, one.workspace.region) == place
        ]
        earlier = {one.file for one in definitions[:index]}
        if hit := [f"{file} ({other})" for file, other in there if file in earlier and cidr.overlaps(other)]:
            others = hit[0] + (f" and {len(hit) - 1} more" if len(hit) > 1 else "")
            free = free_range(cidr.prefixlen, [other for _, other in there])
            allowed = "a range that no other workspace uses in the account and region, so that both can be connected"
            fix = f'set network=Network(cidr="{free or "..."}")' + ("" if free else " to a free range")
            yield Problem("network.cidr", f'"{cidr}", which overlaps {others}', allowed, fix, file=definition.file)


def free_range(prefix: int, taken: list[IPv4Network]) -> IPv4Network | None:
    """Return the first range of that size after the highest one taken in 10.0.0.0/8, or else the first free one."""
    within = [one for one in taken if one.overlaps(_PRIVATE)]
    size = 1 << (32 - prefix)
    after = max((int(one.broadcast_address) + 1 for one in within), default=int(_PRIVATE.network_address))
    start = -(-after // size) * size
    if start < int(_PRIVATE.broadcast_address):
        return IPv4Network((start, prefix))
    return next((one for one in _PRIVATE.subnets(new_prefix=prefix) if not any(map(one.overlaps, within))), None)


def _state(backend: Backend) -> tuple[str | None, ...] | None:
    """Return what names the state in the world; None for a file, whose name is the workspace's."""
    match backend:
        case S3Backend(bucket=bucket, key=key):
            return bucket, key
        case HcpTerraform(hostname=hostname, organization=organization, workspace=workspace):
            return hostname, organization, workspace
        case LocalBackend():
            return None


def _shared_state(backend: Backend, other: str) -> Problem:
    allowed = "a state of its own: with the state of another workspace, Terraform destroys what that one made"
    fix = "remove it: the default contains the workspace's name"
    if isinstance(backend, HcpTerraform):
        given = f'"{backend.workspace}" of organization {backend.organization}, as {other}'
        return Problem("backend.workspace", given, allowed, fix)
    assert isinstance(backend, S3Backend)
    return Problem("backend.key", f'"{backend.key}" in bucket {backend.bucket}, as {other}', allowed, fix)


def _create_one_endpoint(one: ExistingNetwork, two: ExistingNetwork, region: str) -> bool:
    """Return whether both create an endpoint of one service in one VPC, which AWS refuses.

    Two endpoints of S3 are refused where they add a route to the same table.
    """
    services = set(one.created_services(region)) & set(two.created_services(region))
    return one.vpc_id == two.vpc_id and bool(services or set(one.route_table_ids) & set(two.route_table_ids))


def networks_of_others(definitions: list[Definition], broken: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each `NetworkOf` that names no network which its workspace can use.

    A name in `broken` is accepted: that workspace is reported itself.
    """
    by_name = {definition.name: definition for definition in definitions}
    for definition in definitions:
        workspace, network = definition.workspace, definition.workspace.network
        if not isinstance(network, NetworkOf) or network.workspace in broken:
            continue
        named, others = by_name.get(network.workspace), sorted(by_name.keys() - {definition.name})
        if named is None or named is definition:
            allowed = "another workspace of this project" + (": " + ", ".join(others) if others else "")
            given = f'"{network.workspace}"' + (", this workspace itself" if named else "")
            fix = "" if named else did_you_mean(network.workspace, others)
            yield Problem("network.workspace", given, allowed, fix, file=definition.file)
        elif problem := _unusable(network, named, workspace):
            yield replace(problem, file=definition.file)
        else:
            for problem in unreachable_webserver(workspace, named.workspace.network):
                yield replace(problem, file=definition.file)


def _unusable(network: NetworkOf, named: Definition, user: Workspace) -> Problem | None:
    """Return why a workspace cannot use the network of the named one, or None."""
    owner, given = named.workspace, f'"{network.workspace}"'
    if (owner.account, owner.region) != (user.account, user.region):
        given += f", which is in {owner.region} of account {owner.account}"
        allowed = f"a workspace in {user.region} of account {user.account}"
        return Problem("network.workspace", given, allowed, "use ExistingNetwork(...) for a VPC that is shared")
    if owner.own_tags.name is None:
        fix = "remove name=None from own_tags there, or use ExistingNetwork(...)"
        return Problem("network.workspace", f"{given}, which has no name tag", "a network with name tags", fix)
    mine, its = ((ws.naming.pattern, ws.own_tags.name) for ws in (user, owner))
    if mine != its:
        given += ", whose naming.pattern or own_tags.name is another"
        fix = "use the same naming= and own_tags= in both, such as from a file environments/_organization.py"
        return Problem("network.workspace", given, "a network whose tags are formed as those of this workspace", fix)
    match owner.network:
        case NetworkOf(workspace=other):
            given += f', which uses NetworkOf("{other}")'
            fix = f'write NetworkOf("{other}")'
        case ExistingNetwork():
            given += ", which uses an ExistingNetwork"
            fix = "use the same ExistingNetwork(...), such as from a file environments/_network.py"
        case _:
            return None
    return Problem("network.workspace", given, "a workspace that makes its network: network=Network(...)", fix)
