"""Lot ids, gate codes, and what a person may have meant."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.identifiers import lot
from foodtrace.identifiers.lot import GateCode, Lot
from foodtrace.identifiers.typed import CheckWarning


@pytest.mark.parametrize(
    ("text", "authority", "code"),
    [
        ("06909999000012/B260912A", "06909999000012", "B260912A"),
        ("6901234567892/b260912a", "06901234567892", "B260912A"),
        ("91230199FT0000013A/261123-G1-0031", "91230199FT0000013A", "261123-G1-0031"),
        ("L-0001/261123-1", "L-0001", "261123-1"),
        (" ｌ－０００１／Ａ。１ ", "L-0001", "A.1"),  # everything typed with the input method on
        ("L-0001、A—1", "L-0001", "A-1"),
        ("20240001/X", "20240001", "X"),  # a market's own number
    ],
)
def test_lots(text: str, authority: str, code: str) -> None:
    noun = lot.parse(text)
    assert (noun.authority, noun.code) == (authority, code)
    assert lot.format(noun) == lot.format(text) == str(noun) == f"{authority}/{code}"
    assert lot.parse(str(noun)) == noun
    assert lot.is_valid(text)
    assert noun.has_gtin is authority.startswith("069")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("L-0001/芹菜#7", 'lot.form: characters not allowed in lot "芹菜#7" (A-Z 0-9 . - and at most 20 of them)'),
        ("芹菜#7", 'lot.form: characters not allowed in lot "芹菜#7" (A-Z 0-9 . - and at most 20 of them)'),
        ("L-0001/.", 'lot.form: characters not allowed in lot "." (A-Z 0-9 . - and at most 20 of them)'),
        ("L-0001/..", 'lot.form: characters not allowed in lot ".." (A-Z 0-9 . - and at most 20 of them)'),
        ("L-0001/", 'lot.form: characters not allowed in lot "" (A-Z 0-9 . - and at most 20 of them)'),
        ("L-0001/A/B", 'lot.form: characters not allowed in lot "A/B" (A-Z 0-9 . - and at most 20 of them)'),
        (
            "L-0001/ABCDEFGHIJ1234567890A",
            'lot.form: characters not allowed in lot "ABCDEFGHIJ1234567890A" (A-Z 0-9 . - and at most 20 of them)',
        ),
        (
            "261123-1",
            (
                'lot.authority: "261123-1" does not say whose lot it is, expected AUTHORITY/CODE '
                "(a GTIN or an operator, a slash, the code: L-0001/B1)"
            ),
        ),
        (
            "-1/A",
            (
                'lot.authority: "-1" does not say whose lot it is, expected GTIN / USCC / L-0001 '
                "(a GTIN or an operator, a slash, the code: L-0001/B1)"
            ),
        ),
        (
            "6901234567893/A",
            "gs1.check_digit: GS1 key 6901234567893 ends in 3, expected 2 (scan again, or check the digits under the bar code)",
        ),
        (
            "91230199FT0000013B/A",
            "uscc.check_digit: credit code ends in B, expected A (check it against the licence and type it again)",
        ),
        (
            "13812345678/A",
            (
                "lot.personal: 138******** is a mobile number, not an operator id, expected L-0001 "
                "(phones belong into the operator's particulars; use an id such as L-0001)"
            ),
        ),
        (
            "11010519491231002X/A",
            (
                "uscc.personal_id: 110105************ is a resident identity number, not a credit code "
                "(give the licence's credit code; without a licence use a local id (L-0001))"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(text: str, message: str) -> None:
    with pytest.raises(BadData) as caught:
        lot.parse(text)
    assert str(caught.value) == message
    assert not lot.is_valid(text)


def test_the_chinese_wording() -> None:
    with pytest.raises(BadData) as caught:
        lot.parse_code("芹菜#7")
    assert (caught.value.message("zh"), caught.value.hint("zh")) == ('批次 "芹菜#7" 有不允许的字符', "A-Z 0-9 . - 最多 20")


def test_lenient_keeps_an_authority_with_a_bad_check_digit() -> None:
    assert lot.parse("6901234567893/A", lenient=True) == Lot(
        "06901234567893", "A", (CheckWarning("gs1.check_digit", "6901234567893", "2"),)
    )
    assert lot.parse("91230199FT0000013B/A", lenient=True).warnings[0].code == "uscc.check_digit"


def test_authorities_and_operators_alone() -> None:
    assert lot.parse_authority("6901234567892") == "06901234567892"
    assert lot.parse_operator(" l-0001 ") == "L-0001"
    assert lot.parse_operator("91230199ft0000013a") == "91230199FT0000013A"
    assert lot.parse_operator("91230199FT0000013B", lenient=True) == "91230199FT0000013B"
    for text in ("6901234567892", "张三", "A", "L_1", "A" * 21):
        with pytest.raises(BadData) as caught:
            lot.parse_operator(text)
        assert caught.value.code == "lot.operator"


def test_gate_codes() -> None:
    code = lot.gate_code(date(2026, 11, 23), "1", 31)
    assert code == "261123-1-00315"
    assert lot.check_digit("261123-1-0031") == "5"
    assert lot.parse_gate_code(code) == GateCode(date(2026, 11, 23), "1", 31)
    assert lot.gate_code(date(2026, 11, 23), "12", 10_000).startswith("261123-12-10000")


def test_the_longest_gate_code_is_still_a_lot_code() -> None:
    code = lot.gate_code(date(2099, 12, 31), "999", 999_999)
    assert lot.parse_code(code) == code


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 999), st.integers(0, 999_999), st.data())
def test_a_slip_on_the_telephone_is_found(day: date, gate: int, number: int, data: st.DataObject) -> None:
    code = lot.gate_code(day, str(gate), number)
    assert lot.parse_gate_code(code) == GateCode(day, str(gate), number)
    place = data.draw(st.sampled_from([i for i, c in enumerate(code) if c != "-"]))
    other = data.draw(st.sampled_from([c for c in "0123456789" if c != code[place]]))
    with pytest.raises(BadData):
        lot.parse_gate_code(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    ("day", "gate", "number"),
    [
        (date(2026, 1, 1), "G1", 1),
        (date(2026, 1, 1), "", 1),
        (date(2026, 1, 1), "1234", 1),
        (date(2026, 1, 1), "1", -1),
        (date(2026, 1, 1), "1", 1_000_000),
        (date(1999, 1, 1), "1", 1),
        (date(2100, 1, 1), "1", 1),
    ],
)
def test_gates_and_numbers_that_do_not_fit(day: date, gate: str, number: int) -> None:
    with pytest.raises(BadData) as caught:
        lot.gate_code(day, gate, number)
    assert caught.value.code == "lot.gate"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("261123-1-00318", "lot.check_digit: lot 261123-1-00318 ends in 8, expected 5 (ask them to read it out again)"),
        (
            "261123-G1-0031",
            (
                "lot.gate: 261123-G1-0031 is not a gate's lot code, expected YYMMDD-GATE-NNNNC "
                "(a gate has 1-3 digits, a day at most 999999 trucks)"
            ),
        ),
        (
            "261323-1-0031" + lot.check_digit("261323-1-0031"),
            (
                f"lot.gate: 261323-1-0031{lot.check_digit('261323-1-0031')} is not a gate's lot code, expected YYMMDD-GATE-NNNNC "
                "(a gate has 1-3 digits, a day at most 999999 trucks)"
            ),
        ),
    ],
)
def test_gate_codes_that_are_none(code: str, error: str) -> None:
    with pytest.raises(BadData) as caught:
        lot.parse_gate_code(code)
    assert str(caught.value) == error


KNOWN = ["B260912A", "B260912B", "B260921A", "C260912A", "261123-G1-0031", "261123-G1-0032", "A1", "A2", "ARA-2607-118"]


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("B26O912A", ["B260912A", "B260912B", "B260921A", "C260912A"]),  # O for 0 comes before any slip
        ("b260912a.", ["B260912A", "B260912B", "B260921A", "C260912A"]),
        ("B260912AB", ["B260912A", "B260912B", "B260921A", "C260912A"]),
        ("ARA2607118", ["ARA-2607-118"]),
        ("0031", ["261123-G1-0031"]),  # the tail, as read from a slip
        ("261123-GL-OO31", ["261123-G1-0031", "261123-G1-0032"]),
        ("A1", ["A2"]),  # itself is no answer
        ("B", []),
        ("XYZXYZ", []),
        ("", []),
    ],
)
def test_what_was_meant(typed: str, near: list[str]) -> None:
    assert lot.similar(typed, KNOWN) == near


def test_two_swapped_neighbours_are_one_slip_and_the_list_is_short() -> None:
    assert lot.similar("B260192A", ["B260912A", "X260112A"])[0] == "B260912A"
    assert lot.similar("A1", [f"A{n}" for n in range(9)], limit=3) == ["A0", "A2", "A3"]
