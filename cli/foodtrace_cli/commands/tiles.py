"""``verify --tiles``: the audit of a copy, without a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foodtrace.errors import ProofError
from foodtrace_cli.commands.prove import read, verifier_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, emit_error, emit_json, progress, say

WITHIN = 30
"""Minutes that a copy behind an address may take by default: at 5 ms a file that is a log of 40 million entries."""


def audit_copy(ctx: Context, given: str, keys: Sequence[str], since: str | None, within: int | None, *, as_json: bool) -> int:
    """Audit a copy and say what was found; return the exit code, 0 or 3.

    :param within: minutes that a copy behind an address may take.
    """
    from foodtrace.tlog.tileaudit import audit  # noqa: PLC0415
    from foodtrace.tlog.tilesource import source_of  # noqa: PLC0415

    known = [verifier_of(each) for each in keys]
    older = None if since is None else read(Path(since))
    try:
        with progress(ctx.t("cli.verify.label")) as bar:
            found = audit(source_of(given, within=(within or WITHIN) * 60), known, since=older, progress=bar)
    except ProofError as error:  # the checkpoint itself does not hold: a finding, not a "no"
        emit_error(error, ctx.lang, as_json=as_json)
        return 3
    code = 0 if found.ok else 3
    if as_json:
        emit_json(found)
        return code
    if found.ok:
        say(ctx.t("cli.tiles.ok", log=clean(found.log), entries=f"{found.entries:,}", files=f"{found.files:,}"))
        by = "cli.tiles.handed_over" if found.given else "cli.tiles.trusted" if found.trusted else "cli.tiles.own_word"
        say(ctx.t(by, vkey=clean(found.vkey), given=clean(found.given)))
        if found.since is not None:
            say(ctx.t("cli.tiles.since", size=f"{found.since:,}"))
        if found.since_witnesses:
            say(ctx.t("cli.tiles.since_witnesses", count=found.since_witnesses, size=f"{found.since or 0:,}"))
        if found.witnesses:
            say(ctx.t("cli.tiles.witnesses", count=found.witnesses))
        return code
    told = {"log": clean(found.log), "size": f"{found.size:,}", "entries": f"{found.entries:,}"}
    if not found.looked and len(found.findings) == 1:
        say(ctx.t("cli.tiles.unlooked", **told))
        say(f"  {ctx.t('cli.hint')}: {ctx.t(f'{found.findings[0].code}.hint')}")
    else:
        say(ctx.t("cli.tiles.broken", log=clean(found.log), count=len(found.findings) - (not found.looked)))
        if not found.looked:
            say(ctx.t("cli.tiles.unlooked_more", **told))
    for each in found.findings[:50]:
        where = clean(each.path) + ("" if each.seq is None else f" #{each.seq}")
        got = clean(each.path if each.code in ("tiles.unreadable", "tiles.too_slow") else each.got)
        say(f"  {where}  {each.code}: {ctx.t(each.code, value=got, expected=clean(each.expected), reason=clean(each.got))}")
    return code
