"""``reconcile``: dispatches against receipts both ways, the identity of every holding, events told twice, certificates overspent."""

from __future__ import annotations

import csv
import datetime as dt
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from foodtrace.errors import BadData
from foodtrace_cli.commands.recall_screen import rules_said, width_of
from foodtrace_cli.context import Context
from foodtrace_cli.output import cells, clean, emit_json, progress, say, table, wrapped
from foodtrace_cli.schemaoption import prints
from foodtrace_cli.typed import OUT_FILE, today

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from foodtrace.operations.gatesmet import Paper
    from foodtrace.operations.reconciling import Reconciliation
    from foodtrace.recall.breaks import Break
    from foodtrace.recall.shortcodes import Written

_SHOWN = 12
_FEW = 5
_AGAINST = 8
"""Place of the column with the other time."""
_FIRST_LINE = ("at", "lot", "source", "outlet")
"""What a break is about; the rest is said below it where the terminal is narrow."""
_FILE = (
    *("kind", "lot", "product", "site", "name", "source", "source_name"),
    *("unit", "sent", "received", "difference", "at", "document", "entries", "words", "also"),
    *("received_unit", "received_at", "began_at"),
)


@click.command()
@click.option("--site", default=None, help="Only what this site took part in: id or name.")
@click.option("--from", "start", default=None, metavar="WHEN", help="Only what happened since: a date, or a date and time (China time).")
@click.option("--to", "end", default=None, metavar="WHEN", help="Only what happened until then; a date is meant to its end.")
@click.option("--all", "show_all", is_flag=True, help="Print every break.")
@click.option("--long", is_flag=True, help="Also print the rule that detects each kind, and all entries behind each break.")
@click.option("--csv", "csv_file", default=None, type=OUT_FILE, metavar="FILE", help="Write every break as CSV; - is standard output.")
@prints("reconcile")
@click.pass_obj
def reconcile(
    ctx: Context, site: str | None, start: str | None, end: str | None, csv_file: str | None, *, show_all: bool, long: bool, as_json: bool
) -> int:
    """Compare the books of all sites; exit 1 when something is open, or there was nothing to compare."""
    from foodtrace.graph.directory import resolve_place  # noqa: PLC0415
    from foodtrace.operations.reconciling import reconcile as compare  # noqa: PLC0415

    first, last = _moment(start, last=False), _moment(end, last=True)
    if first is not None and last is not None and first > last:
        raise BadData("cli.reconcile.window", value=start, expected=end)
    with ctx.open() as ledger, ledger.reading() as session, progress("reconcile") as bar:
        place = resolve_place(session, site) if site else ""
        found = compare(session, now=ledger.clock(), site=place, start=first, end=last, progress=bar)
    if csv_file is not None:
        _csv(ctx, found, csv_file)
    if as_json:
        emit_json(found)
    elif csv_file != "-":
        _screen(ctx, found, show_all=show_all, long=long)
    return 1 if found.open or found.nothing else 0


def _moment(given: str | None, *, last: bool) -> int | None:
    """Return a moment, microseconds UTC; a date alone is its first, or its last, microsecond in China."""
    from foodtrace.graph.edges import micros  # noqa: PLC0415
    from foodtrace.operations.typed import typed_moment  # noqa: PLC0415

    if given is None:
        return None
    try:
        when, day = typed_moment(given, today())
    except ValueError:
        raise BadData("cli.reconcile.when", value=given, expected="2026-11-24, 2026-11-24T09:10") from None
    return micros(when) + (86_400_000_000 - 1 if last and day else 0)


