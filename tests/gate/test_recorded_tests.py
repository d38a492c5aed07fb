"""Tests on record, on both engines: what a positive holds, from when its duties count, and where a test was made."""

import datetime as dt
from functools import partial

import pytest

from foodtrace import errors
from foodtrace.operations import tests
from foodtrace.operations.common import Doing
from tests.gate.desk import RULES, Market


def test_a_positive_of_what_a_lot_was_made_from_holds_it_too(either: Market) -> None:
    from foodtrace import Quantity
    from foodtrace.events import Output
    from foodtrace.operations import goods

    answer = either.ledger.gate(either.certificate("芹菜", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    made = [Output(lot="L-0002/MIX-1", quantity=Quantity(100_000, "g"), product="芹菜段")]
    inputs = [(answer.lot, Quantity(100_000, "g"))]
    either.ledger.act(partial(goods.transform, doing=doing, site=either.market, kind="process", inputs=inputs, outputs=made, loss=None))
    doing = Doing(now=either.clock.later(minutes=1))
    change = tests.Absorbances(blank=3000, sample=1499)
    _, tested = either.ledger.act(partial(tests.record_test, doing=doing, rules=RULES, lot=answer.lot, item="有机磷", absorbances=change))
    assert (tested.state, tested.event.verdict, tested.event.inhibition) == ("positive", "positive", 50_033)
    doing = Doing(now=either.clock.later(minutes=1))
    size = Quantity(1_000, "g")
    with pytest.raises(errors.Refused) as caught:
        either.ledger.act(partial(goods.transfer, doing=doing, lot="L-0002/MIX-1", quantity=size, to=either.shop))
    assert caught.value.code == "transfer.test_positive"


@pytest.mark.parametrize(("sample", "verdict"), [(1500, "positive"), (1501, "negative")])
def test_half_is_positive_and_one_less_is_not(either: Market, sample: int, verdict: str) -> None:
    answer = either.ledger.gate(either.certificate("芹菜", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    change = tests.Absorbances(blank=3000, sample=sample)
    _, tested = either.ledger.act(partial(tests.record_test, doing=doing, rules=RULES, lot=answer.lot, item="有机磷", absorbances=change))
    assert tested.event.verdict == verdict


def test_what_must_follow_counts_from_the_tests_own_time(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("芹菜", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    _, tested = either.ledger.act(partial(tests.record_test, doing=doing, rules=RULES, lot=answer.lot, item="有机磷", verdict="positive"))
    due = {each.id: each.due for each in tested.must}
    assert due["offer_recheck"] == doing.now + dt.timedelta(hours=4)
    assert {each.id for each in tested.must if each.at_once} == {"stop_sale", "report_regulator"}


def test_a_test_that_names_no_site_was_made_where_the_gate_put_the_lot(either: Market) -> None:
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"))
    doing = Doing(now=either.clock.later(minutes=1))
    _, said = either.ledger.act(lambda session: tests.record_test(session, doing, RULES, answer.lot, "有机磷", verdict="negative"))
    assert said.event.site == either.market
