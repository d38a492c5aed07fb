"""Whose a site is, and what, where several logs say it: a stranger's word takes no outlet off anybody's list."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.events import PredicateClause, Site
from foodtrace.graph.described import OUTLET_KINDS, settled
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.blast import blast
from foodtrace.operations.places import describe
from foodtrace.recall.answer import Answer, recall
from tests.recall.casework import World, chain, kg

LOT = "OP-P/L"


@pytest.fixture
def world(empty: World) -> World:
    """L: P 100 kg -> W -> X 60, Y 30. Who put the sites on record keeps books for everybody, and says of no operator that it is it."""
    for log, operator in (("hq/a", ""), ("stranger/b", ""), ("x/c", "OP-X"), ("p/d", "OP-P")):
        empty.ledger.init(log, operator=operator)
    empty.default = "hq/a"
    return chain(empty).at(3)


def say(world: World, log: str, site: str, operator: str, kind: str, name: str = "") -> World:
    told = Site(id=world.name(), at=world.now, site=site, operator=operator, kind=kind, name=name or f"{site}-name")  # type: ignore[arg-type]
    world.put(told, log=log)
    return world


def ask(world: World, *, plain: bool = True) -> Answer:
    with world.read() as session:
        return recall(session, LOT, now=micros(world.now), plain=plain)


def told(answer: Answer) -> set[tuple[str, str]]:
    return {(each.site, each.reason) for each in answer.untraced if each.kind == "disputed"}


def test_a_stranger_takes_no_outlet_off_and_makes_nothing_own(world: World) -> None:
    before = ask(world)
    assert {row.site for row in before.outlets} == {"X", "Y"}
    say(world, "stranger/b", "X", "OP-P", "warehouse")
    for plain in (True, False):
        after = ask(world, plain=plain)
        assert {row.site: row.kind for row in after.outlets} == {"X": "shop", "Y": "shop"}
        assert after.figures[0].distributed == before.figures[0].distributed
        assert told(after) == {("X", "described")}
        (found,) = [each for each in after.untraced if each.kind == "disputed"]
        assert len(found.entries) == 2, "both words are named"
    with world.read() as session:
        (radius,) = blast(session, start=0, end=micros(world.now), now=micros(world.now)).lots
        assert radius.outlets == 2


@pytest.mark.parametrize("operator", ["OP-X", "OP-P", "OP-S"])
def test_nor_does_one_who_claims_to_be_the_operator(world: World, operator: str) -> None:
    world.ledger.init("claims/e", operator=operator)
    say(world, "claims/e", "X", operator, "warehouse")
    answer = ask(world)
    # Where everybody names OP-X as the operator, and OP-X's own log speaks, it has the say over what its site is.
    assert {row.site for row in answer.outlets} == ({"Y"} if operator == "OP-X" else {"X", "Y"})
    assert "X" not in {row.site for row in answer.others if row.role == "own"}
    assert told(answer) == (set() if operator == "OP-X" else {("X", "described")})


def test_the_operators_own_word_counts_against_others_that_name_it(world: World) -> None:
    """OP-X says that it opened a shop where hq saw a warehouse; a stranger's later word changes nothing."""
    say(world, "hq/a", "W", "OP-X", "warehouse")
    say(world.at(4), "x/c", "W", "OP-X", "shop", "shop at W")
    say(world.at(5), "stranger/b", "W", "OP-X", "warehouse")
    for plain in (True, False):
        answer = ask(world, plain=plain)
        assert {row.site: row.name for row in answer.outlets} == {"W": "shop at W", "X": "X-name", "Y": "Y-name"}
        assert told(answer) == set()
    with world.read() as session:
        described = describe(session, "W")
    assert described is not None
    assert described[0].name == "shop at W", "who edits the site goes on from the word that counts"


def test_a_log_changes_its_mind_and_says_nothing_new_of_others(world: World) -> None:
    say(world, "hq/a", "X", "OP-X", "restaurant")
    say(world, "stranger/b", "X", "OP-X", "restaurant", "a nicer name")
    answer = ask(world)
    assert {row.site: (row.kind, row.name) for row in answer.outlets if row.site == "X"} == {"X": ("restaurant", "a nicer name")}
    assert told(answer) == set()
    say(world.at(4), "hq/a", "X", "OP-X", "warehouse")
    assert told(ask(world)) == {("X", "described")}, "now they differ on whether it is an outlet"
    say(world.at(5), "stranger/b", "X", "OP-X", "warehouse")
    assert ({row.site for row in ask(world).outlets}, told(ask(world))) == ({"Y"}, set())


