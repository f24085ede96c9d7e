"""One deployment of somebody else's configuration onto an embedded AWS, by the real Terraform."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.oracles.sources import Sources


class Refused(Exception):
    """Terraform failed; the message is its error."""


@dataclass(frozen=True)
class Deployment:
    """A folder with a configuration, and the environment in which Terraform reaches the embedded AWS."""

    folder: Path
    account: str
    environ: dict[str, str]
    arguments: tuple[str, ...] = ()

    def initialize(self, sources: Sources) -> None:
        """Install modules and providers. Raises Absent, Refused."""
        modules = sources.modules(self.folder)
        manifest = self.folder / ".terraform" / "modules" / "modules.json"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(json.dumps({"Modules": modules}), encoding="utf-8")
        self._run("init", "-get=false", "-no-color")

    def apply(self) -> None:
        """Apply, and see that nothing is left to do. Raises Refused."""
        self._run("apply", "-auto-approve", "-no-color", *self.arguments)
        if self.has_changes():
            raise Refused("the plan after the apply is not empty")

    def has_changes(self) -> bool:
        """Return whether a plan would change anything."""
        return self._run("plan", "-detailed-exitcode", "-no-color", *self.arguments, accepted=(0, 2)).returncode == 2

    def environment(self) -> dict[str, Any]:
        """Return the attributes of aws_mwaa_environment in the state."""
        state = json.loads(self._run("show", "-json").stdout)["values"]["root_module"]
        modules = [state, *state.get("child_modules", [])]
        resources = [one for module in modules for one in module.get("resources", [])]
        return next(dict(one["values"]) for one in resources if one["type"] == "aws_mwaa_environment")

    def destroy(self) -> None:
        """Destroy everything. Raises Refused."""
        self._run("destroy", "-auto-approve", "-no-color", *self.arguments)

    def _run(self, *arguments: str, accepted: tuple[int, ...] = (0,)) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            ["terraform", *arguments], cwd=self.folder, env=self.environ, capture_output=True, text=True
        )
        if done.returncode not in accepted:
            lines = [line.strip(" │╷╵") for line in done.stderr.splitlines()]
            raise Refused(" ".join(line for line in lines if line)[:600])
        return done
