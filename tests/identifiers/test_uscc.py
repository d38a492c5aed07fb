"""Credit codes as licences print them and as people, spreadsheets and chat programs garble them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, uscc
from foodtrace.identifiers.typed import CheckWarning
from foodtrace.identifiers.uscc import Uscc

REAL = ["914403001922038216", "91110108551385082Q", "9144030071526726XG", "91350100M000100Y43"]
FORM = "18 x [0-9 A-H J-N P-R T U W X Y]"


@pytest.mark.parametrize("code", REAL)
def test_real_codes(code: str) -> None:
    noun = uscc.parse(code)
    assert noun == Uscc(code)
    assert uscc.format(noun) == uscc.format(code) == str(noun) == code
    assert uscc.is_valid(code)
    assert uscc.check_digit(code[:17]) == code[17]


def test_its_parts() -> None:
    noun = uscc.parse("91350100M000100Y43")
    assert (noun.registrar, noun.category, noun.region, noun.organisation) == ("9", "1", "350100", "M000100Y4")


@pytest.mark.parametrize(
    "text",
    [
        " 91110108551385082q ",
        "９１１１０１０８５５１３８５０８２Ｑ",
        "９１１１０１０８５５１３８５０８２ｑ",
        "911101-08-551385082-Q",
        "9111 0108 5513 8508 2Q\r\n",
        "91110108－551385082—Q",
        "\u200b91110108551385082Q\ufeff",
        "91110108\u3000551385082\u00a0Q",
    ],
)
def test_everyday_typing_is_understood(text: str) -> None:
    assert uscc.parse(text).code == "91110108551385082Q"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "92230199FT0000056A",
            "信用代码 92230199FT0000056A 末位应为 L",
            "uscc.check_digit: credit code ends in A, expected L (check it against the licence and type it again)",
        ),
        (
            "91440300192203821",
            "信用代码只有 17 位, 应为 18",
            "uscc.length: 17 characters, expected 18 (in Excel, make the column text)",
        ),
        ("", "信用代码只有 0 位, 应为 18", "uscc.length: 0 characters, expected 18 (in Excel, make the column text)"),
        (
            "914403001922038216 1",
            "信用代码 9144030019220382161 太长, 应为 18",
            "uscc.too_long: credit code 9144030019220382161 is too long, expected 18 (one code only, nothing else in the field)",
        ),
        (
            "9.1E+17",
            "9.1E+17 是 Excel 改成的数字, 信用代码已丢位",
            (
                "uscc.excel: 9.1E+17 is a number made by Excel, digits of the credit code are lost "
                "(make the column text, then enter or export it again)"
            ),
        ),
        (
            "914403001922038000",
            "914403001922038000 是 Excel 改成的数字, 信用代码已丢位",
            (
                "uscc.excel: 914403001922038000 is a number made by Excel, digits of the credit code are lost "
                "(make the column text, then enter or export it again)"
            ),
        ),
        (
            "9144O3001922O38216",
            "信用代码 9144O3001922O38216 里不会有 O, 应为 914403001922038216",
            (
                "uscc.letter: credit code 9144O3001922O38216 cannot have O, expected 914403001922038216 "
                "(I O S V Z are never used: read 1 0 5 U 2; check it against the licence)"
            ),
        ),
        (
            "福安超市",
            f"福安超市 不是信用代码, 应为 {FORM}",
            f"uscc.form: 福安超市 is not a credit code, expected {FORM} (characters 3-8 are digits; check it against the licence)",
        ),
        (
            "11010519491231002X",
            "110105************ 是身份证号, 不是信用代码",
            (
                "uscc.personal_id: 110105************ is a resident identity number, not a credit code "
                "(give the licence's credit code; without a licence use a local id (L-0001))"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(text: str, zh: str, en: str) -> None:
    with pytest.raises(BadData) as caught:
        uscc.parse(text)
    assert caught.value.message("zh") == zh
    assert str(caught.value) == en
    assert not uscc.is_valid(text)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("9.14403E17", "uscc.excel", FORM),
        ("9E+17", "uscc.excel", FORM),
        ("91440300I922O382I6", "uscc.letter", "914403001922038216"),
        ("9I3SOIOOMOOOIOOY43", "uscc.letter", "91350100M000100Y43"),
        ("9I3SOIOOMOOOIOOY44", "uscc.letter", FORM),  # not sound either way: nothing is proposed
        ("VVV440300192203821", "uscc.letter", FORM),
        ("91ABCDEF551385082Q", "uscc.form", FORM),  # a region of letters
        ("91110108551385082.", "uscc.form", FORM),
        ("91110108551385082\u0661", "uscc.form", FORM),  # an Arabic-Indic digit is no digit here
        ("9111010855138508２²", "uscc.form", FORM),
        ("9" * 65, "uscc.too_long", FORM),
        ("11010519491231002A", "uscc.check_digit", "B"),  # in the shape of no identity number
        ("110105194912310021", "uscc.check_digit", "B"),
    ],
)
def test_codes_of_the_rarer_errors(text: str, code: str, expected: str) -> None:
    with pytest.raises(BadData) as caught:
        uscc.parse(text, lenient=code != "uscc.check_digit")
    assert caught.value.code == code
    assert caught.value.expected == expected


def test_lenient_keeps_a_bad_check_digit_and_says_why() -> None:
    noun = uscc.parse("92230199FT0000056A", lenient=True)
    assert noun.code == "92230199FT0000056A"
    assert noun.warnings[0] == CheckWarning("uscc.check_digit", "92230199FT0000056A", "L")
    assert noun.warnings[0].message("zh") == "信用代码 92230199FT0000056A 末位应为 L"
    assert noun.warnings[0].message() == "credit code ends in A, expected L"
    assert noun.warnings[0].hint("zh") == "对照执照再输一次"


def test_a_failing_organisation_code_is_only_noted() -> None:
    body = "91110108551385083"
    code = body + checksums.credit_code(body)
    assert uscc.parse(code).warnings == (CheckWarning("uscc.organisation", code, "2"),)
    assert uscc.is_valid(code)
    assert "organisation check" in uscc.parse(code).warnings[0].message()


def test_a_warning_without_a_hint_has_an_empty_one() -> None:
    assert CheckWarning("no.such", "", "").hint() == ""


def test_regions_outside_every_table_pass() -> None:
    body = "91999999551385082"
    assert uscc.parse(body + uscc.check_digit(body)).region == "999999"


def test_a_bodys_form_is_judged() -> None:
    with pytest.raises(BadData, match=r"^checksum\.form: "):
        uscc.check_digit("9144030")


@given(st.text(checksums.CREDIT, min_size=2, max_size=2), st.integers(0, 999_999), st.text(checksums.CREDIT, min_size=9, max_size=9))
def test_every_sound_code_survives_printing_and_any_wrong_end_is_found(head: str, region: int, tail: str) -> None:
    body = f"{head}{region:06d}{tail}"
    right = uscc.check_digit(body)
    assert uscc.parse(uscc.format(body + right)).code == body + right
    for wrong in set(checksums.CREDIT) - {right}:
        assert not uscc.is_valid(body + wrong)
