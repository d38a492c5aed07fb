"""Logs that a recovery left behind: which ones, for which log, and what was put in them afterwards.

Rules (DESIGN section 5):

1. The entry after the first key of a log that ``foodtrace recover --new-log`` began names the log it continues and that log's size.
2. A log that is named so is not written any more; only the revocation that ends it may follow, once.
3. Whatever else lies beyond the size that was named was written by whoever has the old key.
4. Anybody's log may say that it continues another, and logs of other hosts come into a database. Of a log that this host wrote, only
   a log that it wrote as well is believed: a stranger stops nobody from writing.
5. What a log says of the personal values of another (:mod:`foodtrace.personal`, ADR 20) counts for less: only where this host wrote the log
   that says so, or where the log that was left says so itself, with its own key: its last entry ends it and names the other. On a
   host that wrote neither, nobody else's word is enough. It goes on from log to log, as far back as there were recoveries.
6. What stands beyond the size is a finding until the log that goes on says in an entry of its own that it has seen it, up to a greater
   size, and why (:mod:`foodtrace.keeping.acknowledge`): another mark of rule 1, under an id of which every reader knows where to look.
   Whoever has only the old key cannot say so, and what comes after it is a finding again.
7. A log has one heir. Believed is the one that this host wrote; beside it, or on the host that wrote the log that was left, only one whom
   that log's last entry names; on a host that wrote neither, every one that says so. Two that are believed are a finding
   (:func:`contested`): whoever finds an old key can end a log for one of their own. Then only the heir that this host wrote is
   listened to (rule 5), and where it wrote none of them, none is. An entry that ends a log for another than its heir is no ending, but
   writing beyond the seal; once the heir of this host has said that it is known (rule 6), that host asks no more.
8. What a log goes on to say of the goods of the one it continues (:mod:`foodtrace.operations.corrections`) has to count alike on every
   host that has the same entries, so who wrote what is not asked: the heir is the log that the old one's own last entry names, signed with
   the old key. Nobody's claim alone makes an heir here, or anybody's log could take an outlet off another's recall. Where the key was
   lost the old log could name none, and what was recorded counts as it was recorded.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from foodtrace.errors import FoodtraceError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from foodtrace.events import AnyEvent
    from foodtrace.reading import LogState
    from foodtrace.storage.session import Session

_SECOND: Final = "SELECT l.origin, e.bytes FROM log AS l JOIN entry AS e ON e.log = l.id AND e.seq = 1 ORDER BY l.id"
_LAST: Final = (
    "SELECT e.bytes FROM log AS l JOIN head AS h ON h.log = l.id JOIN entry AS e ON e.log = l.id AND e.seq = h.size - 1 WHERE l.origin = ?"
)
_MARKED: Final = "SELECT e.seq, e.bytes FROM log AS l JOIN entry AS e ON e.log = l.id WHERE l.origin = ? AND e.id = ?"
_MARK: Final = b'"kind":"new_log"'
ENDED_FOR: Final = " -> "
"""Stands in the reason of the entry that ends a log, before the origin of the log that continues it (rule 5)."""


class Known(NamedTuple):
    """What the log that goes on said it has seen beyond a seal (rule 6)."""

    first: int
    size: int
    """Entries ``first .. size - 1`` of the old log."""
    log: str
    seq: int
    """Where it says so."""


class Seal(NamedTuple):
    """What a recovery said of the log it left."""

    size: int
    """Entries of the old log then; those that were lost are not among them. And those that were seen afterwards (``known``) are."""
    into: str
    """The log that continues it."""
    known: tuple[Known, ...] = ()
    """What stands beyond the seal and is known (rule 6), in order."""
    rivals: tuple[str, ...] = ()
    """Other logs that say that they continue it, and are believed as well (rule 7)."""
    taken: bool = False
    """The old log's last entry ends it for one of them."""


def sealed_logs(session: Session, keys: Path | None) -> dict[str, Seal]:
    """Return the logs of a database that another log of it continues (rule 1), by origin. One key look-up a log.

    :param keys: key directory, for rule 4; none: whoever says so is believed.
    """
    mine = _wrote_by(keys)
    found = {}
    for former, (seal, *others) in heirs(session, mine).items():
        rivals = tuple(each.into for each in others)
        found[former] = seal._replace(rivals=rivals, taken=any(_named(session, former, each) for each in rivals))
    seals = {former: _with_known(session, former, seal, found) for former, seal in found.items()}
    return {former: _asks_no_more(session, former, seal, mine) if seal.rivals else seal for former, seal in seals.items()}


