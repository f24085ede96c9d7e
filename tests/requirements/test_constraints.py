import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mwaa.process import ToolError
from mwaa.requirements import constraints

FILE = "constraints-3.2.1/constraints-3.12.txt"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_CACHE", str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


class Mirror:
    """Answers each address with what `texts` has, else with 404, and counts."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.asked: list[str] = []
        self.address = ""
        self.announced = 0


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    served = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            text = served.texts.get(self.path)
            self.send_response(404 if text is None else 200)
            if served.announced:
                self.send_header("Content-Length", str(served.announced))
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("MWAA_CONSTRAINTS", f"{served.address}/mirror/")
    yield served
    server.shutdown()
    server.server_close()


def test_the_official_constraints_are_downloaded_once(mirror: Mirror) -> None:
    mirror.texts[f"/mirror/{FILE}"] = "pandas==2.3.3\n"
    assert constraints.read_official("3.2.1", "3.12") == "pandas==2.3.3\n"
    assert constraints.read_official("3.2.1", "3.12") == "pandas==2.3.3\n"
    assert mirror.asked == [f"/mirror/{FILE}"]


def test_a_mirror_that_lacks_them_is_an_error(mirror: Mirror) -> None:
    with pytest.raises(ToolError) as error:
        constraints.read_official("3.2.1", "3.12")
    assert str(error.value) == f"MWAA_CONSTRAINTS is {mirror.address}/mirror/, but {FILE} there: cannot be reached"
    assert error.value.fix == f"correct MWAA_CONSTRAINTS, or unset it to use {constraints.BASE}"


@pytest.mark.parametrize(
    ("text", "announced", "wrong"),
    [
        ("<!DOCTYPE html>\n<title>Hotel</title>\n", 0, "it is a page for browsers"),
        ("Please log in first\n", 0, '"Please log in first" is no line of a constraints file'),
        ("pandas==2.3.3\n", 999, "it was cut short"),
        ("pandas==2.3.3\nnumpy==1.", 0, "it was cut short: its last line does not end"),
        ("apache-airflow==3.0.6\n", 0, "it has apache-airflow==3.0.6, and should be that of 3.2.1"),
    ],
)
def test_what_is_no_constraints_file_is_an_error_and_not_remembered(
    mirror: Mirror, text: str, announced: int, wrong: str
) -> None:
    mirror.texts[f"/mirror/{FILE}"], mirror.announced = text, announced
    with pytest.raises(ToolError) as error:
        constraints.read_official("3.2.1", "3.12")
    assert str(error.value) == f"the constraints at {mirror.address}/mirror/{FILE} are not used: {wrong}"
    good = "# comment\n-e .\napache-airflow==3.2.1\npandas[all]==2.3.3 ; python_version > '3'\n"
    mirror.texts[f"/mirror/{FILE}"], mirror.announced = good, 0
    assert constraints.read_official("3.2.1", "3.12") == good


def test_only_https_is_asked_and_no_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("pandas==2.3.3\n")
    assert constraints.download((tmp_path / "secret.txt").as_uri()) is None
    assert constraints.download("http://mirror.example/constraints.txt") is None
    assert constraints.download("ftp://mirror.example/constraints.txt") is None
    assert not (tmp_path / "cache").exists()


def test_an_unreachable_address_is_not_tried_again_for_an_hour(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MWAA_CONSTRAINTS")
    monkeypatch.setattr(constraints, "BASE", mirror.address)
    assert constraints.read_official("3.2.1", "3.12") is None
    mirror.texts[f"/{FILE}"] = "pandas==2.3.3\n"
    assert constraints.read_official("3.2.1", "3.12") is None
    assert mirror.asked == [f"/{FILE}"]


def test_a_folder_may_hold_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_CONSTRAINTS", str(tmp_path))
    with pytest.raises(ToolError) as error:
        constraints.read_official("3.2.1", "3.12")
    assert str(error.value) == f"MWAA_CONSTRAINTS is {tmp_path}, but {FILE} there: No such file or directory"
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text("pandas==2.3.3\n")
    assert constraints.read_official("3.2.1", "3.12") == "pandas==2.3.3\n"


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (constraints.official_address("3.2.1", "3.12"), ("3.2.1", "3.12")),
        ("https://mirror.example.com/airflow/constraints-2.10.3/constraints-no-providers-3.11.txt", ("2.10.3", "3.11")),
        ("/usr/local/airflow/dags/constraints.txt", None),
        ("https://example.com/constraints-main/constraints-3.12.txt", None),
    ],
)
def test_the_release_of_official_constraints_is_in_their_address(place: str, named: tuple[str, str] | None) -> None:
    assert constraints.parse_release(place) == named


def test_paths_of_containers_map_to_local_paths(tmp_path: Path) -> None:
    folders = {"/usr/local/airflow/plugins": tmp_path}
    assert constraints.local_path('"/usr/local/airflow/plugins/a/b.txt"', folders) == tmp_path / "a/b.txt"
    assert constraints.local_path("file:///usr/local/airflow/plugins/b.txt", folders) == tmp_path / "b.txt"
    assert constraints.local_path("/usr/local/airflow/plugins/../b.txt", folders) is None
    assert constraints.local_path("/usr/local/airflow/dags/b.txt", folders) is None
    assert constraints.local_path("b.txt", folders) is None
