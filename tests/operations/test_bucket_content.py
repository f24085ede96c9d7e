"""Content as MWAA takes it from a bucket: files at their versions, the DAG folder as it stands."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mwaa.operations.bucket_content import DagFolder, DagFolderChanges, fetch_object, unpack_plugins
from mwaa.operations.live_environment import ObjectVersion
from mwaa.process import ToolError

REGION = "eu-west-1"


@pytest.fixture
def s3(clients: Callable[..., Any], fresh_account: str) -> Any:
    client = clients(fresh_account, REGION)("s3")
    client.create_bucket(Bucket=f"b-{fresh_account}", CreateBucketConfiguration={"LocationConstraint": REGION})
    status = {"Status": "Enabled"}
    client.put_bucket_versioning(Bucket=f"b-{fresh_account}", VersioningConfiguration=status)
    return client


@pytest.fixture
def put(s3: Any, fresh_account: str) -> Callable[[str, bytes], str]:
    def put(key: str, body: bytes) -> str:
        return str(s3.put_object(Bucket=f"b-{fresh_account}", Key=key, Body=body)["VersionId"])

    return put


@pytest.fixture
def dags(s3: Any, fresh_account: str, tmp_path: Path) -> DagFolder:
    folder = tmp_path / "dags"
    folder.mkdir()
    return DagFolder(s3, f"b-{fresh_account}", "team/dags", folder)


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_follows_the_bucket(dags: DagFolder, put: Any, s3: Any) -> None:
    assert dags.sync() == DagFolderChanges()
    put("team/dags/a.py", b"1")
    put("team/dags/sub/deep/b.sql", b"2")
    put("team/dags/sub/", b"")  # what consoles make to show a folder
    put("team/dagsmore/c.py", b"not a DAG")
    put("plugins.zip", b"neither")
    assert dags.sync() == DagFolderChanges(written=("a.py", "sub/deep/b.sql"))
    assert files(dags.folder) == {"a.py": "1", "sub/deep/b.sql": "2"}
    assert not dags.sync()

    put("team/dags/a.py", b"3")
    s3.delete_object(Bucket=dags.bucket, Key="team/dags/sub/deep/b.sql")
    (dags.folder / "sub/deep/__pycache__").mkdir()
    (dags.folder / "sub/deep/__pycache__/b.pyc").touch()
    assert dags.sync() == DagFolderChanges(written=("a.py",), removed=("sub/deep/b.sql",))
    assert files(dags.folder) == {"a.py": "3"}
    assert [path.name for path in dags.folder.iterdir()] == ["a.py"]
    assert [path.name for path in dags.folder.parent.iterdir()] == ["dags"]  # nothing unfinished lies about


def test_the_folder_may_be_the_whole_bucket(dags: DagFolder, put: Any) -> None:
    dags.prefix = ""
    put("a.py", b"1")
    assert dags.sync() == DagFolderChanges(written=("a.py",))


def test_a_file_becomes_a_folder_and_back(dags: DagFolder, put: Any, s3: Any) -> None:
    put("team/dags/a", b"file")
    dags.sync()
    s3.delete_object(Bucket=dags.bucket, Key="team/dags/a")
    put("team/dags/a/b.py", b"inside")
    assert dags.sync() == DagFolderChanges(written=("a/b.py",), removed=("a",))
    assert files(dags.folder) == {"a/b.py": "inside"}


def test_keys_that_no_folder_can_hold_are_left_out_and_told_once(dags: DagFolder, put: Any) -> None:
    put("team/dags/../out.py", b"")
    put("team/dags/a", b"file")
    put("team/dags/a/b.py", b"cannot be beside it")
    assert dags.sync() == DagFolderChanges(written=("a",), refused=("../out.py", "a/b.py"))
    assert not dags.sync()
    assert files(dags.folder) == {"a": "file"}
    assert not (dags.folder.parent / "out.py").exists()


def test_an_object_is_fetched_at_its_version_not_the_latest(put: Any, s3: Any, fresh_account: str) -> None:
    old = put("requirements.txt", b"one")
    put("requirements.txt", b"two")
    assert fetch_object(s3, f"b-{fresh_account}", ObjectVersion("requirements.txt", old)) == b"one"


def test_plugins_are_unpacked_and_never_outside(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("acme/__init__.py", "x")
        archive.writestr("../out.py", "y")
    folder = tmp_path / "plugins"
    folder.mkdir()
    unpack_plugins(packed.getvalue(), folder)
    assert files(tmp_path) == {"plugins/acme/__init__.py": "x", "plugins/out.py": "y"}


def test_an_empty_file_holds_no_plugins(tmp_path: Path) -> None:
    unpack_plugins(b"", tmp_path)
    assert files(tmp_path) == {}


def test_plugins_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^plugins\.zip is not a zip archive: File is not a zip file$") as caught:
        unpack_plugins(b"text", tmp_path)
    assert caught.value.fix == "build it again, and update the environment"
