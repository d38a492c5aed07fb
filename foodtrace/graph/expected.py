"""The fingerprint of the projection that a log's entries call for, without making one row of it.

Rules:

1. What an entry adds is a sum of terms, so spans of a log can be added up by different processes in any order.
2. A correction adds its own rows where it stands; what it takes out of its target is added afterwards by :meth:`Expected.take_out`,
   by whoever knows the correction before it. Its target's rows are marked as ended.
3. This says what :mod:`foodtrace.graph.projection` writes. Where the two disagree, the exact comparison of :mod:`foodtrace.graph.check`
   decides, and a test fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from foodtrace.events import AnyEvent, Correction, Event
from foodtrace.graph.edges import Effects, FlowText, effects
from foodtrace.graph.flows import DELIVERED, UNNAMED, FlowKind
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.projection import CONDITIONAL, OWN_SUM, SAID_BY_OTHERS, corrected, kind_of
from foodtrace.graph.weights import PRIME, Triple, Weights
from foodtrace.storage.sums import SUMS

TABLES: Final = ("holding", "move", "lot_edge", "alias", "unnamed", "lot_fact", "site_fact", "about", "cross_correction")
"""Tables with a fingerprint; ``site_seen`` keeps the newest of its values, which no sum can tell, and is compared itself."""
_FLOWS: Final = SUMS.index("flows")
_COUNTS: Final = SUMS.index("counts")
_OTHER: Final = {name: SUMS.index(name) for name in ("dispatched_in", "delivered", "return_in")}
_RECEIPT, _DISPATCH, _RETURN, _COUNT = (int(each) for each in (FlowKind.RECEIPT, FlowKind.DISPATCH, FlowKind.RETURN, FlowKind.COUNT))
_SHAPES: Final = 10_000
_TWO_SIDED: Final = frozenset((_RECEIPT, _DISPATCH, _RETURN))


class Touched(NamedTuple):
    """A row that a correction took something out of; it stays, though all of it may be zero."""

    table: str
    names: tuple[str, ...]
    unit: int
    """Of a holding; else 0."""


class Columns:
    """The numbers of the columns, one place for both sides of the comparison."""

    def __init__(self, weights: Weights) -> None:
        self.holding = weights.columns("holding", len(SUMS))
        self.move = weights.columns("move", 12)
        """constant, ended, lot, site, other, kind, unit, q, t, recorded, pair, flags."""
        self.lot_fact = weights.columns("lot_fact", 11)
        """constant, ended, lot, site, product, gtin, produced, expiry, content, content_unit, recorded."""
        self.site_fact = weights.columns("site_fact", 10)
        """constant, ended, site, operator, kind, name, county, region, parent, recorded."""
        self.about = weights.columns("about", 2)
        """constant, ended."""
        self.cross = weights.columns("cross", 3)
        """constant, target, target_seq."""
        self.shape: Mapping[tuple[int, int, int], int] = _Shapes(self.move)
        """(kind, unit, flags) of a move -> what these three columns and the constant add: there are few."""


class _Shapes(dict[tuple[int, int, int], int]):
    """Sums of a move's constant and its columns of small numbers."""

    def __init__(self, move: list[int]) -> None:
        super().__init__()
        self._constant, self._kind, self._unit, self._flags = move[0], move[5], move[6], move[11]

    def __missing__(self, shape: tuple[int, int, int]) -> int:
        kind, unit, flags = shape
        value = self._constant + kind * self._kind + unit * self._unit + flags * self._flags
        if len(self) < _SHAPES:
            self[shape] = value
        return value


