"""``gate held``, ``gate resolve``, ``gate expect``, ``gate conflicts``: what is around the gate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from foodtrace.errors import FoodtraceError
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, table
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger
    from foodtrace.operations.common import Doing


def desk_of(ledger: Ledger, market: str | None) -> str:
    """Return the id of the market asked for, or of the only one."""
    from foodtrace.operations.desk import market_of  # noqa: PLC0415

    with ledger.reading() as session:
        return market_of(session, market)


def doing_of(ledger: Ledger, by: str = "", event_id: str = "", log: int = 0) -> Doing:
    """Return who does something, now."""
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    return Doing(now=local(ledger.clock()), by=by, id=event_id, log=log)


@click.command()
@click.option("--market", default=None, help="Market; by default the only one.")
@prints("gate-held")
@click.pass_obj
def held(ctx: Context, market: str | None, *, as_json: bool) -> None:
    """List what the gate has put aside and nobody has decided, the most urgent first."""
    from foodtrace.operations import held as holds  # noqa: PLC0415

    with ctx.open() as ledger:
        place = desk_of(ledger, market)
        with ledger.reading() as session:
            found = holds.held(session, place, doing_of(ledger).now)
    if as_json:
        emit_json(found)
        return
    if not found:
        say(ctx.t("cli.held.none"))
        return
    from foodtrace.recall.shortcodes import short_codes  # noqa: PLC0415

    code = short_codes(each.lot for each in found)
    headings = [ctx.t(f"cli.held.{each}") for each in ("number", "product", "quantity", "lot", "reasons", "deadline", "id")]
    rows = [
        [
            f"{each.number:04d}",
            each.product,
            each.quantity.in_words(ctx.lang),
            code(each.lot),
            " ".join(each.reasons),
            (f"{each.deadline.astimezone(each.at.tzinfo):%m-%d %H:%M}" if each.deadline else "-")
            + (" " + ctx.t("cli.held.late") if each.late else ""),
            each.id,
        ]
        for each in found
    ]
    say(table(headings, rows))


@click.command()
@click.argument("given", metavar="ID")
@click.argument("verdict", type=click.Choice(("admit", "refuse")))
@click.option("--by", default="", metavar="CARD", help="Who decides: staff card (- to be asked), or number where there are no cards.")
@click.option("--second", default="", metavar="CARD", help="The same of the second person; needed to admit.")
@click.option("--quantity", default=None, help="Admit only so much (18kg); the rest stays out.")
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("gate-resolve")
@click.pass_context
def resolve(
    click_ctx: click.Context,
    given: str,
    verdict: str,
    by: str,
    second: str,
    quantity: str | None,
    market: str | None,
    event_id: str,
    *,
    as_json: bool,
) -> None:
    """Decide on held goods. ID is the truck's number, the lot's code, or the entry's id (see `gate held`).

    Admitting is an override: it needs a second person's card (their number where no cards are in use).
    Goods under recall or with a positive test stay out all the same.
    """
    from foodtrace.graph.directory import written_lot  # noqa: PLC0415
    from foodtrace.operations import held as holds  # noqa: PLC0415
    from foodtrace.quantity import Quantity  # noqa: PLC0415
    from foodtrace_cli.commands.gate_staff import shown  # noqa: PLC0415 - it needs this module

    ctx: Context = click_ctx.obj
    size = Quantity.parse(quantity) if quantity else None
    with ctx.open() as ledger:
        place = desk_of(ledger, market)
        decider = shown(ctx, ledger, place, by, "by")
        other = shown(ctx, ledger, place, second, "second") if second or verdict == "admit" else ""
        doing = doing_of(ledger, decider, event_id, ledger.writer().number)
        rules = ledger.rulebook()
        _, answer = ledger.act(lambda session: holds.resolve(session, doing, rules, place, given, verdict, second=other, quantity=size))
        with ledger.reading() as session:
            code = written_lot(session, answer.held.lot)
    if as_json:
        from foodtrace.operations.answers import resolved_said  # noqa: PLC0415

        emit_json(resolved_said(answer))
    else:
        word = ctx.t(f"gate.verdict.{answer.verdict}")
        say(
            ctx.t(
                "cli.resolved",
                word=word,
                number=f"{answer.held.number:04d}",
                product=clean(answer.held.product),
                quantity=answer.quantity,
                lot=code,
            )
        )
        if answer.late:
            say("          " + ctx.t("cli.resolved.late"))
        for reason in answer.reasons:
            say(f"          {clean(reason.message(ctx.lang))}  {reason.code}")
    click_ctx.exit(0 if answer.verdict == verdict else 1)


@click.command()
@click.argument("file", type=click.Path(exists=False))
@click.option("--market", default=None, help="Market; by default the only one.")
@prints("gate-expect", "bad-rows")
@click.pass_context
def expect(click_ctx: click.Context, file: str, market: str | None, *, as_json: bool) -> None:
    """Announce trucks from a booking list, CSV or XLSX: seller, and day, product, quantity, plate, booking number where known.

    All rows or none; the same list again changes nothing. Plates are kept beside the log and can be erased.
    """
    from foodtrace.intake.lists import EXPECTED, amount_of, day_of, read_list  # noqa: PLC0415
    from foodtrace.operations.announced import Announcement, Refusals  # noqa: PLC0415
    from foodtrace.operations.announced import expect as announce  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    faults: list[tuple[int, FoodtraceError]] = []
    trucks = []
    for row in read_list(file, EXPECTED, needed=("seller",)):
        try:
            trucks.append(
                Announcement(
                    row=row.row,
                    seller=row.text("seller"),
                    day=day_of(row, "day"),
                    product=row.text("product"),
                    quantity=amount_of(row),
                    plate=row.text("plate"),
                    doc=row.text("doc"),
                )
            )
        except FoodtraceError as error:
            faults.append((row.row, error))
    receipt = None
    answer: object = 0
    with ctx.open() as ledger:
        place = desk_of(ledger, market)
        announced = partial(announce, doing=doing_of(ledger, log=ledger.writer().number), market=place, trucks=trucks)
        if faults:  # nothing will be recorded: look only, so that all bad rows are told at once
            with ledger.reading() as session:
                answer = announced(session).answer
        elif trucks:
            receipt, answer = ledger.act(announced)
    if isinstance(answer, Refusals):
        faults = sorted([*faults, *answer.faults], key=lambda each: each[0])
    bad_rows(ctx, file, faults, as_json=as_json)
    if faults:
        click_ctx.exit(1)
    new = receipt.new if receipt is not None else 0
    if as_json:
        from foodtrace.operations.said import Announced  # noqa: PLC0415

        emit_json(Announced(new=new, known=len(trucks) - new))
        return
    say(ctx.t("cli.expect.done", new=new, known=len(trucks) - new))


def bad_rows(ctx: Context, file: str, faults: list[tuple[int, FoodtraceError]], *, as_json: bool) -> None:
    """Say which rows are bad and why; nothing was recorded."""
    if not faults:
        return
    if as_json:
        from foodtrace.operations.said import bad_rows_said  # noqa: PLC0415

        emit_json(bad_rows_said(faults))
        return
    say(ctx.t("cli.list.bad", file=file, count=len(faults)), err=True)
    for row, error in faults:
        say(f"  {row:>5}  {clean(error.message(ctx.lang))}  {error.code}", err=True)
        for each in getattr(error, "near", ()):
            say(f"         {clean(each)}", err=True)


@click.command()
@prints("gate-conflicts")
@click.pass_context
def conflicts(click_ctx: click.Context, *, as_json: bool) -> None:
    """List certificates on which more was admitted than they are for, and serials that came in as two, over all logs here.

    Gates offline cannot see each other.

    Exit 1 if there is any.
    """
    from foodtrace.operations.overspent import overspent  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    with ctx.open() as ledger, ledger.reading() as session:
        found = overspent(session)
    if as_json:
        emit_json(found)
    elif not found:
        say(ctx.t("cli.conflicts.none"))
    else:
        for each in found:
            say(
                ctx.t(
                    "cli.conflicts.line",
                    lot=each.lot,
                    serial=each.serial,
                    certified=each.certified,
                    admitted=each.admitted,
                    over=each.over,
                    logs=each.logs,
                )
            )
            if each.bodies > 1:
                say("  " + ctx.t("cli.conflicts.twin", count=each.bodies))
            for use in each.entries:
                words = {"log": use.log, "seq": f"{use.seq:,}", "market": use.market, "gate": use.gate, "quantity": use.quantity}
                say("  " + ctx.t("cli.conflicts.use", time=f"{use.at:%Y-%m-%d %H:%M}", **words))
    click_ctx.exit(1 if found else 0)
