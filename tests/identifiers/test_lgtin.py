"""A GTIN with its lot, in the three forms of GS1."""

import pytest

from foodtrace.errors import BadData
from foodtrace.identifiers import lgtin
from foodtrace.identifiers.lgtin import Lgtin
from foodtrace.identifiers.typed import CheckWarning


@pytest.mark.parametrize(
    "text",
    [
        "(01)06901234567892(10)A.1/b",
        "(10)A.1/b(01)06901234567892",
        "]Q3010690123456789210A.1/b",
        "https://id.gs1.org/01/06901234567892/10/A.1%2Fb",
        "HTTPS://shop.example/x/01/06901234567892/10/A.1%2fb?c=1",
        "urn:epc:class:lgtin:6901234.056789.A.1%2Fb",
        "urn:epc:class:lgtin:690123456789.0.A.1%2Fb",
    ],
)
def test_every_form(text: str) -> None:
    noun = lgtin.parse(text)
    assert noun == Lgtin("06901234567892", "A.1/b")
    assert lgtin.format(noun) == lgtin.format(text) == str(noun) == "(01)06901234567892(10)A.1/b"
    assert lgtin.is_valid(text)
    assert lgtin.check_digit("0690123456789") == "2"


def test_a_case_of_goods_in_a_urn() -> None:
    assert lgtin.parse("urn:epc:class:lgtin:6901234.156789.A1").gtin == "16901234567899"


@pytest.mark.parametrize(
    "text",
    [
        "(01)06901234567892",
        "(01)06901234567892(10)A(21)7",
        "https://id.gs1.org/01/06901234567892",
        "urn:epc:class:lgtin:6901234.05678.A1",
        "urn:epc:class:lgtin:6901234.056789.%",
        "urn:epc:class:lgtin:6901234.056789.A%2",
        "urn:epc:id:sgtin:6901234.056789.1",
    ],
)
def test_more_or_less_than_that_is_refused(text: str) -> None:
    with pytest.raises(BadData) as caught:
        lgtin.parse(text, lenient=True)
    assert str(caught.value) == (
        f"gs1.lgtin: {text} is not a GTIN with a lot, expected the form (01)06901234567892(10)A1 (give (01) and (10) only)"
    )
    assert not lgtin.is_valid(text)


@pytest.mark.parametrize("lot", ["", "A%00", "123456789012345678901", "%E4%B8%AD"])
def test_a_lot_in_a_urn_has_the_form_of_a_lot(lot: str) -> None:
    with pytest.raises(BadData) as caught:
        lgtin.parse(f"urn:epc:class:lgtin:6901234.056789.{lot}")
    assert caught.value.code == "gs1.ai_value"


def test_lenient_passes_warnings_on() -> None:
    warning = CheckWarning("gs1.check_digit", "06901234567893", "2")
    assert lgtin.parse("(01)06901234567893(10)A", lenient=True) == Lgtin("06901234567893", "A", (warning,))
    assert lgtin.parse("https://a/01/06901234567893/10/A", lenient=True).warnings == (warning,)