def _screen(ctx: Context, found: Reconciliation, *, show_all: bool, long: bool) -> None:
    from foodtrace.recall.explained import rule_key  # noqa: PLC0415
    from foodtrace.recall.shortcodes import short_codes  # noqa: PLC0415

    code = short_codes(_named(found))
    _put(
        ctx.t(
            "cli.reconcile.checked",
            lots=found.lots,
            holdings=found.holdings,
            moves=found.moves,
            both=found.both_sides,
            dispatch=found.only_dispatch,
            receipt=found.only_receipt,
            unnamed=found.without_lot,
            certificates=found.certificates,
        )
    )
    for line in rules_said(ctx, found):
        _put(line)
    if found.certificates_unknown:
        _put(ctx.t("cli.reconcile.unknown", count=found.certificates_unknown))
    _papers(ctx, "cli.reconcile.not_entered", found.not_entered, code, show_all=show_all)
    _papers(ctx, "cli.reconcile.not_let_in", found.not_let_in, code, show_all=show_all)
    _papers(ctx, "cli.reconcile.without_certificate", found.without_certificate, code, show_all=show_all)
    if found.start or found.end or found.site:
        _put(ctx.t("cli.reconcile.compared", count=found.compared))
    if found.nothing:
        first, last = (_local(each)[:10] if each else "-" for each in (found.first, found.last))
        _put(ctx.t("cli.reconcile.nothing" if found.first else "cli.reconcile.empty", first=first, last=last))
        return
    if not found.open:
        _put(ctx.t("cli.reconcile.clean"))
        return
    _put(ctx.t("cli.reconcile.open", count=len(found.open)))
    kinds: dict[str, list[Break]] = {}
    for each in found.open:
        kinds.setdefault(each.word, []).append(each)
    for word, breaks in kinds.items():
        say()
        _put(ctx.t("cli.reconcile.kind", text=ctx.t(word), count=len(breaks), hint=ctx.t(f"{word}.hint")))
        if long:
            _put("  " + ctx.t("cli.finding.rule", rule=ctx.t(rule_key(word))))
        shown = breaks if show_all else breaks[:_SHOWN]
        if breaks[0].words:
            rows = [[at, clean(code(each.lot)), clean(word), entry] for each in shown for at, word, entry in _each_word(each)]
            _rows(ctx, ("at", "lot", "words", "entry"), rows)
        else:
            names = ["at", "lot", "source", "outlet", "sent", "received", "difference", "unit", "entry"]
            rows = [_row(ctx, each, code) for each in shown]
            if word.startswith("finding.time_contradiction"):
                names.insert(_AGAINST, "against")
                for row, each in zip(rows, shown, strict=True):
                    row.insert(_AGAINST, _against(ctx, each))
            _rows(ctx, names, rows, right=(4, 5, 6))
        for each in shown if long else ():
            which = f"{code(each.lot)} {each.name or each.site}".strip() or each.document
            _put("  " + clean(ctx.t("cli.finding.entries", which=which, entries=", ".join(each.entries))))
        if len(shown) < len(breaks):
            _put(ctx.t("cli.reconcile.more", count=len(breaks) - len(shown)))


def _named(found: Reconciliation) -> Iterator[str]:
    """Iterate over every name of every lot that a reconciliation speaks of, printed or not."""
    for each in found.open:
        yield from (each.lot, *each.also)
    for paper in (*found.not_entered, *found.not_let_in, *found.without_certificate):
        yield paper.lot


def _put(line: str) -> None:
    """Print a line, broken where it is wider than the terminal."""
    for part in wrapped(line, width_of()):
        say(part)


