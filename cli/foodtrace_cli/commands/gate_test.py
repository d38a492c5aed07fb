"""``test``: rapid tests and laboratory results of a lot."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.echo import amount
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.operations.answers import TestSaid

_UNITS = 10_000
"""Absorbance is read in units of 0.0001."""


@click.command()
@click.argument("lot")
@click.option("--item", default="有机磷和氨基甲酸酯", show_default=True, help="What was looked for.")
@click.option("--blank", default=None, help="Rapid test: change of absorbance of the blank (0.312).")
@click.option("--sample-change", "--sample", "sample", default=None, help="Rapid test: change of absorbance of the sample (0.150).")
@click.option("--verdict", type=click.Choice(("negative", "positive", "invalid")), default=None, help="Result where there are no figures.")
@click.option("--lab", is_flag=True, help="A laboratory's result by a standard method, not a rapid test.")
@click.option("--repeats", default="", help="Id of the positive this test repeats; by default the one that stands.")
@click.option("--confirms", default="", help="Id of the positive the laboratory speaks about; by default the one that stands.")
@click.option("--number", default="", help="Number of the sample.")
@click.option("--method", default="", help="Method; of a rapid test GB/T 5009.199.")
@click.option("--value", default="", help="Measured value with its unit, as reported.")
@click.option("--limit", default="", help="Limit, as reported.")
@click.option("--kit", default="", help="Batch of the test kit.")
@click.option("--site", default="", help="Where it was tested; by default where the gate put the lot.")
@click.option("--used", default=None, help="What the sample used up (500g).")
@click.option("--by", default="", help="Number of the tester.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@prints("test")
@click.pass_context
def test(
    click_ctx: click.Context,
    /,
    lot: str,
    blank: str | None,
    sample: str | None,
    verdict: str | None,
    used: str | None,
    by: str,
    event_id: str,
    number: str,
    *,
    lab: bool,
    as_json: bool,
    **told: str,
) -> None:
    """Record a test of LOT: a rapid test from its two absorbance changes, or a result as reported.

    A positive stops the sale of the lot wherever it lies, and says what must follow and by when; a laboratory lifts or confirms it.
    Exit 1 while a positive stands.
    """
    from foodtrace.graph.directory import written_lot  # noqa: PLC0415
    from foodtrace.operations.answers import Holding, test_said  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.operations.goods import stock_of  # noqa: PLC0415
    from foodtrace.operations.sellers import site_name  # noqa: PLC0415
    from foodtrace.operations.tests import Absorbances, record_test  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    if (blank is None) != (sample is None):
        raise BadData("test.verdict", value=f"{blank or '-'} {sample or '-'}", expected="--blank --sample / --verdict")
    figures = Absorbances(blank=_change(blank), sample=_change(sample)) if blank is not None and sample is not None else None
    size = Quantity.parse(used) if used else None
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by, id=event_id)
        _, answer = ledger.act(
            lambda session: record_test(
                session,
                doing,
                ledger.rulebook(),
                lot,
                absorbances=figures,
                verdict=verdict or "",
                rapid=not lab,
                sample=number,
                used=size,
                **told,  # the other options have the names of the parameters
            )
        )
        stopped: tuple[Holding, ...] = ()
        with ledger.reading() as session:
            code = written_lot(session, answer.event.lot)
            if answer.state in ("positive", "confirmed"):
                stopped = tuple(
                    Holding(site=each.site, name=site_name(session, each.site), quantity=each.quantity)
                    for each in stock_of(session, answer.event.lot, ledger.clock())
                )
    said = test_said(answer, stopped)
    if as_json:
        emit_json(said)
    else:
        _print(ctx, said, code, [each.message(ctx.lang) for each in answer.must])
    click_ctx.exit(1 if answer.state in ("positive", "confirmed") else 0)


def _print(ctx: Context, said: TestSaid, code: str, must: list[str]) -> None:
    from foodtrace.gate.rapid import percent  # noqa: PLC0415

    rate = "-" if said.inhibition is None else f"{percent(said.inhibition)} %"
    say(
        ctx.t(
            "cli.test.line",
            verdict=ctx.t(f"cli.test.{said.verdict}"),
            lot=code,
            item=clean(said.item),
            rate=rate,
            sample=clean(said.sample),
        )
    )
    if said.repeats or said.confirms:
        say("  " + ctx.t("cli.test.repeats" if said.repeats else "cli.test.confirms", test=said.repeats or said.confirms))
    say("  " + ctx.t(f"cli.test.state.{said.state}", repeats=said.repeated))
    for each in said.stopped:
        say("  " + ctx.t("cli.test.stopped", name=clean(each.name), quantity=amount(ctx, each.quantity)))
    for words in must:
        say("  " + words)


def _change(given: str | None) -> int:
    """Read an absorbance change (0.312) as a whole number of ten-thousandths."""
    try:
        exact = Decimal(str(given).strip()) * _UNITS
    except InvalidOperation:
        raise BadData("test.absorbance", value=given, expected="0.312") from None
    if not exact.is_finite() or exact != exact.to_integral_value() or abs(exact) > 10**9:
        raise BadData("test.absorbance", value=given, expected="0.312")
    return int(exact)
