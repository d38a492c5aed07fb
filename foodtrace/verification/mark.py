"""The mark: what the last run found to hold, kept outside the database beside the anchors.

Rules:

1. A mark is made only by a run that found nothing. It holds, for each log, the edge of the tree at the size that was verified, and the
   fingerprints of the checkpoints and of the projection up to there, under a secret key that lies in the mark as well (mode 0600).
2. It vouches for bytes, not instead of them: the next run reads and hashes every old byte again and compares. Who can write to
   the key directory can forge a mark, as he can take the key; ``--full`` trusts none.
3. A mark is good only for the program that made it: another version may derive other rows, or check more.
4. A mark that is damaged, or of another program, is not used, and the answer says so: then everything is checked in full.
5. Before all that the file says what was seen of each log, in lines that any program can read (:mod:`foodtrace.tlog.vouched`): a rollback
   or another history shows whoever made the mark, and also to a recall, which reads these lines alone.
6. After ``recover`` the mark of what was lost is put aside as evidence; the next run makes a new one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

import foodtrace
from foodtrace.errors import Storage
from foodtrace.graph.expected import Touched
from foodtrace.tlog.files import publish
from foodtrace.tlog.vouched import Seen, format_head, head_size

_DIGEST: Final = 32
_ASIDE: Final = "-put-aside"
_PARTS: Final = ("events", "graph", "storage", "tlog", "verification", "personal.py", "quantity.py")
"""Of this program: what decides whether something holds."""


class LogMark(msgspec.Struct, frozen=True, kw_only=True):
    """What was verified of one log."""

    size: int
    edge: bytes
    """:meth:`foodtrace.tlog.frontier.Frontier.to_bytes` at that size."""
    time: int
    """``time`` of the last entry, microseconds UTC."""
    at: str
    """When the first of it was checked in full, UTC: every run since has rested on that one."""
    sizes: int
    """Checkpoints up to there."""
    notes: str
    """Their fingerprint, hex."""
    keys: list[int]
    """Sequence numbers of the log's key entries."""
    rows: list[tuple[int, str]]
    """Digests of the projection's rows of its entries, stretch by stretch: one past the last entry, and the digest, hex."""
    ended: dict[int, int]
    """Entry -> ``ended`` of its rows, where that is not 0."""
    sums: dict[str, str]
    """Fingerprint of what its entries add up to: table -> hex."""
    sites: dict[str, int]
    """Site -> newest recorded time."""
    touched: list[Touched]
    """Counted rows of its projection that are zero."""
    bare: int
    """Ends of batches without a checkpoint, of entries that came in a copy."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The marks of a database's logs."""

    program: bytes
    """Digest of the program that verified (rule 3)."""
    key: bytes
    """Secret of the fingerprints."""
    logs: dict[str, LogMark]


class _Maker(msgspec.Struct, frozen=True, kw_only=True):
    """Of a mark, who made it: what another version puts into the rest, this one can't know."""

    program: bytes


Unusable: TypeAlias = Literal["", "damaged", "other_program"]


def read_mark(path: Path) -> tuple[Mark | None, Unusable]:
    """Return the mark, or none and why it cannot be used; a mark that was never made is no reason."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None, ""
    except OSError:
        return None, "damaged"
    try:
        head = head_size(data)  # 0 for a mark of before there were heads: then the rest tells whose it is
        body = data[head + _DIGEST :]
        if hashlib.sha256(data[:head] + body).digest() != data[head : head + _DIGEST]:
            return None, "damaged"
        if msgspec.msgpack.decode(body, type=_Maker).program != program():
            return None, "other_program"
        return msgspec.msgpack.decode(body, type=Mark), ""
    except (msgspec.MsgspecError, ValueError):
        return None, "damaged"


def put_aside(path: Path) -> Path | None:
    """Put a mark that recovery has answered for aside, as evidence; return where it lies, none if there was no mark.

    :raises Storage: ``files.io``.
    """
    kept = path.with_name(path.name + _ASIDE)
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}{_ASIDE}-{number}")
    try:
        path.replace(kept)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Storage("files.io", value=str(path), reason=str(error)) from None
    return kept


def write_mark(path: Path, mark: Mark, seen: Mapping[str, Seen]) -> bool:
    """Write the mark; say whether that could be done. An auditor may have no right to write here, and has verified all the same.

    :param seen: of each log of the mark, what any program can compare (rule 5).
    """
    head, body = format_head(seen), msgspec.msgpack.encode(mark)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = os.umask(0o077)
        try:
            publish(path, head + hashlib.sha256(head + body).digest() + body)
        finally:
            os.umask(before)
    except (OSError, Storage):
        return False
    return True


def marked_at(path: Path) -> dt.datetime | None:
    """Return when a run that found nothing last left its mark, UTC; none where none did."""
    try:
        return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    except OSError:
        return None


@cache
def program() -> bytes:
    """Return a digest of what decides whether something holds (rule 3)."""
    root = Path(foodtrace.__file__).parent
    digest = hashlib.sha256()
    for part in _PARTS:
        place = root / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()
