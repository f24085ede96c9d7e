"""Rules that look at files alone: no Airflow is needed."""
# ruff: noqa: E501 (messages are compared whole)

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from mwaa.checks.finding import Finding
from mwaa.checks.installed import Installed
from mwaa.checks.rules import plugins_layout, secrets, sizes, startup_script, unwanted_files
from mwaa.checks.subject import Subject

from tests.checks.conftest import MakeSubject
from tests.checks.test_content_layout import archive

KEY = "AKIA" + "QWERTYUIOPASDFGH"  # in two parts, so that nobody's scanner takes it for one
SLACK = "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"


def lines_of(findings: Iterable[Finding]) -> list[tuple[str, int | None, str, str, str]]:
    return [(one.file, one.line, one.rule, one.severity, one.found) for one in findings]


@pytest.fixture
def no_airflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Subject], Installed]:
    """In the place of Airflow's environment: a site-packages folder that has `requests` alone."""
    folder = tmp_path / "site-packages"
    (folder / "requests-2.32.0.dist-info").mkdir(parents=True)
    (folder / "requests-2.32.0.dist-info/RECORD").write_text("requests/__init__.py,,\nrequests-2.32.0.dist-info/x,,\n")

    def here(_subject: Subject) -> Installed:
        return Installed((folder,))

    monkeypatch.setattr(plugins_layout, "find_installed", here)
    return here


def test_sizes_beyond_advice_are_reported(subject: MakeSubject, tmp_path: Path) -> None:
    made = subject({"dags/big.csv": b"x" * 10_600_000, "dags/a.sql": "select 1", "plugins/a.py": "x = 1\n"})
    one = replace(made, plugins_zip=tmp_path / "large.zip")
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate(1_260_000_000)  # takes no space
    assert lines_of(sizes.check(one)) == [
        ("plugins", None, "plugins-size", "warning", "plugins.zip would be 1.3 GB, more than the 1 GB that AWS advises at most"),
        ("dags/big.csv", None, "dag-file-size", "warning", "a file of 11 MB in the DAG folder, which every component copies"),
    ]  # fmt: skip


def test_sizes_at_the_advice_are_not_reported(subject: MakeSubject, tmp_path: Path) -> None:
    made = subject({"dags/big.csv": b"x" * 10_000_000, "plugins/a.py": "x = 1\n"})
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate(1_000_000_000)
    assert list(sizes.check(replace(made, plugins_zip=tmp_path / "large.zip"))) == []


def test_private_and_local_files_are_reported(subject: MakeSubject) -> None:
    files: dict[str, str | bytes] = {
        "dags/.env": "A=1",
        "dags/.env.example": "A=",
        "dags/keys/id_rsa": "x",
        "dags/ca.pem": "-----BEGIN CERTIFICATE-----\nx",
        "dags/key.pem": "-----BEGIN PRIVATE" + " KEY-----\nx",
        "dags/airflow.cfg": "[core]",
        "dags/docs/airflow.cfg": "[core]",
        "dags/my_env/pyvenv.cfg": "home = /usr",
        "dags/my_env/lib/x.py": "x = 1",
        "dags/web/node_modules/a/b.js": "1",
        "dags/web/node_modules/c/d.js": "1",
        "plugins/.aws/credentials": "[default]",
    }
    private = "a file that usually holds credentials, and would lie in the source bucket"
    local = "a file or folder that belongs to one machine, and would be shipped"
    assert sorted(lines_of(unwanted_files.check(subject(files)))) == [
        ("dags/.env", None, "private-file", "error", private),
        (
            "dags/airflow.cfg",
            None,
            "unused-configuration",
            "warning",
            "airflow.cfg has no effect: MWAA does not read it from here",
        ),
        ("dags/key.pem", None, "private-file", "error", private),
        ("dags/keys/id_rsa", None, "private-file", "error", private),
        ("dags/my_env", None, "local-file", "warning", local),
        ("dags/web/node_modules", None, "local-file", "warning", local),
        ("plugins/.aws/credentials", None, "private-file", "error", private),
    ]


