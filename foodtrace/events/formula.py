"""Events about infant formula (婴幼儿配方乳粉): batches, their release, sales to consumers, what comes back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec

from foodtrace.events.base import Document, Event, LotId, OptionalCode, OptionalHash, PartCount, Portion, Words
from foodtrace.quantity import Quantity


class FormulaBatch(Event, frozen=True, kw_only=True, tag="formula_batch"):
    """A batch of formula is filled at plant ``site`` from ingredient lots (281号 record groups, DOMAIN section 1.4)."""

    lot: LotId
    product: Words
    registration: Document = ""
    """国食注字YP number."""
    licence: Document = ""
    """Production licence (SC) of the plant."""
    inputs: Annotated[tuple[Portion, ...], msgspec.Meta(max_length=10_000)] = ()
    quantity: Quantity
    """Cans filled, in pieces."""
    content: Quantity | None = None
    """What one can holds, e.g. 900 g."""
    loss: Quantity | None = None
    produced: dt.date | None = None
    expiry: dt.date | None = None
    first_serial: OptionalCode = ""
    last_serial: OptionalCode = ""
    parts: PartCount = 0


class BatchReleased(Event, frozen=True, kw_only=True, tag="batch_released"):
    """A batch passed its factory test and may be sold (出厂检验)."""

    lot: LotId
    certificate: Document
    tested: dt.date | None = None
    report: OptionalHash = ""


class Sale(Event, frozen=True, kw_only=True, tag="sale"):
    """Goods are sold to a consumer at ``site``. No consumer data but, if the consumer asked for it, commitments."""

    lot: LotId
    quantity: Quantity
    serial: OptionalCode = ""
    """Can code of the one can sold."""
    doc: Document = ""
    approved_by: OptionalCode = ""
    """Number of the owner who answered for an old stop list; empty: nobody had to."""


class ConsumerReturn(Event, frozen=True, kw_only=True, tag="consumer_return"):
    """A consumer brings goods back to ``site``; easier than a sale: no receipt, bought elsewhere, all accepted."""

    lot: LotId
    quantity: Quantity
    serial: OptionalCode = ""
    doc: Document = ""
    bought_here: bool = True
