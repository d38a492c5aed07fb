"""The till: which can is refused, why, and what the parent is told."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from foodtrace.formula import Sold, TillFacts, TillSettings, may_sell
from foodtrace.formula.till import ARTICLES
from foodtrace.gate.facts import Recall
from foodtrace.texts import catalogue, has

NOW = dt.datetime(2026, 11, 24, 10, 10, tzinfo=dt.timezone(dt.timedelta(hours=8)))
HOUR = dt.timedelta(hours=1)
ADVICE = "这一批正在召回, 请换一罐。家里罐底也是 B260912A 的, 请先停用, 带来退款, 没有小票也可以。"
RANK = {"sell": 0, "hold": 1, "refuse": 2}


def can(**changes: Any) -> TillFacts:
    told: dict[str, Any] = {
        "when": NOW,
        "shop": "L-0030",
        "lot": "06909999000012/B260912A",
        "product": "小北1段",
        "serial": "000771",
        "known": True,
        "released": True,
        "serial_known": True,
        "expiry": dt.date(2028, 9, 2),
        "on_hand": 12,
        "stop_list_at": NOW - 2 * HOUR,
        "licence": "JY12301030001239",
        "licence_until": dt.date(2027, 3, 1),
        "licence_formula": True,
    }
    return TillFacts(**told | changes)


def recall(**changes: Any) -> Recall:
    told: dict[str, Any] = {"case": "2026-0002", "level": 1, "lot": "06909999000012/B260912A", "since": NOW - 2 * HOUR, "advice": ADVICE}
    return Recall(**told | changes)


@pytest.mark.parametrize(
    ("changes", "answer", "reasons", "notes"),
    [
        ({}, "sell", [], []),
        ({"recalls": (recall(),)}, "refuse", ["till.recalled"], []),
        ({"recalls": (recall(link="possible"),)}, "hold", ["till.recall_possible"], []),
        ({"recalls": (recall(), recall(case="2026-0003", link="possible"))}, "refuse", ["till.recalled", "till.recall_possible"], []),
        ({"recalls": (recall(link="unheard of"),)}, "hold", ["till.recall_possible"], []),
        ({"expiry": dt.date(2026, 11, 23)}, "refuse", ["till.expired"], []),
        ({"expiry": dt.date(2026, 11, 24)}, "sell", [], []),
        ({"expiry": None}, "hold", ["till.expiry_missing"], []),
        ({"released": False}, "refuse", ["till.unreleased"], []),
        ({"known": False, "released": False, "expiry": None}, "refuse", ["till.unknown_batch"], []),
        ({"sold": Sold(when=NOW - HOUR, site="L-0031")}, "refuse", ["till.already_sold"], []),
        ({"custody": True}, "refuse", ["till.custody"], []),
        ({"serial_known": False}, "hold", ["till.serial_unknown"], []),
        ({"serial": ""}, "sell", [], ["till.serial_missing"]),
        ({"on_hand": 0}, "sell", [], ["till.not_in_stock"]),
        ({"on_hand": 29, "cans": 30}, "sell", [], ["till.not_in_stock"]),
        ({"on_hand": 30, "cans": 30}, "sell", [], []),
        ({"stop_list_at": NOW - 24 * HOUR}, "sell", [], []),
        ({"stop_list_at": NOW - 25 * HOUR}, "sell", [], ["till.stop_list_old"]),
        ({"stop_list_at": NOW - 168 * HOUR}, "sell", [], ["till.stop_list_old"]),
        ({"stop_list_at": NOW - 169 * HOUR}, "refuse", ["till.stop_list_stale"], []),
        ({"stop_list_at": NOW - 169 * HOUR, "override": "B-1"}, "sell", [], ["till.stop_list_override"]),
        ({"stop_list_at": None}, "refuse", ["till.stop_list_missing"], []),
        ({"stop_list_at": None, "override": "B-1"}, "sell", [], ["till.stop_list_override"]),
        ({"stop_list_at": NOW + 2 * HOUR}, "hold", ["till.clock_doubtful"], []),
        ({"licence_until": dt.date(2026, 11, 23)}, "refuse", ["till.licence_expired"], []),
        ({"licence": ""}, "sell", [], ["till.licence_missing"]),
        ({"licence_formula": False}, "refuse", ["till.licence_item_missing"], []),
        # an override answers for the age of the list alone
        ({"override": "B-1", "recalls": (recall(),), "stop_list_at": None}, "refuse", ["till.recalled"], ["till.stop_list_override"]),
    ],
)
def test_what_the_till_says(changes: dict[str, Any], answer: str, reasons: list[str], notes: list[str]) -> None:
    said = may_sell(can(**changes))
    assert (said.answer, list(said.codes), [note.code for note in said.notes]) == (answer, reasons, notes)
    assert all(reason.hint("zh") and reason.hint("en") for reason in said.reasons)


def test_the_parent_hears_the_notice_word_for_word() -> None:
    said = may_sell(can(recalls=(recall(),)))
    assert said.tell("zh") == said.tell("en") == (ADVICE,)
    assert said.reasons[0].message("zh") == ("召回中: 批次 06909999000012/B260912A, 案件 2026-0002, 1 级 (本店得知: 2026-11-24 08:10)")
    assert said.reasons[0].article.zh == "食品召回管理办法 (2015) 第19条"
    assert said.reasons[0].verified


def test_without_a_notice_the_parent_hears_a_plain_sentence_for_each_reason() -> None:
    said = may_sell(can(recalls=(recall(advice=""),), expiry=dt.date(2026, 1, 1)))
    assert said.tell("zh") == ("这一批正在召回, 请换一罐。公告可扫码看。", "这罐过了保质期, 请换一罐。")
    assert may_sell(can()).tell() == ()


def test_whatever_stops_a_sale_has_words_for_the_parent() -> None:
    silent = {"till.serial_missing", "till.not_in_stock", "till.stop_list_old", "till.stop_list_override", "till.licence_missing"}
    codes = {key for key in catalogue() if key.startswith("till.") and key.count(".") == 1}
    assert {code for code in codes if not has(f"{code}.tell")} == silent
    assert set(ARTICLES) <= codes


def test_an_override_is_named_only_when_it_made_the_difference() -> None:
    assert may_sell(can(override="B-1")).override == ""
    assert may_sell(can(override="B-1", stop_list_at=None)).override == "B-1"


def test_the_owner_sets_the_limits_and_what_a_possible_link_asks_for() -> None:
    strict = TillSettings(refuse_after=HOUR, block_possible="refuse")
    said = may_sell(can(recalls=(recall(link="possible"),)), strict)
    assert said.codes == ("till.recall_possible", "till.stop_list_stale")
    assert said.answer == "refuse"
    easy = TillSettings(block_possible="note")
    assert may_sell(can(recalls=(recall(link="possible"),)), easy).answer == "sell"
    confirmed = may_sell(can(recalls=(recall(),)), easy)
    assert confirmed.answer == "refuse"


def test_an_answer_as_a_program_gets_it() -> None:
    told = may_sell(can(expiry=dt.date(2026, 1, 1))).as_dict()
    assert told["answer"] == "refuse"
    assert told["message"] == {"zh": "不可售", "en": "may not sell"}
    assert told["tell"] == {"zh": ["这罐过了保质期, 请换一罐。"], "en": ["This can is past its shelf life, please take another."]}


WORDS = st.one_of(st.sampled_from(["", "B260912A", "{lot"]), st.text(max_size=5))
TIMES = st.one_of(
    st.datetimes(dt.datetime(2026, 11, 1), dt.datetime(2026, 12, 1), timezones=st.sampled_from([None, dt.UTC])),  # noqa: DTZ001
    st.sampled_from([dt.datetime.min, dt.datetime.max, dt.datetime.min.replace(tzinfo=dt.UTC)]),  # noqa: DTZ901
)
DAYS = st.one_of(st.none(), st.dates())
FACTS = st.builds(
    TillFacts,
    when=TIMES,
    lot=WORDS,
    serial=WORDS,
    known=st.booleans(),
    released=st.booleans(),
    serial_known=st.one_of(st.none(), st.booleans()),
    expiry=DAYS,
    recalls=st.lists(
        st.builds(Recall, case=WORDS, link=st.sampled_from(["confirmed", "possible", "unheard"]), advice=WORDS), max_size=2
    ).map(tuple),
    sold=st.one_of(st.none(), st.builds(Sold, when=TIMES, site=WORDS)),
    custody=st.booleans(),
    on_hand=st.one_of(st.none(), st.integers()),
    stop_list_at=st.one_of(st.none(), TIMES),
    override=WORDS,
    licence=WORDS,
    licence_until=DAYS,
    licence_formula=st.one_of(st.none(), st.booleans()),
)
WORSE: dict[str, Callable[[TillFacts], dict[str, Any]]] = {
    "recalled": lambda f: {"recalls": (*f.recalls, recall())},
    "possibly recalled": lambda f: {"recalls": (*f.recalls, recall(link="possible"))},
    "expired": lambda _f: {"expiry": dt.date.min},
    "unknown": lambda _f: {"known": False},
    "unreleased": lambda _f: {"released": False},
    "sold": lambda _f: {"sold": Sold(when=NOW)},
    "in custody": lambda _f: {"custody": True},
    "no stop list": lambda _f: {"stop_list_at": None},
    "no override": lambda _f: {"override": ""},
    "no permit for formula": lambda _f: {"licence_formula": False},
    "no permit in force": lambda _f: {"licence": "JY1", "licence_until": dt.date.min},
    "wrong can code": lambda _f: {"serial_known": False},
}


@settings(max_examples=200)
@given(FACTS, st.sampled_from(sorted(WORSE)))
def test_never_raises_and_one_more_problem_never_helps(facts: TillFacts, problem: str) -> None:
    # On the first day there is, no day lies before today for a batch to have expired on.
    assume(problem != "expired" or facts.when.date() > dt.date.min)
    said = may_sell(facts)
    assert (said.answer == "sell") == (not said.reasons)
    for lang in ("zh", "en", None):
        json.dumps(said.as_dict(lang))
    assert all("." in r.code and r.message("zh") != r.code and r.message("en") != r.code for r in (*said.reasons, *said.notes))
    worse = may_sell(msgspec.structs.replace(facts, **WORSE[problem](facts)))
    assert RANK[worse.answer] >= RANK[said.answer]
    if any(r.link == "confirmed" for r in facts.recalls):  # RECALL law 17
        assert said.answer == "refuse"
