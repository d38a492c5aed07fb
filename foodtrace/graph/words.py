"""Reads what the records say of lots and sites: ids, products, days, operators. Goods are read by :mod:`foodtrace.graph.rows`.

Rules:

1. Every query starts from the numbers asked for and looks each up by a primary key or an index: O(affected), never O(total).
2. The latest word counts, by recorded time, log and seq; of a site the word of who has the say (:mod:`foodtrace.graph.described`).
3. Unknown is empty or none, never a guess.
4. This module loads no events and no structs: a recall from the shell pays for everything it imports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from foodtrace.graph.described import settled
from foodtrace.graph.flowkind import NEVER
from foodtrace.graph.makers import maker
from foodtrace.graph.names import find, texts_of

if TYPE_CHECKING:
    from foodtrace.storage.session import Row, Session

    SiteSaid = tuple[Any, ...]
    """(text, kind, operator, name, county, region, parent, newest recorded time of an entry of its own, words that contradict each
    other on its operator and kind: :mod:`foodtrace.graph.described`)."""
    LotSaid = tuple[Any, ...]
    """(text, product, gtin, producer, harvested, produced, expiry, content, unit of the content, every product any record says,
    every operator at whose sites it began)."""

_NO_SITE: Final = ("", "", "", "", "", "")
WORD: Final = "l.lot, l.site, l.product, l.gtin, l.produced, l.expiry, l.content, l.content_unit"
_WORDS_FROM: Final = (
    " FROM {ids} CROSS JOIN lot_fact AS l JOIN log AS g ON g.id = l.log "
    "WHERE l.lot = f.value AND l.ended <= 0 AND l.recorded <= ? ORDER BY l.recorded, g.origin, l.seq, l.item"
)
WORDS: Final = f"SELECT {WORD}{_WORDS_FROM}"
"""What :meth:`Words.lots_said` asks of lots, the moment of record after them."""
_WORDS_PLACED: Final = f"SELECT {WORD}, l.recorded, l.log, l.seq, l.item{_WORDS_FROM}"
WORD_LENGTH: Final = 8
"""Columns of :data:`WORD`."""
SITE: Final = "n.id, n.text, s.kind, s.operator, s.name, s.county, s.region, s.parent, s.log, s.seq, s.recorded"
"""Columns of what is said of a site."""
SITE_LENGTH: Final = 10
"""How many of them a row has to begin with that is handed on; the last one says which of several came first."""
GIVEN: Final = 2
"""The first of them that is none where no record describes it."""
SITES: Final = f"SELECT {SITE} FROM name AS n LEFT JOIN site_fact AS s ON s.site = n.id AND s.ended = 0 WHERE n.id {{among}}"  # noqa: S608
LAST: Final = "SELECT v.site, v.recorded FROM site_seen AS v WHERE v.site {among}"
"""What :meth:`Words.sites_said` asks of sites: what is said of them, and when each log last recorded anything there."""
ORIGINS: Final = "SELECT id, origin FROM log ORDER BY origin"
"""Every log and its origin."""


class Words:
    """What the records of a database say of lots and sites, as of a moment."""

    def __init__(self, session: Session, now: int, *, recorded_until: int = NEVER) -> None:
        """Read from an open session.

        :param now: T, microseconds UTC: what happened later is not seen.
        :param recorded_until: what was recorded later is not seen (the as-known curve).
        """
        self._s = session
        self._now = now
        self._until = recorded_until
        self._texts: dict[int, str] = {0: ""}
        self._numbers: dict[str, int | None] = {}
        self._sites: dict[int, SiteSaid] = {}
        self._describing: dict[int, tuple[int, int]] = {}
        self._origins: dict[int, str] | None = None

    @property
    def session(self) -> Session:
        """The open session."""
        return self._s

    @property
    def now(self) -> int:
        """T: the moment the answer is for, microseconds since 1970 UTC."""
        return self._now

    # -- names -------------------------------------------------------------------------------------------------------------

    def lot(self, text: str) -> int | None:
        """Return the number of a lot id, none if no record names it."""
        return find(self._s, [text]).get(text)

    site = lot

    def numbers(self, texts: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of those lot or site ids that some record names."""
        known = self._numbers
        missing = [text for text in texts if text not in known]
        if missing:
            found = find(self._s, missing)
            known.update({text: found.get(text) for text in missing})
        return {text: number for text in texts if (number := known[text]) is not None}

    def texts(self, ids: Collection[int]) -> Mapping[int, str]:
        """Return the texts of lot or site numbers, of these and of whatever was asked for before: take them by number."""
        missing = [each for each in ids if each not in self._texts]
        if missing:
            self._texts.update(texts_of(self._s, missing))
        return self._texts

    # -- what is said of lots and sites ------------------------------------------------------------------------------------

    def lots_said(self, lots: Collection[int]) -> dict[int, LotSaid]:
        """Return what the records say of these lots; unknown is empty or none, never a guess."""
        texts = self.texts(lots)
        said, born = self._words(lots)
        return {lot: lot_said(texts[lot], said.get(lot, ()), born) for lot in lots}

    def words_in_order(self, classes: Iterable[Sequence[int]]) -> tuple[dict[int, list[Row]], Mapping[int, SiteSaid]]:
        """Return what single records say of lots under any of their names, oldest first, by the first name; and of where they were born.

        :param classes: the names of each lot.
        """
        several = [names for names in classes if len(names) > 1]
        said, born = self._words([names[0] for names in classes if len(names) == 1])
        if not several:
            return said, born
        first = {name: names[0] for names in several for name in names}
        ranks = self.ranks()
        told: dict[int, list[Row]] = {}
        for row in self._placed_rows(list(first)):
            told.setdefault(first[row[0]], []).append(row)
        for lot, rows in told.items():
            rows.sort(key=lambda row: (row[8], ranks[row[9]], row[10], row[11]))
            said[lot] = [row[:WORD_LENGTH] for row in rows]
        return said, {**born, **self.sites_said({row[1] for rows in told.values() for row in rows if row[1]})}

    def _words(self, lots: Collection[int]) -> tuple[dict[int, list[Row]], Mapping[int, SiteSaid]]:
        """Return the rows that say something of each lot, oldest first, and what is known of the sites they were born at."""
        rows = self._word_rows(lots)
        said: dict[int, list[Row]] = {}
        for row in rows:
            said.setdefault(row[0], []).append(row)
        return said, self.sites_said({row[1] for row in rows if row[1]})

    def _word_rows(self, lots: Collection[int]) -> list[Row]:
        return self._s.each(WORDS, lots, (self._until,))

    def _placed_rows(self, lots: Collection[int]) -> list[Row]:
        """Return the rows of words, each with where it stands: (recorded, log, seq, item) after its columns."""
        return self._s.each(_WORDS_PLACED, lots, (self._until,))

    def sites_said(self, sites: Collection[int]) -> dict[int, SiteSaid]:
        """Return what the records say of these sites, the latest word of who has the say (:mod:`foodtrace.graph.described`)."""
        known = self._sites
        missing = [site for site in sites if site not in known]
        if missing:
            known.update(self._look_at(missing))
        return {site: known[site] for site in sites}

    def _look_at(self, sites: Collection[int]) -> dict[int, SiteSaid]:
        rows, last = self._site_rows(sites), self._last_entries(sites)
        # The latest word comes last; a site that no record describes has none.
        said = {row[0]: (*(row[1:8] if row[2] is not None else (row[1], *_NO_SITE)), last.get(row[0]), ()) for row in rows}
        if len(said) < len(rows):
            said |= self._settle(rows, last)
        self._texts.update({site: each[0] for site, each in said.items()})
        return {site: said.get(site, ("", *_NO_SITE, None, ())) for site in sites}

    def _site_rows(self, sites: Collection[int]) -> list[Row]:
        """Return the rows that describe sites, those of each oldest first; of a site that none describes one with its text alone."""
        rows = self._s.each(SITES, sites)
        if len({row[0] for row in rows}) < len(rows):
            ranks = self.ranks()
            rows.sort(key=lambda row: (row[10], ranks.get(row[8], -1), row[9]) if row[GIVEN] is not None else (-1, -1, -1))
        return rows

    def _last_entries(self, sites: Collection[int]) -> dict[int, int]:
        """Return when each site recorded its last entry, of those that did."""
        return dict(sorted(self._s.each(LAST, sites)))

    def _settle(self, rows: Sequence[Row], last: Mapping[int, int]) -> dict[int, SiteSaid]:
        """Return what counts of sites that several entries describe."""
        words: dict[int, list[Row]] = {}
        for row in rows:
            words.setdefault(row[0], []).append(row)
        found: dict[int, SiteSaid] = {}
        for site, each in words.items():
            if len(each) > 1:
                word, told = settled([row[2:SITE_LENGTH] for row in each], self._party)
                found[site] = (each[0][1], *word[:6], last.get(site), told)
                self._describing[site] = word[6:]
        return found

    def _party(self, log: int) -> tuple[str, str]:
        """Return who writes a log, and its operator. Here every log is somebody else: what that leaves open is handed over."""
        return f"#{log}", ""

    def ranks(self) -> Mapping[int, int]:
        """Return the place of every log by its origin: ties go by text, the numbers of logs follow the order of arrival."""
        return {log: place for place, log in enumerate(self.origins())}

    def origins(self) -> dict[int, str]:
        """Return the origin of every log, in the order of origins."""
        if self._origins is None:
            self._origins = dict(self._s.rows(ORIGINS))
        return self._origins


def lot_said(text: str, rows: Iterable[Row], born: Mapping[int, SiteSaid], names: Collection[str] = ()) -> LotSaid:
    """Put together what entries say of a lot: the latest word on each attribute that says anything; where it began, every word.

    :param names: every full id of the lot; none: ``text`` is the only one.
    """
    product = gtin = ""
    produced: Any = None
    expiry: Any = None
    content: Any = None
    content_unit = 0
    products: dict[str, None] = {}
    sites: set[int] = set()
    for _, site, a_product, a_gtin, a_produced, a_expiry, a_content, a_unit in rows:
        product = a_product or product
        if a_product:
            products[a_product] = None
        gtin = a_gtin or gtin
        produced = a_produced if a_produced >= 0 else produced
        expiry = a_expiry if a_expiry >= 0 else expiry
        if a_content >= 0:
            content, content_unit = a_content, a_unit
        if site:
            sites.add(site)
    makers = {born[site][2] for site in sites} - {""}
    producer = maker(makers, names or (text,))
    harvested = bool(sites) and all(born[site][1] == "farm" for site in sites)
    return text, product, gtin, producer, harvested, produced, expiry, content, content_unit, tuple(products), tuple(sorted(makers))
