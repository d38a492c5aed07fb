"""``record FILE``: bulk intake of JSON lines, CSV and XLSX."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData, FoodtraceError, NotFound
from foodtrace_cli.commands.record_unknown import say_unknown
from foodtrace_cli.context import Context
from foodtrace_cli.output import clean, progress, say, table, terminal_width, wrapped
from foodtrace_cli.typed import Word

if TYPE_CHECKING:
    from foodtrace.intake import Check, Intake, Mapping, Question
    from foodtrace.ledger import Ledger
    from foodtrace.storage.session import Session

_SHOWN = 20
_LEFT_OUT = 5
_BATCH = 5000


class LedgerDirectory:
    """The names on record, as intake asks for them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def site(self, name: str, /, *, market: str = "") -> str:
        """Return a site's id from its id, name, credit code or trader card."""
        from foodtrace.events import SellerFile  # noqa: PLC0415
        from foodtrace.graph.directory import resolve_site  # noqa: PLC0415
        from foodtrace.operations.common import latest  # noqa: PLC0415

        file = latest(self._session, f"card {market} {name}", SellerFile) if market else None
        if file is not None and file.stall:
            return str(file.stall)
        return resolve_site(self._session, name)

    def lot(self, name: str, /, *, site: str = "") -> str:
        """Return a lot's full id from the full id or a unique bare code."""
        from foodtrace.graph.directory import resolve_lot  # noqa: PLC0415

        del site
        try:
            return resolve_lot(self._session, name)
        except NotFound:
            if "/" in name:
                return name
            raise

    def product(self, name: str, /) -> str:
        """Return a product's name as it is on record."""
        return name

    def products_of(self, lot: str, /) -> tuple[str, ...]:
        """Return what a lot was said to be where it came to be."""
        rows = self._session.rows(
            "SELECT DISTINCT l.product FROM name AS n JOIN lot_fact AS l ON l.lot = n.id "
            "WHERE n.text = ? AND l.ended = 0 AND l.site <> 0 AND l.product <> '' ORDER BY l.product LIMIT 20",
            (lot,),
        )
        return tuple(str(row[0]) for row in rows)


@click.command()
@click.argument("file")
@click.option("--skip-bad", is_flag=True, help="Record the good rows and write the bad ones to a file to mend and send again.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, record nothing.")
@click.option("--map", "map_file", default=None, metavar="FILE", help="Column mapping (TOML) to use instead of the remembered one.")
@click.option("--sheet", default=None, help="Sheet of a workbook.")
@click.option("--unit", default=None, help="Unit of quantities that name none: kg, 斤, can ..")
@click.option("--as", "kind", default=None, type=Word(["transfer", "receipt", "sale", "stock_count", "loss"]), help="What a row is.")
@click.option("--site", default="", help="Market or shop the file belongs to.")
@click.option("--confirm-future", is_flag=True, help="Rows dated more than a day ahead of now are meant so (goods that are announced).")
@click.pass_context
def record(
    click_ctx: click.Context,
    file: str,
    map_file: str | None,
    sheet: str | None,
    unit: str | None,
    kind: str | None,
    site: str,
    *,
    skip_bad: bool,
    dry_run: bool,
    confirm_future: bool,
) -> None:
    """Record a file: JSON lines (one event each), or CSV and XLSX with Chinese or English headings. - reads standard input.

    Nothing is recorded if any row is bad, unless --skip-bad. A second run of the same file changes nothing.
    """
    from foodtrace.intake import FILE, bad_path, load_mappings, read_events, write_bad  # noqa: PLC0415

    ctx: Context = click_ctx.obj
    remembered = Path(FILE)
    saved = load_mappings(remembered) if remembered.exists() else []
    given = _given(map_file) if map_file else None
    with ctx.open() as ledger:
        with ledger.reading() as session, progress(ctx.t("cli.record.reading")) as bar:
            found = read_events(
                sys.stdin.buffer if file == "-" else file,
                directory=LedgerDirectory(session),
                mapping=given,
                unit=unit,
                sheet=sheet,
                ask=(lambda question: _ask(ctx, question)) if ctx.interactive else None,
                kind=kind,  # type: ignore[arg-type]
                site=site,
                saved=saved,
                progress=bar,
                now=None if confirm_future else _present(ledger),
                check=_check(ctx, ledger, session, dry_run=dry_run),
            )
            say_unknown(ctx, session, found.events)
        _report(ctx, file, found)
        _say_ahead(ctx, found, _present(ledger))
        if not found.events and not found.bad:
            raise NotFound("record.no_row", value=file)
        if dry_run:
            say(ctx.t("cli.record.dry", good=f"{len(found.events):,}"))
            _first(ctx, ledger, found)
            if not found.bad:
                _remember(found)
            click_ctx.exit(1 if found.bad else 0)
        if found.bad and not skip_bad:
            say(ctx.t("cli.record.none", bad=len(found.bad), file=file), err=True)
            click_ctx.exit(1)
        done = _write(ctx, ledger, found)
    _remember(found)
    left = ctx.t("cli.record.done_skipped", count=f"{len(found.skipped):,}") if found.skipped else ""
    say(ctx.t("cli.record.done", new=f"{done.new:,}", known=f"{done.known:,}", bad=len(found.bad)) + left)
    if done.new:
        say("  " + ctx.t("cli.record.where", log=done.log, first=f"{done.first:,}", last=f"{done.last:,}"))
    if found.bad:
        if file != "-":
            wanted, path = bad_path(file, ctx.lang), write_bad(file, found, lang=ctx.lang)
            say(ctx.t("cli.record.bad_file" if path == wanted else "cli.record.bad_file_other", path=path, there=wanted))
        click_ctx.exit(1)


