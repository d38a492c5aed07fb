"""Packed proofs inside a page: one link that carries its whole file, and how it is found again. Pure.

Rules:

1. The link stands once in a page, in one spelling; a page with none, or with two, has no proofs.
2. The page's own words are not proven. But the records it lists, each by place and hash in a row of a table, are compared with what
   was proven: each of them, as many as the link says, is proven, with that hash, and nothing else is. Whoever takes row, proof and
   count out together leaves a page that agrees with itself: what is missing from it, only the log can tell.
3. A row that is shown and not compared, or compared and not shown, would let a page say anything: a page is in the form that foodtrace
   writes (:mod:`foodtrace.tlog.pageform`), its lists to the last digit (:mod:`foodtrace.tlog.pagelists`), each record once.
4. A row says of a record what the record says: kind, site, times and hash are compared. A row of a log that anything is proven of has the
   checkpoint it was proven with, to the last byte, and a key that signed it and that the checker knows or was shown; of another log, one
   that the key beside it signed.
5. Before its lists a page has nothing that looks like them: none of their titles, none of their columns, no row that begins with a place.
   Behind the link places and hashes stand in rows alone.
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

from foodtrace.errors import BadData, NotFound, ProofError
from foodtrace.tlog._text import base64_bytes
from foodtrace.tlog.note import parse_checkpoint, parse_verifier
from foodtrace.tlog.pageform import other_hash, strange
from foodtrace.tlog.pagelists import Form, Lists, Log, looks_like, read_lists

__all__ = ["Listed", "Proven", "disagreements", "packed_in", "packed_link"]

_HREF: Final = b'href="data:application/gzip;base64,'
_LINK: Final = re.compile(
    rb'<a id="proofs" data-records="([0-9]{1,9})" download="[^"<>]*\.tar\.gz" ' + re.escape(_HREF) + rb'([A-Za-z0-9+/=]*)">'
)
_PLACE: Final = re.compile("[#\uff03][0-9]+")
_LINK_TEXT: Final = re.compile(_LINK.pattern.decode())


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


class Proven(msgspec.Struct, frozen=True):
    """What was proven in a page."""

    records: Mapping[str, Listed]
    """By place (``LOG#SEQ``)."""
    heads: Mapping[str, Mapping[bytes, Collection[str]]]
    """By log the checkpoints that it was proven with, and who is known to have signed each, ``name+c0ffee00``."""
    parts: Collection[str] = ()
    """Places that no row needs to name: further parts of an event that stands in several entries."""


def disagreements(page: bytes, proven: Proven, forms: Collection[Form]) -> tuple[list[ProofError], int]:
    """Return where a page's lists are not what is proven in it (rules 2 to 4), and of how many logs that it lists nothing is proven.

    Each is ``proof.page_differs``, ``proof.page_says``, ``proof.page_unproven`` or ``proof.page_unlisted`` by place, ``proof.page_log``,
    ``proof.page_count``, or ``proof.page_markup`` (rule 3).

    :param page: it has its proofs, see :func:`packed_in`. :param forms: of its lists, by language.
    """
    try:
        words = page.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        return [ProofError("proof.page_markup", value=f"0x{page[error.start]:02X}")], 0
    link = _LINK_TEXT.search(words)
    lists = read_lists(words, link.end(), forms) if link is not None else ""
    if link is None or isinstance(lists, str):
        return [ProofError("proof.page_markup", value=strange(_LINK_TEXT.sub("<a>", words)) or lists)], 0
    faults = [*_strange(words, link, lists, forms), *_records(lists, proven, int(link[1]))]
    known = [each for each in lists.logs if each.name in proven.heads]
    faults += [ProofError("proof.page_log", value=each.name) for each in lists.logs if not _holds(each, proven.heads.get(each.name))]
    faults += [ProofError("proof.page_log", value=name) for name in proven.heads if [each.name for each in known].count(name) != 1]
    return faults, len(lists.logs) - len(known)


def _strange(words: str, link: re.Match[str], lists: Lists, forms: Collection[Form]) -> Iterator[ProofError]:
    """Return what a page of foodtrace's has not (rule 3); the link itself is no text."""
    before = words[: link.start()]
    found = strange(before + "<a>" + words[link.end() :]) or other_hash(before) or other_hash(lists.words) or looks_like(before, forms)
    found = found or next((each[0] for each in _PLACE.finditer(html.unescape(lists.words))), None)
    if found is not None:
        yield ProofError("proof.page_markup", value=found)
    for place, count in Counter(each.place for each in lists.records).items():
        if count > 1:
            yield ProofError("proof.page_markup", value=place)


def _records(lists: Lists, proven: Proven, claimed: int) -> Iterator[ProofError]:
    """Return where the records that a page lists are not those proven in it (rules 2 and 4)."""
    for place, words, leaf in lists.records:
        known = proven.records.get(place)
        if known is None:
            yield ProofError("proof.page_unproven", value=place)
        elif leaf != known.leaf:
            yield ProofError("proof.page_differs", value=place)
        elif other := [word for word, may in zip(words, known.words, strict=False) if word not in may]:
            yield ProofError("proof.page_says", value=place, given=other[0])
    places = {each.place for each in lists.records}
    for place in proven.records:
        if place not in places and place not in proven.parts:
            yield ProofError("proof.page_unlisted", value=place)
    there = len(places & proven.records.keys())
    if there != claimed:
        yield ProofError("proof.page_count", value=there, expected=claimed)


def _holds(log: Log, heads: Mapping[bytes, Collection[str]] | None) -> bool:
    """Say whether a row of a log has a checkpoint that its key signed, one of the proven if there are any (rule 4)."""
    try:
        said = parse_checkpoint(log.checkpoint, [parse_verifier(log.vkey)], origin=log.name)
    except (ProofError, BadData):
        return False
    signers = None if heads is None else heads.get(log.checkpoint, ())
    return said.by_log and log.size == f"{said.size:,}" and (signers is None or not set(said.signers).isdisjoint(signers))
