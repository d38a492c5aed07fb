"""Licence numbers: real ones, real ones that are misprinted, and typing."""

import pytest

from foodtrace.errors import BadData
from foodtrace.identifiers import licence
from foodtrace.identifiers.licence import Licence
from foodtrace.identifiers.typed import CheckWarning

SOUND = [
    "SC11834020305037",
    "SC10744030704994",
    "SC10811310111839",
    "SC12437010500152",
    "SC12441112200063",
    "JY11108071215650",
    "JY13202020009651",
    "SC12923022500018",
    "JY12301030001239",
    "JY22301830045674",
]
MISPRINTED = [("SC12442011202449", "0"), ("SC11453282248002", "4")]


@pytest.mark.parametrize("number", SOUND)
def test_sound_numbers(number: str) -> None:
    noun = licence.parse(number)
    assert noun.warnings == ()
    assert licence.format(noun) == licence.format(number) == str(noun) == number
    assert licence.is_valid(number)
    assert licence.check_digit(number[:-1]) == licence.check_digit(number[2:-1]) == number[-1]


@pytest.mark.parametrize(("number", "expected"), MISPRINTED)
def test_numbers_misprinted_on_products_are_refused_at_registration_and_noted_on_import(number: str, expected: str) -> None:
    with pytest.raises(BadData) as caught:
        licence.parse(number)
    assert caught.value.message("zh") == f"许可证号 {number} 末位应为 {expected}"
    assert str(caught.value) == (
        f"licence.check_digit: licence number ends in {number[-1]}, expected {expected} (check it against the document and type it again)"
    )
    noun = licence.parse(number, lenient=True)
    assert noun.number == number
    assert noun.warnings == (CheckWarning("licence.check_digit", number, expected),)
    assert not licence.is_valid(number)


def test_parts_of_a_production_licence() -> None:
    noun = licence.parse("SC12923022500018")
    assert (noun.category, noun.region, noun.serial, noun.year) == ("129", "230225", "0001", None)
    assert noun.makes_infant_formula
    assert not licence.parse("SC11834020305037").makes_infant_formula


def test_parts_of_a_business_permit() -> None:
    noun = licence.parse("JY13202020009651")
    assert (noun.kind, noun.category, noun.region, noun.serial) == ("JY", "1", "320202", "000965")
    assert not noun.makes_infant_formula


def test_parts_of_a_formula_registration() -> None:
    noun = licence.parse(" 国食注字 ＹＰ２０１８-0012 ")
    assert noun == Licence("YP", "20180012")
    assert (noun.number, noun.year, noun.serial, noun.category, noun.region) == ("国食注字YP20180012", 2018, "0012", None, None)


@pytest.mark.parametrize("text", ["sc 1183 4020 305037", "ＳＣ１１８３４０２０３０５０３７", "SC-118-340203-0503-7\n"])
def test_everyday_typing_is_understood(text: str) -> None:
    assert licence.parse(text).number == "SC11834020305037"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "QS230106010001",
            (
                'licence.prefix: "QS230106010001" is no licence number, expected it to begin SC.. / JY.. / 国食注字YP.. '
                "(SC production licence, JY business permit, 国食注字YP formula registration)"
            ),
        ),
        (
            "SC1183402030503",
            (
                "licence.form: SC1183402030503 is not a whole licence number, expected SC + 14 x [0-9] "
                "(count the digits against the document)"
            ),
        ),
        (
            "JY1110807121565O",
            (
                "licence.form: JY1110807121565O is not a whole licence number, expected JY + 14 x [0-9] "
                "(count the digits against the document)"
            ),
        ),
        (
            "国食注字YP19990012",
            (
                "licence.form: 国食注字YP19990012 is not a whole licence number, expected 国食注字YP + 20[0-9][0-9] + 4 x [0-9] "
                "(count the digits against the document)"
            ),
        ),
        (
            "SC" + "1" * 70,
            (
                f"licence.form: SC{'1' * 70} is not a whole licence number, expected SC.. / JY.. / 国食注字YP.. "
                "(count the digits against the document)"
            ),
        ),
    ],
)
def test_a_wrong_form_is_refused_also_when_lenient(text: str, message: str) -> None:
    for lenient in (False, True):
        with pytest.raises(BadData) as caught:
            licence.parse(text, lenient=lenient)
        assert str(caught.value) == message


@pytest.mark.parametrize("body", ["SC118", "国食注字YP2018001", "SCJY1183402030503X", ""])
def test_what_has_no_check_digit(body: str) -> None:
    with pytest.raises(BadData) as caught:
        licence.check_digit(body)
    assert (caught.value.code, caught.value.expected) == ("licence.form", "[SC|JY] + 13 x [0-9]")
