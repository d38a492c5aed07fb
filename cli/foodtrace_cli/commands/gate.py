"""``gate``: one truck, one decision."""

from __future__ import annotations

from functools import partial

import click

from foodtrace.errors import BadData
from foodtrace.quantity import Quantity
from foodtrace_cli.commands.goods import amount
from foodtrace_cli.commands.scan import certificates_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say, verdict

_COLOURS = {"admit": "green", "hold": "yellow", "refuse": "red"}


@click.command()
@click.argument("given", metavar="FILE|TEXT|-")
@click.option("--market", default=None, help="Market; by default the only one.")
@click.option("--weight", default=None, help="What the scale says (482kg); by default what is certified.")
@click.option("--id", "event_id", default="", help="Id of the event, for retries.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def gate(click_ctx: click.Context, given: str, market: str | None, weight: str | None, event_id: str, *, as_json: bool) -> None:
    """Decide on a truck from the code on its papers: admit, hold or refuse, with every reason; the decision is recorded.

    Exit 0 only for admit.
    """
    from foodtrace.gate.rules import load  # noqa: PLC0415
    from foodtrace.graph.directory import resolve_site, sites_of_kind  # noqa: PLC0415
    from foodtrace.operations import market as gates  # noqa: PLC0415
    from foodtrace.operations.answers import said  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    size = Quantity.parse(weight) if weight else None
    answers = []
    with ctx.open() as ledger:
        with ledger.reading() as session:
            if market is None:
                found = sites_of_kind(session, ("market",))
                if len(found) != 1:
                    raise BadData("gate.which_market", value=len(found), expected="--market")
                place = found[0][0]
            else:
                place = resolve_site(session, market)
        rules = load()
        for text in certificates_of(given):
            doing = Doing(now=local(ledger.clock()), id=event_id)
            _, answer = ledger.act(partial(gates.admit, doing=doing, rules=rules, text=text, market=place, weight=size))
            answers.append(answer)
    for answer in answers:
        if as_json:
            emit_json(said(answer))
            continue
        word = verdict(ctx.t("gate.verdict." + answer.verdict), _COLOURS[answer.verdict])
        quantity = amount(answer.quantity) if answer.quantity else ""
        say(
            ctx.t(
                "cli.gate.line",
                word=word,
                product=answer.product,
                quantity=quantity,
                lot=answer.lot.rpartition("/")[2],
                seller=answer.seller,
            )
        )
        for reason in answer.decision.reasons:
            say(f"          {reason.as_dict(ctx.lang)['message']}  {reason.code}")
        for must in answer.decision.must:
            say(f"          {must.message(ctx.lang)}")
        if answer.verdict != "admit":
            say(f"          {answer.decision.authority(ctx.lang)}")
    click_ctx.exit(0 if answers and all(answer.verdict == "admit" for answer in answers) else 1)
