"""GS1 element strings, and what each AI's value must hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, elements
from foodtrace.identifiers.elements import Element, ElementString
from foodtrace.identifiers.typed import CheckWarning

CAN = (Element("01", "06901234567892"), Element("17", "260930"), Element("10", "A1"), Element("21", "7"))


@pytest.mark.parametrize(
    "text",
    [
        "(01)06901234567892(17)260930(10)A1(21)7",
        "(01) 0690 1234 567892 (17) 260930 (10) A1 (21) 7",
        "（０１）06901234567892（１７）260930（10）A1（21）7",
        "^010690123456789217260930" + "10A1^217",
        "]d2010690123456789217260930" + "10A1\x1d217\r\n",
        "\x1d010690123456789217260930" + "10A1\x1d217\x1d",
        "010690123456789217260930\x1d" + "10A1\x1d217",  # a needless separator after a predefined length
    ],
)
def test_every_way_a_can_is_scanned_or_typed(text: str) -> None:
    string = elements.parse(text)
    assert string == ElementString(CAN)
    assert (string.get("10"), string.get("11")) == ("A1", None)
    assert elements.format(string) == elements.format(text) == str(string) == "(01)06901234567892(17)260930(10)A1(21)7"
    assert elements.format(text, fnc1="^") == "^01069012345678921726093010A1^217"
    assert elements.parse(elements.format(string, fnc1=elements.GS)) == string
    assert elements.is_valid(text)


def test_a_bracket_inside_a_value_is_escaped() -> None:
    string = elements.parse(r"(10)A\(1(21)7")
    assert string.elements == (Element("10", "A(1"), Element("21", "7"))
    assert elements.format(string) == r"(10)A\(1(21)7"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "(01)06901234567893",
            "gs1.check_digit: GS1 key 06901234567893 ends in 3, expected 2 (scan again, or check the digits under the bar code)",
        ),
        (
            "(89)X",
            "gs1.ai_unknown: no application identifier 89, there are 01, 10, 17, 21 ... (check the digits in brackets, or scan again)",
        ),
        (
            "89X",
            "gs1.ai_unknown: no application identifier 89X, there are 01, 10, 17, 21 ... (check the digits in brackets, or scan again)",
        ),
        (
            "(17)261332",
            "gs1.ai_value: value 261332 of (17) does not fit N6 (N digits, X letters and digits; check the label)",
        ),
        (
            "(10)123456789012345678901",
            "gs1.ai_value: value 123456789012345678901 of (10) does not fit X..20 (N digits, X letters and digits; check the label)",
        ),
        (
            "(10)A(10)B",
            "gs1.repeated: (10) stands twice: A and B (scan one label at a time)",
        ),
        (
            "]d2",
            (
                "gs1.elements:  is not a GS1 element string, expected the form (01)06901234567892(10)A1 "
                "(scan it, or type it with its brackets)"
            ),
        ),
        (
            "(10)",
            (
                "gs1.elements: (10) is not a GS1 element string, expected the form (01)06901234567892(10)A1 "
                "(scan it, or type it with its brackets)"
            ),
        ),
        (
            "(10)A1(",
            (
                "gs1.elements: (10)A1( is not a GS1 element string, expected the form (01)06901234567892(10)A1 "
                "(scan it, or type it with its brackets)"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(text: str, message: str) -> None:
    with pytest.raises(BadData) as caught:
        elements.parse(text)
    assert str(caught.value) == message
    assert not elements.is_valid(text)


def test_bounds() -> None:
    assert len(elements.parse("(99)A" * elements.MOST).elements) == elements.MOST
    for text in ("(99)A" * (elements.MOST + 1), "(99)" + "A" * elements.LONGEST):
        with pytest.raises(BadData) as caught:
            elements.parse(text)
        assert caught.value.code == "gs1.elements"


def test_lenient_keeps_bad_check_digits_once_each() -> None:
    string = elements.parse("(01)06901234567893(10)A(01)06901234567893", lenient=True)
    assert string.warnings == (CheckWarning("gs1.check_digit", "06901234567893", "2"),)


GMN = "1987654Ad4X4bL5ttr2310c"


@pytest.mark.parametrize(
    ("code", "good", "bad"),
    [
        ("17", ["260930", "260900", "240229"], ["260931", "261300", "250229", "2609", "26O930"]),
        ("7003", ["2609302359"], ["2609002359", "2609302400", "2609302360"]),
        ("7006", ["260930"], ["260900"]),
        ("7007", ["260930", "260901260930"], ["260901260931", "2609012609"]),
        ("7011", ["260930", "2609300000"], ["2609302460"]),
        ("7250", ["19991231"], ["00001231", "19990231"]),
        ("8008", ["26093023", "2609302359", "260930235959"], ["26093024", "2609302360", "260930235960", "26093023595959"]),
        ("4321", ["0", "1"], ["2"]),
        ("4330", ["000025", "000025-"], ["000025+", "00025-"]),
        ("8001", ["00010000100100"], ["00000000100100", "00010000100000"]),
        ("8011", ["0", "12"], ["012", ""]),
        ("8006", ["069012345678920102"], ["069012345678920002", "069012345678920201"]),
        ("8003", ["0" + "6901234567892", "06901234567892X-1"], ["16901234567892", "06901234567893"]),
        ("401", ["6901A", "6901"], ["690", "69O1A", "A6901"]),
        ("8013", [GMN + checksums.pair_1021(GMN)], [GMN + "22", "22", "6"]),
        ("8014", [GMN + checksums.pair_1021(GMN)], [GMN + "22"]),
        ("4300", ["A%20B", "AB"], ["A%2", "A%GG"]),
        ("8010", ["6901#-/A"], ["6901a"]),
        ("8030", ["Ab0_-="], ["Ab+"]),
        ("3103", ["000195"], ["195", "0001950"]),
        ("423", ["156", "156840"], ["1568", "156156156156156156"]),
    ],
)
def test_values(code: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert elements.parse(f"({code}){value}").get(code) == value
    for value in bad:
        assert not elements.is_valid(f"({code}){value}"), value


def test_a_global_model_number_of_digits_and_right_check_pair_needs_a_letter_in_a_mudi() -> None:
    body = next(body for body in map(str, range(10_000_000, 10_001_000)) if checksums.pair_1021(body).isdigit())
    number = body + checksums.pair_1021(body)
    assert elements.is_valid(f"(8013){number}")
    with pytest.raises(BadData) as caught:
        elements.parse(f"(8014){number}")
    assert caught.value.code == "gs1.ai_value"


@given(st.text(checksums.CSET82, min_size=1, max_size=20).filter(lambda lot: "\\" not in lot))
def test_every_lot_survives_both_forms(lot: str) -> None:
    string = ElementString((Element("10", lot), Element("21", "7")))
    assert elements.parse(elements.format(string)) == string
    assert elements.parse(elements.format(string, fnc1=elements.GS)) == string