def test_who_is_not_surely_the_operator_corrects_nothing_and_made_nothing_surely(world: World) -> None:
    with world.read() as session:
        assert SqlFacts(session, micros(world.now)).operator_of("P") == "OP-P"
    say(world, "stranger/b", "P", "OP-S", "farm")
    with world.read() as session:
        facts = SqlFacts(session, micros(world.now))
        assert facts.operator_of("P") == ""
        assert list(facts.lots_like(PredicateClause(producer="OP-P"))) == [(facts.lot(LOT), True)], "its code says who made it"


def test_a_rule_on_the_producer_is_not_emptied_by_a_stranger(world: World) -> None:
    lot = "06909999000012/B1"
    world.batch(lot, "F", 100, {})
    say(world, "stranger/b", "F", "OP-S", "plant")
    with world.read() as session:
        facts = SqlFacts(session, micros(world.now))
        assert (facts.lot(lot), False) in list(facts.lots_like(PredicateClause(producer="OP-F")))


def test_the_order_of_logs_never_matters(tmp_path: Path) -> None:
    made = []
    words = [("hq/a", "OP-X", "shop"), ("stranger/b", "OP-P", "warehouse"), ("x/c", "OP-X", "warehouse")]
    for number, order in enumerate(itertools.permutations(range(3))):
        world = World(f"sqlite:///{tmp_path}/{number}.db", tmp_path / f"k{number}")
        for place in order:
            log = words[place][0]
            world.ledger.init(log, operator="OP-X" if log == "x/c" else "")
        world.default = "hq/a"
        chain(world).at(3)
        for place in order:
            say(world, words[place][0], "X", words[place][1], words[place][2])
        answer = ask(world)
        made.append(({row.site for row in answer.outlets}, told(answer), [row.operator for row in answer.outlets]))
        world.ledger.close()
    assert made == [made[0]] * len(made)
    assert made[0][0] == {"X", "Y"}


KINDS = ("shop", "warehouse", "farm", "restaurant")


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(KINDS), st.sampled_from("AB")), min_size=1, max_size=7), st.randoms())
def test_words_are_settled_by_what_they_say_and_an_outlet_stays_one(said: list[tuple[int, str, str]], rng: random.Random) -> None:
    """Log 1 is A's own, log 2 B's; 3 and 4 are nobody's."""
    words = [(kind, operator, "", "", "", "", log, seq) for seq, (log, kind, operator) in enumerate(said)]
    party = {1: ("A", "A"), 2: ("B", "B"), 3: ("#3", ""), 4: ("#4", "")}
    best, against = settled(words, lambda log: party[log])
    latest = {word[6]: word for word in words}
    operators = {word[1] for word in latest.values()}
    if len(operators) > 1:
        assert best[1] == ""
    own = [word for log, word in latest.items() if operators == {party[log][1]}]
    if own:
        assert (best[0], against) == (own[0][0], ())
    elif any(word[0] in OUTLET_KINDS for word in latest.values()):
        assert best[0] in OUTLET_KINDS
    elif any(word[0] != "farm" for word in latest.values()):
        assert best[0] != "farm"
    # Whichever log is read first: only the order within each matters.
    queues = {log: [word for word in words if word[6] == log] for log in latest}
    mixed = []
    while any(queues.values()):
        mixed.append(queues[rng.choice([log for log, each in queues.items() if each])].pop(0))
    again, too = settled(mixed, lambda log: party[log])
    assert (again[0] in OUTLET_KINDS, again[1], set(too)) == (best[0] in OUTLET_KINDS, best[1], set(against))


def test_stock_of_a_site_whose_operator_is_open_is_counted_as_distributed(world: World) -> None:
    """P's own warehouse, as P says and hq said: a stranger who claims it makes it nobody's own, and its stock must be answered for."""
    say(world, "hq/a", "W", "OP-P", "warehouse")
    assert ask(world).figures[0].distributed == kg(90).value
    say(world, "stranger/b", "W", "OP-S", "warehouse")
    answer = ask(world)
    assert answer.figures[0].distributed == kg(100).value
    assert told(answer) == {("W", "described")}
