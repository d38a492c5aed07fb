"""The affected holdings of whole lots as columns, without a Python object for each (RECALL section 3, "Consequence").

Rules:

1. In a lot scope A is the recorded holdings of the lot closure, pseudo-lots, and what papers of a transfer name in place of one of these
   (ADR 35). Holdings are read clustered by lot, a lot's sites as
   one value; this is the way to know *where* goods are when there are hundreds of thousands of places.
2. As of everything on record, whatever its time (T at the end of time). How sure each is, how much lies there and what could not be traced
   is the business of :func:`foodtrace.recall.answer.recall`.
3. Where holdings are not the whole truth (dispatches without lot, other names, lots of the same code, corrections of another log, a truck
   held, a test, packing, release or refusal where no goods came by any record), the engine for everything is asked, and its set handed
   out in the same form: slower, never another set. To see that no paper names another lot takes a look at every transfer, several times
   what reading the holdings takes: ``closure`` leaves it out, for who wants the lot closure and knows that it is that.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from foodtrace.graph.flowkind import NEVER, FlowKind
from foodtrace.graph.names import texts_of
from foodtrace.graph.papers import near
from foodtrace.graph.rows import Rows
from foodtrace.graph.subjects import SPOKEN
from foodtrace.storage.session import Session

_LARGE: Final = 20_000
"""Holdings beyond which numpy is worth its import."""
_SITES: Final = {
    "sqlite": "(SELECT group_concat(h.site) FROM holding AS h WHERE h.lot = f.value{which})",
    "postgresql": "(SELECT string_agg(h.site::text, ',') FROM holding AS h WHERE h.lot = f.value{which})",
}
_GONE: Final = "SELECT h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value AND h.flows = 0"
_STILL: Final = f"{SPOKEN} AND NOT EXISTS (SELECT 1 FROM move AS m WHERE m.lot = a.subject AND m.log = a.log AND m.seq = a.seq)"  # noqa: S608
"""Records that say where lots were, those that moved them left out."""
_SOURCELESS: Final = (
    "SELECT m.site, m.pair FROM {ids} CROSS JOIN move AS m "  # noqa: S608 - constants
    f"WHERE m.lot = f.value AND m.kind = {int(FlowKind.RECEIPT)} AND m.other = 0 AND m.pair <> '' AND m.ended = 0"
)


class Holdings:
    """Affected holdings: equally long columns of 64-bit numbers (buffers: numpy, pandas and Arrow take them as they are)."""

    __slots__ = ("codes", "lot", "site")

    def __init__(self, lot: array[int], site: array[int]) -> None:
        self.lot = lot
        """Number of the lot (of several names, of the one whose text is smallest)."""
        self.site = site
        """Number of the site."""
        self.codes: dict[int, str] = {}
        """Number -> id, of every lot and site among them; empty where ids were not asked for. Goods without lot go by ``?LOG#SEQ``."""

    def __len__(self) -> int:
        return len(self.lot)


def affected(session: Session, asked: Sequence[str], *, closure: bool = False) -> Holdings:
    """Return the affected holdings of some lots, each once, in no particular order.

    :param asked: full ids; what no record names has no holdings. Ids for numbers: :func:`places`.
    :param closure: without what papers of a transfer name in place of these lots (rule 3); where the engine is asked, with it.
    """
    rows = Rows(session, NEVER)
    lots = _closure(rows, asked)
    if lots is None or (not closure and near(session, lots, logs=len(rows.ranks()))):
        return _by_engine(session, asked)
    found = _read(session, sorted(lots))
    if session.row("SELECT 1 FROM unnamed LIMIT 1") is not None and (
        rows.pseudo_lots(set(found.site)) or rows.bound_for(set(session.each(_SOURCELESS, lots)))
    ):
        return _by_engine(session, asked)
    return _by_engine(session, asked) if _elsewhere(session, rows, lots) else found


def places(session: Session, lots: Sequence[str], *, codes: bool) -> Holdings:
    """Return the affected holdings of lots as people name them; see :meth:`foodtrace.ledger.Ledger.holdings`."""
    from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415 - full ids need none of it

    found = affected(session, [resolve_lot(session, each) for each in lots])
    if codes and len(found):
        found.codes = texts_of(session, _distinct(found))
        del found.codes[0]
    return found


