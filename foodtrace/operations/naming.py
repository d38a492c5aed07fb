"""Names for echoes: what stands over the door, and what the goods are called. Ids stay where nothing is on record."""

from __future__ import annotations

from collections.abc import Collection

from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.storage.session import Session


def names_of(session: Session, ids: Collection[str], now: int) -> dict[str, str]:
    """Return a name for every site or operator id; an operator is called like its only site, else by its id."""
    facts = SqlFacts(session, now)
    numbers = find(session, list(ids))
    known = {each.text: each.name for each in facts.sites(set(numbers.values())).values() if each.name}
    made: dict[str, str] = {}
    for each in ids:
        if each in known or not each:
            made[each] = known.get(each, each)
            continue
        rows = session.rows(
            "SELECT DISTINCT s.name FROM name AS n JOIN about AS a ON a.subject = n.id "
            "JOIN site_fact AS s ON s.log = a.log AND s.seq = a.seq WHERE n.text = ? AND s.ended = 0 LIMIT 2",
            (f"sites {each}",),
        )
        made[each] = str(rows[0][0]) if len(rows) == 1 and rows[0][0] else each
    return made


def product_of(session: Session, lot: str, now: int) -> str:
    """Return what a lot is called, empty where no record says it."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    return facts.lots([number])[number].product if number is not None else ""


def told(session: Session, lots: Collection[str], now: int) -> list[str]:
    """Return lots of one code as lines to choose from: full id, who made it, what it is."""
    facts = SqlFacts(session, now)
    numbers = {lot: facts.lot(lot) for lot in lots}
    infos = facts.lots([number for number in numbers.values() if number is not None])
    makers = names_of(session, {info.producer for info in infos.values() if info.producer}, now)
    lines = []
    for lot, number in numbers.items():
        info = infos.get(number) if number is not None else None
        lines.append("  ".join(each for each in (lot, makers.get(info.producer, "") if info else "", info.product if info else "") if each))
    return lines
