"""An erasure's own words are an entry for ever: they must not say what is erased."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from foodtrace import Ledger, errors
from foodtrace.operations import erasing
from foodtrace.operations.common import Doing, local
from foodtrace.operations.erasurereason import check_words
from tests.cli.inside import Inside, here
from tests.keeping.onfile import NAME, NOW, PHONE, ledger

__all__ = ["here", "ledger"]

ORIGIN = "test.example/own"


def wide(text: str) -> str:
    """Return ASCII as a Chinese input method types it, in full width."""
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


@pytest.mark.parametrize("shape", [str, wide, " ".join, lambda each: each.replace("-", "")])
@pytest.mark.parametrize("value", [NAME, PHONE])
def test_no_word_of_an_erasure_says_what_it_erases(ledger: Ledger, value: str, shape: Callable[[str], str]) -> None:
    said = shape(value)
    before, number = rows(ledger), ledger.writer().number
    for words in ({"reason": f"his number {said} and name"}, {"by": said}, {"id": f"x{said}"}):
        doing = Doing(now=local(NOW), by=words.get("by", ""), id=words.get("id", ""))
        with pytest.raises(errors.BadData) as caught, ledger.store.write() as session:
            erasing.erase(session, doing, number, ORIGIN, "福安超市", reason=words.get("reason", ""))
        assert caught.value.code == "erase.says_value"
        for text in (caught.value.message("en"), caught.value.message("zh"), str(caught.value)):
            assert value not in text
            assert said not in text
    assert rows(ledger) == before


def rows(ledger: Ledger) -> tuple[int, list[tuple[object, ...]]]:
    with ledger.reading() as session:
        return ledger.logs()[0].size, session.rows("SELECT seq, field, value FROM personal ORDER BY seq, field")


@pytest.mark.parametrize(
    "reason",
    [
        "call 13933334444",
        "139-3333-4444",
        "(0451) 555-0104",
        "0451 5550104",
        "23010219800101123X",
        "+1 202 555 0104",
        wide("13933334444"),
    ],
)
def test_what_looks_like_a_number_of_a_person_is_refused_whoever_it_is(reason: str) -> None:
    with pytest.raises(errors.BadData) as caught:
        check_words([], reason)
    assert caught.value.code == "erase.says_number"


@pytest.mark.parametrize(
    "reason", ["left the market", "asked on 2026-11-24, request 2026-0457", "20261124", "按 2026-11-24 10:30 申请", "PIPL art. 47", ""]
)
def test_days_and_short_numbers_may_be_said(reason: str) -> None:
    check_words([("phone", "0451-555-0999"), ("name", "李"), ("contact", "Bo")], reason, "070", "e-2026-11-24")


def test_saying_yes_is_not_enough(here: Inside) -> None:
    here("init")
    here("site", "add", "福安超市:shop", "--phone", "0451-555-0104")
    words = ("erase", "福安超市", "--yes", "--reason")
    assert "erase.says_value" in here(*words, "0451 555 0104 again", code=2)
    assert "什么都没有删" in here(*words, "电话 13933334444", code=2, lang="zh")
    here(*words, "asked for on 2026-11-24")
