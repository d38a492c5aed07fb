"""The text of a checkpoint: one parser, one printer (C2SP tlog-checkpoint). Pure; signatures are the note's business.

Rules:

1. Line 1 is the origin, not empty; line 2 the size in decimal without leading zeros, at most 2^63-1; line 3 the root,
   32 bytes in base64. Each line ends with LF.
2. Any further lines are extensions, none empty. Ours has one: ``keys SEQ`` names the latest key entry (DESIGN §5).
3. The empty tree has one root, SHA-256 of nothing.
4. What was parsed prints as the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from foodtrace.errors import ProofError
from foodtrace.tlog._text import base64_bytes, base64_of, decimal
from foodtrace.tlog.ranges import EMPTY_ROOT, HASH_SIZE, check_hash, check_number

__all__ = ["TreeHead", "format_checkpoint", "parse_head"]

MAX_EXTENSIONS: Final = 64
"""More extension lines than this are refused; known logs use none or one."""
_KEYS: Final = "keys "
_CONTROL: Final = re.compile(r"[\x00-\x1f]")


class TreeHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says."""

    origin: str
    """Identity of the log."""
    size: int
    """Number of entries."""
    root: bytes
    """Root of the Merkle tree at this size, 32 bytes."""
    extensions: tuple[str, ...] = ()
    """Further lines, opaque but for ``keys SEQ``."""

    @property
    def key_entry(self) -> int | None:
        """Sequence number of the latest key entry, if an extension line says so."""
        for line in self.extensions:
            if line.startswith(_KEYS):
                return decimal(line.removeprefix(_KEYS))
        return None


def format_checkpoint(origin: str, size: int, root: bytes, extensions: Sequence[str] = ("keys 0",)) -> bytes:
    """Return a checkpoint's text, ready to be signed as a note. Raises ``ProofError`` for what no checkpoint can say."""
    check_number("size", size)
    check_hash("root", root)
    for line in (origin, *extensions):
        if not line or _CONTROL.search(line):
            raise ProofError("checkpoint.line", value=line)
    if len(extensions) > MAX_EXTENSIONS:
        raise ProofError("checkpoint.extensions", value=len(extensions), expected=MAX_EXTENSIONS)
    if size == 0 and root != EMPTY_ROOT:
        raise ProofError("checkpoint.empty_root", value=root.hex(), expected=EMPTY_ROOT.hex())
    try:
        return "\n".join([origin, str(size), base64_of(root), *extensions, ""]).encode()
    except UnicodeEncodeError:  # a lone surrogate
        raise ProofError("checkpoint.line", value=origin) from None


def parse_head(text: bytes) -> TreeHead:
    """Return what a checkpoint's text says. Raises ``ProofError`` for anything but its one spelling."""
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError:
        raise ProofError("note.utf8") from None
    if len(lines) < 4 or lines[-1]:  # noqa: PLR2004 (three lines, and nothing after the last LF)
        raise ProofError("checkpoint.form", value=len(lines) - 1)
    size = decimal(lines[1])
    if size is None:
        raise ProofError("checkpoint.size", value=lines[1], expected="0 .. 2^63-1")
    root = base64_bytes(lines[2])
    if root is None or len(root) != HASH_SIZE:
        raise ProofError("checkpoint.root", value=lines[2], expected=HASH_SIZE)
    head = TreeHead(origin=lines[0], size=size, root=root, extensions=tuple(lines[3:-1]))
    if format_checkpoint(head.origin, head.size, head.root, head.extensions) != text:
        raise ProofError("checkpoint.form", value=len(lines) - 1)
    return head
