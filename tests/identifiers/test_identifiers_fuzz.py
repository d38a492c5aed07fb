"""Whatever is typed or scanned: a noun that prints and reads back the same, or BadData. Never anything else."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.identifiers import digital_link, elements, gs1, lgtin, licence, lot, uscc
from foodtrace.texts import LANGS

MODULES: list[Any] = [uscc, licence, gs1, elements, lgtin, digital_link, lot]
PIECES = st.sampled_from(
    [
        *"https://a /01/ /10/ /21/ /8010/ 06901234567892 ? & = 17=260930 # % %00 %2F (01) (10) (8003) ( ) \\ ^ ]d2".split(),  # noqa: SIM905 - read as a line
        *"urn:epc:class:lgtin: 6901234.056789. SC JY 国食注字YP 91440300192203821 6 E+ . .. - O V Ｓ １ ² ٣ ß ſ ı".split(),  # noqa: SIM905
        "\x1d",
        "\ud800",
        "\u200b",
    ]
)
TEXT = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join), st.from_regex(r"[0-9A-Z]{13,18}", fullmatch=True))


def _says_what_to_do(error: BadData) -> None:
    for lang in LANGS:
        assert error.message(lang) != error.code  # a code without a text shows as itself
        assert error.hint(lang)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rsplit(".", 1)[-1])
@given(text=TEXT, lenient=st.booleans())
@example(text="\ud800", lenient=True)
@example(text="(01)", lenient=False)
@example(text="https://a/01/06901234567892?1²=3", lenient=False)
def test_bad_data_or_a_noun_that_reads_back(module: Any, text: str, lenient: bool) -> None:
    try:
        noun = module.parse(text, lenient=lenient)
    except BadData as error:
        _says_what_to_do(error)
        return
    printed = module.format(noun)
    again = module.parse(printed, lenient=lenient)
    assert module.format(again) == printed
    assert module.is_valid(printed) or noun.warnings


@pytest.mark.parametrize(
    "read", [lot.parse_code, lot.parse_gate_code, lot.parse_authority, lot.parse_operator, uscc.check_digit, gs1.check_digit]
)
@given(text=TEXT)
def test_the_other_readers(read: Callable[[str], object], text: str) -> None:
    try:
        read(text)
    except BadData as error:
        _says_what_to_do(error)


@given(text=TEXT, codes=st.lists(st.text("AB01-.", max_size=6), max_size=6))
def test_likeness_never_crashes(text: str, codes: list[str]) -> None:
    assert set(lot.similar(text, codes)) <= set(codes)
