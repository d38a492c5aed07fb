"""Whether the heads of all logs are plainly what their newest checkpoints say, in one query (see :mod:`foodtrace.graph.freshness`)."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from foodtrace.errors import FoodtraceError
from foodtrace.tlog.frontier import Frontier

if TYPE_CHECKING:
    from foodtrace.storage.session import Session


def sound(session: Session) -> bool:
    """Say that every head fits its newest checkpoint and what was verified; false: look closer, something may be wrong.

    Only the usual spelling of a checkpoint is understood here; whatever else is left to :func:`foodtrace.graph.freshness.logs`.
    """
    rows = session.rows(
        "SELECT l.origin, h.size, h.frontier, c.note, v.size, v.root, o.note, "
        "(SELECT MAX(n.size) FROM checkpoint AS n WHERE n.log = l.id) FROM log AS l LEFT JOIN head AS h ON h.log = l.id "
        "LEFT JOIN checkpoint AS c ON c.log = l.id AND c.size = h.size "
        "LEFT JOIN verified AS v ON v.log = l.id LEFT JOIN checkpoint AS o ON o.log = l.id AND o.size = v.size"
    )
    return all(_sound(*row) for row in rows)


def _sound(
    origin: str,
    size: int | None,
    frontier: bytes | None,
    note: bytes | None,
    verified: int | None,
    root: bytes | None,
    older: bytes | None,
    newest: int | None,
) -> bool:
    if size is None or newest != size or frontier is None or note is None:
        return False
    try:
        edge = Frontier.from_bytes(bytes(frontier))
    except FoodtraceError:
        return False
    if edge.size != size or not _says(bytes(note), origin, size, edge.root()):
        return False
    if verified is None:
        return True
    return older is not None and verified <= size and _says(bytes(older), origin, verified, bytes(root or b""))


def _says(note: bytes, origin: str, size: int, root: bytes) -> bool:
    lines = note.partition(b"\n\n")[0].split(b"\n")
    head = [origin.encode(), str(size).encode(), binascii.b2a_base64(root, newline=False)]
    return lines[:3] == head and len(lines) == len(head) + 1 and lines[3][:5] == b"keys " and _decimal(lines[3][5:])


def _decimal(digits: bytes) -> bool:
    return digits.isdigit() and str(int(digits)).encode() == digits and len(digits) < 19  # noqa: PLR2004 - below 2^63
