"""Which recall cases stand against goods, and what an ask for them gets (RECALL section 7).

Rules:

1. Every ask (sale, dispatch, entry, use as input, packing, release, certificate, return to free stock) is answered here, by
   :mod:`foodtrace.recall.blocking`: confirmed is refused, possible is held, a receipt is accepted as sealed.
2. What was refused or held is an entry of its own, which moves no quantity, and commits before the caller is told.
3. What a case stands against, and how, is said in one place for every door (:mod:`foodtrace.operations.standing`).
4. Only cases whose scope names the lot, something it was made from, another of its names, or is a rule are read at all.
5. Closing a case lifts nothing, nor does narrowing its scope. Clearing these goods, or withdrawing the case, lifts it.
6. A positive test of the lot stops the same asks until a laboratory has spoken (FSL Art. 112).
7. A rule pack of one's own that cannot be read stops every ask, with its name, whether or not a case stands: what it would have said of the
   next case nobody knows.
8. An ask is of now, and now is never before what is on record: by a clock that stands before the last entry, whoever set it, what stands
   against the goods at either time stands against them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import Refused
from foodtrace.events import Event, RecallOpened, RecallWidened, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.among import Among
from foodtrace.graph.edges import BY_RULE, micros, recalled
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find as numbers_of
from foodtrace.graph.names import in_use, texts_of, used
from foodtrace.graph.papers import near
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.spoken import NOT_MADE
from foodtrace.graph.subjects import CASES
from foodtrace.operations.common import Doing, Outcome, new_id
from foodtrace.operations.newgoods import NewGoods
from foodtrace.operations.standing import Upstream, standing_against
from foodtrace.quantity import Quantity
from foodtrace.recall.blocking import Doing as Ask
from foodtrace.recall.blocking import Link, Verdict, answer
from foodtrace.recall.cases import case_ids
from foodtrace.recall.packs import for_case
from foodtrace.recall.packs import local as packs_of
from foodtrace.recall.settings import DEFAULT, Possible
from foodtrace.recall.unlikelots import under_another
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

Asked: TypeAlias = Literal["sale", "transfer", "market_entry", "use", "packing", "release", "certificate", "restock"]
"""What can be asked for, as a refusal records it."""

_OF_CODE: Final = f"SELECT n.id FROM name AS n WHERE n.code = ? AND {used('n')}"  # noqa: S608 - constants
MOST: Final = 20_000
"""Lots that are looked at on the way back from one lot, more than most blends of blends have; beyond it every case is asked."""


class Block(msgspec.Struct, frozen=True):
    """A case that stands against a lot."""

    case: str
    link: Link
    """``confirmed``, ``possible``; ``unknown``: a partial scope touches the lot, and nobody knows the way of these goods."""
    level: int
    advice: str = ""
    block_possible: Possible = "hold"
    """What the case's rule pack gives to an ask for a possible link."""
    missing: str = ""
    """The rule pack that the case was opened under, where it is not here and ``block_possible`` is another's."""
    again: bool = False
    """These goods were cleared at the site, and more of them came, or lies in custody, there."""


def blocks(session: Session, lot: str, now: int, site: str = "", *, more: bool = False) -> list[Block]:
    """Return every case that stands against a lot at a site (rules 3-5, 7, 8).

    :param lot: full id; one that no record names is blocked by nothing here (the gate asks by its papers).
    :param now: microseconds UTC.
    :param site: id of the site whose goods are asked for; empty: the lot wherever it is.
    :param more: asked for is to make more of it there.
    """
    packs_of(session.rules)
    found = {each.case: each for each in stood(session, lot, now, site, more=more)}
    sealed = sealed_until(session)
    if sealed > now:
        found = {each.case: each for each in stood(session, lot, sealed, site, more=more)} | found
    return list(found.values())


def sealed_until(session: Session) -> int:
    """Return when the newest entry was sealed, microseconds UTC; 0 before the first (rule 8)."""
    row = session.row("SELECT MAX(time) FROM head")
    return int(row[0] or 0) if row is not None else 0


