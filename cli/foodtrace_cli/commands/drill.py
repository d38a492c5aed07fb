"""``drill``: a mock recall of a lot drawn at random; reads only."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

import click

from foodtrace.errors import BadData
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say
from foodtrace_cli.typed import OUT_FILE


@click.command()
@click.option("--seed", default=None, help="Seed of the draw: it draws the same lot from the same ledger again. By default a random one.")
@click.option("--lot", default=None, help="Drill this lot instead of drawing one.")
@click.option("--out", default=None, type=OUT_FILE, metavar="FILE.html", help="Report to write; by default one named after the seed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (foodtrace schema drill) and write a report only with --out.")
@click.pass_obj
def drill(ctx: Context, seed: str | None, lot: str | None, out: str | None, *, as_json: bool) -> None:
    """Practise a recall: draw a lot, find it, balance its quantities, time it. Touches no stock, sends no notice, records nothing."""
    from foodtrace.recall.drill import drill as practise  # noqa: PLC0415

    if seed is not None and lot is not None:
        raise BadData("drill.seed_and_lot", value=seed, expected=lot)
    chosen = seed if seed is not None else "" if lot else secrets.token_hex(4)
    with ctx.open() as ledger, ledger.reading() as session:
        found, chain = practise(session, chosen, now=ledger.clock(), timer=lambda: time.monotonic_ns() // 1000, lot=lot)
    name = out
    if name is None and not as_json:
        name = ctx.t("cli.drill.name", seed=re.sub(r"[^\w.-]", "_", chosen or found.lot)[:60])
    if name is not None:
        from foodtrace.recall.drill_html import html  # noqa: PLC0415

        Path(name).write_text(html(found, chain, lang=ctx.lang), encoding="utf-8")
    if as_json:
        emit_json(found)
        return
    from foodtrace.recall.drill_html import accounted_words, seconds  # noqa: PLC0415

    what = clean(f"{found.product} {found.lot}".strip())
    say(ctx.t("cli.drill.drawn" if found.candidates else "cli.drill.named", lot=what, count=found.candidates, seed=clean(found.seed)))
    for place in range(len(found.accounted)):
        say(ctx.t("cli.drill.accounted", said=accounted_words(found, place, ctx.lang)))
    say(ctx.t("cli.drill.found", outlets=found.outlets, reachable=found.reachable, sites=found.sites, untraced=found.untraced))
    say(ctx.t("cli.drill.took", seconds=seconds(found.milliseconds), path=name))
