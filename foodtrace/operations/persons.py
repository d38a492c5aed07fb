"""Whose personal values they are: every entry that speaks of one seller, and every other one that holds a value of the same person.

Rules:

1. Of an operator speak: its descriptions, its sites, its files at every market, and what has it as ``seller``: what a gate recorded
   of a self-grower (identity, telephone, address), the plate of a truck announced for it. With each go its corrections.
2. The side table is read once, and an entry is decoded only where its bytes name the operator. Erasing is rare: an index for it
   alone would be paid for by every truck.
3. What else holds a value of the same person is told by :mod:`foodtrace.operations.sameperson`, in whatever field.
"""

from __future__ import annotations

from collections.abc import Collection

from foodtrace.errors import FoodtraceError
from foodtrace.graph.names import find
from foodtrace.operations.common import said
from foodtrace.operations.sameperson import SamePerson
from foodtrace.storage.session import Session
from foodtrace.tlog.whole import event_of


def entries_of(session: Session, operator: str) -> set[tuple[int, int]]:
    """Return every entry that speaks of an operator (rule 1), as (log, seq), whether its values still are there or not."""
    subjects = [f"operator {operator}", f"sites {operator}"]
    subjects += [row[0] for row in session.rows("SELECT text FROM name WHERE text LIKE ?", (f"seller % {operator}",))]
    found = _about(session, subjects)
    sold = _sold_by(session, operator) - found
    origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
    return found | sold | _about(session, [f"corrected {origins[log]} {seq}" for log, seq in sold])


def same_values(session: Session, values: Collection[tuple[str, str]]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Return the fields of every entry that holds one of some values, given as (field, value), of whatever field (rule 3)."""
    person = SamePerson(values)
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    if person:
        for log, seq, field, value in session.stream("SELECT log, seq, field, value FROM personal ORDER BY log, seq, field"):
            if person.holds(field, value):
                found[log, seq] = (*found.get((log, seq), ()), field)
    return found


def _about(session: Session, subjects: Collection[str]) -> set[tuple[int, int]]:
    numbers = find(session, list(subjects)).values()
    return {(row[0], row[1]) for each in numbers for row in session.rows("SELECT log, seq FROM about WHERE subject = ?", (each,))}


def _sold_by(session: Session, operator: str) -> set[tuple[int, int]]:
    """Return the entries with personal values whose seller is this one (rule 2)."""
    named = "instr(e.bytes, ?)" if session.dialect == "sqlite" else "position(CAST(? AS bytea) IN e.bytes)"
    rows = session.rows(
        "SELECT e.log, e.seq, e.bytes FROM (SELECT DISTINCT log, seq FROM personal) AS p "  # noqa: S608 - constants
        f"JOIN entry AS e ON e.log = p.log AND e.seq = p.seq WHERE {named} > 0",
        (f'"seller":"{operator}"'.encode(),),
    )
    found: set[tuple[int, int]] = set()
    for log, seq, data in rows:
        try:
            event = said(event_of(session, log, seq, data))
        except FoodtraceError:  # damage is for verify to tell
            continue
        if getattr(event, "seller", "") == operator:
            found.add((log, seq))
    return found
