"""A copy behind any static web server; what a server or the network does hurts nobody."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from foodtrace import errors
from foodtrace.keys import SigningKey
from foodtrace.tlog.tilesource import Web, source_of
from tests.cli.shell import run


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    (tmp_path / "web").mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield tmp_path / "web", f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_any_static_web_server_serves_a_copy(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = served
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market")
    said = json.loads(run(tmp_path, "export", "tiles", str(folder / "log"), "--json"))
    key = json.loads(run(tmp_path, "prove", "#0", "--json"))[0]["vkey"]
    assert "no --key of the log was given" in run(tmp_path, "verify", "--tiles", f"{url}/log")
    answer = json.loads(run(tmp_path, "verify", "--tiles", f"{url}/log/", "--key", key, "--json"))
    assert (answer["ok"], answer["entries"], answer["trusted"]) == (True, said["size"], True)
    (tile,) = (folder / "log/tile/entries/000.p").iterdir()
    tile.write_bytes(tile.read_bytes().replace(b"farm", b"shop"))
    said_broken = run(tmp_path, "verify", "--tiles", f"{url}/log", "--key", key, code=3)
    assert "the copy does not hold" in said_broken
    assert "tlog.root_mismatch" in said_broken
    tile.unlink()
    assert "tiles.missing" in run(tmp_path, "verify", "--tiles", str(folder / "log"), "--key", key, code=3)
    assert "tiles.no_checkpoint" in run(tmp_path, "verify", "--tiles", f"{url}/nothing", code=3)
    other = SigningKey(answer["log"], bytes(range(32))).vkey
    assert "note.no_known_key" in run(tmp_path, "verify", "--tiles", f"{url}/log", "--key", other, code=3)


def test_a_server_cannot_make_us_read_without_end(served: tuple[Path, str]) -> None:
    folder, url = served
    (folder / "big").write_bytes(bytes(100_001))
    assert Web(url).read("big", 100_001) == bytes(100_001)
    with pytest.raises(errors.ProofError) as caught:
        Web(url).read("big", 100_000)
    assert caught.value.code == "tiles.too_long"
    assert Web(url).read("nothing", 10) is None
    with pytest.raises(errors.Storage) as slow:
        Web(url, patience=-1).read("big", 100_001)
    assert slow.value.message() == "big cannot be read: timed out"
    with pytest.raises(errors.Storage):
        Web("http://127.0.0.1:1", seconds=2).read("checkpoint", 10)
    for address in ("file:///etc/passwd", "ftp://example.com/x"):
        with pytest.raises(errors.BadData) as refused:
            source_of(address)
        assert refused.value.code == "tiles.address"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 100,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx",
        b"hello, I am no web server\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: x\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"",
    ],
    ids=["short", "short_chunk", "no_chunk", "no_server", "long_header", "many_headers", "to_a_file", "to_nowhere", "nothing"],
)
def test_what_the_network_spoils_is_no_finding_about_the_log(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(errors.Storage) as caught:
            Web(f"http://127.0.0.1:{server.getsockname()[1]}", seconds=5).read("checkpoint", 1000)
        thread.join()
    assert caught.value.code == "tiles.unreadable"


@pytest.mark.parametrize(
    ("first", "each"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 302 Found\r\nLocation: /@\r\nContent-Length: 0\r\n\r\n", b""),
    ],
    ids=["headers", "continue", "body", "trailer", "redirects"],
)
def test_the_time_for_a_file_ends_however_its_bytes_come(first: bytes, each: bytes) -> None:
    """Every byte comes well within the wait for one; the whole would never end."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def feed(connection: socket.socket, number: int) -> None:
            with connection, contextlib.suppress(OSError):
                connection.recv(10_000)
                over.wait(0.05)
                connection.sendall(first.replace(b"@", str(number).encode()))
                while each and not over.wait(0.02):
                    connection.sendall(each)
                over.wait(0.1)

        def serve() -> None:
            threads: list[threading.Thread] = []
            while not over.is_set():
                connection, _ = server.accept()
                threads.append(threading.Thread(target=feed, args=(connection, len(threads))))
                threads[-1].start()
            for thread in threads:
                thread.join()

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(errors.Storage) as caught:
            Web(f"http://127.0.0.1:{server.getsockname()[1]}", seconds=5, patience=0.3).read("checkpoint", 100_000)
        over.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()
    assert caught.value.message() == "checkpoint cannot be read: timed out"


@pytest.mark.parametrize("address", ["http://[::1/", "http://", "https:///x", "http://h:port/", "http://h:99999/", "http://h:0/"])
def test_what_is_no_address_is_said_to_be_none(address: str, tmp_path: Path) -> None:
    assert f"tiles.address: {address} is no address of http://, https://" in run(tmp_path, "verify", "--tiles", address, code=2)


class _Stalling(_Quiet):
    """A server that is quick with the checkpoint and never ends with what is asked for under a word."""

    word, over = "entries", threading.Event()

    def do_GET(self) -> None:
        if self.word in self.path:
            self.over.wait(30)
        super().do_GET()


@pytest.fixture
def stalling(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    (tmp_path / "web").mkdir()
    _Stalling.over.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Stalling, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield tmp_path / "web", f"http://127.0.0.1:{server.server_address[1]}"
    _Stalling.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_server_that_does_not_answer_is_given_up_and_is_no_finding(
    stalling: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    """Each file had two minutes; a log of a thousand of them two thousand."""
    monkeypatch.setattr("foodtrace_cli.commands.tiles.WITHIN", 0.3 / 60)
    folder, url = stalling
    run(tmp_path, "init")
    run(tmp_path, "export", "tiles", str(folder / "log"))
    said = run(tmp_path, "verify", "--tiles", f"{url}/log", code=3, lang=lang)
    assert ("NOT verified" in said) is (lang == "en")
    assert "tiles.too_slow" in said
    assert "--within" in said
    assert "does not hold" not in said
    assert "不成立" not in said
    answer = json.loads(run(tmp_path, "verify", "--tiles", f"{url}/log", "--json", code=3))
    assert (answer["ok"], answer.get("looked"), answer["entries"]) == (False, False, 0)
    assert [each["code"] for each in answer["findings"]] == ["tiles.too_slow"]


def test_the_time_for_all_files_is_one(served: tuple[Path, str]) -> None:
    folder, url = served
    (folder / "a").write_bytes(b"x")
    web = Web(url, within=60)
    assert web.read("a", 10) == b"x"
    gone = Web(url, within=0)
    with pytest.raises(errors.Storage) as caught:
        gone.read("a", 10)
    assert (caught.value.code, caught.value.exit_code) == ("tiles.too_slow", 3)


def test_minutes_are_for_a_copy(tmp_path: Path) -> None:
    assert "--tiles" in run(tmp_path, "verify", "--within", "5", code=2)
    run(tmp_path, "verify", "--tiles", "x", "--within", "0", code=2)
