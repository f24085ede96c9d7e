"""The variables of a workspace."""

from mwaa.embedded_hcp import documents
from mwaa.embedded_hcp.documents import Document, many, one
from mwaa.embedded_hcp.records import Variable
from mwaa.embedded_hcp.routing import Refused, Request, route
from mwaa.embedded_hcp.service import Service


@route("GET", "/api/v2/workspaces/<identifier>/vars")
def list_variables(service: Service, _request: Request, identifier: str) -> Document:
    found = service.workspace_of(identifier)
    return many(documents.variable(one, found) for one in found.variables.values())


@route("GET", "/api/v2/workspaces/<identifier>/all-vars")
def list_all_variables(service: Service, request: Request, identifier: str) -> Document:
    return list_variables(service, request, identifier)  # type: ignore[no-any-return]


@route("POST", "/api/v2/workspaces/<identifier>/vars")
def create_variable(service: Service, request: Request, identifier: str) -> tuple[int, Document]:
    found, attributes = service.workspace_of(identifier), request.attributes
    key, category = attributes["key"], attributes.get("category", "terraform")
    if any((one.key, one.category) == (key, category) for one in found.variables.values()):
        raise Refused(422, "invalid attribute", "Key has already been taken")
    made = Variable(
        key,
        attributes.get("value") or "",
        category,
        bool(attributes.get("hcl")),
        bool(attributes.get("sensitive")),
        attributes.get("description") or "",
    )
    found.variables[made.id] = made
    return 201, one(documents.variable(made, found))


@route("PATCH", "/api/v2/workspaces/<identifier>/vars/<variable>")
def update_variable(service: Service, request: Request, identifier: str, variable: str) -> Document:
    found = service.workspace_of(identifier)
    if variable not in found.variables:
        raise Refused(404, "not found")
    held = found.variables[variable]
    for name in ("key", "value", "hcl", "sensitive", "description"):
        if request.attributes.get(name) is not None:
            setattr(held, name, request.attributes[name])
    return one(documents.variable(held, found))


@route("DELETE", "/api/v2/workspaces/<identifier>/vars/<variable>")
def delete_variable(service: Service, _request: Request, identifier: str, variable: str) -> None:
    if service.workspace_of(identifier).variables.pop(variable, None) is None:
        raise Refused(404, "not found")


@route("GET", "/api/v2/workspaces/<identifier>/varsets")
def list_variable_sets(_service: Service, _request: Request, identifier: str) -> Document:
    return many(())
