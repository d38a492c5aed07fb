"""Check characters against numbers that were computed elsewhere: worked examples of the standards and real numbers."""

from collections.abc import Callable

import pytest

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums


@pytest.mark.parametrize(
    ("compute", "body", "expected"),
    [
        (checksums.mod_11_10, "1183402030503", "7"),  # SC11834020305037, nuts, Wuhu
        (checksums.mod_11_10, "1074403070499", "4"),
        (checksums.mod_11_10, "0794", "5"),  # ISO 7064: 0794 gives 07945
        (checksums.mod_11_2, "079", "X"),  # ISO 7064: 079 gives 079X
        (checksums.mod_11_2, "11010519491231002", "X"),  # the example number of GB 11643
        (checksums.mod_10, "629104150021", "3"),  # GS1's own worked example
        (checksums.mod_10, "37610425002123456", "9"),  # and its SSCC
        (checksums.mod_10, "0000000", "0"),
        (checksums.credit_code, "91440300192203821", "6"),
        (checksums.credit_code, "91110108551385082", "Q"),
        (checksums.credit_code, "9144030071526726X", "G"),
        (checksums.credit_code, "91350100M000100Y4", "3"),
        (checksums.credit_code, "92230199FT0000056", "L"),
        (checksums.organisation, "55138508", "2"),
        (checksums.organisation, "71526726", "X"),
        (checksums.organisation, "M000100Y", "4"),
        (checksums.pair_1021, "1987654Ad4X4bL5ttr2310c", "2K"),  # GS1 General Specifications 7.9.5
        (checksums.pair_1021, "12345678901234567890123", "NT"),
        (checksums.pair_1021, "12345_ABCDEFGHIJKLM", "CP"),
    ],
)
def test_known_check_characters(compute: Callable[[str], str], body: str, expected: str) -> None:
    assert compute(body) == expected


def test_mod_11_10_finds_every_wrong_digit_and_swap_of_neighbours_in_a_real_number() -> None:
    body = "1183402030503"
    check = checksums.mod_11_10(body)
    for place, digit in enumerate(body):
        for other in set("0123456789") - {digit}:
            assert checksums.mod_11_10(body[:place] + other + body[place + 1 :]) != check
    for place in range(len(body) - 1):
        a, b = body[place], body[place + 1]
        if a != b:
            assert checksums.mod_11_10(body[:place] + b + a + body[place + 2 :]) != check


@pytest.mark.parametrize(
    ("compute", "body", "expected"),
    [
        (checksums.mod_10, "", "1-99 x [0123456789]"),
        (checksums.mod_10, "12a", "1-99 x [0123456789]"),
        (checksums.mod_10, "１２", "1-99 x [0123456789]"),
        (checksums.mod_10, "1" * 100, "1-99 x [0123456789]"),
        (checksums.credit_code, "91440300192203821O", "17 x [0123456789ABCDEFGHJKLMNPQRTUWXY]"),
        (checksums.organisation, "5513850", "8 x [0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ]"),
    ],
)
def test_a_body_that_cannot_have_one_is_refused(compute: Callable[[str], str], body: str, expected: str) -> None:
    with pytest.raises(BadData) as caught:
        compute(body)
    assert (caught.value.code, caught.value.value, caught.value.expected) == ("checksum.form", body, expected)
    assert "expected " + expected in caught.value.message("en")


def test_no_text_at_all_is_the_callers_bug() -> None:
    with pytest.raises(TypeError, match=r"^a check character is computed from str, not int$"):
        checksums.mod_10(629104150021)  # type: ignore[arg-type]
