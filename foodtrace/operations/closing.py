"""What stands against closing a case (RECALL section 6): zero free, sealed, travelling or undisposed stock, every outlet answered.

Rules:

1. ``silent``: an affected outlet has not answered, or not of all it has (:mod:`foodtrace.recall.heard`). ``unnotified``: a site of
   the trade got no notice, or none of some of its lots. Of what the case cleared nobody has to be told, or to answer.
2. ``free``, ``sealed``, ``travelling``: goods in trade that are not disposed of; what an outlet that records nothing may still
   hold counts as free. ``astray``: sent on to nobody on record; told of who sent them, who has to say to whom. ``undisposed``: goods at a
   site of whoever recalls, by its book: neither an answer nor a count since the opening disposes of them, only a record of what became
   of them.
3. ``check_failed``: the last effectiveness check of a site was not clean. ``unvisited``: drawn, and nobody went; of a site all of whose
   goods were cleared neither is said, and a find of cleared goods is no word against a site. What a visit found is
   ``free`` until a record says what became of it; where nobody said which lot it is, ``found`` (:mod:`foodtrace.recall.visited`).
   ``undrawn``: a failed check asks for a larger sample, which nobody drew; it is about no site.
4. ``twice``: goods that two records may tell twice (:mod:`foodtrace.recall.twice`) and that, if they are one load, still lie where they
   were sent from, or are missing there. The records have to say which, or somebody answers for closing over them.
5. ``contradicts``: by one record goods of a site in trade are missing, and by another, since the opening, as many are too much there: it
   answered 30 kg, and 50 kg bear its seal. Or it answered more than its book had, and what was on its way then came after: one load, or
   two. Both stand until one of them is corrected.
6. Goods the case cleared are no longer its matter (:mod:`foodtrace.recall.matter`). Nothing is clipped: every site and unit has its own
   line, with the lots it is made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from foodtrace.graph.edges import UNIT_NAMES, moment
from foodtrace.graph.flows import NEVER, FlowKind
from foodtrace.graph.inorder import in_order
from foodtrace.graph.known import facts_by
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import CHINA
from foodtrace.recall.affected import Affected
from foodtrace.recall.amounts import PIECE
from foodtrace.recall.clearing import still_counts
from foodtrace.recall.effectiveness import due, standing
from foodtrace.recall.facts import Case
from foodtrace.recall.finds import words_on
from foodtrace.recall.heard import heard_of
from foodtrace.recall.matter import Matter
from foodtrace.recall.moves import Move
from foodtrace.recall.packs import for_case
from foodtrace.recall.quantities import Books, HoldingSum, Key
from foodtrace.recall.reach import reach_of_case
from foodtrace.recall.silence import unheard
from foodtrace.recall.sums import said_at_notice, sums_with_said, told_of_all
from foodtrace.recall.twice import hidden
from foodtrace.recall.visited import of_no_lot
from foodtrace.storage.session import Session

Kind: TypeAlias = Literal[
    "silent", "unnotified", "free", "found", "sealed", "travelling", "astray", "undisposed", "twice", "contradicts",
    "check_failed", "unvisited", "undrawn",
]  # fmt: skip


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of one lot that stand against closing."""

    lot: str
    """Full id."""
    quantity: int
    """Base units."""
    entry: str = ""
    """Of what travels: ``ORIGIN#SEQ`` of the sending, by which a receipt names it."""
    before: str = ""
    """Of what travels, where the site answered more than its book had: its notice came then, and so may have these goods before."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against closing."""

    kind: Kind
    site: str
    """Empty: it is about the case, not a site."""
    name: str
    quantity: int = 0
    """Base units; 0 where it is not about goods."""
    unit: str = ""
    product: str = ""
    """For pieces: the product counted; pieces of unlike products are never added up."""
    goods: tuple[Goods, ...] = ()
    """What the quantity is made of, lot by lot; of what travels, load by load."""
    unknown: bool = False
    """Of free goods: at a site that keeps no books and has not said: it is so much by the records, how much is left nobody knows."""
    level: str = ""
    """Of a larger sample: its level."""


