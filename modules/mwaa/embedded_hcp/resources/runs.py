"""Uploaded configurations, and the runs that plan and apply them."""

from collections.abc import Mapping
from typing import Any

from mwaa.embedded_hcp import documents
from mwaa.embedded_hcp.documents import Document, many, one
from mwaa.embedded_hcp.records import ConfigurationVersion, HcpWorkspace, Run
from mwaa.embedded_hcp.routing import Refused, Request, route
from mwaa.embedded_hcp.service import Service


@route("POST", "/api/v2/workspaces/<identifier>/configuration-versions")
def create_configuration(service: Service, request: Request, identifier: str) -> tuple[int, Document]:
    attributes = request.attributes
    made = ConfigurationVersion(
        service.workspace_of(identifier).id,
        bool(attributes.get("speculative")),
        bool(attributes.get("provisional")),
        attributes.get("auto-queue-runs", True) is not False,
    )
    service.store.configurations[made.id] = made
    return 201, one(documents.configuration_version(made, request.base))


@route("GET", "/api/v2/configuration-versions/<identifier>")
def read_configuration(service: Service, request: Request, identifier: str) -> Document:
    if found := service.store.configurations.get(identifier):
        return one(documents.configuration_version(found, request.base))
    raise Refused(404, "not found")


@route("PUT", "/_blobs/configurations/<identifier>")
def upload_configuration(service: Service, request: Request, identifier: str) -> bytes:
    found = service.store.configurations.get(identifier)
    if found is None or found.archive is not None:
        raise Refused(404, "not found", "each upload address takes one upload")
    found.archive = request.body
    if found.auto_queue_runs:
        queue_run(service, service.store.workspaces[found.workspace], found, {}, "Queued by an upload")
    return b""


@route("POST", "/api/v2/runs")
def create_run(service: Service, request: Request) -> tuple[int, Document]:
    found = service.workspace_of(request.related("workspace") or "")
    configuration = service.store.configurations.get(request.related("configuration-version") or "")
    if configuration is None:
        earlier = [run.configuration for run in found.runs if not run.plan_only]
        configuration = service.store.configurations.get(earlier[-1]) if earlier else None
    if configuration is None or configuration.archive is None:
        raise Refused(422, "invalid attribute", "Configuration version is missing or not uploaded")
    run = queue_run(
        service, found, configuration, request.attributes, request.attributes.get("message") or "Queued by the API"
    )
    return 201, one(documents.run(run, found))


@route("GET", "/api/v2/runs/<identifier>")
def read_run(service: Service, request: Request, identifier: str) -> Document:
    run, found = service.run_of(identifier)
    wanted = request.query.get("include", "").split(",")
    included = []
    if "workspace" in wanted:
        included.append(documents.workspace(found))
    if "plan" in wanted:
        included.append(documents.phase(run.plan, "plans", run, request.base))
    if "apply" in wanted:
        included.append(documents.phase(run.apply, "applies", run, request.base))
    return one(documents.run(run, found), included)


@route("GET", "/api/v2/workspaces/<identifier>/runs")
def list_runs(service: Service, _request: Request, identifier: str) -> Document:
    found = service.workspace_of(identifier)
    return many(documents.run(run, found) for run in reversed(found.runs))


@route("GET", "/api/v2/runs/<identifier>/task-stages")
def list_task_stages(_service: Service, _request: Request, identifier: str) -> Document:
    return many(())


@route("GET", "/api/v2/runs/<identifier>/policy-checks")
def list_policy_checks(_service: Service, _request: Request, identifier: str) -> Document:
    return many(())


@route("GET", "/api/v2/runs/<identifier>/run-events")
def list_run_events(_service: Service, _request: Request, identifier: str) -> Document:
    return many(())


@route("POST", "/api/v2/runs/<identifier>/actions/apply")
def apply_run(service: Service, _request: Request, identifier: str) -> tuple[int, Document]:
    run, _ = service.run_of(identifier)
    if run.status not in ("planned", "planned_and_saved"):
        raise Refused(409, "transition not allowed", f"a run that is {run.status} cannot be applied")
    service.worker.confirm(run)
    return 202, {}


@route("POST", "/api/v2/runs/<identifier>/actions/discard")
def discard_run(service: Service, _request: Request, identifier: str) -> tuple[int, Document]:
    run, _ = service.run_of(identifier)
    if run.status not in ("planned", "planned_and_saved", "pending"):
        raise Refused(409, "transition not allowed", f"a run that is {run.status} cannot be discarded")
    service.worker.discard(run)
    return 202, {}


@route("POST", "/api/v2/runs/<identifier>/actions/cancel")
def cancel_run(service: Service, _request: Request, identifier: str) -> tuple[int, Document]:
    return _cancel(service, identifier, force=False)


@route("POST", "/api/v2/runs/<identifier>/actions/force-cancel")
def force_cancel_run(service: Service, _request: Request, identifier: str) -> tuple[int, Document]:
    return _cancel(service, identifier, force=True)


@route("GET", "/api/v2/plans/<identifier>")
def read_plan(service: Service, request: Request, identifier: str) -> Document:
    run, phase = service.phase_of(identifier)
    return one(documents.phase(phase, "plans", run, request.base))


@route("GET", "/api/v2/plans/<identifier>/json-output")
def read_plan_json(service: Service, _request: Request, identifier: str) -> bytes:
    run, _ = service.phase_of(identifier)
    if run.plan_json is None:
        raise Refused(404, "not found")
    return run.plan_json


@route("GET", "/api/v2/applies/<identifier>")
def read_apply(service: Service, request: Request, identifier: str) -> Document:
    run, phase = service.phase_of(identifier)
    return one(documents.phase(phase, "applies", run, request.base))


@route("GET", "/_blobs/logs/<identifier>")
def read_log(service: Service, request: Request, identifier: str) -> bytes:
    _, phase = service.phase_of(identifier)
    return phase.log.read(int(request.query.get("offset", 0)), int(request.query.get("limit", 1 << 30)))


def queue_run(
    service: Service,
    found: HcpWorkspace,
    configuration: ConfigurationVersion,
    attributes: Mapping[str, Any],
    message: str,
) -> Run:
    run = Run(
        workspace=found.id,
        configuration=configuration.id,
        message=message,
        is_destroy=bool(attributes.get("is-destroy")),
        plan_only=bool(attributes.get("plan-only")) or configuration.speculative,
        save_plan=bool(attributes.get("save-plan")),
        auto_apply=bool(attributes.get("auto-apply", found.settings.get("auto-apply", False))),
        refresh=attributes.get("refresh") is not False,
        refresh_only=bool(attributes.get("refresh-only")),
        targets=tuple(attributes.get("target-addrs") or ()),
        replaces=tuple(attributes.get("replace-addrs") or ()),
        variables=tuple(
            ((one.get("key") or one.get("Key")), (one.get("value") or one.get("Value")))
            for one in attributes.get("variables") or ()
        ),
    )
    found.runs.append(run)
    service.store.runs[run.id] = run
    service.worker.queue(run)
    return run


def _cancel(service: Service, identifier: str, *, force: bool) -> tuple[int, Document]:
    run, _ = service.run_of(identifier)
    if run.is_final:
        raise Refused(409, "transition not allowed", f"a run that is {run.status} cannot be canceled")
    service.worker.cancel(run, force=force)
    return 202, {}
