"""How far each log has come here, and whether its head can be believed, at the price of a few rows a log.

Rules:

1. ``unverified``: the newest checkpoint on record does not cover the head: another size, or another root than the tree's edge
   has. Nobody signed for what lies beyond.
2. ``forked``: what was verified once is not what is there: the log is shorter now, or its checkpoint of that size has another root.
3. This looks at no entry and no signature. It says when something is plainly wrong; that all is right only ``verify`` can say.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.events import AnyEvent
from foodtrace.events.canonical import encode
from foodtrace.graph.flows import LogInfo
from foodtrace.storage.session import Session
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.frontier import Frontier


def logs(session: Session) -> list[LogInfo]:
    """Return every log of a database, by its number; one whose head is gone is ``unverified`` and has come no way at all."""
    rows = session.rows(
        "SELECT l.id, COALESCE(h.size, 0), COALESCE(h.time, 0), h.frontier FROM log AS l LEFT JOIN head AS h ON h.log = l.id ORDER BY l.id"
    )
    verified = {log: (size, bytes(root)) for log, size, root in session.rows("SELECT log, size, root FROM verified")}
    return [
        LogInfo(log=log, size=size, newest=time, state=_state(session, log, size, bytes(frontier or b""), verified.get(log)))
        for log, size, time, frontier in rows
    ]


def content(event: AnyEvent) -> bytes:
    """Return what an event says, whatever salts its personal values were committed with."""
    return encode(msgspec.structs.replace(event, commitments=dict.fromkeys(event.commitments, "")))


def _state(
    session: Session, log: int, size: int, frontier: bytes, verified: tuple[int, bytes] | None
) -> Literal["", "unverified", "forked"]:
    if verified is not None:
        then = _head(session, log, "AND size = ?", verified[0])
        if verified[0] > size or (then is not None and then.root != verified[1]):
            return "forked"
    newest = _head(session, log, "AND size <= ? ORDER BY size DESC LIMIT 1", 2**62)
    try:
        edge = Frontier.from_bytes(frontier)
    except FoodtraceError:
        return "unverified"
    if newest is None or (newest.size, newest.root) != (size, edge.root()) or edge.size != size:
        return "unverified"
    return ""


def _head(session: Session, log: int, where: str, size: int) -> TreeHead | None:
    row = session.row(f"SELECT note FROM checkpoint WHERE log = ? {where}", (log, size))  # noqa: S608 - constants
    if row is None:
        return None
    try:
        return parse_head(bytes(row[0]).partition(b"\n\n")[0] + b"\n")
    except FoodtraceError:
        return None
