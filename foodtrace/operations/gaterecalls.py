"""Which recalls stand against goods at the gate, without reading a case that cannot touch them (rule 5 of ``gatefacts``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

import msgspec

from foodtrace.certificate.payload import Payload
from foodtrace.events import (
    Clause,
    LotsClause,
    PredicateClause,
    RecallOpened,
    RecallWidened,
    RecallWithdrawn,
)
from foodtrace.gate.facts import Recall
from foodtrace.graph.edges import day_number, micros
from foodtrace.graph.flows import LotInfo
from foodtrace.graph.names import find
from foodtrace.graph.predicate import fits
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import blocks, candidates, known_issuer
from foodtrace.operations.common import Found, about
from foodtrace.recall.cases import load_cases, standing_of
from foodtrace.storage.session import Session


def described(payload: Payload | None, product: str, issuer: str, lot: str) -> LotInfo:
    """Return what the papers say of a lot the ledger does not know yet."""
    produced = day_number(payload.harvested) if payload else None
    return LotInfo(lot=0, text=lot, product=product, gtin=payload.gtin if payload else "", producer=issuer, produced=produced)


def recalls(session: Session, now: dt.datetime, lot: str, closure: list[int], papers: LotInfo) -> tuple[Recall, ...]:
    """Return the cases that stand against a lot (rules 4 and 5)."""
    facts = SqlFacts(session, micros(now))
    infos = list(facts.lots(closure).values()) if closure else [papers]
    found: list[Recall] = []
    walk = False
    for case, opened, said in _standing(session, candidates(session, [info.text for info in infos]), now):
        clauses: tuple[Clause, ...] = ()
        for each in said:
            # Goods on record are walked, so too much here costs time only; of others nothing but the scope in force speaks.
            clauses = each.scope if isinstance(each, RecallWidened) and each.narrows and not closure else (*clauses, *each.scope)
        hits = [hit for clause in clauses if (hit := _touches(session, clause, infos, closure)) is not None]
        if hits and closure:
            walk = True
        elif hits:
            link = "confirmed" if True in hits else "possible"
            found.append(Recall(case=case, link=link, level=opened.level, lot=lot, advice=opened.advice))  # type: ignore[arg-type]
    if walk:
        found += [
            Recall(case=each.case, link=each.link, level=each.level, lot=lot, advice=each.advice)  # type: ignore[arg-type]
            for each in blocks(session, lot, micros(now))
        ]
    return tuple(found)


def unheard_of(session: Session, now: dt.datetime, lot: str) -> list[str]:
    """Return the cases that stand against a lot which no record names yet, by what its id says."""
    issuer = lot.partition("/")[0]
    return [each.case for each in recalls(session, now, lot, [], described(None, "", issuer, lot))]


_Scoped: TypeAlias = RecallOpened | RecallWidened


def _standing(session: Session, cases: Collection[str], now: dt.datetime) -> Iterator[tuple[str, RecallOpened, list[_Scoped]]]:
    """Yield the cases that stand: number, opening, and what their scope was said to be, in order; only by logs with a say in them.

    A case may have a hundred thousand notices and answers: only what is about its scope is read.
    """
    for case in cases:
        told = [each for each in about(session, f"case {case}", RecallOpened, RecallWidened, RecallWithdrawn) if each.event.at <= now]
        openers = [each.log for each in told if isinstance(each.event, RecallOpened)]
        if any(not standing_of(session, openers[0])(each) for each in openers[1:]):
            # Opened by several logs that have no say in each other's cases, which is rare: all of it is read to say who opened what.
            openers = [each.opener for each in load_cases(session, case, until=micros(now))]
        else:
            openers = openers[:1]
        for opener in openers:
            yield from _opened_by(session, case, opener, told)


def _opened_by(session: Session, case: str, opener: int, told: Sequence[Found]) -> Iterator[tuple[str, RecallOpened, list[_Scoped]]]:
    may_say = standing_of(session, opener)
    mine = sorted((each.event for each in told if may_say(each.log)), key=lambda each: (each.at, each.id))
    first = next((each for each in mine if isinstance(each, RecallOpened)), None)
    if first is not None and not any(isinstance(each, RecallWithdrawn) for each in mine):
        yield case, first, [each for each in mine if isinstance(each, _Scoped)]


def _touches(session: Session, clause: Clause, infos: Collection[LotInfo], closure: list[int]) -> bool | None:
    """Say whether a clause may reach any of these lots: certainly, possibly (false), or not at all (none)."""
    if isinstance(clause, LotsClause):
        if {info.text for info in infos} & set(clause.lots):
            return True
        # An issuer nobody knows may stand before the code; of goods on record the walk says whether it does.
        codes = {each.partition("/")[2] for each in clause.lots}
        split = [info.text.partition("/") for info in infos]
        return False if any(code in codes and (closure or not known_issuer(session, issuer)) for issuer, _, code in split) else None
    if isinstance(clause, PredicateClause):
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
