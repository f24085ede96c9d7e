"""The JSON:API documents of the HCP Terraform API, made from what the server holds. Names follow go-tfe 1.74."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mwaa.embedded_hcp.records import (
    ConfigurationVersion,
    HcpWorkspace,
    Project,
    Run,
    RunPhase,
    StateVersion,
    Store,
    Variable,
    stamp,
)

Document = dict[str, Any]

WORKSPACE_DEFAULTS: Mapping[str, Any] = {
    "allow-destroy-plan": True,
    "assessments-enabled": False,
    "auto-apply": False,
    "description": "",
    "execution-mode": "remote",
    "file-triggers-enabled": True,
    "global-remote-state": False,
    "queue-all-runs": False,
    "source-name": "",
    "source-url": "",
    "speculative-enabled": True,
    "structured-run-output-enabled": False,
    "trigger-prefixes": [],
    "trigger-patterns": [],
    "vcs-repo": None,
    "working-directory": "",
}
"""Attributes of a workspace that a client may set, with HCP Terraform's defaults."""

_WORKSPACE_RIGHTS = tuple(
    f"can-{right}"
    for right in (
        *("destroy", "force-delete", "force-unlock", "lock", "manage-run-tasks", "queue-apply", "queue-destroy"),
        *("queue-run", "read-settings", "unlock", "update", "update-variable"),
    )
)


def one(data: Document, included: Iterable[Document] = ()) -> Document:
    """Return the document of one resource."""
    document: Document = {"data": data}
    if others := list(included):
        document["included"] = others
    return document


def many(rows: Iterable[Document]) -> Document:
    """Return the document of a list. Lists of this server have one page."""
    data = list(rows)
    pagination = {
        "current-page": 1,
        "page-size": 100,
        "prev-page": None,
        "next-page": None,
        "total-pages": 1,
        "total-count": len(data),
    }
    return {"data": data, "meta": {"pagination": pagination}}


def errors(status: int, title: str, detail: str = "") -> Document:
    """Return the document of a refusal."""
    return {"errors": [{"status": str(status), "title": title, "detail": detail or title}]}


def entitlements(organization: str) -> Document:
    """Return what an organization may use: remote operations and state, without the paid extras."""
    included = ("operations", "state-storage", "teams", "vcs-integrations", "run-tasks")
    others = (
        "agents",
        "audit-logging",
        "cost-estimation",
        "global-run-tasks",
        "private-module-registry",
        "sentinel",
        "sso",
    )
    rights = dict.fromkeys(included, True) | dict.fromkeys(others, False)
    return {"id": f"org-{organization}", "type": "entitlement-sets", "attributes": rights}


def organization(name: str, store: Store) -> Document:
    permissions = {"can-create-workspace": True, "can-update": True, "can-traverse": True}
    return {
        "id": name,
        "type": "organizations",
        "attributes": {
            "name": name,
            "default-execution-mode": "remote",
            "permissions": permissions,
            "allow-force-delete-workspaces": False,
        },
        "relationships": {"default-project": _to("projects", store.default_project(name).id)},
    }


def project(found: Project) -> Document:
    return {
        "id": found.id,
        "type": "projects",
        "attributes": {"name": found.name, "description": found.description},
        "relationships": {"organization": _to("organizations", found.organization)},
    }


def workspace(found: HcpWorkspace) -> Document:
    current, state = found.current_run, found.current_state
    attributes = {
        **WORKSPACE_DEFAULTS,
        **found.settings,
        "name": found.name,
        "created-at": stamp(found.created_at),
        "updated-at": stamp(found.created_at),
        "locked": found.locked_by is not None,
        "actions": {"is-destroyable": True},
        "permissions": dict.fromkeys(_WORKSPACE_RIGHTS, True),
        "tag-names": sorted(key for key, value in found.tags.items() if not value),
        "resource-count": 0,
    }
    attributes["operations"] = attributes["execution-mode"] != "local"
    relationships: Document = {
        "organization": _to("organizations", found.organization),
        "project": _to("projects", found.project),
        "current-run": _to("runs", current.id if current else None),
        "current-state-version": _to("state-versions", state.id if state else None),
    }
    if found.locked_by:
        kind = "runs" if found.locked_by.startswith("run-") else "users"
        relationships["locked-by"] = _to(kind, found.locked_by)
    return {
        "id": found.id,
        "type": "workspaces",
        "attributes": attributes,
        "relationships": relationships,
        "links": {"self": f"/api/v2/organizations/{found.organization}/workspaces/{found.name}"},
    }


def tag_binding(key: str, value: str) -> Document:
    return {"type": "tag-bindings", "id": f"tb-{key}", "attributes": {"key": key, "value": value}}