def _distinct(found: Holdings) -> set[int]:
    """Return every number in two columns once: each is looked up once, however many holdings have it."""
    if len(found) < _LARGE:
        return {*found.lot, *found.site}
    import numpy as np  # noqa: PLC0415 - most recalls are small

    return {number for column in (found.lot, found.site) for number in np.unique(np.frombuffer(column, dtype=np.int64)).tolist()}


def _elsewhere(session: Session, rows: Rows, lots: Collection[int]) -> bool:
    """Say whether a record that moves nothing says one of these lots was where it has no holding (:mod:`foodtrace.graph.spoken`)."""
    told = session.each(_STILL, sorted(lots))
    if not told:
        return False
    from foodtrace.graph.spoken import spoken_in  # noqa: PLC0415 - few recalls need it

    held = {lot: {int(site) for site in sites.split(",")} for lot, sites in _sites(session, {row[0] for row in told}, " AND h.flows > 0")}
    said = list(spoken_in(session, told, now=NEVER, until=NEVER))
    sites = rows.numbers({each.site for each in said})
    return any(sites.get(each.site) not in held.get(each.lot, ()) for each in said)


def _closure(rows: Rows, asked: Sequence[str]) -> set[int] | None:
    """Return the closure over transformations; none if other rules decide as well."""
    if rows.crossed:
        return None
    return rows.whole_named(asked, texts=False)


def _sites(session: Session, lots: Collection[int], which: str = "") -> list[tuple[int, str]]:
    """Return (lot, its sites as numbers with commas between) of those lots that have any."""
    sql = f"SELECT f.value, {_SITES[session.dialect].format(which=which)} FROM {{ids}}"  # noqa: S608 - constants
    return [(lot, sites) for lot, sites in session.each(sql, lots) if sites]


def _read(session: Session, lots: Sequence[int]) -> Holdings:
    # Few holdings are emptied by corrections. To see of every row that it is not, its last column, would cost a third of the time.
    gone = {row[0] for row in session.each(_GONE, lots)}
    told = _sites(session, [lot for lot in lots if lot not in gone] if gone else lots)
    if gone:
        told = sorted(told + _sites(session, sorted(gone), " AND h.flows > 0"))
    text = ",".join([sites for _, sites in told])
    counts = [sites.count(",") + 1 for _, sites in told]
    if sum(counts) < _LARGE:
        pairs = sorted({(lot, int(site)) for lot, sites in told for site in sites.split(",")})
        return _columns(pairs)
    import numpy as np  # noqa: PLC0415 - most recalls are small

    site = np.fromstring(text, dtype=np.int64, sep=",")
    lot = np.repeat(np.array([each for each, _ in told], dtype=np.int64), counts)
    # A holding has a row for every log and unit; those of one site stand side by side on SQLite, not on PostgreSQL.
    if session.dialect != "sqlite":
        order = np.lexsort((site, lot))
        lot, site = lot[order], site[order]
    first = np.ones(len(site), dtype=bool)
    first[1:] = (site[1:] != site[:-1]) | (lot[1:] != lot[:-1])
    each = np.flatnonzero(first)
    return Holdings(_array(lot[each]), _array(site[each]))


def _array(column: Any) -> array[int]:
    made = array("q")
    made.frombytes(memoryview(column).cast("B"))
    return made


def _by_engine(session: Session, asked: Sequence[str]) -> Holdings:
    from foodtrace.events import LotsClause  # noqa: PLC0415 - the engine for everything loads much
    from foodtrace.graph.reader import SqlFacts  # noqa: PLC0415
    from foodtrace.recall.affected import find  # noqa: PLC0415

    found = find(SqlFacts(session, NEVER), (LotsClause(lots=tuple(asked)),))
    return _columns(sorted(found.holdings))


def _columns(pairs: Iterable[tuple[int, int]]) -> Holdings:
    pairs = list(pairs)
    return Holdings(array("q", [lot for lot, _ in pairs]), array("q", [site for _, site in pairs]))
