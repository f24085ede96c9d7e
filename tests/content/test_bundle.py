import hashlib
import os
import random
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mwaa.config import Content
from mwaa.content import Bundle, ContentError, build, gather

GOOD = {
    "dags/.airflowignore": b"shop/\n",
    "dags/daily.py": b"from airflow.sdk import dag\n",
    "dags/shop/__init__.py": b"",
    "dags/shop/rows.py": b"# the rows that the dag of airflow sums up\n",
    "dags/sql/sum.sql": b"select sum(euros) from dag_orders_airflow\n",
    "plugins/acme/rules.py": b"LOW = 1\n",
    "plugins/acme_plugin.py": b"from airflow.plugins_manager import AirflowPlugin\n",
    "requirements.txt": b"holidays==0.109\n",
    "startup.sh": b"#!/bin/bash\necho ready\n",
}


def write(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def built(root: Path, content: Content | None = None) -> Bundle:
    return build(content or Content(), root, root / ".out/bundle", airflowignore_syntax="glob")


def staged(root: Path) -> dict[str, bytes]:
    out = root / ".out/bundle"
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def objects(bundle: Bundle) -> dict[str, str]:
    rest = filter(None, (bundle.plugins, bundle.requirements, bundle.startup_script))
    return {file.key: file.sha256 for file in (*bundle.dags, *rest)}


def refusals(root: Path, content: Content | None = None) -> list[tuple[str, str, str, str, str]]:
    """Return file, field, got, expected and fix of each problem. The refused build leaves nothing behind."""
    with pytest.raises(ContentError) as error:
        built(root, content)
    assert not os.listdir(root / ".out")
    return [(p.file, p.field, p.got, p.expected, p.fix) for p in error.value.problems]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, GOOD)
    return tmp_path


def test_the_stage_is_laid_out_as_the_bucket(project: Path) -> None:
    bundle = built(project)
    files = staged(project)
    archive = files.pop("plugins.zip")
    assert files == {name: data for name, data in GOOD.items() if not name.startswith("plugins/")}
    assert bundle.directory == project / ".out/bundle"
    assert objects(bundle) == {key: hashlib.sha256(data).hexdigest() for key, data in staged(project).items()}
    for file in (*bundle.dags, bundle.plugins, bundle.requirements, bundle.startup_script):
        assert file is not None
        assert file.path == bundle.directory / file.key
        assert file.size == file.path.stat().st_size
    assert bundle.plugins is not None
    assert bundle.plugins.size == len(archive)


def test_a_gathered_bundle_is_the_built_one_and_only_plugins_are_made(project: Path) -> None:
    bundle = gather(Content(), project, project / ".out/bundle", airflowignore_syntax="glob")
    assert list(staged(project)) == ["plugins.zip"]
    files = [*bundle.dags, *filter(None, (bundle.plugins, bundle.requirements, bundle.startup_script))]
    assert all(hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256 for file in files)
    assert {file.path for file in bundle.dags} == {path for path in (project / "dags").rglob("*") if path.is_file()}
    again = built(project)
    assert (bundle.digest, objects(bundle)) == (again.digest, objects(again))


def test_the_folders_contents_are_zipped_in_order_and_not_the_folder(project: Path) -> None:
    bundle = built(project)
    assert bundle.plugins is not None
    with zipfile.ZipFile(bundle.plugins.path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "acme/rules.py": GOOD["plugins/acme/rules.py"],
            "acme_plugin.py": GOOD["plugins/acme_plugin.py"],
        }
        assert archive.namelist() == ["acme/rules.py", "acme_plugin.py"]


def test_ignored_modules_are_shipped_but_not_parsed(project: Path) -> None:
    assert [(file.key, file.parsed) for file in built(project).dags] == [
        ("dags/.airflowignore", False),
        ("dags/daily.py", True),
        ("dags/shop/__init__.py", False),
        ("dags/shop/rows.py", False),
        ("dags/sql/sum.sql", False),
    ]


def test_the_syntax_of_airflowignore_is_the_releases(project: Path) -> None:
    write(project, {"dags/.airflowignore": rb"\.py$"})
    parsed = {
        syntax: [
            f.key for f in build(Content(), project, project / "out", airflowignore_syntax=syntax).dags if f.parsed
        ]
        for syntax in ("glob", "regexp")
    }
    assert parsed == {"glob": ["dags/daily.py", "dags/shop/rows.py"], "regexp": []}


