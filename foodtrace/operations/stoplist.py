"""The stop list (停售名单): which lots must not be sold, as a signed file that a shop without the cases' ledger can take.

Form: a C2SP signed note, a line ``lots``, then a JSON object a line, sorted by lot and case. The note's text is
``foodtrace-stoplist/1``, the origin of the log that signs, the moment it was made, how many lots follow, and the SHA-256 of their
lines: a note has a bound on its size, a list has not.

Rules:

1. Every lot that an open or closed case reaches is on it, unless its goods were cleared everywhere: closing lifts nothing
   (RECALL section 7). A case that was withdrawn is not.
2. A list is taken only with a signature by a key the shop trusts, and never in exchange for a newer one.
3. An empty list is a list: "nothing is recalled, as of then". No list is none, and the till says so.
4. How old it is is said with every use of it; what is too old stops the till (:mod:`foodtrace.formula.till`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from foodtrace.errors import BadData, NotFound, ProofError, Refused
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.cases import reach_of
from foodtrace.operations.common import CHINA, local
from foodtrace.recall.blocking import blocks as stands
from foodtrace.recall.cases import case_ids, load_cases
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import for_case
from foodtrace.storage.session import Session
from foodtrace.tlog.note import NoteSigner, open_note, sign_note
from foodtrace.tlog.verifier import Verifier, parse_verifier

FORM: Final = "foodtrace-stoplist/1"
NOTE: Final = "stoplist.note"
"""File beside the shop's keys that holds the list in use; its verifier key stands in :data:`TRUSTED`."""
TRUSTED: Final = "stoplist.vkey"
LONGEST: Final = 64 * 1024 * 1024
"""Bytes of a list; a million lots are 200 MB and no stop list."""
_MARK: Final = b"lots\n"


class StopLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lot that must not be sold, for one case."""

    lot: str
    product: str
    case: str
    level: int
    link: str
    """``confirmed`` or ``possible``."""
    opened: str
    """When the case was opened, RFC 3339."""
    advice: str = ""
    """What the notice says to customers."""


class StopList(msgspec.Struct, frozen=True, kw_only=True):
    """A stop list; its JSON is ``schemas/stoplist.json``."""

    origin: str
    """Log that made it."""
    made: dt.datetime
    lines: tuple[StopLine, ...]

    def about(self, lot: str) -> tuple[StopLine, ...]:
        """Return what it says of a lot: by its full id, or by its code where either side does not know whose it is."""
        authority, _, code = lot.partition("/")
        return tuple(
            each
            for each in self.lines
            if each.lot == lot or (each.lot.rpartition("/")[2] == code and "UNKNOWN" in (authority, each.lot.partition("/")[0]))
        )


def make(session: Session, now: int, origin: str) -> StopList:
    """Make the list of all lots that a case stands on now (rule 1). O(affected of all cases)."""
    facts = SqlFacts(session, now)
    lines: list[StopLine] = []
    for each in case_ids(session):
        try:
            opened = load_cases(session, each, until=now)
        except NotFound:
            continue  # opened later than now, or only spoken about
        lines += [line for case in opened if case.withdrawn is None for line in _lines(facts, case, now)]
    return StopList(origin=origin, made=local(now), lines=tuple(sorted(lines, key=lambda line: (line.lot, line.case))))


def _lines(facts: SqlFacts, case: Case, now: int) -> Iterable[StopLine]:
    found = reach_of(facts, case)
    settings = for_case(case).settings
    links: dict[int, str] = {}
    for (lot, _), link in found.holdings.items():
        links[lot] = "confirmed" if link.link == "confirmed" else links.get(lot, "possible")
    texts = facts.texts({name for lot in found.lots for name in found.names[lot]})
    for lot in found.lots:
        product = found.infos[lot].product if lot in found.infos else ""
        for name in found.names[lot]:
            if texts[name].startswith("?") or not stands(case, name, 0, now, settings):
                continue
            yield StopLine(
                lot=texts[name],
                product=product,
                case=case.case,
                level=case.level,
                link=links.get(lot, "possible"),
                opened=local(case.opened).isoformat(timespec="seconds"),
                advice=case.advice,
            )


def sign(made: StopList, signers: Iterable[NoteSigner]) -> bytes:
    """Return a list as a signed file."""
    body = b"".join(msgspec.json.encode(each, order="sorted") + b"\n" for each in made.lines)
    head = [FORM, made.origin, made.made.isoformat(timespec="microseconds"), str(len(made.lines)), hashlib.sha256(body).hexdigest()]
    return sign_note(("\n".join(head) + "\n").encode(), signers) + _MARK + body


def read(data: bytes, verifiers: Sequence[Verifier]) -> StopList:
    """Return a list that one of these keys signed. Raises ``ProofError`` (``note.*``), ``BadData`` (``stoplist.form``)."""
    note_bytes, mark, body = data[:LONGEST].partition(_MARK)
    if len(data) > LONGEST or not mark:
        raise BadData("stoplist.form", value=len(data), expected=FORM)
    note = open_note(note_bytes, verifiers)
    if not note.signatures:
        raise ProofError("stoplist.unsigned")
    head = note.text.decode().split("\n")[:-1]
    made = _parsed(head, body)
    if made is None:
        raise BadData("stoplist.form", value=head[0][:40], expected=FORM)
    return made


def _parsed(head: Sequence[str], body: bytes) -> StopList | None:
    """Return what a list says, none if it is no list."""
    if len(head) != 5 or head[0] != FORM or hashlib.sha256(body).hexdigest() != head[4]:  # noqa: PLR2004 - the lines of the form
        return None
    try:
        listed = tuple(msgspec.json.decode(each, type=StopLine) for each in body.split(b"\n")[:-1])
        moment = dt.datetime.fromisoformat(head[2])
        whole = len(listed) == int(head[3])
    except (ValueError, msgspec.MsgspecError):
        return None
    return StopList(origin=head[1], made=moment.astimezone(CHINA), lines=listed) if whole and moment.tzinfo is not None else None


def take(folder: Path, data: bytes, vkey: str, now: dt.datetime) -> StopList:
    """Put a list into use (rule 2). :param folder: the shop's key directory. :param vkey: empty: the key that is trusted already.

    :raises BadData: ``stoplist.no_key``, ``stoplist.form``, ``note.*``. :raises Refused: ``stoplist.older``, ``stoplist.future``.
    """
    kept = folder / TRUSTED
    text = vkey or (kept.read_text(encoding="utf-8").strip() if kept.exists() else "")
    if not text:
        raise BadData("stoplist.no_key", value="-", expected="--key")
    new = read(data, [parse_verifier(text)])
    if new.made > now + dt.timedelta(hours=1):
        raise Refused("stoplist.future", value=new.made.isoformat(timespec="minutes"))
    before = in_use(folder) if not vkey or (kept.exists() and kept.read_text(encoding="utf-8").strip() == vkey) else None
    if before is not None and new.made < before.made:
        raise Refused("stoplist.older", value=new.made.isoformat(timespec="minutes"), expected=before.made.isoformat(timespec="minutes"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in ((NOTE, data), (TRUSTED, text.encode() + b"\n")):
        part = folder / (name + ".part")
        part.write_bytes(content)
        part.replace(folder / name)  # whole or not at all
    return new


def in_use(folder: Path) -> StopList | None:
    """Return the list a shop has taken, none if it never took one. Raises as :func:`read` if it was changed since."""
    if not (folder / NOTE).exists():
        return None
    return read((folder / NOTE).read_bytes(), [parse_verifier((folder / TRUSTED).read_text(encoding="utf-8").strip())])
