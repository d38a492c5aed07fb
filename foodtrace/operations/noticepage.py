"""The notice to one party as a page to print, and the list for a mailing system (RCL15 Art. 16 and 19).

Rules:

1. A page holds the case, the goods, what to do, and the party's own lots and quantities: nothing of anybody else. Who got goods and
   supplied what they were made of reads of each apart, with what to do about it: it is one page with one code.
2. It is one file without anything from elsewhere, A4, black on white; its code is drawn into it and printed below in letters.
3. What nobody said is printed as not said, never made up; of the product the records of the lots speak. Text of strangers is escaped.
4. The list masks contact data unless it was asked for; a cell that a spreadsheet would run is made harmless.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from foodtrace.certificate.draw import matrix
from foodtrace.events import LotsClause, PredicateClause, RecallOpened
from foodtrace.graph.edges import UNIT_NAMES
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.casestatus import said
from foodtrace.operations.notices import Notified, Sent
from foodtrace.operations.parties import Direction, Party, PartyLot
from foodtrace.operations.sellers import name_of
from foodtrace.quantity import Quantity, jin
from foodtrace.recall.calendars import calendar_of
from foodtrace.recall.cases import case_events, load_case, opening
from foodtrace.recall.deadlines import completion_clock
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.recall.report import PLAN, days_said
from foodtrace.recall.report_tables import moment_words
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, text

PUBLIC: Final = ("product", "brand", "spec", "quantity", "reason", *PLAN[3:])
"""What the plan says, in the order in which it is printed."""
_PRINTED: Final = ("plan_date", *PUBLIC[:3], "produced", "produced_recorded", "expiry", *PUBLIC[3:])
"""With the day of the plan, the days of production it says, and the dates that the records say."""
_ONLY_SAID: Final = ("plan_date", "produced_recorded")
"""What has no line where nobody said it: the day of the plan, and other days of production than the plan says."""
_STYLE: Final = (
    "@page{size:A4;margin:12mm 15mm}body{font:9.5pt/1.3 'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif;color:#000;"
    "max-width:178mm;margin:auto}h1{font-size:16pt;text-align:center;margin:0 0 2mm}table{border-collapse:collapse;width:100%;"
    "margin:2mm 0}td,th{border:0.3mm solid #000;padding:0.5mm 2mm;text-align:left;vertical-align:top}th{background:#eee}"
    "th{white-space:nowrap}h2{font-size:12pt;margin:3mm 0 1mm}p{margin:1.5mm 0}"
    "td.n{text-align:right;white-space:nowrap}.code{display:flex;gap:6mm;align-items:center;margin-top:3mm;break-inside:avoid}"
    ".two{display:flex;gap:6mm}.two>div:first-child{flex:3}.two>div{flex:2}.two ol{padding-left:5mm}.two p{margin:0}"
    ".code svg{width:28mm;height:28mm;flex:none}.mono{font-family:monospace;overflow-wrap:anywhere}ol{margin:2mm 0}"
)


class MailGoods(msgspec.Struct, frozen=True, kw_only=True):
    """One lot of a party's, in base units of its record."""

    lot: str
    """Full id; of goods that came without lot the name by which an answer calls them (``?LOG#SEQ``)."""
    also: tuple[str, ...] = ()
    """Other names of the lot that records give it at the party's, and those that were asked for."""
    product: str
    received: int | None
    """None: nobody knows, goods are on the way to a site that keeps no books."""
    recorded: int = 0
    """Then: what came there by the records, without what is on the way."""
    born: int
    on_hand: int | None
    travelling: int
    link: Literal["confirmed", "possible"]


class MailLine(msgspec.Struct, frozen=True, kw_only=True):
    """A party's goods in one unit, for pieces of one product: what it got, or what it supplied. One row of the list as CSV."""

    direction: Literal["downstream", "upstream"]
    """``upstream``: what it supplied, or brought into the world."""
    lots: tuple[str, ...]
    """By all names that the goods have there, and by those that were asked for; ``goods`` says which are one lot."""
    without_lot: tuple[str, ...]
    """Goods that came without lot, by the names that an answer calls them by."""
    received: int | None
    """From others; ``upstream``: what of its goods went in. Base units of ``unit``; none: of some of them nobody knows."""
    recorded: int
    """Where ``received`` is not known: what of them came by the records; ``travelling`` may have come too."""
    on_hand: int | None
    """None: nobody knows; so of what was supplied."""
    unit: str
    product: str
    """For pieces: the product counted. Else empty."""
    born: int
    """Came to be there: made, repacked, let in at its gate."""
    travelling: int
    """Sent to it, and not received by any record."""
    goods: tuple[MailGoods, ...]
    """What these are made of, lot by lot; in CSV ``LOT received on_hand travelling link``, a ``;`` between them and a ``=`` between names
    of one lot; ``300+?`` is 300 by the records, and perhaps some of what travels."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One notice in the list for a mailing system: a party, and all that it is told of. Its JSON is ``schemas/case-notify.json``."""

    file: str
    """Name of the party's page."""
    number: int
    """Number of the notice in its case."""
    site: str
    operator: str
    name: str
    lines: tuple[MailLine, ...]
    """What it got first, then what it supplied. As CSV each is a row of its own, with the rest of these fields in every one."""
    contact: str
    """This and the next two masked unless contacts were asked for."""
    phone: str
    address: str
    receipt: str
    """What the code on the page says: the answer comes back by it."""


