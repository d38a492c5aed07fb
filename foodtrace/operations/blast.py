"""The blast radius of every lot of a range of days: how many outlets its recall would reach, the worst first.

Rules:

1. A lot is of the range if a birth of it happened there; a lot that nobody recorded as born, or of no known time, if its first record of a
   known time did, whatever it is: a shop that sells what nobody recorded is where a recall of it would begin. Both are looked for among
   what was recorded since a day before the range: one that was dated further ahead is not seen.
2. The number is that of :func:`foodtrace.operations.recalling.recall` for that lot alone, today. Every lot that any of them leads to
   is read once, however many lead to it; sets of sites are joined from what was made last to what was made first.
3. A lot whose way is not plain (:mod:`foodtrace.recall.plain`), or that a case is filed under, is asked of the recall itself; so is
   every lot under a rule pack that does not presume whole lots.
4. A site of unknown kind may be an outlet: it is counted apart, and in the order it counts like one.
5. Nothing says how bad goods are: a number of outlets is how far a recall would go. Records that have not come here are not in it,
   so the answer says how far each log has come, and which lots nobody recorded as born. What is dated later than now is in no number
   either; the sites that only it names are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from foodtrace.graph.flowkind import ALWAYS, BIRTHS, LEAVING, NEVER, FlowKind
from foodtrace.graph.known import entries_by
from foodtrace.graph.names import find
from foodtrace.graph.rows import Rows
from foodtrace.graph.subjects import recalled
from foodtrace.graph.times import moment
from foodtrace.operations.blastsets import Reach
from foodtrace.operations.recalling import recall
from foodtrace.recall.packs import for_day
from foodtrace.recall.said import Position
from foodtrace.recall.saying import positions
from foodtrace.storage.session import Session

_LATE = "SELECT DISTINCT m.lot FROM {ids} CROSS JOIN move AS m WHERE m.lot = f.value AND m.t > ? AND m.ended <= 0"
_DAY = 86_400_000_000
_PORTION = 500
_NO_FLOWS = tuple(map(int, (FlowKind.ALIAS, FlowKind.DISCARDED)))
_BORN = frozenset(map(int, BIRTHS))


class Radius(msgspec.Struct, frozen=True, kw_only=True):
    """How far the recall of one lot would go."""

    lot: str
    """Full id."""
    product: str
    producer: str
    """Operator where it was made; empty where no record says it."""
    outlets: int
    """Outlets that a recall of this lot would reach."""
    unknown_kind: int
    """Sites that it would reach besides, of which no record says what they are: each may be an outlet."""
    lots: int
    """Lots it would take in: this one and everything made from it."""
    born: bool
    """False: nobody recorded where it comes from; it stands here by its first record."""


class Blast(msgspec.Struct, frozen=True, kw_only=True):
    """The lots of a range of days by how many outlets their recall would reach."""

    start: str
    """First moment of the range."""
    end: str
    """Last moment of the range."""
    at: str
    """The moment the answer is for."""
    lots: tuple[Radius, ...]
    """The worst first."""
    without_origin: int
    """Lots among them that nobody recorded as born."""
    ahead: tuple[str, ...] = ()
    """Sites that records dated later than now name for these lots, or lots made from them, by name: they are in no number."""
    positions: tuple[Position, ...]
    """How far each log had come: what it has not told is in no number."""
    rule_pack: str = ""
    """Rule pack that says which sites are outlets and what is presumed, of one's own with the hash of its text."""


def blast(session: Session, *, start: int, end: int, now: int) -> Blast:
    """Return the blast radius of every lot of a range.

    :param start: first microsecond of the range, UTC. :param end: last one. :param now: the moment the answer is for.
    """
    rows = Rows(session, now)
    asked, born = _of_range(rows, sorted(_touched(session, start, end)), start, end)
    chosen = for_day(now, session.rules)
    kinds, whole = chosen.settings.outlet_kinds, chosen.settings.lot_presumption == "lot"
    reach = Reach(rows, asked)
    said = {lot: about for portion in _portions(asked) for lot, about in rows.lots_said(portion).items()}
    filed = _filed(session, [said[lot][0] for lot in asked])
    made = []
    for lot in reversed(asked):  # what was made last first: whatever leads to it finds its sets joined
        text, product, _, producer = said[lot][:4]
        if not whole or lot in reach.odd or recalled(text) in filed:
            answer = recall(session, text, now=now)
            outlets, unknown, many = len(answer.outlets), answer.unknown_kind, answer.lots_affected
        else:
            outlets, unknown, many = reach.outlets(lot, kinds)
        radius = Radius(lot=text, product=product, producer=producer, outlets=outlets, unknown_kind=unknown, lots=many, born=lot in born)
        made.append(radius)
    return Blast(
        start=_time(start),
        end=_time(end),
        at=_time(now),
        lots=tuple(sorted(made, key=lambda each: (-each.outlets - each.unknown_kind, -each.outlets, -each.lots, each.lot))),
        without_origin=sum(not each.born for each in made),
        ahead=_ahead(session, asked, now),
        positions=positions(session),
        rule_pack=chosen.pack.name,
    )