def conditions(
    session: Session,
    now: int,
    case: Case,
    found: Affected | None = None,
    *,
    recorded_until: int = NEVER,
    matter: Matter | None = None,
) -> list[Condition]:
    """Return everything that stands against closing a case, in the order of the rules and then of site ids.

    :param found: the affected set of the case, and ``matter`` what of it is its matter, if they are at hand.
    """
    facts = facts_by(session, now, recorded_until)
    settings = for_case(case, facts.session.rules).settings
    hit = found or reach_of_case(facts, case, settings)
    asked = Matter(facts, hit, case, settings) if matter is None else matter
    told = told_of_all(hit, case, now, asked)
    answered = heard_of(case, now, hit, asked).answered
    let_go = hit.sites.keys() - asked.sites
    made: list[Condition] = []
    for site, info in sorted(hit.sites.items(), key=lambda each: each[1].text):
        if site in let_go:
            continue
        name = info.name or info.text
        if site in hit.outlets and site not in answered:
            made.append(Condition(kind="silent", site=info.text, name=name))
        if site not in hit.own - hit.outlets and site not in told:
            made.append(Condition(kind="unnotified", site=info.text, name=name))
    said = said_at_notice(facts, hit, case, settings)
    sums = sums_with_said(facts, hit, case, settings=settings)
    left = _left(facts, hit, case, asked, said, sums)
    loads = _loads(facts, hit, said, sums) if any(kind == "travelling" for _, kind, _ in left) else {}
    silent = unheard(facts, hit, hit.sums) if left else frozenset()
    infos = {**facts.sites({site for site, _, _ in left} - hit.sites.keys()), **hit.sites}
    for (site, kind, unit, product), lots in _by_product(hit, left):
        info = infos[site]
        goods = [Goods(lot=hit.called.name(lot, site), quantity=quantity) for lot, quantity in lots.items()]
        if kind == "travelling":
            goods = [load for lot in lots for load in loads.get((lot, site, unit), ())] or goods
        made.append(
            Condition(
                kind=kind,
                site=info.text,
                name=info.name or info.text,
                quantity=sum(lots.values()),
                unit=UNIT_NAMES[unit],
                product=product,
                goods=tuple(sorted(goods, key=lambda each: (in_order(each.lot), in_order(each.entry)))),
                unknown=kind in ("free", "undisposed") and site in silent and not all((lot, site, unit) in said for lot in lots),
            )
        )
    for (site, unit), quantity in of_no_lot(case, now, hit.flows).items():
        info = (hit.sites if site in hit.sites else facts.sites([site]))[site]
        made.append(Condition(kind="found", site=info.text, name=info.name or info.text, quantity=quantity, unit=UNIT_NAMES[unit]))
    words = words_on(case, asked, now)
    for site, state in standing(words, now).items():
        if state != "clean" and site not in let_go:
            info = (hit.sites if site in hit.sites else facts.sites([site]))[site]
            made.append(Condition(kind="unvisited" if state == "drawn" else "check_failed", site=info.text, name=info.name or info.text))
    drawn_from = hit.outlets | hit.intermediaries
    larger = due(words, now, drawn_from)
    if larger is not None and drawn_from - let_go:
        made.append(Condition(kind="undrawn", site="", name="", level=larger.level))
    order = {kind: place for place, kind in enumerate(Kind.__args__)}  # type: ignore[attr-defined]
    return sorted(made, key=lambda each: (order[each.kind], each.site, each.unit, each.product))


def _by_product(
    hit: Affected, left: Mapping[tuple[int, Kind, int], Mapping[int, int]]
) -> list[tuple[tuple[int, Kind, int, str], dict[int, int]]]:
    """Return what may be added up: of what is left in pieces, each product by itself."""
    made: dict[tuple[int, Kind, int, str], dict[int, int]] = defaultdict(dict)
    for (site, kind, unit), lots in left.items():
        for lot, quantity in lots.items():
            made[site, kind, unit, hit.product(lot) if unit == PIECE else ""][lot] = quantity
    return sorted(made.items(), key=lambda each: str(each[0]))


