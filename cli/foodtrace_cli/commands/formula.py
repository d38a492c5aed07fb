"""``formula``: batches of infant formula, from the plant to the till."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.formula_ledger import ledger as ledger_command
from foodtrace_cli.commands.formula_pack import contents, pack, unpack
from foodtrace_cli.commands.formula_shop import count, receive, show
from foodtrace_cli.commands.formula_till import check, return_, sell
from foodtrace_cli.commands.goods import portion
from foodtrace_cli.context import Context
from foodtrace_cli.output import say, verdict

if TYPE_CHECKING:
    from foodtrace.formula import BatchDecision


@click.group()
def formula() -> None:
    """Infant formula: from the plant's batch to the shop's till and back."""


def _day(text: str | None) -> dt.date | None:
    from foodtrace_cli.commands.case_common import day  # noqa: PLC0415

    return None if text is None else day(text, ahead=True, example="2026-09-12")


def _range(text: str) -> tuple[str, str]:
    """Return the first and last can code."""
    first, dots, last = text.partition("..")
    if text and (not dots or len(first) != len(last) or first > last or not text.isascii() or not text.isprintable()):
        raise BadData("formula.serials", value=text, expected="000001..001200")
    return first, last


@formula.command()
@click.argument("lot")
@click.argument("cans", type=click.IntRange(1, 10**9))
@click.option("--plant", required=True, help="Plant that filled it.")
@click.option("--product", required=True, help="Product name.")
@click.option("--in", "inputs", multiple=True, required=True, metavar="LOT=QUANTITY", help="Ingredient lot; give it once per lot.")
@click.option("--content", default=None, help="What one can holds: 900g.")
@click.option("--registration", default="", help="国食注字YP number.")
@click.option("--licence", default="", help="SC production licence; else the plant's on record.")
@click.option("--produced", default=None, help="Day, 2026-09-12.")
@click.option("--expiry", default=None, help="Day, 2028-09-11.")
@click.option("--serials", default="", metavar="FIRST..LAST", help="Can codes of the batch.")
@click.option("--approved-by", default="", help="Who answers for what is only held.")
@click.pass_obj
def batch(
    ctx: Context,
    lot: str,
    cans: int,
    *,
    plant: str,
    product: str,
    inputs: tuple[str, ...],
    content: str | None,
    registration: str,
    licence: str,
    produced: str | None,
    expiry: str | None,
    serials: str,
    approved_by: str,
) -> None:
    """Record that CANS cans of batch LOT (full id GTIN/CODE) were filled from ingredient lots, or say why they may not be."""
    from foodtrace.identifiers import licence as licences  # noqa: PLC0415
    from foodtrace.identifiers import lot as lots  # noqa: PLC0415
    from foodtrace.operations.batches import Filling, make  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    said = Filling(
        lot=lots.format(lots.parse(lot)),
        product=product,
        quantity=Quantity(cans, "piece"),
        inputs=[portion(each) for each in inputs],
        registration=licences.format(registration) if registration else "",
        licence=licences.format(licence) if licence else "",
        content=Quantity.parse(content) if content else None,
        produced=_day(produced),
        expiry=_day(expiry),
        serials=_range(serials),
    )
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, (_, decision) = ledger.act(lambda session: make(session, doing, plant, said, approved_by=approved_by))
    if decision.answer == "allow" or (decision.answer == "hold" and approved_by):
        say(ctx.t("cli.formula.batch", lot=said.lot, cans=f"{cans:,}", product=product))
    _told(ctx, decision, said.lot, approved_by)


def _told(ctx: Context, decision: BatchDecision, lot: str, approved_by: str = "") -> None:
    """Say why a batch is not recorded, and what else is to know; exit 1 where it is not."""
    done = decision.answer == "allow" or (decision.answer == "hold" and bool(approved_by))
    if not done:
        say(f"{verdict(ctx.t('batch.answer.' + decision.answer), 'red')}  {lot}")
    for reason in (*decision.reasons, *decision.notes):
        say(f"  {reason.message(ctx.lang)}  {reason.code}")
    if not done:
        if decision.answer == "hold":
            say(ctx.t("cli.formula.approve"))
        raise click.exceptions.Exit(1)


@formula.command()
@click.argument("lot")
@click.option("--certificate", required=True, help="Number of the release certificate.")
@click.option("--plant", default="", help="Plant that releases.")
@click.option("--tested", default=None, help="Day of the factory test, 2026-09-20.")
@click.pass_obj
def release(ctx: Context, lot: str, certificate: str, plant: str, tested: str | None) -> None:
    """Record that a batch passed its factory test and may be sold."""
    from foodtrace.operations.batches import release as let_go  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()))
        _, (event, decision) = ledger.act(lambda session: let_go(session, doing, lot, certificate, plant, tested=_day(tested)))
    if decision.answer == "allow":
        say(ctx.t("cli.formula.released", lot=event.lot))
    _told(ctx, decision, event.lot)


for _command in (receive, check, sell, return_, count, ledger_command, show, pack, unpack, contents):
    formula.add_command(_command)
