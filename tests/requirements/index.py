"""A package index of our own on loopback, with real wheels and source archives, for answers that must be exact.

uv asks it as any other (PEP 691). It holds a small Airflow: the image's packages, each with one file in it.
"""

import gzip
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

BEFORE, AFTER = "2026-04-01T00:00:00Z", "2026-06-01T00:00:00Z"
"""Before and after the day of Airflow 3.2.1."""


@dataclass(frozen=True)
class Dist:
    """One file of the index."""

    name: str
    version: str
    needs: Sequence[str] = ()
    extras: Sequence[str] = ()
    tag: str = "py3-none-any"
    """Of the wheel; "source" for a pure source archive, "compiled" for one with an extension in C."""
    uploaded: str = BEFORE
    yanked: str | bool = False

    @property
    def stem(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}"

    @property
    def file(self) -> str:
        return f"{self.stem}.tar.gz" if self.tag in ("source", "compiled") else f"{self.stem}-{self.tag}.whl"

    @property
    def data(self) -> bytes:
        return self._sdist() if self.file.endswith(".gz") else self._wheel()

    @property
    def metadata(self) -> str:
        heads = [f"Name: {self.name}", f"Version: {self.version}"]
        heads += [f"Requires-Dist: {need}" for need in self.needs] + [f"Provides-Extra: {one}" for one in self.extras]
        return "\n".join(["Metadata-Version: 2.1", *heads]) + "\n"

    def _wheel(self) -> bytes:
        info = f"{self.stem}.dist-info"
        module = self.name.replace("-", "_")
        files = {
            f"{module}/__init__.py": "",
            f"{info}/METADATA": self.metadata,
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {self.tag}\n",
        }
        record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, text in (files | {f"{info}/RECORD": record}).items():
                archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
        return out.getvalue()

    def _sdist(self) -> bytes:
        """Builds with a backend of its own, so that no build package is needed. "compiled" calls the C compiler."""
        backend = _BACKEND.format(wheel=repr(Dist(self.name, self.version, self.needs).data), stem=self.stem)
        files = {
            "PKG-INFO": self.metadata,
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            + (f'[project]\nname = "{self.name}"\nversion = "{self.version}"\n'),
            "backend.py": backend + (_COMPILES if self.tag == "compiled" else ""),
        }
        out = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed,  # the same bytes each time
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for name, text in files.items():
                info = tarfile.TarInfo(f"{self.stem}/{name}")
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        return out.getvalue()


_BACKEND = """
import os, subprocess

def compile():
    pass

def build_wheel(folder, config_settings=None, metadata_directory=None):
    compile()
    name = "{stem}-py3-none-any.whl"
    with open(os.path.join(folder, name), "wb") as out:
        out.write({wheel})
    return name
"""
_COMPILES = """
def compile():
    subprocess.run([os.environ.get("CC", "cc"), "--version"], check=True)
"""

AIRFLOW = (
    Dist("apache-airflow", "3.2.1", ["apache-airflow-core==3.2.1"], ["celery", "statsd"]),
    Dist("apache-airflow", "3.2.1rc1", ["apache-airflow-core"], ["celery", "statsd"]),
    Dist("apache-airflow-core", "3.2.1", ["sqlalchemy>=2", "shared>=1"], ["gunicorn"]),
    Dist("apache-airflow-providers-amazon", "9.25.0", ["apache-airflow>=2", "shared>=1"], ["aiobotocore"]),
    Dist("apache-airflow-providers-amazon", "9.26.0", uploaded=AFTER),
    Dist("apache-airflow-providers-postgres", "6.0.0"),
    Dist("apache-airflow-providers-fab", "3.0.0"),
    Dist("apache-airflow-providers-standard", "1.0.0"),
    Dist("fluent-logger", "0.11.1"),
    Dist("virtualenv", "21.0.0"),
    Dist("watchtower", "3.4.0"),
    Dist("sqlalchemy", "2.0.49"),
    Dist("sqlalchemy", "2.0.50"),
    Dist("sqlalchemy", "1.4.54"),
    Dist("shared", "1.0"),
    Dist("shared", "2.0"),
    Dist("shared", "3.0", uploaded=AFTER),
)


@dataclass
class Index:
    address: str
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""


@contextmanager
def serving(*dists: Dist) -> Iterator[Index]:
    """The index of the small Airflow and of `dists` while the block runs."""
    files = {dist.file: dist for dist in (*AIRFLOW, *dists)}
    index = Index("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            index.asked.append(self.path)
            parts = self.path.strip("/").split("/")
            if parts[0] == "files" and parts[-1] in files:
                self._answer(200, "application/octet-stream", files[parts[-1]].data)
            elif parts[0] == "files" and (dist := files.get(parts[-1].removesuffix(".metadata"))):
                self._answer(200, "application/octet-stream", dist.metadata.encode())
            elif parts[0] == "simple" and (found := [dist for dist in files.values() if dist.name == parts[-1]]):
                page = {"meta": {"api-version": "1.1"}, "name": parts[-1], "files": [_entry(dist) for dist in found]}
                self._answer(200, "application/vnd.pypi.simple.v1+json", json.dumps(page).encode())
            else:
                self._answer(404, "text/plain", b"")

        def _answer(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    index.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()


def _entry(dist: Dist) -> dict[str, object]:
    data = dist.data
    return {
        "filename": dist.file,
        "url": f"../../files/{dist.file}",
        "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
        "size": len(data),
        "upload-time": dist.uploaded,
        "yanked": dist.yanked,
        "core-metadata": dist.file.endswith(".whl"),
    }


def used(monkeypatch: pytest.MonkeyPatch, index: Index, caches: Path) -> None:
    """Makes uv ask this index alone, remember only what is in `caches`, and find no official constraints."""
    for name in (
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("MWAA_CONSTRAINTS", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody answers there; the index speaks HTTP
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{index.address}/simple/")
    monkeypatch.setenv("UV_CACHE_DIR", str(caches / "uv"))
    monkeypatch.setenv("MWAA_CACHE", str(caches / "cache"))
