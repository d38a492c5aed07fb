"""``transfer``, ``receive``, ``transform``: goods on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.echo import amount, names
from foodtrace_cli.commands.taken_in import say_taken_in
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.recording import Receipt


@click.command()
@click.argument("lot")
@click.argument("quantity")
@click.option("--to", required=True, help="Buyer: site id or name.")
@click.option("--from", "source", default=None, help="Sender; by default the only site that holds any of it.")
@click.option("--doc", default="", help="Number of the voucher.")
@click.option("--shipped", is_flag=True, help="The goods are only under way: the buyer's receipt will say what arrived.")
@click.option("--allow-short", is_flag=True, help="Record it although the book says the sender holds less.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("transfer")
@click.pass_obj
def transfer(
    ctx: Context,
    lot: str,
    quantity: str,
    to: str,
    source: str | None,
    doc: str,
    event_id: str,
    *,
    shipped: bool,
    allow_short: bool,
    as_json: bool,
) -> None:
    """Hand goods on: LOT (code or full id), QUANTITY with its unit (120kg, 50斤), to a buyer."""
    from foodtrace.operations import goods  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    size = Quantity.parse(quantity)
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id, log=ledger.writer().number if event_id else 0)
        receipt, (event, left) = ledger.act(
            lambda session: goods.transfer(
                session, doing, lot, size, to, source=source, doc=doc, in_transit=shipped, allow_short=allow_short, written=quantity
            )
        )
        shown = event.doc or _number(ledger, receipt)
        said = {} if as_json else names(ledger, event.lot, source=event.site, to=event.to)
    if as_json:
        from foodtrace.operations.wrote import TransferSaid, placed  # noqa: PLC0415

        emit_json(TransferSaid(event=event, voucher=shown, **placed(receipt)))
        return
    say(ctx.t("cli.transfer.done", **said, quantity=amount(ctx, size), lot=said["code"], left=amount(ctx, left), id=shown))


@click.command()
@click.argument("lot")
@click.argument("quantity")
@click.option("--at", "site", required=True, help="Receiving site.")
@click.option("--from", "source", default="", help="Sender.")
@click.option("--transfer", "transfer_id", default="", help="Transfer that this receives: its number (V-..), its id, or ORIGIN#NUMBER.")
@click.option("--doc", default="", help="Number of the delivery note.")
@click.option("--arrived", default=None, metavar="TIME", help="When they came, 2026-11-24T09:10; by default now.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@click.pass_obj
def receive(
    ctx: Context, lot: str, quantity: str, site: str, source: str, transfer_id: str, doc: str, arrived: str | None, event_id: str
) -> None:
    """Take goods in. A lot under recall is received as sealed."""
    from foodtrace.operations import goods  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    size = Quantity.parse(quantity)
    when = None
    if arrived is not None:
        from foodtrace_cli.commands.case_common import moment  # noqa: PLC0415 - only where a time was given

        when = moment(arrived)
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id, log=ledger.writer().number if event_id else 0)
        receipt, (event, cases) = ledger.act(
            lambda session: goods.receive(session, doing, lot, size, site, source=source, transfer=transfer_id, doc=doc, arrived=when)
        )
        say_taken_in(ctx, ledger, event, cases, "" if receipt is None else f"{receipt.log}#{receipt.last}")


def _number(ledger: Ledger, receipt: Receipt | None) -> str:
    """Return the number of the event that was just recorded, or found on record."""
    from foodtrace.operations.vouchers import number_of  # noqa: PLC0415

    if receipt is None:
        return "-"
    with ledger.reading() as session:
        log = session.row("SELECT id FROM log WHERE origin = ?", (receipt.log,))
        return "-" if log is None else number_of(session, log[0], receipt.last)


def portion(text: str) -> tuple[str, Quantity]:
    """Read ``LOT=QUANTITY``. Raises ``BadData`` (``cli.portion``)."""
    lot, equals, quantity = text.partition("=")
    if not equals:
        raise BadData("cli.portion", value=text, expected="LOT=QUANTITY")
    return lot, Quantity.parse(quantity)


@click.command()
@click.option("--at", "site", required=True, help="Where it happens.")
@click.option(
    "--kind",
    type=click.Choice(["repack", "blend", "split", "process", "renumber", "rework"]),
    required=True,
    help="What happens to the lots.",
)
@click.option("--in", "inputs", multiple=True, required=True, metavar="LOT=QUANTITY", help="Input; give it once per lot.")
@click.option("--out", "outputs", multiple=True, required=True, metavar="LOT=QUANTITY", help="Output, with the full lot id AUTHORITY/CODE.")
@click.option("--product", default="", help="Name of what is made.")
@click.option("--loss", default="", help="Input that was discarded.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@click.pass_obj
def transform(
    ctx: Context, site: str, kind: str, inputs: tuple[str, ...], outputs: tuple[str, ...], product: str, loss: str, event_id: str
) -> None:
    """Turn lots into lots: repack, blend, split, process, renumber, rework."""
    from foodtrace.events import Output  # noqa: PLC0415
    from foodtrace.identifiers import lot as lots  # noqa: PLC0415
    from foodtrace.operations import goods  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    taken = [portion(each) for each in inputs]
    made = [Output(lot=lots.format(lots.parse(lot)), quantity=quantity, product=product) for lot, quantity in map(portion, outputs)]
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), id=event_id, log=ledger.writer().number if event_id else 0)
        waste = Quantity.parse(loss) if loss else None
        _, event = ledger.act(lambda session: goods.transform(session, doing, site, kind, taken, made, waste))
        said = names(ledger, event.outputs[0].lot, site=event.site)
    for each in event.outputs:
        say(ctx.t("cli.transform.done", site=said["site"], quantity=amount(ctx, each.quantity), lot=each.lot))
