import pytest
from hypothesis import given
from hypothesis import strategies as st
from mwaa.requirements.file import Line, has_secret, hide_secrets, normalize_address, parse

OFFICIAL = "https://raw.githubusercontent.com/apache/airflow/constraints-3.2.1/constraints-3.12.txt"


def only(text: str) -> Line:
    (line,) = parse(text).lines
    return line


def test_every_line_has_its_number_and_kind() -> None:
    text = f'\ufeff# top\r\n\r\n--constraint "{OFFICIAL}"\r\nholidays[x]==0.109  # why\r\n--pre\r\nthis is bad\r\n'
    lines = parse(text).lines
    assert [(line.number, line.kind) for line in lines] == [
        (1, "comment"),
        (2, "blank"),
        (3, "constraint"),
        (4, "requirement"),
        (5, "option"),
        (6, "unreadable"),
    ]
    assert lines[2].value == OFFICIAL
    assert str(lines[3].requirement) == "holidays[x]==0.109"
    assert lines[3].text == "holidays[x]==0.109  # why"


def test_a_backslash_joins_lines_under_the_first_ones_number() -> None:
    lines = parse("a==1 \\\n  --hash=sha256:aa \\\n  --hash sha256:bb\nb==2\n").lines
    assert [(line.number, line.name, line.pin, line.hashes) for line in lines] == [
        (1, "a", "1", ("sha256:aa", "sha256:bb")),
        (4, "b", "2", ()),
    ]
    assert lines[0].text == "a==1 \\\n  --hash=sha256:aa \\\n  --hash sha256:bb"


def test_a_comment_ends_a_joined_line() -> None:
    assert [(line.number, line.name) for line in parse("a==1 \\\n# why\nb==2").lines] == [(1, "a"), (3, "b")]


@pytest.mark.parametrize(
    ("text", "option", "value"),
    [
        ("-c https://a/b.txt", "--constraint", "https://a/b.txt"),
        ("-chttps://a/b.txt", "--constraint", "https://a/b.txt"),
        ("--constraint=https://a/b.txt", "--constraint", "https://a/b.txt"),
        ("-c\thttps://a/b.txt", "--constraint", "https://a/b.txt"),
        ("--constraint 'https://a/b.txt'", "--constraint", "https://a/b.txt"),
        ("-r more.txt", "--requirement", "more.txt"),
        ("-i https://a/simple", "--index-url", "https://a/simple"),
        ("--extra-index-url=https://a/simple", "--extra-index-url", "https://a/simple"),
        ("-f /usr/local/airflow/plugins", "--find-links", "/usr/local/airflow/plugins"),
        ("--no-index", "--no-index", ""),
        ("-e ./package", "--editable", "./package"),
    ],
)
def test_options_are_known_by_their_long_name(text: str, option: str, value: str) -> None:
    assert (only(text).option, only(text).value) == (option, value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("--wat", "pip knows no option --wat in a requirements file"),
        ("-c", "--constraint needs a value"),
        ("a==1 --wat=2", "pip knows no option --wat of a requirement"),
        ("this is bad", "Expected semicolon (after name with no version specifier) or end"),
        ("--index-url 'https://a", "no closing quotation"),
    ],
)
def test_a_line_that_pip_cannot_read_has_a_reason(text: str, why: str) -> None:
    assert (only(text).kind, only(text).value) == ("unreadable", why)


@pytest.mark.parametrize(
    ("text", "name", "path", "is_vcs"),
    [
        ("git+https://host/team/repo@main#egg=x", "", "", True),
        ("x @ git+ssh://git@host/team/repo", "x", "", True),
        ("https://host/x-1.0-py3-none-any.whl", "x", "", False),
        ("/place/x-1.0-py3-none-any.whl", "x", "/place/x-1.0-py3-none-any.whl", False),
        ("x @ file:///usr/local/airflow/dags/x.whl", "x", "/usr/local/airflow/dags/x.whl", False),
        ("./package", "", "./package", False),
        ("Holidays==1", "holidays", "", False),
    ],
)  # fmt: skip
def test_where_a_requirement_comes_from(text: str, name: str, path: str, is_vcs: bool) -> None:
    line = only(text)
    assert (line.kind, line.name, line.path, line.is_vcs) == ("requirement", name, path, is_vcs)


@pytest.mark.parametrize(
    ("text", "pin"), [("a==1.0", "1.0"), ("a===1.0", "1.0"), ("a==1.*", None), ("a>=1", None), ("a", None)]
)
def test_only_one_exact_version_is_a_pin(text: str, pin: str | None) -> None:
    assert only(text).pin == pin


@pytest.mark.parametrize(
    ("text", "constrained"),
    [
        ("a==1", "forced"),
        (f"--constraint {OFFICIAL}", "named"),
        (f"-c {OFFICIAL}", "named"),
        (f"--constraint={OFFICIAL}", "forced"),
        (f"-c\t{OFFICIAL}", "forced"),
        ("# no --constraint wanted", "opted out"),
        ("a==1  # see -c above", "opted out"),
        ("# --constraint", "forced"),
    ],
)
def test_constraints_are_seen_as_mwaa_sees_them(text: str, constrained: str) -> None:
    assert parse(text).constrained == constrained


def test_secrets_are_seen_and_never_shown() -> None:
    assert has_secret("--index-url https://me:word@host/simple")
    assert not has_secret("--index-url https://${USER}:${WORD}@host/simple")
    assert not has_secret("git+ssh://git@host/repo")
    assert hide_secrets("-i https://me:word@host/simple") == "-i https://***@host/simple"
    assert normalize_address('"https://me:word@host/simple/?a=b#c"') == "https://host/simple"


@given(st.text(st.characters() | st.sampled_from("\n\r\\#-=@:/[]; \tac$'\"")))
def test_any_text_is_read_without_an_error(text: str) -> None:
    file = parse(text)
    assert file.constrained in ("named", "opted out", "forced")
    numbers = [line.number for line in file.lines]
    assert numbers == sorted(set(numbers))
    joined = "\n".join(line.text for line in file.lines)
    assert joined == "\n".join(text.removeprefix("\ufeff").splitlines())
    for line in file.lines:
        assert isinstance(line.name, str)
        assert isinstance(line.path, str)
        assert normalize_address(line.value) is not None
