"""Goods of a new lot that a case's rule means are asked for before they come to be: no label, no batch, no entry (RECALL section 7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foodtrace.errors import Refused
from foodtrace.events import Output, PredicateClause
from foodtrace.graph.edges import micros
from foodtrace.operations import batches, cases, certificates, goods, reselling, stoplist
from foodtrace.operations.scopes import Given
from foodtrace.recall.answer import recall
from tests.cli.shell import run
from tests.recall.blocktrade import KEYS, trade
from tests.recall.casework import World, kg, own_rules

NEW = "OP-P/BU1"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path}/x.db", tmp_path / "keys")
    with made.ledger:
        made.ledger.init("local/test")
        yield trade(made)


def opened(world: World, level: int = 2, **rule: Any) -> str:
    return world.open(scope=Given(**rule), nothing_yet=True, level=level)


def certify(world: World, product: str = "黄油", site: str = "P", code: str = "BU1", **terms: Any) -> Any:
    said = certificates.Terms(code=code, **terms)
    return world.do(certificates.issue, KEYS["P"], site, product, kg(10), ("quality_control",), terms=said)


def refuses(world: World, code: str, lot: str, ask: Any) -> None:
    """See that an ask is refused, and that the refusal alone is on record, and names the lot that would have come to be."""
    with pytest.raises(Refused) as error:
        ask()
    assert (error.value.code, error.value.value) == (code, lot)
    last = world.refusals()[-1]
    assert (last.lot, last.reasons) == (lot, (code, "lot.not_made") if last.asked == "use" else (code,))
    with world.read() as session:
        assert not session.rows("SELECT 1 FROM move AS m JOIN name AS n ON n.id = m.lot WHERE n.text = ?", (lot,))


@pytest.mark.parametrize(
    "rule",
    [
        {"product": "黄油"},
        {"producer": "OP-P"},
        {"code": "BU*"},
        {"product": "黄油", "produced_from": "2026-03-01", "produced_to": "2026-03-31"},
    ],
)
def test_no_certificate_of_a_new_lot_that_a_rule_means_and_none_the_second_time(world: World, rule: dict[str, Any]) -> None:
    case = opened(world, **rule)
    for _ in range(2):  # the first refusal named the lot, and said nothing of what it is
        refuses(world, "transfer.recalled_new", NEW, certify_ask(world))
    assert {each.case for each in world.refusals()} == {case}
    world.do(cases.withdraw, case, "an error", "9")
    assert certify(world).event.lot == NEW


def certify_ask(world: World, **more: Any) -> Any:
    return lambda: certify(world, **more)


def test_what_the_rule_does_not_mean_is_certified(world: World) -> None:
    opened(world, product="黄油")
    assert certify(world, product="芹菜").event.lot == NEW
    opened(world, supplier="OP-Q")
    assert certify(world, site="P", code="C2", product="葱").event.lot == "OP-P/C2", "a farm's crop has no supplier"


def test_a_possible_match_is_held_or_as_the_pack_says(world: World, tmp_path: Path) -> None:
    opened(world, product="黄油", expiring_from="2026-04-01", expiring_to="2026-04-30")
    refuses(world, "transfer.recall_possible", NEW, certify_ask(world))
    rules = own_rules(tmp_path, '[chosen]\nblock_possible = "allow"')
    lax = World(f"sqlite:///{tmp_path}/lax.db", tmp_path / "keys2", rules=rules)
    with lax.ledger:
        lax.ledger.init("local/lax")
        trade(lax)
        opened(lax, product="黄油", expiring_from="2026-04-01", expiring_to="2026-04-30")
        assert certify(lax).event.lot == NEW


def test_no_lot_is_made_of_others_that_a_rule_means(world: World) -> None:
    case = opened(world, product="黄油")
    out = [Output(lot="OP-W/B-1", quantity=kg(5), product="黄油"), Output(lot="OP-W/B-2", quantity=kg(5), product="奶酪")]
    refuses(world, "transfer.recalled_new", "OP-W/B-1", lambda: world.do(goods.transform, "W", "process", [("OP-P/L", kg(10))], out, None))
    event = world.do(goods.transform, "W", "process", [("OP-P/L", kg(10))], out[1:], None)
    assert [each.lot for each in event.outputs] == ["OP-W/B-2"]
    opened(world, supplier="OP-Q")
    refuses(
        world,
        "transfer.recalled_new",
        "OP-W/B-3",
        lambda: world.do(goods.transform, "W", "repack", [("OP-Q/K", kg(1))], [bare("B-3")], None),
    )
    assert world.do(goods.transform, "W", "repack", [("OP-P/L", kg(1))], [bare("B-4")], None).outputs
    assert case


def test_what_was_refused_and_never_made_is_looked_for_nowhere(world: World) -> None:
    case = opened(world, product="黄油")
    out = [Output(lot="OP-W/B-1", quantity=kg(5), product="黄油")]
    refuses(world, "transfer.recalled_new", "OP-W/B-1", lambda: world.do(goods.transform, "W", "process", [("OP-P/L", kg(10))], out, None))
    with world.read() as session:
        answer = recall(session, (), now=micros(world.now), scope=(PredicateClause(product="黄油"),))
        assert (answer.outlets, answer.others, answer.affected_lots) == ((), (), ())
        assert stoplist.make(session, micros(world.now), "local/test").lines == ()
    assert case


def bare(code: str) -> Output:
    return Output(lot=f"OP-W/{code}", quantity=kg(1), product="奶酪")


def test_no_batch_is_filled_that_a_rule_means(world: World) -> None:
    opened(world, product="小北1段", expiring_from="2028-03-01", expiring_to="2028-03-31")
    said = batches.Filling(
        lot="06909999000012/B9",
        product="小北1段",
        quantity=kg(1),
        inputs=[("OP-P/L", kg(1))],
        registration="国食注字YP20269901",
        licence="SC12923019900064",
        produced=dt.date(2026, 3, 5),
        expiry=dt.date(2028, 3, 4),
    )
    refuses(world, "transfer.recalled_new", said.lot, lambda: world.do(batches.make, "F", said))


def test_goods_are_not_relabelled_into_the_rule_of_another_case(world: World) -> None:
    mine = world.open("OP-P/L", level=3)
    opened(world, code="RL*")
    refuses(
        world,
        "transfer.recalled_new",
        "OP-W/RL-1",
        lambda: world.do(reselling.correct, mine, "W", "OP-P/L", kg(1), "OP-W/RL-1", approved_by="9", note="label"),
    )
    assert world.do(reselling.correct, mine, "W", "OP-P/L", kg(1), "OP-W/XX-1", approved_by="9", note="label").kind == "relabel"


def test_on_the_command_line_no_label_is_written(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "甲农场:farm")
    run(tmp_path, "case", "open", "--product", "Butter", "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x", "--nothing-yet")
    said = run(
        tmp_path,
        "certificate",
        "issue",
        "Butter",
        "10kg",
        "--site",
        "甲农场",
        "--basis",
        "1",
        "--code",
        "BU1",
        "--out",
        "label.png",
        code=1,
    )
    assert "transfer.recalled_new" in said
    assert not (tmp_path / "label.png").exists()
    assert "refused 1 time" in run(tmp_path, "case", "status")