def _remember(found: Intake) -> None:
    """Keep which column is what, the unit and the site, whoever said it (``--map``, ``--unit``, ``--site`` or an answer)."""
    from foodtrace.intake import FILE, save_mapping  # noqa: PLC0415

    if found.mapping is not None and found.mapping.columns:
        save_mapping(Path(FILE), found.mapping)


def _present(ledger: Ledger) -> dt.datetime:
    from foodtrace.graph.times import moment  # noqa: PLC0415

    return moment(ledger.clock())


def _say_ahead(ctx: Context, found: Intake, now: dt.datetime) -> None:
    """Say how many records are dated ahead although they are taken (JSON lines, ``--confirm-future``): no answer counts them before."""
    late = now + dt.timedelta(days=1)
    if count := sum(each.at > late for each in found.events):
        say(ctx.t("cli.record.ahead", count=f"{count:,}"), err=True)


def _check(ctx: Context, ledger: Ledger, session: Session, *, dry_run: bool) -> Check | None:
    """Return what compares rows with the log they would go to; a dry run without a key says that it cannot."""
    try:
        ledger.refusals(session, [])
    except NotFound as error:
        if not dry_run or error.code != "key.missing":
            raise
        say(ctx.t("cli.record.not_compared"), err=True)
        return None
    return lambda events: ledger.refusals(session, events)


def _given(map_file: str) -> Mapping:
    """Return the mapping of ``--map``; a file that is not there or holds none is an error, never a silent other choice."""
    from foodtrace.intake import load_mappings  # noqa: PLC0415

    if not Path(map_file).exists():
        raise NotFound("record.no_file", value=map_file)
    found = load_mappings(map_file)
    if len(found) != 1:
        raise BadData("record.map_one", value=map_file, count=len(found), expected=", ".join(each.name for each in found))
    return found[0]


@dataclass
class _Done:
    """What of a file is on record."""

    new: int = 0
    known: int = 0
    log: str = ""
    first: int = -1
    last: int = -1


def _write(ctx: Context, ledger: Ledger, found: Intake) -> _Done:
    """Record a file batch by batch; where it stops half way, what is on record is told."""
    done = _Done()
    with progress(ctx.t("cli.record.writing"), len(found.events)) as bar:
        for start in range(0, len(found.events), _BATCH):
            try:
                receipt = ledger.record(found.events[start : start + _BATCH])
            except (KeyboardInterrupt, FoodtraceError):
                rest = f"{len(found.events) - done.new - done.known:,}"
                say(ctx.t("cli.record.stopped", new=f"{done.new:,}", known=f"{done.known:,}", rest=rest), err=True)
                raise
            if receipt.new:
                done.first = done.first if done.first >= 0 else receipt.last - receipt.new + 1
                done.last = receipt.last
            done.log = receipt.log
            done.new += receipt.new
            done.known += len(receipt.seqs) - receipt.new
            bar(start + len(receipt.seqs), len(found.events))
    return done


