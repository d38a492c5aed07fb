"""The pages behind the codes on labels: what anybody who scans one may read, as files for a static web server.

Rules:

1. A page holds what the paper says and what has become of it since: void, past its day, under recall. No contact, no person's
   name, no buyer, no quantity moved: those are nobody's business who holds a label.
2. A page is as old as its export and says so; it never says that goods are safe, only what is on record against them.
3. The place of a page is the path in the code itself, so that the address on every printed label leads to it.
4. Papers that are not ours have no code of ours and no page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from html import escape

import msgspec

from foodtrace.certificate.link import parse_link
from foodtrace.errors import FoodtraceError
from foodtrace.events import CertificateIssued
from foodtrace.graph.edges import micros
from foodtrace.graph.kinds import ABOUT
from foodtrace.operations.blocking import blocks
from foodtrace.operations.certificatestate import Shown, shown
from foodtrace.storage.session import Session
from foodtrace.texts import LANGS, text
from foodtrace.tlog.whole import event_of

_STYLE = (
    "body{font:16px/1.6 sans-serif;max-width:40em;margin:1em auto;padding:0 1em}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ccc;padding:.3em .6em .3em 0}"
    ".bad{border:2px solid #b00;padding:.6em}small{color:#555}"
)


class Page(msgspec.Struct, frozen=True):
    """One page of the public host."""

    path: str
    """Below the host, without a slash at its beginning: ``lot/OPERATOR/LOT/SERIAL/index.html``."""
    html: str


def pages(session: Session, now: dt.datetime) -> Iterator[Page]:
    """Yield a page for every certificate of ours on record, in the order of the logs.

    :param now: the present moment, with its zone; the pages say it.
    """
    rows = session.rows(
        "SELECT DISTINCT a.log, a.seq, e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.kind = ? AND a.ended = 0 ORDER BY a.log, a.seq",
        (ABOUT[CertificateIssued],),
    )
    for log, seq, data in rows:
        event = event_of(session, log, seq, data)
        if not isinstance(event, CertificateIssued) or not event.payload:
            continue
        try:
            link = parse_link(event.payload)
        except FoodtraceError:
            continue  # rule 4
        place = f"01/{link.gtin}/10" if link.gtin else f"lot/{link.operator}"
        path = f"{link.stem}/{place}/{link.lot}/{'21/' if link.gtin else ''}{link.serial}/index.html".lstrip("/")
        yield Page(path, _html(shown(session, event, now), against(session, event.lot, now), now))


def against(session: Session, lot: str, now: dt.datetime) -> list[str]:
    """Say what stands against a lot, in both languages."""
    found = blocks(session, lot, micros(now))
    kinds = {each.case: ("recalled" if each.link == "confirmed" else "maybe", each) for each in found}
    return [_both(f"public.{kind}", case=case, level=each.level) for case, (kind, each) in sorted(kinds.items())]


def _both(key: str, **params: object) -> str:
    return " ".join(text(key, lang, **params) for lang in LANGS)


def _html(at: Shown, against: list[str], now: dt.datetime) -> str:
    event = at.event
    rows = [
        ("product", event.product),
        ("quantity", "  ".join(dict.fromkeys(event.quantity.in_words(lang) for lang in LANGS))),
        ("origin", event.origin),
        ("issuer", f"{at.issuer}  {event.issuer}"),
        ("issued", f"{event.issued or ''}"),
        ("harvested", f"{event.harvested or ''}"),
        ("valid", f"{event.valid_until or ''}"),
        ("basis", "; ".join(_both(f"label.basis.{each}") for each in event.basis)),
        ("lot", event.lot),
        ("serial", event.serial),
        ("key", event.kid),
        ("state", _both(f"certificate.state.{at.state}")),
    ]
    title = _both("certificate.sheet.title")
    body = [f"<h1>{escape(title)}</h1>"]
    body += [f'<p class="bad"><b>{escape(each)}</b></p>' for each in against]
    body += ["<table>"]
    body += [f"<tr><th>{escape(_both(f'certificate.sheet.{name}'))}</th><td>{escape(value)}</td></tr>" for name, value in rows if value]
    body += ["</table>", f"<p>{escape(_both('certificate.self_made'))}</p>"]
    body += [f"<p><small>{escape(_both('public.as_of', when=f'{now:%Y-%m-%d %H:%M}'))}</small></p>"]
    name = f"<title>{escape(event.product)} {escape(event.lot)}</title>"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">{name}<style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="zh-CN"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"
