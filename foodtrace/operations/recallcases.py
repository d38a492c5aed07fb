"""The recall of lots together with the cases about them (the rules are those of :mod:`foodtrace.operations.recalling`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from foodtrace.errors import NotFound
from foodtrace.events import Clause, LotsClause
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blocking import behind, candidates
from foodtrace.operations.standing import Standing
from foodtrace.recall.answer import recall as answer_of
from foodtrace.recall.cases import load_cases
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case, for_day
from foodtrace.recall.said import Answer
from foodtrace.storage.session import Session


def recall_with_cases(
    session: Session,
    asked: tuple[str, ...],
    *,
    now: int,
    recorded_until: int | None = None,
    scope: Sequence[Clause] = (),
    operator: str = "",
    bounds: bool = False,
    plain: bool = True,
) -> Answer:
    """Answer for lots, by full id, and further clauses with the case that stands on them.

    :param plain: false: these records were handed over already.
    """
    about = [case for number in _about(session, asked, now) for case in _cases(session, number, now, recorded_until)]
    same = [case for case in about if not scope and _lots_of(case) == set(asked)]
    if len(same) == 1:
        (case,) = same
        chosen = for_case(case, session.rules)
        found = answer_of(session, (), now=now, case=case, settings=chosen.settings, recorded_until=recorded_until, bounds=bounds)
    else:
        chosen = for_day(now, session.rules)
        found = answer_of(
            session,
            asked,
            now=now,
            settings=chosen.settings,
            recorded_until=recorded_until,
            scope=scope,
            operator=operator,
            bounds=bounds,
            plain=plain,
        )
    known = {case.case for case in about} | {found.case}
    made_of = set(candidates(session, found.affected_lots)) - known
    about += [case for number in made_of for case in _cases(session, number, now, recorded_until)]
    cases = {case.case for case in about if case.case != found.case and touches(session, case, found.affected_lots, now)}
    return msgspec.structs.replace(chosen.named(found), cases=tuple(sorted(cases)))


def _about(session: Session, lots: Iterable[str], now: int) -> list[str]:
    return sorted({case for lot in lots for case in behind(session, lot, now)})


def _cases(session: Session, number: str, now: int, recorded_until: int | None) -> list[Case]:
    """Return the cases of a number that stand at a moment: opened, and not withdrawn."""
    try:
        opened = load_cases(session, number, until=now, known_by=recorded_until)
    except NotFound:
        return []
    return [case for case in opened if case.withdrawn is None]


def _lots_of(case: Case) -> set[str]:
    """Return the lots of a case whose scope is lots and nothing else."""
    clauses = case.versions[-1].clauses
    return {lot for each in clauses if isinstance(each, LotsClause) for lot in each.lots} if all(map(_names_lots, clauses)) else set()


def _names_lots(clause: Clause) -> bool:
    return isinstance(clause, LotsClause)


def touches(session: Session, case: Case, lots: Sequence[str], now: int) -> bool:
    """Tell whether a case reaches one of these lots, or did before it was narrowed: it names one, or its rule or its lots lead to one."""
    affected = set(lots)
    clauses = [clause for version in case.versions for clause in version.clauses]
    if any(isinstance(each, LotsClause) and not affected.isdisjoint(each.lots) for each in clauses):
        return True
    facts = SqlFacts(session, now)
    reached = Standing(facts, case).reached()
    texts = facts.texts(reached)
    return any(texts[lot] in affected for lot in reached)
