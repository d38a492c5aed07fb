"""How an echo calls what a command was given: amounts in the words of the trade, sites and goods by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foodtrace.quantity import Quantity, jin
from foodtrace_cli.context import Context

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger


def amount(ctx: Context, quantity: Quantity) -> str:
    """Return an amount as it is echoed: kg and 斤 for goods by weight."""
    return f"{quantity} ({jin(quantity.value)} 斤)" if quantity.unit == "g" else quantity.in_words(ctx.lang)


def names(ledger: Ledger, lot: str, **sites: str) -> dict[str, str]:
    """Return what an echo calls sites and goods by; the lot under ``code``."""
    from foodtrace.graph.directory import written_lot  # noqa: PLC0415
    from foodtrace.operations.naming import names_of, product_of  # noqa: PLC0415

    with ledger.reading() as session:
        called = names_of(session, set(sites.values()), ledger.clock())
        goods = {"product": product_of(session, lot, ledger.clock()), "code": written_lot(session, lot)}
        return {**{word: called[site] for word, site in sites.items()}, **goods}
