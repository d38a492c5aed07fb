"""Laws of the decision, whatever the facts are."""

import datetime as dt
import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.events import MarketEntry
from foodtrace.gate import Facts, after_test, decide, rules
from foodtrace.gate.checks import CHECKS
from foodtrace.gate.facts import GOODS, Certificate, Seller, Test
from foodtrace.gate.pack import Rulebook
from foodtrace.quantity import Quantity
from foodtrace.texts import text
from tests.gate.worlds import FACTS, PROBLEMS

BOOK = rules.load()
BEIJING = dt.timezone(dt.timedelta(hours=8))
NIGHT = dt.datetime(2026, 11, 24, 3, 40, tzinfo=BEIJING)
RANK = {"admit": 0, "hold": 1, "refuse": 2}


def good(**changes: Any) -> Facts:
    told: dict[str, Any] = {
        "when": NIGHT,
        "goods": "produce",
        "product": "芹菜",
        "quantity": Quantity(100_000, "g"),
        "seller": Seller(id="L-0017", known=True, file=True, agreement_until=dt.date(2027, 1, 1)),
        "certificate": Certificate(quantity=Quantity(500_000, "g"), issued=NIGHT.date(), basis=("own_test",)),
    }
    return Facts(**told | changes)


@settings(max_examples=300)
@given(FACTS)
def test_decide_never_raises_and_every_answer_can_be_said_and_sent(facts: Facts) -> None:
    decision = decide(facts, BOOK)
    assert decision.verdict in RANK
    assert (decision.verdict == "admit") == (not decision.reasons)
    asked = ["admit", *(str(reason.verdict) for reason in decision.reasons)]
    assert decision.verdict == max(asked, key=lambda verdict: RANK[verdict])
    assert {r.verdict for r in decision.notes} <= {"note"}
    for lang in ("zh", "en", None):
        json.dumps(decision.as_dict(lang))
    for reason in (*decision.reasons, *decision.notes):
        for message in (reason.message("zh"), reason.message("en")):
            assert message
            assert message != reason.code
    for each in decision.must:
        assert each.message("zh") != f"gate.must.{each.id}"


@settings(max_examples=300)
@given(FACTS, st.sampled_from(sorted(PROBLEMS)))
def test_one_more_problem_never_makes_the_verdict_better(facts: Facts, problem: str) -> None:
    worse = decide(PROBLEMS[problem](facts), BOOK)
    assert RANK[worse.verdict] >= RANK[decide(facts, BOOK).verdict]


@settings(max_examples=200)
@given(FACTS, st.sampled_from(sorted(PROBLEMS)), st.sampled_from(GOODS))
def test_nor_does_it_on_facts_of_today(facts: Facts, problem: str, goods: Any) -> None:
    today = msgspec.structs.replace(facts, when=NIGHT, goods=goods)
    better, worse = decide(today, BOOK), decide(PROBLEMS[problem](today), BOOK)
    assert RANK[worse.verdict] >= RANK[better.verdict]


@pytest.mark.parametrize("problem", sorted(PROBLEMS))
def test_each_problem_alone_leaves_admitted_goods_at_best_admitted(problem: str) -> None:
    assert decide(good(), BOOK).verdict == "admit"
    harmless = {"no papers", "grower not recorded", "no tests", "past its day", "no licence", "no batch", "not announced"} - {
        "past its day"
    }
    assert (decide(PROBLEMS[problem](good()), BOOK).verdict == "admit") == (problem in harmless)


@given(FACTS)
def test_the_same_facts_give_the_same_decision(facts: Facts) -> None:
    assert decide(facts, BOOK) == decide(facts, BOOK)


def test_every_reason_code_has_texts_and_whatever_holds_has_a_hint() -> None:
    for code in (*CHECKS, "gate.no_rule_pack", "gate.goods_unknown"):
        assert text(code, "zh") != code
        assert text(code, "en") != code
        asked = {rule.verdict for pack in BOOK.packs for rule in pack.rules if rule.code == code}
        if asked != {"note"}:
            assert text(f"{code}.hint", "zh") != f"{code}.hint"


