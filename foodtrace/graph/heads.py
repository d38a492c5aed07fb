"""How far each log has come here and whether that can be believed, at the price of two queries for all logs together.

Rules (RECALL section 3, log_behind):

1. ``rolled_back``: the log is shorter than ``verify`` saw it on this host, or not here at all. ``forked``: at the size that was
   verified, the checkpoint or the last entry is another one.
2. ``not_covered``: the newest checkpoint does not cover the head: another size, or another root than the tree's edge has. Nobody
   signed for what lies beyond.
3. ``unverified``: this host has neither signed the log nor ever verified it, or cannot read what it knew.
4. ``signed_here``: never verified, but this host has an anchor of it, which was compared when the ledger was opened.
   ``verified``: it extends what was verified, and what has come since is as long as the sizes differ.
5. No entry is decoded and no signature checked: this says when something is plainly wrong. That all is right only ``verify`` can say.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from foodtrace.errors import FoodtraceError
from foodtrace.tlog.frontier import Frontier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foodtrace.storage.session import Row, Session
    from foodtrace.tlog.vouched import Seen

Trust: TypeAlias = Literal["verified", "signed_here", "unverified", "not_covered", "rolled_back", "forked"]
SOUND: Final = frozenset({"verified", "signed_here"})
_OLD: Final = 200
"""Logs in one query."""
HEADS: Final = (
    "SELECT l.id, l.origin, h.size, h.time, h.prev, h.frontier, c.note, "
    "(SELECT MAX(n.size) FROM checkpoint AS n WHERE n.log = l.id) FROM log AS l LEFT JOIN head AS h ON h.log = l.id "
    "LEFT JOIN checkpoint AS c ON c.log = l.id AND c.size = h.size ORDER BY l.id"
)
"""The first of the two queries."""


class LogHead(NamedTuple):
    """How far a log has come."""

    log: int
    """Its number; negative: ``verify`` saw it, and it is not in the database any more."""
    origin: str
    size: int
    time: int
    """``time`` of its last entry, microseconds UTC; 0: none."""
    trust: Trust
    verified: int
    """Entries that ``verify`` saw on this host; 0: never."""
    verified_at: int
    """When, microseconds UTC; 0: never."""

    @property
    def behind(self) -> str:
        """Why this source is not to be believed, empty if there is no reason to doubt it."""
        return "" if self.trust in SOUND else self.trust

    @property
    def off_by(self) -> int:
        """How many entries a ``rolled_back`` log lost, or from which size a ``forked`` one is another; else 0."""
        return {"rolled_back": self.verified - self.size, "forked": self.verified}.get(self.trust, 0)


def heads(session: Session) -> list[LogHead]:
    """Return every log of a database by its number, then those that went missing; one without a head has come no way at all."""
    rows = session.rows(HEADS)
    known = session.vouched
    seen: Mapping[str, Seen] = {} if known is None else known.seen
    then = _then(session, [(row[0], seen[row[1]].size) for row in rows if row[1] in seen and seen[row[1]].size < (row[2] or 0)])
    found: list[LogHead] = []
    for row in rows:
        log, origin, size, time = row[0], row[1], row[2] or 0, row[3] or 0
        before = seen.get(origin)
        trust = "" if before is None else _against(before, row, then.get(log))
        if not trust and not _covered(session, row):
            trust = "not_covered"
        if not trust and before is None:
            trust = "signed_here" if known is not None and not known.damaged and known.signs(origin) else "unverified"
        found.append(LogHead(log, origin, size, time, trust or "verified", *((before.size, before.time) if before else (0, 0))))
    if known is not None:
        there = {row[1]: row for row in rows}
        found += [LogHead(log, each, 0, 0, "rolled_back", seen[each].size, seen[each].time) for log, each in known.gone(there).items()]
    return found


def behind(found: Iterable[LogHead], session: Session) -> list[LogHead]:
    """Return the logs that are not to be believed; a session of nobody in particular says nothing of what was verified."""
    return [each for each in found if each.behind and not (session.vouched is None and each.trust == "unverified")]


def _then(session: Session, asked: list[tuple[int, int]]) -> dict[int, Row]:
    """Return (note, leaf) of logs at earlier sizes: the checkpoint of that size and the last entry below it."""
    found: dict[int, Row] = {}
    for start in range(0, len(asked), _OLD):
        part = asked[start : start + _OLD]
        # Each looked up by its key; joined, PostgreSQL may prefer to read every entry there is.
        rows = session.rows(
            f"WITH v(log, size) AS (VALUES {', '.join(['(?, ?)'] * len(part))}) "  # noqa: S608 - marks
            "SELECT v.log, (SELECT c.note FROM checkpoint AS c WHERE c.log = v.log AND c.size = v.size), "
            "(SELECT e.leaf FROM entry AS e WHERE e.log = v.log AND e.seq = v.size - 1) FROM v",
            [value for pair in part for value in pair],
        )
        found |= {row[0]: row[1:] for row in rows}
    return found


def _against(before: Seen, row: Row, then: Row | None) -> Trust | Literal[""]:
    """Compare a log with what was verified of it (rule 1)."""
    _, origin, size, _, prev, frontier, note, _ = row
    if before.size > (size or 0):
        return "rolled_back"
    if then is not None:
        note, leaf = then
        alike = leaf is not None and bytes(leaf) == before.leaf
    else:
        edge = _edge(frontier)
        alike = bytes(prev or b"") == before.leaf and edge is not None and edge.root() == before.root
    return "" if alike and note is not None and _is(bytes(note), origin, before.size, before.root) else "forked"


def _covered(session: Session, row: Row) -> bool:
    """Say whether the newest checkpoint is that of the head (rule 2)."""
    log, origin, size, _, _, frontier, note, newest = row
    edge = _edge(frontier)
    if size is None or edge is None or edge.size != size:
        return False
    if newest == size and note is not None and _says(bytes(note), origin, size, edge.root()):
        return True
    found = session.row("SELECT note FROM checkpoint WHERE log = ? AND size <= ? ORDER BY size DESC LIMIT 1", (log, 2**62))
    return found is not None and _is(bytes(found[0]), origin, size, edge.root())


def _edge(frontier: Any) -> Frontier | None:
    try:
        return Frontier.from_bytes(bytes(frontier or b""))
    except FoodtraceError:
        return None


def _is(note: bytes, origin: str, size: int, root: bytes) -> bool:
    """Say whether a checkpoint is about this tree, whichever way it is spelled."""
    if _says(note, origin, size, root):
        return True
    from foodtrace.tlog.checkpoint import parse_head  # noqa: PLC0415 - the usual spelling needs no parser

    try:
        head = parse_head(note.partition(b"\n\n")[0] + b"\n")
    except FoodtraceError:
        return False
    return (head.origin, head.size, head.root) == (origin, size, root)


def _says(note: bytes, origin: str, size: int, root: bytes) -> bool:
    lines = note.partition(b"\n\n")[0].split(b"\n")
    head = [origin.encode(), str(size).encode(), binascii.b2a_base64(root, newline=False)]
    return lines[:3] == head and len(lines) == len(head) + 1 and lines[3][:5] == b"keys " and _decimal(lines[3][5:])


def _decimal(digits: bytes) -> bool:
    return digits.isdigit() and str(int(digits)).encode() == digits and len(digits) < 19  # noqa: PLR2004 - below 2^63
