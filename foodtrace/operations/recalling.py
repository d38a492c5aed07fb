"""The recall of lots as a user asks for it: with the case that stands on them, if there is one.

Rules:

1. Where one case, not withdrawn, has exactly these lots for its scope, the answer is that case's: its notices, answers and
   returns are in it. An answer without them would say "nobody was told" of outlets that were.
2. Of every other case that is about these lots, what they were made from or what was made of them, the number is told.
   It may reach other outlets; two cases are never mixed in one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import Clause, LotsClause
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import behind, candidates
from foodtrace.recall.affected import find
from foodtrace.recall.answer import Answer
from foodtrace.recall.answer import recall as answer_of
from foodtrace.recall.cases import load_case
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session


def recall(
    session: Session,
    lot: str | Sequence[str],
    *,
    now: int,
    recorded_until: int | None = None,
    scope: Sequence[Clause] = (),
    operator: str = "",
    bounds: bool = False,
) -> Answer:
    """Answer for lots and further clauses with the case that stands on them (rules 1 and 2).

    :param lot: full ids, bare codes or unique prefixes. :param now: microseconds UTC. :param recorded_until: see only what was
        recorded by then. :param operator: who recalls, where neither a lot nor a case says it. :param bounds: also say how much
        at each site can stem from the scope (RECALL section 4), which costs a replay of all records.
    :raises NotFound: ``lot.not_found`` with ``near``. :raises Ambiguous: ``lot.ambiguous`` with ``candidates``.
    """
    asked = tuple(resolve_lot(session, each) for each in ([lot] if isinstance(lot, str) else lot))
    about = [case for number in _about(session, asked, now) if (case := _case(session, number, now, recorded_until)) is not None]
    same = [case for case in about if not scope and _lots_of(case) == set(asked)]
    if len(same) == 1:
        (case,) = same
        rules = for_case(case).settings
        found = answer_of(session, (), now=now, case=case, settings=rules, recorded_until=recorded_until, bounds=bounds)
    else:
        found = answer_of(session, asked, now=now, recorded_until=recorded_until, scope=scope, operator=operator, bounds=bounds)
    known = {case.case for case in about} | {found.case}
    made_of = set(candidates(session, found.affected_lots)) - known
    about += [case for number in made_of if (case := _case(session, number, now, recorded_until)) is not None]
    cases = [case.case for case in about if case.case != found.case and _touches(session, case, found.affected_lots, now)]
    return msgspec.structs.replace(found, cases=tuple(sorted(cases)))


def _about(session: Session, lots: Iterable[str], now: int) -> list[str]:
    return sorted({number for lot in lots for number in behind(session, lot, now)})


def _case(session: Session, number: str, now: int, recorded_until: int | None) -> Case | None:
    """Return a case that stands at a moment: opened, and not withdrawn."""
    try:
        case = load_case(session, number, until=now, known_by=recorded_until)
    except NotFound:
        return None
    return case if case.withdrawn is None else None


def _lots_of(case: Case) -> set[str]:
    """Return the lots of a case whose scope is lots and nothing else."""
    clauses = case.versions[-1].clauses
    return {lot for each in clauses if isinstance(each, LotsClause) for lot in each.lots} if all(map(_names_lots, clauses)) else set()


def _names_lots(clause: Clause) -> bool:
    return isinstance(clause, LotsClause)


def _touches(session: Session, case: Case, lots: Sequence[str], now: int) -> bool:
    """Tell whether a case reaches one of these lots: it names one, or its rule or its lots lead to one."""
    affected = set(lots)
    if any(isinstance(each, LotsClause) and not affected.isdisjoint(each.lots) for each in case.versions[-1].clauses):
        return True
    facts = SqlFacts(session, now)
    hit = find(facts, case.versions[-1].clauses, settings=for_case(case).settings, own_operator=case.operator, case=case.case)
    return not affected.isdisjoint(facts.texts({name for lot in hit.lots for name in hit.names[lot]}).values())
