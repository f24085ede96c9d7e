"""Finds Terraform (or OpenTofu) on this machine, and where it can get the AWS provider: the registry, or a mirror."""

import json
import os
import re
import shutil
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.version import InvalidVersion, Version

from mwaa.config.provider_constraint import OLDEST
from mwaa.config.synthesis_target import AWS_PROVIDER
from mwaa.local.errors import DeployError
from mwaa.project_layout import BIN, PLUGIN_CACHE, TERRAFORM_CONFIG

OLDEST_TERRAFORM = Version("1.5")
"""Older releases are not tried."""

BINARY_VARIABLE = "TERRAFORM_BINARY_NAME"
"""What the CDKTF command line reads to choose the binary; so does this module."""

_REGISTRIES = {"Terraform": "registry.terraform.io", "OpenTofu": "registry.opentofu.org"}
_VERSION = re.compile(r"^(Terraform|OpenTofu) v(\S+)\s+on (\S+)", re.MULTILINE)
_MIRROR_PATH = re.compile(r'filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"')
_REGISTRY_SECONDS = 3
_KEPT = {
    "TF_LOG", "TF_LOG_CORE", "TF_LOG_PROVIDER", "TF_LOG_PATH", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR",
    "TF_REGISTRY_CLIENT_TIMEOUT", "TF_REGISTRY_DISCOVERY_RETRY",
}  # fmt: skip
"""A person's `TF_*` settings that make sense here. Others (workspace, arguments) belong to real deployments."""


@dataclass(frozen=True, slots=True)
class Terraform:
    """A binary: `product` is "Terraform" or "OpenTofu", `platform` such as linux_amd64."""

    path: Path
    product: str
    version: Version
    platform: str

    @property
    def registry(self) -> str:
        """The host from which this product takes providers that name none."""
        return _REGISTRIES[self.product]


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the AWS provider comes from: a mirror (then `folder` and its newest `version`), or the registry."""

    folder: Path | None = None
    version: Version | None = None
    known_to_terraform: bool = True
    """Terraform looks there by itself, so that no CLI configuration is needed."""


def find_terraform(root: Path, environ: Mapping[str, str] = os.environ) -> Terraform:
    """Return the binary that `TERRAFORM_BINARY_NAME` names, else `terraform` or `tofu` on PATH, else what `make setup`
    downloaded into the project `root`. Raises DeployError.
    """
    named = environ.get(BINARY_VARIABLE)
    names = [named] if named else ["terraform", "tofu"]
    downloaded = str(root / BIN)
    others = [folder for folder in environ.get("PATH", os.defpath).split(os.pathsep) if folder != downloaded]
    places = (os.pathsep.join(others), downloaded)
    path = next((found for place in places for name in names if (found := shutil.which(name, path=place))), None)
    if path is None:
        if named:
            raise DeployError(f"{named} ({BINARY_VARIABLE}) is not on PATH", f"unset {BINARY_VARIABLE}")
        raise DeployError("neither terraform nor tofu is on PATH", "make setup")
    asked = subprocess.run(
        [path, "version"],
        env=cleaned(environ) | {"CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = _VERSION.search(asked.stdout)
    if asked.returncode != 0 or not said:
        text = (asked.stderr or asked.stdout).strip() or "nothing"
        raise DeployError(f"{path} version did not work; it said: {text}", "install Terraform again")
    return Terraform(Path(path), said[1], Version(said[2]), said[3])


def cleaned(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without the `TF_*` settings of real deployments, and without a CLI configuration that does not exist.

    Terraform warns of such a file with every command.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("TF_") or name in _KEPT}
    if not Path(kept.get("TF_CLI_CONFIG_FILE", "")).expanduser().is_file():
        kept.pop("TF_CLI_CONFIG_FILE", None)
    return kept


def find_provider(root: Path, terraform: Terraform, environ: Mapping[str, str] = os.environ) -> Provider:
    """Where `terraform` can get the AWS provider for the project `root`. Raises DeployError if nowhere.

    Folders that Terraform searches by itself come first: a provider found there is never looked for in the registry
    (developer.hashicorp.com/terraform/cli/config/config-file, "Implied Local Mirror Directories"). Then the registry,
    if it answers. Then any mirror that lies in a usual place.
    """
    configured = _configured_mirrors(terraform, environ)
    implied = configured if configured is not None else _implied_mirrors(environ)
    if mirror := newest(implied, terraform):
        return Provider(*mirror)
    if registry_answers(terraform.registry):
        return Provider()
    if mirror := newest(_usual_mirrors(root, terraform.registry, environ), terraform):
        return Provider(*mirror, known_to_terraform=False)
    raise DeployError(
        f"{terraform.registry} does not answer, and no mirror on this machine holds the AWS provider "
        f"({OLDEST} or newer, {terraform.platform})",
        "connect to the internet; or run `terraform providers mirror FOLDER` on a machine that is, "
        "and copy FOLDER to ~/.terraform.d/plugins here",
    )


def environ_for(root: Path, terraform: Terraform, provider: Provider, base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so that `terraform` (or the CDKTF command line) uses this provider without asking anybody.

    Writes a CLI configuration under `.mwaa/` if one is needed.
    """
    environ = cleaned(base) | {
        BINARY_VARIABLE: str(terraform.path),
        "CHECKPOINT_DISABLE": "1",
        "TF_INPUT": "0",
        # The CDKTF command line would set a cache in the home folder, which two runs at once spoil for each other.
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
    }
    if provider.version is not None:
        environ[AWS_PROVIDER] = str(provider.version)
    if provider.folder is not None and not provider.known_to_terraform:
        config = root / TERRAFORM_CONFIG
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(cli_config(provider.folder, terraform.registry), encoding="utf-8")
        environ["TF_CLI_CONFIG_FILE"] = str(config)
        environ.pop("TF_PLUGIN_CACHE_DIR", None)  # a mirror needs none, and Terraform would fill it with a copy
    elif provider.folder is None and "TF_PLUGIN_CACHE_DIR" not in environ:
        folder = root / PLUGIN_CACHE
        folder.mkdir(parents=True, exist_ok=True)
        # Without a lock file Terraform would download again; the lock of a throw-away deployment may be partial.
        environ |= {"TF_PLUGIN_CACHE_DIR": str(folder), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}
    return environ


