"""``case report``: the whole of a case as one file to print, and as a workbook."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace_cli.commands.case_common import as_file
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, say
from foodtrace_cli.typed import OUT_FILE

if TYPE_CHECKING:
    from foodtrace.keeping.reportproofs import ProofPack
    from foodtrace.ledger import Ledger
    from foodtrace.recall.report import Report
    from foodtrace.storage.session import Session


@click.command("report")
@click.argument("case_id", required=False, metavar="[CASE]")
@click.option("--out", default=None, type=OUT_FILE, metavar="FILE.html", help="File to write; by default one named after the case.")
@click.option("--xlsx", default=None, type=OUT_FILE, metavar="FILE.xlsx", help="Write a workbook too, with a sheet per table.")
@click.option(
    "--proofs",
    "proof_file",
    default=None,
    type=OUT_FILE,
    metavar="FILE.tar.gz",
    help="Write the proofs of all its records too, however many.",
)
@click.option("--no-proofs", "bare", is_flag=True, help="Leave the proofs out of the page: it gets smaller, and nobody can check it alone.")
@click.option("--contacts", is_flag=True, help="Show names, phones and addresses in full; that is put on record.")
@click.option("--by", default="", help="Staff number of whoever asks for the contacts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (foodtrace schema case-report) and write no file but those named.")
@click.pass_obj
def report(
    ctx: Context,
    case_id: str | None,
    out: str | None,
    xlsx: str | None,
    proof_file: str | None,
    by: str,
    *,
    bare: bool,
    contacts: bool,
    as_json: bool,
) -> None:
    """Write the report of CASE: list, chain, curve against the deadline, and what proves it; one HTML file that prints on A4.

    `foodtrace check-proof` reads the proofs out of the page and needs no ledger for it.
    """
    from foodtrace.operations.sellers import name_of  # noqa: PLC0415
    from foodtrace.operations.sinceclosed import unmet_at  # noqa: PLC0415
    from foodtrace.operations.stepsheet import done_at, steps_grid, times_grids  # noqa: PLC0415
    from foodtrace.recall.cases import load_case, name_case  # noqa: PLC0415
    from foodtrace.recall.report import MOST_GOODS, case_report  # noqa: PLC0415

    with ctx.open() as ledger:
        with ledger.reading() as session:
            full = name_case(session, case_id)
            load_case(session, full)  # before contacts are shown: one case must be meant
        if contacts:
            _put_on_record(ctx, ledger, full, by)
        with ledger.reading() as session:
            now = ledger.clock()
            most = MOST_GOODS if proof_file is None else None
            called = partial(name_of, session)
            made, chain = case_report(
                session, full, now=now, contacts=contacts, most_goods=most, name_of=called, unmet=unmet_at(session, full, now)
            )
            sites = done_at(session, full, made.answer, now)
            page = out is not None or not as_json
            inside = _proofs(ctx, ledger, session, made) if page and not bare else None
            if proof_file is not None:
                pack = _proofs(ctx, ledger, session, made, every=True)
                Path(proof_file).write_bytes(pack.packed)
                say(ctx.t("cli.report.proofs", path=proof_file, count=pack.proven), err=True)
    if xlsx is not None:
        from foodtrace.recall.report_sheets import workbook_of  # noqa: PLC0415
        from foodtrace.recall.report_tables import grids  # noqa: PLC0415

        Path(xlsx).write_bytes(workbook_of([*grids(made, ctx.lang), steps_grid(sites, ctx.lang)], lang=ctx.lang))
        say(ctx.t("cli.written", path=xlsx), err=True)
    if page:
        from foodtrace.recall.report_html import html  # noqa: PLC0415

        proofs = None if inside is None else (inside.packed, inside.proven, inside.left_out)
        name = out or ctx.t("cli.report.name", case=as_file(full))
        Path(name).write_text(
            html(made, chain, times=times_grids(made.answer, sites, ctx.lang), proofs=proofs, lang=ctx.lang), encoding="utf-8"
        )
        _said(ctx, made, name, as_json=as_json)
    if as_json:
        emit_json(made)


def _proofs(ctx: Context, ledger: Ledger, session: Session, made: Report, *, every: bool = False) -> ProofPack:
    from foodtrace.keeping.reportproofs import MOST_PROOFS, proofs_of  # noqa: PLC0415

    ledger.refuse_set_back()
    return proofs_of(session, made, lang=ctx.lang, most=None if every else MOST_PROOFS)


def _said(ctx: Context, made: Report, name: str, *, as_json: bool) -> None:
    answer = made.answer
    line = ctx.t("cli.report.written", path=name, outlets=len(answer.outlets), untraced=len(answer.untraced), entries=len(made.entries))
    say(line, err=as_json)


def _put_on_record(ctx: Context, ledger: Ledger, case: str, by: str) -> None:
    """Say in the log that people's contacts leave it, before they do."""
    from foodtrace.operations.cases import show_contacts  # noqa: PLC0415
    from foodtrace.operations.common import Doing, local  # noqa: PLC0415

    doing = Doing(now=local(ledger.clock()), by=by)
    receipt, _ = ledger.act(lambda session: show_contacts(session, doing, case))
    if receipt is not None:
        say(ctx.t("cli.report.contacts", log=receipt.log, seq=receipt.last), err=True)