def _first(ctx: Context, ledger: Ledger, found: Intake) -> None:
    """Show how the first row was read: goods as a person says them, another kind of event as it would be recorded."""
    if not found.events:
        return
    event = found.events[0]
    quantity = getattr(event, "quantity", None)
    if quantity is None:
        import msgspec  # noqa: PLC0415

        line = msgspec.json.encode(event).decode()
    else:
        from foodtrace.operations.naming import names_of, product_of  # noqa: PLC0415

        way = [each for each in (getattr(event, "source", ""), event.site, getattr(event, "to", "")) if each]
        lot, product, written = (str(getattr(event, field, "")) for field in ("lot", "product", "written"))
        with ledger.reading() as session:
            names = names_of(session, set(way), ledger.clock())
            product = product or product_of(session, lot, ledger.clock())
        where = f"{event.id} {event.at:%Y-%m-%d %H:%M} {' -> '.join(names[each] for each in way)}"
        original = ctx.t("cli.record.written", written=written) if written else ""
        line = "  ".join(each for each in (where, f"{product} {quantity.in_words(ctx.lang)}".strip(), lot, original) if each)
    say(ctx.t("cli.record.first", row=found.rows[0]))
    for each in wrapped(f"  {line}", terminal_width() if sys.stdout.isatty() else None):
        say(each)


def _head(ctx: Context, found: Intake) -> None:
    """Say what was read, which column is what, and what of it was remembered."""
    from foodtrace.intake import FILE  # noqa: PLC0415

    words = [found.name, " ".join(each for each in (found.encoding, found.sheet) if each)]
    said = "  ".join([*words, ctx.t("cli.record.rows", count=f"{found.total:,}")])
    if found.mapping is not None and found.mapping.origin == "saved":
        said += ctx.t("cli.record.saved", file=FILE, name=clean(found.mapping.name))
    say(said, err=True)
    if found.mapping is None:
        return
    for kept in ("unit", "site"):
        if (value := getattr(found.mapping, kept)) and found.mapping.origin in {"saved", "given"}:
            say("  " + ctx.t(f"cli.record.{kept}", **{kept: clean(value)}), err=True)
    named = [f"{clean(heading)}={field}" for heading, field in found.mapping.columns.items() if field]
    left = [clean(heading) for heading, field in found.mapping.columns.items() if not field]
    line = "  " + " ".join(named) + (ctx.t("cli.record.left", columns=" ".join(left)) if left else "")
    for each in wrapped(line, terminal_width() if sys.stderr.isatty() else None):
        say(each, err=True)


def _report(ctx: Context, file: str, found: Intake) -> None:
    _head(ctx, found)
    for note in found.notes:
        say(note.text(ctx.lang), err=True)
    for lacking in ("without_lot", "without_buyer"):
        if count := getattr(found, lacking):
            say(ctx.t(f"cli.record.{lacking}", count=f"{count:,}", share=f"{count * 100 // max(found.total, 1)} %"), err=True)
    if found.skipped:
        say(ctx.t("cli.record.skipped", count=f"{len(found.skipped):,}"), err=True)
        for each in found.skipped[:_LEFT_OUT]:
            say("  " + clean(each.text(ctx.lang)), err=True)
        if len(found.skipped) > _LEFT_OUT:
            say("  " + ctx.t("cli.record.more", count=f"{len(found.skipped) - _LEFT_OUT:,}"), err=True)
    if not found.bad:
        return
    say(ctx.t("cli.record.bad", file=file, count=len(found.bad)), err=True)
    rows = [
        [str(row.row), clean(fault.column), clean(fault.value)[:30], fault.expected(ctx.lang), fault.hint(ctx.lang)]
        for row in found.bad[:_SHOWN]
        for fault in row.faults
    ]
    headings = [ctx.t("cli.record." + each) for each in ("row", "column", "value", "expected", "mend")]
    say(table(headings, rows, right=[0]), err=True)
    if len(found.bad) > _SHOWN:
        say(ctx.t("cli.record.more", count=len(found.bad) - _SHOWN), err=True)


def _ask(ctx: Context, question: Question) -> str | None:
    say(question.text(ctx.lang), err=True)
    for number, (answer, _) in enumerate(question.options, 1):
        say(f"  {number} {question.label(answer, ctx.lang)}", err=True)
    given = str(click.prompt(">", err=True, default="", show_default=False)).strip()
    if not given:
        return None
    if given.isdigit() and question.options:
        if not 1 <= int(given) <= len(question.options):
            raise BadData("cli.choice", value=given, expected=f"1 .. {len(question.options)}")
        return question.options[int(given) - 1][0]
    return given
