"""Random worlds of every shape, recorded in a ledger and asked as a user asks, against the reference written from the definition.

``test_affected_shapes`` puts the same worlds to the engine in memory. Here they go the whole way: events, sealed entries, the projection,
the reader, quick answers of plain lots; and some records are wrong at first and corrected, so that what is no longer live must not count.
A rule's attributes, known and unknown, and lots of the same code under an issuer on no record are among the shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import Ledger, Quantity
from foodtrace.events import Clause, Receipt, Site
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import ALWAYS, NEVER
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.affected import find
from foodtrace.recall.answer import Answer, recall
from foodtrace.recall.settings import HOUR, Settings
from foodtrace.storage.session import Session
from tests.recall.reference import INF, Reference
from tests.recall.shapes import LOT, LOTS, PRODUCT_MAPS, PRODUCTS, SITE, records, scopes
from tests.recall.shapesonrecord import KINDS, NOW, SLACK, START, Told, clauses_of, lot_id, moment, recorded

Found = list[tuple[str, str, float, str]]
"""(lot, site, since, link), sorted; a dispatch without lot is ``?``."""


def by_engine(session: Session, clauses: Sequence[Clause], slack: int) -> Found:
    facts = SqlFacts(session, micros(NOW))
    found = find(facts, clauses, settings=Settings(clock_slack=slack * HOUR))
    texts = facts.texts({number for holding in found.holdings for number in holding})
    made = []
    for (lot, site), link in found.holdings.items():
        since = -INF if link.since == ALWAYS else INF if link.since == NEVER else (link.since - micros(START)) / HOUR
        made.append((texts[lot].partition("/")[2] if not texts[lot].startswith("?") else "?", texts[site], since, link.link))
    return sorted(made)


def by_definition(told: Told, scope: Sequence[tuple], slack: int) -> Found:
    # Of a rule the reference is told what it means: lots that fit, and lots that may.
    reference = Reference(told.some, told.products, slack=slack)
    meant: list[tuple] = []
    possible: list[tuple] = []
    for clause in scope:
        if clause[0] != "rule":
            meant.append(clause)
            continue
        fitting: dict[bool | None, list[str]] = {True: [], None: [], False: []}
        for lot in {lot for lot, _ in reference.held}:
            fitting[_fits(told, reference, lot, *clause[1:])].append(lot)
        meant.append(("lots", tuple(fitting[True])))
        possible.append(("lots", tuple(fitting[None])))
    answer, e1, _ = reference.answer([*meant, *possible])
    if possible:
        # A seed of a lot that only may fit is no confirmed one.
        sure = Reference(told.some, reference.products, slack=slack)
        _, e1, _ = sure.answer(meant)
    shown = [("?" if lot.startswith("?") else lot, site, float(since), lot, site) for (lot, site), since in answer.items()]
    return sorted((lot, site, since, "confirmed" if (name, where) in e1 else "possible") for lot, site, since, name, where in shown)


def _fits(told: Told, reference: Reference, lot: str, product: str, codes: Sequence[str]) -> bool | None:
    """Say whether a lot fits a rule by any of its names; one that only an earlier word makes fit may."""
    if lot.startswith("?"):  # goods without lot have the product of their record, if it names one, and no code that anybody knows
        word = reference.products[lot]
        return False if product and word not in ("", product) else None if codes or not word else True
    if codes and not any(reference.top(code) == lot for code in codes):
        return False
    words = [word for name, word in told.words if word and reference.top(name) == lot]
    if not product or (words and words[-1] == product):
        return True
    return None if not words or product in words else False


def by_every_rule(ledger: Ledger, lot: str) -> Answer:
    """Answer by the engine for everything."""
    with ledger.reading() as session:
        return recall(session, lot, now=ledger.clock(), plain=False)


def _called(some: Sequence[tuple], names: Sequence[int]) -> list[tuple]:
    """Return the records with each lot under one of three names, and what says that they are one."""

    def renamed(part: Any, n: int) -> Any:
        if isinstance(part, tuple):
            return tuple(renamed(each, n) for each in part)
        return f"{part}{names[n % len(names)] or ''}" if part in tuple(LOTS) else part

    made = [each if each[0] == "alias" else tuple(renamed(part, n) for part in each) for n, each in enumerate(some)]
    return [*made, *(("alias", f"{lot}{one}", f"{lot}{two}") for lot in LOTS for one, two in (("", 1), (1, 2)))]


@settings(max_examples=25, deadline=None)
@given(
    records(most=9),
    PRODUCT_MAPS,
    scopes(),
    st.lists(st.integers(0, 30), max_size=3),
    st.sampled_from([0, SLACK]),
)
def test_what_is_on_record_means_what_the_definition_says(
    some: list[tuple], products: dict[str, str], scope: list[tuple], wrong: list[int], slack: int
) -> None:
    told = Told(some, products)
    with recorded(told, wrong) as ledger, ledger.reading() as session:
        assert by_engine(session, clauses_of(scope), slack) == by_definition(told, scope, slack)


NAMES = [f"{lot}{number}" for lot in LOTS for number in ("", 1, 2)]
RULES = st.tuples(st.sampled_from(PRODUCTS), st.sets(st.sampled_from(NAMES), max_size=3).map(sorted)).filter(any)
"""(product, codes), one of them at least."""


@settings(max_examples=40, deadline=None)
@given(
    records(most=9),
    st.fixed_dictionaries({name: st.sampled_from(PRODUCTS) for name in NAMES}),
    RULES,
    st.booleans(),
    st.none() | st.lists(st.integers(0, 2), min_size=1, max_size=7),
)
def test_a_rule_takes_what_fits_and_what_may_fit(
    some: list[tuple], products: dict[str, str], rule: tuple[str, list[str]], more: bool, names: list[int] | None
) -> None:
    """A rule on any name of a lot means the lot: where one name bears the code, another the product, and a third the goods."""
    told = Told(some if names is None else _called(some, names), products)
    scope = [("rule", *rule), *([("left", "S", 24, 72)] if more else [])]
    with recorded(told) as ledger, ledger.reading() as session:
        assert by_engine(session, clauses_of(scope), SLACK) == by_definition(told, scope, SLACK)


@settings(max_examples=15, deadline=None)
@given(
    records(most=9),
    PRODUCT_MAPS,
    LOT,
    st.lists(st.integers(0, 30), max_size=3),
    st.lists(st.tuples(SITE, st.sampled_from(["FT-A", "FT-B"]), st.sampled_from(["warehouse", "shop", "farm"])), max_size=2),
)
def test_the_list_of_a_recall_has_every_site_of_the_definition(
    some: list[tuple], products: dict[str, str], lot: str, wrong: list[int], strangers: list[tuple[str, str, str]]
) -> None:
    told = Told([*some, ("birth", lot, "P", 5, 0, "instant")], products)
    expected = by_definition(told, [("lots", (lot,))], SLACK)
    with recorded(told, wrong, strangers) as ledger:
        for answer in (ledger.recall(lot_id(lot)), ledger.recall(lot_id(lot), bounds=True)):
            rows = [*answer.outlets, *answer.others]
            assert {(row.site, row.link) for row in rows} == {
                (site, "confirmed" if any(each[1] == site and each[3] == "confirmed" for each in expected) else "possible")
                for site in {each[1] for each in expected}
            }
            first = {name: group[0] for group in answer.same_lots for name in group}
            counted = {(first.get(each, each), row.site) for row in rows for each in row.lots}
            shown = {("?" if each.startswith("?") else each.partition("/")[2], site) for each, site in counted}
            assert shown == {(each[0], each[1]) for each in expected}
            assert {row.site for row in answer.outlets} >= {row.site for row in rows if row.site in KINDS}, "whatever a stranger says"
            claimed = {site for site, operator, _ in strangers if operator != "FT-A"}
            assert claimed.isdisjoint(row.site for row in rows if row.role == "own")


def test_the_same_code_under_an_issuer_on_no_record_joins_and_is_possible() -> None:
    told = Told([("birth", "L", "P", 9, 0, "instant"), ("move", "L", "P", "X", 4, 6, 6, "instant")], dict.fromkeys(LOTS, "a"))
    stray = Receipt(id="stray", at=moment(12), site="Y", lot="NO-ONE/L", quantity=Quantity(3, "g"))
    with recorded(told) as ledger:
        ledger.record([stray])
        answer = ledger.recall(lot_id("L"))
        back = ledger.recall("NO-ONE/L")
        slow = by_every_rule(ledger, "NO-ONE/L")
    links = {row.site: row.link for row in (*answer.outlets, *answer.others)}
    assert links == {"P": "confirmed", "X": "confirmed", "Y": "possible"}
    assert [each.lot for each in answer.untraced if each.kind == "code_only"] == ["NO-ONE/L"]
    assert [row.site for row in (*back.outlets, *back.others)] == ["Y"]
    assert [(each.lot, bool(each.entries)) for each in back.untraced if each.kind == "code_only"] == [(lot_id("L"), True)]
    assert back.untraced == slow.untraced


def test_of_a_code_that_several_have_only_lots_of_nobody_known_are_asked_about() -> None:
    told = Told([("birth", "L", "P", 9, 0, "instant")], dict.fromkeys(LOTS, "a"))
    other = Receipt(id="other", at=moment(12), site="Y", lot="FT-B/L", quantity=Quantity(3, "g"))
    with recorded(told) as ledger:
        ledger.record([Site(id="b", at=moment(0), site="B", operator="FT-B", kind="farm", name="B"), other])
        assert "code_only" not in {each.kind for lot in (lot_id("L"), "FT-B/L") for each in ledger.recall(lot).untraced}
