"""Finds lots and sites by what people call them.

Rules (TRANSCRIPTS house rule 4, but for the beginnings of names: ADR 17):

1. A full id always names itself. A whole lot code and a site's whole trading name work wherever an id does, in any width, lots in any case,
   blanks around them left out.
2. The beginning of a name is nobody's name, however unique it is today: tomorrow it may be another lot's whole code, and a recall of the
   wrong lot is an all-clear for the right one.
3. Two matches are an error that lists the full ids; none is an error that names similar ones, those that begin so among them.
4. An id under which goods of any record are, or that a dispatch without lot left, is a place whether or not somebody registered it: who got
   goods gets a notice, answers it, and gives them back. New records name registered sites only: a typed id would be a new place each time.
5. "Not here" is never "not sold": the caller says how fresh the records are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from foodtrace.errors import Ambiguous, BadData, NotFound
from foodtrace.graph.names import used
from foodtrace.storage.session import Ask, Session

_LIMIT: Final = 20
_OF_CODE: Final = f"SELECT n.text FROM name AS n WHERE n.code = ? AND {used('n')} ORDER BY n.text LIMIT ?"  # noqa: S608 - constants
_HAD_GOODS: Final = (
    "SELECT 1 FROM name AS n WHERE n.text = ? AND n.code IS NULL AND COALESCE((SELECT 1 FROM holding WHERE site = n.id LIMIT 1), "
    "(SELECT 1 FROM unnamed WHERE site = n.id LIMIT 1)) IS NOT NULL"
)
"""Two looks into indexes; ``holding`` has a row also for where goods were sent to, and not recorded as received."""
_ANOTHER: Final = f"SELECT 1 FROM name AS n WHERE n.code = ? AND n.text <> ? AND {used('n')} LIMIT 1"  # noqa: S608 - constants
_NEAR: Final = 5
_FORM: Final = re.compile(r"(?:[A-Z0-9-]{1,40}/)?[A-Z0-9.-]{1,40}")
"""What a lot may look like; a code that is too long is nobody's, and no near one is looked for."""
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-."


def folded(text: str) -> str:
    """Return a typed name as it is compared: full-width letters narrowed, ends trimmed."""
    return unicodedata.normalize("NFKC", text[:400]).strip()


def typed_lot(given: str) -> str:
    """Return a typed lot as it would stand on record."""
    return given if given.startswith("?") else folded(given).upper()


def resolve_lot(session: Session, given: str) -> str:
    """Return the full id of a lot.

    :raises NotFound: ``lot.not_found`` with ``near``. :raises Ambiguous: ``lot.ambiguous`` with ``candidates``.
    :raises BadData: ``lot.form``: a text that no lot can be called.
    """
    text = typed_lot(given)
    if _is_lot(session, text):
        return text
    lots: list[str] = [row[0] for row in session.rows(_OF_CODE, (text, _LIMIT))]
    if len(lots) == 1:
        return lots[0]
    if lots:
        raise Ambiguous("lot.ambiguous", value=given, candidates=lots)
    if not given.startswith("?") and not _FORM.fullmatch(text):
        raise BadData("lot.form", value=given, expected="A-Z 0-9 . - (1-20)")
    raise NotFound("lot.not_found", value=given, near=near_lots(session, text))


def written_lot(session: Session, lot: str) -> str:
    """Return how a lot is written that is spoken of alone: by its code, or its full id where records name another lot of that code."""
    code = lot.rpartition("/")[2]
    return lot if lot.startswith("?") or session.row(_ANOTHER, (code, lot)) is not None else code


def near_lots(session: Session, text: str) -> list[str]:
    """Return full ids of lots whose code differs from this one by a slip of the hand or ear, nearest first, then of those that begin so."""
    code = text.rpartition("/")[2]
    if not code or len(code) > 20:  # noqa: PLR2004 - longest code
        return []
    slips = _slips(session, code)
    return list(dict.fromkeys([*slips, *_beginning(session, text)]))[:_NEAR]


def _slips(session: Session, code: str) -> list[str]:
    swapped = code.translate(str.maketrans("OILSZB", "011528"))
    tries = {swapped, code.translate(str.maketrans("0", "O"))} | set(_one_off(code)) | set(_one_off(swapped))
    found: list[tuple[str, str]] = []
    candidates = sorted(tries)
    for start in range(0, len(candidates), 500):
        chunk = candidates[start : start + 500]
        marks = ",".join("?" * len(chunk))
        found += session.rows(f"SELECT n.code, n.text FROM name AS n WHERE n.code IN ({marks}) AND {used('n')} LIMIT 50", chunk)  # noqa: S608 - only marks
    ranked = sorted(found, key=lambda pair: (pair[0] != swapped, pair[1]))
    return [pair[1] for pair in ranked]