class Expected:
    """Adds up what the entries of one log call for."""

    def __init__(self, weights: Weights, origin: str) -> None:
        self.sums: dict[str, int] = dict.fromkeys(TABLES, 0)
        self.seen: dict[str, int] = {}
        """Site -> newest time an entry there was recorded."""
        self.corrections: list[tuple[int, int]] = []
        """(seq, target) of corrections of this log's own entries, in order."""
        self._weights, self._columns, self._origin = weights, Columns(weights), origin
        holding = self._columns.holding
        flows = holding[_FLOWS]
        self._own: dict[int, tuple[int, int]] = {kind: (flows, holding[place]) for kind, place in OWN_SUM.items()}
        self._own[_COUNT] = (flows + holding[_COUNTS], 0)
        """Kind of flow -> what it adds to its own site's holding: a constant, and a factor of its quantity."""
        self._else = (flows, 0)

    def take(self, seq: int, recorded: int, event: Any, kind: type[Event]) -> None:
        """Add what one entry adds: an event of a kind, or its twin (:mod:`foodtrace.events.lean`)."""
        made = effects(event, self._origin, seq, kind)
        ended, counts = 0, True
        if kind is Correction:
            kind = kind_of(event)
            if event.log:
                ended, counts = CONDITIONAL, False
            else:
                self.corrections.append((seq, event.seq))
                self._about(corrected(self._origin, event.seq), ABOUT[Correction], self._weights.place(seq), 0)
        place = self._weights.place(seq)
        if made.flows:
            self._flows(made.flows, 1 if counts else 0, place, recorded, ended)
        if counts and (made.edges or made.aliases or made.unnamed):
            self._count(made, 1)
        if made.lots or made.site is not None or made.cross is not None:
            self._facts(made, place, recorded, ended)
        if made.about:
            number = ABOUT.get(kind, 0)
            for text in dict.fromkeys(made.about):
                self._about(text, number, place, ended)
        if event.site and kind not in SAID_BY_OTHERS:
            self.seen[event.site] = recorded  # time never runs backwards in a log

    def take_out(self, target: int, event: AnyEvent, by: int) -> list[Touched]:
        """Take out what the entry ``target`` added, and mark its rows as ended by the correction ``by``; return the rows touched."""
        made = effects(event, self._origin, target)
        kind, before = type(event), 0
        if type(event) is Correction:
            kind = kind_of(event)  # type: ignore[assignment]
            before = CONDITIONAL if event.log else 0
        self._flows(made.flows, -1)
        self._count(made, -1)
        weights, columns, sums = self._weights, self._columns, self.sums
        change = weights.place(target) * (by + 1 - before)
        sums["move"] += change * columns.move[1] * sum(weights.item(item) for item in range(len(made.flows)))
        sums["lot_fact"] += change * columns.lot_fact[1] * sum(weights.item(item) for item in range(len(made.lots)))
        if made.site is not None:
            sums["site_fact"] += change * columns.site_fact[1]
        number = ABOUT.get(kind, 0)
        if number != ABOUT[Correction]:
            for text in dict.fromkeys(made.about):
                sums["about"] += change * columns.about[1] * weights.text(text)[0] * weights.small("about", number)
        return _touched(made)

    def result(self) -> dict[str, int]:
        """Return the fingerprint of each table so far."""
        return {table: value % PRIME for table, value in self.sums.items()}

    def _flows(self, flows: list[FlowText], sign: int, place: int = 0, recorded: int = 0, ended: int = 0) -> None:
        """Add the rows of flows, and what they add to holdings as :class:`foodtrace.graph.gathered.Gathered` does.

        :param sign: of the holdings: 1, -1, or 0 for none. :param place: number of the entry; 0 for no rows.
        """
        # The hottest loop of a verification: every name is looked up once for both sums.
        weights, columns = self._weights, self._columns.holding
        texts, words, item_of, shape, owns = weights.texts, weights.words, weights.item, self._columns.shape, self._own
        _, c_ended, c_lot, c_site, c_other, _, _, c_q, c_t, c_recorded, c_pair, _ = self._columns.move
        fixed = ended * c_ended + recorded * c_recorded if ended else recorded * c_recorded
        moved, held = 0, 0
        for item, (kind, lot, site, other, unit, q, t, pair, flags) in enumerate(flows):
            lot_number, (site_number, site_second, _), (other_number, other_second, _) = texts[lot][0], texts[site], texts[other]
            value = (
                shape[kind, unit, flags] + fixed + lot_number * c_lot + site_number * c_site + other_number * c_other + q * c_q + t * c_t
            )
            if pair:
                value += words(pair) * c_pair
            moved += item_of(item) * value
            at = 0
            if site and not flags & UNNAMED:
                constant, factor = owns.get(kind, self._else)
                at = site_second * (constant + q * factor)
            if other and kind in _TWO_SIDED:
                there = columns[_FLOWS]
                if kind != _RECEIPT:
                    there += q * columns[_OTHER[_arrives(kind, flags)]]
                at += other_second * there
            if at:
                held += lot_number * weights.small("unit", unit) * at
        self.sums["move"] += place * moved
        self.sums["holding"] += sign * held

    def _count(self, made: Effects, sign: int) -> None:
        """Add to the counted rows."""
        text = self._weights.text
        for table, keys in (("lot_edge", made.edges), ("alias", made.aliases), ("unnamed", made.unnamed)):
            self.sums[table] += sign * sum(counted(*(text(name) for name in key)) for key in keys)

    def _facts(self, made: Effects, place: int, recorded: int, ended: int) -> None:
        text, sums, columns = self._weights.text, self.sums, self._columns
        for item, lot in enumerate(made.lots):
            sums["lot_fact"] += (
                place
                * self._weights.item(item)
                * lot_term(columns.lot_fact, ended, text(lot.lot)[0], text(lot.site)[0], self._weights, (*lot[2:], recorded))
            )
        site = made.site
        if site is not None:
            words = (site.operator, site.kind, site.name, site.county, site.region, site.parent)
            sums["site_fact"] += place * site_term(columns.site_fact, ended, text(site.site)[0], self._weights, words, recorded)
        if made.cross is not None:
            sums["cross_correction"] += place * (
                columns.cross[0] + text(made.cross[0])[0] * columns.cross[1] + made.cross[1] * columns.cross[2]
            )

    def _about(self, subject: str, kind: int, place: int, ended: int) -> None:
        weights = self._weights
        c0, c_ended = self._columns.about
        self.sums["about"] += place * weights.text(subject)[0] * weights.small("about", kind) * (c0 + ended * c_ended)


