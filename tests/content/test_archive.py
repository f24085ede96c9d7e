import hashlib
import stat
import zipfile
from pathlib import Path

from mwaa.content.archive import write_archive

MEMBERS = [("acme/ä.py", "x = 'ä'\n".encode()), ("acme/empty.py", b""), ("z.bin", bytes(range(256)))]


def test_the_bytes_are_the_same_on_every_machine(tmp_path: Path) -> None:
    # Recorded once: another Python, zlib or operating system that gives other bytes fails here.
    write_archive(tmp_path / "a.zip", MEMBERS)
    digest = hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    assert digest == "1740267e09db0421c7429b24cc3b5f7f138a4de74911548c766d9ea2f0d1cd7a"


def test_members_are_stored_without_date_mode_or_compression(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", MEMBERS)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == MEMBERS
        assert {
            (info.date_time, info.external_attr >> 16, info.compress_type, info.create_system)
            for info in archive.infolist()
        } == {((1980, 1, 1, 0, 0, 0), stat.S_IFREG | 0o644, zipfile.ZIP_STORED, 3)}