def heirs(session: Session, wrote: Callable[[str], bool] | None) -> dict[str, list[Seal]]:
    """Return the logs that are believed to continue each log (rule 7), the one this host wrote first, else in the order they came here.

    :param wrote: as of :func:`continued`.
    """
    said: dict[str, list[Seal]] = {}
    for former, seal in _claims(session):
        said.setdefault(former, []).append(seal)
    if wrote is None:
        return said
    found = {}
    for former, seals in said.items():
        own = [seal for seal in seals if wrote(seal.into)]
        rest = [seal for seal in seals if seal not in own]
        if own or wrote(former):
            rest = [seal for seal in rest if _named(session, former, seal.into)]
        if own or rest:
            found[former] = own + rest
    return found


def contested(seals: Mapping[str, Seal]) -> list[tuple[str, Seal]]:
    """Return the logs that more than one log continues (rule 7)."""
    return [(former, seal) for former, seal in sorted(seals.items()) if seal.rivals]


def mark_id(former: str, number: int) -> str:
    """Return the id of the entry that says, for the ``number``-th time from 1, what of a log was seen beyond its seal (rule 6)."""
    return f"beyond-{hashlib.sha256(former.encode()).hexdigest()[:24]}-{number}"


def going_on(former: str, seals: Mapping[str, Seal]) -> list[str]:
    """Return the logs that continue a log, one after the other; the last one is the one that is written."""
    way: list[str] = []
    seal = seals.get(former)
    while seal is not None and seal.into not in way and seal.into != former:
        way.append(seal.into)
        seal = seals.get(seal.into)
    return way


def _with_known(session: Session, former: str, seal: Seal, seals: Mapping[str, Seal]) -> Seal:
    """Follow what was said of a log beyond its seal (rule 6): a look-up for each log that goes on, and one for each time."""
    way = going_on(former, seals)
    while True:
        name = mark_id(former, len(seal.known) + 1)
        rows = [(into, session.row(_MARKED, (into, name))) for into in way]
        said = [(into, int(row[0]), _seal(bytes(row[1]), into)) for into, row in rows if row is not None]
        more = [Known(seal.size, told[1].size, into, seq) for into, seq, told in said if told and told[0] == former]
        if not more or more[0].size <= seal.size:
            return seal
        seal = seal._replace(size=more[0].size, known=(*seal.known, more[0]))


def continued(session: Session, wrote: Callable[[str], bool] | None) -> dict[str, tuple[str, ...]]:
    """Return the logs that each log really continues (rule 5), the one before it first. One key look-up a log.

    :param wrote: says of an origin whether this host wrote that log; none: whoever says so is believed.
    """
    former = {seal.into: origin for origin, seal in _claims(session)}
    believed = heirs(session, wrote)
    # Of two heirs only the one that this host wrote is listened to (rule 7).
    alone = {origin: seals[0].into for origin, seals in believed.items() if len(seals) == 1 or (wrote is not None and wrote(seals[0].into))}
    return {into: way for into in former if (way := _way(session, into, former, alone, wrote))}


def only_heirs(session: Session) -> dict[str, str]:
    """Return the log that continues each log, by what entries say and nothing else (rule 8). A few key look-ups a log."""
    found = {}
    for former, seals in heirs(session, None).items():
        named = [seal.into for seal in seals if _named(session, former, seal.into)]
        if len(named) == 1:
            found[former] = named[0]
    return found


def follows(into: str, former: str, heir: Mapping[str, str]) -> bool:
    """Say whether a log continues another, however many recoveries later. :param heir: of :func:`only_heirs`."""
    passed: set[str] = set()
    here = former
    while here in heir and here not in passed:
        passed.add(here)
        here = heir[here]
        if here == into:
            return into != former
    return False


def ours(session: Session, wrote: Callable[[str], bool]) -> set[str]:
    """Return the logs that a log of this host continues: what became of them is for this host to say."""
    return {origin for into, way in continued(session, wrote).items() if wrote(into) for origin in way}


def foreign_logs(session: Session, keys: Path | None, states: Collection[LogState]) -> set[int]:
    """Return the numbers of the logs that this host neither writes nor wrote nor continues: it has no key and no anchor of them.

    :param keys: key directory; none: every log is this host's.
    """
    mine = _wrote_by(keys)
    if keys is None or mine is None:
        return set()
    away = {state.origin: state.number for state in states if not (keys / f"{state.key_id.hex()}.key").exists() and not mine(state.origin)}
    here = ours(session, mine) if away else set()
    return {number for origin, number in away.items() if origin not in here}