HEADINGS: Final = tuple(name for field in Mail.__struct_fields__ for name in (MailLine.__struct_fields__ if field == "lines" else (field,)))
"""Columns of the list as CSV."""


class Public(msgspec.Struct, frozen=True, kw_only=True):
    """What every notice of a case says."""

    case: str
    version: int
    level: int
    opened: str
    published: str | None
    until: str | None
    """Day by which the recall is to be completed; none: not published yet, or nobody knows (``missing``)."""
    producer: str
    phone: str
    email: str
    said: dict[str, str]
    """The plan's words, see :data:`PUBLIC`, and the dates on record; what it does not say is what the records do."""
    duties: str
    advice: str
    rule_pack: str
    missing: tuple[int, ...] = ()
    """Years without holiday table, where the day by which it is to be completed leans on them."""


def public_of(session: Session, case: str, now: int) -> Public:
    """Return what the notices of a case say. Raises ``NotFound`` (``case.not_found``)."""
    state = load_case(session, case, until=now)
    first = opening(case_events(session, state.case), state.opener)
    event: RecallOpened | None = first[1] if first else None
    fields: dict[str, str] = dict(session.rows("SELECT field, value FROM personal WHERE log = ? AND seq = ?", first[2])) if first else {}
    pack = for_case(state, session.rules)
    clock = completion_clock(state, pack.settings, calendar_of(session.rules), now)
    plan = ("plan_date", "produced", *PUBLIC)
    words = {name: str(value) for name in plan if event is not None and (value := getattr(event, name, None))}
    recorded = _recorded(session, state, now)
    if words.get("produced", recorded["produced"]) != recorded["produced"]:
        recorded["produced_recorded"] = recorded["produced"]
    words |= {name: value for name, value in recorded.items() if value and name not in words}
    if event is not None and event.ends is not None:
        until: str | None = event.ends.isoformat()
    else:
        until = None if clock.due_day is None else clock.due_day.isoformat()
    return Public(
        case=state.case,
        version=state.versions[-1].version,
        level=state.level,
        opened=said(state.opened),
        published=None if state.published is None else said(state.published),
        until=until,
        producer=name_of(session, state.producer) if state.producer else "",
        phone=fields.get("phone", ""),
        email=fields.get("email", ""),
        said=words,
        duties=event.duties if event else "",
        advice=state.advice,
        rule_pack=pack.pack.name,
        missing=clock.missing if until is None else (),
    )


def _recorded(session: Session, state: Case, now: int) -> dict[str, str]:
    """Return what the records of the goods in scope say: what they are (or the rule's word), how much is in one, and their dates."""
    facts = SqlFacts(session, now)
    clauses = state.versions[-1].clauses
    lots = {lot for clause in clauses if isinstance(clause, LotsClause | PredicateClause) for lot, _ in facts.lots_like(clause)}
    infos = list(facts.lots(lots).values())
    named = {lot for clause in clauses if isinstance(clause, LotsClause) for lot, _ in facts.lots_like(clause)}
    found = {info.product for info in infos if info.lot in named} | {each.product for each in clauses if isinstance(each, PredicateClause)}
    contents = {str(Quantity(each.content, UNIT_NAMES[each.content_unit])) for each in infos if each.content is not None}
    return {
        "product": ", ".join(sorted(found - {""})),
        "spec": ", ".join(sorted(contents)),
        "produced": days_said(each.produced for each in infos),
        "expiry": days_said(each.expiry for each in infos),
    }


