"""What a workspace needs in HCP Terraform: project, workspace, variables. Made and kept as its file says.

Through pytfe, HashiCorp's own client. Only what this made is changed: workspaces that bear the tag `managed-by: mwaa`,
and variables whose description says so.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mwaa.config import HcpTerraform, Workspace
from mwaa.operations.errors import AccessError

if TYPE_CHECKING:
    from pytfe import TFEClient
    from pytfe import models as tfe

TAG = ("managed-by", "mwaa")
"""Marks the workspaces that are ours to change."""
_DESCRIPTION = "Set by mwaa hcp sync"


@dataclass(frozen=True, slots=True)
class HcpChange:
    """One thing to do, or done: `what` is "project data" or "variable TFC_AWS_PROVIDER_AUTH"."""

    action: Literal["create", "update", "keep"]
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HcpVariable:
    """An environment variable that a workspace has in HCP Terraform."""

    key: str
    value: str
    sensitive: bool = False


def connect(hostname: str, environ: Mapping[str, str] = os.environ) -> "TFEClient":
    """Return a client for this host. Raises AccessError where the environment has no token for it."""
    from pytfe import TFEClient, TFEConfig

    name = f"TF_TOKEN_{hostname.replace('-', '__').replace('.', '_')}"
    token = environ.get(name) or environ.get("TFE_TOKEN")
    if not token:
        raise AccessError(f"there is no token for {hostname}", f"export {name}=... (a team or user token)")
    bundle = environ.get("SSL_CERT_FILE")
    proxy = environ.get("HTTPS_PROXY") or environ.get("https_proxy")
    config = TFEConfig(address=f"https://{hostname}", token=token, ca_bundle=bundle, proxies=proxy, http2=False)
    return TFEClient(config)


def variables_of(workspace: Workspace) -> tuple[HcpVariable, ...]:
    """Return the variables with which runs of the workspace get their AWS credentials: a role by OIDC, no keys.

    Source: HCP Terraform documentation, "Dynamic credentials with the AWS provider".
    """
    backend = workspace.backend
    if not isinstance(backend, HcpTerraform) or not backend.plan_role_arn:
        return ()
    return (
        HcpVariable("TFC_AWS_PROVIDER_AUTH", "true"),
        HcpVariable("TFC_AWS_PLAN_ROLE_ARN", backend.plan_role_arn),
        HcpVariable("TFC_AWS_APPLY_ROLE_ARN", backend.apply_role_arn or ""),
    )


def read_state(client: "TFEClient", organization: str, workspace: str) -> bytes:
    """Return the current state of a workspace in HCP Terraform, nothing where there is none."""
    from pytfe.errors import NotFound

    try:
        found = client.workspaces.read(workspace, organization=organization)
        version = client.state_versions.read_current(found.id)
    except NotFound:
        return b""
    return client.state_versions.download(version.id)


def sync(
    workspace: Workspace, client: "TFEClient", variables: tuple[HcpVariable, ...], *, dry_run: bool = False
) -> list[HcpChange]:
    """Make or update project, workspace and variables; with `dry_run` only say what would be done.

    Raises AccessError when HCP Terraform refuses, or when a workspace of that name is not ours.
    """
    from pytfe.errors import TFEError

    assert isinstance(workspace.backend, HcpTerraform), workspace.backend
    try:
        return list(_sync(workspace.backend, client, variables, dry_run))
    except TFEError as error:
        said = f"HCP Terraform ({workspace.backend.hostname}) refused: {error}"
        raise AccessError(said, "look whether the token may manage workspaces of the organization") from error


def _sync(
    backend: HcpTerraform, client: "TFEClient", variables: tuple[HcpVariable, ...], dry_run: bool
) -> Iterator[HcpChange]:
    from pytfe import models as tfe

    project, made = _project(backend, client, dry_run)
    if made:
        yield HcpChange("create", f"project {backend.project}")
    found = _workspace(backend, client)
    wanted = _settings(backend)
    if found is None:
        yield HcpChange("create", f"workspace {backend.workspace}")
        if not dry_run:
            tags = [tfe.TagBinding(key=key, value=value) for key, value in _tags(backend).items()]
            options = tfe.WorkspaceCreateOptions(
                name=backend.workspace or "", project=project, tag_bindings=tags, **wanted
            )
            found = client.workspaces.create(backend.organization, options)
    else:
        _refuse_foreign(backend, client, found)
        differing = {name: value for name, value in wanted.items() if _plain(getattr(found, name, None)) != value}
        if project and found.project and found.project.id != project.id:
            differing["project"] = project
        detail = ", ".join(name.replace("_", "-") for name in differing)
        yield HcpChange("update" if differing else "keep", f"workspace {backend.workspace}", detail)
        if differing and not dry_run:
            update = tfe.WorkspaceUpdateOptions(name=found.name, **differing)
            client.workspaces.update_by_id(found.id, update)
    yield from _sync_variables(client, found, variables, dry_run)


def _project(backend: HcpTerraform, client: "TFEClient", dry_run: bool) -> tuple["tfe.Project | None", bool]:
    """Return the project, if the backend names one, and whether it is (or would be) new."""
    from pytfe import models as tfe

    if backend.project is None:
        return None, False
    for project in client.projects.list(backend.organization):
        if project.name == backend.project:
            return project, False
    if dry_run:
        return None, True
    return client.projects.create(backend.organization, tfe.ProjectCreateOptions(name=backend.project)), True


def _workspace(backend: HcpTerraform, client: "TFEClient") -> "tfe.Workspace | None":
    from pytfe.errors import NotFound

    try:
        return client.workspaces.read(backend.workspace or "", organization=backend.organization)
    except NotFound:
        return None


def _settings(backend: HcpTerraform) -> dict[str, object]:
    settings: dict[str, object] = {
        "execution_mode": backend.execution_mode.lower(),
        "auto_apply": backend.auto_apply,
        "working_directory": backend.working_directory or "",
    }
    if backend.terraform_version:
        settings["terraform_version"] = backend.terraform_version
    return settings


def _tags(backend: HcpTerraform) -> dict[str, str]:
    return {**backend.tags, TAG[0]: TAG[1]}


def _refuse_foreign(backend: HcpTerraform, client: "TFEClient", found: "tfe.Workspace") -> None:
    tags = {tag.key: tag.value for tag in client.workspaces.list_tag_bindings(found.id)}
    if tags.get(TAG[0]) != TAG[1]:
        raise AccessError(
            f"the workspace {backend.organization}/{backend.workspace} was not made by mwaa: nothing was changed",
            f'add the tag {TAG[0]} = "{TAG[1]}" to it in HCP Terraform, or set another `workspace` in the backend',
        )


def _sync_variables(
    client: "TFEClient", found: "tfe.Workspace | None", variables: tuple[HcpVariable, ...], dry_run: bool
) -> Iterator[HcpChange]:
    from pytfe import models as tfe

    held = {one.key: one for one in client.variables.list(found.id)} if found else {}
    for variable in variables:
        old = held.get(variable.key)
        if old is None:
            yield HcpChange("create", f"variable {variable.key}")
            if found and not dry_run:
                client.variables.create(
                    found.id,
                    tfe.VariableCreateOptions(
                        key=variable.key,
                        value=variable.value,
                        category=tfe.CategoryType.ENV,
                        description=_DESCRIPTION,
                        sensitive=variable.sensitive,
                    ),
                )
        elif old.description != _DESCRIPTION:
            yield HcpChange("keep", f"variable {variable.key}", "set by somebody else")
        elif variable.sensitive or old.value != variable.value:
            yield HcpChange("update", f"variable {variable.key}")
            if found and not dry_run:
                options = tfe.VariableUpdateOptions(key=variable.key, value=variable.value)
                client.variables.update(found.id, old.id or "", options)
        else:
            yield HcpChange("keep", f"variable {variable.key}")


def _plain(value: object) -> object:
    return getattr(value, "value", value)
