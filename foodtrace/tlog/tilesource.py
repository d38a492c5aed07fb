"""Reads a copy of a log in tiles: from a folder, or from any web server.

Rules:

1. Nothing read is trusted; every read has a bound in bytes, so that a copy can hurt nobody. Over the network it has one in seconds as well:
   connecting, redirects, headers, whatever comes before them and the body end together at one time, however slowly each byte comes. All
   files together have one as well where the caller says so: then ``Storage`` (``tiles.too_slow``), which is no finding about the log.
2. What is not there is ``None``; what cannot be read raises ``Storage`` (``tiles.unreadable``), what is too long ``ProofError``.
3. A partial tile may have given way to the full one (tlog-tiles): that is asked for next.
"""

from __future__ import annotations

import io
import os
import socket
import stat
import time
import urllib.error
import urllib.request
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from foodtrace.errors import BadData, ProofError, Storage
from foodtrace.tlog.tiles import Tile

__all__ = ["Folder", "Source", "Web", "read_tile", "source_of"]

SECONDS: Final = 20
"""Longest wait for an answer, and for each part of it."""
PATIENCE: Final = 120
"""Longest time one file may take, from the first word to its last byte."""
_PART: Final = 65_536


class Source(Protocol):
    """Where a copy lies."""

    def read(self, path: str, most: int) -> bytes | None:
        """Return a file's bytes, none if there is no such file."""
        ...


class Folder:
    """A copy in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, most: int) -> bytes | None:
        """Return a file's bytes, none if there is no such file. Raises ``Storage``, ``ProofError``."""
        try:
            # Without waiting: a pipe among the files would make us wait for ever (rule 1).
            handle = os.open(self._folder / path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise Storage("tiles.unreadable", value=path, reason="not a regular file")
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Storage("tiles.unreadable", value=path, reason=error.strerror or type(error).__name__) from None
        return _bounded(path, data, most)


class _Request(urllib.request.Request):
    """A request that knows when its answer has to be here, whatever is redirected where (rule 1)."""

    end: float = 0.0
    """In seconds of the monotonic clock."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, reads nothing of what comes with one, and leaves no connection open where one leads to what is no address."""

    def http_error_302(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any) -> Any:
        """Follow it."""
        fp.close()
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        """Return the request for where it leads; the time does not begin anew."""
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        if made is not None:
            made.end = req.end  # type: ignore[attr-defined]
        return made


class _Timed(io.RawIOBase):
    """What comes from a socket until some time; each wait is as long as one may be, or as what is left."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock, self._end, self._longest = sock, end, sock.gettimeout() or SECONDS
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there. Raises ``TimeoutError``."""
        self._sock.settimeout(_left(self._end, self._longest))
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._file.close()
        super().close()


def _left(end: float, longest: float) -> float:
    """Return how long the next step may take. Raises ``TimeoutError`` if the time is over."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return min(longest, left)


def _timely(connection: HTTPConnection, end: float) -> Any:
    """Return the connection, made so that it stands and its answers are here by that time."""
    longest = connection.timeout or SECONDS
    connection.timeout = _left(end, longest)
    connection._create_connection = lambda address, *_: _connected(address, longest, end)  # type: ignore[attr-defined]  # noqa: SLF001
    connection.response_class = lambda sock, *args, **options: _answer(HTTPResponse(sock, *args, **options), sock, end)  # type: ignore[assignment]
    return connection


def _connected(address: tuple[str, int], longest: float, end: float) -> socket.socket:
    """Connect; of a name with many addresses each has only the time that the others left."""
    failed: OSError | None = None
    for family, kind, protocol, _, place in socket.getaddrinfo(*address, 0, socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(end, longest))
            sock.connect(place)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed or OSError("no address")


def _answer(answer: HTTPResponse, sock: socket.socket, end: float) -> HTTPResponse:
    answer.fp.close()
    answer.fp = io.BufferedReader(_Timed(sock, end))
    return answer


class _Plain(urllib.request.HTTPHandler):
    def http_open(self, req: Any) -> Any:
        return self.do_open(lambda host, **options: _timely(HTTPConnection(host, **options), req.end), req)


class _Secure(urllib.request.HTTPSHandler):
    def https_open(self, req: Any) -> Any:
        context = self._context  # type: ignore[attr-defined]
        return self.do_open(lambda host, **options: _timely(HTTPSConnection(host, context=context, **options), req.end), req)


class Web:
    """A copy behind ``http(s)://``; redirects are followed to other such addresses only."""

    def __init__(self, prefix: str, *, seconds: float = SECONDS, patience: float = PATIENCE, within: float | None = None) -> None:
        """Take an address. Raises ``BadData`` (``tiles.address``).

        :param within: seconds from now in which everything has to be read; none: however long all files together take.
        """
        if not _is_address(prefix):
            raise BadData("tiles.address", value=prefix, expected="http://, https://")
        self._prefix = prefix.rstrip("/")
        self._seconds, self._patience = seconds, patience
        self._within, self._end = within, None if within is None else time.monotonic() + within
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler,
            _Plain,
            _Secure,
            urllib.request.HTTPDefaultErrorHandler,
            _Redirects,
            urllib.request.HTTPErrorProcessor,
        ):
            self._opener.add_handler(handler())

    def read(self, path: str, most: int) -> bytes | None:
        """Return what the server has under this path, none if it has nothing. Raises ``Storage``, ``ProofError``."""
        self._in_time(path)
        request = _Request(f"{self._prefix}/{path}", headers={"Accept-Encoding": "identity"})
        request.end = time.monotonic() + self._patience
        if self._end is not None:
            request.end = min(request.end, self._end)
        data = b""
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                while len(data) <= most and (part := answer.read1(_PART)):
                    data += part
                if len(data) <= most and answer.length:
                    # What the network lost is no finding about the log.
                    raise Storage("tiles.unreadable", value=path, reason=f"cut short, {answer.length} bytes missing")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in {404, 410}:
                return None
            raise Storage("tiles.unreadable", value=path, reason=f"HTTP {error.code}") from None
        except (OSError, ValueError, HTTPException) as error:
            self._in_time(path)
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            raise Storage("tiles.unreadable", value=path, reason=str(cause) or type(cause).__name__) from None
        return _bounded(path, data, most)

    def _in_time(self, path: str) -> None:
        """Raise ``Storage`` (``tiles.too_slow``) if the time for all files is over."""
        if self._end is not None and time.monotonic() >= self._end:
            raise Storage("tiles.too_slow", value=path, seconds=round(self._within or 0))


def _is_address(prefix: str) -> bool:
    """Say whether something is the address of a folder on a web server: with a host, and a port only if it is a number."""
    try:
        parts = urlsplit(prefix)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _bounded(path: str, data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise ProofError("tiles.too_long", value=path, expected=most)
    return data


def source_of(given: str, *, within: float | None = None) -> Source:
    """Return the copy that a folder or an address names. :param within: see :class:`Web`; a folder has none."""
    return Web(given, within=within) if "://" in given else Folder(Path(given))


def read_tile(source: Source, tile: Tile, most: int) -> tuple[bytes | None, bool]:
    """Return a tile's bytes, and whether they are the full tile's in place of a partial one's (rule 3)."""
    data = source.read(tile.path, most)
    if data is None and tile.path != tile.full_path:
        return source.read(tile.full_path, most), True
    return data, False
