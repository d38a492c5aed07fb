"""The completion curve: how far a recall had come, day by day (RECALL section 8).

Rules:

1. **As happened**: everything on record by now, cut at T by when it happened. Late entries move it.
2. **As known**: only what was recorded by T. Late entries never move it; the gap between the two is what was not known yet.
3. Both are the same function of different facts; the case is cut in the same way (:func:`case_at`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from foodtrace.recall.facts import Case, Facts
from foodtrace.recall.metrics import Figures, Rate, completion
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.settings import DEFAULT, Settings


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One point of a curve."""

    t: int
    """T, microseconds UTC."""
    rows: tuple[Figures, ...]
    notified: Rate
    answered: Rate
    effective: Rate


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Both curves over the same moments."""

    as_happened: tuple[Point, ...]
    as_known: tuple[Point, ...]


def case_at(case: Case, t: int, *, recorded: int | None = None) -> Case:
    """Return a case as it stood at a moment.

    :param t: steps, clearings and dates after it are left out; the scope is the version in force then.
    :param recorded: leave out steps and clearings recorded after it too (as known).
    """
    versions = tuple(version for version in case.versions if version.at <= t) or case.versions[:1]
    return msgspec.structs.replace(
        case,
        versions=versions,
        steps=tuple(step for step in case.steps if step.at <= t and (recorded is None or step.recorded <= recorded)),
        cleared=tuple(each for each in case.cleared if each.since <= t and (recorded is None or each.recorded <= recorded)),
        published=_by(case.published, t),
        closed=_by(case.closed, t),
        withdrawn=_by(case.withdrawn, t),
        extended=tuple(each for each in case.extended if each[1] is not None and each[1] <= t),
    )


def curve(case: Case, moments: Iterable[int], facts_at: Callable[[int, int | None], Facts], *, settings: Settings = DEFAULT) -> Curve:
    """Return both curves of a case.

    :param facts_at: (T, recorded until or none) -> the facts of that moment; see rules 1 and 2.
    """
    happened: list[Point] = []
    known: list[Point] = []
    for t in moments:
        happened.append(_point(case_at(case, t), facts_at(t, None), t, settings))
        known.append(_point(case_at(case, t, recorded=t), facts_at(t, t), t, settings))
    return Curve(as_happened=tuple(happened), as_known=tuple(known))


def _point(case: Case, facts: Facts, t: int, settings: Settings) -> Point:
    found = reach_of_case(facts, case, settings)
    done = completion(facts, found, case, settings=settings)
    return Point(t=t, rows=done.rows, notified=done.notified, answered=done.answered, effective=done.effective)


def _by(moment: int | None, t: int) -> int | None:
    return moment if moment is not None and moment <= t else None
