"""``verify`` and ``rebuild``: whether the record holds."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_json, progress, say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--full", is_flag=True, help="Look at everything (so does every run of this version).")
@click.option("--tiles", "copy", default=None, metavar="FOLDER|URL", help="Audit a copy in tiles instead; needs no ledger.")
@click.option("--key", "log_keys", multiple=True, help="With --tiles: verifier key of the log or a witness, a file or its text.")
@click.option("--since", type=click.Path(exists=True, dir_okay=False), default=None, help="With --tiles: an older checkpoint to extend.")
@click.pass_context
def verify(click_ctx: click.Context, copy: str | None, log_keys: Sequence[str], since: str | None, *, as_json: bool, full: bool) -> None:
    """Check every log, byte by byte, and every figure that was computed from it. Exit 0 only if all of it holds; 3 if not."""
    ctx: Context = click_ctx.obj
    if copy is not None:
        from foodtrace_cli.commands.tiles import audit_copy  # noqa: PLC0415

        click_ctx.exit(audit_copy(ctx, copy, log_keys, since, as_json=as_json))
    if log_keys or since is not None:
        raise click.UsageError("--key and --since go with --tiles")
    with ctx.open() as ledger, progress(ctx.t("cli.verify.label")) as bar:
        found = ledger.verify(progress=bar, full=full)
    code = 0 if found.ok else 1 if found.empty else 3
    if as_json:
        emit_json(found)
    elif found.ok:
        say(ctx.t("cli.verify.ok", logs=len(found.logs), entries=f"{found.entries:,}", checkpoints=f"{found.checkpoints:,}"))
        say(ctx.t("cli.verify.proves"))
    elif found.empty:
        say(ctx.t("cli.verify.empty"))
    else:
        say(ctx.t("cli.verify.broken", count=len(found.findings)))
        for each in found.findings[:50]:
            where = f"{each.log} #{each.seq}" if each.seq is not None else each.log
            say(f"  {clean(where)}  {each.code}: {ctx.t(each.code)}")
            say(f"    {ctx.t('cli.verify.expected')} {clean(each.expected)[:80]}  {ctx.t('cli.verify.got')} {clean(each.got)[:160]}")
        say(ctx.t("cli.verify.stop", db=ctx.db))
    click_ctx.exit(code)


@click.command()
@click.pass_obj
def rebuild(ctx: Context) -> None:
    """Throw away everything computed from the log and compute it anew. The log itself is not touched."""
    with ctx.open() as ledger, progress(ctx.t("cli.rebuild.label")) as bar:
        entries = ledger.rebuild(progress=bar)
    say(ctx.t("cli.rebuild.done", entries=f"{entries:,}"))
    sys.stdout.flush()
