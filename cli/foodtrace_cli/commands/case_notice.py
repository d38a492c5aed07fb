"""``case notify`` and ``case acknowledge``: telling everybody, and what they answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from foodtrace.errors import BadData
from foodtrace_cli.commands.case_common import BY, CASE, CASE_ARGUMENT, EVIDENCE, act, as_file, hashed, names_of
from foodtrace_cli.commands.case_left import said_otherwise
from foodtrace_cli.commands.goods import portion
from foodtrace_cli.commands.recall_screen import named_ahead
from foodtrace_cli.context import Context
from foodtrace_cli.output import emit_json, progress, say

if TYPE_CHECKING:
    from foodtrace.operations.noticepage import Mail
    from foodtrace.operations.notices import Notified


@click.command()
@CASE_ARGUMENT
@click.option("--new", "which", flag_value="new", default=True, help="Who has no notice yet, or new goods since (this is the default).")
@click.option("--silent", "which", flag_value="silent", help="Remind who has not answered.")
@click.option("--all", "which", flag_value="all", help="Everybody again.")
@click.option("--reprint", is_flag=True, help="Write the files of the notices on record again; nothing is recorded.")
@click.option("--out", default=None, metavar="FOLDER", help="Folder for the files; by default one named after the case.")
@click.option("--contacts", is_flag=True, help="Write contact data into the list; that is recorded.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON (foodtrace schema case-notify).")
@click.pass_obj
def notify(
    ctx: Context, case_id: str | None, which: str, out: str | None, by: str, *, reprint: bool, contacts: bool, as_json: bool
) -> None:
    """Record a notice to everybody affected who has none, and write each as a page to print, with a list for a mailing system.

    Each party gets one file with its own lots and quantities and a receipt code; suppliers are told too, who also got goods of the
    case in one file.
    """
    sent = _reprinted(ctx, case_id) if reprint else _recorded(ctx, case_id, which, by)
    for line in named_ahead(ctx, sent.ahead):
        say(line, err=True)
    for each in sent.visited:
        size = str(each.quantity).replace(" ", "") if each.quantity else ctx.t("cli.case.quantity")
        say(ctx.t("cli.case.visited", name=each.name, site=each.site, case=sent.case, quantity=size), err=True)
    if not sent.notices:
        emit_json([]) if as_json else say(ctx.t("cli.case.nobody_new", case=sent.case))
        return
    if contacts:
        from foodtrace.operations.cases import show_contacts  # noqa: PLC0415

        count = sum(bool(each.party.phone or each.party.contact or each.party.address) for each in sent.notices)
        act(ctx, lambda session, doing: show_contacts(session, doing, sent.case, "notices", count), by=by)
        say(ctx.t("cli.case.contacts", count=count), err=True)
    folder = Path(out or ctx.t("cli.case.folder", case=as_file(sent.case)))
    records, name = _write(ctx, folder, sent, contacts=contacts)
    if as_json:
        emit_json(records)
        return
    counts = {"others": sent.others, "both": sent.both, "upstream": sent.upstream}
    if reprint:
        say(ctx.t("cli.case.reprinted", case=sent.case, count=len(sent.notices), folder=folder))
    else:
        words = {key: ctx.t("cli.case." + key, count=count) if count else "" for key, count in counts.items()} | {"outlets": sent.outlets}
        say(ctx.t("cli.case.notified_files", folder=folder, count=len(sent.notices), list=name, **words))
    if not contacts:
        say(ctx.t("cli.case.masked"), err=True)


def _recorded(ctx: Context, case_id: str | None, which: str, by: str) -> Notified:
    """Record the notices that are due, in several goes where there are very many."""
    from foodtrace.operations import notices  # noqa: PLC0415

    made: Notified | None = None
    while True:
        part: Notified = act(ctx, lambda session, doing: notices.notify(session, doing, case_id, which=which), by=by)  # type: ignore[arg-type]
        if made is None:
            made = part
        else:
            sums = {name: getattr(made, name) + getattr(part, name) for name in ("outlets", "others", "upstream", "both", "notices")}
            made = msgspec.structs.replace(made, **sums)
        if len(part.notices) < notices.MOST or which != "new":
            return made


def _reprinted(ctx: Context, case_id: str | None) -> Notified:
    from foodtrace.operations import notices  # noqa: PLC0415
    from foodtrace.recall.cases import name_case  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        return notices.sent_before(session, ledger.clock(), name_case(session, case_id))


def _write(ctx: Context, folder: Path, sent: Notified, *, contacts: bool) -> tuple[list[Mail], str]:
    """Write the pages and the list; what is recorded stays recorded if the disk fails (``--reprint``)."""
    from foodtrace.operations import noticepage  # noqa: PLC0415

    with ctx.open() as ledger, ledger.reading() as session:
        public = noticepage.public_of(session, sent.case, ledger.clock())
    folder.mkdir(parents=True, exist_ok=True)
    with progress(str(folder), len(sent.notices)) as bar:
        for place, each in enumerate(sent.notices, 1):
            (folder / noticepage.file_name(each)).write_text(noticepage.page(public, each, ctx.lang), encoding="utf-8")
            bar(place)
    records = noticepage.mailing(sent, contacts=contacts)
    stem = ctx.t("cli.case.list")
    name = next(each for each in (f"{stem}{'' if n == 1 else f'-{n}'}" for n in range(1, 10_000)) if not (folder / f"{each}.csv").exists())
    (folder / f"{name}.csv").write_bytes(noticepage.as_csv(records))
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(records), indent=2) + b"\n")
    return records, f"{name}.csv"


@click.command()
@click.argument("site", required=False)
@CASE
@click.option("--code", default=None, metavar="TEXT", help="What the notice's QR code says; who has it had the notice.")
@click.option(
    "--file", "path", default=None, metavar="FILE", help="Answers as CSV or XLSX: site or receipt code, lot, on hand, unit, time."
)
@click.option(
    "--skip-bad",
    is_flag=True,
    help="With --file: record the good answers and write the rows of the others to a file to mend and send again.",
)
@click.option("--on-hand", multiple=True, metavar="LOT=QUANTITY", help="What it says it held when the notice arrived; once per lot.")
@click.option("--nothing-left", is_flag=True, help="It says that nothing was left of what --on-hand does not name.")
@EVIDENCE
@BY
@click.option("--json", "as_json", is_flag=True, help="Print JSON (foodtrace schema case-acknowledge; of a file case-answers).")
@click.pass_context
def acknowledge(
    click_ctx: click.Context,
    site: str | None,
    case_id: str | None,
    code: str | None,
    path: str | None,
    on_hand: tuple[str, ...],
    evidence: str | None,
    by: str,
    *,
    skip_bad: bool,
    nothing_left: bool,
    as_json: bool,
) -> None:
    """Record the answer of SITE to its notice; or by the receipt code (--code); or many from a file (--file).

    What is not said stays unknown: without --on-hand or --nothing-left the book's stock stands.
    """
    ctx: Context = click_ctx.obj
    if sum(each is not None for each in (site, code, path)) != 1:
        raise BadData("case.how_answered", value=site or code or path or "-", expected="SITE / --code / --file")
    if path is not None:
        click_ctx.exit(_from_file(ctx, case_id, path, by, skip_bad=skip_bad, as_json=as_json))
    held = [portion(each) for each in on_hand]
    event = _one(ctx, case_id, site, code, by, held=held, nothing=nothing_left, evidence=hashed(evidence))
    if as_json:
        emit_json(event)
    else:
        say(ctx.t("cli.case.acknowledged", case=event.case, site=names_of(ctx, [event.site])[event.site]))
    if event.on_hand:
        said_otherwise(ctx, event.case, {event.site})


def _one(ctx: Context, case_id: str | None, site: str | None, code: str | None, by: str, *, held: Any, nothing: bool, evidence: str) -> Any:
    from foodtrace.operations import notices  # noqa: PLC0415
    from foodtrace.operations.receipts import notice_of  # noqa: PLC0415
    from foodtrace.recall.cases import resolve_case  # noqa: PLC0415

    def answer(session: Any, doing: Any) -> Any:
        if code is None:
            return notices.acknowledge(session, doing, case_id, site or "", held, nothing=nothing, evidence=evidence)
        found = notice_of(session, code)
        if case_id is not None and (meant := resolve_case(session, case_id)) != found.case:
            raise BadData("case.other_case", value=found.case, expected=meant)
        return notices.acknowledge(session, doing, found.case, found.to, held, nothing=nothing, evidence=evidence, notice=found.id)

    return act(ctx, answer, by=by)


def _from_file(ctx: Context, case_id: str | None, path: str, by: str, *, skip_bad: bool, as_json: bool) -> int:
    from foodtrace.intake import bad_path, write_bad_rows  # noqa: PLC0415
    from foodtrace.intake.lists import headings_of, open_list, rows_of  # noqa: PLC0415
    from foodtrace.operations.answersfile import ANSWERS, SINGLE, bad_rows, collect, said_of  # noqa: PLC0415

    table = open_list(path, ANSWERS, needed=("quantity",), single=SINGLE)
    rows = rows_of(table, ANSWERS)
    found = act(ctx, lambda session, doing: collect(session, doing, case_id, rows, skip_bad=skip_bad), by=by)
    headings = headings_of(table, ANSWERS)
    for fault in found.faults:
        words = {
            "row": fault.row,
            "column": headings.get(fault.column, fault.column),
            "value": fault.value,
            "message": fault.error.message(ctx.lang),
        }
        say(ctx.t("cli.case.fault", **words), err=True)
    hints = {each.error.code: each.error.hint(ctx.lang) for each in reversed(found.faults)}  # of each kind that of the first row
    for hint in dict.fromkeys(each for each in reversed(hints.values()) if each):
        say(f"  {ctx.t('cli.hint')}: {hint}", err=True)
    for each in found.left_out:
        if each.reason == "same_site":
            say(ctx.t("cli.case.left_site", row=each.row, site=each.site, because=each.because), err=True)
    waiting = [each for each in found.left_out if each.reason == "file"]
    if waiting:
        say(ctx.t("cli.case.left_file", count=len(waiting), because=waiting[0].because), err=True)
    if as_json:
        emit_json(said_of(found))
    else:
        words = {"new": found.new, "known": found.known, "faults": len({each.row for each in found.faults}), "left": len(found.left_out)}
        say(ctx.t("cli.case.answers", case=found.case, rows=found.rows, **words))
    if found.new:
        said_otherwise(ctx, found.case, found.sites)
    if skip_bad and found.faults:
        bad = bad_rows(found, rows, headings)
        wanted, written = bad_path(path, ctx.lang), write_bad_rows(path, table, bad, lang=ctx.lang)
        say(ctx.t("cli.record.bad_file" if written == wanted else "cli.record.bad_file_other", path=written, there=wanted), err=as_json)
    return 1 if found.faults else 0