def cli_config(folder: Path, registry: str) -> str:
    """A Terraform CLI configuration that takes every provider from `folder` and none from anywhere else."""
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(folder), ensure_ascii=False)}\n"
        f'    include = ["{registry}/*/*"]\n'
        "  }\n"
        "}\n"
    )


def newest(mirrors: Iterable[Path], terraform: Terraform) -> tuple[Path, Version] | None:
    """The mirror with the newest usable AWS provider, and that version.

    Layouts: developer.hashicorp.com/terraform/cli/config/config-file, "filesystem_mirror".
    """
    found: list[tuple[Version, Path]] = []
    for mirror in mirrors:
        folder = mirror / terraform.registry / "hashicorp" / "aws"
        unpacked = _found(folder, f"*/{terraform.platform}/terraform-provider-aws*")
        packed = _found(folder, f"terraform-provider-aws_*_{terraform.platform}.zip")
        texts = [path.parts[-3] for path in unpacked] + [path.name.split("_")[1] for path in packed]
        found += [(version, mirror) for version in map(_version, texts) if version and version >= OLDEST]
    if not found:
        return None
    version, mirror = max(found, key=lambda item: item[0])
    return mirror, version


@cache
def registry_answers(host: str) -> bool:
    """Whether a provider registry answers within three seconds. Asked once in a run.

    Only that it answers counts, so that certificates (which Python does not find on every machine) are not checked
    here; Terraform checks them.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    answers: list[bool] = []

    def ask() -> None:
        try:
            address = f"https://{host}/.well-known/terraform.json"
            with urllib.request.urlopen(address, timeout=_REGISTRY_SECONDS, context=context) as response:
                answers.append("providers.v1" in json.load(response))
        except (OSError, ValueError):
            answers.append(False)

    # In a thread, because the timeout of a socket does not bound the look-up of the name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_REGISTRY_SECONDS)
    return answers == [True]


def _configured_mirrors(terraform: Terraform, environ: Mapping[str, str]) -> list[Path] | None:
    """The mirrors of the person's own CLI configuration; None unless it says how providers are installed."""
    home = _home(environ)
    names = [".tofurc", ".terraformrc"] if terraform.product == "OpenTofu" else [".terraformrc"]
    named = cleaned(environ).get("TF_CLI_CONFIG_FILE")
    files = [Path(named).expanduser()] if named else [home / name for name in names]
    file = next((file for file in files if file.is_file()), None)
    text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    text = re.sub(r"^\s*(#|//).*$", "", text, flags=re.MULTILINE)
    return [Path(path) for path in _MIRROR_PATH.findall(text)] if "provider_installation" in text else None


def _implied_mirrors(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where Terraform looks without any configuration, but for `terraform.d/plugins` in the stack's folder."""
    home = _home(environ)
    data = environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield home / ".terraform.d/plugins"
    yield home / "Library/Application Support/io.terraform/plugins"
    for folder in [data, *filter(None, shared.split(":"))]:
        yield Path(folder) / "terraform/plugins"


def _usual_mirrors(root: Path, registry: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Mirrors that people and images keep without telling Terraform, and what was downloaded here before."""
    yield root / PLUGIN_CACHE
    yield root / "terraform.d/plugins"
    for folder in (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"), Path("/usr/local/lib"), _home(environ)):
        for pattern in (f"*/{registry}/hashicorp/aws", f"*/*/{registry}/hashicorp/aws"):
            yield from (found.parents[2] for found in _found(folder, pattern))


def _found(folder: Path, pattern: str) -> list[Path]:
    """What matches below the folder; nothing where we may not look."""
    try:
        return list(folder.glob(pattern))
    except PermissionError:
        return []


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