def test_a_decision_says_what_it_rests_on_and_that_nobody_verified_it() -> None:
    decision = decide(good(seller=Seller(id="L-0017", known=True, file=True)), BOOK)
    assert decision.codes == ("gate.agreement_missing",)
    assert decision.authority("zh") == "依据 81号令第24条 (规则包 cn-market-2023, 条文未核实)"
    assert decision.authority("en") == "under Order 81 Art. 24 (rule pack cn-market-2023, text of the law not verified)"
    assert decision.reasons[0].hint("zh") == "告诉司机: 先去服务台签安全协议"


def test_a_pack_that_was_verified_says_no_such_thing() -> None:
    pack = msgspec.structs.replace(BOOK.packs[0], verified=True)
    decision = decide(good(), Rulebook((pack,)))
    assert decision.verified
    assert decision.authority("en") == "under the market's own rules (rule pack cn-market-2023)"


def test_a_decision_as_a_program_gets_it() -> None:
    decision = decide(good(quantity=Quantity(500_001, "g")), BOOK)
    told = decision.as_dict("en")
    assert told["verdict"] == "hold"
    assert told["deadline"] == "2026-11-24T15:40:00+08:00"
    assert told["reasons"] == [
        {
            "code": "gate.over_certified",
            "verdict": "hold",
            "message": "1 g over what the certificate has left (500.0 kg left, 500.001 kg weighed)",
            "hint": "change the weight, admit 500.0 kg only, or leave it for the supervisor",
            "article": "",
            "rule": "over-certified",
            "verified": False,
            "params": {
                "over": {"value": 1, "unit": "g"},
                "remaining": {"value": 500_000, "unit": "g"},
                "quantity": {"value": 500_001, "unit": "g"},
            },
        }
    ]


def test_codes_fit_into_a_market_entry() -> None:
    told = {"id": "1", "at": NIGHT, "decision": "held", "lot": "L-0001/1", "product": "x", "quantity": {"value": 1, "unit": "g"}}
    entry = msgspec.convert({**told, "reasons": sorted(CHECKS), "rule_pack": BOOK.packs[0].id}, MarketEntry, strict=False)
    assert set(entry.reasons) == set(CHECKS)


def test_papers_of_an_event_are_papers_of_the_facts() -> None:
    from foodtrace.events import Voucher
    from foodtrace.gate.facts import PaperKind

    assert set(get_args(msgspec.structs.fields(Voucher)[0].type)) == set(get_args(PaperKind))


def test_the_three_scans_that_no_scene_meets() -> None:
    foreign = decide(good(certificate=Certificate(scan="foreign", issued=NIGHT.date(), basis=("x",), quantity=Quantity(10**6, "g"))), BOOK)
    assert (foreign.verdict, foreign.notes[0].code) == ("admit", "gate.certificate_foreign")
    unreadable = decide(good(certificate=Certificate(scan="unreadable")), BOOK)
    assert unreadable.codes == ("gate.quality_voucher_missing", "gate.certificate_unreadable")
    future = decide(good(certificate=Certificate(issued=dt.date(2026, 11, 25), basis=("x",), quantity=Quantity(10**6, "g"))), BOOK)
    assert (future.verdict, future.codes) == ("hold", ("gate.certificate_future",))


def test_time_limits_after_a_positive_run_from_the_test_not_from_the_gate() -> None:
    test = Test(id="T-1", when=NIGHT - dt.timedelta(hours=3), verdict="positive")
    recheck = [m for m in decide(good(tests=(test,)), BOOK).must if m.id == "offer_recheck"]
    assert recheck[0].due == NIGHT + dt.timedelta(hours=1)
    assert recheck[0].message("zh") == "2026-11-24 04:40 前: 告知被检人: 可申请复检, 复检不得再用快检"
    assert [m.id for m in after_test([test], BOOK, NIGHT)][:2] == ["stop_sale", "report_regulator"]
    assert after_test([], BOOK, NIGHT) == ()
    assert after_test([test], Rulebook(), NIGHT) == ()


def test_a_seller_of_a_higher_risk_class_is_drawn_more_often_never_less() -> None:
    plan = BOOK.packs[0].sampling
    assert [plan.rate("produce", risk) for risk in ("", "A", "B", "C", "D")] == [500, 500, 500, 1000, 2500]
    assert plan.rate("meat") == 800
    assert plan.rate("meat", "D") == 2500
