"""What happens to the goods of a case at each site: sealed, returned, destroyed, corrected and resold (RCL15 Art. 19, 24, 25).

Rules:

1. These are facts: they are recorded of any case, open or closed, with quantity, place, who and the hash of the evidence.
2. Without a quantity, all that is there: by the book, and where the site has answered its notice by its own figure, which may be
   more than the book knew; of a sealing all that lies free. More than that is refused, unless it is to be recorded as such. A sealing is of
   goods that bear no seal yet: what two of them name is two amounts (:mod:`foodtrace.recall.quantities`, rule 5).
3. A destruction is reported with time and place before it happens (FSL Art. 63). A report is never dated after it; one that was
   not reported, or had no witness, is recorded all the same and stands in the case's status as such. What the plan says of place and
   method holds wherever it is named again, unless something else is said. A report covers what happens as it says
   (:mod:`foodtrace.operations.asplanned`): what is beyond the planned quantity is a record of its own, which nobody reported.
4. Correcting and reselling is for false labels only (level 3), approved by a number, with what buyers are told. The new lot is one that no
   case stands against, or nothing would have been corrected, and no other goods: on record as corrected in this case, if at all. And an
   approval in one case is none in another that blocks the goods.
5. What is planned to be destroyed is not planned again while that plan stands: a second plan takes what is there less what is planned, and
   is refused beyond that. Carried out or called off, a plan stands in nobody's way.
6. A quantity without a lot is of the one lot of the case that lies there; where several do, it is asked which.
7. Sealed goods go back to free stock by nothing but clearing: the ask is refused while the case blocks them, closed or not.
8. Goods that came without lot are of the case that lists them, by the name it lists them by (``?LOG#SEQ``), and are dealt with alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from foodtrace.errors import Ambiguous, BadData, NotFound, Refused
from foodtrace.events import Destroyed, DestructionPlanned, Event, Output, Portion, Returned, Sealing, Transformation
from foodtrace.graph.directory import resolve_lot, resolve_place
from foodtrace.graph.edges import UNIT_NAMES, micros, moment
from foodtrace.graph.flows import BIRTHS
from foodtrace.graph.reader import SqlFacts
from foodtrace.graph.standing import FALSE_LABEL
from foodtrace.operations.asplanned import Meant, covered, differs, of_plan
from foodtrace.operations.blocking import blocks, refused
from foodtrace.operations.common import CHINA, Doing, Outcome
from foodtrace.operations.goods import Stock, check_enough
from foodtrace.operations.managing import concerned, managed, reach_of
from foodtrace.operations.newgoods import new_goods
from foodtrace.operations.sellers import site_name
from foodtrace.quantity import Amount, Quantity
from foodtrace.recall.aliases import flows_of_lot, with_aliases
from foodtrace.recall.cases import load_cases, resolve_case, told_at
from foodtrace.recall.facts import Planned
from foodtrace.recall.moves import pair
from foodtrace.recall.packs import for_case
from foodtrace.recall.quantities import Books
from foodtrace.recall.sums import answered
from foodtrace.recall.visited import under, visits
from foodtrace.storage.session import Session


def dispose(
    session: Session,
    doing: Doing,
    what: str,
    case: str | None,
    site: str,
    lot: str | None,
    quantity: Quantity | None,
    *,
    to: str = "",
    in_transit: bool = False,
    witness: str = "",
    place: str = "",
    method: str = "",
    reported: dt.datetime | None = None,
    plan: str = "",
    evidence: str = "",
    allow_short: bool = False,
) -> Outcome:
    """Seal, return or destroy goods of a case at a site (rules 1-3, 6); the answer is the events.

    :param what: ``seal``, ``return``, ``destroy``. :param in_transit: of a return: under way, a receipt says what arrived.
    :param plan: id of the planned destruction; by default the one that stands for this site and lot.
    :param method: of a destruction; empty: as planned, else ``destroyed``. :param reported: when time and place of all of it were reported;
        none: as far as the plan was, and covers what happens.
    :raises Refused: ``site.insufficient``, ``case.nothing_there``, ``case.all_sealed``, ``case.sealed_already``.
    :raises NotFound: ``case.not_affected``.
    :raises BadData: ``case.return_to``, ``case.return_same_site``, ``case.report_late``, ``quantity.*``.
    :raises Ambiguous: ``case.which_lot_here``.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    back = resolve_place(session, to) if to else ""
    if what == "return" and back == at:
        raise BadData("case.return_same_site", value=at, name=site_name(session, at))
    events: list[Event] = []
    sealed = False
    for each in _meant(session, doing, full, at, lot, quantity):
        bare = what == "seal" and quantity is not None
        amount = _amount(session, doing, full, at, each, quantity, allow_short=allow_short, bare=bare)
        if amount is not None and what == "seal" and quantity is None:
            free = [left for left in _there(session, doing, full, at, each, but="custody") if left.unit == amount.unit]
            amount, sealed = (free[0] if free else None), sealed or not free
        if amount is None:
            continue
        common: dict[str, Any] = {"id": doing.event_id(f"-{len(events) + 1}"), "at": doing.now, "by": doing.by, "site": at, "lot": each}
        common |= {"quantity": amount, "evidence": evidence, "case": full}
        if what == "seal":
            events.append(Sealing(**common))
        elif what == "return":
            if not to:
                raise BadData("case.return_to", value=at, name=site_name(session, at))
            events.append(Returned(to=back, in_transit=in_transit, **common))
        else:
            said = Meant(doing.now, place, method, witness)
            for more in _destroyed(session, doing, common, said, reported=reported, plan=plan):
                events.append(msgspec.structs.replace(more, id=doing.event_id(f"-{len(events) + 1}")))
    if not events:
        raise Refused("case.all_sealed" if sealed else "case.nothing_there", value=at, case=full, name=site_name(session, at))
    return Outcome(events=events, answer=events)