def stood(session: Session, lot: str, now: int, site: str, *, more: bool = False) -> list[Block]:
    """Return what stood against a lot at a moment: of a fact its own time decides, however late it is recorded (RECALL section 7)."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    if number is None or not numbers_of(session, [CASES]):
        return []  # no record names it, or no case was ever opened
    where = facts.site(site) or 0 if site else 0
    found: list[Block] = []
    behind_it = upstream(session, facts, (number,))
    cases = case_ids(session) if behind_it is None else candidates(session, list(behind_it.values()))
    among = None if behind_it is None else Upstream(Among(session, now, behind_it))
    for case, standing in standing_against(session, facts, cases, now, among):
        stand = (standing.against_more if more else standing.against)(number, where, now)
        if stand is not None:
            missing = for_case(case, session.rules).missing
            found.append(Block(case.case, stand.link, case.level, case.advice, stand.possible, missing, stand.again))
    return found


def behind(session: Session, lot: str, now: int) -> list[str]:
    """Return the cases that may be about a lot: those that name it or what it was made from, and those whose scope is a rule."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    return [] if number is None else about(session, facts, (number,))


def about(session: Session, facts: SqlFacts, numbers: Iterable[int]) -> list[str]:
    """Return the cases that may be about one of some lots; all there are, where they were made from more lots than are looked at."""
    lots = upstream(session, facts, numbers)
    return case_ids(session) if lots is None else candidates(session, list(lots.values()))


def candidates(session: Session, lots: Sequence[str]) -> list[str]:
    """Return the cases that name one of these lots or one of the same code, and those whose scope is a rule (rule 4)."""
    numbers = numbers_of(session, list(dict.fromkeys([BY_RULE, *(recalled(lot) for lot in lots)])))
    rows = session.each(
        "SELECT e.bytes FROM {ids} CROSS JOIN about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = f.value AND a.kind IN (?, ?)",  # corrected ones too: no correction lifts (:mod:`foodtrace.graph.mended`)
        list(numbers.values()),
        (ABOUT[RecallOpened], ABOUT[RecallWidened]),
    )
    events = [decode_alone(event_bytes(bytes(row[0]))) for row in rows]
    found = [getattr(event, "replacement", None) or event for event in events]
    return sorted({event.case for event in found if isinstance(event, (RecallOpened, RecallWidened))})


def upstream(session: Session, facts: SqlFacts, numbers: Iterable[int]) -> dict[int, str] | None:
    """Return every lot these goods were made from or, by papers, may be, and their other names, number -> id.

    None: more than :data:`MOST`, or goods without lot.
    """
    seen = set(numbers)
    rim = list(seen)
    known: dict[str, bool] = {}
    while rim and len(seen) < MOST:
        reached = {src for src, _ in facts.parents(rim)} | {other for _, other in facts.aliases(rim)} | _under_another(session, facts, rim)
        for text in texts_of(session, rim).values():
            if text.startswith("?"):
                return None  # goods without lot were made from nothing on record: what reaches them is for each case to say
            authority, _, code = text.partition("/")
            if authority not in known:
                # A code under an issuer on no record may be anybody's: every lot of that code may be this one.
                known[authority] = known_issuer(session, authority)
            if not known[authority]:
                reached |= {row[0] for row in session.rows(_OF_CODE, (code,))}
        rim = [each for each in reached if each not in seen]
        seen |= reached
    return None if rim else {lot: text for lot, text in texts_of(session, seen).items() if text}


def _under_another(session: Session, facts: SqlFacts, lots: Collection[int]) -> set[int]:
    """Return what some lots may be, by other papers of their transfers (:mod:`foodtrace.recall.unlikelots`)."""
    about_others = near(session, lots, logs=len(facts.ranks()))
    return under_another(facts, facts.flows(about_others)) if about_others else set()


def known_issuer(session: Session, authority: str) -> bool:
    """Tell whether the issuer part of a lot id is on record, as an operator or its site; a GTIN is a known product."""
    gtin = authority.isdigit() and len(authority) == 14  # noqa: PLR2004 - a GTIN-14 is a known product
    return gtin or in_use(session, [f"operator {authority}", f"sites {authority}", authority])


