"""Organizations and their projects, and what a client asks about the service itself."""

from mwaa.embedded_hcp import documents
from mwaa.embedded_hcp.documents import Document, many, one
from mwaa.embedded_hcp.records import Project
from mwaa.embedded_hcp.routing import Refused, Request, route
from mwaa.embedded_hcp.service import Service


@route("GET", "/.well-known/terraform.json")
def discover(service: Service, _request: Request) -> Document:
    return {f"tfe.v2{minor}": "/api/v2/" for minor in ("", ".1", ".2")} | {"state.v2": "/api/v2/"}


@route("GET", "/.well-known/openid-configuration")
def openid(service: Service, _request: Request) -> Document:
    return service.issuer.configuration()


@route("GET", "/.well-known/jwks")
def keys(service: Service, _request: Request) -> Document:
    return service.issuer.keys()


@route("GET", "/api/v2/ping")
def ping(_service: Service, _request: Request) -> None:
    return None


@route("GET", "/api/v2/account/details")
def account(_service: Service, _request: Request) -> Document:
    attributes = {"username": "embedded", "is-service-account": False, "email": "", "permissions": {}}
    return one({"id": "user-embedded", "type": "users", "attributes": attributes})


@route("GET", "/api/v2/organizations/<name>")
def read_organization(service: Service, _request: Request, name: str) -> Document:
    return one(documents.organization(name, service.store))


@route("GET", "/api/v2/organizations/<name>/entitlement-set")
def read_entitlements(_service: Service, _request: Request, name: str) -> Document:
    return one(documents.entitlements(name))


@route("GET", "/api/v2/organizations/<name>/capacity")
def read_capacity(service: Service, _request: Request, name: str) -> Document:
    running = sum(run.status in ("planning", "applying") for run in service.store.runs.values())
    pending = sum(run.status == "pending" for run in service.store.runs.values())
    return one({"id": name, "type": "organization-capacity", "attributes": {"pending": pending, "running": running}})


@route("GET", "/api/v2/organizations/<name>/runs/queue")
def read_queue(service: Service, _request: Request, name: str) -> Document:
    found = [run for run in service.store.runs.values() if not run.is_final]
    spaces = [(run, service.store.workspaces[run.workspace]) for run in found]
    return many(documents.run(run, space) for run, space in spaces if space.organization == name)


@route("GET", "/api/v2/organizations/<name>/projects")
def list_projects(service: Service, request: Request, name: str) -> Document:
    service.store.default_project(name)
    wanted = request.query.get("filter[names]", "")
    names = wanted.split(",") if wanted else []
    found = (one for one in service.store.projects.values() if one.organization == name)
    return many(documents.project(project) for project in found if not names or project.name in names)


@route("POST", "/api/v2/organizations/<name>/projects")
def create_project(service: Service, request: Request, name: str) -> tuple[int, Document]:
    wanted = request.attributes.get("name", "")
    if service.store.project(name, wanted):
        raise Refused(422, "invalid attribute", "Name has already been taken")
    added = service.store.add_project(Project(name, wanted, request.attributes.get("description") or ""))
    return 201, one(documents.project(added))


@route("GET", "/api/v2/projects/<identifier>")
def read_project(service: Service, _request: Request, identifier: str) -> Document:
    if found := service.store.projects.get(identifier):
        return one(documents.project(found))
    raise Refused(404, "not found")