def resolve_site(session: Session, given: str, *, kinds: Iterable[str] = ()) -> str:
    """Return the id of a site from its id, its trading name, or its operator's id where that has one site.

    :raises NotFound: ``site.not_found``. :raises Ambiguous: ``site.ambiguous``.
    """
    text = folded(given)
    upper = text.upper()
    wanted = frozenset(kinds)
    exact = session.rows(
        "SELECT DISTINCT n.text FROM name AS n JOIN site_fact AS s ON s.site = n.id WHERE n.text = ? AND s.ended = 0 LIMIT 2", (upper,)
    )
    if exact:
        return str(exact[0][0])
    query = "SELECT DISTINCT n.text, s.kind FROM site_fact AS s JOIN name AS n ON n.id = s.site WHERE s.ended = 0 AND "
    rows = session.rows(query + "s.name = ? LIMIT ?", (text, _LIMIT))
    if not rows:
        rows = session.rows(query + "s.operator = ? LIMIT ?", (upper, _LIMIT))
    ids: list[str] = sorted({row[0] for row in rows if not wanted or row[1] in wanted})
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise Ambiguous("site.ambiguous", value=given, candidates=ids)
    raise NotFound("site.not_found", value=given, near=_near_sites(session, text))


def resolve_place(session: Session, given: str) -> str:
    """Return the id of a place where goods are or were: as :func:`resolve_site` does, or one that records name though none registers it.

    :raises NotFound, Ambiguous: as there.
    """
    text = folded(given).upper()
    return text if session.row(_HAD_GOODS, (text,)) is not None else resolve_site(session, given)


def sites_of_kind(session: Session, kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Return (id, name) of the sites of some kinds, for defaults ("the only market")."""
    marks = list(kinds)
    rows = session.rows(
        "SELECT n.text, s.name FROM site_fact AS s JOIN name AS n ON n.id = s.site WHERE s.ended = 0 AND s.kind IN "  # noqa: S608 - only marks
        f"({','.join('?' * len(marks))}) ORDER BY n.text, s.recorded",
        marks,
    )
    return list(dict(rows).items())


def _is_lot(session: Session, text: str) -> bool:
    """Say whether this is the full id of a lot on record; a lot that stands for a dispatch without lot has no code."""
    sql, _, params = is_lot(text)
    return session.row(sql, params) is not None


def is_lot(text: str) -> Ask:
    """Return what :func:`resolve_lot` asks first of a typed lot (:meth:`foodtrace.storage.session.Session.ahead`)."""
    coded = "" if text.startswith("?") else " AND n.code IS NOT NULL"
    return f"SELECT 1 FROM name AS n WHERE n.text = ?{coded} AND {used('n')}", None, (text,)  # noqa: S608 - constants


def _beginning(session: Session, text: str) -> list[str]:
    """Return some full ids of lots whose id or code begins with a text, to choose from."""
    column = "text" if "/" in text else "code"
    rows = session.rows(
        f"SELECT n.text FROM name AS n WHERE n.{column} >= ? AND n.{column} < ? AND n.code IS NOT NULL AND {used('n')} "  # noqa: S608 - constants
        f"ORDER BY n.{column} LIMIT ?",
        (text, text + "\x7f", _NEAR),
    )
    return [row[0] for row in rows]


def _one_off(code: str) -> Iterable[str]:
    for place in range(len(code)):
        yield code[:place] + code[place + 1 :]
        if place + 1 < len(code):
            yield code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for letter in _ALPHABET:
            yield code[:place] + letter + code[place + 1 :]
            yield code[:place] + letter + code[place:]
    for letter in _ALPHABET:
        yield code + letter


def _near_sites(session: Session, text: str) -> list[str]:
    if not text:
        return []
    rows = session.rows(
        "SELECT DISTINCT n.text || ' ' || s.name FROM site_fact AS s JOIN name AS n ON n.id = s.site WHERE s.ended = 0 "
        "AND (s.name LIKE ? OR n.text LIKE ?) LIMIT ?",
        (f"%{text[:2]}%", f"%{text.upper()[:20]}%", _NEAR),
    )
    return [row[0] for row in rows]
