"""Reads the projection as rows: what the recall of plain lots needs, and what :class:`foodtrace.graph.reader.SqlFacts` makes objects of.

What is said of the lots and sites themselves stands in :mod:`foodtrace.graph.words`; here are goods, who holds them, and lots made of lots.

Rules:

1. Every query starts from the numbers asked for and looks each up by a primary key or an index: O(affected), never O(total).
2. Rows with ``ended = 0`` are live. Times after T are not handed out; records after a position limit neither.
3. What is dated later than it was recorded is on record and yet, until that time comes, in no answer: a clock that is ahead, or a
   shop that wants to be on no list. It is never left out in silence (:func:`foodtrace.graph.flowkind.ahead`).
4. This module loads no events and no structs: a recall from the shell pays for everything it imports.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from foodtrace.graph.flowkind import DELIVERED, NEVER, UNNAMED, FlowKind, ahead, happened
from foodtrace.graph.names import in_use, of_records
from foodtrace.graph.subjects import CORRECTED, SPOKEN
from foodtrace.graph.words import LAST, SITES, WORDS, Words

if TYPE_CHECKING:
    from foodtrace.storage.session import Ask, Row, Session

FLOW: Final = "m.kind, m.lot, m.site, m.other, m.unit, m.q, m.t, m.recorded, m.log, m.seq, m.item, m.pair, m.flags, m.ended"
"""Columns of a flow, in the order of its fields, and whether it is live."""
ENDED: Final = 13
_LOT: Final = itemgetter(1)
GTIN: Final = 14
_MADE, _ALIAS, _SAME_CODE = range(3)
_MADE_OF: Final = " UNION SELECT e.dst FROM lots CROSS JOIN lot_edge AS e WHERE e.src = lots.id AND e.n > 0) "
_LOTS: Final = "WITH RECURSIVE lots(id) AS (SELECT f.value FROM {ids}" + _MADE_OF  # noqa: S608 - constants
_LOTS_NAMED: Final = (
    "WITH RECURSIVE lots(id) AS (SELECT CAST(t.id AS BIGINT) FROM {texts} CROSS JOIN name AS t WHERE t.text = f.value"  # noqa: S608 - constants
    + _MADE_OF
)
_OTHER_NAMES: Final = (
    " UNION ALL SELECT 1, a.other, '' FROM lots AS l CROSS JOIN alias AS a WHERE a.lot = l.id AND a.n > 0 "
    "UNION ALL SELECT 2, o.id, o.text FROM lots AS l CROSS JOIN name AS n CROSS JOIN name AS o "
    "WHERE n.id = l.id AND n.code IS NOT NULL AND o.code = n.code AND o.id <> n.id"
)
_TOLD: Final = "SELECT 0, n.id, n.text FROM lots AS l CROSS JOIN name AS n WHERE n.id = l.id" + _OTHER_NAMES  # noqa: S608 - constants
_WHOLE: Final = _LOTS + _TOLD
WHOLE_NAMED: Final = _LOTS_NAMED + _TOLD
"""What :meth:`Rows.whole_named` asks."""
_NUMBERS_ONLY: Final = _LOTS_NAMED + "SELECT 0, l.id, '' FROM lots AS l" + _OTHER_NAMES  # noqa: S608 - constants

_ALIKE: Final = (
    "SELECT n.id, n.text, o.id, o.text FROM {ids} CROSS JOIN name AS n JOIN name AS o ON o.code = n.code "
    "WHERE n.id = f.value AND o.id <> n.id AND n.code IS NOT NULL"
)
"""Lots of the same code."""
_MOVES: Final = f"SELECT {FLOW} FROM {{ids}} CROSS JOIN move AS m WHERE m.lot = f.value AND m.ended <= 0 AND m.recorded <= ?"  # noqa: S608
_ENTRIES: Final = (
    f"SELECT {FLOW} FROM {{ids}} CROSS JOIN move AS m WHERE m.seq = f.value AND m.log = ? AND m.ended <= 0 AND m.recorded <= ?"  # noqa: S608
)
_PSEUDO: Final = "SELECT u.lot FROM {ids} CROSS JOIN unnamed AS u WHERE u.site = f.value AND u.n > 0"
BOUND: Final = (
    "SELECT DISTINCT h.lot FROM {ids} CROSS JOIN holding AS h CROSS JOIN name AS n "
    "WHERE h.site = f.value AND h.flows > 0 AND n.id = h.lot AND n.code IS NULL"
)
"""Lots without a code at sites: they stand for dispatches without lot that name one of these as where they went."""
_PRODUCT: Final = 1
"""Where the product stands in what is said of a lot."""
_COMES: Final = (FlowKind.BORN, FlowKind.PRODUCED, FlowKind.RECEIPT, FlowKind.COUNT, FlowKind.CONSUMER_RETURN)
_HELD: Final = (
    "SELECT DISTINCT h.lot FROM holding AS h CROSS JOIN lot_fact AS l CROSS JOIN move AS m "  # noqa: S608 - constants
    "WHERE h.site = ? AND h.flows > 0 AND l.lot = h.lot AND l.product = ? AND m.lot = h.lot AND m.ended = 0 AND m.t <= ? AND "
    f"((m.site = h.site AND m.kind IN ({', '.join(str(int(kind)) for kind in _COMES)})) OR "
    f"(m.other = h.site AND m.kind = {int(FlowKind.DISPATCH)} AND m.flags = {DELIVERED} AND NOT EXISTS "
    f"(SELECT 1 FROM move AS r WHERE r.lot = m.lot AND r.kind = {int(FlowKind.RECEIPT)} AND r.pair = m.pair))) LIMIT 8"
)
OWN: Final = " OR ".join(
    f"h.{each} <> 0" for each in ("sold", "received", "sent", "counts", "consumed", "born", "produced", "lost", "brought_back")
)
"""Of a holding: something was moved, used or counted by a record of its site's own; see :data:`foodtrace.recall.silence.NO_WORD`."""
_KEEPS: Final = f"SELECT f.value FROM {{ids}} WHERE EXISTS (SELECT 1 FROM holding AS h WHERE h.site = f.value AND ({OWN}))"  # noqa: S608
"""Sites with goods moved, used or counted by a record of their own; a sample is somebody else's, what others delivered too."""
CROSSED: Final = "SELECT 1 FROM cross_correction LIMIT 1"
"""Whether any log corrects or disputes another's entries."""


