"""Reconciling the books: dispatches against receipts both ways, the identity at every holding, events told twice, certificates overspent.

Rules:

1. Every lot that any record names is looked at, in portions, by the same rules that a recall uses for its findings
   (:mod:`foodtrace.recall.findings`); what is open here is what a recall would stumble over.
2. A **move** is open when a side is missing (a receipt only after ``transit_limit``), or when quantities, units or times disagree.
3. A **lot** is open when it began more than once (``several_origins``), with where and how much each time. That no record says where one
   began (``origin_missing``) is no break of its own here: what shows of such a lot is open already, a receipt from nowhere, a receipt
   without dispatch, or more out of a place than in.
   A **holding** is open when the identity of RECALL section 4 needs ``over`` or ``unaccounted`` to hold, or more came back from consumers
   than was sold.
4. A **transformation** is open when more came out than went in. Of a collector's certificate (style 2) that is ``over_issued``, and so is
   what all certificates of a site together took out of a lot beyond what came in.
5. An **event id** in two logs is open: with unlike content as ``duplicate_conflict``, with the same as ``same_id``.
   One transfer (number, sender, receiver) is open as ``duplicate_conflict`` of each lot that one party's log names and another's does not,
   and of each that only the sender's paper names where only the receiver's names another (:mod:`foodtrace.recall.unlikelots`).
6. A **certificate** is open when the gates together, whatever their logs, let in more than it says (``over_certified``). Of one that is
   not on record nobody here knows what it says: such are counted, not judged.
7. A key and **serial** are open when two unlike certificates stand behind them (``serial_twice``): by their issues, by what gates saw,
   or both. Each is then judged by itself. A record of an issue that the key did not sign is somebody's claim, and no finding here.
8. A record dated later than it was written, and than now, is open as ``time_contradiction``: nothing of it is compared before its time,
   and a clock that is ahead must not make the books look whole.
9. Goods that an answer, a visit, a test and the like put where no book has them are open as ``same_lot_no_path``; a site that several logs
   describe in unlike ways is ``described_twice`` (:mod:`foodtrace.recall.whereabouts`).
   So is a lot of which records say unlike things (:mod:`foodtrace.recall.lotwords`), with every word and who says it.
   What stands at a gate that did not let it in is where its records say, and told by rule 10.
10. Origin exit meets market entry: certificates that no gate has seen, loads that gates did not let in, and what they let in without
   certificate, are told and not judged (:mod:`foodtrace.operations.gatesmet`).
11. A window (``start``, ``end``, both inclusive) and a site choose what is reported, not what is read: half a move is no break. Where
   nothing happened in the window, at the site, or at all, nothing was compared: that is no "everything adds up".
"""

from __future__ import annotations

import msgspec

from foodtrace.graph.flows import ALWAYS, NEVER
from foodtrace.graph.inorder import InOrder, in_order
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.gatesmet import Paper, Papers
from foodtrace.operations.spending import Certificates
from foodtrace.recall.books import Books, Progress
from foodtrace.recall.breaks import Asked, Break, Names, shown_time
from foodtrace.recall.doubles import Doubles
from foodtrace.recall.lotwords import LotWords
from foodtrace.recall.packs import for_day
from foodtrace.recall.said import FindingKind, finding_kinds
from foodtrace.recall.whereabouts import Whereabouts
from foodtrace.storage.session import Session


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared, and what is open; its JSON is ``schemas/reconcile.json``."""

    at: str
    site: str
    start: str | None
    end: str | None
    lots: int
    holdings: int
    moves: int
    """Moves looked at, by evidence the next three."""
    both_sides: int
    only_dispatch: int
    only_receipt: int
    without_lot: int
    """Dispatches whose lot no record names."""
    certificates: int
    """Certificates spent at gates that are on record, and so could be judged."""
    certificates_unknown: int
    compared: int = 0
    """Records of goods that happened in the window and at the site, each once; 0: of such there is nothing that could have been open."""
    first: str | None = None
    """First moment on record of what was read, whatever the window; none: there is none."""
    last: str | None = None
    not_entered: tuple[Paper, ...] = ()
    """Certificates issued that no gate has seen: their goods may be on the way, or went where no gate is."""
    not_let_in: tuple[Paper, ...] = ()
    """Loads that gates put aside and have not decided, or refused; their certificates are seen, and not among those above."""
    without_certificate: tuple[Paper, ...] = ()
    """What gates let in without a certificate."""
    open: tuple[Break, ...]
    finding_kinds: tuple[FindingKind, ...] = ()
    """What these are, by which rules they are detected, what to do: one for each kind and reason that is in ``open``."""
    rule_pack: str = ""
    """Rule pack whose limits say what is open (``transit_limit`` and the like), of one's own with the hash of its text."""

    @property
    def nothing(self) -> bool:
        """Whether there was nothing to compare (rule 11)."""
        return not (self.compared or self.open or self.not_entered or self.not_let_in or self.without_certificate)


def reconcile(
    session: Session,
    *,
    now: int,
    site: str = "",
    start: int | None = None,
    end: int | None = None,
    progress: Progress | None = None,
) -> Reconciliation:
    """Compare the books.

    :param site: id of a site; only what it took part in is reported.
    :param start: first moment, microseconds UTC. :param end: last moment, inclusive.
    """
    facts = SqlFacts(session, now)
    names = Names(session, facts)
    asked = Asked(site=facts.site(site) if site else None, start=ALWAYS if start is None else start, end=NEVER if end is None else end)
    chosen = for_day(now, session.rules)
    books = Books(session, facts, names, asked, chosen.settings)
    books.read(progress)
    doubles = Doubles(session, facts, names, asked)
    doubles.twice()
    doubles.unlike_lots()
    certificates = Certificates(session, names, asked)
    certificates.look()
    where = Whereabouts(session, facts, names, asked)
    where.look(books.cases())
    unlike = LotWords(session, facts, names, asked)
    unlike.look()
    papers = Papers(session, names, asked, now)
    papers.look()
    # What the gates say of a certificate says more than what its issuer's book says of its lot.
    told = {each.lot for each in certificates.open if each.kind == "over_certified"}
    at_gates = {(each.lot, each.site) for each in papers.not_let_in}
    found = [
        *(each for each in books.open if each.kind != "over_certified" or each.lot not in told),
        *doubles.open,
        *certificates.open,
        *unlike.open,
        *(each for each in where.open if each.kind != "same_lot_no_path" or (each.lot, each.site) not in at_gates),
    ]
    return Reconciliation(
        at=shown_time(now) or "",
        site=site,
        start=shown_time(start),
        end=shown_time(end),
        **books.counts,
        **certificates.counts,
        compared=books.compared,
        first=shown_time(books.first) if books.first < NEVER else None,
        last=shown_time(books.last) if books.last > ALWAYS else None,
        not_entered=papers.not_entered,
        not_let_in=papers.not_let_in,
        without_certificate=papers.without_certificate,
        open=tuple(sorted(found, key=_place)),
        finding_kinds=finding_kinds((each.kind, each.reason) for each in found),
        rule_pack=chosen.pack.name,
    )


def _place(each: Break) -> tuple[str, str, InOrder, str, list[InOrder]]:
    return each.kind, each.at or "", in_order(each.lot), each.site, [*map(in_order, each.entries)]


__all__ = ["Break", "Reconciliation", "reconcile"]
