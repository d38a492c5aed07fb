"""Effects of goods that move, change or are sold. Pure."""

from __future__ import annotations

from typing import Final

from foodtrace.events import (
    Alias,
    BatchReleased,
    ConsumerReturn,
    Event,
    FormulaBatch,
    Loss,
    Output,
    Packing,
    Receipt,
    Sale,
    StockCount,
    Transfer,
    Transformation,
)
from foodtrace.graph.effects import Effect, Effects, FlowText, Place, Plain, born, flow, moving, pseudo_lot, transformed
from foodtrace.graph.flows import CLEARED, CUSTODY, DELIVERED, SAMPLE, UNNAMED, FlowKind

_CONSUMER_RETURN, _COUNT, _DISPATCH = (int(each) for each in (FlowKind.CONSUMER_RETURN, FlowKind.COUNT, FlowKind.DISPATCH))
_LOST, _RECEIPT, _SOLD, _USED = (int(each) for each in (FlowKind.LOST, FlowKind.RECEIPT, FlowKind.SOLD, FlowKind.USED))


def _plainly(plain: Plain, event: Event, made: Effects) -> bool:
    """Add what an event does if that is plain; say whether it is."""
    found = plain(event)
    if found is None:
        return False
    made.flows.append(found[0])
    if found[1]:
        made.about.append(found[1])
    return True


def _plain_transfer(event: Transfer) -> tuple[FlowText, str] | None:
    if not event.lot or event.product:
        return None
    flags = 0 if event.in_transit or not event.to else DELIVERED
    pair = event.transfer or event.doc or event.id
    return moving(_DISPATCH, event, event.lot, event.quantity, event.site, event.to, pair, flags), ""


def _transfer(event: Transfer, made: Effects, place: Place) -> None:
    if _plainly(_plain_transfer, event, made):
        return
    flags = 0 if event.in_transit or not event.to else DELIVERED
    lot = event.lot
    if not lot:
        lot = pseudo_lot(place)
        made.unnamed = [(event.site, lot)]
        flags |= UNNAMED
    born(made, event, lot, event.product, site="")
    pair = event.transfer or event.doc or event.id
    flow(made, _DISPATCH, event, lot, event.quantity, other=event.to, pair=pair, flags=flags)


def _plain_receipt(event: Receipt) -> tuple[FlowText, str] | None:
    if event.product:
        return None
    flags, subject = CUSTODY if event.sealed else 0, f"case {event.case}" if event.case else ""
    pair = event.transfer or event.doc
    return moving(_RECEIPT, event, event.lot, event.quantity, event.site, event.source, pair, flags, leaves=False), subject


def _receipt(event: Receipt, made: Effects, _place: Place) -> None:
    if _plainly(_plain_receipt, event, made):
        return
    flags = CUSTODY if event.sealed else 0
    pair = event.transfer or event.doc
    flow(made, _RECEIPT, event, event.lot, event.quantity, other=event.source, pair=pair, flags=flags, leaves=False)
    born(made, event, event.lot, event.product, site="")
    if event.case:
        made.about.append(f"case {event.case}")


def _transformation(event: Transformation, made: Effects, _place: Place) -> None:
    flags = CLEARED if event.kind == "relabel" and event.case else 0
    transformed(made, event, event.inputs, event.outputs, event.loss, flags, event.case)
    if event.case:
        made.about.append(f"case {event.case}")


def _loss(event: Loss, made: Effects, _place: Place) -> None:
    kind = _LOST if event.reason in ("lost", "spoiled") else _USED
    flow(made, kind, event, event.lot, event.quantity, flags=SAMPLE if event.reason == "sample" else 0)


def _stock_count(event: StockCount, made: Effects, _place: Place) -> None:
    flow(made, _COUNT, event, event.lot, event.quantity)


def _alias(event: Alias, made: Effects, _place: Place) -> None:
    if event.lot != event.alias:
        made.aliases = [(event.lot, event.alias), (event.alias, event.lot)]


def _packing(event: Packing, made: Effects, _place: Place) -> None:
    made.about.append(f"pack {event.parent}")
    made.about += [f"packed {event.lot} {child}" for child in event.children]
    if event.lot:
        made.about.append(event.lot)


def _formula_batch(event: FormulaBatch, made: Effects, _place: Place) -> None:
    made.about.append(event.lot)
    if event.registration:
        made.about.append(f"formula {event.registration} {event.site} {event.product}")
    out = Output(
        lot=event.lot, quantity=event.quantity, product=event.product, produced=event.produced, expiry=event.expiry, content=event.content
    )
    transformed(made, event, event.inputs, (out,), event.loss, 0)


def _batch_released(event: BatchReleased, made: Effects, _place: Place) -> None:
    made.about.append(event.lot)


def _plain_sale(event: Sale) -> tuple[FlowText, str]:
    subject = f"serial {event.lot} {event.serial}" if event.serial else ""
    return moving(_SOLD, event, event.lot, event.quantity, event.site, "", event.serial), subject


def _sale(event: Sale, made: Effects, _place: Place) -> None:
    _plainly(_plain_sale, event, made)


def _consumer_return(event: ConsumerReturn, made: Effects, _place: Place) -> None:
    flow(made, _CONSUMER_RETURN, event, event.lot, event.quantity, pair=event.serial, leaves=False)
    if event.serial:
        made.about.append(f"serial {event.lot} {event.serial}")


EFFECTS: Final[dict[type[Event], Effect]] = {
    Alias: _alias,
    BatchReleased: _batch_released,
    ConsumerReturn: _consumer_return,
    FormulaBatch: _formula_batch,
    Loss: _loss,
    Packing: _packing,
    Receipt: _receipt,
    Sale: _sale,
    StockCount: _stock_count,
    Transfer: _transfer,
    Transformation: _transformation,
}
"""Kind of event -> what it does."""
PLAIN: Final[dict[type[Event], Plain]] = {Receipt: _plain_receipt, Sale: _plain_sale, Transfer: _plain_transfer}
"""Kind of event -> what it plainly does."""
