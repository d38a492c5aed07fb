"""The stop list (停售名单): which lots must not be sold, as a signed file that a shop without the cases' ledger can take.

Form: a C2SP signed note, a line ``lots``, then a JSON object a line, sorted by lot and case. The note's text is
``foodtrace-stoplist/1``, the origin of the log that signs, the moment it was made, how many lots follow, and the SHA-256 of their
lines: a note has a bound on its size, a list has not.

Rules:

1. Every lot that an open or closed case stands against anywhere is on it (:mod:`foodtrace.operations.standing`): closing lifts
   nothing, nor does narrowing; clearing everywhere does, and withdrawing the case. A list knows lots, not sites: goods that a case
   about a window at a site does not reach here are stopped with the rest of their lot.
2. A list is taken only with a signature by a key the shop trusts, and never in exchange for a newer one.
3. An empty list is a list: "nothing is recalled, as of then". No list is none, and the till says so.
4. How old it is is said with every use of it; what is too old stops the till (:mod:`foodtrace.formula.till`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from foodtrace.errors import BadData, ProofError, Refused
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import CHINA, local
from foodtrace.operations.standing import Standing, standing_against
from foodtrace.recall.cases import case_ids
from foodtrace.recall.facts import Case
from foodtrace.recall.packs import local as packs_of
from foodtrace.recall.settings import Possible
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


class StopLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One lot that must not be sold, for one case."""

    lot: str
    product: str
    case: str
    level: int
    link: Literal["confirmed", "possible"]
    opened: str
    """When the case was opened, RFC 3339."""
    advice: str = ""
    """What the notice says to customers."""
    possible: Possible = "hold"
    """What the case gives to an ask for goods whose link is only possible."""


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
    packs_of(session.rules)  # one that cannot be read stops every door (rule 7 of :mod:`foodtrace.operations.blocking`)
    facts = SqlFacts(session, now)
    lines = [
        line for case, standing in standing_against(session, facts, case_ids(session), now) for line in _lines(facts, case, standing, now)
    ]
    return StopList(origin=origin, made=local(now), lines=tuple(sorted(lines, key=lambda line: (line.lot, line.case))))


def _lines(facts: SqlFacts, case: Case, standing: Standing, now: int) -> Iterator[StopLine]:
    told = list(standing.lots(now))
    texts = facts.texts({name for name, _, _ in told})
    for name, product, stand in told:
        if not texts[name].startswith("?"):
            yield StopLine(
                lot=texts[name],
                product=product,
                case=case.case,
                level=case.level,
                link="confirmed" if stand.link == "confirmed" else "possible",
                opened=local(case.opened).isoformat(timespec="seconds"),
                advice=case.advice,
                possible=stand.possible,
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