def test_secrets_are_reported_and_names_of_secrets_are_not(subject: MakeSubject) -> None:
    lines = [
        f'key = "{KEY}"',
        f'slack = "{SLACK}"',
        'password = "' + "hunter2hunter" + '"',
        'conn = "postgresql://sales:' + 's3cr3tpw@db/sales"',
        f'known = "{KEY}"  # pragma: allowlist secret',
        'example = "' + "AKIA" + 'IOSFODNN7EXAMPLE"',
        'local = "postgresql://airflow:airflow@postgres/airflow"',
        'templated = "postgresql://sales:{password}@db/sales"',
        'secret_name = "prod/sales/db"',
        'password = Variable.get("sales_password")',
        'secret = "{{ var.value.secret }}"',
        'password_variable = "redshift_password"',
        'digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    ]
    one = subject({"dags/a.py": "\n".join(lines), "startup.sh": f"export A={KEY}\n", "plugins/b.json": "{}"})
    assert lines_of(secrets.check(one)) == [
        ("dags/a.py", 1, "secret", "error", "an AWS Access Key"),
        ("dags/a.py", 2, "secret", "error", "a Slack Token"),
        ("dags/a.py", 3, "secret", "warning", "what looks like a password or key, written out"),
        ("dags/a.py", 4, "secret", "warning", "what looks like a password in an address"),
        ("startup.sh", 1, "secret", "error", "an AWS Access Key"),
    ]


def test_a_zip_of_the_folder_instead_of_its_contents_is_reported(
    subject: MakeSubject, no_airflow: object, tmp_path: Path
) -> None:
    (tmp_path / "plugins.zip").write_bytes(archive({"plugins/a.py": "x = 1\n", "plugins/b/c.py": "x = 1\n"}))
    [found] = plugins_layout.check(subject({"dags/a.py": ""}, plugins=Path("plugins.zip")))
    assert (found.rule, found.severity, found.file) == ("plugins-nested", "error", "plugins.zip")
    assert found.found == 'the folder "plugins" was zipped instead of its contents: MWAA unpacks it as plugins/plugins/'
    assert found.fix == "zip from inside the folder: cd plugins && zip -r ../plugins.zip ."


def test_a_plugins_folder_in_the_plugins_folder_is_reported(subject: MakeSubject, no_airflow: object) -> None:
    one = subject({"dags/a.py": "", "plugins/plugins/a.py": "x = 1\n"})
    assert lines_of(plugins_layout.check(one)) == [
        ("plugins", None, "plugins-nested", "error", "everything lies in plugins/plugins/: on MWAA it is one folder too deep")
    ]  # fmt: skip


def test_a_plugin_beside_a_folder_of_that_name_is_fine(subject: MakeSubject, no_airflow: object) -> None:
    one = subject({"dags/a.py": "", "plugins/plugins/a.py": "x = 1\n", "plugins/acme.py": "x = 1\n"})
    assert list(plugins_layout.check(one)) == []


def test_plugins_that_python_finds_elsewhere_are_reported(subject: MakeSubject, no_airflow: object) -> None:
    one = subject(
        {
            "dags/a.py": "",
            "plugins/airflow/x.py": "",
            "plugins/email/x.py": "",
            "plugins/requests/x.py": "",
            "plugins/sql/x.sql": "",
            "plugins/operators/x.py": "",
            "plugins/operators/__init__.py": "",
        }
    )
    last = "never this: the plugins folder comes last on Python's path"
    assert lines_of(plugins_layout.check(one)) == [
        ("plugins/airflow", None, "plugin-hidden", "error", f'"import airflow" finds Airflow itself, {last}'),
        ("plugins/email", None, "plugin-hidden", "warning", f'"import email" finds Python\'s own module, {last}'),
        (
            "plugins/requests",
            None,
            "plugin-hidden",
            "warning",
            f'"import requests" finds the installed package requests, {last}',
        ),
    ]


def test_plugins_that_take_the_place_of_a_module_are_reported_unless_airflow_ignores_them(
    subject: MakeSubject, no_airflow: object
) -> None:
    files: dict[str, str | bytes] = {
        "dags/a.py": "",
        "plugins/acme/json.py": "",
        "plugins/acme/requests.py": "",
        "plugins/acme/acme.py": "",
        "plugins/acme/rules.py": "",
        "plugins/quiet/json.py": "",
        "plugins/.airflowignore": "quiet/\n",
    }
    place = 'Airflow imports this file as the module "{}" too, and so puts it in the place of {}'
    assert lines_of(plugins_layout.check(subject(files))) == [
        (
            "plugins/acme/acme.py",
            None,
            "plugin-replaces-module",
            "warning",
            place.format("acme", "the package plugins/acme/"),
        ),
        (
            "plugins/acme/json.py",
            None,
            "plugin-replaces-module",
            "error",
            place.format("json", "Python's own module"),
        ),
        (
            "plugins/acme/requests.py",
            None,
            "plugin-replaces-module",
            "warning",
            place.format("requests", "the installed package requests"),
        ),
    ]


SCRIPT = """\
#!/bin/bash
export AWS_REGION=eu-west-1 GOOD=1
export AIRFLOW__CORE__EXECUTOR=LocalExecutor MWAA__CORE__X=1
if [ "$MWAA_AIRFLOW_COMPONENT" = "worker" ]; then
  sudo yum -y update
  sudo dnf install -y python3 libaio
  sudo yum install -y libaio && cd /tmp
fi
cat <<END
exit
END
(exit 3)  # ends the subshell alone
for x in `ls *.txt`; do echo $x; done
[ -f "$HOME/x" ] || exit 1
exit 0
"""


def test_a_startup_script_is_read_as_bash_shellcheck_and_mwaa_do(subject: MakeSubject) -> None:
    one = subject({"startup.sh": SCRIPT}, environment_class="mw1.micro")
    gone = "exit ends the shell in which MWAA reads the script's variables: the component does not start"
    assert sorted(lines_of(startup_script.check(one)), key=lambda one: (one[1] or 0, one[2])) == [
        ("startup.sh", 2, "startup-reserved-variable", "warning", "AWS_REGION has no effect: MWAA overwrites it after the script"),
        ("startup.sh", 3, "startup-reserved-variable", "warning", "AIRFLOW__CORE__EXECUTOR has no effect: MWAA always writes its own core.executor"),
        ("startup.sh", 3, "startup-reserved-variable", "warning", "MWAA__CORE__X has no effect: MWAA overwrites it after the script"),
        ("startup.sh", 4, "startup-component", "error", 'no component of mw1.micro is called "worker": scheduler and worker are one, called "hybrid"'),
        ("startup.sh", 5, "startup-python", "error", "it updates every package of the system, Python too, on which Airflow runs"),
        ("startup.sh", 6, "startup-python", "error", "it changes the system's Python, on which Airflow runs"),
        ("startup.sh", 13, "shellcheck", "warning", "Iterating over ls output is fragile. Use globs. (SC2045)"),
        ("startup.sh", 14, "startup-exit", "error", gone),
        ("startup.sh", 15, "startup-exit", "error", gone),
    ]  # fmt: skip


def test_a_script_that_bash_cannot_parse_is_reported_with_its_line(subject: MakeSubject) -> None:
    one = subject({"startup.sh": "echo a\nif true; then\n  echo b\n"})
    assert lines_of(startup_script.check(one)) == [
        ("startup.sh", 4, "startup-syntax", "error", "bash cannot parse it: syntax error: unexpected end of file")
    ]


@pytest.mark.parametrize("environment_class", [None, "mw1.small"])
def test_components_of_other_classes_have_the_names_tested_for(
    subject: MakeSubject, environment_class: str | None
) -> None:
    script = 'if [ "$MWAA_AIRFLOW_COMPONENT" = worker ]; then echo a; fi\n'
    assert list(startup_script.check(subject({"startup.sh": script}, environment_class=environment_class))) == []


def test_our_own_startup_script_and_files_deserve_nothing(subject: MakeSubject) -> None:
    root = Path(__file__).parents[3]
    files: dict[str, str | bytes] = {"startup.sh": (root / "startup.sh").read_bytes()}
    for folder in ("dags", "plugins"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(root).as_posix()] = path.read_bytes()
    one = subject(files, environment_class="mw1.micro")
    assert [*startup_script.check(one), *secrets.check(one), *unwanted_files.check(one), *sizes.check(one)] == []
