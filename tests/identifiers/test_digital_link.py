"""Digital Links as foodtrace uses them; the standard's own cases are in test_digital_link_vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, digital_link, elements
from foodtrace.identifiers.digital_link import DigitalLink
from foodtrace.identifiers.elements import Element
from foodtrace.identifiers.typed import CheckWarning

URI = "https://q.example/t/01/06901234567892/10/A1/21/7?17=260930&c=ABC&x#top"


def test_what_a_link_says() -> None:
    link = digital_link.parse(URI)
    assert link.primary == Element("01", "06901234567892")
    assert (link.gtin, link.lot, link.serial, link.attributes) == ("06901234567892", "A1", "7", {"17": "260930"})
    assert (link.stem, link.other, link.warnings) == ("https://q.example/t", (("c", "ABC"), ("x", "")), ())
    assert link.get("11") is None
    assert link.element_string() == "(01)06901234567892(10)A1(21)7(17)260930"
    assert link.element_string(elements.GS) == "\x1d010690123456789210A1\x1d217\x1d17260930"


def test_writing_it_again() -> None:
    link = digital_link.parse(URI)
    expected = "https://q.example/t/01/06901234567892/10/A1/21/7?17=260930"
    assert digital_link.format(link) == digital_link.format(URI) == str(link) == expected
    assert digital_link.format(link, stem="http://b.example/") == "http://b.example/01/06901234567892/10/A1/21/7?17=260930"
    assert digital_link.parse(expected) == DigitalLink(link.path, link.query, link.stem)


def test_from_an_element_string() -> None:
    link = digital_link.from_elements("(21)7(10)A1(01)06901234567892(17)260930", stem="https://q.example")
    assert str(link) == "https://q.example/01/06901234567892/10/A1/21/7?17=260930"
    assert digital_link.format("(01)06901234567892(10)A1") == "https://id.gs1.org/01/06901234567892/10/A1"
    assert digital_link.from_elements(elements.parse("(01)06901234567892")).stem == digital_link.CANONICAL_STEM


def test_a_link_with_a_path_order_keeps_it() -> None:
    # From the engine's test, there after an element string that alone could not give this link.
    uri = "https://example.com/01/12312312312326/235/ABC?10=DEF"
    assert digital_link.format(uri) == uri


def test_wide_letters_of_an_input_method_and_a_scanners_return() -> None:
    assert digital_link.parse("ｈｔｔｐｓ：／／ａ／０１／06901234567892\r\n").gtin == "06901234567892"
    assert digital_link.format(" ｈｔｔｐｓ：／／ａ／０１／06901234567892\r\n") == "https://a/01/06901234567892"


def test_lenient_keeps_and_notes() -> None:
    link = digital_link.parse("https://a/01/6901234567893/10/A", lenient=True)
    assert link.gtin == "06901234567893"
    assert link.warnings == (
        CheckWarning("digital_link.short_gtin", "6901234567893", "06901234567893"),
        CheckWarning("gs1.check_digit", "06901234567893", "2"),
    )
    assert str(link) == "https://a/01/06901234567893/10/A"
    assert not digital_link.is_valid("https://a/01/6901234567892")
    assert digital_link.from_elements("(01)06901234567893", lenient=True).warnings == (
        CheckWarning("gs1.check_digit", "06901234567893", "2"),
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "https://a",
            (
                "digital_link.form: https://a is not a Digital Link, expected the form https://HOST/01/<GTIN>/10/<LOT>/21/<SERIAL> "
                "(scan again; it begins with https://)"
            ),
        ),
        (
            "https://a/01/06901234567892?x=中",
            (
                "digital_link.form: https://a/01/06901234567892?x=中 is not a Digital Link, expected the form "
                "https://HOST/01/<GTIN>/10/<LOT>/21/<SERIAL> (scan again; it begins with https://)"
            ),
        ),
        (
            "https://a/menu",
            (
                "digital_link.no_key: no primary key in https://a/menu, expected the form https://HOST/01/<GTIN>/10/<LOT>/21/<SERIAL> "
                "(this may be an ordinary web address)"
            ),
        ),
        (
            "https://a/01/06901234567892/10/",
            "digital_link.empty: (10) has no value, expected X..20 (scan again, or use another label)",
        ),
        (
            "https://a/01/06901234567892/21/7/10/A",
            "digital_link.sequence: path order 01/21/10 is wrong, expected 01/22/10/21 | 01/235 (ask whoever made the label to mend it)",
        ),
        (
            "https://a/01/06901234567892/10/A?10=A",
            (
                "digital_link.repeated: (10) stands twice, expected the form https://HOST/01/<GTIN>/10/<LOT>/21/<SERIAL> "
                "(ask whoever made the label to mend it)"
            ),
        ),
        (
            "https://a/01/06901234567892?8200=x",
            (
                "digital_link.attribute: (8200) may not stand in the query; the path is 01/22/10/21 | 01/235 "
                "(ask whoever made the label to mend it)"
            ),
        ),
        (
            "https://a/01/06901234567892/21/7?10=A",
            "digital_link.in_path: (10) belongs into the path: 01/22/10/21 | 01/235 (ask whoever made the label to mend it)",
        ),
        (
            "https://a/01/06901234567892?89=x",
            "gs1.ai_unknown: no application identifier 89, there are 01, 10, 17, 21 ... (check the digits in brackets, or scan again)",
        ),
        (
            "https://a/01/06901234567892?17=",
            "digital_link.empty: (17) has no value, expected N6 (scan again, or use another label)",
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(uri: str, message: str) -> None:
    with pytest.raises(BadData) as caught:
        digital_link.parse(uri)
    assert str(caught.value) == message
    assert not digital_link.is_valid(uri)


@pytest.mark.parametrize("tail", ["A" * 5000, "&".join(["x=1"] * 65)])
def test_bounds(tail: str) -> None:
    with pytest.raises(BadData) as caught:
        digital_link.parse(f"https://a/01/06901234567892?{tail}")
    assert caught.value.code == "digital_link.form"


@pytest.mark.parametrize(
    "stem", ["", "a.example", "ftp://a", "https://", "https://a?x=1", "https://a#x", "https://a/中", "https://a b", "https://a\n"]
)
def test_stems_that_begin_no_link(stem: str) -> None:
    with pytest.raises(BadData) as caught:
        digital_link.format("(01)06901234567892", stem=stem)
    assert caught.value.code == "digital_link.stem"
    assert caught.value.hint("en") == "https:// and a host, a path if you like"


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (DigitalLink(()), "digital_link.no_key"),
        (DigitalLink((Element("10", "A"),)), "digital_link.sequence"),
        (DigitalLink((Element("01", "06901234567892"), Element("10", "中"))), "gs1.ai_value"),
        (DigitalLink((Element("01", "06901234567892"), Element("1", "A"))), "gs1.ai_unknown"),
        (DigitalLink((Element("01", "06901234567892"),), (Element("10", "A"),)), "digital_link.in_path"),
        (DigitalLink((Element("01", "06901234567892"),), stem="x"), "digital_link.stem"),
    ],
)
def test_a_link_put_together_wrongly_is_not_written(link: DigitalLink, code: str) -> None:
    with pytest.raises(BadData) as caught:
        digital_link.format(link)
    assert caught.value.code == code


def test_escaping_never_crashes() -> None:
    assert digital_link.escape("中 \ud800") == "%E4%B8%AD%20%3F"


VALUES = st.text(checksums.CSET82, min_size=1, max_size=20)


@given(VALUES, VALUES, st.text(checksums.CSET82, min_size=1, max_size=30))
def test_every_lot_and_serial_survives_a_link(lot: str, serial: str, order: str) -> None:
    path = (Element("01", "06901234567892"), Element("10", lot), Element("21", serial))
    link = DigitalLink(path, (Element("400", order),), "https://q.example/t")
    assert digital_link.parse(digital_link.format(link)) == link
