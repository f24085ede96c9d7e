"""Where the oracles' text comes from: a folder of copies, or GitHub. None of it is part of this project."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MODULE = re.compile(r'^module\s+"([\w-]+)"\s*\{(.*?)^\}', re.MULTILINE | re.DOTALL)
_ARGUMENT = re.compile(r'^\s+(source|version)\s*=\s*"([^"]+)"', re.MULTILINE)


class Absent(Exception):
    """What an oracle needs cannot be fetched here."""


@dataclass(frozen=True)
class Sources:
    """`copies` holds OWNER/REPOSITORY folders; what it lacks is cloned into `fetched`."""

    copies: Path | None
    fetched: Path

    def repository(self, name: str, version: str = "") -> Path:
        """Return the folder of a repository of GitHub: NAME@VERSION, or NAME if it was copied without a version.

        Raises Absent.
        """
        for folder in filter(None, (self.copies, self.fetched)):
            for path in (folder / f"{name}@{version}", folder / name):
                if path.is_dir():
                    return path.resolve()
        target = self.fetched / (f"{name}@{version}" if version else name)
        for tag in ([f"v{version}"], [version]) if version else ([],):
            branch = [part for one in tag for part in ("--branch", one)]
            command = ["git", "clone", "--quiet", "--depth", "1", *branch, f"https://github.com/{name}", str(target)]
            try:
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                continue
            return target.resolve()
        raise Absent(f"github.com/{name} {version}".strip())

    def modules(self, folder: Path) -> list[dict[str, str]]:
        """Return what Terraform's modules.json says once the modules of `folder` are installed. Raises Absent."""
        return [{"Key": "", "Source": "", "Dir": "."}, *self._calls(folder, "")]

    def _calls(self, folder: Path, prefix: str) -> Iterator[dict[str, str]]:
        for file in sorted(folder.glob("*.tf")):
            for name, body in _MODULE.findall(file.read_text(encoding="utf-8")):
                arguments = dict(_ARGUMENT.findall(body))
                source, key = arguments["source"], f"{prefix}{name}"
                if source.startswith("."):
                    target, more = (folder / source).resolve(), {}
                else:  # NAMESPACE/NAME/PROVIDER of the registry is NAMESPACE/terraform-PROVIDER-NAME on GitHub
                    namespace, module, provider = source.split("/")[:3]
                    version = arguments.get("version", "").lstrip("~>= ")  # the oldest that it takes
                    target = self.repository(f"{namespace}/terraform-{provider}-{module}", version)
                    source, more = f"registry.terraform.io/{source}", {"Version": version or "999.0.0"}
                yield {"Key": key, "Source": source, "Dir": str(target), **more}
                yield from self._calls(target, f"{key}.")