def page(public: Public, sent: Sent, lang: Lang) -> str:
    """Return a notice as one HTML page."""
    party = sent.party
    title = text("notice.title", lang)
    until = text("deadline.calendar_missing", lang, years=", ".join(map(str, public.missing))) if public.missing else ""
    rows = [
        (text("notice.case", lang), text("notice.case_line", lang, case=public.case, version=public.version, number=sent.number)),
        (text("notice.to", lang), f"{party.name} ({party.site})"),
        (text("notice.date", lang), moment_words(sent.event.at.isoformat())),
        (text("notice.producer", lang), public.producer),
        (text("notice.phone", lang), public.phone),
        (text("notice.email", lang), public.email),
        (text("notice.level", lang), text(f"notice.level_{public.level}", lang)),
        *((text(f"notice.{name}", lang), public.said.get(name, "")) for name in _PRINTED if name in public.said or name not in _ONLY_SAID),
        (text("notice.start", lang), moment_words(public.published or public.opened)),
        (text("notice.end", lang), public.until or until),
    ]
    unsaid = text("notice.unsaid", lang)
    body = [f"<h1>{_e(title)}</h1>", "<table>"]
    body += [f"<tr><th>{_e(name)}</th><td>{_e(value) if value else f'<i>{_e(unsaid)}</i>'}</td></tr>" for name, value in rows]
    body.append("</table>")
    for way in party.directions:
        body += [f"<h2>{_e(text(f'notice.yours_{way}', lang))}</h2>", _goods(party.said(way), way, lang)]
    body += _duties(public, party, lang)
    if public.advice and party.outlet:
        body.append(f"<p><b>{_e(text('notice.advice', lang))}</b> {_e(public.advice)}</p>")
    if sent.text:
        asked = _e(text("notice.receipt", lang))
        body.append(f'<div class="code">{_svg(sent.text)}<div><p>{asked}</p><p class="mono">{_e(sent.text)}</p></div></div>')
    body.append(f"<p><small>{_e(text('notice.foot', lang, id=sent.event.id, pack=public.rule_pack))}</small></p>")
    language = "zh-CN" if lang == "zh" else "en"
    head = f'<meta charset="utf-8"><title>{_e(title)} {_e(public.case)}-{sent.number}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="{language}"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def _duties(public: Public, party: Party, lang: Lang) -> list[str]:
    """Return what a party has to do: by the plan's word, else about what it got and what it supplied, each by itself."""
    made = [f"<h2>{_e(text('notice.duties', lang))}</h2>"]
    if public.duties:
        told = [("", public.duties.splitlines())]
    else:
        told = [(text(f"notice.about_{way}", lang), text(f"notice.duties_{way}", lang).split("|")) for way in party.directions]
    lists = [f"<ol>{''.join(f'<li>{_e(each)}</li>' for each in duties)}</ol>" for _, duties in told]
    if len(told) > 1:  # side by side, so that the code stays on the same sheet
        beside = "".join(f"<div><p>{_e(about)}</p>{each}</div>" for (about, _), each in zip(told, lists, strict=True))
        return [*made, f'<div class="two">{beside}</div>']
    return [*made, *lists]


def file_name(sent: Sent) -> str:
    """Return the name of a notice's file: its number, and what is over the door, as far as a file system takes it."""
    plain = re.sub(r"[^\w-]+", "-", sent.party.name).strip("-")[:40]
    return f"{sent.number:04d}-{plain or sent.party.site}.html"


def mailing(notified: Notified, *, contacts: bool) -> list[Mail]:
    """Return the list for a mailing system: one record a notice, contact data only if asked for (rule 4)."""
    return [
        Mail(
            file=file_name(sent),
            number=sent.number,
            site=sent.party.site,
            operator=sent.party.operator,
            name=sent.party.name,
            lines=tuple(line for way in sent.party.directions for line in _mail_lines(way, sent.party.said(way))),
            contact=sent.party.contact if contacts else masked(sent.party.contact),
            phone=sent.party.phone if contacts else masked(sent.party.phone),
            address=sent.party.address if contacts else masked(sent.party.address),
            receipt=sent.text,
        )
        for sent in notified.notices
    ]


def _mail_lines(way: Direction, told: Sequence[PartyLot]) -> Iterable[MailLine]:
    """Iterate over what a party is told of one way: a line for each unit, and for each product of pieces."""
    for unit, product in sorted({_line(each) for each in told}):
        lots = [each for each in told if _line(each) == (unit, product)]
        yield MailLine(
            direction=way,
            lots=tuple(name for each in lots if each.lot for name in (each.lot, *each.also)),
            without_lot=tuple(each.goods for each in lots if each.goods),
            received=_sum(each.received for each in lots),
            recorded=_known_of(lots),
            on_hand=_sum(each.on_hand for each in lots),
            unit=unit,
            product=product,
            born=sum(each.born for each in lots),
            travelling=sum(each.travelling for each in lots),
            goods=tuple(map(_mail_goods, lots)),
        )


