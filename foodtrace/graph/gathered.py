"""Effects of entries -> rows of the projection, for one log and one batch; and their way into the database.

Rules:

1. A batch is gathered first and written table by table, each in one call, sorted by key where rows are added up: neighbours in a
   tree are written together, and two writers that meet never wait for each other crosswise.
2. Sums are signed. One that leaves 2^62 is refused before a row is written: beyond 64 bits SQLite would go on in floating point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from foodtrace.errors import BadData
from foodtrace.events import Acknowledgement, DestructionPlanned, EffectivenessCheck, Event, Notice, SellerFile, Site
from foodtrace.graph.effects import Effects
from foodtrace.graph.flows import DELIVERED, UNNAMED, FlowKind
from foodtrace.graph.kinds import ABOUT
from foodtrace.storage.session import LEFT_ALONE, Session
from foodtrace.storage.sums import MOST, SUMS

__all__ = ["CONDITIONAL", "OWN_SUM", "SAID_BY_OTHERS", "Gathered", "Part", "texts_of_effects"]

CONDITIONAL: Final = -1
"""``ended`` of a replacement in a correction of another log's entry."""

SAID_BY_OTHERS: Final = frozenset({Site, SellerFile, Notice, Acknowledgement, EffectivenessCheck, DestructionPlanned})
"""Events at a site that are no sign that it keeps books: others describe it, write to it, visit it, or note that it answered."""

_AT: Final = {name: index for index, name in enumerate(SUMS)}
_NOTHING: Final = [0] * len(SUMS)
_FLOWS: Final = _AT["flows"]
_COUNTS: Final = _AT["counts"]
OWN_SUM: Final[dict[int, int]] = {
    int(FlowKind.BORN): _AT["born"],
    int(FlowKind.PRODUCED): _AT["produced"],
    int(FlowKind.DISPATCH): _AT["sent"],
    int(FlowKind.RECEIPT): _AT["received"],
    int(FlowKind.CONSUMED): _AT["consumed"],
    int(FlowKind.SOLD): _AT["sold"],
    int(FlowKind.CONSUMER_RETURN): _AT["brought_back"],
    int(FlowKind.DESTROYED): _AT["destroyed"],
    int(FlowKind.LOST): _AT["lost"],
    int(FlowKind.USED): _AT["used"],
    int(FlowKind.SEALED): _AT["sealed"],
    int(FlowKind.RETURN): _AT["returned"],
}
"""Kind of flow -> the sum of its own site that it adds to."""
_COUNT, _RECEIPT, _DISPATCH, _RETURN = (int(k) for k in (FlowKind.COUNT, FlowKind.RECEIPT, FlowKind.DISPATCH, FlowKind.RETURN))
_DELIVERED_IN: Final = {_DISPATCH: _AT["delivered"], _RETURN: _AT["return_in"]}
"""Kind of flow -> the sum of the other site, where the same record says that it arrived."""
_TWO_SIDED: Final = frozenset((_DISPATCH, _RECEIPT, _RETURN))
_UNDERWAY: Final = _AT["dispatched_in"]

_HOLDING: Final = f"lot, site, unit, log, {', '.join(SUMS)}"
_ADD_SUMS: Final = f"ON CONFLICT (lot, site, unit, log) DO UPDATE SET {', '.join(f'{c} = holding.{c} + excluded.{c}' for c in SUMS)}"
_MOVE: Final = "lot, log, seq, item, kind, site, other, unit, q, t, recorded, pair, flags, ended"
_LOT: Final = "lot, log, seq, item, site, product, gtin, produced, expiry, content, content_unit, recorded, ended"
_SITE: Final = "site, log, seq, operator, kind, name, county, region, parent, recorded, ended"
_LATER: Final = (
    "ON CONFLICT (site, log) DO UPDATE SET recorded = "
    "CASE WHEN excluded.recorded > site_seen.recorded THEN excluded.recorded ELSE site_seen.recorded END"
)
_COUNTED: Final = {"lot_edge": "src, dst, site, log", "alias": "lot, other, log", "unnamed": "site, lot, log"}
"""Table of counted pairs -> its key."""


class Part(NamedTuple):
    """Effects to add (+1) or take out (-1) for the entry ``seq``."""

    seq: int
    recorded: int
    """``time`` of the entry, microseconds UTC."""
    made: Effects
    kind: type[Event]
    """What it is on record as: of a correction, the kind of its replacement."""
    site: str
    """Site whose books it is a sign of, empty for none."""
    sign: int
    conditional: bool
    """It is the replacement in a correction of another log's entry: rows, but no sums."""


