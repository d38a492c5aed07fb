"""Which recalls stand against goods at the gate, without reading a case that cannot touch them (rule 5 of ``gatefacts``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

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
from foodtrace.operations.blocking import blocks, candidates
from foodtrace.operations.common import about
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
    for case in candidates(session, [info.text for info in infos]):
        said = [each.event for each in about(session, f"case {case}", RecallOpened, RecallWidened, RecallWithdrawn)]
        opened = next((each for each in said if isinstance(each, RecallOpened)), None)
        if opened is None or opened.at > now or any(isinstance(each, RecallWithdrawn) and each.at <= now for each in said):
            continue
        clauses: tuple[Clause, ...] = ()
        for each in said:
            if isinstance(each, (RecallOpened, RecallWidened)) and each.at <= now:
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


def _touches(session: Session, clause: Clause, infos: Collection[LotInfo], closure: list[int]) -> bool | None:
    """Say whether a clause may reach any of these lots: certainly, possibly (false), or not at all (none)."""
    if isinstance(clause, LotsClause):
        if {info.text for info in infos} & set(clause.lots):
            return True
        codes = {each.partition("/")[2] for each in clause.lots}  # an issuer nobody knows may stand before the code
        return False if closure and any(info.text.partition("/")[2] in codes for info in infos) else None
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
