"""What a correction may change of the words by which a recall case stands (RECALL sections 2 and 7, ADR 37). Pure.

Only clearing, or withdrawing the case as an error, lifts a block. A correction mends words; it never lifts or weakens:

1. What **blocks** stands whatever a correction says: that it did not occur, or was something else, is without effect. Of what it says
   anew the safe union counts: what either of both blocks is blocked. The next correction is read on top of that, not in place of it.
2. What **lifts** lifts no more than it did: a correction may take it back, which puts the block back, or some of it, and never adds. What
   was taken back does not come back by a correction: whoever lifts says so anew.
3. What lifts without its reason, or without the number of who answers for it, lifts nothing (:func:`answered_for`), and no correction
   adds these.
4. A **relabelling of a case** (kind ``relabel`` with ``case``) lets its output go. It needs the number of who approved it; no
   correction makes one of anything else, and of its words only less counts (:func:`no_more`): what was relabelled stands in one lot, so of
   more nobody can say which part of it was approved, and nothing of it goes.
5. The table says it field by field.

| event | did not occur | as it was | the graver of both |
|---|---|---|---|
| opened | stands | number, who recalls, rule pack, commitment of the sample | every clause, class, earlier ``at`` |
| widened | stands | number, version | every clause, earlier ``at`` |
| narrowed | adds its clauses to all earlier ones | number, version | every clause, adding, later ``at`` |
| reopened | stands | number | earlier ``at`` |
| cleared | nothing is cleared | number | lots and site that both name, custody if both say it, later ``at`` |
| withdrawn | the case stands | number | later ``at`` |
| closed | the case goes on | number | later ``at`` |

What is not in it goes as the correction says: of an opening when the risk was known, the publication and all words of the plan; of the
others the reason and who approved.

Publication, extension, notices, answers, checks and what happened to goods block and lift nothing: they are corrected as every entry is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias, TypeGuard

import msgspec

from foodtrace.events import (
    Clause,
    DeadlineExtended,
    Event,
    GoodsCleared,
    Output,
    Portion,
    RecallClosed,
    RecallOpened,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Transformation,
)

Deciding: TypeAlias = RecallOpened | RecallWidened | RecallReopened | RecallClosed | RecallWithdrawn | GoodsCleared
"""What decides whether goods are blocked."""
DECIDING: Final = (RecallOpened, RecallWidened, RecallReopened, RecallClosed, RecallWithdrawn, GoodsCleared)
LIFTS: Final = (RecallClosed, RecallWithdrawn, GoodsCleared)


def mended(said: Deciding | None, word: Event | None) -> tuple[Deciding | None, bool]:
    """Return what counts after a correction, and whether that is all that it asks for.

    :param said: what counted before; none: it was taken back (rule 2).
    :param word: what the correction puts in place; none: it did not occur.
    """
    if said is None:
        return None, word is None
    if word is None or type(word) is not type(said):
        if isinstance(said, LIFTS):
            return None, word is None
        if narrows(said):
            return msgspec.structs.replace(said, narrows=False), word is None
        return said, False
    asked = msgspec.structs.replace(word, id=said.id)
    kept = _kept(said, asked)
    if kept is None:
        return None, False
    made: Any = msgspec.structs.replace(asked, **kept)
    return made, made == asked


def narrows(event: Event) -> bool:
    """Say whether an event narrows a scope; one without a reason, or that nobody answers for, adds its clauses only (rule 3)."""
    return isinstance(event, RecallWidened) and event.narrows and answered_for(event)


def answered_for(event: Event) -> bool:
    """Say whether what an event lifts is lifted: it has its reason and the number of who answers for it (rule 3); true of all else.

    Closing asks for neither where every condition holds, and lifts nothing by itself. An extension of the deadline has its approval.
    """
    if isinstance(event, GoodsCleared):
        return bool(event.basis.strip() and event.approved_by)
    if isinstance(event, RecallWithdrawn) or (isinstance(event, RecallWidened) and event.narrows):
        return bool(event.reason.strip() and event.approved_by)
    if of_a_case(event):
        return bool(event.approved_by)
    return bool(event.approval.strip()) if isinstance(event, DeadlineExtended) else True


def of_a_case(event: Event | None) -> TypeGuard[Transformation]:
    """Say whether an event is a relabelling by which a case lets goods go (rule 4)."""
    return isinstance(event, Transformation) and event.kind == "relabel" and bool(event.case)


def no_more(said: Event | None, word: Event | None) -> bool:
    """Say whether a correction that makes, or leaves, a relabelling of a case lets go no more than what counted before (rule 4).

    :param said: what counted before; none: it did not occur. :param word: what the correction puts in place.
    """
    if not of_a_case(word):
        return True
    if not of_a_case(said) or (said.case, said.site, said.approved_by) != (word.case, word.site, word.approved_by):
        return False
    return _within(word.inputs, said.inputs) and _within(word.outputs, said.outputs)


def _within(less: Iterable[Portion | Output], more: Iterable[Portion | Output]) -> bool:
    """Say whether lots and amounts are among others."""
    left, there = _sums(less), _sums(more)
    return all(key in there and value <= there[key] for key, value in left.items())


def _sums(lines: Iterable[Portion | Output]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for each in lines:
        key = (each.lot, each.quantity.unit)
        found[key] = found.get(key, 0) + each.quantity.value
    return found


def _kept(said: Deciding, word: Any) -> dict[str, Any] | None:
    """Return the fields that are not as the correction says; none: what both lift is nothing."""
    fixed: dict[str, Any] = {"case": said.case, "site": said.site, "precision": said.precision}
    if isinstance(said, RecallOpened):
        who = said.operator or said.producer
        return fixed | {
            "scope": _all_of(said.scope, word.scope),
            "level": min(said.level, word.level),
            "at": min(said.at, word.at),
            "operator": word.operator if (word.operator or word.producer) == who else who,
            "rule_pack": said.rule_pack,
            "sample": said.sample,
        }
    if isinstance(said, RecallWidened):
        both = narrows(said) and word.narrows
        reason = {} if answered_for(said) else {"reason": said.reason, "approved_by": said.approved_by}
        at = (max if both else min)(said.at, word.at)
        return fixed | reason | {"version": said.version, "narrows": both, "scope": _all_of(said.scope, word.scope), "at": at}
    if isinstance(said, GoodsCleared):
        less = _less(said, word)
        return None if less is None else fixed | less
    if isinstance(said, RecallWithdrawn):
        reason = {} if answered_for(said) else {"reason": said.reason, "approved_by": said.approved_by}
        return fixed | reason | {"at": max(said.at, word.at)}
    return fixed | {"at": (max if isinstance(said, RecallClosed) else min)(said.at, word.at)}


def _less(said: GoodsCleared, word: GoodsCleared) -> dict[str, Any] | None:
    """Return what both of two clearings let go; none: nothing, or nobody can say what."""
    if said.site and word.site and said.site != word.site:
        return None
    named = set(said.lots)
    lots = tuple(each for each in word.lots if each in named) if word.lots else said.lots
    if word.lots and not lots:
        return None  # also where all goods were let go: whether these were among them hangs on the records of that day
    return {
        "site": said.site or word.site,
        "lots": lots,
        "custody": (_custody(said) and _custody(word)) if (said.site or word.site) else word.custody and said.custody,
        "at": max(said.at, word.at),
        **({} if answered_for(said) else {"basis": said.basis, "approved_by": said.approved_by}),
    }


def _custody(event: GoodsCleared) -> bool:
    return event.custody or not (event.lots or event.site)


def _all_of(first: tuple[Clause, ...], then: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return (*first, *(clause for clause in then if clause not in first))


__all__ = ["DECIDING", "LIFTS", "Deciding", "answered_for", "mended", "narrows", "no_more", "of_a_case"]
