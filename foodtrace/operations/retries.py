"""The same request again: an id that is on record already (DESIGN section 5, retries).

Rules:

1. The same id and the same content gives the first receipt again: what was asked is compared, the moment of asking is not. Nothing is
   decided anew: the goods may have gone on since.
2. The same id and other content is refused, with both values.
"""

from __future__ import annotations

from typing import TypeVar

from foodtrace.errors import Conflict
from foodtrace.events import Event
from foodtrace.operations.common import Doing
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of

_E = TypeVar("_E", bound=Event)


def earlier(session: Session, doing: Doing, kind: type[_E], /, **asked: object) -> _E | None:
    """Return the entry that a request repeats, none if its id is new (or none was given).

    :param asked: what the request says, by field of the event; only what is given is compared.
    :raises Conflict: ``record.id_conflict``.
    """
    if not doing.id or not doing.log:
        return None
    row = session.row("SELECT seq, bytes FROM entry WHERE log = ? AND id = ?", (doing.log, doing.id))
    if row is None:
        return None
    event = event_of(session, doing.log, *row)
    if not isinstance(event, kind):
        raise Conflict("record.id_conflict", value=doing.id, field="type", before=type(event).__name__, now=kind.__name__)
    for field, value in asked.items():
        if getattr(event, field) != value:
            raise Conflict("record.id_conflict", value=doing.id, field=field, before=str(getattr(event, field)), now=str(value))
    return event
