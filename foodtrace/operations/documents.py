"""Which entries the number of a document means: of a voucher or a certificate, as it is printed on the paper.

Rules:

1. Such a number is the parties' own: ``doc`` of whatever moves goods, the number or serial of a certificate, and the numbers of papers
   shown at a gate. It is compared whole (ADR 17), blanks around it left out, also as it is written in narrow letters.
2. An entry is found by what it says now as by what it said: of a correction the entry that it is about is meant.
3. Two parties may use one number. Whose document an entry belongs to says its sender; a receipt that names none belongs to the others of
   its number if these are of one sender. Of several senders none is chosen.
4. No index leads from a number to its entries, for every sale would pay for it: the database looks through all bytes, which takes 0.6 us
   an entry. So it is done last, where the text is no id, or one that somebody chose: that may be the number of another's document too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Self

import msgspec

from foodtrace.errors import FoodtraceError, NotFound
from foodtrace.events import AnyEvent, CertificateIssued, Event, Receipt, VoucherLines
from foodtrace.events.base import Voucher
from foodtrace.operations import vouchers
from foodtrace.operations.common import said
from foodtrace.operations.entries import Target, original, target_at
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, has, text

MADE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
"""An id that nobody chose (:func:`foodtrace.operations.common.new_id`): no paper has it for its number."""
_LONGEST: Final = 80
_SHOWN: Final = 20


class Line(str):
    """An entry as one line of a list to choose from, its kind in the reader's language."""

    __slots__ = ("place", "tag", "what")

    place: str
    tag: str
    what: str

    def __new__(cls, place: str, tag: str, what: str) -> Self:
        """Make the line. :param place: ``ORIGIN#SEQ``. :param tag: ``type`` of the event. :param what: what it is about."""
        made = super().__new__(cls, f"{place}  {tag}  {what}".rstrip())
        made.place, made.tag, made.what = place, tag, what
        return made

    def __getnewargs__(self) -> tuple[str, str, str]:  # type: ignore[override]  # an error crosses processes with its list
        return self.place, self.tag, self.what

    def in_words(self, lang: Lang) -> str:
        """Return the line in one language; a kind without a name is shown as its ``type``."""
        kind = text(f"kind.{self.tag}", lang) if has(f"kind.{self.tag}") else self.tag
        return f"{self.place}  {kind}  {self.what}".rstrip()


def lines(targets: Sequence[Target]) -> list[Line]:
    """Return entries as lines of a list to choose from, the first of them where there are many."""
    return [_line(each) for each in targets[:_SHOWN]]


def _line(target: Target) -> Line:
    event = said(target.event)
    lot, site, to = (str(getattr(event, name, "")) for name in ("lot", "site", "to"))
    way = f"{site} -> {to}" if to else site
    return Line(f"{target.origin}#{target.seq}", tag_of(event), f"{lot}  {way}".strip())


def tag_of(event: Event) -> str:
    """Return the ``type`` of an event."""
    return str(msgspec.inspect.type_info(type(event)).tag)  # type: ignore[attr-defined]


def of_number(session: Session, given: str) -> list[Target]:
    """Return the entries of a document by its number (rules 1 and 2), by log and place; none where it is nobody's."""
    wanted = {given.strip(), unicodedata.normalize("NFKC", given[:_LONGEST]).strip()} - {""}
    if len(given) > _LONGEST * 2:
        return []
    found: dict[tuple[str, int], Target] = {}
    for spelling in sorted(wanted):
        for log, seq in _holding(session, spelling):
            entry = target_at(session, log, seq)
            if entry is None or isinstance(entry.event, VoucherLines) or not wanted & _numbers(said(entry.event)):
                continue
            try:
                meant = original(session, entry)
            except FoodtraceError:  # it corrects an entry of a log that is not here
                continue
            found[meant.origin, meant.seq] = meant
    return [found[place] for place in sorted(found)]


def numbered(session: Session, given: str) -> Iterator[Target]:
    """Yield the transfers that are shown by a number (``V-..``), whatever their ids (:mod:`foodtrace.operations.vouchers`)."""
    typed = vouchers.parse(given)
    if typed is None:
        return
    for (origin,) in session.rows("SELECT origin FROM log ORDER BY origin"):
        try:
            found = vouchers.voucher(session, f"{origin}#{typed[1]}")
        except NotFound:
            continue
        target = None if found is None else target_at(session, found.log, found.seq)
        if target is not None and vouchers.parse(vouchers.number_of(session, target.log, target.seq)) == typed:
            yield target


def senders(targets: Sequence[Target]) -> set[str]:
    """Return whose documents some entries of one number belong to (rule 3)."""
    found = {_sender(said(each.event)) for each in targets}
    return found - {""} or found


def _holding(session: Session, number: str) -> list[tuple[int, int]]:
    """Return the entries in whose bytes a number stands as the value of one of the fields (rule 4)."""
    value = msgspec.json.encode(number)
    inside = "instr(bytes, ?) > 0" if session.dialect == "sqlite" else "position(CAST(? AS bytea) IN bytes) > 0"
    # The first look is the only one at nearly every entry.
    fields = [f'"{name}":'.encode() + value for name in ("doc", "number", "serial")]
    rows = session.rows(
        f"SELECT log, seq FROM entry WHERE {inside} AND ({' OR '.join([inside] * len(fields))}) ORDER BY log, seq",  # noqa: S608 - constants
        (b":" + value, *fields),
    )
    return [(row[0], row[1]) for row in rows]


def _numbers(event: AnyEvent) -> set[str]:
    """Return the numbers of documents that an event carries (rule 1)."""
    found = {str(getattr(event, "doc", ""))}
    if isinstance(event, CertificateIssued):
        found |= {event.number, event.serial}
    papers: Collection[Voucher] = getattr(event, "vouchers", ())
    return (found | {each.number for each in papers if each.kind != "identity"}) - {""}


def _sender(event: Event) -> str:
    return event.source if isinstance(event, Receipt) else str(getattr(event, "source", "") or event.site)


__all__ = ["MADE", "Line", "lines", "numbered", "of_number", "senders", "tag_of"]
