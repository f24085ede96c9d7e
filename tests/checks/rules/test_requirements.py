from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from mwaa.checks.finding import Finding
from mwaa.checks.rules import requirements_secret, rule_files
from mwaa.config import AnyNetwork, Network, NetworkOf, Workspace
from mwaa.process import ToolError
from mwaa.requirements import RequirementsFile, Resolution, Unresolvable, archives, parse, resolve
from mwaa.requirements.archives import Archive

from tests.requirements.index import AFTER, Dist, Index, serving, used

OWN = (
    Dist("extra", "1.0", ["helper==1.0"]),
    Dist("helper", "1.0", tag="source"),
    Dist("plain", "1.0"),
    Dist("other-machine", "1.0", tag="cp312-cp312-win_amd64"),
    Dist("needs-compiler", "1.0", tag="compiled"),
    Dist("taken-back", "1.0", yanked="it loses rows"),
    Dist("newer", "5.0", ["shared>=3"], uploaded=AFTER),
    Dist("needs-one", "1.0", ["rival==1.0"]),
    Dist("needs-two", "1.0", ["rival==2.0"]),
    Dist("rival", "1.0"),
    Dist("rival", "2.0"),
)
OFFICIAL = '--constraint "https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"'
PLUGINS = "/usr/local/airflow/plugins"
BUILD = "build a wheel and put it into plugins/wheels, or publish it on an index"

Reported = tuple[str, str, int | None, str, str]


