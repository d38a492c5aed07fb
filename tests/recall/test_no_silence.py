"""What an answer does not list, it says: goods sent nowhere, records dated ahead. A short list must never look like a complete one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace.events import Alias, Correction, Loss, Output, Portion, Receipt, Sale, StockCount, TestRecorded, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.operations.scopes import Given, clauses_of
from foodtrace.recall.answer import Answer, recall
from tests.recall.casework import World, day, kg

LOT = "OP-P/L"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")
    made.sites().born("L", "P", 100)
    made.at(1).move(LOT, "P", "W", 100)
    yield made.at(2)
    made.ledger.close()


def ask(world: World, *lots: str, **words: str) -> Answer:
    """Return the answer, the same from rows and from the engine for everything."""
    with world.read() as session:
        scope = clauses_of(session, Given(**words), world.now) if words else ()  # type: ignore[arg-type]
        quick, full = (recall(session, lots, now=micros(world.now), scope=scope, plain=plain) for plain in (True, False))
    assert quick == full
    return quick


def said(answer: Answer) -> set[tuple[str, str, int]]:
    return {(each.kind, each.site, each.value) for each in answer.untraced if each.kind != "silent_site"}


@pytest.mark.parametrize("transit", [False, True])
def test_what_left_a_site_for_nobody_in_the_window_is_said(world: World, transit: bool) -> None:
    world.put(Transfer(id="gone", at=world.now, site="W", to="", lot=LOT, quantity=kg(30), in_transit=transit))
    window = {"left": "W", "start": "2026-03-04", "end": "2026-03-05"}
    assert said(ask(world, **window)) == {("destination_missing", "W", 30_000)}
    assert said(ask(world, **window | {"start": "2026-03-05"})) == set()


def test_goods_without_lot_that_left_for_nobody_are_said(world: World) -> None:
    for n, product in enumerate(("豆角", "芹菜")):
        world.put(Transfer(id=f"gone{n}", at=world.now, site="W", to="", product=product, quantity=kg(30 + n)))
    # W holds no beans by the records: nobody can say what those were.
    beans = ("lot_missing", "W", 30_000)
    assert said(ask(world, LOT)) == {("destination_missing", "W", 31_000), ("lot_missing", "W", 31_000), beans}
    window = {"left": "W", "start": "2026-03-04", "end": "2026-03-04"}
    assert {each for each in said(ask(world, **window)) if each[2] == 31_000} == {
        ("destination_missing", "W", 31_000),
        ("lot_missing", "W", 31_000),
    }


def not_held(answer: Answer) -> set[tuple[str, int]]:
    return {(each.site, each.value) for each in answer.untraced if each.reason == "not_held"}


def test_goods_without_lot_of_what_the_sender_held_none_of_are_said_of_who_got_them(world: World) -> None:
    """Recalled celery sold on as beans: no record makes it a link, and the answer must not be silent about who got it."""
    world.at(1.5).put(Transfer(id="beans", at=world.now, site="W", to="X", product="豆角", quantity=kg(30)))
    world.put(Transfer(id="more", at=world.now, site="W", to="X", product="豆角", quantity=kg(2)))
    found = ask(world.at(2), LOT)
    assert (not_held(found), found.outlets) == ({("X", 32_000)}, ())
    (finding,) = (each for each in found.untraced if each.reason == "not_held")
    assert (finding.kind, finding.word, len(finding.entries)) == ("lot_missing", "finding.lot_missing.not_held", 2)
    # Beans that came only afterwards explain nothing; such as had come by then do.
    world.born("B", "Q", 50, product="豆角").at(4).move("OP-Q/B", "Q", "W", 40)
    assert not_held(ask(world, LOT)) == {("X", 32_000)}
    world.now = day(1.4)
    world.born("C", "Q", 50, product="豆角 (本地)")
    world.move("OP-Q/C", "Q", "W", 40)
    assert not_held(ask(world.at(4), LOT)) == set()


def test_goods_without_lot_that_left_before_any_of_these_came_are_not_said(world: World) -> None:
    world.born("B", "Q", 50, product="豆角").at(5).move("OP-Q/B", "Q", "Z", 50)
    world.now = day(3.9)
    world.put(Transfer(id="early", at=world.now, site="Z", to="X", product="芹菜", quantity=kg(3)))
    assert not_held(ask(world.at(6), "OP-Q/B")) == set(), "more than the clocks may be wrong before the beans came to Z"
    world.now = day(4.1)
    world.put(Transfer(id="late", at=world.now, site="Z", to="Y", product="芹菜", quantity=kg(4)))
    assert not_held(ask(world.at(6), "OP-Q/B")) == {("Y", 4_000)}


@pytest.mark.parametrize(("before", "links"), [(0.01, {"X": "possible"}), (0.99, {"X": "possible"}), (1.01, {})])
def test_goods_without_lot_sent_on_within_what_the_clocks_may_be_wrong_are_possible(
    world: World, before: float, links: dict[str, str]
) -> None:
    """The stall wrote the sale in the morning and the purchase in the evening; another lot lay there, which would explain it."""
    world.born("A", "Q", 500, product="芹菜")
    world.move("OP-Q/A", "Q", "Z", 500)
    world.at(4).move(LOT, "W", "Z", 10)
    world.now = day(4 - before)
    world.put(Transfer(id="sold", at=world.now, site="Z", to="X", product="芹菜", quantity=kg(3)))
    found = ask(world.at(5), LOT)
    assert {row.site: row.link for row in found.outlets if row.site != "Z"} == links
    assert [(line.site, line.least, line.most) for line in found.without_lot] == [("X", 0, 3_000) for _ in links]


def test_records_dated_ahead_hide_nobody(world: World) -> None:
    """A shop whose clock is ahead, or that would rather be on no list, is named until its time comes; then it is in the answer."""
    world.put(Transfer(id="on", at=day(3), site="W", to="X", lot=LOT, quantity=kg(30)))
    made = Output(lot="OP-W/M", quantity=kg(5))
    world.put(Transformation(id="cut", at=day(4), site="W", kind="repack", inputs=(Portion(LOT, kg(5)),), outputs=(made,)))
    world.put(Transfer(id="cut-on", at=day(5), site="W", to="Y", lot="OP-W/M", quantity=kg(5)))
    world.put(Transfer(id="what", at=day(5), site="W", to="Z", product="芹菜", quantity=kg(2)))
    found = ask(world, LOT)
    assert not found.outlets
    assert {site for kind, site, _ in said(found) if kind == "time_contradiction"} == {"W", "X", "Y", "Z"}
    later = ask(world.at(6), LOT)
    assert {row.site for row in later.outlets} == {"X", "Y", "Z"}
    assert not any(kind == "time_contradiction" for kind, _, _ in said(later))
    # What is recorded in time is no contradiction to somebody who asks as of an earlier day.
    world.at(9).move(LOT, "W", "X", 1)
    assert not any(kind == "time_contradiction" for kind, _, _ in said(ask(world.at(8), LOT)))


@pytest.mark.parametrize("logs", [("n/W-1", "n/W-2"), ("n/W-2", "n/W-1")])
def test_of_two_corrections_of_one_moment_the_greater_log_name_wins_whichever_came_first(world: World, logs: tuple[str, str]) -> None:
    world.ledger.record([Transfer(id="on", at=world.now, site="W", to="Q", lot=LOT, quantity=kg(30))], confirm_clock=True)
    with world.read() as session:
        row = session.row("SELECT e.seq, e.leaf, l.origin FROM entry AS e JOIN log AS l ON l.id = e.log WHERE e.id = 'on'")
    assert row is not None
    about = {"at": world.now, "site": "W", "seq": row[0], "leaf": bytes(row[1]).hex(), "log": row[2]}
    for log in logs:
        world.ledger.init(log, operator="OP-W")
    for log in logs:
        to = {"n/W-1": "X", "n/W-2": "Y"}[log]
        instead = Transfer(id=f"on-{to}", at=world.now, site="W", to=to, lot=LOT, quantity=kg(30))
        world.put(Correction(id=f"no-{to}", reason="incorrect_data", replacement=instead, **about), log=log)
    assert {row.site for row in ask(world, LOT).outlets} == {"Y"}


def test_a_lot_of_which_every_record_is_dated_ahead_names_who_has_it(world: World) -> None:
    """A mistyped year in the only record of a lot: the answer lists nobody, and must say who it leaves out."""
    world.put(Transfer(id="far", at=day(400), site="W", to="X", lot="OP-P/FAR", quantity=kg(50)))
    world.put(Transfer(id="on", at=day(401), site="X", to="Y", lot="OP-P/FAR", quantity=kg(20)))
    found = ask(world, "OP-P/FAR")
    assert not found.outlets
    about = [(each.kind, each.lot, each.site, each.value, each.unit) for each in found.untraced if each.kind == "time_contradiction"]
    assert about == [("time_contradiction", "OP-P/FAR", site, q, "g") for site, q in (("X", 50_000), ("Y", 20_000))]
    assert {row.site for row in ask(world.at(500), "OP-P/FAR").outlets} == {"X", "Y"}


@pytest.mark.parametrize("word", ["nothing", "another_test", "another_name"])
def test_what_was_sent_to_a_shop_that_keeps_no_books_is_unknown_and_never_zero(world: World, word: str) -> None:
    world.put(Transfer(id="lorry", at=world.now, site="W", to="X", lot=LOT, quantity=kg(20), in_transit=True))
    world.put(Transfer(id="scan", at=world.now, site="W", to="Y", lot=LOT, quantity=kg(10)))
    for site in ("X", "Y"):
        if word == "another_test":
            world.put(TestRecorded(id=f"t{site}", at=world.now, site=site, lot="OP-Z/OTHER", sample="s", item="rapid", verdict="negative"))
        elif word == "another_name":
            world.put(Alias(id=f"a{site}", at=world.now, site=site, lot="OP-Z/OTHER", alias=f"OP-{site}/9"))
    shops = {row.site: row.amounts[0] for row in ask(world, LOT).outlets}
    assert (shops["X"].received, shops["X"].sold, shops["X"].on_hand, shops["X"].travelling) == (None, None, None, 20_000)
    assert shops["X"].likely == 20_000
    assert (shops["Y"].received, shops["Y"].sold, shops["Y"].on_hand, shops["Y"].likely) == (10_000, None, None, 10_000)


def test_a_shop_that_keeps_books_of_other_goods_is_believed(world: World) -> None:
    world.put(Transfer(id="scan", at=world.now, site="W", to="X", lot=LOT, quantity=kg(10)))
    world.put(Sale(id="s", at=world.now, site="X", lot="OP-Z/OTHER", quantity=kg(1)))
    (amount,) = ask(world, LOT).outlets[0].amounts
    assert (amount.sold, amount.on_hand) == (0, 10_000)


HAD = {
    "sent on": Transfer(id="had", at=day(5), site="Z", to="X", lot=LOT, quantity=kg(9)),
    "sent to nobody": Transfer(id="had", at=day(5), site="Z", to="", lot=LOT, quantity=kg(9)),
    "sold": Sale(id="had", at=day(5), site="Z", lot=LOT, quantity=kg(9)),
    "lost": Loss(id="had", at=day(5), site="Z", lot=LOT, quantity=kg(9), reason="spoiled"),
    "used": Transformation(
        id="had",
        at=day(5),
        site="Z",
        kind="process",
        inputs=(Portion(LOT, kg(9)),),
        outputs=(Output(lot="OP-Z/M", quantity=kg(9), product="酱菜"),),
    ),
    "received from it": Receipt(id="had", at=day(5), site="X", source="Z", lot=LOT, quantity=kg(9)),
    "tested": TestRecorded(id="had", at=day(5), site="Z", lot=LOT, sample="1", item="rapid", verdict="positive"),
}


@pytest.mark.parametrize("had", HAD)
def test_whoever_by_any_record_had_the_lot_may_have_sold_it_without_lot(world: World, had: str) -> None:
    """Z's purchase is on record late, with a wrong day, or never; that Z had the lot when it sold to Y is on record all the same."""
    world.at(5.1).put(HAD[had], Transfer(id="sold", at=day(5.1), site="Z", to="Y", product="芹菜", quantity=kg(3)))
    found = ask(world, LOT)
    assert {row.site: row.link for row in found.outlets}["Y"] == "possible"
    assert {(each.site, each.reason) for each in found.untraced if each.kind == "lot_missing"} == {("Z", "counted")}
    # Law 2: what is recorded of its coming only later takes nobody off the list.
    world.at(8).move(LOT, "W", "Z", 50)
    assert {row.site: row.link for row in ask(world, LOT).outlets}["Y"] == "possible"


