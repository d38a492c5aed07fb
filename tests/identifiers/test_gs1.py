"""GTIN, GLN and SSCC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.identifiers import gs1
from foodtrace.identifiers.gs1 import Key, Kind
from foodtrace.identifiers.typed import CheckWarning


@pytest.mark.parametrize(
    ("text", "digits", "short"),
    [
        ("6901234567892", "06901234567892", "6901234567892"),
        ("06901234567892", "06901234567892", "6901234567892"),
        ("16901234567899", "16901234567899", "16901234567899"),  # a case of them
        ("614141000036", "00614141000036", "0614141000036"),
        ("96385074", "00000096385074", "96385074"),
        ("690-1234 567892\r", "06901234567892", "6901234567892"),
        ("６９０１２３４５６７８９２", "06901234567892", "6901234567892"),
    ],
)
def test_gtins_at_every_length(text: str, digits: str, short: str) -> None:
    key = gs1.parse(text)
    assert (key.kind, key.digits, key.short, key.warnings) == ("gtin", digits, short, ())
    assert gs1.format(key) == gs1.format(text) == str(key) == digits
    assert gs1.is_valid(text)
    assert gs1.check_digit(digits[:-1]) == digits[-1]


@pytest.mark.parametrize(("kind", "text"), [("gln", "6901234567892"), ("sscc", "376104250021234569"), ("sscc", "3761 0425 0021 2345 69")])
def test_other_keys(kind: Kind, text: str) -> None:
    key = gs1.parse(text, kind=kind)
    assert key == Key(kind, text.replace(" ", ""))
    assert key.short == key.digits == gs1.format(text, kind=kind)
    assert gs1.is_valid(text, kind=kind)
    assert not key.is_restricted


@pytest.mark.parametrize(
    ("text", "restricted"),
    [
        ("2012345678903", True),
        ("0212345678909", True),
        ("0412345678903", True),
        ("20123451", True),
        ("6901234567892", False),
        ("96385074", False),
    ],
)
def test_a_shops_own_number_is_no_worldwide_key(text: str, restricted: bool) -> None:
    assert gs1.parse(text).is_restricted is restricted


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (
            "6901234567893",
            "gtin",
            "gs1.check_digit: GS1 key 6901234567893 ends in 3, expected 2 (scan again, or check the digits under the bar code)",
        ),
        (
            "690123456",
            "gtin",
            "gs1.length: 690123456 has 9 digits, expected GTIN: 8/12/13/14 x [0-9] (copy all digits under the bar code)",
        ),
        (
            "96385074",
            "gln",
            "gs1.length: 96385074 has 8 digits, expected GLN: 13 x [0-9] (copy all digits under the bar code)",
        ),
        (
            "6.90123E+12",
            "gtin",
            (
                "gs1.excel: 6.90123E+12 is a number made by Excel, expected GTIN: 8/12/13/14 x [0-9] "
                "(make the column text, then enter or export it again)"
            ),
        ),
        (
            "00000000000000",
            "gtin",
            "gs1.form: 00000000000000 is not a GS1 key, expected GTIN: 8/12/13/14 x [0-9] (copy the digits under the bar code)",
        ),
        (
            "69O1234567892",
            "sscc",
            "gs1.form: 69O1234567892 is not a GS1 key, expected SSCC: 18 x [0-9] (copy the digits under the bar code)",
        ),
        ("", "gtin", "gs1.form:  is not a GS1 key, expected GTIN: 8/12/13/14 x [0-9] (copy the digits under the bar code)"),
        (
            "690123456789\u0662",
            "gtin",
            "gs1.form: 690123456789\u0662 is not a GS1 key, expected GTIN: 8/12/13/14 x [0-9] (copy the digits under the bar code)",
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(text: str, kind: Kind, message: str) -> None:
    with pytest.raises(BadData) as caught:
        gs1.parse(text, kind=kind)
    assert str(caught.value) == message
    assert not gs1.is_valid(text, kind=kind)


def test_lenient_keeps_a_bad_check_digit_and_says_why() -> None:
    key = gs1.parse("6901234567893", lenient=True)
    assert key == Key("gtin", "06901234567893", (CheckWarning("gs1.check_digit", "6901234567893", "2"),))
    assert key.warnings[0].message() == "GS1 key 6901234567893 ends in 3, expected 2"


def test_a_kind_nobody_knows_and_no_text_are_the_callers_bugs() -> None:
    with pytest.raises(TypeError, match=r"^kind is one of gtin, gln, sscc, not 'isbn'$"):
        gs1.parse("1", kind="isbn")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^an identifier is read from str, not int$"):
        gs1.parse(6901234567892)  # type: ignore[arg-type]


@given(st.integers(1, 10**13 - 1))
def test_every_sound_gtin_survives_printing(body: int) -> None:
    digits = f"{body:013d}"
    digits += gs1.check_digit(digits)
    assert gs1.parse(gs1.parse(digits).short).digits == digits
