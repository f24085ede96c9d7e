"""The states of a workspace: only who holds its lock may add one."""

import base64

from mwaa.embedded_hcp import documents
from mwaa.embedded_hcp.documents import Document, many, one
from mwaa.embedded_hcp.records import StateVersion
from mwaa.embedded_hcp.routing import Refused, Request, route
from mwaa.embedded_hcp.service import Service


@route("GET", "/api/v2/workspaces/<identifier>/current-state-version")
def read_current_state(service: Service, request: Request, identifier: str) -> Document:
    if state := service.workspace_of(identifier).current_state:
        return one(documents.state_version(state, request.base), documents.state_outputs(state))
    raise Refused(404, "not found")


@route("GET", "/api/v2/workspaces/<identifier>/current-state-version-outputs")
def read_current_outputs(service: Service, _request: Request, identifier: str) -> Document:
    if state := service.workspace_of(identifier).current_state:
        return many(documents.state_outputs(state))
    raise Refused(404, "not found")


@route("POST", "/api/v2/workspaces/<identifier>/state-versions")
def create_state(service: Service, request: Request, identifier: str) -> tuple[int, Document]:
    found, attributes = service.workspace_of(identifier), request.attributes
    if found.locked_by != request.actor:
        raise Refused(409, "conflict", "Unable to create state version. The workspace is not locked by you")
    newest = found.states[-1] if found.states else None
    serial, lineage = int(attributes["serial"]), attributes.get("lineage") or ""
    if newest and not attributes.get("force"):
        if newest.lineage and lineage != newest.lineage:
            raise Refused(409, "conflict", "lineage does not match that of the current state")
        if serial < newest.serial or (serial == newest.serial and attributes["md5"] != newest.md5):
            raise Refused(409, "conflict", f"serial {serial} is not newer than {newest.serial}")
    made = StateVersion(found.id, serial, lineage, attributes["md5"], request.related("run"))
    if attributes.get("state"):
        made.state = base64.b64decode(attributes["state"])
    found.states.append(made)
    service.store.states[made.id] = made
    return 201, one(documents.state_version(made, request.base))


@route("GET", "/api/v2/state-versions/<identifier>")
def read_state(service: Service, request: Request, identifier: str) -> Document:
    if state := service.store.states.get(identifier):
        return one(documents.state_version(state, request.base), documents.state_outputs(state))
    raise Refused(404, "not found")


@route("GET", "/api/v2/state-versions/<identifier>/outputs")
def read_state_outputs(service: Service, _request: Request, identifier: str) -> Document:
    if state := service.store.states.get(identifier):
        return many(documents.state_outputs(state))
    raise Refused(404, "not found")


@route("GET", "/api/v2/state-versions")
def list_states(service: Service, request: Request) -> Document:
    wanted = (request.query.get("filter[organization][name]", ""), request.query.get("filter[workspace][name]", ""))
    found = service.store.workspace(*wanted)
    return many(documents.state_version(one, request.base) for one in reversed(found.states if found else []))


@route("PUT", "/_blobs/states/<identifier>")
def upload_state(service: Service, request: Request, identifier: str) -> bytes:
    service.store.states[identifier].state = request.body
    return b""


@route("GET", "/_blobs/states/<identifier>")
def download_state(service: Service, _request: Request, identifier: str) -> bytes:
    state = service.store.states.get(identifier)
    if state is None or state.state is None:
        raise Refused(404, "not found")
    return state.state


@route("PUT", "/_blobs/states/<identifier>/json")
def upload_json_state(service: Service, request: Request, identifier: str) -> bytes:
    service.store.states[identifier].json_state = request.body
    return b""


@route("GET", "/_blobs/states/<identifier>/json")
def download_json_state(service: Service, _request: Request, identifier: str) -> bytes:
    return service.store.states[identifier].json_state or b""