def strange_returns(session: Session, events: Sequence[Event], now: int) -> list[str]:
    """Return the sites that goods went back to although, by the records, they came from there to nobody, and nobody who recalls keeps them.

    :param events: what :func:`dispose` answered.
    """
    facts = SqlFacts(session, now)
    found: dict[str, None] = {}
    for event in events:
        if isinstance(event, Returned):
            to = facts.site(event.to) or 0
            flows = flows_of_lot(facts, facts.lot(event.lot) or 0)
            begun = any(flow.kind in BIRTHS and flow.site == to for flow in flows)
            sent = any(move.src == to and not move.recall for move in pair(flows, {}, facts.ranks()))
            if not begun and not sent and not _keeps(facts, event, to):
                found[event.to] = None
    return list(found)


def _keeps(facts: SqlFacts, event: Returned, to: int) -> bool:
    """Say whether goods went back to whoever recalls them, and no outlet of his, by every case of the number."""
    info = facts.sites([to])[to]
    opened = load_cases(facts.session, event.case, until=facts.now, site=event.site)
    return all(
        info.operator == state.operator != "" and not info.is_outlet(for_case(state, facts.session.rules).settings.outlet_kinds)
        for state in opened
    )


def reported_early(session: Session, event: Event) -> bool:
    """Say whether a destruction was reported before anybody knew of a risk, as the case says it."""
    if not isinstance(event, Destroyed) or event.reported is None:
        return False
    return all(micros(event.reported) < state.known for state in load_cases(session, event.case, site=event.site))


