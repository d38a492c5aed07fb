"""The lists that end a page with proofs: its logs and its records, read in the one form they are written in. Pure.

Rules:

1. Behind the link to the proofs stand, in this order and with nothing between them: how to check, the logs, the records of the case and,
   folded, those of its goods. A list is its title with the number of its rows, its columns by their names, and its rows.
2. A row has the form of its list, to the last digit of a hash, or the reading ends there and the page says something that was not
   compared. A row of another form beside true ones would be read by people, and by nobody else.
3. So would a list before the link that looks like one of these.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from typing import Final, NamedTuple

import msgspec

__all__ = ["Form", "Heading", "Lists", "Log", "Record", "looks_like", "read_lists"]

_ROW_OF_RECORD: Final = re.compile(
    '<tr><td class="c">([^<]*#[0-9]+)</td>' + "<td>([^<]*)</td>" * 4 + '<td class="c">([0-9a-f]{64})</td></tr>'
)
_ROW_OF_LOG: Final = re.compile(
    '<tr><td class="c">([^<]*)</td><td class="n">([0-9,]+)</td><td>([^<]*)</td><td class="c">([^<]*)</td>'
    "<td><pre>((?:[^<]|<br>)*)</pre></td></tr>"
)
_HOW: Final = re.compile("[^<]*</a></p><p>[^<]*</p>")
_TITLE: Final = re.compile('<h2>([^<]*)</h2>(?:<p class="sub">[^<]*</p>)?')
_SUMMARY: Final = re.compile("<summary>([^<]*)</summary>")
_COLUMNS: Final = re.compile("<table><thead><tr>((?:<th>[^<]*</th>)+)</tr></thead><tbody>")
_NONE: Final = re.compile("<p>[^<]*</p>")
_END_OF_TABLE: Final = re.compile("</tbody></table>")
_WIDE: Final = re.compile('<section class="wide">')
_END_OF_WIDE: Final = re.compile("</section>")
_FOLDED: Final = re.compile("<details>")
_END_OF_FOLDED: Final = re.compile('</details><p class="paper">[^<]*</p>')
_END: Final = re.compile("</body></html>\n?")
_PLACE: Final = re.compile("[#\uff03\ufe5f][0-9\uff10-\uff19]+$")
"""A place is looked for however its signs are written."""
_SHOWN: Final = 40
"""Characters of a strange thing that are shown."""


class Heading(NamedTuple):
    """What a list is called and what its columns are, in one language."""

    title: str
    columns: tuple[str, ...]


class Form(NamedTuple):
    """The lists of a page in one language."""

    logs: Heading
    case: Heading
    goods: Heading


class Record(NamedTuple):
    """A row of a record."""

    place: str
    """``LOG#SEQ``."""
    words: tuple[str, ...]
    """What stands between place and hash."""
    leaf: str


class Log(NamedTuple):
    """A row of a log."""

    name: str
    size: str
    vkey: str
    checkpoint: bytes


class Lists(msgspec.Struct, frozen=True):
    """The lists of a page."""

    logs: tuple[Log, ...]
    records: tuple[Record, ...]
    words: str
    """What stands behind the link and in no row."""


class _Strange(Exception):
    """Something that is not in the form; what is shown of it is its argument."""


class _Reader:
    """Goes through the end of a page, piece by piece."""

    def __init__(self, page: str, at: int) -> None:
        self.page, self.at = page, at
        self.rows: list[tuple[int, int]] = []
        """Where rows stand."""

    def may(self, form: re.Pattern[str]) -> re.Match[str] | None:
        """Return the next piece if it has a form, and go behind it."""
        found = form.match(self.page, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def must(self, form: re.Pattern[str]) -> re.Match[str]:
        """Return the next piece, which has a form."""
        found = self.may(form)
        if found is None:
            raise _Strange(self.page[self.at : self.at + _SHOWN] + "..")
        return found

    def listed(self, title: re.Pattern[str], row: re.Pattern[str], headings: Collection[Heading]) -> list[tuple[str, ...]]:
        """Return the rows of a list (rule 1)."""
        named = html.unescape(self.must(title)[1])
        rows: list[tuple[str, ...]] = []
        columns: tuple[str, ...] | None = None
        if not self.may(_NONE):
            columns = tuple(map(html.unescape, re.findall("<th>([^<]*)</th>", self.must(_COLUMNS)[1])))
            while found := self.may(row):
                self.rows.append(found.span())
                rows.append(tuple(html.unescape(cell.replace("<br>", "\n")) for cell in found.groups()))
            self.must(_END_OF_TABLE)
        known = [each for each in headings if named == f"{each.title} ({len(rows)})"]
        if not any(columns in (None, each.columns) for each in known):
            raise _Strange(named)
        return rows


def read_lists(page: str, at: int, forms: Collection[Form]) -> Lists | str:
    """Return the lists of a page, or what is not in their form (rule 2).

    :param at: where the words of the link begin. :param forms: by language.
    """
    reader = _Reader(page, at)
    try:
        reader.must(_HOW)
        logs = reader.listed(_TITLE, _ROW_OF_LOG, [each.logs for each in forms])
        reader.must(_WIDE)
        records = reader.listed(_TITLE, _ROW_OF_RECORD, [each.case for each in forms])
        reader.must(_END_OF_WIDE)
        if reader.may(_FOLDED):
            records += reader.listed(_SUMMARY, _ROW_OF_RECORD, [each.goods for each in forms])
            reader.must(_END_OF_FOLDED)
        reader.must(_END)
    except _Strange as strange:
        return str(strange)
    return Lists(
        tuple(Log(name, size, vkey, f"{note}\n".encode()) for name, size, _, vkey, note in logs),
        tuple(Record(place, tuple(words), leaf) for place, *words, leaf in records),
        _between(page, at, reader.rows),
    )


def _between(page: str, at: int, rows: Collection[tuple[int, int]]) -> str:
    """Return a page from a place on, without some of its parts, which are in order."""
    parts = []
    for start, end in rows:
        parts.append(page[at:start])
        at = end
    return "".join((*parts, page[at:]))


def _plain(words: str) -> str:
    """Return the letters and digits of some words, small."""
    return "".join(filter(str.isalnum, html.unescape(words))).casefold()


def looks_like(before: str, forms: Collection[Form]) -> str | None:
    """Return what, before the lists of a page, a reader takes for one of them (rule 3); none: nothing is like them."""
    headings = [each for form in forms for each in form]
    titles = [_plain(each.title) for each in headings]
    for found in re.finditer("<(h1|h2|summary|p|div|b|br)\\b[^<>]*>([^<]*)", before):
        words = _plain(found[2])
        if any(words.startswith(each) or (found[1] in ("h1", "h2", "summary") and each in words) for each in titles):
            return html.unescape(found[2])
    for row in re.finditer("<tr>(.*?)</tr>", before):
        cells = [html.unescape(re.sub("<[^<>]*>", "", cell)).strip() for cell in re.findall("<t[dh][^<>]*>(.*?)</t[dh]>", row[1])]
        if any(set(each.columns) <= set(cells) for each in headings) or (cells and _PLACE.search(cells[0])):
            return " ".join(cells)
    return None
