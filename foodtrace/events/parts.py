"""Events too long for one entry: how they are put on record in parts, and read as one again (DESIGN section 5, size). Pure.

Rules:

1. An event that one entry does not hold goes on record as n entries side by side in one batch: n-1 of
   :class:`foodtrace.events.VoucherLines` with its first lines, then the event itself with the last line of each list and ``parts`` = n.
2. Only lists are split (:data:`LISTS`), between their items and in their order. The event keeps its id, so that whatever names it
   finds it; its lines of part k have the id ``ID~k``, and its own site, time and staff.
3. Lines by themselves do nothing. Whoever reads the event reads it whole, equal to what was given, so that nothing that is computed
   from events depends on how long an entry may be.
4. Parts are complete: each stands right behind the one before it, and no checkpoint lies between them. Anything else is an error, and
   never an event with fewer lines.
5. The same event is split in the same way for ever: a retry has to find what is on record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from foodtrace.errors import BadData, Integrity
from foodtrace.events.base import Event
from foodtrace.events.canonical import MAX_BYTES, MAX_WHOLE, checked, encode
from foodtrace.events.case import Acknowledgement, GoodsCleared, Notice, RecallOpened, RecallWidened
from foodtrace.events.formula import FormulaBatch
from foodtrace.events.goods import CertificateIssued, Packing, StockCount, Transformation
from foodtrace.events.model import Correction
from foodtrace.events.records import VoucherLines

LISTS: Final[dict[type[Event], tuple[str, ...]]] = {
    Acknowledgement: ("on_hand",),
    CertificateIssued: ("upstream", "upstream_serials"),
    FormulaBatch: ("inputs",),
    GoodsCleared: ("lots",),
    Notice: ("lots",),
    Packing: ("children",),
    RecallOpened: ("scope",),
    RecallWidened: ("scope",),
    StockCount: ("missing",),
    Transformation: ("inputs", "outputs"),
}
"""Kind of event -> its fields that are split; of a correction, those of its replacement."""
IN_PARTS: Final = frozenset({*LISTS, Correction, VoucherLines})
"""Kinds that can be, or be a part of, an event in parts: of all others an entry is an event."""
MAX_PAIRS: Final = 1_000_000
"""Most pairs of input and output in one event: each is a link between two lots."""
MOST_PARTS: Final = 999
"""Most entries of one event."""
_LONGEST_ID: Final = 80
_HEAD: Final = ("at", "site", "by", "precision")
"""What lines have of their event."""
_WIDEST: Final = 16
"""Bytes that a field's name and brackets take beside the name itself, with some to spare."""

LIMIT = MAX_BYTES
"""Bytes from which on an event is split."""


def sealed_as(event: Event) -> list[tuple[str, bytes]]:
    """Return (id, canonical bytes) of the entries that an event goes on record as, the event itself last.

    :raises BadData: ``event.form``, ``event.text``, ``event.size``, ``event.pairs``, ``event.part_id``, ``event.part_given``.
    """
    if type(event) not in IN_PARTS:
        return [(event.id, checked(event))]
    if isinstance(event, VoucherLines) or any(getattr(each, "parts", 0) for each in (event, getattr(event, "replacement", None))):
        raise BadData("event.part_given", value=event.id)
    data = checked(event, most=MAX_WHOLE)
    _check_pairs(event)
    told: Any = event.replacement if isinstance(event, Correction) else event
    names = LISTS.get(type(told), ())
    items = [(name, item) for name in names for item in getattr(told, name)[:-1]] if len(data) > LIMIT else []
    if not items:
        return [(event.id, data if len(data) <= MAX_BYTES else encode(event))]
    return [(each.id, encode(each)) for each in _split(event, told, items, len(data))]


def whole(event: Any, lines: list[Any], kind: type[Event] | None = None) -> Any:
    """Return an event with the lines of its other parts put back (rule 3).

    :param event: the last part. :param lines: the others, in order. :param kind: as :meth:`Gathering.take` has it.
    """
    corrects = (kind or type(event)) is Correction
    told = event.replacement if corrects else event
    # What lies in a correction is no twin; a twin itself has the fields of its kind.
    names = LISTS[kind if kind in LISTS else type(told)]
    put = {name: (*(item for each in lines for item in getattr(each, name)), *getattr(told, name)) for name in names}
    told = msgspec.structs.replace(told, **put)
    return msgspec.structs.replace(event, replacement=told, parts=0) if corrects else msgspec.structs.replace(told, parts=0)