def test_the_digest_is_what_sha256sum_prints_hashed(project: Path) -> None:
    bundle = built(project)
    keys = sorted(staged(project))
    listing = subprocess.run(["sha256sum", *keys], cwd=bundle.directory, check=True, capture_output=True).stdout
    assert bundle.digest == hashlib.sha256(listing).hexdigest()


def test_paths_in_project_and_bucket_are_the_workspaces(project: Path) -> None:
    (project / "src").mkdir()
    (project / "dags").rename(project / "src/flows")
    content = Content(
        dags="src/flows",
        dag_s3_path="team/dags",
        plugins=None,
        requirements=None,
        startup_script_s3_path="team/boot.sh",
    )
    bundle = built(project, content)
    assert sorted(staged(project)) == [
        "team/boot.sh",
        "team/dags/.airflowignore",
        "team/dags/daily.py",
        "team/dags/shop/__init__.py",
        "team/dags/shop/rows.py",
        "team/dags/sql/sum.sql",
    ]
    assert (bundle.plugins, bundle.requirements) == (None, None)


@pytest.mark.parametrize(
    "junk",
    [
        "__pycache__/daily.cpython-312.pyc",
        "daily.pyc",
        ".DS_Store",
        "._daily.py",
        "Thumbs.db",
        ".git/HEAD",
        ".gitkeep",
        ".gitignore",
        ".ipynb_checkpoints/x-checkpoint.py",
        ".idea/workspace.xml",
        "daily.py~",
        ".daily.py.swp",
        "#daily.py#",
        "daily.py.orig",
        "sub/__pycache__/x.py",
    ],
)
def test_what_machines_and_editors_leave_is_never_shipped(project: Path, junk: str) -> None:
    before = built(project)
    write(project, {f"dags/{junk}": b"import airflow, dag", f"plugins/{junk}": b"junk"})
    assert built(project) == before


def test_an_editors_dangling_lock_link_is_junk_and_no_mistake(project: Path) -> None:
    before = built(project)
    (project / "dags/.#daily.py").symlink_to("someone@laptop.4711:1")
    assert built(project) == before


def test_a_name_that_only_resembles_junk_is_shipped(project: Path) -> None:
    write(project, {"dags/git/pyc.py": b"", "dags/.env.json": b"{}"})
    assert {"dags/git/pyc.py", "dags/.env.json"} <= objects(built(project)).keys()


def test_rebuilding_leaves_nothing_of_the_former_bundle(project: Path) -> None:
    built(project)
    write(project, {".out/bundle/dags/stale.py": b"", ".out/.bundle.new/half": b"", ".out/.bundle.old/x": b""})
    (project / "dags/sql/sum.sql").unlink()
    bundle = built(project)
    assert staged(project).keys() == objects(bundle).keys()
    assert "dags/sql/sum.sql" not in objects(bundle)
    assert os.listdir(project / ".out") == ["bundle"]


def test_a_refused_build_leaves_the_former_bundle_in_place(project: Path) -> None:
    built(project)
    before = staged(project)
    write(project, {"startup.sh": b"echo\r\n", "dags/daily.py": b"new"})
    with pytest.raises(ContentError):
        built(project)
    assert staged(project) == before
    assert os.listdir(project / ".out") == ["bundle"]


def test_touching_dates_and_modes_changes_nothing(project: Path) -> None:
    before = built(project)
    archive = staged(project)["plugins.zip"]
    for path in project.rglob("*.*"):
        if ".out" not in path.parts:
            os.utime(path, (1_000_000_000, 2_000_000_000))
            path.chmod(0o755)
    assert built(project) == before
    assert staged(project)["plugins.zip"] == archive


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("plugins/acme/rules.py", {"plugins.zip"}),
        ("dags/shop/rows.py", {"dags/shop/rows.py"}),
        ("requirements.txt", {"requirements.txt"}),
        ("startup.sh", {"startup.sh"}),
    ],
)
def test_one_changed_byte_changes_one_object(project: Path, name: str, changed: set[str]) -> None:
    before = built(project)
    write(project, {name: GOOD[name][:-1] + b"!"})
    after = built(project)
    assert {key for key, sha in objects(after).items() if objects(before).get(key) != sha} == changed
    assert after.digest != before.digest


# Trees that any disk can hold: no two names alike but for case, none that is junk.
NAME = st.from_regex(r"[a-zäö][a-z0-9_ -]{0,6}\.(py|sql|sh)", fullmatch=True)
TREE = st.dictionaries(
    st.lists(st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True), max_size=3).flatmap(
        lambda folders: NAME.map(lambda name: "/".join([*folders, name]))
    ),
    st.binary(max_size=40),
    min_size=1,
    max_size=12,
)