def _sum(values: Iterable[int | None]) -> int | None:
    """Return a sum; unknown where one of them is."""
    told = list(values)
    return None if None in told else sum(each for each in told if each is not None)


def _known_of(lots: Sequence[PartyLot]) -> int:
    """Return what is known of what came, where the whole is not."""
    if all(each.received is not None for each in lots):
        return 0
    return sum(each.recorded if each.received is None else each.received for each in lots)


def _mail_goods(each: PartyLot) -> MailGoods:
    return MailGoods(
        lot=each.lot or each.goods,
        also=each.also,
        product=each.product,
        received=each.received,
        recorded=each.recorded,
        born=each.born,
        on_hand=each.on_hand,
        travelling=each.travelling,
        link=each.link,  # type: ignore[arg-type]  # a link of the affected set
    )


def _cell(value: object) -> str:
    """Return a field as a cell; what nobody knows is a question mark, never nothing or zero."""
    if isinstance(value, MailGoods):
        names = "=".join((value.lot, *value.also))
        received = f"{value.recorded}+?" if value.received is None and value.recorded else value.received
        return " ".join(_cell(each) for each in (names, received, value.on_hand, value.travelling, value.link))
    if isinstance(value, tuple):
        return ("; " if value and isinstance(value[0], MailGoods) else " ").join(map(_cell, value))
    return "?" if value is None else str(value)


def _line(goods: PartyLot) -> tuple[str, str]:
    """Return what goods may be added up with: pieces of one product."""
    return goods.unit, goods.product if goods.unit == "piece" else ""


def as_csv(records: Iterable[Mail]) -> bytes:
    """Return a list as CSV that Excel opens: with a byte order mark, and no cell that it would run."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for record in records:
        for line in record.lines:
            cells = (getattr(line if name in MailLine.__struct_fields__ else record, name) for name in HEADINGS)
            writer.writerow(_harmless(_cell(cell)) for cell in cells)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def masked(value: str) -> str:
    """Return personal data with nothing left but its first character and its length's order."""
    return value[:1] + "***" if value else ""


def _harmless(value: str) -> str:
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _goods(lots: Iterable[PartyLot], direction: Direction, lang: Lang) -> str:
    lots = tuple(lots)
    made = direction != "upstream" and any(each.born for each in lots)
    sent = direction != "upstream" and any(each.travelling for each in lots)
    if direction == "upstream":
        names = ["product", "lot", "went_in"]
    else:
        names = ["product", "lot", "received", *(["born"] if made else []), *(["travelling"] if sent else []), "on_hand", "link"]
    rows = ["<table><tr>" + "".join(f"<th>{_e(text(f'notice.col_{name}', lang))}</th>" for name in names) + "</tr>"]
    for each in lots:
        lot = " = ".join((each.lot, *each.also)) if each.lot else f"{text('notice.without_lot', lang)} ({each.goods})"
        received = _amount(each.received, each.unit, lang)
        if each.received is None and each.recorded:
            received = text("notice.at_least", lang, quantity=_amount(each.recorded, each.unit, lang))
        cells = [f"<td>{_e(each.product)}</td><td>{_e(lot)}</td><td class=n>{_e(received)}</td>"]
        if made:
            cells.append(f"<td class=n>{_e(_amount(each.born, each.unit, lang))}</td>")
        if sent:
            cells.append(f"<td class=n>{_e(_amount(each.travelling, each.unit, lang))}</td>")
        if direction != "upstream":
            cells.append(f"<td class=n>{_e(_amount(each.on_hand, each.unit, lang))}</td><td>{_e(text('cli.link.' + each.link, lang))}</td>")
        rows.append("<tr>" + "".join(cells) + "</tr>")
    return "\n".join([*rows, "</table>"])


def _amount(value: int | None, unit: str, lang: Lang) -> str:
    if value is None:
        return "?"
    quantity = Quantity(value, unit)  # type: ignore[arg-type]  # a unit of the projection
    return f"{quantity} ({jin(value)} 斤)" if unit == "g" and value else quantity.in_words(lang)


def _svg(code: str) -> str:
    rows = matrix(code)
    side = len(rows) + 8
    path = "".join(f"M{x + 4},{y + 4}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return f'<svg viewBox="0 0 {side} {side}" shape-rendering="crispEdges" role="img" aria-label="QR"><path d="{path}"/></svg>'


def _e(value: str) -> str:
    return html.escape(value)


__all__ = ["HEADINGS", "PUBLIC", "Mail", "MailLine", "Public", "as_csv", "file_name", "mailing", "masked", "page", "public_of"]