class Gathered:
    """What a batch of one log adds to the projection."""

    def __init__(self, log: int, number: Mapping[str, int]) -> None:
        """Gather for a log; ``number`` has the number of every name that will be met."""
        self._log, self._number = log, number
        self._sums: dict[tuple[int, int, int], list[int]] = {}
        self._most = 0
        self._counted: dict[str, dict[tuple[int, ...], int]] = {}
        self._moves: list[tuple[object, ...]] = []
        self._lots: list[tuple[object, ...]] = []
        self._sites: list[tuple[object, ...]] = []
        self._about: list[tuple[int, ...]] = []
        self._cross: list[tuple[int, ...]] = []
        self._seen: dict[int, int] = {}

    def gather(self, parts: Iterable[Part]) -> None:
        """Add the rows of entries, in order."""
        for part in parts:
            made = part.made
            if not part.conditional:
                if made.flows:
                    self._add_sums(part)
                if made.edges or made.aliases or made.unnamed:
                    self._count(part)
            if part.sign > 0:
                self._say(part)

    def _add_sums(self, part: Part) -> None:
        sums, number, sign = self._sums, self._number, part.sign
        for kind, lot_text, site_text, other_text, unit, q, _, _, flags in part.made.flows:
            lot = number[lot_text]
            self._most += q
            if site_text and not flags & UNNAMED:
                key = (lot, number[site_text], unit)
                own = sums.get(key)
                if own is None:
                    own = sums[key] = _NOTHING.copy()
                own[_FLOWS] += sign
                if kind in OWN_SUM:
                    own[OWN_SUM[kind]] += sign * q
                elif kind == _COUNT:
                    own[_COUNTS] += sign
            if not other_text or kind not in _TWO_SIDED:
                continue
            key = (lot, number[other_text], unit)
            there = sums.get(key)
            if there is None:
                there = sums[key] = _NOTHING.copy()
            # The sender a receipt names held the lot too, even if it recorded nothing itself (RECALL section 1).
            there[_FLOWS] += sign
            if kind != _RECEIPT:
                there[_DELIVERED_IN[kind] if flags & DELIVERED else _UNDERWAY] += sign * q

    def _count(self, part: Part) -> None:
        made, number = part.made, self._number
        for table, keys in (("lot_edge", made.edges), ("alias", made.aliases), ("unnamed", made.unnamed)):
            tally = self._counted.setdefault(table, {})
            for texts in keys:
                key = (*(number[text] for text in texts), self._log)
                tally[key] = tally.get(key, 0) + part.sign

    def _say(self, part: Part) -> None:
        """Add the rows that say what an entry said."""
        seq, recorded, made, kind, site, _, conditional = part
        number, log, ended, item = self._number, self._log, CONDITIONAL if conditional else 0, 0
        for flow, lot, where, other, unit, q, t, pair, flags in made.flows:
            row = (number[lot], log, seq, item, flow, number[where], number[other], unit, q, t, recorded, pair, flags, ended)
            self._moves.append(row)
            item += 1  # noqa: SIM113 - nearly every entry has one flow
        for item, each in enumerate(made.lots):
            self._lots.append((number[each.lot], log, seq, item, number[each.site], *each[2:], recorded, ended))
        if made.site is not None:
            at = made.site
            self._sites.append((number[at.site], log, seq, at.operator, at.kind, at.name, at.county, at.region, at.parent, recorded, ended))
        if made.about:
            about = ABOUT.get(kind, 0)
            self._about += [(number[text], about, log, seq, ended) for text in dict.fromkeys(made.about)]
        if made.cross is not None:
            self._cross.append((number[made.cross[0]], made.cross[1], log, seq))
        if site and kind not in SAID_BY_OTHERS:
            place = number[site]
            if recorded > self._seen.get(place, -1):
                self._seen[place] = recorded

    def write(self, session: Session) -> None:
        """Write everything gathered. Raises ``BadData`` (``quantity.sum``)."""
        sums, log = self._sums, self._log
        # Every sum is at most the total of all quantities, which is far from the limit in any honest batch.
        if self._most > MOST and any(abs(value) > MOST for values in sums.values() for value in values):
            raise BadData("quantity.sum", value=log, expected=MOST)
        if sums:
            holdings: list[Sequence[Any]] = [(*key, log, *sums[key]) for key in sorted(sums)]
            session.merge("holding", _HOLDING, holdings, _ADD_SUMS)
        if self._moves:
            session.insert("move", _MOVE, self._moves)
        if self._lots:
            session.insert("lot_fact", _LOT, self._lots)
        if self._sites:
            session.insert("site_fact", _SITE, self._sites)
        if self._about:
            session.merge("about", "subject, kind, log, seq, ended", self._about, LEFT_ALONE)
        if self._cross:
            session.insert("cross_correction", "target, target_seq, log, seq", self._cross)
        if self._seen:
            session.merge("site_seen", "site, log, recorded", [(site, log, at) for site, at in sorted(self._seen.items())], _LATER)
        for table, key in _COUNTED.items() if self._counted else ():
            tally = self._counted.get(table)
            if not tally:
                continue
            rows = [(*each, n) for each, n in sorted(tally.items())]
            session.merge(table, f"{key}, n", rows, f"ON CONFLICT ({key}) DO UPDATE SET n = {table}.n + excluded.n")


def texts_of_effects(made: Effects, needed: set[str]) -> None:
    """Add every name that rows of these effects need."""
    for flow in made.flows:
        needed.update(flow[1:4])  # lot, site, other
    if made.edges or made.aliases or made.unnamed:
        for keys in (made.edges, made.aliases, made.unnamed):
            for key in keys:
                needed.update(key)
    for lot in made.lots:
        needed.update(lot[:2])  # lot, site
    if made.about:
        needed.update(made.about)
    if made.site is not None:
        needed.add(made.site.site)
    if made.cross is not None:
        needed.add(made.cross[0])
