"""The number a transfer, or a return of recalled goods, is shown and asked for by: ``V-261123-0042``, where nobody gave it one of his own.

Rules:

1. The number is made when it is read and stored nowhere: the day the entry was sealed (China's zone, as every day here) and the
   entry's sequence number in its log, with at least four digits. So it is one transfer's alone within a log, and a retry shows it again.
2. It is no document number: those (``doc``) pair a receipt with its dispatch and are the parties' own.
3. Two logs may have it. Then nothing is guessed: ``ORIGIN#NUMBER`` says which is meant.
4. An event whose own id reads like such a number is named by its id; where one is to be proven, corrected or erased, both are listed.
5. Looking one up costs a look at one entry of each log. Of an event in parts the number is that of its first entry.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

import msgspec

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.events import AnyEvent, Returned, Transfer
from foodtrace.graph.numbers import voucher_number
from foodtrace.operations.common import CHINA
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, has, text
from foodtrace.tlog.entry import parse as parse_entry
from foodtrace.tlog.whole import event_of, first_part, last_part

_NUMBER: Final = re.compile(r"V-([0-9]{6})-([0-9]{4,15})", re.ASCII)
_PLACE: Final = re.compile(r"([^#]+)#([0-9]{1,15})", re.ASCII)
_LONGEST: Final = 64


class Voucher(msgspec.Struct, frozen=True):
    """A transfer on record, by its place."""

    log: int
    origin: str
    seq: int
    """Sequence number of the event; of one in parts, of its last entry."""
    event: Transfer | Returned


class _Kind(str):
    """A kind of event, said in the reader's language within a text."""

    __slots__ = ()

    def in_words(self, lang: Lang) -> str:
        """Return its name; a kind without one is shown as its ``type``."""
        return text(f"kind.{self}", lang) if has(f"kind.{self}") else str(self)


def format(sealed: dt.datetime, seq: int) -> str:  # noqa: A001 - the verb of every identifier
    """Return the number of an entry: ``V-261123-0042``.

    :param sealed: when the entry was sealed, with an offset. :param seq: its (first) sequence number.
    """
    return voucher_number(sealed, seq)


def parse(given: str) -> tuple[str, int] | None:
    """Return (day as YYMMDD, sequence number) of a number as typed, none if it is not one. Full-width and lower case are read as well."""
    if len(given) > _LONGEST:
        return None
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", given).strip().upper())
    if match is None or (len(match[2]) > 4 and match[2].startswith("0")):  # noqa: PLR2004 - one spelling: no zeros before five digits
        return None
    return match[1], int(match[2])


def number_of(session: Session, log: int, seq: int) -> str:
    """Return the number of the event that stands at a place. Raises ``NotFound`` (``entry.not_found``)."""
    found = _at(session, log, seq)
    if found is None:
        raise NotFound("entry.not_found", value=seq)
    sealed, event = found
    return format(sealed, first_part(event, seq))


def voucher(session: Session, given: str) -> Voucher | None:
    """Return the transfer that a number or ``ORIGIN#NUMBER`` means, none if the text is neither.

    :raises NotFound: ``voucher.none``, ``voucher.other_day``, ``voucher.no_transfer``. :raises Ambiguous: ``voucher.ambiguous``.
    """
    place = _PLACE.fullmatch(given.strip()) if len(given) <= 300 else None  # noqa: PLR2004 - an origin has at most 200
    if place is not None:
        row = session.row("SELECT id FROM log WHERE origin = ?", (place[1],))
        return None if row is None else _only(given, _look(session, [(row[0], place[1])], given, int(place[2]), ""))
    typed = parse(given)
    if typed is None:
        return None
    logs = [(number, origin) for number, origin in session.rows("SELECT id, origin FROM log ORDER BY origin")]
    if any(session.row("SELECT seq FROM entry WHERE log = ? AND id = ?", (log, given.strip())) for log, _ in logs):  # rule 4
        return None
    return _only(given, _look(session, logs, given, typed[1], typed[0]))


def _only(given: str, found: list[Voucher]) -> Voucher:
    if len(found) > 1:
        shown = [f"{each.origin}#{each.seq}  {each.event.lot}  {each.event.site} -> {each.event.to}" for each in found]
        raise Ambiguous("voucher.ambiguous", value=given, candidates=shown)
    return found[0]


def _look(session: Session, logs: list[tuple[int, str]], given: str, seq: int, day: str) -> list[Voucher]:
    """Return the transfers at a sequence number (of a day, if given); says why where there is none."""
    found: list[Voucher] = []
    other: list[str] = []
    others: list[_Kind] = []
    for log, origin in logs:
        at = _at(session, log, seq)
        if at is None:
            continue
        sealed, event = at
        last = last_part(event, seq)
        whole = event if last == seq else (_at(session, log, last) or at)[1]
        if not isinstance(whole, Transfer | Returned):
            others.append(_Kind(str(msgspec.to_builtins(whole)["type"])))
        elif day and f"{sealed.astimezone(CHINA):%y%m%d}" != day:
            other.append(format(sealed, seq))
        else:
            found.append(Voucher(log, origin, last, whole))
    if found:
        return found
    if other:
        raise NotFound("voucher.other_day", value=given, expected=other[0], seq=seq, near=other)
    if others:
        raise NotFound("voucher.no_transfer", value=given, expected="transfer", got=others[0], seq=seq)
    raise NotFound("voucher.none", value=given, seq=seq)


def _at(session: Session, log: int, seq: int) -> tuple[dt.datetime, AnyEvent] | None:
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, seq))
    return None if row is None else (parse_entry(bytes(row[0])).time, event_of(session, log, seq, row[0]))
