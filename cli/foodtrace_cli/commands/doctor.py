"""``doctor``: what is wrong with this set-up, and how to mend it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, say, verdict
from foodtrace_cli.schemaoption import prints

if TYPE_CHECKING:
    from foodtrace.ledger import Ledger


@click.command()
@prints("doctor")
@click.pass_context
def doctor(click_ctx: click.Context, *, as_json: bool) -> None:
    """Look at disk, database, clock, keys, anchors, locale and code readers; say how to mend what is wrong. Changes nothing.

    Exit 0 if nothing is bad (warnings may be there), else 3. Whether the record itself holds is for verify.
    """
    from foodtrace.keeping.doctor import Surroundings, examine  # noqa: PLC0415 - import time is part of a command's time
    from foodtrace.ledger import default_keys  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    database = ctx.db.removeprefix("sqlite:///")
    path = None if "://" in database else Path(database).expanduser()
    keys = Path(ctx.keys).expanduser() if ctx.keys else default_keys(path)
    around = Surroundings(
        encoding=getattr(sys.stdout, "encoding", None) or "utf-8", lang=ctx.lang, passphrase=bool(os.environ.get("FOODTRACE_PASSPHRASE"))
    )
    with ExitStack() as stack:

        def opened() -> Ledger:
            return stack.enter_context(ctx.open(recovering=True))

        found = examine(opened, path, keys, around)
    if as_json:
        emit_json(found)
    else:
        colours = {"ok": "green", "warn": "yellow", "bad": "red"}
        for each in found.checks:
            facts = {name: clean(value) for name, value in each.facts.items()}
            say(f"{verdict(ctx.t(f'cli.doctor.{each.state}'), colours[each.state])} {ctx.t(f'doctor.{each.code}', **facts)}")
            if each.state != "ok":
                say(f"    {ctx.t('cli.hint')}: {ctx.t(f'doctor.{each.code}.hint', **facts)}")
            if "sql" in facts:
                say(f"    {facts['sql']}")
        bad, warned = (sum(each.state == state for each in found.checks) for state in ("bad", "warn"))
        say(ctx.t("cli.doctor.sum", bad=bad, warn=warned))
    click_ctx.exit(0 if found.ok else 3)
