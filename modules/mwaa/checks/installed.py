"""What is installed beside the content, in the environment on this machine that stands for MWAA's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from mwaa.checks.subject import Subject
from mwaa.process import ToolError


@dataclass(frozen=True)
class Installed:
    """The packages below site-packages folders, those that win first."""

    folders: tuple[Path, ...]

    def has_module(self, dotted: str) -> bool:
        """Whether there is a file or folder for the module. Nothing is imported."""
        return any(_has_module(folder / dotted.replace(".", "/")) for folder in self.folders)

    def home_of(self, dotted: str) -> str:
        """The path of a class or function in the release that is installed, if `dotted` is its path in another one of
        the same provider; empty if the provider has no such name any more. Texts are searched, nothing is imported.
        """
        return next(filter(None, (_home_of(folder, dotted) for folder in self.folders)), "")

    def version(self, distribution: str) -> str:
        """Its version; empty if it is not installed."""
        pattern = f"{distribution.replace('-', '_')}-*.dist-info"
        found = [path for folder in self.folders for path in sorted(folder.glob(pattern))]
        return found[0].name.removesuffix(".dist-info").split("-", 1)[1] if found else ""

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """The distribution of each module or package that can be imported at the top."""
        found: dict[str, str] = {}
        for record in (path for folder in self.folders for path in sorted(folder.glob("*.dist-info/RECORD"))):
            distribution = record.parent.name.split("-")[0].replace("_", "-")
            for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
                path = line.split(",")[0]
                top = path.split("/")[0].split(".")[0]
                if path.endswith((".py", ".so")) and top.isidentifier():
                    found.setdefault(top, distribution)
        return found


def find_installed(subject: Subject) -> Installed | None:
    """Return what is installed; None if the release or the requirements cannot be, which other rules report."""
    from mwaa.requirements import Unresolvable

    try:
        environment = subject.airflow
    except (Unresolvable, ToolError):
        return None
    return Installed(environment.site_packages)


def _has_module(path: Path) -> bool:
    return path.is_dir() or path.with_name(f"{path.name}.py").exists() or any(path.parent.glob(f"{path.name}.*.so"))


@cache  # many files import the same
def _home_of(site_packages: Path, dotted: str) -> str:
    module, _, name = dotted.rpartition(".")
    defined = re.compile(rf"^(class|def) {re.escape(name)}\b|^{re.escape(name)}\b.*=", re.MULTILINE)
    as_was = site_packages / f"{module.replace('.', '/')}.py"
    if as_was.exists() and re.search(rf"\b{re.escape(name)}\b", as_was.read_text(encoding="utf-8")):
        return dotted
    top = site_packages.joinpath(*module.split(".")[:3])
    for path in sorted(top.rglob("*.py")):
        if defined.search(path.read_text(encoding="utf-8", errors="replace")):
            return ".".join((*path.relative_to(site_packages).with_suffix("").parts, name))
    return ""
