"""Cans into cases, cases onto pallets, and out again (EPCIS aggregation); what a code holds now.

Rules:

1. A packing moves no quantity: the goods stay in the site's book. It says which code stands for which cans.
2. What is packed is one lot: a case of two batches would hide one of them. A pallet holds cases.
3. Nothing is in two places: a can or case that is packed must be taken out before it is packed again.
4. Packing a lot under recall is an ask and is answered as all asks are; taking out is never refused (RECALL section 7).
5. Contents are what the entries say in the order of their times; a code may be used again once it is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, Conflict, NotFound
from foodtrace.events import Packing
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.operations.blocking import refused
from foodtrace.operations.common import Doing, Outcome, about, about_each
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

MOST: Final = 10_000
"""Cans or cases in one packing, and codes looked into for one pallet."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a code holds of one lot."""

    lot: str
    cans: int
    serials: tuple[str, ...] = ()
    """Can codes, where they were said."""


def pack(
    session: Session,
    doing: Doing,
    parent: str,
    site: str,
    *,
    lot: str = "",
    cans: int = 0,
    children: Sequence[str] = (),
) -> Outcome:
    """Put cans of a lot into a case, or cases onto a pallet; the answer is the event.

    :param parent: code of the case or pallet. :param lot: of cans; empty: ``children`` are codes of cases.
    :param cans: how many; 0: as many as can codes are given.
    :raises BadData: ``pack.empty``, ``pack.count``, ``pack.itself``. :raises Conflict: ``pack.taken``. :raises Refused: as all asks.
    """
    place = resolve_site(session, site)
    full = resolve_lot(session, lot) if lot else ""
    inside = tuple(dict.fromkeys(children))
    if not inside and not (full and cans):
        raise BadData("pack.empty", value=parent, expected="LOT --cans N")
    if full and inside and cans not in (0, len(inside)):
        raise BadData("pack.count", value=cans, expected=len(inside))
    if parent in inside:
        raise BadData("pack.itself", value=parent)
    if len(inside) > MOST:
        raise BadData("pack.many", value=len(inside), expected=MOST)
    against = refused(session, doing, "packing", [(each, None) for each in _lots_in(session, full, inside)], place)
    if against is not None:
        return against
    before = contents(session, parent)
    if full and any(each.lot != full for each in before):
        raise Conflict("pack.other_lot", value=parent, lot=before[0].lot)
    holders = _holders(session, inside, full)
    if holders:
        child = next(each for each in inside if each in holders)
        raise Conflict("pack.taken", value=child, parent=holders[child])
    event = Packing(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=place,
        parent=parent,
        lot=full,
        children=inside,
        quantity=Quantity(cans or len(inside), "piece") if full else None,
    )
    return Outcome(events=[event], answer=event)


def unpack(session: Session, doing: Doing, parent: str, site: str, *, children: Sequence[str] = ()) -> Outcome:
    """Take some, or else everything, out of a case or pallet; the answer is the event.

    :raises NotFound: ``pack.unknown``. :raises BadData: ``pack.not_inside``.
    """
    place = resolve_site(session, site)
    inside = _inside(session, parent)
    if not inside.lots and not inside.codes:
        raise NotFound("pack.unknown", value=parent)
    chosen = tuple(dict.fromkeys(children)) or tuple(inside.codes)
    missing = [each for each in chosen if each not in inside.codes]
    if missing:
        raise BadData("pack.not_inside", value=missing[0], expected=parent)
    lot = next(iter(inside.lots), "")
    whole = not children
    cans = inside.lots.get(lot, 0) if whole else len(chosen)
    event = Packing(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=place,
        action="delete",
        parent=parent,
        lot=lot,
        children=chosen,
        quantity=Quantity(cans, "piece") if lot else None,
    )
    return Outcome(events=[event], answer=event)


def contents(session: Session, code: str) -> tuple[Content, ...]:
    """Return what a case or pallet holds now, lot by lot; empty for a code that nothing was packed into."""
    cans: dict[str, int] = {}
    serials: dict[str, list[str]] = {}
    seen: set[str] = set()
    rim = [code]
    while rim and len(seen) < MOST:
        each = rim.pop()
        if each in seen:
            continue
        seen.add(each)
        inside = _inside(session, each)
        for lot, count in inside.lots.items():
            cans[lot] = cans.get(lot, 0) + count
            serials.setdefault(lot, []).extend(child for child, of in inside.codes.items() if of == lot)
        rim += [child for child, of in inside.codes.items() if not of]
    return tuple(Content(lot=lot, cans=count, serials=tuple(serials[lot])) for lot, count in sorted(cans.items()) if count)


def held_in(session: Session, child: str, lot: str) -> str | None:
    """Return the code that holds a can or case now; none: nothing does (rule 3)."""
    return _holders(session, [child], lot).get(child)


def _holders(session: Session, children: Sequence[str], lot: str) -> dict[str, str]:
    """Return the code that holds each of some cans or cases now; those that nothing holds are left out."""
    subjects = {f"packed {lot} {child}": child for child in children}
    found: dict[str, str] = {}
    for subject, told in about_each(session, subjects, Packing).items():
        last = _in_order(each.event for each in told)[-1:]
        if last and last[0].action == "add":
            found[subjects[subject]] = last[0].parent
    return found


class _Inside(msgspec.Struct):
    lots: dict[str, int]
    """Lot -> cans."""
    codes: dict[str, str]
    """Can or case code -> lot, empty for a case."""


def _inside(session: Session, code: str) -> _Inside:
    inside = _Inside({}, {})
    for event in _in_order(each.event for each in about(session, f"pack {code}", Packing)):
        sign = 1 if event.action == "add" else -1
        if event.lot:
            count = event.quantity.value if event.quantity is not None else len(event.children)
            inside.lots[event.lot] = max(inside.lots.get(event.lot, 0) + sign * count, 0)
        for child in event.children:
            if sign > 0:
                inside.codes[child] = event.lot
            else:
                inside.codes.pop(child, None)
    inside.lots = {lot: count for lot, count in inside.lots.items() if count}
    return inside


def _in_order(events: Iterable[object]) -> list[Packing]:
    found = [each for each in events if isinstance(each, Packing)]
    return sorted(found, key=lambda each: (each.at, each.id))


def _lots_in(session: Session, lot: str, children: Sequence[str]) -> list[str]:
    if lot:
        return [lot]
    return sorted({each.lot for child in children for each in contents(session, child)})


__all__ = ["Content", "contents", "held_in", "pack", "unpack"]