@dataclass
class RequirementsAlone:
    """A subject with nothing but requirements.txt."""

    text: str
    airflow_version: str = "3.2.1"
    workspace: Workspace | None = None
    network_of_other: Network | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)

    @property
    def network(self) -> AnyNetwork | None:
        return self.network_of_other or (self.workspace.network if self.workspace else None)

    @property
    def shown(self) -> Mapping[str, str]:
        return {"requirements": "requirements.txt"}

    @cached_property
    def requirements_file(self) -> RequirementsFile:
        return parse(self.text)

    @property
    def resolution(self) -> Resolution:
        if isinstance(self._resolution, Unresolvable):
            raise self._resolution
        return self._resolution

    @cached_property
    def _resolution(self) -> Resolution | Unresolvable:
        try:
            return resolve(self.requirements_file, self.airflow_version, "mwaa", self.folders, self.say)
        except Unresolvable as error:
            return error

    def say(self, _: str) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Path]]:
    """The index, and a folder for caches: what the image is, is found out once."""
    with serving(*OWN) as index:
        yield index, tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def index(served: tuple[Index, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Index:
    used(monkeypatch, *served)
    constraints = tmp_path / "official/constraints-3.2.1/constraints-3.12.txt"
    constraints.parent.mkdir(parents=True)
    constraints.write_text("shared==2.0\n")
    monkeypatch.setenv("MWAA_CONSTRAINTS", str(tmp_path / "official"))
    return served[0]


def check(subject: Any) -> list[Finding]:
    """What all rules for requirements.txt find, in the order of the file."""
    files = [file for file in rule_files() if file.name.startswith("requirements_")]
    findings = [finding for file in files for finding in file.check(subject)]
    return sorted(findings, key=lambda finding: finding.line or len(subject.text))


def found(text: str, **more: Any) -> list[Reported]:
    """Rule, severity, line, sentence and fix of each finding; the constraint line is there unless one is given."""
    findings = check(RequirementsAlone(text, **more))
    assert all(finding.file == "requirements.txt" and finding.docs for finding in findings)
    return [(one.rule, one.severity, one.line, one.found, one.fix) for one in findings]


def held(text: str, **more: Any) -> list[Reported]:
    """The same with the official constraints in the first line."""
    return found(f"{OFFICIAL}\n{text}\n", **more)


def test_good_requirements_have_no_findings() -> None:
    assert held("plain==1.0") == []
    assert found("# nothing yet\n") == []


@pytest.mark.parametrize(
    ("line", "severity", "rule", "sentence", "fix"),
    [
        ("this is bad", "error", "unreadable",
         'pip cannot read "this is bad": Expected semicolon (after name with no version specifier) or end',
         "write NAME==VERSION, or remove the line"),
        ("git+https://host/team/repo@main", "error", "vcs",
         "git+https://host/team/repo@main comes from version control", BUILD),
        ("-e ./package", "error", "editable", "MWAA cannot install ./package as editable", BUILD),
        ("./package.whl", "error", "path", "MWAA has no ./package.whl",
         "put the wheel into plugins/wheels and name it /usr/local/airflow/plugins/wheels/..."),
        (f"{PLUGINS}/gone-1.0-py3-none-any.whl", "error", "path", f"MWAA has no {PLUGINS}/gone-1.0-py3-none-any.whl",
         "put the wheel into plugins/wheels and name it /usr/local/airflow/plugins/wheels/..."),
        ("-r more.txt", "error", "path", "MWAA has no file more.txt",
         "put the file into plugins and name it /usr/local/airflow/plugins/..."),
        ("--find-links wheels", "error", "path", "MWAA has no folder wheels",
         "put the folder into plugins and name it /usr/local/airflow/plugins/..."),
        ("plain", "warning", "unpinned", "plain is not pinned to one version", "mwaa requirements lock"),
        ("plain>=1,<2", "warning", "unpinned", "plain<2,>=1 is not pinned to one version", "mwaa requirements lock"),
        ("taken-back==1.0", "warning", "yanked", 'taken-back 1.0 was withdrawn by its author: "it loses rows"',
         "choose another version of taken-back"),
        ("helper==1.0", "warning", "source",
         "helper 1.0 has no wheel: every component of MWAA builds it from source when it starts",
         "mwaa requirements wheels"),
        ("needs-compiler==1.0", "error", "source",
         "needs-compiler 1.0 has no wheel for Python 3.12 on MWAA's platform, and does not build without a compiler",
         "choose a version that has a wheel, or build one for manylinux_2_34 x86-64 and put it into plugins/wheels"),
        ("no-such-thing==1.0", "error", "no-package", "no index has a package no-such-thing",
         "correct the name; a private package needs --extra-index-url or a wheel in plugins/wheels"),
        ("plain==9.9", "error", "no-version", "no index has plain==9.9 for Python 3.12 on MWAA's platform",
         "choose a version that exists"),
        ("other-machine==1.0", "error", "no-version",
         "no index has other-machine==1.0 for Python 3.12 on MWAA's platform", "choose a version that exists"),
        ("newer==5.0", "error", "conflict", "newer==5.0 cannot be installed together with Airflow 3.2.1",
         "choose versions that go together, or remove the versions and lock the file"),
        ("sqlalchemy==1.4.54", "error", "essential",
         "sqlalchemy==1.4.54 contradicts MWAA, which pins sqlalchemy to 2.0.49",
         "remove the line, or write sqlalchemy==2.0.49"),
        ("apache-airflow==2.10.3", "error", "essential",
         "apache-airflow==2.10.3 contradicts MWAA, which pins apache-airflow to 3.2.1",
         "remove the line; airflow_version of the workspace sets the release"),
        ("shared==2.0", "note", "in-image", "shared 2.0 is in MWAA's image already", "remove the line"),
    ],
)  # fmt: skip
def test_each_mistake_is_reported_at_its_line(line: str, severity: str, rule: str, sentence: str, fix: str) -> None:
    assert held(f"# why\n{line}") == [(f"requirements-{rule}", severity, 3, sentence, fix)]


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("-c https://raw.githubusercontent.com/apache/airflow/constraints-2.9.2/constraints-3.11.txt",
         [("constraint-release", "error", 1,
           "the constraints are those of Airflow 2.9.2 on Python 3.11, not 3.2.1 on 3.12", f"write {OFFICIAL}")]),
        ("--constraint https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.11.txt",
         [("constraint-release", "error", 1,
           "the constraints are those of Airflow 3.2.1 on Python 3.11, not 3.2.1 on 3.12", f"write {OFFICIAL}")]),
        (OFFICIAL.replace("--constraint ", "--constraint="),
         [("constraint-form", "error", 1,
           'MWAA does not see this constraint: it looks for "--constraint " or "-c " with a space ('
           'https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt)',
           f"write {OFFICIAL}")]),
        (OFFICIAL.replace("--constraint ", "-c\t"),
         [("constraint-form", "error", 1,
           'MWAA does not see this constraint: it looks for "--constraint " or "-c " with a space ('
           'https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt)',
           f"write {OFFICIAL}")]),
        ("# no --constraint wanted",
         [("constraint-off", "note", 1, "this line makes MWAA apply no constraints but its essential pins",
           f"to apply the constraints, write {OFFICIAL}")]),
        ("# none at all",
         [("no-constraint", "warning", None, "no constraint line: MWAA applies its own constraints of Airflow 3.2.1",
           f"write {OFFICIAL} as the first line")]),
    ],
)  # fmt: skip
def test_constraint_lines_are_judged_as_mwaa_reads_them(text: str, reported: list[Reported]) -> None:
    wanted = [(f"requirements-{rule}", *rest) for rule, *rest in reported]
    assert found(f"{text}\nplain==1.0\n") == wanted


