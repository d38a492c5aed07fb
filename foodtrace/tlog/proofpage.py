"""Packed proofs inside a page: one link that carries its whole file, and how it is found again. Pure.

Rules:

1. The link stands once in a page, in one spelling; a page with none, or with two, has no proofs.
2. The page's own words are not proven. But the records it lists, each by place and hash in a row of a table, are compared with what
   was proven: the first of them, as many as the link says it proves, are proven, with that hash, and nothing else is. Whoever takes
   row, proof and count out together leaves a page that agrees with itself: what is missing from it, only the log can tell.
3. A row that is shown and not compared, or compared and not shown, would let a page say anything: a page is in the form that foodtrace
   writes (:mod:`foodtrace.tlog.pageform`), its rows of records in one spelling, each once. How many listed records have no proof in it is
   counted.
4. A row says of a record what the record says: kind, site, times and hash are compared.
"""

from __future__ import annotations

import base64
import html
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from foodtrace.errors import NotFound, ProofError
from foodtrace.tlog._text import base64_bytes
from foodtrace.tlog.pageform import other_hash, strange

__all__ = ["Listed", "disagreements", "packed_in", "packed_link", "unproven"]

_HREF: Final = b'href="data:application/gzip;base64,'
_LINK: Final = re.compile(rb'<a id="proofs" data-records="([0-9]{1,9})" download="[^"<>]*" ' + re.escape(_HREF) + rb'([A-Za-z0-9+/=]*)">')
_PLACE: Final = re.compile("#[0-9]+$(?!\n)")
_LEAF: Final = re.compile("[0-9a-f]{64}")
_ROW: Final = re.compile('<tr><td class="c">([^<]*)</td>' + "<td>([^<]*)</td>" * 4 + '<td class="c">([^<]*)</td></tr>')


class Listed(msgspec.Struct, frozen=True):
    """What a row of a page may say of a record that is proven."""

    leaf: str
    """Its leaf hash, hex."""
    words: tuple[frozenset[str], ...] = ()
    """What may stand in the columns between place and hash, in their order; none: they are not compared."""


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


def disagreements(page: bytes, proven: Mapping[str, Listed], parts: Collection[str] = ()) -> Iterator[ProofError]:
    """Return where the records that a page lists are not those proven in it (rules 2 and 4).

    Each is ``proof.page_differs``, ``proof.page_says``, ``proof.page_unproven`` or ``proof.page_unlisted`` by place (``LOG#SEQ``),
    ``proof.page_count``, or ``proof.page_markup`` (rule 3).

    :param page: it has its proofs, see :func:`packed_in`. :param proven: by place what was proven.
    :param parts: proven places that no row needs to name: further parts of an event that stands in several entries.
    """
    yield from _strange(page)
    listed = _listed(page)
    claimed = sum(int(each[1]) for each in _LINK.finditer(page))
    for number, (place, words, leaf) in enumerate(listed):
        if place not in proven:
            if number < claimed:
                yield ProofError("proof.page_unproven", value=place)
        elif leaf != proven[place].leaf:
            yield ProofError("proof.page_differs", value=place)
        elif other := [word for word, known in zip(words, proven[place].words, strict=False) if word not in known]:
            yield ProofError("proof.page_says", value=place, given=other[0])
    places = {place for place, _, _ in listed}
    for place in proven:
        if place not in places and place not in parts:
            yield ProofError("proof.page_unlisted", value=place)
    if len(places & proven.keys()) < claimed:
        yield ProofError("proof.page_count", value=len(places & proven.keys()), expected=claimed)


def unproven(page: bytes, proven: Collection[str]) -> int:
    """Return how many of the records that a page lists are not among the proven (rule 3): of very many a page carries the first only."""
    return sum(place not in proven for place, _, _ in _listed(page))


def _listed(page: bytes) -> list[tuple[str, tuple[str, ...], str]]:
    """Return (place, words, leaf hash) of the records that a page lists, in its order."""
    rows = filter(_is_listed, _ROW.finditer(page.decode("utf-8", "replace")))
    return [(place, tuple(words), leaf) for place, *words, leaf in ([html.unescape(each) for each in row.groups()] for row in rows)]


def _is_listed(row: re.Match[str]) -> bool:
    """Say whether a row lists a record: place and hash, in the one spelling of each."""
    return bool(_PLACE.search(row[1]) and _LEAF.fullmatch(row[6]))


def _strange(page: bytes) -> Iterator[ProofError]:
    """Return what a page of foodtrace's has not (rule 3); the link itself is no text."""
    try:
        words = _LINK.sub(b"<a>", page.removeprefix(BOM_UTF8)).decode()
    except UnicodeDecodeError as error:
        yield ProofError("proof.page_markup", value=f"0x{page[error.start]:02X}")
        return
    found = strange(words) or other_hash(_ROW.sub(lambda row: "" if _is_listed(row) else row[0], words))
    if found is not None:
        yield ProofError("proof.page_markup", value=found)
    for place, count in Counter(place for place, _, _ in _listed(page)).items():
        if count > 1:
            yield ProofError("proof.page_markup", value=place)
