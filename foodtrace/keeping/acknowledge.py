"""The way out where somebody wrote a log that a recovery had left: the log that goes on says that it has seen it, and why.

Rules:

1. Nothing is taken away and no figure changes: the entries count as they did. What is wrong among them is corrected as any entry is.
2. The mark is an entry of the log that goes on, signed with its key. Whoever has no more than the old key cannot make it; whoever wrote
   beyond the seal again makes a finding again.
3. The ledger has to hold otherwise: this answers for nothing but the one finding, and for an ending in favour of another than the heir.
4. The mark has the old log's newest checkpoint, so that it is plain which history was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from foodtrace.errors import BadData, Integrity, NotFound
from foodtrace.events import Recovered
from foodtrace.keeping.host import Host
from foodtrace.opening import LogState, logs
from foodtrace.operations.common import Doing, Outcome, local
from foodtrace.recording import Receipt
from foodtrace.sealed import Seal, beyond_seal, going_on, mark_id, sealed_logs
from foodtrace.storage.session import Session
from foodtrace.verification import Asked, verify_ledger

_FINDINGS: Final = ("tlog.beyond_seal", "tlog.two_heirs")
_MOST_NOTE: Final = 2000


class Acting(Host, Protocol):
    """A ledger that records."""

    def act(self, decide: Callable[[Session], Outcome], *, log: str | None = None) -> tuple[Receipt | None, object]:
        """Decide and record in one transaction."""
        ...


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen beyond a seal."""

    log: str
    """The log that a recovery had left."""
    first: int
    last: int
    """Entries ``first .. last`` of it were written afterwards."""
    into: str
    mark: int
    """Log and sequence number of the entry that says so."""


def acknowledge(host: Acting, log: str | None, *, reason: str, by: str = "") -> Acknowledged:
    """Say in the log that goes on that what stands beyond the seal of another is known (rules 1 to 4).

    :param log: origin or the last part of it; by default the only one that was written beyond its seal.
    :raises BadData: ``recover.reason``, ``recover.which``. :raises NotFound: ``recover.nothing_beyond``, ``key.missing``.
    :raises Integrity: ``recover.broken``: something else does not hold.
    """
    if not reason.strip():
        raise BadData("recover.reason", value="-", expected="--reason")
    with host.store.read() as session:
        checked = verify_ledger(session, asked=Asked(keys=host.keys))
        others = [each for each in checked.findings if each.code not in _FINDINGS]
        if others:
            raise Integrity("recover.broken", value=len(others), expected="foodtrace verify --full")
        state, _, into = _chosen(session, host.keys, log)
    doing = Doing(now=local(host.clock()), by=by)

    def decide(session: Session) -> Outcome:
        now, seal, _ = _chosen(session, host.keys, state.origin)
        row = session.row("SELECT note FROM checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1", (now.number,))
        note = "" if row is None else bytes(row[0]).decode(errors="replace")
        mark = Recovered(
            id=mark_id(now.origin, len(seal.known) + 1),
            at=doing.now,
            by=by,
            kind="new_log",
            lost_from=now.size,
            lost_to=now.size,
            checkpoint=note[:_MOST_NOTE],
            former=now.origin,
            reason=reason,
        )
        return Outcome(events=[mark], answer=(seal.size, now.size - 1))

    receipt, answer = host.act(decide, log=into)
    if receipt is None or not isinstance(answer, tuple):
        raise TypeError("a mark was recorded")
    return Acknowledged(log=state.origin, first=answer[0], last=answer[1], into=receipt.log, mark=receipt.last)


def _chosen(session: Session, keys: Path, log: str | None) -> tuple[LogState, Seal, str]:
    """Return the log that was written beyond its seal, the seal, and the log that goes on."""
    seals = sealed_logs(session, keys)
    found = beyond_seal(logs(session), seals)
    if log is not None:
        found = [each for each in found if each[0].origin == log or each[0].origin.rsplit("/", 1)[-1] == log]
    if not found:
        raise NotFound("recover.nothing_beyond", value=log or "-")
    if len(found) > 1:
        names = ", ".join(state.origin for state, _ in found)
        raise BadData("recover.which", value=len(found), expected="--log", logs=names)
    state, seal = found[0]
    return state, seal, going_on(state.origin, seals)[-1]


__all__ = ["Acknowledged", "acknowledge"]