class Gathering:
    """Reads a log's events one after the other and hands each on whole, parts put together."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        """Lines whose event is still to come."""

    def take(self, event: Any, kind: type[Event] | None = None) -> Any:
        """Take the next event; return it whole, none for lines that wait for their event.

        :param kind: of an event that is a twin of its kind; by default its type.
        :raises Integrity: ``event.parts``: parts that do not fit together (rule 4); what was waiting is let go.
        """
        known = kind or type(event)
        if known is VoucherLines:
            self._add(event)
            return None
        parts = getattr(event, "parts", 0)
        if not parts and not self.lines:
            return event
        lines, self.lines = self.lines, []
        if not lines or len(lines) + 1 != parts or lines[0].parts != parts or event.id != lines[0].doc or _tag(known) != lines[0].kind:
            raise _apart(lines[0].doc if lines else event.id, lines[0].parts if lines else parts, len(lines))
        if any(getattr(event, name) != getattr(lines[0], name) for name in _HEAD):
            raise _apart(event.id, parts, len(lines))
        if known is Correction and type(event.replacement) not in LISTS:
            raise _apart(event.id, parts, len(lines))
        return whole(event, lines, known)

    def _add(self, line: Any) -> None:
        lines = self.lines
        fits = line.part == len(lines) + 1 < line.parts and line.id == part_id(line.doc, line.part)
        if not fits or (lines and any(getattr(line, name) != getattr(lines[0], name) for name in ("doc", "parts", "kind", *_HEAD))):
            self.lines = []
            raise _apart(line.doc, line.parts, len(lines))
        lines.append(line)

    def end(self) -> None:
        """Say that no part may be missing here. Raises ``Integrity`` (``event.parts``)."""
        if self.lines:
            lines, self.lines = self.lines, []
            raise _apart(lines[0].doc, lines[0].parts, len(lines))


def part_id(event: str, part: int) -> str:
    """Return the id of an event's lines of a part."""
    return f"{event}~{part}"


def _apart(event: str, parts: int, found: int) -> Integrity:
    return Integrity("event.parts", value=event, expected=parts, got=found)


def _check_pairs(event: Event) -> None:
    told = getattr(event, "replacement", None) or event
    pairs = len(told.inputs) * len(told.outputs) if isinstance(told, Transformation) else 0
    if pairs > MAX_PAIRS:
        raise BadData("event.pairs", value=event.id, size=pairs, expected=MAX_PAIRS)


def _split(event: Any, told: Any, items: list[tuple[str, Any]], size: int) -> Iterator[Event]:
    names = LISTS[type(told)]
    empty = VoucherLines(
        id=part_id(event.id, MOST_PARTS),
        doc=event.id,
        part=MOST_PARTS,
        parts=MOST_PARTS,
        kind=_tag(type(event)),  # type: ignore[arg-type]  # of LISTS, or a correction
        **{name: getattr(event, name) for name in _HEAD},
    )
    pieces = list(_pieces(items, LIMIT - len(encode(empty)) - sum(len(name) + _WIDEST for name in names)))
    parts = len(pieces) + 1
    last = part_id(event.id, len(pieces))
    if parts > MOST_PARTS:
        raise BadData("event.size", value=event.id, size=size, expected=LIMIT * MOST_PARTS)
    if len(last) > _LONGEST_ID:
        raise BadData("event.part_id", value=event.id, expected=_LONGEST_ID - len(last) + len(event.id))
    for part, piece in enumerate(pieces, 1):
        lines = {name: tuple(item for where, item in piece if where == name) for name in names}
        yield msgspec.structs.replace(empty, id=part_id(event.id, part), part=part, parts=parts, **lines)
    rest = msgspec.structs.replace(told, **{name: getattr(told, name)[-1:] for name in names})
    yield msgspec.structs.replace(event, replacement=rest, parts=parts) if told is not event else msgspec.structs.replace(rest, parts=parts)


def _pieces(items: list[tuple[str, Any]], room: int) -> Iterator[list[tuple[str, Any]]]:
    """Fill parts one after the other, each with what it holds and at least one item."""
    piece: list[tuple[str, Any]] = []
    used = 0
    for name, item in items:
        size = len(_encoder.encode(item)) + 1
        if piece and used + size > room:
            yield piece
            piece, used = [], 0
        piece.append((name, item))
        used += size
    yield piece


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


_encoder: Final = msgspec.json.Encoder(order="sorted")

__all__ = ["IN_PARTS", "LISTS", "MAX_PAIRS", "MOST_PARTS", "Gathering", "part_id", "sealed_as", "whole"]
