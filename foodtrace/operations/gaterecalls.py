"""Which recalls stand against goods at the gate, without reading a case that cannot touch them (rule 5 of ``gatefacts``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final, TypeAlias

import msgspec

from foodtrace.certificate.payload import Payload
from foodtrace.events import (
    Clause,
    GoodsCleared,
    LotsClause,
    PredicateClause,
    RecallOpened,
    RecallWidened,
    RecallWithdrawn,
)
from foodtrace.gate.facts import Recall
from foodtrace.graph.edges import day_number, micros, moment
from foodtrace.graph.flows import LotInfo
from foodtrace.graph.mended import answered_for, narrows
from foodtrace.graph.names import find
from foodtrace.graph.predicate import fits
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import Block, blocks, candidates, known_issuer, sealed_until, upstream
from foodtrace.operations.lineage import MOST
from foodtrace.operations.newgoods import NewGoods, unheard
from foodtrace.recall.blocking import Link
from foodtrace.recall.cases import Told, deciding, load_cases, standing_of
from foodtrace.recall.packs import for_opening
from foodtrace.recall.packs import local as packs_of
from foodtrace.storage.session import Session

_Scoped: TypeAlias = RecallOpened | RecallWidened
_SAYS: Final = (RecallOpened, RecallWidened, RecallWithdrawn, GoodsCleared)
"""What says whether a case stands, and against what."""


def described(payload: Payload | None, product: str, issuer: str, lot: str, expiry: dt.date | None = None) -> LotInfo:
    """Return what the papers say of a lot the ledger does not know yet."""
    produced = day_number(payload.harvested) if payload else None
    until = None if expiry is None else day_number(expiry)
    gtin = payload.gtin if payload else ""
    return LotInfo(lot=0, text=lot, product=product, gtin=gtin, producer=issuer, produced=produced, expiry=until)


def recalls(session: Session, now: dt.datetime, lot: str, closure: list[int], papers: LotInfo) -> tuple[Recall, ...]:
    """Return the cases that stand against a lot (rules 4 and 5).

    :param closure: :func:`foodtrace.operations.lineage.lineage` of the lot; empty: no record names it.
    """
    packs_of(session.rules)  # one that cannot be read stops every ask (rule 7 of :mod:`foodtrace.operations.blocking`)
    if not closure:
        return tuple(_by_papers(session, now, papers))
    facts = SqlFacts(session, micros(now))
    every = upstream(session, facts, closure)
    if every is None:
        return _walked(session, now, lot, papers)
    closure = [*closure, *(each for each in every if each not in closure)]
    infos = list(facts.lots(closure).values())
    if not _all_known(session, infos):
        return _walked(session, now, lot, papers)
    for _, _, said in _standing(session, candidates(session, [info.text for info in infos]), now):
        # The walk says what stands; too much here costs time only.
        if any(_may_reach(facts, clause, infos, closure) for each in said for clause in each.scope):
            return _walked(session, now, lot, papers)
    return ()


def _all_known(session: Session, infos: Sequence[LotInfo]) -> bool:
    """Tell whether these are all lots the goods can have been made of: none is of an issuer on no record, whose code may be anybody's."""
    return len(infos) < MOST and all(known_issuer(session, each) for each in {info.text.partition("/")[0] for info in infos})


def _walked(session: Session, now: dt.datetime, lot: str, papers: LotInfo) -> tuple[Recall, ...]:
    told = {
        each.case: Recall(case=each.case, link=each.link, level=each.level, lot=lot, advice=each.advice, possible=each.block_possible)
        for each in blocks(session, lot, micros(now))
    }
    if unheard(SqlFacts(session, micros(now)), lot):
        # A scan that was refused names the lot and says nothing of it: its papers go on speaking.
        told |= {each.case: each for each in _by_papers(session, now, papers) if each.case not in told or each.link == "confirmed"}
    return tuple(told.values())


def _by_papers(session: Session, now: dt.datetime, papers: LotInfo) -> Iterator[Recall]:
    return (recall for recall, _ in _meant(session, now, papers))


def _meant(
    session: Session, now: dt.datetime, papers: LotInfo, suppliers: Callable[[], Collection[str]] | None = None
) -> Iterator[tuple[Recall, str]]:
    """Iterate over the cases whose scope the papers of goods fit that no record names, and the rule pack that is missing for each.

    An earlier, wider scope holds them as well.
    """
    lot = papers.text
    for case, opened, said in _standing(session, candidates(session, [lot]), now, fresh=lot):
        *before, clauses = _versions(said)
        hits = [hit for clause in clauses if (hit := _touches(session, clause, [papers], [], suppliers)) is not None]
        pack = for_opening(opened.rule_pack, micros(opened.at), session.rules)
        possible = pack.settings.block_possible
        if not hits and any(_touches(session, clause, [papers], [], suppliers) is not None for version in before for clause in version):
            hits, possible = [False], "hold"
        if hits:
            link: Link = "confirmed" if True in hits else "possible"
            yield Recall(case=case, link=link, level=opened.level, lot=lot, advice=opened.advice, possible=possible), pack.missing