def refused(
    session: Session,
    doing: Doing,
    asked: Asked,
    goods: Iterable[tuple[str, Quantity | None]],
    site: str = "",
    *,
    tests: bool = True,
    approved: str = "",
    besides: Sequence[str] = (),
    new: Sequence[NewGoods] = (),
) -> Outcome | None:
    """Answer an ask; none where nothing stands against it, else the refusals to record and the error to raise after (rule 2).

    :param goods: (full lot id, how much) of everything asked for; all reasons are recorded, the first is raised.
    :param tests: also ask whether a test of the lot was positive (rule 6).
    :param approved: a case that allows it, and is not asked. :param besides: codes of what else would have stood against it.
    :param new: what comes to be by it: goods that a case's rule means are asked for before any record names them, more of a lot as the
        lot itself.
    """
    events: list[Event] = []
    first: Refused | None = None
    now = micros(doing.now)
    unmade = (NOT_MADE,) if asked == "use" else ()  # a harvest that gets no certificate is there all the same
    made = {each.info.text: each for each in new}
    unheard = {lot for lot, each in made.items() if not each.heard}
    wanted = list(goods)
    wanted += [(lot, each.quantity) for lot, each in made.items() if lot not in {named for named, _ in wanted}]
    for lot, quantity in wanted:
        for error, case in _reasons(session, lot, now, asked, site, tests=tests, approved=approved, made=made.get(lot)):
            first = first or error
            events.append(
                Refusal(
                    id=new_id(doing.now),
                    at=doing.now,
                    by=doing.by,
                    site=site,
                    asked=asked,
                    lot=lot,
                    product=made[lot].info.product if lot in unheard else "",
                    quantity=quantity,
                    reasons=(error.code, *besides, *(unmade if lot in unheard else ())),
                    case=case,
                )
            )
    return None if first is None else Outcome(events=events, refused=first)


def _reasons(
    session: Session, lot: str, now: int, asked: Ask, site: str, *, tests: bool, approved: str, made: NewGoods | None
) -> list[tuple[Refused, str]]:
    found: list[tuple[Refused, str]] = []
    against = {each.case: each for each in blocks(session, lot, now, site, more=made is not None)}
    if made is not None and not made.heard:
        from foodtrace.operations.gaterecalls import against_new  # noqa: PLC0415 - only where something comes to be

        against |= {each.case: each for each in against_new(session, now, made) if each.case not in against or each.link == "confirmed"}
    for block in sorted(against.values(), key=lambda each: (each.link != "confirmed", each.case)):
        verdict = "allow" if block.case == approved else verdict_of(block, asked)
        if verdict in ("refuse", "hold"):
            found.append((_refusal(block, lot, made), block.case))
    if tests:
        from foodtrace.operations.tests import check_tests  # noqa: PLC0415 - the gate's rules: a recall that asks who is behind it needs none

        try:
            check_tests(session, lot, now)
        except Refused as error:
            found.append((error, ""))
    return found


def _refusal(block: Block, lot: str, made: NewGoods | None) -> Refused:
    if block.link == "confirmed" and made is not None:
        return Refused("transfer.recalled_more" if made.heard else "transfer.recalled_new", value=lot, case=block.case)
    if block.link == "confirmed" and block.again:
        return Refused("transfer.recalled_again", value=lot, case=block.case)
    if block.link == "confirmed":
        return Refused("transfer.recalled", value=lot, case=block.case)
    if block.missing:
        return Refused("transfer.rules_missing", value=lot, case=block.case, pack=block.missing)
    return Refused("transfer.recall_possible", value=lot, case=block.case)


def verdict_of(block: Block, asked: Ask) -> Verdict:
    """Return what a block gives to an ask, by its case's rule pack."""
    return answer(asked, block.link, msgspec.structs.replace(DEFAULT, block_possible=block.block_possible))
