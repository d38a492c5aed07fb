"""The recall of lots as a user asks for it: with the case that stands on them, if there is one.

Rules:

1. Where one case, not withdrawn, has exactly these lots for its scope, the answer is that case's: its notices, answers and
   returns are in it. An answer without them would say "nobody was told" of outlets that were.
2. Of every other case that is about these lots, what they were made from or what was made of them, the number is told.
   It may reach other outlets; two cases are never mixed in one answer.
3. Where it is certain that no case is about any of these lots, nothing of cases is loaded
   (:mod:`foodtrace.operations.recallcases`), and plain lots are answered from their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from foodtrace.errors import NotFound
from foodtrace.graph.directory import is_lot, resolve_lot, typed_lot
from foodtrace.recall.plain import HandOver

if TYPE_CHECKING:
    from foodtrace.events import Clause
    from foodtrace.recall.said import Answer
    from foodtrace.storage.session import Ask, Session


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

    :param lot: full ids or bare codes. :param now: microseconds UTC. :param recorded_until: see only what was recorded by then; a lot
        that no record named by then is not found. :param operator: who recalls, where neither a lot nor a case says it. :param bounds:
        also say how much at each site can stem from the scope (RECALL section 4), which costs a replay of all records.
    :raises NotFound: ``lot.not_found`` with ``near``; ``lot.not_known_then``: named by later records alone.
    :raises Ambiguous: ``lot.ambiguous`` with ``candidates``.
    """
    asked = tuple(dict.fromkeys(resolve_lot(session, each) for each in ([lot] if isinstance(lot, str) else lot)))
    if recorded_until is not None:
        _known_by(session, asked, now, recorded_until)
    plain = bool(asked) and not scope and not bounds and recorded_until is None and session.rules is None
    told = _told(session, asked, now, operator) if plain else None
    if told is not None:
        return _answer(told)
    from foodtrace.operations.recallcases import recall_with_cases  # noqa: PLC0415 - the engine for everything, and every event

    return recall_with_cases(
        session, asked, now=now, recorded_until=recorded_until, scope=scope, operator=operator, bounds=bounds, plain=not plain
    )


def as_of(then: Answer, today: Answer | None) -> Answer:
    """Return an answer as of a moment with what it is not (``later``, ``at_remark``): a wrong year must not read as an all-clear.

    :param today: what is asked as of now; none: that moment is still to come.
    """
    import msgspec  # noqa: PLC0415

    if today is None:
        return msgspec.structs.replace(then, at_remark="after_now")
    there = {row.site for row in then.outlets}
    later = len({row.site for row in today.outlets} - there)
    nothing = not (then.outlets or then.others) and bool(today.outlets or today.others)
    return msgspec.structs.replace(then, later=later, at_remark="before_first" if nothing else "")


def _known_by(session: Session, lots: Sequence[str], now: int, recorded_until: int) -> None:
    """Refuse a lot that nobody had named by then: no answer for it could have been given, and an empty one reads as an all-clear."""
    from foodtrace.graph.known import facts_by  # noqa: PLC0415 - most recalls ask what is known now

    facts = facts_by(session, now, recorded_until)
    numbers = facts.numbers(lots)
    known = facts.on_record(list(numbers.values()))
    for lot in lots:
        if numbers.get(lot) not in known:
            raise NotFound("lot.not_known_then", value=lot)


def recall_told(session: Session, lots: Sequence[str], *, now: int) -> dict[str, Any] | None:
    """Return the JSON of :func:`recall` as dicts and numbers, made without a single struct; none where only :func:`recall` can tell.

    :raises NotFound: ``lot.not_found``. :raises Ambiguous: ``lot.ambiguous``.
    """
    typed = list(dict.fromkeys(typed_lot(each) for each in lots))
    session.ahead(*map(is_lot, typed), *_first(typed))
    asked = tuple(dict.fromkeys(resolve_lot(session, each) for each in lots))
    return _told(session, asked, now, "", asked_ahead=asked == tuple(typed))


def _first(lots: Sequence[str]) -> list[Ask]:
    """Return what an answer for lots by full id asks in any case."""
    from foodtrace.graph.heads import HEADS  # noqa: PLC0415
    from foodtrace.graph.names import FIND  # noqa: PLC0415
    from foodtrace.graph.rows import CROSSED, WHOLE_NAMED  # noqa: PLC0415
    from foodtrace.graph.words import ORIGINS  # noqa: PLC0415

    return [(CROSSED, None, ()), (FIND, _names(lots), ()), (WHOLE_NAMED, lots, ()), (ORIGINS, None, ()), (HEADS, None, ())]


def _names(lots: Sequence[str]) -> list[str]:
    from foodtrace.graph.subjects import CASES, recalled  # noqa: PLC0415

    return [*lots, CASES, *map(recalled, lots)]


def _told(session: Session, asked: tuple[str, ...], now: int, operator: str, *, asked_ahead: bool = False) -> dict[str, Any] | None:
    """Answer for plain lots about which no case was ever opened (rule 3)."""
    from foodtrace.graph.rows import Rows  # noqa: PLC0415
    from foodtrace.graph.subjects import recalled  # noqa: PLC0415
    from foodtrace.recall.plain.cases import none_about  # noqa: PLC0415
    from foodtrace.recall.plain.defaults import OUTLET_KINDS, RULE_PACK, SILENT_AFTER, TRANSIT_LIMIT  # noqa: PLC0415
    from foodtrace.recall.plain.told import PlainAnswer  # noqa: PLC0415

    if not asked_ahead:
        session.ahead(*_first(asked))
    rows = Rows(session, now)
    if rows.numbers(_names(asked)).keys() & set(map(recalled, asked)):
        return None  # some case names one of these lots: that is for the engine for everything to look at
    with suppress(HandOver):
        found = PlainAnswer(
            rows, asked, outlet_kinds=OUTLET_KINDS, transit_limit=TRANSIT_LIMIT, silent_after=SILENT_AFTER, operator=operator
        )
        if none_about(rows, found.numbers, found.lots):
            return found.told() | {"rule_pack": RULE_PACK}
    return None


def _answer(told: dict[str, Any]) -> Answer:
    import msgspec  # noqa: PLC0415

    from foodtrace.recall.said import Answer  # noqa: PLC0415

    return msgspec.convert(told, Answer)