def _way(
    session: Session, into: str, former: Mapping[str, str], heir: Mapping[str, str], wrote: Callable[[str], bool] | None
) -> tuple[str, ...]:
    own = wrote is None or wrote(into)
    way: list[str] = []
    here = into
    while (before := former.get(here)) is not None and before != into and before not in way:
        # What a log of this host continues was accepted by this host, with what it says of the one before; but not against another of
        # its logs, as in rule 4.
        believed = wrote is None or wrote(here) or (own and not wrote(before))
        if heir.get(before) != here or (not believed and not _named(session, before, here)):
            break
        way.append(before)
        here = before
    return tuple(way)


def _named(session: Session, former: str, into: str) -> bool:
    """Say whether a log was ended by an entry of its own that names the log that continues it."""
    reason = _ending(session, former)
    return reason is not None and reason.endswith(f"{ENDED_FOR}{into}")


def _ending(session: Session, former: str) -> str | None:
    """Return the reason in the entry that ended a log; none where it was not ended."""
    from foodtrace.events import Key  # noqa: PLC0415 - only where there was a recovery

    row = session.row(_LAST, (former,))
    event = None if row is None else _event(row[0])
    return event.reason if isinstance(event, Key) and (event.use, event.action) == ("log", "revoke") else None


def _claims(session: Session) -> list[tuple[str, Seal]]:
    """Return what every log says of the log it continues, true or not (rule 1), in the order in which they came here."""
    found = []
    for origin, data in session.rows(_SECOND):
        if isinstance(data, (bytes, memoryview)) and _MARK in bytes(data):
            event, seal = _event(data), _seal(bytes(data), origin)
            # That something was seen beyond a seal (rule 6) makes nobody an heir, although it be the first that a log says.
            if seal is not None and event is not None and not event.id.startswith(mark_id(seal[0], 0)[:-1]):
                found.append(seal)
    return found


def _wrote_by(keys: Path | None) -> Callable[[str], bool] | None:
    """Return what says of an origin whether this host wrote that log; none without a key directory."""
    if keys is None:
        return None
    from foodtrace.tlog.anchor import wrote  # noqa: PLC0415 - a recall asks for none of it

    return partial(wrote, keys)


def _asks_no_more(session: Session, former: str, seal: Seal, wrote: Callable[[str], bool] | None) -> Seal:
    """Forget the rivals where the heir of this host has said that it knows everything in the old log (rules 6 and 7)."""
    row = session.row("SELECT h.size FROM log AS l JOIN head AS h ON h.log = l.id WHERE l.origin = ?", (former,))
    settled = bool(seal.known) and row is not None and seal.size >= int(row[0]) and wrote is not None and wrote(seal.into)
    return seal._replace(rivals=(), taken=False) if settled else seal


def _seal(data: bytes, into: str) -> tuple[str, Seal] | None:
    from foodtrace.events import Recovered  # noqa: PLC0415 - only where there was a recovery

    event = _event(data)
    if not isinstance(event, Recovered) or event.kind != "new_log" or event.former in ("", into):
        return None
    return event.former, Seal(event.lost_from, into)


def _event(data: object) -> AnyEvent | None:
    from foodtrace.events.canonical import decode_alone  # noqa: PLC0415 - only where there was a recovery
    from foodtrace.tlog.entry import event_bytes  # noqa: PLC0415

    if not isinstance(data, (bytes, memoryview)):
        return None
    try:
        return decode_alone(event_bytes(bytes(data)))
    except FoodtraceError:
        return None  # verify names it


def beyond_seal(states: Collection[LogState], seals: dict[str, Seal]) -> list[tuple[LogState, Seal]]:
    """Return the logs that were written after a recovery had left them (rules 2 and 3)."""
    found = []
    for state in states:
        seal = seals.get(state.origin)
        if seal is not None and state.size > seal.size + (0 if state.key_id or seal.taken else 1):
            found.append((state, seal))
    return found


__all__ = [
    "ENDED_FOR",
    "Known",
    "Seal",
    "beyond_seal",
    "contested",
    "continued",
    "follows",
    "foreign_logs",
    "going_on",
    "heirs",
    "mark_id",
    "only_heirs",
    "ours",
    "sealed_logs",
]
