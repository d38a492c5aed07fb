"""Packed proofs inside a page: one link that carries its whole file, and how it is found again. Pure.

Rules:

1. The link stands once in a page, in one spelling; a page with none, or with two, has no proofs.
2. The page's own words are not proven. But where it prints a record's place and hash in a row of a table, these are compared with
   the record that was proven at that place.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from foodtrace.errors import NotFound, ProofError
from foodtrace.tlog._text import base64_bytes

__all__ = ["differs", "packed_in", "packed_link"]

_HREF: Final = b'href="data:application/gzip;base64,'
_LINK: Final = re.compile(rb'<a id="proofs" download="[^"<>]*" ' + re.escape(_HREF) + rb'([A-Za-z0-9+/=]*)">')
_ROW: Final = re.compile(rb'<tr><td class="c">([^<]*)</td>(?:<td[^>]*>[^<]*</td>){4}<td class="c">([^<]*)</td></tr>')


def packed_link(packed: bytes, name: str) -> str:
    """Return the beginning of the link, up to its words.

    :param packed: from :func:`foodtrace.tlog.prooftar.pack`. :param name: what the file is called when taken out, as HTML.
    """
    return f'<a id="proofs" download="{name}" {_HREF.decode()}{base64.b64encode(packed).decode()}">'


def packed_in(page: bytes) -> bytes:
    """Return the packed proofs of a page.

    :raises NotFound: ``proof.page_none``. :raises ProofError: ``proof.pack_form``: they are there in another spelling, or twice.
    """
    found = list(_LINK.finditer(page))
    if not found and b'id="proofs"' not in page:
        raise NotFound("proof.page_none")
    packed = base64_bytes(found[0][1].decode()) if len(found) == 1 else None
    if packed is None:
        raise ProofError("proof.pack_form", reason="base64" if found else "link")
    return packed


def differs(page: bytes, proven: Mapping[str, str]) -> Iterator[str]:
    """Return the places (``LOG#SEQ``) whose printed hash is not the one proven there (rule 2).

    :param proven: place -> leaf hash, hex.
    """
    for row in _ROW.finditer(page):
        place, leaf = (html.unescape(each.decode("utf-8", "replace")) for each in row.groups())
        if place in proven and leaf != proven[place]:
            yield place