@given(tree=TREE, seed=st.integers())
@settings(max_examples=60, deadline=None)
def test_order_dates_and_modes_of_the_source_never_reach_the_bundle(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes], seed: int
) -> None:
    shuffled = list(tree.items())
    chance = random.Random(seed)
    chance.shuffle(shuffled)
    bundles = []
    for files in (dict(tree), dict(shuffled)):
        root = tmp_path_factory.mktemp("tree")
        write(root, {f"{top}/{name}": data for name, data in files.items() for top in ("dags", "plugins")})
        for path in (root / "plugins").rglob("*.*"):
            path.chmod(chance.choice((0o400, 0o644, 0o755, 0o777)))
            os.utime(path, (chance.randrange(2**31),) * 2)
        bundles.append((built(root, Content(requirements=None, startup_script=None)), staged(root)))
    (first, first_bytes), (second, second_bytes) = bundles
    assert first_bytes == second_bytes
    assert objects(first) == objects(second)
    assert first.digest == second.digest


@given(tree=TREE, data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_changes_exactly_one_object(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("tree")
    content = Content(requirements=None, startup_script=None)
    source = {f"{top}/{name}": content for name, content in tree.items() for top in ("dags", "plugins")}
    write(root, source)
    before = built(root, content)
    changed = data.draw(st.sampled_from(sorted(source)))
    position = data.draw(st.integers(0, len(source[changed])))
    write(root, {changed: source[changed][:position] + b"!" + source[changed][position:]})
    after = built(root, content)
    expected = changed if changed.startswith("dags/") else "plugins.zip"
    assert {key for key, sha in objects(after).items() if objects(before)[key] != sha} == {expected}
    assert objects(after).keys() == objects(before).keys()


def test_a_link_to_a_file_of_the_same_folder_is_shipped_as_that_file(project: Path) -> None:
    (project / "dags/copy.py").symlink_to("daily.py")
    built(project)
    assert staged(project)["dags/copy.py"] == GOOD["dags/daily.py"]
    assert not (project / ".out/bundle/dags/copy.py").is_symlink()


LINKS = [
    ("../requirements.txt", "a link that leaves the folder (../requirements.txt)", "put the file itself here"),
    ("/etc/hostname", "a link that leaves the folder (/etc/hostname)", "put the file itself here"),
    ("gone.py", "a link to nothing (gone.py)", "remove the link, or fix its target"),
    ("link", "a link to nothing (link)", "remove the link, or fix its target"),
    ("shop", "a link to a folder (shop)", "put the folder itself here"),
    (".", "a link to a folder (.)", "put the folder itself here"),
]


@pytest.mark.parametrize(("target", "found", "fix"), LINKS)
def test_any_other_link_is_refused(project: Path, target: str, found: str, fix: str) -> None:
    (project / "dags/link").symlink_to(target)
    assert refusals(project) == [("dags/link", "content.dags", found, "links to a file of the same folder", fix)]


def test_a_socket_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "plugins")  # the path of a socket may have 108 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("door")
        found = "neither a file nor a folder (a pipe, socket or device)"
        assert refusals(project) == [("plugins/door", "content.plugins", found, "files and folders", "remove it")]


@pytest.mark.parametrize(
    ("name", "shown"), [(b"a\\b.py", "a\\b.py"), (b"a\nb.py", "a\\nb.py"), (b"\xff.py", "\\xff.py")]
)
def test_a_name_that_not_every_disk_can_hold_is_refused(project: Path, name: bytes, shown: str) -> None:
    (project / "dags" / os.fsdecode(name)).write_bytes(b"")
    allowed = "names in UTF-8 without control characters and backslashes"
    assert refusals(project) == [(f"dags/{shown}", "content.dags", f'a file named "{shown}"', allowed, "rename it")]


@pytest.mark.parametrize(
    ("one", "other"), [("sql/Sum.sql", "sql/sum.sql"), ("SQL/x.sql", "sql/x.sql"), ("é.py", "e\u0301.py")]
)
def test_names_that_collide_on_a_disk_without_case_are_refused(project: Path, one: str, other: str) -> None:
    write(project, {f"plugins/{one}": b"", f"plugins/{other}": b""})
    problems = refusals(project)
    assert {(field, allowed) for _, field, _, allowed, _ in problems} == {
        ("content.plugins", "names that differ by more than case")
    }
    first, second = sorted((one, other))
    if one.startswith("SQL"):
        assert [given for _, _, given, _, _ in problems] == ['"sql" beside "SQL"', '"sql/x.sql" beside "SQL/x.sql"']
    else:
        assert problems[0][:3] == (f"plugins/{second}", "content.plugins", f'"{second}" beside "{first}"')


def test_a_key_that_s3_does_not_take_is_refused(project: Path) -> None:
    folders = "/".join(["f" * 200] * 5)
    write(project, {f"dags/{folders}/ääääääää.py": b"", f"dags/{folders}/aaaaaaaaaaa.py": b""})
    assert refusals(project) == [
        (f"dags/{folders}/ääääääää.py", "content.dags", "an S3 key of 1029 bytes", "at most 1024", "use shorter names")
    ]


@pytest.mark.parametrize(
    ("field", "name", "kind"),
    [
        ("dags", "dags", "folder"),
        ("plugins", "plugins", "folder"),
        ("requirements", "requirements.txt", "file"),
        ("startup_script", "startup.sh", "file"),
    ],
)
def test_what_is_missing_or_of_the_wrong_kind_is_refused(project: Path, field: str, name: str, kind: str) -> None:
    (project / name).rename(project / "away")
    fix = "create it" if field == "dags" else f"create it, or set {field}=None to ship none"
    assert refusals(project) == [(name, f"content.{field}", f"{name}, which does not exist", f"a {kind}", fix)]
    if kind == "folder":
        (project / name).write_bytes(b"")
    else:
        (project / name).mkdir()
    assert refusals(project) == [
        (name, f"content.{field}", f"{name}, which is not a {kind}", f"a {kind}", f"name the {kind} itself")
    ]


def test_content_outside_of_the_project_is_refused(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (project / "requirements.txt").unlink()
    (project / "requirements.txt").symlink_to(tmp_path_factory.mktemp("other") / "secret")
    found = "requirements.txt, which lies outside of the project"
    assert refusals(project) == [("requirements.txt", "content.requirements", found, "a path inside", "move it in")]


def test_a_folder_of_plugins_without_one_is_refused(project: Path) -> None:
    for path in (project / "plugins/acme/rules.py", project / "plugins/acme_plugin.py"):
        path.unlink()
    write(project, {"plugins/.gitkeep": b""})
    fix = "add a plugin, or set plugins=None to ship none"
    assert refusals(project) == [
        ("plugins", "content.plugins", "a folder without a file to ship", "at least one file", fix)
    ]


def test_an_empty_dag_folder_is_a_start(project: Path) -> None:
    for path in sorted((project / "dags").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert built(project).dags == ()


def test_every_mistake_is_told_at_once(project: Path) -> None:
    write(project, {"startup": b"echo a\necho b\r\n", "requirements.txt": b"a==1\n\xe4==2\n"})
    write(project, {"dags/.airflowignore": b"shop\n!\n", "dags/sql/.airflowignore": b"\xff"})
    assert refusals(project, Content(startup_script="startup")) == [
        (
            "dags/.airflowignore",
            "content.dags",
            "line 2: \"!\" (Invalid git pattern: '!')",
            "patterns in the glob syntax",
            "fix the pattern, or set core.dag_ignore_file_syntax to the syntax in use",
        ),
        (
            "dags/sql/.airflowignore",
            "content.dags",
            "byte 0xff in line 1, which is not UTF-8",
            "UTF-8",
            "save it as UTF-8",
        ),
        (
            "requirements.txt",
            "content.requirements",
            "byte 0xe4 in line 2, which is not UTF-8",
            "UTF-8",
            "save it as UTF-8",
        ),
        ("startup", "content.startup_script", '"startup"', "a name that ends with .sh", "rename it"),
        (
            "startup",
            "content.startup_script",
            "a Windows line end (CR LF) in line 2, which bash takes as part of the command",
            "LF",
            "sed -i 's/\\r$//' startup",
        ),
    ]


@pytest.mark.parametrize("name", ["dags/daily.py", "plugins/acme/rules.py", "requirements.txt", "startup.sh"])
def test_an_unreadable_file_is_told(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    read = Path.read_bytes

    # Not by permissions: a test that runs as root may read everything.
    def refuse(path: Path) -> bytes:
        if path == project / name:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert [problem[:1] + problem[2:] for problem in refusals(project)] == [
        (name, "Permission denied", "a readable file", "fix its permissions")
    ]