def variable(found: Variable, of: HcpWorkspace) -> Document:
    """Return a variable; the value of a sensitive one is never sent back."""
    return {
        "id": found.id,
        "type": "vars",
        "attributes": {
            "key": found.key,
            "value": None if found.sensitive else found.value,
            "category": found.category,
            "hcl": found.hcl,
            "sensitive": found.sensitive,
            "description": found.description,
        },
        "relationships": {"configurable": _to("workspaces", of.id)},
    }


def state_version(found: StateVersion, base: str) -> Document:
    blob = f"{base}/_blobs/states/{found.id}"
    return {
        "id": found.id,
        "type": "state-versions",
        "attributes": {
            "serial": found.serial,
            "created-at": stamp(found.created_at),
            "status": found.status,
            "resources-processed": found.state is not None,
            "hosted-state-download-url": blob,
            "hosted-state-upload-url": blob,
            "hosted-json-state-download-url": f"{blob}/json",
            "hosted-json-state-upload-url": f"{blob}/json",
        },
        "relationships": {
            "run": _to("runs", found.run),
            "workspace": _to("workspaces", found.workspace),
            "outputs": {"data": [{"id": one["id"], "type": one["type"]} for one in state_outputs(found)]},
        },
    }


def state_outputs(found: StateVersion) -> list[Document]:
    """Return the outputs of a state, read from the state itself; sensitive values are left out."""
    held = json.loads(found.state)["outputs"] if found.state else {}
    return [
        {
            "id": f"wsout-{found.id.removeprefix('sv-')}-{name}",
            "type": "state-version-outputs",
            "attributes": {
                "name": name,
                "sensitive": bool(output.get("sensitive")),
                "type": output["type"] if isinstance(output["type"], str) else output["type"][0],
                "detailed-type": output["type"],
                "value": None if output.get("sensitive") else output["value"],
            },
        }
        for name, output in sorted(held.items())
    ]


def configuration_version(found: ConfigurationVersion, base: str) -> Document:
    return {
        "id": found.id,
        "type": "configuration-versions",
        "attributes": {
            "auto-queue-runs": found.auto_queue_runs,
            "error": found.error or None,
            "error-message": found.error or None,
            "source": "tfe-api",
            "speculative": found.speculative,
            "provisional": found.provisional,
            "status": found.status,
            "upload-url": f"{base}/_blobs/configurations/{found.id}",
        },
    }


def run(found: Run, of: HcpWorkspace) -> Document:
    waits = found.status in ("planned", "planned_and_saved")
    going = not found.is_final and not waits
    attributes = {
        "actions": {
            "is-cancelable": going,
            "is-confirmable": waits,
            "is-discardable": waits or found.status == "pending",
            "is-force-cancelable": going,
        },
        "permissions": dict.fromkeys(
            ("can-apply", "can-cancel", "can-discard", "can-force-cancel", "can-force-execute"), True
        ),
        "allow-empty-apply": False,
        "auto-apply": found.auto_apply,
        "created-at": stamp(found.created_at),
        "has-changes": found.has_changes,
        "is-destroy": found.is_destroy,
        "message": found.message,
        "plan-only": found.plan_only,
        "position-in-queue": position(found, of),
        "refresh": found.refresh,
        "refresh-only": found.refresh_only,
        "replace-addrs": list(found.replaces) or None,
        "save-plan": found.save_plan,
        "source": "tfe-api",
        "status": found.status,
        "status-timestamps": found.timestamps,
        "target-addrs": list(found.targets) or None,
        "terraform-version": of.settings["terraform-version"],
        "variables": [{"key": key, "value": value} for key, value in found.variables],
    }
    return {
        "id": found.id,
        "type": "runs",
        "attributes": attributes,
        "relationships": {
            "workspace": _to("workspaces", of.id),
            "configuration-version": _to("configuration-versions", found.configuration),
            "plan": _to("plans", found.plan.id),
            "apply": _to("applies", found.apply.id),
            "policy-checks": {"data": []},
            "task-stages": {"data": []},  # where a run task would call `mwaa plan-check`
        },
    }


def position(found: Run, of: HcpWorkspace) -> int:
    """Return how many runs of the workspace come before this one."""
    before = of.runs[: of.runs.index(found)]
    return sum(not other.is_final and not other.plan_only for other in before)


def phase(found: RunPhase, kind: str, of: Run, base: str) -> Document:
    return {
        "id": found.id,
        "type": kind,
        "attributes": {
            "status": found.status,
            "status-timestamps": found.timestamps,
            "has-changes": of.has_changes,
            "generated-configuration": False,
            "log-read-url": f"{base}/_blobs/logs/{found.id}",
            "resource-additions": found.additions,
            "resource-changes": found.changes,
            "resource-destructions": found.destructions,
            "resource-imports": found.imports,
        },
    }


def _to(kind: str, identifier: str | None) -> Document:
    return {"data": {"id": identifier, "type": kind} if identifier else None}