def _destroyed(
    session: Session, doing: Doing, common: dict[str, Any], said: Meant, *, reported: dt.datetime | None, plan: str
) -> list[Destroyed]:
    """Return the destruction of an amount: a record for each plan that it carries out, and one for what is beyond a report (rule 3).

    :param said: where, how and before whom, as far as somebody says. :param reported: when it was, if somebody says: all of it then.
    """
    if reported is not None and reported >= doing.now:
        raise BadData("case.report_late", value=reported.isoformat(), expected=doing.now.isoformat())
    amount: Quantity = common["quantity"]
    plans = _plans_for(session, doing, common["case"], common["site"], common["lot"], plan, amount.unit)
    made: list[Destroyed] = []
    for value, planned, within in _portions(amount.value, plans, split=reported is None):
        place = said.place or (planned.place if planned else "")
        method = said.method or (planned.method if planned else "destroyed")
        when = reported
        if when is None and planned is not None and planned.reported is not None and within:
            done = said._replace(place=place, method=method)
            when = moment(planned.reported).astimezone(CHINA) if covered(differs(of_plan(planned), done)) else None
        more = {"witness": said.witness, "place": place, "method": method, "reported": when, "plan": planned.id if planned else ""}
        made.append(Destroyed(**common | {"quantity": Quantity(value, amount.unit)} | more))
    return made


def _portions(amount: int, plans: Sequence[Planned], *, split: bool) -> list[tuple[int, Planned | None, bool]]:
    """Return how much carries out which plan, and whether it is within it.

    :param split: what is beyond a plan that was reported stands by itself.
    """
    made: list[tuple[int, Planned | None, bool]] = []
    for planned in plans:
        if amount > 0:
            made.append((min(amount, planned.q), planned, True))
            amount -= planned.q
    if amount > 0:
        last = plans[-1] if plans else None
        if last is not None and not (split and last.reported is not None):
            amount += made.pop()[0]
        made.append((amount, last, last is None or not split or last.reported is None))
    return made


def plan_destruction(
    session: Session,
    doing: Doing,
    case: str | None,
    site: str,
    lot: str | None,
    quantity: Quantity | None,
    *,
    due: dt.datetime,
    place: str = "",
    method: str = "destroyed",
    witness: str = "",
    reported: bool = False,
    doc: str = "",
) -> Outcome:
    """Say when and where goods are to be destroyed, and whether that has been reported; the answer is the events.

    :raises BadData: ``case.due_past``, ``case.place``: what is reported beforehand is time and place (rule 3).
    :raises Refused: ``case.planned``: these goods are planned to be destroyed already (rule 5); and as :func:`dispose`.
    :raises NotFound, Ambiguous: as :func:`dispose`.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    if due <= doing.now:
        raise BadData("case.due_past", value=due.isoformat(), expected=doing.now.isoformat())
    if not place.strip():
        raise BadData("case.place", value="-", expected="--place")
    events: list[Event] = []
    taken: Refused | None = None
    for each in _meant(session, doing, full, at, lot, quantity):
        amount = _amount(session, doing, full, at, each, quantity, allow_short=False)
        if amount is not None:
            try:
                amount = _unplanned(session, doing, full, at, each, amount, exact=quantity is not None)
            except Refused as refusal:
                if lot:
                    raise
                taken = refusal  # another lot there may be free of plans
                continue
            events.append(
                DestructionPlanned(
                    id=doing.event_id(f"-{len(events) + 1}"),
                    at=doing.now,
                    by=doing.by,
                    site=at,
                    case=full,
                    lot=each,
                    quantity=amount,
                    due=due,
                    place=place,
                    method=method,  # type: ignore[arg-type]  # the command line offers only these
                    witness=witness,
                    reported=doing.now if reported else None,
                    doc=doc,
                )
            )
    if not events:
        raise taken or Refused("case.nothing_there", value=at, case=full, name=site_name(session, at))
    return Outcome(events=events, answer=events)


def _unplanned(session: Session, doing: Doing, case: str, site: str, lot: str, amount: Quantity, *, exact: bool) -> Quantity:
    """Return how much of what lies at a site may be planned: not what is planned already (rule 5). Raises ``Refused`` (``case.planned``).

    :param amount: how much is wanted. :param exact: all of it or nothing; else what is left of it.
    """
    facts = SqlFacts(session, micros(doing.now))
    where, names = facts.site(site), set(with_aliases(facts, [facts.lot(lot) or 0]))
    plans = [each for each in _planned(session, doing, case) if not each.done and each.site == where and each.lot in names]
    plans = sorted((each for each in plans if UNIT_NAMES[each.unit] == amount.unit), key=lambda each: (each.due, each.id))
    there = next((each.value for each in _there(session, doing, case, site, lot) if each.unit == amount.unit), 0)
    left = max(0, there - sum(each.q for each in plans))
    if not plans or amount.value <= left:
        return amount
    if left and not exact:
        return Quantity(left, amount.unit)
    first = plans[0]
    raise Refused(
        "case.planned",
        value=amount,
        expected=Quantity(left, amount.unit),
        site=site,
        name=site_name(session, site),
        plan=first.id,
        planned=Quantity(first.q, UNIT_NAMES[first.unit]),
        due=f"{moment(first.due).astimezone(CHINA):%Y-%m-%d %H:%M}",
    )


def call_off(session: Session, doing: Doing, case: str | None, site: str, lot: str | None = None) -> Outcome:
    """Call off what is planned to be destroyed at a site, of one lot or of all; the answer is the events.

    :raises NotFound: ``case.no_plan``.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    facts = SqlFacts(session, micros(doing.now))
    names = set(with_aliases(facts, [facts.lot(_lot_of(session, doing, full, lot)) or 0])) if lot else None
    plans = [each for each in _planned(session, doing, full) if each.site == facts.site(at) and not each.done]
    plans = [each for each in plans if names is None or each.lot in names]
    if not plans:
        raise NotFound("case.no_plan", value=at, case=full, name=site_name(session, at))
    texts = facts.texts({each.lot for each in plans})
    events: list[Event] = [
        DestructionPlanned(
            id=doing.event_id(f"-{number}"),
            at=doing.now,
            by=doing.by,
            site=at,
            case=full,
            lot=texts[each.lot],
            quantity=Quantity(each.q, UNIT_NAMES[each.unit]),
            due=moment(each.due).astimezone(CHINA),
            place=each.place,
            method=each.method,
            witness=each.witness,
            reported=None if each.reported is None else moment(each.reported).astimezone(CHINA),
            plan=each.id,
            cancelled=True,
        )
        for number, each in enumerate(plans, 1)
    ]
    return Outcome(events=events, answer=events)


