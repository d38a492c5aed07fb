"""The gate's counter: lines from scanner and keyboard in, lines for the screen out (TRANSCRIPTS section 2).

Rules:

1. A state machine: what a line means depends on what was asked, and on nothing else; every answer can be given on the numeric
   pad. It prints nothing and reads nothing: :class:`Books` is the ledger, :mod:`foodtrace.gate.screen` the words.
2. Staff card, then for each truck: scan, weigh, decide, record, next. A refusal needs no weight. What is over the certified
   remainder is a hold with three choices, recorded as held unless the clerk chooses otherwise, also when the line goes dead.
3. The same certificate within seconds is one scan, whatever is being asked meanwhile.
4. Deciding and recording is one transaction; what was shown before is a preview, and what is recorded is decided anew. The id of a
   truck's entry is made when it is scanned: pressing Enter again after "busy" cannot record it twice.
5. What cannot be read is said and asked again; only a broken ledger ends the loop.
6. A staff card's secret gets neither on the screen nor into a record: a card scanned at any other moment is said and forgotten.
"""

from foodtrace.operations.counter.base import EVERY, Books, Setting
from foodtrace.operations.counter.loop import Counter

__all__ = ["EVERY", "Books", "Counter", "Setting"]
