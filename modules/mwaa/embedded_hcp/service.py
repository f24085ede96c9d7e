"""What the operations of the API work with: the records, the worker, and look-ups that refuse what is not there."""

from dataclasses import dataclass

from mwaa.embedded_hcp.identity import Issuer
from mwaa.embedded_hcp.records import HcpWorkspace, Run, RunPhase, Store
from mwaa.embedded_hcp.routing import Refused
from mwaa.embedded_hcp.worker import Worker


@dataclass(frozen=True)
class Service:
    """One HCP Terraform. Each look-up raises Refused (404) for an id that does not exist."""

    store: Store
    worker: Worker
    issuer: Issuer

    def workspace_of(self, identifier: str) -> HcpWorkspace:
        if found := self.store.workspaces.get(identifier):
            return found
        raise Refused(404, "not found")

    def run_of(self, identifier: str) -> tuple[Run, HcpWorkspace]:
        if found := self.store.runs.get(identifier):
            return found, self.store.workspaces[found.workspace]
        raise Refused(404, "not found")

    def phase_of(self, identifier: str) -> tuple[Run, RunPhase]:
        for run in self.store.runs.values():
            for phase in (run.plan, run.apply):
                if phase.id == identifier:
                    return run, phase
        raise Refused(404, "not found")
