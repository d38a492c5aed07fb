"""A case report as one HTML file that needs nothing else and prints on A4. Pure.

Rules:

1. No script, no style sheet, no font, no picture from elsewhere; a content security policy says so to the browser too.
2. Every text from the records is escaped: a shop may call itself anything.
3. Paper first: A4, headings of tables on every page, no row cut in two; the wide lists lie across.
4. Long lists are whole: a report that leaves outlets out is no report.
5. The proofs lie in the page as a file to take out of it; no link leads anywhere else.
6. Every record whose proof is in the page, and no other, is listed in it by place and hash, so that none can be taken out or put in
   unseen; those of the goods, which may be thousands, folded: on paper their number stands, and how to have them there, unless somebody
   opened the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from foodtrace.quantity import unit_word
from foodtrace.recall.beside import beside_rates, beyond_records, own_free_words, unsealed_words
from foodtrace.recall.chain import Chain
from foodtrace.recall.clearedwords import cleared_words, let_off_count
from foodtrace.recall.curve_picture import curve_svg
from foodtrace.recall.findwords import find_words
from foodtrace.recall.namesakes import names_in
from foodtrace.recall.picture import pages
from foodtrace.recall.picturecards import ON_PAPER
from foodtrace.recall.picturewords import escaped
from foodtrace.recall.report import Report
from foodtrace.recall.report_tables import (
    WHERE_ANY,
    Cell,
    Grid,
    Measured,
    grids,
    moment_words,
    over_words,
    proven_case,
    proven_goods,
    rate_words,
)
from foodtrace.recall.shortcodes import named_in
from foodtrace.texts import Lang, text
from foodtrace.tlog.proofpage import packed_link

TIMES: Final = ("times", "times_others")
PAPER: Final = 36
"""Boxes of the chain that can be read on a page of paper."""
_WIDE: Final = frozenset({"balance", "outlets", "others", "findings", "entries", *TIMES})
_HIDDEN: Final = {
    "outlets": frozenset({"county", "supplier", "travelling", "last_entry", "kind"}),
    "others": frozenset({"county", "supplier", "travelling", "last_entry"}),
}
"""Columns that paper has no room for, besides those of :data:`WHERE_ANY` with nothing in them; the workbook has them."""
_LINES: Final = frozenset({"summary", "drill"})
"""Tables of two columns, without headings."""
_SAID: Final = frozenset({"bounds", "cleared", *TIMES})
"""Tables that need a sentence before they are read."""
_PROSE: Final = frozenset({"checkpoint"})

_CSS: Final = """
@page{size:A4;margin:14mm 12mm}
@page across{size:A4 landscape;margin:12mm}
*{box-sizing:border-box}
body{font:11px/1.45 'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC','Source Han Sans SC',SimHei,sans-serif;
color:#111;margin:0 auto;max-width:270mm;padding:12px}
h1{font-size:20px;margin:0 0 2px}
h2{font-size:14px;margin:18px 0 6px;border-bottom:1px solid #999;break-after:avoid}
.sub{color:#444;margin:0 0 10px}
.note{border:1px solid #b45309;background:#fffbeb;padding:6px 8px;margin:8px 0}
table{border-collapse:collapse;width:100%;font-size:9.5px}
thead{display:table-header-group}
tr{break-inside:avoid}
th,td{border:1px solid #ccc;padding:2px 4px;text-align:left;vertical-align:top;overflow-wrap:break-word}
th{background:#f1f1f1;font-weight:600;overflow-wrap:normal}
td.n{text-align:right;white-space:nowrap}
td.c{font-family:Consolas,'Courier New',monospace;font-size:8.5px;overflow-wrap:anywhere}
pre{font:8.5px/1.35 Consolas,'Courier New',monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
table.k td:first-child{width:26%;color:#444}
.wide{page:across}
figure{margin:6px 0;break-inside:avoid}
figure svg{max-width:100%;height:auto;max-height:250mm}
.wide figure svg{max-height:165mm}
.rates{display:flex;gap:8px;flex-wrap:wrap;margin:8px 0}
.rates div{border:1px solid #999;padding:4px 10px;flex:1 1 28%}
.rates b{display:block;font-size:17px}
details summary{font-size:14px;font-weight:600;margin:18px 0 6px;break-after:avoid}
.paper,details[open]+.paper{display:none}
@media print{body{max-width:none;padding:0 2px}.paper{display:block}details[open]+.paper{display:none}}
"""


def html(
    report: Report, chain: Chain, *, times: Sequence[Grid] = (), proofs: tuple[bytes, int, int] | None = None, lang: Lang = "en"
) -> str:
    """Return the report as one HTML document in one language.

    :param times: what was done at each site (:func:`foodtrace.operations.stepsheet.times_grids`); they stand after the outlets.
    :param proofs: packed proofs of its records, how many records they prove and how many they do not
        (:class:`foodtrace.keeping.reportproofs.ProofPack`); none: the page has the hashes only, and says so.
    """
    tables = {grid.name: grid for grid in grids(report, lang)}
    title = text("report.title", lang, case=report.case)
    parts = [
        *opening(title, report.answer.goods, moment_words(report.made), lang),
        *_notes(report, lang),
        _rates(report, lang),
        section(tables["summary"], lang),
        section(tables["deadlines"], lang),
        f"<h2>{escaped(text('report.curve.title', lang))}</h2><figure>{curve_svg(report, lang)}</figure>",
        f'<p class="sub">{escaped(text("report.curve.note", lang))}</p>',
        section(tables["figures"], lang),
        section(tables["counts"], lang),
        f'<section class="wide"><h2>{escaped(text("report.chain.title", lang))}</h2>',
        f"{_chain(report, chain, lang)}</section>",
    ]
    parts += [section(tables["outlets"], lang), section(tables["others"], lang), section(tables["cleared"], lang)]
    parts += [section(grid, lang) for grid in times]
    parts += [section(tables[name], lang) for name in ("without_lot", "bounds", "findings", "scope", "lots", "own")]
    parts += [
        f"<h2>{escaped(text('report.proof.title', lang))}</h2>",
        f"<p>{escaped(text('report.proof.says', lang))}</p>",
        _proofs(report, proofs, lang),
        section(tables["logs"], lang),
        section(tables["entries"] if proofs is None else proven_case(report, proofs[1], lang), lang),
        "" if proofs is None else _folded(proven_goods(report, proofs[1], lang), lang),
        "</body></html>\n",
    ]
    return "".join(parts)


def _chain(report: Report, chain: Chain, lang: Lang) -> str:
    whole = text("report.picture.whole_report", lang)
    drawn = pages(chain, lang=lang, most=PAPER, beside=named_in(report.answer), whole=whole, look=ON_PAPER)
    return "".join(f"<figure>{each}</figure>" for each in drawn)


def opening(title: str, below: str, made: str, lang: Lang) -> list[str]:
    """Return the beginning of a document: what it is, how it looks, and what the browser must not do with it."""
    return [
        f'<!DOCTYPE html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">",
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escaped(title)}</title><style>{_CSS}</style></head><body>",
        f"<h1>{escaped(title)}</h1>",
        f'<p class="sub">{escaped(below)}<br>{escaped(text("report.footer", lang, made=made))}</p>',
    ]


def _notes(report: Report, lang: Lang) -> list[str]:
    """Return what must be read before anything else (TRANSCRIPTS section 9, 17)."""
    notes = [text("deadline.pack_missing", lang, named=report.rule_pack_missing, pack=report.rule_pack)] if report.rule_pack_missing else []
    notes += [text("deadline.superseded", lang, pack=report.rule_pack, newer=newer) for newer in report.unverified]
    if report.answer.untraced:
        notes.append(text("report.note.untraced", lang, count=len(report.answer.untraced)))
    for row in report.answer.figures:
        if row.unexplained:
            beyond = f"{Measured(row.unexplained, row.unit).shown()} {unit_word(row.unit, lang)}"
            rates = {name: rate_words(rate, name, lang) for name, rate in row.on_record.items()}
            notes.append(text("report.note.unexplained", lang, quantity=beyond, **rates))
    notes += beside_rates(report.answer.told_twice, report.answer.untraced, lang)
    cleared = "; ".join(cleared_words(report.answer.cleared, names_in(report.answer), lang))
    notes += filter(None, [unsealed_words(report.unsealed, lang), own_free_words(report.own_free, lang), cleared])
    notes += [find_words(each, report.case, lang) for each in report.finds if each.kind != "cleared"]
    if report.own_corrections:
        notes.append(text("report.note.own", lang, count=len(report.own_corrections)))
    if report.answer.partial:
        notes.append(text("report.note.partial", lang))
    if report.contacts == "shown":
        notes.append(text("report.contacts.shown", lang))
    return [f'<p class="note">{escaped(note)}</p>' for note in notes]


def _rates(report: Report, lang: Lang) -> str:
    head = report.answer.rates
    row = next((each for each in report.answer.figures if all(each.rates[name] == head[name] for name in ("R1", "R2", "R3"))), None)
    beyond = 0 if row is None else beyond_records(report.answer, row.unit, row.product)
    made = [
        f"<div>{name} {escaped(text(f'rate.{name}', lang))}<b>{escaped(rate_words(report.answer.rates[name], name, lang))}</b>"
        f"{escaped(over_words(head[name], lang, beyond if name in ('R1', 'R2', 'R3') else 0))}"
        f"{_beside(let_off_count(report.answer.cleared, name, lang))}</div>"
        for name in ("R1", "R2", "R3", "R4", "R5", "R6")
    ]
    return f'<div class="rates">{"".join(made)}</div>'


def _beside(said: str) -> str:
    return f"<br>{escaped(said)}" if said else ""


def _proofs(report: Report, proofs: tuple[bytes, int, int] | None, lang: Lang) -> str:
    """Return the proofs as a file in the page, and how to check them (rule 5)."""
    if proofs is None:
        return f"<p>{escaped(text('report.proofs.none', lang))}</p>"
    packed, proven, left = proofs
    name = text("report.proofs.file", lang, case="".join(c if c.isalnum() or c in "-." else "-" for c in report.case))
    says = [f"<p>{escaped(text('report.proofs.says', lang, count=proven))}</p>"]
    if left:
        says.append(f'<p class="note">{escaped(text("report.proofs.left_out", lang, count=left, case=report.case))}</p>')
    shown = escaped(text("report.proofs.take", lang, name=name, size=f"{len(packed):,}"))
    link = packed_link(packed, escaped(name), proven)
    says.append(f"<p>{link}{shown}</a></p><p>{escaped(text('report.proofs.how', lang, name=name))}</p>")
    return "".join(says)


def section(grid: Grid, lang: Lang) -> str:
    """Return one table under its title; the wide ones lie across."""
    heading = f"<h2>{escaped(text(f'report.table.{grid.name}', lang))} ({len(grid.rows)})</h2>"
    if grid.name in _LINES:
        heading = f"<h2>{escaped(text(f'report.table.{grid.name}', lang))}</h2>"
    if grid.name in _SAID and grid.rows:
        heading += f'<p class="sub">{escaped(text(f"report.says.{grid.name}", lang))}</p>'
    body = table(grid, lang) if grid.rows else f"<p>{escaped(text('report.none', lang))}</p>"
    return f'<section class="wide">{heading}{body}</section>' if grid.name in _WIDE else heading + body


def _folded(grid: Grid, lang: Lang) -> str:
    """Return a table that a page has for whoever checks it: opened by a click, and not on paper (rule 6)."""
    title = f"{escaped(text(f'report.table.{grid.name}', lang))} ({len(grid.rows)})"
    aside = f'<p class="paper">{escaped(text("report.folded", lang, count=len(grid.rows)))}</p>'
    return f"<details><summary>{title}</summary>{table(grid, lang)}</details>{aside}" if grid.rows else ""


def table(grid: Grid, lang: Lang) -> str:
    """Return one table, the columns paper has no room for left out."""
    hidden = _HIDDEN.get(grid.name, frozenset())
    if grid.name in _HIDDEN:
        hidden |= {
            name
            for place, name in enumerate(grid.columns)
            if name in WHERE_ANY and not any(map(_something, (row[place] for row in grid.rows)))
        }
    kept = [place for place, name in enumerate(grid.columns) if name not in hidden]
    head = "".join(f"<th>{escaped(text(f'report.column.{grid.columns[place]}', lang))}</th>" for place in kept)
    rows = "".join(f"<tr>{''.join(_cell(grid.columns[place], row[place]) for place in kept)}</tr>" for row in grid.rows)
    if grid.name in _LINES:
        return f'<table class="k"><tbody>{rows}</tbody></table>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _something(cell: Cell) -> bool:
    """Say whether a cell says anything: of how much there is none is said where there is some of it elsewhere."""
    return cell.value > 0 if isinstance(cell, Measured) else cell not in ("", "-")


def _cell(column: str, cell: Cell) -> str:
    if isinstance(cell, Measured):
        return f'<td class="n">{escaped(cell.shown())}</td>'
    if isinstance(cell, int):
        return f'<td class="n">{cell:,}</td>'
    if column in _PROSE:
        return f"<td><pre>{'<br>'.join(map(escaped, cell.splitlines()))}</pre></td>"
    if "\n" in cell:
        return f"<td>{'<br>'.join(map(escaped, cell.splitlines()))}</td>"
    classes = ' class="c"' if column in ("leaf", "entry", "of_entry", "by_entry", "entries", "vkey", "log") else ""
    return f"<td{classes}>{escaped(cell)}</td>"


__all__: Sequence[str] = ["PAPER", "html", "opening", "section", "table"]