def report_destruction(session: Session, doing: Doing, case: str | None, site: str, *, doc: str = "") -> Outcome:
    """Record that time and place of what is planned at a site were reported now; the answer is the events.

    :raises NotFound: ``case.no_plan``. :raises BadData: ``case.report_late``: it was to have happened by now.
    """
    full = resolve_case(session, case)
    at = resolve_place(session, site)
    facts = SqlFacts(session, micros(doing.now))
    plans = [each for each in _planned(session, doing, full) if each.site == facts.site(at) and not each.done and each.reported is None]
    if not plans:
        raise NotFound("case.no_plan", value=at, case=full, name=site_name(session, at))
    events: list[Event] = []
    for each in plans:
        due = moment(each.due).astimezone(CHINA)
        if due <= doing.now:
            raise BadData("case.report_late", value=doing.now.isoformat(), expected=due.isoformat())
        events.append(
            DestructionPlanned(
                id=doing.event_id(f"-{len(events) + 1}"),
                at=doing.now,
                by=doing.by,
                site=at,
                case=full,
                lot=facts.texts([each.lot])[each.lot],
                quantity=Quantity(each.q, UNIT_NAMES[each.unit]),
                due=due,
                place=each.place,
                method=each.method,
                witness=each.witness,
                reported=doing.now,
                doc=doc,
                plan=each.id,
            )
        )
    return Outcome(events=events, answer=events)


