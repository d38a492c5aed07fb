"""What ``receive`` and ``formula receive`` say of goods that were taken in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from foodtrace_cli.commands.echo import amount, names
from foodtrace_cli.context import Context
from foodtrace_cli.output import say

if TYPE_CHECKING:
    from foodtrace.events import Receipt
    from foodtrace.ledger import Ledger


def say_taken_in(ctx: Context, ledger: Ledger, event: Receipt, cases: Sequence[str], entry: str) -> None:
    """Echo a receipt by name; of goods that its site had answered about, say what it had answered (ADR 25: one load, or two?).

    Of a note's number that reads like one that foodtrace prints, and that no transfer here has, say that it names none.

    :param cases: those by which the goods were taken in as sealed. :param entry: ``ORIGIN#SEQ`` of the receipt.
    """
    said = names(ledger, event.lot, site=event.site)
    key = "cli.receive.sealed" if cases else "cli.receive.done"
    say(ctx.t(key, **said, quantity=amount(ctx, event.quantity), lot=event.lot, case=", ".join(cases)))
    if event.doc and not event.transfer:
        from foodtrace.operations.goods import names_nothing  # noqa: PLC0415 - only where a note has a number

        with ledger.reading() as session:
            alone = names_nothing(session, event)
        if alone:
            say("  " + ctx.t("cli.receive.alone", doc=event.doc, entry=entry), err=True)
    if not cases:
        return
    from foodtrace.operations.answeredbefore import answered_before  # noqa: PLC0415 - only of goods under recall

    with ledger.reading() as session:
        before = answered_before(session, event, cases, ledger.clock())
    for each in before:
        words = {"case": each.case, "said": amount(ctx, each.quantity), "notice": each.notice, "entry": entry}
        more = {"quantity": amount(ctx, event.quantity), "id": event.site, "lot": event.lot}
        say("  " + ctx.t("cli.receive.answered", **said, **words, **more), err=True)