def _rows(ctx: Context, names: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Print rows as a table; where that is wider than the terminal, each as what it is about, and below it every other cell by its name."""
    headings = [ctx.t("report.column." + name) for name in names]
    laid, width = table(headings, rows, right=right), width_of()
    if width is None or max(map(cells, laid.splitlines())) <= width:
        say(laid)
        return
    for row in rows:
        at = dict(zip(names, row, strict=True))
        way = " -> ".join(at[name] for name in ("source", "outlet") if at.get(name, "-") != "-")
        _put("  ".join(filter(None, (at["at"], at["lot"], way))))
        rest = [(head, at[name]) for name, head in zip(names, headings, strict=True) if name not in _FIRST_LINE]
        _put("    " + "  ".join(f"{head} {cell}" for head, cell in rest if cell != "-"))


def _papers(ctx: Context, heading: str, papers: Sequence[Paper], code: Written, *, show_all: bool) -> None:
    """Say which certificates no gate has seen, what gates did not let in, or let in without one: not wrong, and nothing to leave out."""
    if not papers:
        return
    shown = papers if show_all else papers[:_FEW]
    words = [(code(each.lot), _serial(each), each.name or each.site, _said(ctx, each)) for each in shown]
    named = ", ".join(clean(" ".join(filter(None, each))) for each in words)
    _put(ctx.t(heading, count=len(papers), which=named + (" .." if len(shown) < len(papers) else "")))


def _serial(paper: Paper) -> str:
    """Return a certificate's number; none where it is the lot's code, by which many a farm numbers them."""
    return "" if paper.serial == paper.lot.rpartition("/")[2] else paper.serial


def _said(ctx: Context, paper: Paper) -> str:
    from foodtrace.quantity import Quantity  # noqa: PLC0415

    return "?" if paper.quantity is None else Quantity(paper.quantity, paper.unit).in_words(ctx.lang)  # type: ignore[arg-type]


def _each_word(each: Break) -> list[tuple[str, str, str]]:
    """Return what records say of a lot, each with its time and its entry."""
    times = [_local(t) if t else "-" for t in each.times] or [_time(each)] * len(each.words)
    return list(zip(times, each.words, each.entries, strict=True))


def _time(each: Break) -> str:
    return _local(each.at) if each.at else "-"


def _against(ctx: Context, each: Break) -> str:
    """Return the time that the first one contradicts."""
    if each.received_at and (not each.began_at or each.received_at < (each.at or "")):
        return ctx.t("cli.reconcile.received_at", time=_local(each.received_at))
    return ctx.t("cli.reconcile.began", time=_local(each.began_at)) if each.began_at else "-"


def _local(time: str) -> str:
    from foodtrace.operations.common import CHINA  # noqa: PLC0415

    return f"{dt.datetime.fromisoformat(time).astimezone(CHINA):%Y-%m-%d %H:%M}"


def _row(ctx: Context, each: Break, code: Written) -> list[str]:
    from foodtrace.quantity import Quantity, unit_word  # noqa: PLC0415
    from foodtrace.recall.report_tables import Measured  # noqa: PLC0415

    sent, received, difference = (
        "-" if value is None else _signed(Measured(abs(value), each.unit).shown(), value)
        for value in (each.sent, each.received, each.difference or None)
    )
    if each.received_unit and each.received is not None:
        received = Quantity(each.received, each.received_unit).in_words(ctx.lang)  # type: ignore[arg-type]  # a unit of ours
    return [
        _time(each),
        clean(" = ".join(map(code, (each.lot, *each.also)))),
        clean(each.source_name or each.source or "-"),
        clean(each.name or each.site or "-"),
        sent,
        received,
        difference,
        unit_word(each.unit, ctx.lang),
        clean(" ".join(each.entries[:2]) + (" .." if len(each.entries) > 2 else "")),  # noqa: PLR2004 - both sides of a move
    ]


def _signed(shown: str, value: int) -> str:
    return "-" + shown if value < 0 else shown


def _csv(ctx: Context, found: Reconciliation, name: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_FILE)
    for each in found.open:
        writer.writerow([_cell(getattr(each, column)) for column in _FILE])
    if name == "-":
        sys.stdout.buffer.write(stream.getvalue().encode())
        return
    Path(name).write_bytes(b"\xef\xbb\xbf" + stream.getvalue().encode())
    say(ctx.t("cli.written", path=name), err=True)


def _cell(value: object) -> object:
    from foodtrace.recall.report_sheets import safe  # noqa: PLC0415

    return safe(" ".join(value) if isinstance(value, tuple) else value) if isinstance(value, str | tuple) else value
