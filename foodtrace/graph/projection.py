"""Keeps the projection in step with the log, in the transaction of the append.

Rules (DESIGN section 6):

1. Every row is a function of the bytes of the log it names; nothing is shared between writers but names.
2. ``holding`` has signed sums only. A correction of this log subtracts what its target added and marks the target's rows
   as ended; the latest correction of an entry wins, so an earlier one's replacement is taken out again.
3. A correction of another log's entry changes no sums: its replacement is stored as conditional rows, and the reader decides
   whether the corrector was entitled (the operator of the site, RECALL section 1).
4. Applying the entries of a log one by one or all at once gives the same rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from foodtrace.errors import BadData
from foodtrace.events import Acknowledgement, AnyEvent, Correction, DestructionPlanned, EffectivenessCheck, Event, Notice, SellerFile, Site
from foodtrace.events.canonical import decode
from foodtrace.graph.edges import Effects, effects
from foodtrace.graph.flows import DELIVERED, UNNAMED, FlowKind
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import Names
from foodtrace.storage.session import Session
from foodtrace.storage.sums import MOST, SUMS
from foodtrace.tlog.entry import event_bytes

_WIDTH: Final = len(SUMS)
_AT: Final = {name: index for index, name in enumerate(SUMS)}
OWN_SUM: Final[dict[int, int]] = {
    FlowKind.BORN: _AT["born"],
    FlowKind.PRODUCED: _AT["produced"],
    FlowKind.DISPATCH: _AT["sent"],
    FlowKind.RECEIPT: _AT["received"],
    FlowKind.CONSUMED: _AT["consumed"],
    FlowKind.SOLD: _AT["sold"],
    FlowKind.CONSUMER_RETURN: _AT["brought_back"],
    FlowKind.DESTROYED: _AT["destroyed"],
    FlowKind.LOST: _AT["lost"],
    FlowKind.USED: _AT["used"],
    FlowKind.SEALED: _AT["sealed"],
    FlowKind.RETURN: _AT["returned"],
}
"""Kind of flow -> the sum of its own site that it adds to."""

SAID_BY_OTHERS: Final = frozenset({Site, SellerFile, Notice, Acknowledgement, EffectivenessCheck, DestructionPlanned})
"""Events at a site that are no sign that it keeps books: others describe it, write to it, visit it, or note that it answered."""

CONDITIONAL: Final = -1
"""``ended`` of a replacement in a correction of another log's entry."""

_COLUMNS: Final = ", ".join(SUMS)
_HOLDING: Final = (
    f"INSERT INTO holding (lot, site, unit, log, {_COLUMNS}) VALUES ({','.join('?' * (4 + _WIDTH))}) "  # noqa: S608 - constants
    f"ON CONFLICT (lot, site, unit, log) DO UPDATE SET {', '.join(f'{c} = holding.{c} + excluded.{c}' for c in SUMS)}"
)
_MOVE: Final = (
    "INSERT INTO move (lot, log, seq, item, kind, site, other, unit, q, t, recorded, pair, flags, ended) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_LOT: Final = (
    "INSERT INTO lot_fact (lot, log, seq, item, site, product, gtin, produced, expiry, content, content_unit, recorded, ended) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_SITE: Final = (
    "INSERT INTO site_fact (site, log, seq, operator, kind, name, county, region, parent, recorded, ended) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
)
_SEEN: Final = (
    "INSERT INTO site_seen (site, log, recorded) VALUES (?,?,?) ON CONFLICT (site, log) DO UPDATE SET recorded = "
    "CASE WHEN excluded.recorded > site_seen.recorded THEN excluded.recorded ELSE site_seen.recorded END"
)
_ABOUT: Final = "INSERT INTO about (subject, kind, log, seq, ended) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING"
_CROSS: Final = "INSERT INTO cross_correction (target, target_seq, log, seq) VALUES (?,?,?,?)"
_COUNTED: Final = {
    "lot_edge": (
        "INSERT INTO lot_edge (src, dst, site, log, n) VALUES (?,?,?,?,?) "
        "ON CONFLICT (src, dst, site, log) DO UPDATE SET n = lot_edge.n + excluded.n"
    ),
    "alias": "INSERT INTO alias (lot, other, log, n) VALUES (?,?,?,?) ON CONFLICT (lot, other, log) DO UPDATE SET n = alias.n + excluded.n",
    "unnamed": (
        "INSERT INTO unnamed (site, lot, log, n) VALUES (?,?,?,?) ON CONFLICT (site, lot, log) DO UPDATE SET n = unnamed.n + excluded.n"
    ),
}


