"""``case list``: every recall on record, one line each."""

from __future__ import annotations

import click

from foodtrace_cli.commands.case_left import amount, lots_of, size_of, unaccounted_words
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.schemaoption import prints


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Also the closed and the withdrawn.")
@prints("case-list")
@click.pass_obj
def list_(ctx: Context, *, everything: bool, as_json: bool) -> None:
    """List the cases on record: how far each has come, when it is due, how much is late."""
    from foodtrace.operations import caselist  # noqa: PLC0415
    from foodtrace.recall.beside import base_words, percent_words  # noqa: PLC0415
    from foodtrace.recall.clearedwords import line_words  # noqa: PLC0415
    from foodtrace.recall.namesakes import told_apart  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        found = caselist.overview(session, ledger.clock(), everything=everything)
        ended = 0 if found else caselist.ended(session, ledger.clock())
    if as_json:
        emit_json(found)
        return
    if not found:
        say(ctx.t("status.no_cases", closed=ended))
    for each in found:
        words = {
            "case": each.case,
            "product": each.product or "-",
            "level": ctx.t(f"status.level_{each.level}"),
            "state": ctx.t(f"status.is_{each.state}"),
            "version": each.version,
            "outlets": each.outlets,
            "r2": " ".join(filter(None, (percent_words(each.rates["R2"]), base_words(each.beyond, each.rates["R2"].unit, ctx.lang))))
            or ctx.t("status.none"),
            "r5": f"{each.rates['R5'].numerator}/{each.rates['R5'].denominator}",
            "due": each.due_day or "-",
            "late": each.late,
        }
        say(ctx.t("status.line", **words))
        for kind in ("own_corrected", "without_effect", "unanswered"):
            if count := getattr(each, kind):
                say("  " + ctx.t(f"status.{kind}", count=count, entries=f"foodtrace case status {each.case}"))
        if each.broken:
            words = {"case": each.case, "count": each.broken, "unmet": each.closed_over}
            say("  " + ctx.t("status.broken_over" if each.closed_over else "status.broken", **words))
        if each.worst is not None:
            size = size_of(ctx, each.worst) if each.worst.quantity else ""
            words = {"name": each.worst.name or "-", "what": ctx.t("closing." + each.worst.kind), "quantity": size}
            say("    " + ctx.t("status.broken_worst", goods=lots_of(ctx, each.worst.goods, each.worst.unit), **words).rstrip())
        for line in each.cleared:
            say("  " + clean(line_words(line, ctx.lang)))
        if missing := unaccounted_words(ctx, each.unaccounted, told_apart((one.site, one.name) for one in each.unaccounted)):
            say("  " + missing)
        for since in each.found_since:
            what = {"case": each.case, "closed": since.closed[:10], "at": since.at[:16], "name": since.name, "product": since.product}
            size = amount(ctx, since.quantity, since.unit) if since.unit else ""
            say("  " + ctx.t("status.found_since", **what, quantity=size, lot=since.lot or ctx.t("status.no_lot")))
