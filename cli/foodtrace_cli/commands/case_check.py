"""``case sample`` and ``case check``: did the recall reach the shops."""

from __future__ import annotations

import click

from foodtrace.quantity import Quantity
from foodtrace_cli.commands.case_common import BY, CASE, CASE_ARGUMENT, EVIDENCE, hashed
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import Word

_LOTS = 5
"""Lots that a line names."""


@click.command()
@CASE_ARGUMENT
@click.option(
    "--level",
    type=click.Choice(["A", "B", "C", "D", "E"]),
    default=None,
    help="A all, B > 10 %, C 10 %, D 2 %, E none; later: as it stands.",
)
@click.option("--percent", type=int, default=None, help="Share for level B, 11 to 99; by default 30.")
@click.option("--verify", is_flag=True, help="Draw again by the opened seed and compare with the record.")
@BY
@prints("case-sample", "case-sample-verified")
@click.pass_context
def sample(
    click_ctx: click.Context, case_id: str | None, level: str | None, percent: int | None, by: str, *, verify: bool, as_json: bool
) -> None:
    """Draw the sites that are visited, from the seed the case committed to when it was opened."""
    from foodtrace.operations import checks  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.recall.cases import name_case  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    if verify:
        click_ctx.exit(_verify(ctx, case_id, as_json=as_json))
    with ctx.open() as ledger:
        with ledger.reading() as session:
            commitment = checks.commitment_of(session, name_case(session, case_id))
        seed = checks.read_seed(ledger.keys, commitment)
        doing = Doing(now=local(ledger.clock()), by=by, log=ledger.writer().number)
        _, drawn = ledger.act(lambda session: checks.sample(session, doing, case_id, seed, level or "", percent=percent))
    if as_json:
        emit_json(drawn)
        return
    say(ctx.t("cli.case.sampled", case=drawn.case, level=drawn.level, frame=drawn.frame, size=drawn.size, new=len(drawn.new)))
    for site, name in drawn.new:
        say(f"  {name} ({site})")


def _verify(ctx: Context, case_id: str | None, *, as_json: bool) -> int:
    from foodtrace.operations import checks  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        found = checks.redraw(session, case_id)
    good = found.seed_fits and not found.unexpected and not found.missing and not found.untold
    if as_json:
        emit_json(found)
        return 0 if good else 1
    fits = ctx.t("cli.case.seed_fits" if found.seed_fits else "cli.case.seed_differs")
    say(ctx.t("cli.case.redrawn", case=found.case, agree=found.agree, drawn=found.drawn, fits=fits))
    others = {"unexpected": found.unexpected, "missing": found.missing, "visited_before": found.visited, "untold": found.untold}
    for key, names in others.items():
        if names:
            say(ctx.t("cli.case." + key, names=", ".join(names)))
    return 0 if good else 1


@click.command()
@click.argument("site")
@click.argument("result", type=Word(["clean", "found", "not_notified", "closed"]))
@CASE
@click.option("--lot", default="", help="Lot that was found.")
@click.option("--quantity", default=None, help="How much was found.")
@EVIDENCE
@BY
@prints("case-check")
@click.pass_obj
def check(
    ctx: Context,
    site: str,
    result: str,
    case_id: str | None,
    lot: str,
    quantity: str | None,
    evidence: str | None,
    by: str,
    *,
    as_json: bool,
) -> None:
    """Record what a visit to SITE found, and say what must follow."""
    import msgspec  # noqa: PLC0415

    from foodtrace.operations import checks  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415
    from foodtrace.recall.findwords import find_words  # noqa: PLC0415

    size = Quantity.parse(quantity) if quantity else None
    proof = hashed(evidence)
    with ctx.open() as ledger:
        doing = Doing(now=local(ledger.clock()), by=by, log=ledger.writer().number)
        receipt, found = ledger.act(
            lambda session: checks.check(session, doing, case_id, site, result, lot=lot, quantity=size, evidence=proof)
        )
    if receipt is not None:  # only now the visit has a place in the log
        entry = f"{receipt.log}#{receipt.last}"
        found = msgspec.structs.replace(found, finds=tuple(msgspec.structs.replace(each, entry=entry) for each in found.finds))
    if as_json:
        emit_json(found)
        return
    event = found.event
    let_go = any(find.kind == "cleared" for find in found.finds)
    say(
        ctx.t(
            "cli.case.checked",
            case=event.case,
            name=found.name,
            result=ctx.t("cleared.result" if let_go else "cli.case.result_" + event.result),
        )
    )
    for find in found.finds:
        say("  " + clean(find_words(find, event.case, ctx.lang)))
    # By lot and quantity, beyond the book too: what was found need not be on it.
    goods = f" --lot {event.lot} --quantity {str(event.quantity).replace(' ', '')} --allow-short" if event.lot else ""
    if found.lots:
        lots = ", ".join(found.lots[:_LOTS]) + (" .." if len(found.lots) > _LOTS else "")
        size_ = str(event.quantity).replace(" ", "")
        say("  " + ctx.t("cli.case.then_name", lots=lots, site=event.site, case=event.case, quantity=size_))
    for each in found.consequences:
        if each == "seal" and found.lots:
            continue  # by which lot, the line above asks; with it this one is said
        if each == "seal" and not event.lot:
            lots = ", ".join(found.among[:_LOTS]) + (" .." if len(found.among) > _LOTS else "")
            size_ = str(event.quantity).replace(" ", "")
            say("  " + ctx.t("cli.case.then_seal_any", site=event.site, quantity=size_, lots=lots))
            continue
        say("  " + ctx.t("cli.case.then_" + each, site=event.site, level=found.level, case=event.case, goods=goods))
