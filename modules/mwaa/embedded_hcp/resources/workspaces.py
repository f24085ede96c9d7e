"""Workspaces: their settings, tags, and the lock that a client or a run holds."""

import json
import re
from collections.abc import Mapping
from typing import Any

from mwaa.embedded_hcp import documents
from mwaa.embedded_hcp.documents import WORKSPACE_DEFAULTS, Document, many, one
from mwaa.embedded_hcp.records import HcpWorkspace
from mwaa.embedded_hcp.routing import Refused, Request, route
from mwaa.embedded_hcp.service import Service

_NAME = re.compile(r"[A-Za-z0-9_-]{1,90}")


@route("GET", "/api/v2/organizations/<name>/workspaces")
def list_workspaces(service: Service, request: Request, name: str) -> Document:
    search = request.query.get("search[name]", "")
    found = (one for one in service.store.workspaces.values() if one.organization == name and search in one.name)
    return many(documents.workspace(workspace) for workspace in found)


@route("POST", "/api/v2/organizations/<name>/workspaces")
def create_workspace(service: Service, request: Request, name: str) -> tuple[int, Document]:
    attributes = request.attributes
    wanted = attributes.pop("name", "")
    if not _NAME.fullmatch(wanted):
        raise Refused(422, "invalid attribute", "Name can only include letters, numbers, -, and _")
    if service.store.workspace(name, wanted):
        raise Refused(422, "invalid attribute", "Name has already been taken")
    project = request.related("project") or service.store.default_project(name).id
    if project not in service.store.projects:
        raise Refused(404, "not found", "the project does not exist")
    settings = {"terraform-version": service.worker.version} | _settings(attributes)
    made = HcpWorkspace(name, wanted, project, settings, _tags(request))
    service.store.workspaces[made.id] = made
    return 201, one(documents.workspace(made))


@route("GET", "/api/v2/organizations/<organization>/workspaces/<name>")
def read_workspace(service: Service, _request: Request, organization: str, name: str) -> Document:
    if found := service.store.workspace(organization, name):
        return one(documents.workspace(found))
    raise Refused(404, "not found")


@route("GET", "/api/v2/workspaces/<identifier>")
def read_workspace_by_id(service: Service, _request: Request, identifier: str) -> Document:
    return one(documents.workspace(service.workspace_of(identifier)))


@route("PATCH", "/api/v2/workspaces/<identifier>")
def update_workspace_by_id(service: Service, request: Request, identifier: str) -> Document:
    return _update(service, request, service.workspace_of(identifier))


@route("PATCH", "/api/v2/organizations/<organization>/workspaces/<name>")
def update_workspace(service: Service, request: Request, organization: str, name: str) -> Document:
    found = service.store.workspace(organization, name)
    if found is None:
        raise Refused(404, "not found")
    return _update(service, request, found)


@route("DELETE", "/api/v2/workspaces/<identifier>")
def delete_workspace(service: Service, _request: Request, identifier: str) -> None:
    del service.store.workspaces[service.workspace_of(identifier).id]


@route("POST", "/api/v2/workspaces/<identifier>/actions/safe-delete")
def safe_delete_workspace(service: Service, _request: Request, identifier: str) -> None:
    found = service.workspace_of(identifier)
    state = found.current_state
    if state and state.state and json.loads(state.state)["resources"]:
        raise Refused(409, "conflict", "Workspace still manages resources and cannot be deleted")
    del service.store.workspaces[found.id]


@route("GET", "/api/v2/workspaces/<identifier>/tag-bindings")
def list_tags(service: Service, _request: Request, identifier: str) -> Document:
    return many(documents.tag_binding(*pair) for pair in sorted(service.workspace_of(identifier).tags.items()))


@route("GET", "/api/v2/workspaces/<identifier>/effective-tag-bindings")
def list_effective_tags(service: Service, request: Request, identifier: str) -> Document:
    return list_tags(service, request, identifier)  # type: ignore[no-any-return]


@route("PATCH", "/api/v2/workspaces/<identifier>/tag-bindings")
def add_tags(service: Service, request: Request, identifier: str) -> Document:
    found = service.workspace_of(identifier)
    for row in (request.document or {}).get("data", []):
        found.tags[row["attributes"]["key"]] = row["attributes"].get("value") or ""
    return many(documents.tag_binding(*pair) for pair in sorted(found.tags.items()))


@route("POST", "/api/v2/workspaces/<identifier>/actions/lock")
def lock(service: Service, request: Request, identifier: str) -> Document:
    found = service.workspace_of(identifier)
    if found.locked_by not in (None, request.actor if request.actor != "user" else None):
        raise Refused(409, "conflict", f"Unable to lock workspace. The workspace is already {found.lock_reason}")
    found.locked_by = request.actor
    found.lock_reason = (request.document or {}).get("reason") or f"locked by {request.actor}"
    return one(documents.workspace(found))


@route("POST", "/api/v2/workspaces/<identifier>/actions/unlock")
def unlock(service: Service, request: Request, identifier: str) -> Document:
    found = service.workspace_of(identifier)
    if found.locked_by is None:
        raise Refused(409, "conflict", "Unable to unlock workspace. The workspace is already unlocked")
    if found.locked_by.startswith("run-") and request.actor == "user":
        raise Refused(409, "conflict", f"Unable to unlock workspace. The workspace is locked by Run {found.locked_by}")
    if request.actor == "user":  # a run keeps its workspace until it is final
        _unlock(service, found)
    return one(documents.workspace(found))


@route("POST", "/api/v2/workspaces/<identifier>/actions/force-unlock")
def force_unlock(service: Service, _request: Request, identifier: str) -> Document:
    found = service.workspace_of(identifier)
    _unlock(service, found)
    return one(documents.workspace(found))


def _update(service: Service, request: Request, found: HcpWorkspace) -> Document:
    attributes = request.attributes
    found.name = attributes.pop("name", None) or found.name
    found.settings |= _settings(attributes)
    if project := request.related("project"):
        if project not in service.store.projects:
            raise Refused(404, "not found", "the project does not exist")
        found.project = project
    if "tag-bindings" in (request.document or {}).get("data", {}).get("relationships", {}):
        found.tags = _tags(request)
    return one(documents.workspace(found))


def _settings(attributes: Mapping[str, Any]) -> dict[str, Any]:
    allowed = {*WORKSPACE_DEFAULTS, "terraform-version"}
    given = {name: value for name, value in attributes.items() if name in allowed and value is not None}
    if not given.get("vcs-repo"):  # pytfe sends an empty one
        given.pop("vcs-repo", None)
    return given


def _tags(request: Request) -> dict[str, str]:
    relationships = (request.document or {}).get("data", {}).get("relationships", {})
    bindings = (relationships.get("tag-bindings") or {}).get("data") or []
    plain = (relationships.get("tags") or {}).get("data") or []
    return {row["attributes"]["key"]: row["attributes"].get("value") or "" for row in bindings} | {
        row["attributes"]["name"]: "" for row in plain
    }


def _unlock(service: Service, found: HcpWorkspace) -> None:
    found.locked_by, found.lock_reason = None, ""
    service.worker.release(found)
