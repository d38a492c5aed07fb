"""Packed proofs inside a page: one link that carries its whole file, and how it is found again. Pure.

Rules:

1. The link stands once in a page, in one spelling; a page with none, or with two, has no proofs.
2. The page's own words are not proven. But the records it lists, each by place and hash in a row of a table, are compared with what
   was proven: the first of them, as many as the link says it proves, are proven, with that hash, and nothing else is. Whoever takes
   row, proof and count out together leaves a page that agrees with itself: what is missing from it, only the log can tell.
3. A row that is shown and not compared, or compared and not shown, would let a page say anything: a page has rows of tables in one
   spelling only, no comment, and nothing that runs or hides text. How many listed records have no proof in it is counted.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from foodtrace.errors import NotFound, ProofError
from foodtrace.tlog._text import base64_bytes

__all__ = ["disagreements", "packed_in", "packed_link", "unproven"]

_HREF: Final = b'href="data:application/gzip;base64,'
_LINK: Final = re.compile(rb'<a id="proofs" data-records="([0-9]{1,9})" download="[^"<>]*" ' + re.escape(_HREF) + rb'([A-Za-z0-9+/=]*)">')
_PLACE: Final = re.compile("#[0-9]+$")
_MARKUP: Final = re.compile(
    rb"<!--|<(?!tr>)[tT][rR][\s/>]|(?i:<(?:script|template|iframe|object|embed|noscript|textarea|noframes|xmp|frame|base)\b)"
)
"""What no page of foodtrace's has (rule 3)."""
_ANY_ROW: Final = re.compile(rb"<tr>(.*?)</tr>", re.DOTALL)
_TAGS: Final = re.compile(rb"<[^>]*>")
_LISTED: Final = re.compile(r"\S#[0-9]+\b.*\b[0-9a-f]{64}\s*$", re.DOTALL)
"""Text of a row that has a place and ends with a hash."""
_ROW: Final = re.compile(rb'<tr><td class="c">([^<]*)</td>(?:<td[^>]*>[^<]*</td>){4}<td class="c">([^<]*)</td></tr>')


def packed_link(packed: bytes, name: str, records: int) -> str:
    """Return the beginning of the link, up to its words.

    :param packed: from :func:`foodtrace.tlog.prooftar.pack`. :param name: what the file is called when taken out, as HTML.
    :param records: how many of the records the page lists are proven in it.
    """
    return f'<a id="proofs" data-records="{records}" download="{name}" {_HREF.decode()}{base64.b64encode(packed).decode()}">'


def packed_in(page: bytes) -> bytes:
    """Return the packed proofs of a page.

    :raises NotFound: ``proof.page_none``. :raises ProofError: ``proof.pack_form``: they are there in another spelling, or twice.
    """
    found = list(_LINK.finditer(page))
    if not found and b'id="proofs"' not in page:
        raise NotFound("proof.page_none")
    packed = base64_bytes(found[0][2].decode()) if len(found) == 1 else None
    if packed is None:
        raise ProofError("proof.pack_form", reason="base64" if found else "link")
    return packed


def disagreements(page: bytes, proven: Mapping[str, str], parts: Collection[str] = ()) -> Iterator[ProofError]:
    """Return where the records that a page lists are not those proven in it (rule 2).

    Each is ``proof.page_differs``, ``proof.page_unproven`` or ``proof.page_unlisted`` by place (``LOG#SEQ``), ``proof.page_count``, or
    ``proof.page_markup`` (rule 3).

    :param page: it has its proofs, see :func:`packed_in`. :param proven: place -> leaf hash, hex.
    :param parts: proven places that no row needs to name: further parts of an event that stands in several entries.
    """
    yield from _strange(page)
    listed = _listed(page)
    claimed = sum(int(each[1]) for each in _LINK.finditer(page))
    for number, (place, leaf) in enumerate(listed):
        if place not in proven:
            if number < claimed:
                yield ProofError("proof.page_unproven", value=place)
        elif leaf != proven[place]:
            yield ProofError("proof.page_differs", value=place)
    places = {place for place, _ in listed}
    for place in proven:
        if place not in places and place not in parts:
            yield ProofError("proof.page_unlisted", value=place)
    if len(places & proven.keys()) < claimed:
        yield ProofError("proof.page_count", value=len(places & proven.keys()), expected=claimed)


def unproven(page: bytes, proven: Mapping[str, str]) -> int:
    """Return how many of the records that a page lists are not among the proven (rule 3): of very many a page carries the first only."""
    return sum(place not in proven for place, _ in _listed(page))


def _listed(page: bytes) -> list[tuple[str, str]]:
    """Return (place, leaf hash) of the records that a page lists, in its order."""
    rows = [[html.unescape(each.decode("utf-8", "replace")) for each in row.groups()] for row in _ROW.finditer(page)]
    return [(place, leaf) for place, leaf in rows if _PLACE.search(place)]


def _strange(page: bytes) -> Iterator[ProofError]:
    """Return what a page of foodtrace's has not (rule 3); the link itself is no text."""
    words = _LINK.sub(b"", page)
    found = _MARKUP.search(words)
    if found is not None:
        yield ProofError("proof.page_markup", value=found[0].decode("ascii"))
    for row in _ANY_ROW.finditer(words):
        if _ROW.fullmatch(row[0]) is None:
            text = html.unescape(_TAGS.sub(b" ", row[1]).decode("utf-8", "replace"))
            if _LISTED.search(text):
                yield ProofError("proof.page_markup", value=text.split()[0])
