"""Effects of recall cases: what is done with goods under recall, and what everything about a case is found by. Pure."""

from __future__ import annotations

from typing import Final

from foodtrace.events import (
    Acknowledgement,
    Clause,
    ContactsShown,
    DeadlineExtended,
    Destroyed,
    DestructionPlanned,
    EffectivenessCheck,
    Event,
    GoodsCleared,
    LotsClause,
    Notice,
    RecallClosed,
    RecallOpened,
    RecallPublished,
    RecallReopened,
    RecallWidened,
    RecallWithdrawn,
    Returned,
    Sealing,
)
from foodtrace.graph.effects import Effect, Effects, Place, about_case, flow
from foodtrace.graph.flows import DELIVERED, FlowKind
from foodtrace.graph.subjects import BY_RULE, CASES, recalled

_DESTROYED, _RETURN, _SEALED = (int(each) for each in (FlowKind.DESTROYED, FlowKind.RETURN, FlowKind.SEALED))


def _sealing(event: Sealing, made: Effects, _place: Place) -> None:
    flow(made, _SEALED, event, event.lot, event.quantity)
    about_case(made, event.case)


def _returned(event: Returned, made: Effects, _place: Place) -> None:
    flags = 0 if event.in_transit else DELIVERED
    pair = event.transfer or event.doc or event.id
    flow(made, _RETURN, event, event.lot, event.quantity, other=event.to, pair=pair, flags=flags)
    about_case(made, event.case)


def _destroyed(event: Destroyed, made: Effects, _place: Place) -> None:
    flow(made, _DESTROYED, event, event.lot, event.quantity)
    about_case(made, event.case)


def _recall_opened(event: RecallOpened, made: Effects, _place: Place) -> None:
    about_case(made, event.case)
    made.about.append(CASES)
    _scoped(made, event.scope)


def _recall_widened(event: RecallWidened, made: Effects, _place: Place) -> None:
    about_case(made, event.case)
    _scoped(made, event.scope)


def _of_case(event: RecallClosed, made: Effects, _place: Place) -> None:
    about_case(made, event.case)


def _scoped(made: Effects, scope: tuple[Clause, ...]) -> None:
    """Let a gate find the recalls that may touch its goods without reading every case."""
    for clause in scope:
        made.about += [recalled(lot) for lot in clause.lots] if isinstance(clause, LotsClause) else [BY_RULE]


EFFECTS: Final[dict[type[Event], Effect]] = {
    Acknowledgement: _of_case,
    ContactsShown: _of_case,
    DeadlineExtended: _of_case,
    Destroyed: _destroyed,
    DestructionPlanned: _of_case,
    EffectivenessCheck: _of_case,
    GoodsCleared: _of_case,
    Notice: _of_case,
    RecallClosed: _of_case,
    RecallOpened: _recall_opened,
    RecallPublished: _of_case,
    RecallReopened: _of_case,
    RecallWidened: _recall_widened,
    RecallWithdrawn: _of_case,
    Returned: _returned,
    Sealing: _sealing,
}
"""Kind of event -> what it does."""
