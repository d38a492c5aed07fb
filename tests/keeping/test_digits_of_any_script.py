"""Digits of any script, in any mixture, are read or refused: none of them ends a command with a traceback."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import errors
from foodtrace.operations.erasurereason import check_note, check_words
from foodtrace.operations.sameperson import SamePerson

NUMERIC = [each for each in map(chr, range(sys.maxunicode + 1)) if unicodedata.numeric(each, None) is not None]
"""Everything that Unicode gives a numeric value, Chinese capitals, fractions and circled ones too."""
IDENTITY = "110105199001011234"
SCRIPTS = ["0123456789", "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "零幺贰叁肆伍陆柒捌玖"]
TEXTS = st.text(st.one_of(st.sampled_from(NUMERIC), st.sampled_from("〇一二三壹xX -+/.李or单号电话身份证tel")), max_size=40)
MIXED = st.tuples(*(st.sampled_from([script[int(each)] for script in SCRIPTS]) for each in IDENTITY)).map("".join)


@given(st.one_of(TEXTS, MIXED, st.tuples(TEXTS, MIXED, TEXTS).map("".join)))
def test_no_text_of_digits_is_too_strange_to_be_looked_at(text: str) -> None:
    for check in (check_words, check_note):
        try:
            check([("phone", text), ("address", text[1:]), ("identity", text[:-1])], text[::-1])
            check([], text)
        except errors.BadData as refused:
            assert refused.code.endswith((".says_number", ".says_value"))  # noqa: PT017 - both answers are good ones
    assert SamePerson([("phone", text)]).holds("phone", text) in (True, False)


@pytest.mark.parametrize("script", SCRIPTS[1:])
@pytest.mark.parametrize("number", [IDENTITY, "110105200401011237", "11010519900101123X"])
def test_an_identity_number_in_chinese_digits_is_refused(script: str, number: str) -> None:
    written = "".join(script[int(each)] if each.isdigit() else each for each in number)
    for half in (written, number[:6] + written[6:], written[:6] + number[6:]):
        with pytest.raises(errors.BadData) as caught:
            check_words([], f"ask {half}")
        assert caught.value.code == "erase.says_number"
        with pytest.raises(errors.BadData) as caught:
            check_note([], f"ask {half}")
        assert caught.value.code == "correction.says_number"