def _ahead(session: Session, asked: Collection[int], now: int) -> tuple[str, ...]:
    """Return the sites that records dated later than now name for these lots and what is made of them, by name (rule 5)."""
    from foodtrace.graph.reader import SqlFacts  # noqa: PLC0415 - every event, where a lot is not plain

    facts = SqlFacts(session, now)
    lots, rim = set(asked), set(asked)
    while rim:
        rim = {made for _, made in facts.children(rim)} - lots
        lots |= rim
    late = {row[0] for row in session.each(_LATE, lots, (now,))}
    flows = facts.ahead(late, ()) if late else ()
    there = {flow.other if flow.kind in LEAVING and flow.other else flow.site for flow in flows}
    return tuple(sorted(info.name or info.text for info in facts.sites(there - {0}).values()))


def _touched(session: Session, start: int, end: int) -> set[int]:
    """Return the lots of which anything happened in the range, among what was recorded since a day before it (rule 1)."""
    found: set[int] = set()
    for log, size in session.rows("SELECT log, size FROM head"):
        first = entries_by(session, log, size, start - _DAY)
        found.update(
            row[0]
            for row in session.rows(
                f"SELECT DISTINCT m.lot FROM move AS m WHERE m.log = ? AND m.seq >= ? AND m.kind NOT IN {_NO_FLOWS} "  # noqa: S608 - numbers
                "AND m.ended <= 0 AND m.t BETWEEN ? AND ?",
                (log, first, start, end),
            )
        )
    return found


def _of_range(rows: Rows, lots: Sequence[int], start: int, end: int) -> tuple[list[int], set[int]]:
    """Return the lots of the range, and those of them that somebody recorded as born (rule 1)."""
    asked: list[int] = []
    born: set[int] = set()
    for portion in _portions(lots):
        births: dict[int, list[int]] = {}
        first: dict[int, int] = {}
        for lot, kind, t in _told(rows, portion):
            if kind in _BORN:
                births.setdefault(lot, [])
            if ALWAYS < t < NEVER:
                first[lot] = min(t, first.get(lot, t))
                if kind in _BORN:
                    births[lot].append(t)
        for lot in portion:
            if any(start <= t <= end for t in births.get(lot, ())):
                asked.append(lot)
                born.add(lot)
            elif not births.get(lot) and lot in first and start <= first[lot] <= end:
                asked.append(lot)
                if lot in births:
                    born.add(lot)
    texts = rows.texts(asked)
    asked = [lot for lot in asked if not texts[lot].startswith("?")]
    return asked, born | _born_by_another_name(rows, [lot for lot in asked if lot not in born])


def _born_by_another_name(rows: Rows, lots: Sequence[int]) -> set[int]:
    """Return those of these lots that somebody recorded as born under another of their names."""
    if not list(rows.aliases(lots)):
        return set()
    from foodtrace.graph.fitting import named  # noqa: PLC0415 - few lots have other names

    classes = [names for names in named(rows.aliases, lots) if len(names) > 1]
    births = {lot for lot, kind, _ in _told(rows, [name for names in classes for name in names]) if kind in _BORN}
    return {name for names in classes if births.intersection(names) for name in names} & set(lots)


def _told(rows: Rows, lots: Collection[int]) -> Iterable[tuple[int, int, int]]:
    """Return (lot, kind, time) of the records that stand, whoever objects."""
    plain = rows.rows(lots)
    if plain is not None:
        return [(row[1], row[0], row[6]) for row in plain]
    found: list[tuple[int, int, int]] = []
    for lot in lots:
        mine = rows.rows([lot])
        if mine is not None:
            found += [(lot, row[0], row[6]) for row in mine]
        else:
            told = rows.session.rows("SELECT m.kind, m.t FROM move AS m WHERE m.lot = ? AND m.ended <= 0", (lot,))
            found += [(lot, kind, t) for kind, t in told if t <= rows.now]
    return found


def _filed(session: Session, lots: Sequence[str]) -> set[str]:
    """Return the subjects, among those of these lots, that some case is filed under."""
    numbers = find(session, sorted({recalled(lot) for lot in lots}))
    texts = {number: text for text, number in numbers.items()}
    rows = session.each("SELECT DISTINCT a.subject FROM {ids} CROSS JOIN about AS a WHERE a.subject = f.value", list(texts))
    return {texts[row[0]] for row in rows}


def _portions(lots: Sequence[int]) -> Iterable[Sequence[int]]:
    return (lots[first : first + _PORTION] for first in range(0, len(lots), _PORTION))


def _time(microseconds: int) -> str:
    return moment(microseconds).strftime("%Y-%m-%dT%H:%M:%SZ")
