"""Reads a copy of a log in tiles: from a folder, or from any web server.

Rules:

1. Nothing read is trusted; every read has a bound in bytes, and over the network one in seconds, so that a copy can hurt nobody.
2. What is not there is ``None``; what cannot be read raises ``Storage`` (``tiles.unreadable``), what is too long ``ProofError``.
3. A partial tile may have given way to the full one (tlog-tiles): that is asked for next.
"""

from __future__ import annotations

import os
import stat
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from foodtrace.errors import BadData, ProofError, Storage
from foodtrace.tlog.tiles import Tile

__all__ = ["Folder", "Source", "Web", "read_tile", "source_of"]

SECONDS: Final = 20
"""Longest wait for an answer, and for each part of it."""
PATIENCE: Final = 120
"""Longest time one file may take."""
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


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and leaves no connection open where one leads to what is no address."""

    def http_error_302(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any) -> Any:
        """Follow it."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError:
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class Web:
    """A copy behind ``http(s)://``; redirects are followed to other such addresses only."""

    def __init__(self, prefix: str, *, seconds: float = SECONDS, patience: float = PATIENCE) -> None:
        if urlsplit(prefix).scheme not in {"http", "https"}:
            raise BadData("tiles.address", value=prefix, expected="http://, https://")
        self._prefix = prefix.rstrip("/")
        self._seconds, self._patience = seconds, patience
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler,
            urllib.request.HTTPHandler,
            urllib.request.HTTPSHandler,
            urllib.request.HTTPDefaultErrorHandler,
            _Redirects,
            urllib.request.HTTPErrorProcessor,
        ):
            self._opener.add_handler(handler())

    def read(self, path: str, most: int) -> bytes | None:
        """Return what the server has under this path, none if it has nothing. Raises ``Storage``, ``ProofError``."""
        request = urllib.request.Request(f"{self._prefix}/{path}", headers={"Accept-Encoding": "identity"})  # noqa: S310 - checked above
        end = time.monotonic() + self._patience
        data = b""
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                while len(data) <= most and (part := answer.read1(_PART)):
                    data += part
                    if time.monotonic() > end:
                        raise Storage("tiles.unreadable", value=path, reason="timed out")
                if len(data) <= most and answer.length:
                    # What the network lost is no finding about the log.
                    raise Storage("tiles.unreadable", value=path, reason=f"cut short, {answer.length} bytes missing")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in {404, 410}:
                return None
            raise Storage("tiles.unreadable", value=path, reason=f"HTTP {error.code}") from None
        except (OSError, ValueError, HTTPException) as error:
            raise Storage("tiles.unreadable", value=path, reason=str(error) or type(error).__name__) from None
        return _bounded(path, data, most)


def _bounded(path: str, data: bytes, most: int) -> bytes:
    if len(data) > most:
        raise ProofError("tiles.too_long", value=path, expected=most)
    return data


def source_of(given: str) -> Source:
    """Return the copy that a folder or an address names."""
    return Web(given) if "://" in given else Folder(Path(given))


def read_tile(source: Source, tile: Tile, most: int) -> tuple[bytes | None, bool]:
    """Return a tile's bytes, and whether they are the full tile's in place of a partial one's (rule 3)."""
    data = source.read(tile.path, most)
    if data is None and tile.path != tile.full_path:
        return source.read(tile.full_path, most), True
    return data, False
