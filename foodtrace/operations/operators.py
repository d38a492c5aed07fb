"""Finds operators by what people call them.

Rules:

1. An id names its operator: one that is registered, one that a site belongs to, and the id of a site, whose operator is meant.
2. A whole name does too: that under which an operator was ever registered, however its blanks, capitals and wide letters are written, and
   the name over the door of a site of its. The name of a sole trader is beside the log; it is compared, and never printed.
3. Both kinds of name count alike. A name that is one operator's and over the door of another's site is two operators', and whoever typed it
   is asked: to choose would leave the goods of one of them out of a recall.
4. The beginning of a name is nobody's (:mod:`foodtrace.graph.directory`, rule 2).

No table has the names of operators (a row for each would be one more thing that a rebuild has to bring over): the entries that
describe them are read, a stretch at a time. That is O(operators), asked only where nothing was an id, and less than a rule costs that
is asked with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from foodtrace.errors import Ambiguous, NotFound
from foodtrace.events import Operator, Site
from foodtrace.graph.directory import folded
from foodtrace.graph.flowkind import NEVER
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import in_use, used
from foodtrace.graph.reader import SqlFacts
from foodtrace.identifiers import uscc
from foodtrace.operations.common import latest
from foodtrace.operations.places import describe
from foodtrace.operations.sellers import plain_name
from foodtrace.storage.session import Row, Session

_SUBJECT: Final = "operator "
_CODED: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,19}")
_OF_LOTS: Final = f"SELECT 1 FROM name AS n WHERE n.text > ? AND n.text < ? AND n.code IS NOT NULL AND {used('n')} LIMIT 1"  # noqa: S608 - constants
_STRETCH: Final = 2_000
"""Operators that are read at a time."""
_NEAR: Final = 5
_IDS: Final = "SELECT n.id, n.text FROM name AS n WHERE n.text > ? AND n.text < ? ORDER BY n.text LIMIT ?"
_DESCRIBED: Final = (
    "SELECT a.subject, a.log, a.seq, a.ended, e.bytes FROM {ids} CROSS JOIN about AS a "
    "JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = f.value AND a.kind = ? AND a.ended <= 0"
)
_PRIVATE: Final = (
    "SELECT a.subject, a.log, a.seq, a.ended, p.value FROM {ids} CROSS JOIN about AS a "
    "JOIN personal AS p ON p.log = a.log AND p.seq = a.seq WHERE a.subject = f.value AND a.kind = ? AND a.ended <= 0 AND p.field = 'name'"
)
_OF_SITES: Final = (
    "SELECT DISTINCT n.text, s.operator FROM site_fact AS s JOIN name AS n ON n.id = s.site "
    "WHERE s.ended = 0 AND s.name = ? ORDER BY n.text"
)


class _Event(msgspec.Struct, frozen=True):
    name: str = ""
    replacement: _Event | None = None


class _Entry(msgspec.Struct, frozen=True):
    event: _Event


_decoder: Final = msgspec.json.Decoder(_Entry)


def resolve_operator(session: Session, given: str) -> str:
    """Return the id of an operator from its id, its registered name, or the id or name of one of its sites.

    :raises NotFound: ``operator.not_found`` with ``near``. :raises Ambiguous: ``operator.ambiguous`` with ``candidates``: ids, and what
        they go by.
    """
    text = folded(given)
    number = text.upper()
    if latest(session, _SUBJECT + number, Operator) is not None or in_use(session, [f"sites {number}"]):
        return number
    site = describe(session, number)
    if site is not None:
        return site[0].operator
    near: list[str] = []
    found = sorted({*_registered(session, text, near), *_at_sites(session, text)}) if text else []
    if len(found) > 1:
        raise Ambiguous("operator.ambiguous", value=given, expected=found[0], candidates=[_line(session, each) for each in found])
    if not found:
        raise NotFound("operator.not_found", value=given, near=near[:_NEAR])
    return found[0]


def meant_operator(session: Session, given: str, *, recalls: bool = False) -> str:
    """Return the id of the operator that a scope or a case means; "" if nothing is given.

    Of an operator that no record describes there may still be lots: who gave them their codes is asked for by its id, known or not.

    :param recalls: it is to recall, so that it has to be on record, if only in the codes of lots, or have a credit code.
    :raises NotFound, Ambiguous: as :func:`resolve_operator`.
    """
    text = folded(given).upper()
    if not text:
        return ""
    coded = _CODED.fullmatch(text) is not None
    if coded and session.row(_OF_LOTS, (f"{text}/", f"{text}/\x7f")) is not None:
        return text
    try:
        return resolve_operator(session, given)
    except NotFound:
        if coded and (not recalls or uscc.is_valid(text)):
            return text
        raise


def _registered(session: Session, given: str, near: list[str]) -> Iterator[str]:
    """Iterate over the operators that any record names so (rule 2); public names that are alike go to ``near``."""
    wanted = plain_name(given)
    facts = SqlFacts(session, NEVER)
    kind = (ABOUT[Operator],)
    for subjects in _stretches(session):
        rows = [(row, name) for row in session.each(_DESCRIBED, list(subjects), kind) if (name := _named(row[4]))]
        near += [f"{subjects[row[0]]} {name}" for row, name in rows if len(near) < _NEAR and _alike(plain_name(name), wanted)]
        fitting = [row for row, name in rows if plain_name(name) == wanted]
        fitting += [row for row in session.each(_PRIVATE, list(subjects), kind) if plain_name(row[4]) == wanted]
        standing = facts.in_force([row[1:4] for row in fitting]) if fitting else set()
        yield from {subjects[row[0]] for row in fitting if (row[1], row[2]) in standing}


def _stretches(session: Session) -> Iterator[dict[int, str]]:
    """Iterate over all operators that anything is about, by the number of what is said of them; in order, so that none is read twice."""
    last = _SUBJECT
    while rows := session.rows(_IDS, (last, _SUBJECT + "\x7f", _STRETCH)):
        yield {number: text.removeprefix(_SUBJECT) for number, text in rows}
        last = rows[-1][1]


def _named(data: bytes) -> str:
    event = _decoder.decode(bytes(data)).event
    return (event.replacement or event).name


def _alike(name: str, wanted: str) -> bool:
    return bool(wanted) and (name in wanted or wanted in name or name[:2] == wanted[:2])


def _at_sites(session: Session, name: str) -> set[str]:
    """Return the operators of sites that go by this name; where several are named, each site's as it stands today."""
    rows: list[Row] = session.rows(_OF_SITES, (name,))
    if len({operator for _, operator in rows}) == 1:
        return {str(rows[0][1])}
    now = (describe(session, site) for site in dict.fromkeys(site for site, _ in rows))
    return {each[0].operator for each in now if each is not None}


def _line(session: Session, operator: str) -> str:
    """Return an operator as one to choose from: its id, and what it is publicly called."""
    event = latest(session, _SUBJECT + operator, Operator)
    names = [event.name] if event is not None and event.name else []
    sites = session.rows("SELECT DISTINCT s.name FROM site_fact AS s JOIN about AS a ON a.log = s.log AND a.seq = s.seq "
                         "JOIN name AS n ON n.id = a.subject WHERE n.text = ? AND a.kind = ? AND s.ended = 0 ORDER BY s.name LIMIT 3",
                         (f"sites {operator}", ABOUT[Site]))  # fmt: skip
    names += [str(name) for (name,) in sites if name not in names]
    return f"{operator}  {', '.join(names)}".rstrip()


__all__ = ["meant_operator", "resolve_operator"]