def test_who_got_goods_before_the_first_word_of_a_purchase_that_is_on_no_record_is_said(world: World) -> None:
    world.at(5).put(HAD["sold"], Transfer(id="sold", at=day(3.5), site="Z", to="Y", product="芹菜", quantity=kg(3)))
    found = ask(world, LOT)
    assert ({row.site for row in found.outlets}, not_held(found)) == ({"Z"}, {("Y", 3_000)})


@pytest.mark.parametrize("precision", ["day", "unknown"])
def test_what_left_on_a_day_or_nobody_knows_when_is_not_counted_with_what_lay_there(world: World, precision: str) -> None:
    """W counted 100 kg; the 10 kg for X had not left by then, as far as anybody knows, and W has 90 left (RECALL section 1)."""
    gone = Transfer(id="gone", at=day(4), site="W", to="X", lot=LOT, quantity=kg(10), precision=precision)  # type: ignore[arg-type]
    world.at(5).put(StockCount(id="count", at=day(3), site="W", lot=LOT, quantity=kg(100)), gone)
    found = ask(world, LOT)
    rows = {row.site: row.amounts[0] for row in (*found.outlets, *found.others)}
    assert [(rows[site].on_hand or rows[site].likely, rows[site].over) for site in "WX"] == [(90_000, 0), (10_000, 0)]
    assert not {"unexplained_stock", "unaccounted"} & {each.kind for each in found.untraced}
    with world.read() as session:
        bounds = {each.site: each for each in recall(session, LOT, now=micros(world.now), bounds=True).bounds or ()}
    assert [(line.least, line.most) for line in bounds["W"].holdings] == [(90_000, 90_000)]