class Sealed(NamedTuple):
    """An entry as the projection needs it."""

    seq: int
    recorded: int
    """``time`` of the entry, microseconds UTC."""
    event: AnyEvent


class _Part(NamedTuple):
    """Effects to add (+1) or take out (-1) for the entry ``seq``."""

    seq: int
    recorded: int
    made: Effects
    kind: type[Event]
    site: str
    sign: int
    conditional: bool


def texts_in(origin: str, entries: Iterable[Sealed]) -> set[str]:
    """Return every name the projection of these entries will need (to intern them before the lock is taken)."""
    needed = {""}
    for entry in entries:
        _texts(effects(entry.event, origin, entry.seq), needed)
        if entry.event.site:
            needed.add(entry.event.site)
        if isinstance(entry.event, Correction):
            needed.add(corrected(entry.event.log or origin, entry.event.seq))
    return needed


def apply(session: Session, names: Names, log: int, origin: str, entries: Sequence[Sealed]) -> dict[str, int]:
    """Add entries of one log, in order, to the projection; return the names used, to remember after the commit."""
    used: dict[str, int] = {}
    pending: list[Sealed] = []
    for entry in entries:
        # A correction reads rows of earlier entries, perhaps of this very batch: what is pending goes first.
        if isinstance(entry.event, Correction) and not entry.event.log:
            used.update(_write(session, names, log, origin, pending))
            pending = []
            used.update(_correct(session, names, log, origin, entry, entry.event))
        else:
            pending.append(entry)
    used.update(_write(session, names, log, origin, pending))
    return used


def _write(session: Session, names: Names, log: int, origin: str, entries: Sequence[Sealed]) -> dict[str, int]:
    if not entries:
        return {}
    parts = [
        _Part(
            entry.seq,
            entry.recorded,
            effects(entry.event, origin, entry.seq),
            kind_of(entry.event) if isinstance(entry.event, Correction) else type(entry.event),
            entry.event.site,
            1,
            _is_cross(entry.event),
        )
        for entry in entries
    ]
    return _put(session, names, log, parts, set())


def _correct(session: Session, names: Names, log: int, origin: str, entry: Sealed, correction: Correction) -> dict[str, int]:
    """Carry out a correction of an entry of the same log (rule 2)."""
    subject = corrected(origin, correction.seq)
    number = names.intern(session, {subject})
    earlier = session.row(
        "SELECT seq FROM about WHERE subject = ? AND kind = ? AND log = ? AND seq < ? ORDER BY seq DESC LIMIT 1",
        (number[subject], ABOUT[Correction], log, entry.seq),
    )
    target = correction.seq if earlier is None else int(earlier[0])
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (log, target))
    parts: list[_Part] = []
    if row is not None:
        event = decode(event_bytes(row[0]))
        gone = event.replacement if isinstance(event, Correction) else event
        if gone is not None:
            parts.append(_Part(target, 0, effects(gone, origin, target), type(gone), "", -1, conditional=False))
        for table in ("move", "lot_fact", "site_fact", "about"):
            keep = " AND kind <> ?" if table == "about" else ""
            params = (entry.seq + 1, log, target, ABOUT[Correction]) if keep else (entry.seq + 1, log, target)
            session.run(f"UPDATE {table} SET ended = ? WHERE log = ? AND seq = ?{keep}", params)  # noqa: S608 - constants
    made = effects(correction, origin, entry.seq)
    parts.append(_Part(entry.seq, entry.recorded, made, kind_of(correction), correction.site, 1, conditional=False))
    used = _put(session, names, log, parts, {subject})
    session.run(_ABOUT, (used[subject], ABOUT[Correction], log, entry.seq, 0))
    return used


