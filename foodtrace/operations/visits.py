"""What visits of a case found that somebody has to know more of, with texts for numbers (:mod:`foodtrace.recall.finds`)."""

from __future__ import annotations

from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.managing import reach_of
from foodtrace.recall.affected import Affected
from foodtrace.recall.facts import Case
from foodtrace.recall.finds import Find, finds
from foodtrace.recall.matter import Matter
from foodtrace.recall.packs import for_case
from foodtrace.recall.sums import said_at_notice


def finds_told(facts: SqlFacts, case: Case, found: Affected | None = None, matter: Matter | None = None) -> tuple[Find, ...]:
    """Return what visits found that is to be told, in the order of time. O(affected), nothing where no visit found goods.

    :param found: the affected set of the case, and ``matter`` what of it is its matter, if they are at hand.
    """
    if not any(step.kind == "check" and step.result == "found" for step in case.steps):
        return ()
    hit = reach_of(facts, case) if found is None else found
    settings = for_case(case, facts.session.rules).settings
    asked = Matter(facts, hit, case, settings) if matter is None else matter
    origins: dict[int, str] = dict(facts.session.rows("SELECT id, origin FROM log"))
    said = said_at_notice(facts, hit, case, settings)
    return finds(hit, case, asked, said, facts.now, lambda entry: f"{origins.get(entry[0], entry[0])}#{entry[1]}")


def matter_of(facts: SqlFacts, case: Case) -> Matter:
    """Return what is the matter of a case nothing of which was looked up yet. O(affected)."""
    return Matter(facts, reach_of(facts, case), case, for_case(case, facts.session.rules).settings)


__all__ = ["finds_told", "matter_of"]