def test_a_constraint_file_must_be_shipped(tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_text("plain==1.0\n")
    text = f"--constraint {PLUGINS}/held.txt\nplain==1.0\n"
    first = found(text)[0]
    assert first == (
        "requirements-constraint-missing", "error", 1, f"the constraints {PLUGINS}/held.txt are not shipped",
        f"write {OFFICIAL}, or put the file into plugins and name it /usr/local/airflow/plugins/...",
    )  # fmt: skip
    assert found(text, folders={PLUGINS: tmp_path}) == []


def test_a_conflict_names_all_its_lines_and_says_why() -> None:
    findings = check(RequirementsAlone(f"{OFFICIAL}\nneeds-one==1.0\nplain==1.0\nneeds-two==1.0\n"))
    (conflict,) = (one for one in findings if one.rule == "requirements-conflict")
    assert (conflict.line, conflict.found) == (
        2,
        "needs-one==1.0 and needs-two==1.0 cannot be installed together with Airflow 3.2.1",
    )
    lines = conflict.detail.splitlines()
    assert lines[0].startswith("Because ")
    assert lines[-1] == "(resolved under the official constraints of Airflow 3.2.1 on Python 3.12)"


def test_what_the_constraints_pin_needs_no_pin_of_its_own() -> None:
    assert held("shared") == [
        ("requirements-in-image", "note", 2, "shared 2.0 is in MWAA's image already", "remove the line")
    ]


def test_a_line_against_the_constraints_is_reported_with_their_version() -> None:
    assert held("shared==1.0") == [
        (
            "requirements-conflict",
            "error",
            2,
            "shared==1.0 contradicts the constraints of Airflow 3.2.1, which pin shared to 2.0",
            "write shared==2.0, or switch the constraints off with a comment: # --constraint none",
        )
    ]


def test_a_password_is_reported_and_not_shown() -> None:
    text = "--extra-index-url https://me:s3cret@127.0.0.1:9/simple/"
    subject = RequirementsAlone(f"{OFFICIAL}\n{text}\n")
    with pytest.raises(ToolError) as error:
        _ = subject.resolution
    assert "s3cret" not in str(error.value)
    findings = list(requirements_secret.check(subject))  # reported although the index does not answer
    assert [(one.rule, one.line, one.found) for one in findings] == [
        (
            "requirements-secret",
            2,
            "a user name or password is in the line: --extra-index-url https://***@127.0.0.1:9/simple/",
        )
    ]


def test_a_package_that_two_lines_name() -> None:
    assert held("plain==1.0\nPlain==1.0") == [
        ("requirements-duplicate", "warning", 3, "plain is named in line 2 already", "keep one of the two")
    ]
    assert held("plain==1.0 ; python_version < '3'\nplain==1.0 ; python_version > '3'") == []


def test_another_version_than_the_images_is_reported_where_constraints_are_off() -> None:
    assert found("# no --constraint here\nshared==1.0\n")[1:] == [
        (
            "requirements-in-image",
            "warning",
            2,
            "shared 1.0 replaces 2.0 of MWAA's image",
            "test it with the DAGs, or choose what goes with 2.0",
        ),
    ]


def test_what_a_package_needs_is_reported_at_its_line() -> None:
    assert held("plain==1.0\nextra==1.0") == [
        (
            "requirements-source",
            "warning",
            3,
            "helper 1.0 has no wheel: every component of MWAA builds it from source when it starts",
            "mwaa requirements wheels",
        )
    ]


def test_no_index_needs_all_packages_in_the_folders(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    plain = Dist("plain", "1.0")
    (tmp_path / "wheels" / plain.file).write_bytes(plain.data)
    text = f"--no-index\n--find-links {PLUGINS}/wheels\nplain==1.0\ntaken-back==1.0\n"
    errors = [one for one in found(text, folders={PLUGINS: tmp_path}) if one[1] == "error"]
    assert errors == [
        (
            "requirements-not-shipped",
            "error",
            4,
            "taken-back 1.0 is in no folder of --find-links, and --no-index allows no other",
            "mwaa requirements wheels",
        )
    ]


def test_a_network_without_internet_needs_wheels(workspace: Callable[..., Workspace]) -> None:
    private = workspace(network=Network(nat_gateways=0), webserver_access_mode="PRIVATE_ONLY")
    fix = "mwaa requirements wheels"
    place = OFFICIAL.split('"')[1]
    no_index = "the network has no internet (nat_gateways=0), and no line says --no-index or names an index in the VPC"
    assert held("plain==1.0", workspace=private) == [
        ("requirements-internet", "error", 1,
         f"the network has no internet (nat_gateways=0): {place} cannot be read", fix),
        ("requirements-internet", "error", None, no_index, fix),
    ]  # fmt: skip
    assert held("plain==1.0", workspace=workspace()) == []


def test_the_network_of_another_workspace_without_internet_needs_wheels(workspace: Callable[..., Workspace]) -> None:
    team = workspace(network=NetworkOf("platform"), webserver_access_mode="PRIVATE_ONLY")
    assert [one[3] for one in held("plain==1.0", workspace=team, network_of_other=Network(nat_gateways=0))] == [
        f"the network of platform has no internet (nat_gateways=0): {OFFICIAL.split(chr(34))[1]} cannot be read",
        "the network of platform has no internet (nat_gateways=0), "
        "and no line says --no-index or names an index in the VPC",
    ]
    assert held("plain==1.0", workspace=team, network_of_other=Network(nat_gateways=1)) == []


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        (
            (300, 500, 200, 250),
            [
                (
                    "requirements-size",
                    "warning",
                    None,
                    "the packages are 1.2 GB to download, more than the 1 GB that AWS advises at most",
                    "remove the largest: b 0.5 GB, a 0.3 GB, d 0.2 GB",
                )
            ],
        ),
        ((500, 500), []),
    ],
)
def test_more_than_a_gigabyte_of_packages_is_reported(
    sizes: tuple[int, ...], expected: list[Reported], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        Archive(name, "1.0", "", "", size * 1_000_000, is_wheel=True)
        for name, size in zip("abcd"[: len(sizes)], sizes, strict=True)
    ]
    monkeypatch.setattr(archives, "find_archives", lambda _resolution, _say: made)
    assert held("plain==1.0") == expected


def test_what_stands_in_for_the_official_constraints_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MWAA_CONSTRAINTS")
    assert held("plain==1.0") == [
        (
            "requirements-approximate",
            "note",
            None,
            "resolved under packages published until 2026-04-23, a day after Airflow 3.2.1, because its official "
            "constraints are unreachable",
            "run it where raw.githubusercontent.com is reachable, or set MWAA_CONSTRAINTS to a copy",
        )
    ]


def test_every_rule_for_requirements_is_named_so_and_names_a_source() -> None:
    rules = [rule for file in rule_files() if file.name.startswith("requirements_") for rule in file.rules]
    assert len({rule.name for rule in rules}) == len(rules) == 23
    assert [rule.name for rule in rules if not (rule.name.startswith("requirements-") and rule.docs)] == []