def against_new(session: Session, now: int, made: NewGoods) -> list[Block]:
    """Return the cases whose scope means goods that are about to come to be (:mod:`foodtrace.operations.newgoods`).

    :param now: microseconds UTC; what stands by then, or by the last entry, stands against them (rule 8 of the asks).
    """
    found: dict[str, Block] = {}
    for when in sorted({now, max(now, sealed_until(session))}):
        for each, missing in _meant(session, moment(when), made.info, made.suppliers):
            if each.case not in found or each.link == "confirmed":
                found[each.case] = Block(each.case, each.link, each.level, each.advice, each.possible or "hold", missing)
    return list(found.values())


def _versions(said: Sequence[_Scoped]) -> list[tuple[Clause, ...]]:
    """Return the scope of a case, version by version."""
    made: list[tuple[Clause, ...]] = []
    for each in said:
        before = () if not made or narrows(each) else made[-1]
        made.append((*before, *each.scope))
    return made


def unheard_of(session: Session, now: dt.datetime, lot: str) -> list[str]:
    """Return the cases that stand against a lot which no record names yet, by what its id says."""
    issuer = lot.partition("/")[0]
    return [each.case for each in recalls(session, now, lot, [], described(None, "", issuer, lot))]


def _standing(
    session: Session, cases: Collection[str], now: dt.datetime, fresh: str = ""
) -> Iterator[tuple[str, RecallOpened, list[_Scoped]]]:
    """Yield the cases that stand: number, opening, and what their scope was said to be, in order; only by logs with a say in them.

    A case may have a hundred thousand notices and answers: only what is about its scope is read.

    :param fresh: full id of a lot that no record names yet, whose clearing counts here.
    """
    for case in cases:
        told = [each for each in deciding(session, case) if each[1].at <= now and isinstance(each[1], _SAYS)]
        openers = [log for _, event, (log, _) in told if isinstance(event, RecallOpened)]
        if any(not standing_of(session, openers[0])(each) for each in openers[1:]):
            # Opened by several logs that have no say in each other's cases, which is rare: all of it is read to say who opened what.
            openers = [each.opener for each in load_cases(session, case, until=micros(now))]
        else:
            openers = openers[:1]
        for opener in openers:
            yield from _opened_by(session, case, opener, told, fresh)


def _opened_by(
    session: Session, case: str, opener: int, told: Sequence[Told], fresh: str
) -> Iterator[tuple[str, RecallOpened, list[_Scoped]]]:
    may_say = standing_of(session, opener)
    mine = sorted((event for _, event, (log, _) in told if may_say(log)), key=lambda each: (each.at, each.id))
    first = next((each for each in mine if isinstance(each, RecallOpened)), None)
    over = any(isinstance(each, RecallWithdrawn) and answered_for(each) for each in mine)
    scoped = [each for each in mine if isinstance(each, _Scoped)]
    cleared = max((place for place, each in enumerate(mine) if isinstance(each, GoodsCleared) and _clears(each, fresh)), default=-1)
    if cleared >= 0:
        # What was added to the scope since is a new suspicion (:mod:`foodtrace.recall.clearing`, rule 4).
        scoped = [each for each in mine[cleared:] if isinstance(each, RecallWidened) and not narrows(each)]
    if first is not None and not over and scoped:
        yield case, first, scoped


def _clears(event: GoodsCleared, fresh: str) -> bool:
    """Tell whether goods no record has named yet were cleared, wherever they are; of those on record the walk says it.

    Such goods are not among all that a case reached when that was cleared: only their name clears them.
    """
    return bool(fresh) and not event.site and fresh in event.lots and answered_for(event)


def _may_reach(facts: SqlFacts, clause: Clause, infos: Collection[LotInfo], closure: list[int]) -> bool:
    """Say whether a clause may reach any of these lots on record; too little here would be an all-clear.

    A rule is asked of each lot under all of its names and by every word on it; who supplied it the walk says.
    """
    if isinstance(clause, PredicateClause):
        return bool(facts.fitting(msgspec.structs.replace(clause, supplier=""), closure))
    return _touches(facts.session, clause, infos, closure) is not None


def _touches(
    session: Session, clause: Clause, infos: Collection[LotInfo], closure: list[int], suppliers: Callable[[], Collection[str]] | None = None
) -> bool | None:
    """Say whether a clause may reach any of these lots: certainly, possibly (false), or not at all (none).

    :param suppliers: who supplied them; none: the walk says it.
    """
    if isinstance(clause, LotsClause):
        if {info.text for info in infos} & set(clause.lots):
            return True
        # An issuer nobody knows may stand before the code; of goods on record the walk says whether it does.
        codes = {each.partition("/")[2] for each in clause.lots}
        split = [info.text.partition("/") for info in infos]
        return False if any(code in codes and (closure or not known_issuer(session, issuer)) for issuer, _, code in split) else None
    if isinstance(clause, PredicateClause):
        if suppliers is not None:
            told = [fits(clause, info, suppliers() if clause.supplier else ()) for info in infos]
            return None if all(each is False for each in told) else True in told
        # Who supplied a lot is told by the walk; here the other attributes alone may rule it out.
        plain = msgspec.structs.replace(clause, supplier="")
        verdicts = [fits(plain, info, ()) for info in infos]
        if all(each is False for each in verdicts):
            return None
        return True in verdicts and not clause.supplier
    site = find(session, [clause.site]).get(clause.site)
    if site is None or not closure:
        return None
    rows = session.each("SELECT h.lot FROM {ids} CROSS JOIN holding AS h WHERE h.lot = f.value AND h.site = ?", closure, (site,))
    return False if rows else None
