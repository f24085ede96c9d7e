"""The house stands as docs/explanation/design.md says, and no file of the project is tied to one machine."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Joined here so that this file does not hold what it looks for.
REGISTRY_HOSTS = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))
]
HOME_FOLDER = re.compile(r"(?<![\w.~$}])/(?:(?:home|Users)/[a-z][\w.-]*|[r]oot)/")


def project_files() -> list[Path]:
    """Every text file that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def lines_holding(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return found


def test_imports_go_only_down_the_floors() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_holding(re.compile("|".join(map(re.escape, REGISTRY_HOSTS)))) == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert lines_holding(re.compile(rf"{re.escape(str(ROOT))}(?![\w.-])")) == []
    assert lines_holding(HOME_FOLDER) == []


def test_every_locked_package_carries_a_hash() -> None:
    for lock in sorted((ROOT / "locks").glob("*.txt")):
        pins = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
        unhashed = [pin.split()[0] for pin in pins if "==" in pin and "--hash=sha256:" not in pin]
        assert unhashed == [], lock.name


def test_clients_of_aws_are_made_where_the_deploy_role_is_assumed() -> None:
    """What asks AWS about a workspace goes through operations/access.py; the embedded AWS has clients of its own."""
    making = re.compile(r"\bboto3\.(client|resource|Session|setup_default_session)\(|\bget_session\(")
    found = {line.split(":")[0] for line in lines_holding(making) if line.startswith("modules/")}
    assert found == {
        "modules/mwaa/operations/access.py",
        "modules/mwaa/embedded_aws/control.py",
    }
