"""Personal values: kept beside the log, never in it (DESIGN section 5, personal data).

Rules:

1. An entry holds ``HMAC-SHA-256(salt, field NUL value)`` with a fresh 32-byte salt; value and salt lie in a table from which
   rows can be deleted for good. Without the salt nobody can test a guess against the commitment.
2. Erasing deletes value and salt; the entry, its hash and its proofs stay. Readers then see "erased", which is different from
   "missing" (there never was a value) and from "tampered" (value and commitment differ).
3. On a retry, values are compared through the stored salts; an erased value counts as equal.
4. A value that is gone without an entry that erased it was taken away: readers cannot tell that from "erased", ``verify`` can.
   So nothing is put on record that commits to a value which is not given with it.
5. The values of another host's log may never have been in this database. Of a log that this host neither wrote nor continues, and of
   which not one value is here, nothing is said to have been taken away. Readers see "not_here": ask whoever writes that log.
6. A log erases its own values, and those of the logs that it really continues (:mod:`foodtrace.sealed`), which nobody may write any
   more. An erasure that names any other log excuses nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from foodtrace.errors import BadData, FoodtraceError

if TYPE_CHECKING:
    from foodtrace.events import AnyEvent
    from foodtrace.storage.session import Session

FIELD: Final = re.compile(r"[a-z_]{1,20}")
MAX_VALUE: Final = 400
SALT: Final = 32
"""Bytes of a salt."""
MARK: Final = b'"commitments":{'
"""Stands in an entry's bytes only where it commits to something: inside of a text the quotes would be escaped."""
State: TypeAlias = Literal["present", "erased", "missing", "tampered", "not_here"]


class Secret(NamedTuple):
    """A personal value with the salt of its commitment."""

    field: str
    salt: bytes
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.field}, ..)"


def commit(salt: bytes, field: str, value: str) -> str:
    """Return the commitment to a value, hex (rule 1)."""
    return hmac.digest(salt, field.encode() + b"\0" + value.encode(), "sha256").hex()


def seal(values: Mapping[str, str]) -> tuple[dict[str, str], list[Secret]]:
    """Return commitments by field, and what goes into the side table. Raises ``BadData`` (``personal.field``, ``personal.value``)."""
    import secrets  # noqa: PLC0415 - readers seal nothing

    commitments: dict[str, str] = {}
    kept: list[Secret] = []
    for field, value in sorted(values.items()):
        if not FIELD.fullmatch(field):
            raise BadData("personal.field", value=field, expected="a-z _")
        if not value or len(value) > MAX_VALUE or not _encodes(value):
            raise BadData("personal.value", value=field, expected=MAX_VALUE)
        salt = secrets.token_bytes(SALT)
        commitments[field] = commit(salt, field, value)
        kept.append(Secret(field, salt, value))
    return commitments, kept


def state(field: str, commitment: str | None, kept: Secret | None) -> State:
    """Say how a personal field stands (rule 2)."""
    if commitment is None:
        return "missing"
    if kept is None:
        return "erased"
    return "present" if hmac.compare_digest(commit(kept.salt, field, kept.value), commitment) else "tampered"


def not_here(session: Session, logs: Collection[int]) -> set[int]:
    """Return those of some logs whose values stayed with their writers: not one of them is in this database (rule 5)."""
    if session.vouched is None:
        return set()
    origins: dict[int, str] = {}
    for log in logs:
        row = session.row("SELECT origin FROM log WHERE id = ? AND NOT EXISTS (SELECT 1 FROM personal WHERE log = ?)", (log, log))
        if row is not None and not session.vouched.wrote(str(row[0])):
            origins[log] = str(row[0])
    if origins:
        from foodtrace.sealed import ours  # noqa: PLC0415 - most ledgers have no log of another host

        here = ours(session, session.vouched.wrote)
        return {log for log, origin in origins.items() if origin not in here}
    return set()


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def tampered(session: Session) -> list[tuple[int, int, str]]:
    """Return the values in the side table that do not fit their entry: (log, seq, field) (rule 2)."""
    found: list[tuple[int, int, str]] = []
    rows = session.stream(
        "SELECT p.log, p.seq, p.field, p.salt, p.value, e.bytes FROM personal AS p LEFT JOIN entry AS e ON e.log = p.log AND e.seq = p.seq "
        "ORDER BY p.log, p.seq, p.field"
    )
    for log, seq, field, salt, value, data in rows:
        if not isinstance(data, (bytes, memoryview)) or not _kept_well(bytes(data), field, salt, value):
            found.append((log, seq, field))
    return found