def _put(session: Session, names: Names, log: int, parts: Sequence[_Part], more: set[str]) -> dict[str, int]:
    needed = {"", *more}
    for part in parts:
        _texts(part.made, needed)
        if part.site:
            needed.add(part.site)
    number = names.intern(session, needed)
    sums: dict[tuple[int, int, int, int], list[int]] = defaultdict(lambda: [0] * _WIDTH)
    counted: dict[str, dict[tuple[int, ...], int]] = {table: defaultdict(int) for table in _COUNTED}
    moves: list[tuple[object, ...]] = []
    lots: list[tuple[object, ...]] = []
    sites: list[tuple[object, ...]] = []
    about: list[tuple[int, int, int, int, int]] = []
    cross: list[tuple[int, int, int, int]] = []
    seen: dict[int, int] = {}
    for part in parts:
        made = part.made
        if not part.conditional:
            _add_sums(sums, number, log, part)
            for table, keys in (("lot_edge", made.edges), ("alias", made.aliases), ("unnamed", made.unnamed)):
                for key in keys:
                    counted[table][(*(number[text] for text in key), log)] += part.sign
        if part.sign < 0:
            continue
        ended = CONDITIONAL if part.conditional else 0
        moves += [
            (
                number[f.lot],
                log,
                part.seq,
                item,
                int(f.kind),
                number[f.site],
                number[f.other],
                f.unit,
                f.q,
                f.t,
                part.recorded,
                f.pair,
                f.flags,
                ended,
            )
            for item, f in enumerate(made.flows)
        ]
        lots += [
            (number[each.lot], log, part.seq, item, number[each.site], *each[2:], part.recorded, ended)
            for item, each in enumerate(made.lots)
        ]
        if made.site is not None:
            place = made.site
            sites.append(
                (
                    number[place.site],
                    log,
                    part.seq,
                    place.operator,
                    place.kind,
                    place.name,
                    place.county,
                    place.region,
                    place.parent,
                    part.recorded,
                    ended,
                )
            )
        kind = ABOUT.get(part.kind, 0)
        about += [(number[text], kind, log, part.seq, ended) for text in dict.fromkeys(made.about)]
        if made.cross is not None:
            cross.append((number[made.cross[0]], made.cross[1], log, part.seq))
        if part.site and part.kind not in SAID_BY_OTHERS:
            seen[number[part.site]] = max(part.recorded, seen.get(number[part.site], 0))
    if any(abs(value) > MOST for values in sums.values() for value in values):
        raise BadData("quantity.sum", value=log, expected=MOST)
    session.many(_HOLDING, sorted((*key, *values) for key, values in sums.items()))
    session.many(_MOVE, moves)
    session.many(_LOT, lots)
    session.many(_SITE, sites)
    session.many(_ABOUT, about)
    session.many(_CROSS, cross)
    session.many(_SEEN, [(site, log, time) for site, time in sorted(seen.items())])
    for table, tallies in counted.items():
        session.many(_COUNTED[table], sorted((*key, n) for key, n in tallies.items()))
    return number


def _add_sums(sums: dict[tuple[int, int, int, int], list[int]], number: dict[str, int], log: int, part: _Part) -> None:
    sign = part.sign
    for flow in part.made.flows:
        lot, kind = number[flow.lot], flow.kind
        own = sums[lot, number[flow.site], flow.unit, log] if flow.site and not flow.flags & UNNAMED else None
        if own is not None:
            own[_AT["flows"]] += sign
            if kind in OWN_SUM:
                own[OWN_SUM[kind]] += sign * flow.q
            elif kind == FlowKind.COUNT:
                own[_AT["counts"]] += sign
        if flow.other and kind == FlowKind.RECEIPT:
            # The sender a receipt names held the lot too, even if it recorded nothing itself (RECALL section 1).
            sums[lot, number[flow.other], flow.unit, log][_AT["flows"]] += sign
        if flow.other and kind in (FlowKind.DISPATCH, FlowKind.RETURN):
            there = sums[lot, number[flow.other], flow.unit, log]
            there[_AT["flows"]] += sign
            if not flow.flags & DELIVERED:
                there[_AT["dispatched_in"]] += sign * flow.q
            else:
                there[_AT["delivered" if kind == FlowKind.DISPATCH else "return_in"]] += sign * flow.q


def _texts(made: Effects, needed: set[str]) -> None:
    for flow in made.flows:
        needed.update((flow.lot, flow.site, flow.other))
    for keys in (made.edges, made.aliases, made.unnamed):
        for key in keys:
            needed.update(key)
    for lot in made.lots:
        needed.update((lot.lot, lot.site))
    needed.update(made.about)
    if made.site is not None:
        needed.add(made.site.site)
    if made.cross is not None:
        needed.add(made.cross[0])


def _is_cross(event: Event) -> bool:
    return isinstance(event, Correction) and bool(event.log)


def kind_of(correction: Correction) -> type[Event]:
    """Return the kind under which the rows of a correction stand."""
    return Correction if correction.replacement is None else type(correction.replacement)


def corrected(origin: str, seq: int) -> str:
    """Return the subject of every correction of an entry."""
    return f"corrected {origin} {seq}"


__all__ = ["CONDITIONAL", "OWN_SUM", "SAID_BY_OTHERS", "Sealed", "apply", "corrected", "kind_of", "texts_in"]