def correct(
    session: Session,
    doing: Doing,
    case: str | None,
    site: str,
    lot: str,
    quantity: Quantity,
    output: str,
    *,
    approved_by: str,
    note: str,
    allow_short: bool = False,
) -> Outcome:
    """Relabel goods with the case's approval, so that they may be sold again under a new lot (rule 4); the answer is the event.

    :raises Refused: ``case.correct_level``, ``case.correct_lot``, ``case.correct_lot_there``; ``transfer.recalled``,
        ``transfer.recall_possible`` by another case, and then the refusal is on record.
    :raises BadData: ``case.approved_by``, ``case.note``, ``lot.*``.
    """
    from foodtrace.identifiers import lot as lots  # noqa: PLC0415 - only here

    state = managed(session, doing, case)
    if state.level != FALSE_LABEL:
        raise Refused("case.correct_level", value=state.level, expected=FALSE_LABEL, case=state.case)
    if not approved_by.strip():
        raise BadData("case.approved_by", value="-", expected="--approved-by")
    if not note.strip():
        raise BadData("case.note", value="-", expected="--note")
    at = resolve_place(session, site)
    full = _lot_of(session, doing, state.case, lot)
    _amount(session, doing, state.case, at, full, quantity, allow_short=allow_short)
    made = lots.format(lots.parse(output))
    standing = sorted({each.case for each in blocks(session, made, micros(doing.now), at)})
    if standing or made == full:
        raise Refused("case.correct_lot", value=made, case=", ".join(standing) or state.case)
    if _others_goods(session, micros(doing.now), made, state.case):
        raise Refused("case.correct_lot_there", value=made)
    facts = SqlFacts(session, micros(doing.now))
    number = facts.lot(full) or 0
    info = facts.lots([number])[number]
    event = Transformation(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=at,
        kind="relabel",
        inputs=(Portion(full, quantity),),
        outputs=(Output(lot=made, quantity=quantity, product=info.product, gtin=info.gtin),),
        case=state.case,
        approved_by=approved_by,
        note=note,
    )
    elsewhere = refused(session, doing, "use", [(full, quantity)], at, tests=False, approved=state.case, new=new_goods(facts, event))
    return elsewhere or Outcome(events=[event], answer=event)


def _others_goods(session: Session, now: int, lot: str, case: str) -> bool:
    """Say whether a lot is on record as anything but goods that this case corrected before (rule 4)."""
    facts = SqlFacts(session, now)
    number = facts.lot(lot)
    if number is None or number not in facts.on_record([number]):
        return False
    births = {(flow.log, flow.seq) for flow in facts.flows([number]) if flow.kind in BIRTHS}
    return not births or any(getattr(told_at(session, entry), "case", "") != case for entry in births)


def restock(session: Session, doing: Doing, site: str, lot: str, quantity: Quantity | None) -> Outcome:
    """Ask for recalled goods to be free stock again (rule 7): refused while a case blocks them; the answer is the lot.

    :raises Refused: ``transfer.recalled``, ``transfer.recall_possible``; the refusal is on record then.
    """
    full = resolve_lot(session, lot)
    at = resolve_place(session, site)
    return refused(session, doing, "restock", [(full, quantity)], at, tests=False) or Outcome(answer=full)


def held(session: Session, doing: Doing, case: str, site: str) -> list[str]:
    """Return the affected lots of a site, by names they have there, by whichever log opened the case.

    :raises NotFound: ``case.not_affected``.
    """
    facts = SqlFacts(session, micros(doing.now))
    number = facts.site(site)
    there: dict[int, str] = {}
    for state in load_cases(session, case, until=micros(doing.now)):
        found = reach_of(facts, state)
        there |= {lot: found.called.name(lot, where) for lot, where in found.holdings if where == number}
    if not there:
        raise NotFound("case.not_affected", value=site, name=site_name(session, site), case=case)
    return sorted(there.values())