def vanished(
    session: Session,
    among: Collection[tuple[int, int]] | None = None,
    *,
    given: Collection[tuple[int, int, str]] | None = None,
    foreign: Collection[int] = (),
    wrote: Callable[[str], bool] | None = None,
) -> list[tuple[int, int, str]]:
    """Return what entries commit to, of whatever kind, that is not in the side table although nobody erased it (rules 4 to 6).

    :param among: only these entries, as (log, seq); by default every entry, each of whose bytes is looked at.
    :param given: what entries were found to commit to, (log, seq, field), by whoever has looked at each of them; then none is looked at.
    :param foreign: numbers of logs of other hosts.
    :param wrote: says of an origin whether this host wrote that log, for rule 6; none: every log is this host's.
    :return: (log, seq, field).
    """
    if given is None:
        given = [(log, seq, field) for log, seq, data in _committing(session, among) for field in commitments(data)]
    gone = set(given)
    if gone and foreign:
        here = {row[0] for row in session.rows("SELECT DISTINCT log FROM personal")}
        gone = {each for each in gone if each[0] not in foreign or each[0] in here}
    if gone:
        gone.difference_update(session.rows("SELECT log, seq, field FROM personal"))
    if gone:
        gone -= erased(session, wrote)
    return sorted(gone)


def erased(session: Session, wrote: Callable[[str], bool] | None = None) -> set[tuple[int, int, str]]:
    """Return what the entries of this database erased, as (log, seq, field) of what they name (rule 6).

    :param wrote: as of :func:`vanished`.
    """
    from foodtrace.events import Erasure  # noqa: PLC0415 - only to verify

    found: set[tuple[int, int, str]] = set()
    elsewhere: list[tuple[int, Erasure]] = []
    # Erasures are few, and known by their ids.
    like, pattern = ("GLOB", "erase-*") if session.dialect == "sqlite" else ("LIKE", "erase-%")
    for log, data in session.rows(f"SELECT log, bytes FROM entry WHERE id {like} ?", (pattern,)):  # noqa: S608 - constants
        event = _event(data)
        if isinstance(event, Erasure):
            if event.log:
                elsewhere.append((log, event))
            else:
                found.update((log, event.seq, field) for field in event.fields)
    if elsewhere:
        from foodtrace.sealed import continued  # noqa: PLC0415 - only after a recovery

        before = continued(session, wrote)
        origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
        numbers = {origin: number for number, origin in origins.items()}
        for log, event in elsewhere:
            if log in origins and event.log in (origins[log], *before.get(origins[log], ())):
                found.update((numbers[event.log], event.seq, field) for field in event.fields if event.log in numbers)
    return found


def _committing(session: Session, among: Collection[tuple[int, int]] | None) -> Iterable[tuple[int, int, object]]:
    """Give the entries whose bytes have commitments in them, or those asked for."""
    if among is None:
        # The database looks for the bytes itself: a quarter of a microsecond an entry, where handing each over takes as long again.
        found = "instr(bytes, ?)" if session.dialect == "sqlite" else "position(CAST(? AS bytea) IN bytes)"
        yield from session.stream(f"SELECT log, seq, bytes FROM entry WHERE {found} > 0", (MARK,))  # noqa: S608 - constants
        return
    for log, seq in among:
        for (data,) in session.rows("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq)):
            yield log, seq, data


def commitments(data: object) -> Mapping[str, str]:
    """Return what an entry commits to, by field, from its bytes; nothing where they can't be read."""
    if not isinstance(data, (bytes, memoryview)) or MARK not in bytes(data):
        return {}
    event = _event(data)
    return {} if event is None else event.commitments


def _event(data: object) -> AnyEvent | None:
    """Return an entry's event; none where it can't be read: that is for others to find."""
    from foodtrace.events.canonical import decode_alone  # noqa: PLC0415 - readers of one value decode nothing
    from foodtrace.tlog.entry import parse  # noqa: PLC0415

    if not isinstance(data, (bytes, memoryview)):
        return None
    try:
        return decode_alone(bytes(parse(bytes(data)).event))
    except FoodtraceError:
        return None


def _kept_well(entry: bytes, field: object, salt: object, value: object) -> bool:
    """Say whether a row has the types and the length of salt that are written, and fits: HMAC takes a salt with zeros behind it for it."""
    if not (isinstance(field, str) and isinstance(salt, (bytes, memoryview)) and isinstance(value, str)):
        return False
    try:
        return len(bytes(salt)) == SALT and fits(entry, Secret(field, bytes(salt), value))
    except UnicodeEncodeError:
        return False


def fits(entry: bytes, kept: Secret) -> bool:
    """Say whether an entry's bytes commit to this value; the commitment stands in them in exactly one spelling."""
    return f'"{kept.field}":"{commit(kept.salt, kept.field, kept.value)}"'.encode() in entry
