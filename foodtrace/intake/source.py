"""The bytes of a file and how its text is encoded: decided by strict decoding, never by guessing letters.

Rules, in order:

1. At most 256 MiB. Anything that can be opened twice is read where it lies; a pipe is read into memory first.
2. By its first bytes: a ZIP is a workbook; old Excel, PDF, pictures, HTML and other archives are named and refused.
3. A byte order mark decides. UTF-16 without one shows by its zero bytes.
4. The whole file is decoded strictly as UTF-8; if that fails, strictly as GB18030; if both fail, the row is named.
5. A text valid as both, whose only non-ASCII letters are of two bytes (UTF-8 would show Latin, Greek or Cyrillic,
   GB18030 Chinese), cannot be told apart by bytes: a person says which, or it is refused.
"""

from __future__ import annotations

import codecs
import io
import os
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData, NotFound, Storage
from foodtrace.intake.model import Ask, Question

MAX_BYTES: Final = 256 * 1024 * 1024
"""Largest file that is read."""
_CHUNK: Final = 1 << 20

Path_: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes themselves, or an open binary stream (standard input)."""
Format: TypeAlias = Literal["text", "xlsx"]

_SIGNATURES: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"SQLite format 3\x00", "database"),
)
_MARKUP: Final = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<?xml", b"<style", b"<div")


class Source(msgspec.Struct, frozen=True):
    """A file that can be opened again and again."""

    name: str
    """Name without folders; ``-`` for a stream."""
    size: int
    path: Path | None
    data: bytes

    def open(self) -> BinaryIO:
        """Return a new stream at the start. Raises ``Storage``."""
        if self.path is None:
            return io.BytesIO(self.data)
        try:
            return self.path.open("rb")
        except OSError as error:
            raise Storage("record.unreadable", value=self.name, reason=error.strerror or "") from None


def open_source(given: Path_) -> Source:
    """Return a file's bytes, ready to be opened.

    :raises NotFound: ``record.no_file``. :raises Storage: ``record.unreadable``. :raises BadData: ``record.too_large``.
    """
    if isinstance(given, (bytes, bytearray)):
        return _kept("-", bytes(given))
    if not isinstance(given, (str, os.PathLike)):
        return _kept(Path(str(getattr(given, "name", "-"))).name or "-", given.read(MAX_BYTES + 1))
    path = Path(given)
    try:
        if path.is_dir():
            raise BadData("record.folder", value=path.name)
        if not path.exists():
            raise NotFound("record.no_file", value=str(given))
        if not path.is_file():
            with path.open("rb") as stream:
                return _kept(path.name, stream.read(MAX_BYTES + 1))
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        raise Storage("record.unreadable", value=path.name, reason=getattr(error, "strerror", None) or "name") from None
    _bounded(path.name, size)
    return Source(path.name, size, path, b"")


def _kept(name: str, data: bytes) -> Source:
    _bounded(name, len(data))
    return Source(name, len(data), None, data)


def _bounded(name: str, size: int) -> None:
    if size > MAX_BYTES:
        raise BadData("record.too_large", value=name, expected=f"{MAX_BYTES // 1024 // 1024} MB")


def format_of(source: Source) -> Format:
    """Say what a file is by its first bytes (rule 2). Raises ``BadData`` (``record.format``, ``record.empty``)."""
    with source.open() as stream:
        head = stream.read(512)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        with source.open() as stream:
            if not any(chunk.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00") for chunk in iter(lambda: stream.read(_CHUNK), b"")):
                raise BadData("record.empty", value=source.name)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    for start, kind in _SIGNATURES:
        if head.startswith(start):
            raise BadData("record.format." + kind, value=source.name)
    plain = head.removeprefix(codecs.BOM_UTF8).replace(b"\x00", b"").removeprefix(b"\xff\xfe").lstrip().lower()
    if plain.startswith(_MARKUP):
        raise BadData("record.format.markup", value=source.name)
    return "text"


def encoding_of(source: Source, *, encoding: str = "", ask: Ask | None = None) -> str:
    """Return the Python name of the codec that a text file decodes with, from its first to its last byte (rules 3-5).

    One of ``utf-8``, ``utf-8-sig``, ``utf-16``, ``utf-16-le``, ``utf-16-be``, ``gb18030``.

    :param encoding: what a person said; the file must still decode.
    :raises BadData: ``record.encoding``, ``record.encoding_unclear``, ``record.not_text``.
    """
    with source.open() as stream:
        head = stream.read(4096)
    if encoding:
        return _said(source, encoding)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _must(source, "utf-16")
    if b"\x00" in head:
        return _without_mark(source, head)
    if head.startswith(codecs.BOM_UTF8):
        return _must(source, "utf-8-sig")
    row = _decodes(source, "utf-8")
    if row < 0:
        return _unclear(source, ask) if _is_unclear(source) else "utf-8"
    return _must(source, "gb18030", row)


def shown(codec: str) -> str:
    """Return an encoding's name for people."""
    return {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(codec, codec.upper())


def _said(source: Source, encoding: str) -> str:
    known = {"utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "utf16": "utf-16"}
    codec = known.get(encoding.lower().replace("-", "").replace("_", ""))
    if codec is None:
        raise BadData("record.encoding_name", value=encoding, expected="UTF-8, GB18030, UTF-16")
    if codec == "utf-8":
        with source.open() as stream:
            codec = "utf-8-sig" if stream.read(3) == codecs.BOM_UTF8 else codec
    return _must(source, codec)


def _without_mark(source: Source, head: bytes) -> str:
    """UTF-16 without a mark: ASCII signs leave every second byte zero."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) * 8 > max(even, odd) or max(even, odd) * 16 < len(head):
        raise BadData("record.not_text", value=source.name)
    return _must(source, "utf-16-le" if odd > even else "utf-16-be")


def _must(source: Source, codec: str, other: int = 0) -> str:
    """Return the codec if the whole file decodes; ``other`` is the row at which another codec failed: the later one is named."""
    row = _decodes(source, codec)
    if row >= 0:
        raise BadData("record.encoding", value=source.name, expected="UTF-8, GB18030, UTF-16", row=max(row, other))
    return codec


def _decodes(source: Source, codec: str) -> int:
    """Return -1 if the whole file decodes strictly, else the row (from 1) of the first bytes that do not."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    rows = 1
    with source.open() as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                rows += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeError as error:
                good = chunk[: getattr(error, "start", 0)]
                return rows + good.count(b"\n" if "16" not in codec else b"\n\x00")
            if not chunk:
                return -1


def _is_unclear(source: Source) -> bool:
    """Rule 5: some non-ASCII letters, all of two bytes in UTF-8, and valid GB18030 as well."""
    found = False
    with source.open() as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            if not chunk.isascii():
                found = True
                if any(byte >= 0xE0 for byte in chunk.translate(None, bytes(range(0xE0)))):  # noqa: PLR2004
                    return False
    return found and _decodes(source, "gb18030") < 0


def _unclear(source: Source, ask: Ask | None) -> str:
    with source.open() as stream:
        data = stream.read(_CHUNK)
    at = next((i for i, byte in enumerate(data) if byte >= 0x80), 0)  # noqa: PLR2004
    piece = data[max(0, at - 10) : at + 20]
    samples = tuple((codec, piece.decode(codec, "replace")) for codec in ("utf-8", "gb18030"))
    answer = ask(Question(about="encoding", options=samples, params={"file": source.name})) if ask else None
    if answer not in {"utf-8", "gb18030"}:
        raise BadData("record.encoding_unclear", value=source.name, one=samples[0][1], other=samples[1][1])
    return answer
