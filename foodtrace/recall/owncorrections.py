"""Corrections of a case's own entries: what it had on record, and who took it back or put it otherwise, and why.

Rules:

1. A case's own entries are those about it: its opening and scope, notices, answers, draws, visits, what was done to its goods, closing
   and clearing. An entry that was corrected away stands in no list any more, so its corrections are named, all of them, in the order of
   the records.
2. A correction that counts for nothing is named as well, and that it does: it would have lifted or weakened a block
   (:mod:`foodtrace.graph.mended`), or came from a log that is not entitled to it (:mod:`foodtrace.recall.cases`, rule 2).
3. What only a log with standing may say of a case is none of its entries where another said it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from foodtrace.events import AnyEvent, Correction, Event
from foodtrace.graph.casewords import word_at
from foodtrace.graph.mended import DECIDING
from foodtrace.graph.names import find
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.cases import MANAGED, standing_of
from foodtrace.recall.facts import Case
from foodtrace.recall.report_entries import local_time
from foodtrace.texts import Lang, text
from foodtrace.tlog.entry import sealed
from foodtrace.tlog.whole import event_of

_ENDED: Final = "SELECT DISTINCT log, seq FROM about WHERE subject = ? AND ended > 0"
_ELSEWHERE: Final = (
    "SELECT DISTINCT a.log, a.seq FROM about AS a JOIN log AS l ON l.id = a.log JOIN name AS n ON n.text = l.origin "
    "JOIN cross_correction AS c ON c.target = n.id AND c.target_seq = a.seq WHERE a.subject = ?"
)
_BY_OTHERS: Final = (
    "SELECT c.log, c.seq FROM log AS l JOIN name AS n ON n.text = l.origin "
    "JOIN cross_correction AS c ON c.target = n.id AND c.target_seq = ? WHERE l.id = ? ORDER BY c.log, c.seq"
)
_OWN: Final = (
    "SELECT a.seq FROM log AS l JOIN name AS n ON n.text = 'corrected ' || l.origin || ' ' || CAST(? AS TEXT) "
    "JOIN about AS a ON a.subject = n.id AND a.log = l.id WHERE l.id = ? ORDER BY a.seq"
)


class OwnCorrection(msgspec.Struct, frozen=True, kw_only=True):
    """One correction of one of a case's own entries."""

    entry: str
    """``ORIGIN#SEQ`` of what was corrected."""
    kind: str
    """Its kind of event, as ``acknowledgement``."""
    site: str
    """Site that it was about; of a notice, to whom it went. Empty: none."""
    correction: str
    """``ORIGIN#SEQ`` of the correction."""
    at: str
    """When the correction was recorded."""
    by: str
    """Staff or device number of who corrected; empty: not said."""
    note: str
    """Why; empty: not said."""
    reason: Literal["did_not_occur", "incorrect_data", "disputed"]
    """``did_not_occur``: the entry was taken back; ``incorrect_data``: it says something else now."""
    effect: bool
    """False: it counts for nothing (rule 2)."""

    def words(self, lang: Lang) -> str:
        """Return it as a line for people."""
        said = text(
            f"status.own_{self.reason}",
            lang,
            entry=self.entry,
            kind=text(f"kind.{self.kind}", lang),
            site=f" {self.site}" if self.site else "",
            correction=self.correction,
            at=self.at[:16].replace("T", " "),
            by=self.by or "-",
            note=self.note.strip() or "-",
        )
        return said if self.effect else text("status.own_no_effect", lang, said=said)


def own_corrections(facts: SqlFacts, case: Case) -> tuple[OwnCorrection, ...]:
    """Return the corrections of a case's own entries that were on record by then (rule 1). O(entries of the case)."""
    session = facts.session
    number = find(session, [f"case {case.case}"]).get(f"case {case.case}", 0)
    places = {(row[0], row[1]) for row in session.rows(_ENDED, (number,))}
    if facts.crossed:
        places |= {(row[0], row[1]) for row in session.rows(_ELSEWHERE, (number,))}
    standing = standing_of(session, case.opener)
    found: list[tuple[int, OwnCorrection]] = []
    for place in sorted(places):
        _, event = _read(facts, place)
        if isinstance(event, Correction) or (isinstance(event, (*MANAGED, *DECIDING)) and not standing(place[0])):
            continue  # an earlier correction stands with what it corrected
        found += _of(facts, place, event)
    return tuple(each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].correction)))


def _of(facts: SqlFacts, place: tuple[int, int], event: AnyEvent) -> Iterator[tuple[int, OwnCorrection]]:
    """Iterate over (when it was recorded, correction) of one entry."""
    origins = facts.origins()
    decides = word_at(facts, *place) if isinstance(event, DECIDING) else None
    idle = set() if decides is None else set(decides.without)
    for correction, counts in _corrections(facts, place, event):
        recorded, said = _read(facts, correction)
        if isinstance(said, Correction) and facts.seen(*correction):
            yield (
                recorded,
                OwnCorrection(
                    entry=f"{origins.get(place[0], place[0])}#{place[1]}",
                    kind=str(type(event).__struct_config__.tag),
                    site=getattr(event, "to", "") or event.site,
                    correction=f"{origins.get(correction[0], correction[0])}#{correction[1]}",
                    at=local_time(recorded),
                    by=said.by,
                    note=said.note,
                    reason=said.reason,
                    effect=counts and correction not in idle,
                ),
            )


def _corrections(facts: SqlFacts, place: tuple[int, int], event: Event) -> Iterator[tuple[tuple[int, int], bool]]:
    """Iterate over (log, seq) of what corrects or disputes an entry, and whether its log is entitled to."""
    session, (log, seq) = facts.session, place
    own = [(log, row[0]) for row in session.rows(_OWN, (seq, log))]
    yield from ((each, True) for each in own)
    if facts.crossed:
        may_say = standing_of(session, log)
        for named in (place, *own):
            entitled = set(facts.entitled(*named))
            for other in session.rows(_BY_OTHERS, (named[1], log)):
                each = (other[0], other[1])
                by_standing = not isinstance(event, MANAGED) or may_say(each[0]) or facts.continues(each[0], log)
                yield each, each in entitled and by_standing


def _read(facts: SqlFacts, place: tuple[int, int]) -> tuple[int, AnyEvent]:
    """Return when an entry was recorded, and what it says."""
    row = facts.session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", place)
    assert row is not None  # noqa: S101 - a sealed entry that a row was made of
    return sealed(bytes(row[0]))[1], event_of(facts.session, *place, row[0])


__all__ = ["OwnCorrection", "own_corrections"]
