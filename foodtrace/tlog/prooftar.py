"""Many proofs in one file: ``.tlog-proof`` and ``.entry`` files, packed as ``tar`` and ``gzip`` pack files. Pure.

Any ``tar xzf`` unpacks it. Ours reads only what ours writes, and does not use ``tarfile``, which reserves whatever memory a header
asks for and passes over what it does not know. Rules:

1. gzip with one fixed header, one stream, its checksum and length; nothing after it.
2. Plain files only: a name of letters, digits, ``.``, ``_`` and ``-`` (so that nobody's ``tar`` writes elsewhere), mode 0644, no
   times, no owner. A header that is not byte for byte what :func:`pack` writes is refused, padding that is not zero too.
3. What is read is bounded before it is read: a file, and all of them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from foodtrace.errors import BadData, ProofError

__all__ = ["MAGIC", "pack", "unpack"]

MAGIC: Final = b"\x1f\x8b\x08\0\0\0\0\0\x02\xff"
"""First bytes of every packed file: no name, no time, no system."""
_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,98}")
_LARGEST: Final = 2_000_000
"""Bytes of one file."""
_MOST: Final = 2_000_000
"""Files."""
_CHUNK: Final = 1 << 16


def pack(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Return the packed bytes of (name, content), piece by piece. Raises ``BadData`` (``proof.pack_form``) for a name of another form."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    checksum, size = 0, 0
    yield MAGIC
    for piece in (*_members(files), _END):
        checksum, size = zlib.crc32(piece, checksum), size + len(piece)
        yield deflate.compress(piece)
    yield deflate.flush() + checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def unpack(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Return the files one by one. Raises ``ProofError`` (``proof.pack_form``) for anything that :func:`pack` does not write."""
    plain = _Plain(stream)
    for _ in range(_MOST + 1):
        header = plain.take(_BLOCK)
        if header == _END[:_BLOCK]:
            if plain.take(_BLOCK) != header or not plain.ended():
                raise _wrong("end")
            return
        name, size = _said(header)
        content = plain.take(size)
        if any(plain.take(-size % _BLOCK)):
            raise _wrong(name)
        yield name, content
    raise _wrong("too many files")


def _members(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    for name, content in files:
        if not _NAME.fullmatch(name) or len(content) > _LARGEST:
            raise BadData("proof.pack_form", reason=name)
        yield _header(name, len(content)) + content + bytes(-len(content) % _BLOCK)


def _header(name: str, size: int) -> bytes:
    """Return the header of a plain file as POSIX ustar writes it."""
    fields = name.encode("ascii").ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"00000000000\0"
    rest = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
    checksum = sum(fields) + sum(rest) + 8 * ord(" ")
    return (fields + b"%06o\0 " % checksum + rest).ljust(_BLOCK, b"\0")


def _said(header: bytes) -> tuple[str, int]:
    """Return the name and size that a header says (rule 2)."""
    name, digits = header[:100].rstrip(b"\0").decode("ascii", "replace"), header[124:135]
    size = int(digits, 8) if digits.isdigit() and b"8" not in digits and b"9" not in digits else _LARGEST + 1
    if not _NAME.fullmatch(name) or size > _LARGEST or header != _header(name, size):
        raise _wrong(name[:40])
    return name, size


class _Plain:
    """What a gzip stream holds, taken piece by piece, never more of it in memory than a file and a chunk."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._plain = bytearray()
        self._checksum = 0
        self._size = 0
        if stream.read(len(MAGIC)) != MAGIC:
            raise _wrong("gzip")

    def take(self, size: int) -> bytes:
        """Return exactly that many bytes."""
        while len(self._plain) < size:
            if not self._more():
                raise _wrong("cut off")
        piece = bytes(self._plain[:size])
        del self._plain[:size]
        return piece

    def ended(self) -> bool:
        """Say whether this is the end, with the right checksum and length, and nothing after it."""
        while self._more():
            pass
        trailer = self._inflate.unused_data + self._stream.read(9)
        right = self._checksum.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little")
        return not self._plain and self._inflate.eof and trailer == right

    def _more(self) -> bool:
        if self._inflate.eof:
            return False
        packed = self._inflate.unconsumed_tail or self._stream.read(_CHUNK)
        try:
            piece = self._inflate.decompress(packed, _CHUNK)
        except zlib.error:
            raise _wrong("gzip") from None
        self._checksum, self._size = zlib.crc32(piece, self._checksum), self._size + len(piece)
        self._plain += piece
        return bool(packed) or bool(piece)


def _wrong(what: str) -> ProofError:
    return ProofError("proof.pack_form", reason=what)
