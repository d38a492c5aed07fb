"""Formula batches: what they may be made from and when they are released."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.formula import BatchFacts, Ingredient, ReleaseFacts, may_make, may_release, may_transform
from foodtrace.formula.batch import ARTICLES
from foodtrace.gate.facts import Recall
from foodtrace.quantity import Quantity
from foodtrace.texts import catalogue, has

NOW = dt.datetime(2026, 9, 21, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
RECALLED = Ingredient(lot="L-0001/X", known=True, recalls=(Recall(case="2026-0002"),))
DOUBTFUL = Ingredient(lot="L-0001/X", known=True, recalls=(Recall(case="2026-0002", link="possible"),))
OIL = Ingredient(lot="91230199FT00000808/ARA-2607-118", known=True, expiry=dt.date(2027, 7, 1))


def batch(**changes: Any) -> BatchFacts:
    told: dict[str, Any] = {
        "when": NOW,
        "lot": "06909999000012/B260912A",
        "product": "小北1段",
        "registration": "国食注字YP20269901",
        "licence": "SC12923019900064",
        "inputs": (OIL,),
        "quantity": Quantity(1200, "piece"),
        "produced": dt.date(2026, 9, 12),
        "expiry": dt.date(2028, 9, 11),
    }
    return BatchFacts(**told | changes)


def release(**changes: Any) -> ReleaseFacts:
    told: dict[str, Any] = {
        "when": NOW,
        "lot": "06909999000012/B260912A",
        "known": True,
        "produced": dt.date(2026, 9, 12),
        "tested": dt.date(2026, 9, 20),
        "passed": True,
        "certificate": "CJ-260920-7",
    }
    return ReleaseFacts(**told | changes)


@pytest.mark.parametrize(
    ("changes", "answer", "reasons", "notes"),
    [
        ({}, "allow", [], []),
        ({"registration": ""}, "refuse", ["batch.registration_missing"], []),
        ({"registration": "国食注字YP2026990"}, "refuse", ["batch.registration_form"], []),
        ({"registration": "SC12923019900064"}, "refuse", ["batch.registration_form"], []),
        ({"registered_until": dt.date(2026, 9, 11)}, "refuse", ["batch.registration_expired"], []),
        ({"registered_until": dt.date(2026, 9, 12)}, "allow", [], []),
        ({"brands": ("小北1段",)}, "allow", [], []),
        ({"brands": ("大北1段", "小北1段")}, "hold", ["batch.brand_differs"], []),
        ({"licence": ""}, "hold", ["batch.licence_missing"], []),
        ({"licence": "SC129"}, "refuse", ["batch.licence_form"], []),
        ({"licence": "JY12301030001239"}, "refuse", ["batch.licence_form"], []),
        ({"licence": "SC12923019900065"}, "allow", [], ["batch.licence_check_digit"]),
        ({"licence": "SC11834020305037"}, "allow", [], ["batch.licence_category"]),
        ({"licence_until": dt.date(2026, 9, 1)}, "refuse", ["batch.licence_expired"], []),
        ({"inputs": ()}, "refuse", ["batch.inputs_missing"], []),
        ({"inputs": (OIL, Ingredient(lot="L-0001/X"))}, "refuse", ["batch.ingredient_unknown"], []),
        ({"inputs": (OIL, Ingredient(known=True))}, "refuse", ["batch.ingredient_unknown"], []),
        ({"inputs": (Ingredient(lot="L-0001/X", known=True, expiry=dt.date(2026, 9, 11)),)}, "refuse", ["batch.ingredient_expired"], []),
        ({"inputs": (Ingredient(lot="L-0001/X", known=True, expiry=dt.date(2026, 9, 12)),)}, "allow", [], []),
        ({"inputs": (Ingredient(lot="L-0001/X", known=True, custody=True),)}, "refuse", ["batch.ingredient_custody"], []),
        ({"inputs": (Ingredient(lot="L-0001/X", known=True, formula=True),)}, "refuse", ["batch.repacked"], []),
        (
            {"inputs": (RECALLED,)},
            "refuse",
            ["batch.ingredient_recalled"],
            [],
        ),
        (
            {"inputs": (DOUBTFUL,)},
            "hold",
            ["batch.ingredient_possible"],
            [],
        ),
        ({"produced": dt.date(2026, 9, 22)}, "hold", ["batch.produced_later"], []),
        ({"expiry": None}, "hold", ["batch.expiry_missing"], []),
        ({"expiry": dt.date(2026, 9, 12)}, "refuse", ["batch.expiry_early"], []),
        ({"quantity": Quantity(1_080_000, "g")}, "refuse", ["batch.unit"], []),
        (
            {"registration": "", "inputs": (), "expiry": None},
            "refuse",
            ["batch.registration_missing", "batch.inputs_missing", "batch.expiry_missing"],
            [],
        ),
    ],
)
def test_what_a_batch_may_be_made_from(changes: dict[str, Any], answer: str, reasons: list[str], notes: list[str]) -> None:
    said = may_make(batch(**changes))
    assert (said.answer, list(said.codes), [note.code for note in said.notes]) == (answer, reasons, notes)


@pytest.mark.parametrize(
    ("changes", "answer", "reasons", "notes"),
    [
        ({}, "allow", [], []),
        ({"known": False}, "refuse", ["batch.unknown"], []),
        ({"tested": None}, "refuse", ["batch.untested"], []),
        ({"passed": None}, "refuse", ["batch.untested"], []),
        ({"passed": False}, "refuse", ["batch.test_failed"], []),
        ({"tested": dt.date(2026, 9, 12)}, "allow", [], []),
        ({"tested": dt.date(2026, 9, 11)}, "refuse", ["batch.tested_when"], []),
        ({"tested": dt.date(2026, 9, 22)}, "refuse", ["batch.tested_when"], []),
        ({"certificate": ""}, "refuse", ["batch.certificate_missing"], []),
        ({"recalls": (Recall(case="2026-0002"),)}, "refuse", ["batch.recalled"], []),
        ({"recalls": (Recall(case="2026-0002", link="possible"),)}, "hold", ["batch.recall_possible"], []),
        ({"released": NOW}, "allow", [], ["batch.released_before"]),
        ({"tested": None, "certificate": ""}, "refuse", ["batch.untested", "batch.certificate_missing"], []),
    ],
)
def test_when_a_batch_is_released(changes: dict[str, Any], answer: str, reasons: list[str], notes: list[str]) -> None:
    said = may_release(release(**changes))
    assert (said.answer, list(said.codes), [note.code for note in said.notes]) == (answer, reasons, notes)


@pytest.mark.parametrize(
    ("kind", "own", "answer"),
    [
        ("repack", True, "refuse"),
        ("split", True, "refuse"),
        ("blend", True, "refuse"),
        ("process", False, "refuse"),
        ("rework", False, "refuse"),
        ("rework", True, "allow"),
        ("process", True, "allow"),
        ("relabel", False, "allow"),
        ("renumber", False, "allow"),
    ],
)
def test_formula_is_never_repacked(kind: str, own: bool, answer: str) -> None:
    said = may_transform(kind, own_batch=own)
    assert said.answer == answer
    if answer == "refuse":
        assert said.reasons[0].message("zh") == f"婴幼儿配方乳粉不得分装 ({kind})"
        assert said.reasons[0].article.zh == "食品安全法第81条"


def test_the_words_of_a_batch_with_an_unknown_ingredient() -> None:
    told = may_make(batch(inputs=(Ingredient(lot="L-0001/X"),))).as_dict("zh")
    assert told["answer"] == "refuse"
    assert told["reasons"] == [
        {
            "code": "batch.ingredient_unknown",
            "verdict": "refuse",
            "message": "原料批次 L-0001/X 没有记录",
            "hint": "先记进货 (foodtrace receive), 再记这批",
            "article": "食品安全法第50条",
            "rule": "batch.ingredient_unknown",
            "verified": True,
            "params": {"ingredient": "L-0001/X"},
        }
    ]


def test_every_code_has_a_hint_and_every_article_a_code() -> None:
    codes = {key for key in catalogue() if key.startswith("batch.") and key.count(".") == 1}
    assert {code for code in codes if not has(f"{code}.hint")} == set()
    assert set(ARTICLES) <= codes


WORDS = st.one_of(st.sampled_from(["", "国食注字YP20269901", "SC12923019900064", "ＳＣ１２９"]), st.text(max_size=80))
DAYS = st.one_of(st.none(), st.dates())
RECALLS = st.lists(st.builds(Recall, case=WORDS, link=st.sampled_from(["confirmed", "possible", "unheard"])), max_size=2).map(tuple)
INPUTS = st.builds(Ingredient, lot=WORDS, known=st.booleans(), expiry=DAYS, custody=st.booleans(), recalls=RECALLS, formula=st.booleans())


@given(
    st.builds(
        BatchFacts,
        when=st.datetimes(),
        lot=WORDS,
        product=WORDS,
        registration=WORDS,
        registered_until=DAYS,
        brands=st.lists(WORDS, max_size=2).map(tuple),
        licence=WORDS,
        licence_until=DAYS,
        inputs=st.lists(INPUTS, max_size=3).map(tuple),
        produced=DAYS,
        expiry=DAYS,
    ),
    st.builds(
        ReleaseFacts,
        when=st.datetimes(),
        known=st.booleans(),
        tested=DAYS,
        passed=st.one_of(st.none(), st.booleans()),
        certificate=WORDS,
        recalls=RECALLS,
    ),
)
def test_never_raises_and_everything_can_be_said(made: BatchFacts, out: ReleaseFacts) -> None:
    for said in (may_make(made), may_release(out)):
        assert (said.answer == "allow") == (not said.reasons)
        json.dumps(said.as_dict())
        assert all(r.message("zh") != r.code and r.message("en") != r.code for r in (*said.reasons, *said.notes))
