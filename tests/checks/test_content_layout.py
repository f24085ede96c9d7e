import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from mwaa.aws_facts.containers import DAGS_FOLDER, PLUGINS_FOLDER
from mwaa.checks.content_layout import subject_of_paths, subject_of_workspace
from mwaa.checks.rules import bundle as content
from mwaa.config import ConfigurationError, Definition, Workspace

from tests.checks.conftest import MakeSubject, Write

GOOD: dict[str, str | bytes] = {
    "dags/daily.py": "from airflow.sdk import dag\n",
    "dags/sql/a.sql": "select 1\n",
    "plugins/acme/rules.py": "LOW = 1\n",
    "requirements.txt": "holidays==0.109\n",
    "startup.sh": "echo ready\n",
}


def archive(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return data.getvalue()


def test_content_is_laid_out_as_mwaa_would(subject: MakeSubject) -> None:
    one = subject(GOOD)
    assert [(file.relative, file.shown, file.parsed) for file in (*one.dags, *one.plugins)] == [
        ("daily.py", "dags/daily.py", True),
        ("sql/a.sql", "dags/sql/a.sql", False),
        ("acme/rules.py", "plugins/acme/rules.py", False),
    ]
    assert (one.folders[DAGS_FOLDER] / "sql/a.sql").read_text() == "select 1\n"
    assert (one.folders[PLUGINS_FOLDER] / "acme/rules.py").read_text() == "LOW = 1\n"
    assert one.requirements is not None
    assert (one.requirements.shown, one.requirements.text()) == ("requirements.txt", "holidays==0.109\n")
    assert one.startup_script is not None
    assert one.startup_script.shown == "startup.sh"


def test_a_workspace_is_shown_by_paths_from_the_projects_root(
    write: Write, workspace: Callable[..., Workspace]
) -> None:
    root = write(GOOD)
    with subject_of_workspace(root, Definition(workspace(airflow_version="2.11.2"), "environments/dev.py")) as one:
        assert (one.name, one.airflow_version, one.environment_class) == ("dev", "2.11.2", "mw1.small")
        assert [file.shown for file in one.dags] == ["dags/daily.py", "dags/sql/a.sql"]
        assert one.options == {"core.lazy_load_plugins": "False"}
        assert one.syntax == "regexp"
        home = one.home
    assert not home.exists()


def test_airflowignore_is_read_in_the_syntax_that_the_workspace_sets(
    write: Write, workspace: Callable[..., Workspace]
) -> None:
    made = workspace(airflow_version="2.11.2", airflow_configuration_options={"core.dag_ignore_file_syntax": "glob"})
    root = write(GOOD | {"dags/.airflowignore": "*.py\n"})  # no regular expression
    with subject_of_workspace(root, Definition(made, "environments/dev.py")) as one:
        assert (one.syntax, one.problems) == (made.airflowignore_syntax, ())
        assert [file.relative for file in one.dags if file.parsed] == []


def test_plugins_may_be_a_zip_file(subject: MakeSubject, write: Write) -> None:
    folder = write({"p.zip": archive({"acme/rules.py": "LOW = 1\n"})})
    one = subject({"dags/daily.py": "x = 1\n"}, plugins=Path("p.zip"))
    assert [(file.relative, file.shown, file.text()) for file in one.plugins] == [
        ("acme/rules.py", "p.zip/acme/rules.py", "LOW = 1\n")
    ]
    assert one.plugins_zip == folder / "p.zip"


def test_a_plugins_folder_that_ships_nothing_is_no_plugins(subject: MakeSubject) -> None:
    one = subject({"dags/daily.py": "x = 1\n", "plugins/.gitkeep": ""})
    assert (one.plugins, one.plugins_zip, one.problems) == ((), None, ())
    assert list(one.folders) == [DAGS_FOLDER]


def test_what_hinders_shipping_is_found_and_the_rest_is_still_looked_at(subject: MakeSubject) -> None:
    one = subject(GOOD | {"startup.sh": "#!/bin/bash\necho a\r\n", "dags/Daily.py": "x = 1\n"})
    assert [(f.rule, f.severity, f.file, f.line, f.found, f.fix) for f in content.check(one)] == [
        (
            "content",
            "error",
            "dags/daily.py",
            None,
            '"daily.py" beside "Daily.py"; expected: names that differ by more than case',
            "rename one of the two",
        ),
        (
            "content",
            "error",
            "startup.sh",
            2,
            "a Windows line end (CR LF) in line 2, which bash takes as part of the command; expected: LF",
            "sed -i 's/\\r$//' startup.sh",
        ),
    ]
    assert [file.shown for file in one.dags] == ["dags/Daily.py", "dags/sql/a.sql"]
    assert one.startup_script is None
    assert [file.shown for file in one.plugins] == ["plugins/acme/rules.py"]


@pytest.mark.parametrize(
    ("option", "given", "allowed"),
    [
        ({"dags": Path("nowhere")}, "nowhere, which does not exist", "a folder"),
        ({"dags": Path("file")}, "file, which is not a folder", "a folder"),
        ({"plugins": Path("file")}, "file, which is not a zip file", "a folder or a .zip file"),
        ({"requirements": Path("folder")}, "folder, which is not a file", "a file"),
    ],
)
def test_paths_must_be_there_and_of_their_kind(
    option: dict[str, Path], given: str, allowed: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({"file": "text", "folder/file": "text"}))
    with pytest.raises(ConfigurationError) as error, subject_of_paths("3.2.1", **option):
        pass
    [problem] = error.value.problems
    assert (problem.field, problem.got, problem.expected) == (f"--{next(iter(option))}", given, allowed)