def _meant(session: Session, doing: Doing, case: str, site: str, lot: str | None, quantity: Quantity | None) -> list[str]:
    """Return the lots that something is said of (rules 2 and 6). Raises ``Ambiguous`` (``case.which_lot_here``), ``NotFound``."""
    if lot:
        return [_lot_of(session, doing, case, lot)]
    every = held(session, doing, case, site)
    if quantity is None or len(every) == 1:
        return every
    there = {each: amounts for each in every if (amounts := _there(session, doing, case, site, each))}
    if len(there) == 1:
        return list(there)
    shown = [Amount(f"{each} ", amount) for each, amounts in there.items() for amount in amounts]
    name = site_name(session, site)
    raise Ambiguous("case.which_lot_here", value=quantity, name=name, count=len(there or every), candidates=shown or every)


def _lot_of(session: Session, doing: Doing, case: str, lot: str) -> str:
    """Return a lot that the case can be about: neither a slip of the hand nor other goods are booked on a case."""
    full = resolve_lot(session, lot)
    if not concerned(session, case, full, micros(doing.now)):
        raise NotFound("case.not_affected", value=full, name=full, case=case)
    return full


def _amount(
    session: Session, doing: Doing, case: str, site: str, lot: str, quantity: Quantity | None, *, allow_short: bool, bare: bool = False
) -> Quantity | None:
    there = _there(session, doing, case, site, lot, but="seals" if bare else "")
    book = next((each for each in there if quantity is not None and each.unit == quantity.unit), there[0] if there else None)
    if quantity is not None and not allow_short:
        left = book or Quantity(0, quantity.unit)
        if bare and quantity.unit == left.unit and quantity.value > left.value and there != _there(session, doing, case, site, lot):
            raise Refused("case.sealed_already", value=quantity, name=site_name(session, site), expected=left)
        check_enough(Stock(site, left, site_name(session, site)), quantity)
    return quantity or book


def _there(session: Session, doing: Doing, case: str, site: str, lot: str, *, but: Literal["", "custody", "seals"] = "") -> list[Quantity]:
    """Return what lies of a lot at a site, by unit (rule 2): what it answered is a count at its notice (RECALL section 5).

    :param but: leave out what is in custody, or only what bears a seal by a sealing on record.
    """
    now = micros(doing.now)
    facts = SqlFacts(session, now)
    number, where = facts.lot(lot), facts.site(site)
    if number is None or where is None:
        return []
    names = with_aliases(facts, [number])
    flows = flows_of_lot(facts, number)
    said: dict[tuple[int, int, int], tuple[int, int]] = {}
    for state in load_cases(session, case, until=now, site=site):
        flows = [*flows, *under(visits(state, now), dict.fromkeys(names, number))]
        words = answered(state, now, dict.fromkeys(names, number), for_case(state, session.rules).settings)
        said |= {key: word for key, word in words.items() if key[:2] == (number, where)}
    books = Books(pair(flows, {}, facts.ranks()), flows, said=said)
    sums = [books.sum((number, where, unit)) for unit in range(3)]
    out = {"": [0, 0, 0], "custody": [each.sealed + each.back for each in sums], "seals": [each.marked for each in sums]}[but]
    return [Quantity(value, UNIT_NAMES[unit]) for unit, each in enumerate(sums) if (value := each.on_hand - out[unit])]


def _planned(session: Session, doing: Doing, case: str) -> tuple[Planned, ...]:
    """Return the destructions that are planned under a case's number: facts, whichever log opened it."""
    return load_cases(session, case, until=micros(doing.now))[0].planned


def _plans_for(session: Session, doing: Doing, case: str, site: str, lot: str, plan: str, unit: str) -> list[Planned]:
    """Return the plans that a destruction carries out, the first due first: the one named, else what is planned for this site and lot."""
    facts = SqlFacts(session, micros(doing.now))
    where, what = facts.site(site), facts.lot(lot)
    plans = [each for each in _planned(session, doing, case) if not each.done]
    if plan:
        found = [each for each in plans if each.id == plan]
        if not found:
            raise NotFound("case.no_plan", value=plan, name=plan, case=case, near=[each.id for each in plans][:5])
        return found
    mine = [each for each in plans if (each.site, each.lot, UNIT_NAMES[each.unit]) == (where, what, unit)]
    return sorted(mine, key=lambda each: (each.due, each.id))