def counted(*names: Triple) -> int:
    """Return the term of one counted row: each name in its own place."""
    first, second = names[0][0], names[1][1]
    return first * second * names[2][2] if len(names) > 2 else first * second  # noqa: PLR2004 - of lot_edge


def lot_term(columns: list[int], ended: int, lot: int, site: int, weights: Weights, rest: tuple[Any, ...]) -> int:
    """Return the term of what an entry says a lot is; ``rest`` is product, gtin and the six integers after them."""
    product, gtin, *numbers = rest
    value = columns[0] + ended * columns[1] + lot * columns[2] + site * columns[3]
    value += weights.words(product) * columns[4] + weights.words(gtin) * columns[5]
    return value + int(sum(number * column for number, column in zip(numbers, columns[6:], strict=True)))


def site_term(columns: list[int], ended: int, site: int, weights: Weights, words: tuple[str, ...], recorded: int) -> int:
    """Return the term of what an entry says a site is."""
    value = columns[0] + ended * columns[1] + site * columns[2] + recorded * columns[9]
    return value + sum(weights.words(word) * column for word, column in zip(words, columns[3:9], strict=True))


def _arrives(kind: int, flags: int) -> str:
    if not flags & DELIVERED:
        return "dispatched_in"
    return "delivered" if kind == _DISPATCH else "return_in"


def _touched(made: Effects) -> list[Touched]:
    found = [Touched("lot_edge", key, 0) for key in made.edges]
    found += [Touched("alias", key, 0) for key in made.aliases]
    found += [Touched("unnamed", key, 0) for key in made.unnamed]
    for flow in made.flows:
        if flow.site and not flow.flags & UNNAMED:
            found.append(Touched("holding", (flow.lot, flow.site), flow.unit))
        if flow.other and flow.kind in _TWO_SIDED:
            found.append(Touched("holding", (flow.lot, flow.other), flow.unit))
    return list(dict.fromkeys(found))