class Rows(Words):
    """The records of a database, as of a moment."""

    def __init__(self, session: Session, now: int, *, recorded_until: int = NEVER) -> None:
        """See :class:`foodtrace.graph.words.Words`."""
        super().__init__(session, now, recorded_until=recorded_until)
        self._crossed = session.row(CROSSED) is not None
        self._ahead = False
        self._quiet: frozenset[int] = frozenset()
        """Sites that were asked about ahead, see :meth:`of_keepers`."""

    @property
    def dated_ahead(self) -> bool:
        """Whether :meth:`rows` has left out something that was recorded before the time it gives for itself (rule 3)."""
        return self._ahead

    @property
    def crossed(self) -> bool:
        """Whether any log corrects or disputes another's entries: else what is not ended stands."""
        return self._crossed

    def seen(self, log: int, seq: int) -> bool:  # noqa: ARG002 - of what was known then they matter
        """Say whether an entry was on record by the moment of the answer: always, but of what was known in the past."""
        return True

    # -- lots of lots ------------------------------------------------------------------------------------------------------

    def same_code(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return (lot, other) where other has the same code under an authority that no operator or product on record has."""
        return [(lot, other) for lot, _, other, text in self._alike(lots) if self._nobodys(text)]

    def somebodys(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return (lot, other) where lot has an authority that no operator or product on record has, and other, of one that is, its code."""
        rows = self._alike(lots)
        strange = {lot for lot, text in {row[:2] for row in rows} if self._nobodys(text)}
        return [(lot, other) for lot, _, other, text in rows if lot in strange and not self._nobodys(text)]

    def on_record(self, names: Collection[int]) -> set[int]:
        """Return those of some names of lots that a record uses: a name says nothing by being there (:mod:`foodtrace.graph.names`)."""
        return of_records(self._s, names)

    def _alike(self, lots: Collection[int]) -> list[Row]:
        """Return (lot, text, other, text) of lots of the same code, those that a record uses."""
        rows = self._s.each(_ALIKE, lots)
        there = self.on_record({row[2] for row in rows})
        return [row for row in rows if row[2] in there]

    def _nobodys(self, text: str) -> bool:
        """Say whether a lot's authority is no operator, site or product on record."""
        authority = text.partition("/")[0]
        if authority.isdigit() and len(authority) == GTIN:  # a GTIN-14 is a known product
            return False
        return not in_use(self._s, [f"operator {authority}", f"sites {authority}", authority])

    def aliases(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return every live alias pair that touches one of these lots."""
        return self._s.each("SELECT a.lot, a.other FROM {ids} CROSS JOIN alias AS a WHERE a.lot = f.value AND a.n > 0", lots)

    def children(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return every (source, destination) lot pair of live transformations that take one of these lots in."""
        return self._s.each("SELECT e.src, e.dst FROM {ids} CROSS JOIN lot_edge AS e WHERE e.src = f.value AND e.n > 0", lots)

    def parents(self, lots: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return every (source, destination) lot pair of live transformations that put one of these lots out."""
        return self._s.each("SELECT e.src, e.dst FROM {ids} CROSS JOIN lot_edge AS e WHERE e.dst = f.value AND e.n > 0", lots)

    def whole(self, lots: Collection[int]) -> set[int] | None:
        """Return these lots and all that was made from them by live transformations; none if one of them may go by another name.

        Another name is an alias, or a lot of the same code (:meth:`same_code`). All in one query.
        """
        return self._whole(_WHOLE, lots, texts=True)

    def whole_named(self, names: Collection[str], *, texts: bool = True) -> set[int] | None:
        """Return what :meth:`whole` does of lots by their ids; what no record names is left out.

        :param texts: read the texts of the lots as well, for :meth:`texts`.
        """
        return self._whole(WHOLE_NAMED if texts else _NUMBERS_ONLY, names, texts=texts)

    def _whole(self, sql: str, lots: Collection[int] | Collection[str], *, texts: bool) -> set[int] | None:
        found: set[int] = set()
        alike: dict[int, str] = {}
        for what, one, text in self._s.each(sql, lots):
            if what == _ALIAS:
                return None
            if what == _SAME_CODE:
                alike[one] = text
            if what == _MADE:
                found.add(one)
                if texts:
                    self._texts[one] = text
        same = [alike[one] for one in self.on_record(alike)]
        if any(self._nobodys(text) for text in same):
            return None
        codes = {text.rpartition("/")[2] for text in same}
        if codes and texts and any(self._nobodys(text) for lot in found if (text := self._texts[lot]).rpartition("/")[2] in codes):
            return None
        return found

    def pseudo_lots(self, sites: Collection[int]) -> list[int]:
        """Return the lots that stand for dispatches without lot from these sites."""
        rows = self._s.each(_PSEUDO, sites)
        return [row[0] for row in rows]

    def bound_for(self, receipts: Collection[tuple[int, str]]) -> list[Row]:
        """Return the dispatches without lot, under way by their own record, that name the site of a receipt and bear its number.

        :param receipts: (site, number).
        """
        if not receipts or self._s.row("SELECT 1 FROM unnamed LIMIT 1") is None:
            return []
        lots = self._unnamed_at({site for site, _ in receipts})
        wanted = set(receipts)
        return [row for row in self._rows_of(lots) if (row[3], row[11]) in wanted and row[12] & (UNNAMED | DELIVERED) == UNNAMED]

    def _unnamed_at(self, sites: Collection[int]) -> list[int]:
        return [row[0] for row in self._s.each(BOUND, sites)]

    def surely_held(self, site: int, product: str, by: int) -> bool:
        """Tell whether goods of exactly this product surely came to a site by a moment, whatever else the records say."""
        lots = [row[0] for row in self._s.rows(_HELD, (site, product, by))]
        return any(said[_PRODUCT] == product for said in self.lots_said(lots).values())

    def keepers(self, sites: Collection[int]) -> set[int]:
        """Return those of some sites that keep books of any goods: that moved, used or counted some by a record of their own."""
        asked = self._quiet if self._quiet.issuperset(sites) else frozenset(sites)
        return {int(row[0]) for row in self._s.each(_KEEPS, sorted(asked))}.intersection(sites)

    def of_keepers(self, sites: Collection[int]) -> tuple[Ask, ...]:
        """Return what :meth:`keepers` of some of these sites will ask."""
        self._quiet = frozenset(sites)
        return ((_KEEPS, sorted(sites), ()),) if sites else ()

    def stock_lots(self, sites: Collection[int]) -> Iterable[tuple[int, int]]:
        """Return (site, lot) of every lot that has, or had, a holding at these sites."""
        return self._s.each(
            "SELECT DISTINCT h.site, h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.site = f.value AND h.flows > 0", sites
        )

    def speaking(self, lots: Collection[int]) -> list[Row]:
        """Return (lot, log, seq, ended) of records that may say these lots were somewhere and move none (:mod:`foodtrace.graph.spoken`)."""
        return self._s.each(SPOKEN, lots)

    def elsewhere(
        self, lots: Collection[int], moved: Callable[[int], Collection[tuple[int, int]]], held: Callable[[int], Collection[int]]
    ) -> set[int]:
        """Return those of some lots of which a record that moves nothing says they were where no flow put them; in doubt too.

        :param moved: of a lot, the (log, seq) of entries that moved it. :param held: of a lot, the sites where flows put it.
        """
        rows = self.speaking(lots)
        entries = {lot: moved(lot) for lot in {row[0] for row in rows}}
        left = {row[0] for row in rows if (row[1], row[2]) not in entries[row[0]]}
        if not left or self._crossed:
            return left
        from foodtrace.graph.spoken import spoken_in  # noqa: PLC0415 - most recalls need none

        said = list(spoken_in(self._s, [row for row in rows if row[3] == 0], now=self._now, until=self._until))
        sites = self.numbers({each.site for each in said})
        return {each.lot for each in said if sites.get(each.site) not in held(each.lot)}

    # -- asked ahead (:meth:`foodtrace.storage.session.Session.ahead`) -------------------------------------------------------

    def of_lots(self, lots: Sequence[int]) -> tuple[Ask, ...]:
        """Return what :meth:`rows`, :meth:`lots_said` and :meth:`speaking` of these lots, in ascending order, will ask."""
        return (_MOVES, lots, (self._until,)), (WORDS, lots, (self._until,)), (SPOKEN, lots, ())

    def of_sites(self, sites: Sequence[int]) -> tuple[Ask, ...]:
        """Return what :meth:`sites_said` and :meth:`pseudo_lots` of these sites, asked in the same order, will ask."""
        return (SITES, sites, ()), (LAST, sites, ()), (_PSEUDO, sites, ())

    def of_entries(self, entries: Iterable[tuple[int, int]]) -> tuple[Ask, ...]:
        """Return what :meth:`entry_rows` of these (log, seq) entries will ask."""
        by_log: dict[int, list[int]] = {}
        for log, seq in sorted(set(entries)):
            by_log.setdefault(log, []).append(seq)
        return tuple([(_ENTRIES, seqs, (log, self._until)) for log, seqs in by_log.items()])

    # -- flows -------------------------------------------------------------------------------------------------------------

    def rows(self, lots: Collection[int]) -> list[Row] | None:
        """Return the live flows of these lots, in the order of the lots' numbers.

        None: another log corrects or disputes some entry behind them, so that who is entitled has to be looked into.
        """
        return self._plain(self._rows_of(sorted(lots)))

    def entry_rows(self, entries: Collection[tuple[int, int]]) -> list[Row]:
        """Return the flows of these (log, seq) entries, whoever objects."""
        return [row for sql, seqs, params in self.of_entries(entries) for row in self._s.each(sql, seqs or (), params)]

    def _rows_of(self, lots: Collection[int]) -> list[Row]:
        return self._s.each(_MOVES, lots, (self._until,))

    def _plain(self, rows: list[Row]) -> list[Row] | None:
        if self._crossed and (any(row[ENDED] for row in rows) or self._objected({(row[8], row[9]) for row in rows})):
            return None
        now = self._now
        self._ahead = self._ahead or any(row[6] > now and ahead(row[0], row[6], row[7], row[12], now) for row in rows)
        rows = [row for row in rows if row[ENDED] == 0 and (row[6] <= now or happened(row[0], row[6], row[12], now))]
        rows.sort(key=_LOT)
        return rows

    def _objected(self, entries: Collection[tuple[int, int]]) -> bool:
        """Say whether any other log corrects or disputes one of these entries, or what one of them puts right in its own log."""
        by_log: dict[int, list[int]] = {}
        for log, seq in entries:
            by_log.setdefault(log, []).append(seq)
        for log, seqs in by_log.items():
            seqs += [int(text.rpartition(" ")[2]) for (text,) in self._s.each(CORRECTED, seqs, (log,))]
        return any(
            self._s.each(
                "SELECT 1 FROM {ids} CROSS JOIN cross_correction AS c WHERE c.target_seq = f.value AND c.target = "
                "(SELECT n.id FROM log AS l JOIN name AS n ON n.text = l.origin WHERE l.id = ?) LIMIT 1",
                seqs,
                (log,),
            )
            for log, seqs in by_log.items()
        )
