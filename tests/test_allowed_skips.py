"""A skip that is not on the list fails the run, with one process and with several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PASSES = "def test_passes():\n    pass\n"
SKIPS = "import pytest\n\n\ndef test_skips():\n    pytest.skip('no tool here')\n"
WHOLE_FILE_SKIPS = "import pytest\n\npytest.skip('no tool here', allow_module_level=True)\n"
MARKED = "import pytest\n\n\n@pytest.mark.skipif(True, reason='no tool here')\ndef test_marked():\n    pass\n"
EXPECTED_FAILURE = "import pytest\n\n\n@pytest.mark.xfail\ndef test_fails():\n    raise ValueError\n"
PROVIDER = "import pytest\n\n\ndef test_applies():\n    pytest.skip('no AWS provider 6 here: {}')\n"
UNREACHABLE = "registry.example.com does not answer, or a mirror comes before it"


def run(folder: Path, files: dict[str, str], workers: int) -> tuple[int, list[str]]:
    """Run pytest on these files; return its exit status and the lines about skips."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.allowed_skips", "-p", "no:cacheprovider", "--color=no"]
    done = subprocess.run(
        [*command, *(["-n", str(workers)] if workers else []), "."],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    heads = [number for number, line in enumerate(lines) if "skips that are not allowed" in line]
    assert len(heads) <= 1, done.stdout
    return done.returncode, [line for line in lines[heads[0] + 1 : -1] if line] if heads else []


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("text", "node"),
    [
        (SKIPS, "test_it.py::test_skips"),
        (MARKED, "test_it.py::test_marked"),
        (WHOLE_FILE_SKIPS, "test_it.py"),
    ],
    ids=["in the test", "by a mark", "a whole file"],
)
def test_a_skip_fails_the_run_and_is_named_with_its_reason(tmp_path: Path, workers: int, text: str, node: str) -> None:
    status, lines = run(tmp_path, {"test_it.py": text, "test_other.py": PASSES}, workers)
    assert lines == [
        f"{node}: no tool here",
        "1 skipped: install what is missing, or add the reason to tests/allowed_skips.py",
    ]
    assert status == 1


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("test_it.py", PASSES),
        ("test_it.py", EXPECTED_FAILURE),
        ("tests/e2e/test_provider6.py", PROVIDER.format(UNREACHABLE)),
    ],
    ids=["no skip", "an expected failure", "a listed skip"],
)
def test_a_run_without_other_skips_passes(tmp_path: Path, workers: int, file: str, text: str) -> None:
    assert run(tmp_path, {file: text}, workers) == (0, [])


def test_a_listed_file_does_not_skip_for_another_reason(tmp_path: Path) -> None:
    status, lines = run(tmp_path, {"tests/e2e/test_provider6.py": PROVIDER.format("too slow")}, 0)
    assert lines[0] == "tests/e2e/test_provider6.py::test_applies: no AWS provider 6 here: too slow"
    assert status == 1