def _left(
    facts: SqlFacts, hit: Affected, case: Case, matter: Matter, said: Mapping[Key, tuple[int, int]], sums_of: Mapping[Key, HoldingSum]
) -> dict[tuple[int, Kind, int], dict[int, int]]:
    """Return what is not disposed of, lot by lot: (site, kind, unit) -> lot -> quantity (rules 2, 4, 5 and 6)."""
    settings = for_case(case, facts.session.rules).settings
    found: dict[tuple[int, Kind, int], dict[int, int]] = defaultdict(dict)
    blocking = msgspec.structs.replace(settings, unblock_on_close=False)
    unlike: dict[Key, tuple[int, int]] = {}
    now = facts.now
    came: dict[Key, int] = defaultdict(int)
    for move in hit.moves if said else ():
        key = move.lot, move.dst, move.unit_in
        if key in said and move.arrived and move.t_out < said[key][0] <= move.t_in:
            came[key] += move.received

    counts = still_counts(matter.parts, blocking, now)

    def add(kind: Kind, key: Key, quantity: int) -> None:
        if quantity > 0:
            found[key[1], kind, key[2]][key[0]] = quantity

    for key, quantity in hidden(facts, hit, case, settings).items():
        if counts(*key[:2]):
            add("twice", key, quantity)
    books = Books(hit.moves, hit.flows)
    early = _early(hit, case.opened)
    for key, sums in sums_of.items():
        if not counts(*key[:2]):
            continue
        custody = sums.sealed + sums.back
        if key[1] in hit.own:
            add("undisposed", key, _by_the_book(books, early, key, case.opened))
        else:
            add("free", key, sums.on_hand - custody)
            add("sealed", key, custody)
            if sums.over and (doubt := sums.unaccounted + came.get(key, 0)):
                unlike[key] = doubt, sums.over
        add("travelling", key, sums.travelling)
    for move in _astray(hit, counts):
        place = found[move.src, "astray", move.unit]
        place[move.lot] = place.get(move.lot, 0) + move.sent
    for key, (missing, over) in unlike.items():
        add("contradicts", key, min(missing, over - books.sum(key, before=case.opened).over))
    return found


def _early(hit: Affected, opened: int) -> Books:
    """Return the books of whoever recalls without the counts that were recorded since the opening, whatever day they speak of."""
    flows = (flow for flow in hit.flows if flow.site in hit.own and (flow.kind != FlowKind.COUNT or flow.recorded < opened))
    return Books((move for move in hit.moves if move.src in hit.own or move.dst in hit.own), flows)


def _by_the_book(books: Books, early: Books, key: Key, opened: int) -> int:
    """Return what lies at a site of whoever recalls, with what merely went missing there since the opening (rule 2).

    :param early: as :func:`_early` gives them: nobody counts own stock away afterwards.
    """
    now, then = books.sum(key), early.sum(key, before=opened)
    return now.on_hand + max(0, now.unaccounted - then.unaccounted - (now.over - then.over))


def _astray(hit: Affected, counts: Callable[[int, int], bool]) -> Iterator[Move]:
    """Iterate over what was sent on to nobody on record: affected goods, and what the scope means by having left a site."""
    for move in hit.moves:
        link = hit.holdings.get((move.lot, move.src))
        if link is not None and not move.dst and not move.unnamed and move.t_out >= link.since and counts(move.lot, move.src):
            yield move
    for move in hit.astray:
        link = hit.holdings.get((move.lot, move.src))
        if (link is None or move.t_out < link.since) and not move.unnamed:
            yield move


def _loads(facts: SqlFacts, hit: Affected, said: Mapping[Key, tuple[int, int]], sums: Mapping[Key, HoldingSum]) -> dict[Key, list[Goods]]:
    """Return what travels, load by load; what a site may have answered of them is said (rule 2)."""
    origins: dict[int, str] = dict(facts.session.rows("SELECT id, origin FROM log"))
    made: dict[Key, list[Goods]] = defaultdict(list)
    for move in hit.moves:
        if move.dst and move.travelling:
            key = move.lot, move.dst, move.unit_in
            notice = said[key][0] if key in said and sums[key].over else 0
            log, seq = move.entries[0]
            made[key].append(
                Goods(
                    lot=hit.called.name(move.lot, move.dst),
                    quantity=move.travelling,
                    entry=f"{origins.get(log, log)}#{seq}",
                    before=moment(notice).astimezone(CHINA).isoformat(timespec="seconds") if move.t_out < notice else "",
                )
            )
    return made
