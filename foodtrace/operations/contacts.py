"""People's contacts leave the ledger only with an entry that says so (TRANSCRIPTS "Easily forgotten" 18)."""

from __future__ import annotations

from typing import Final

from foodtrace.events import ContactsShown
from foodtrace.operations.common import Doing, Outcome
from foodtrace.recall.answer import Answer

_SAID: Final = 400
"""Characters of a clause that the entry repeats."""


def show_list(doing: Doing, answer: Answer) -> Outcome:
    """Put on record that the contacts of a recall's list are written out in full; the answer is how many sites have any."""
    sites = sum(row.personal == "present" for row in (*answer.outlets, *answer.others))
    scope = tuple(each[:_SAID] for each in answer.scope[:20])
    event = ContactsShown(id=doing.event_id(), at=doing.now, by=doing.by, case=answer.case, what="recall", scope=scope, sites=sites)
    return Outcome(events=[event], answer=sites)
