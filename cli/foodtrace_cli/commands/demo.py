"""``demo``: a county-level city through a month, on files as users have them, and two recalls at the end."""

from __future__ import annotations

import time
from pathlib import Path

import click

from foodtrace.errors import Conflict
from foodtrace_cli.context import Context
from foodtrace_cli.output import say


@click.command()
@click.option("--folder", default="demo", show_default=True, help="Folder for the files the demo writes and then reads.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(3, 60), help="Days to simulate.")
@click.option("--outlets", default=1200, show_default=True, type=click.IntRange(20, 5000), help="Shops in the city.")
@click.option("--seed", default=20261124, show_default=True, help="Seed of everything random.")
@click.pass_obj
def demo(ctx: Context, folder: str, days: int, outlets: int, seed: int) -> None:
    """Carry a fictitious city through a month: labels, the gate, settlement files, formula; then recall two lots and verify.

    The ledger of --db is made anew; a file that is already there is never overwritten.
    """
    from foodtrace_cli.city import City  # noqa: PLC0415 - only the demo needs a city

    begin = time.monotonic()
    path = Path(ctx.db.removeprefix("sqlite:///"))
    if path.exists():
        raise Conflict("demo.exists", value=str(path))
    city = City(ctx, path, Path(folder), days=days, outlets=outlets, seed=seed)
    for number, (label, step) in enumerate(city.steps, 1):
        started = time.monotonic()
        result = step()
        say(f"[{number}/{len(city.steps)}] {ctx.t('demo.' + label)}  {result}  ({time.monotonic() - started:.1f} s)", err=True)
    say(ctx.t("demo.total", outlets=f"{outlets:,}", entries=f"{city.entries():,}", seconds=int(time.monotonic() - begin), db=path))
    for line in city.closing():
        say(line)
