"""What a keyboard does to a scan is put right; what it destroyed is said, and nothing false is accepted."""

from collections.abc import Callable
from random import Random
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.certificate.payload import decode, verify
from foodtrace.certificate.scan import Scan, authenticate, classify, classify_line
from foodtrace.certificate.typed import mend
from foodtrace.errors import BadData
from tests.certificate.samples import HOST, ISSUER, KID, PUBLIC, many, text

TEXTS = many(200)
OTHERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz0189/.-?=&:%# \n\0"
PAGES = frozenset(host + stem for host in (HOST, "a.cn", "qr.market-7.gov.cn") for stem in ("", "/qr", "/v1/c"))


def wide(given_text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in given_text)


def chinese(given_text: str) -> str:
    """Type through a Chinese input method that leaves letters alone."""
    return given_text.translate(str.maketrans("./:?]", "。、：？】"))


MANGLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda t: t,
    "CR": lambda t: t + "\r",
    "CR LF": lambda t: t + "\r\n",
    "TAB": lambda t: t + "\t",
    "symbology identifier": lambda t: "]Q1" + t,
    "symbology identifier and CR": lambda t: "]Q1" + t + "\r",
    "other symbology identifier": lambda t: "]q3" + t,
    "swapped case": str.swapcase,
    "forced upper case": str.upper,
    "forced lower case": str.lower,
    "full-width letters": wide,
    "full-width letters, CapsLock": lambda t: wide(t.swapcase()),
    "only punctuation full-width": lambda t: t.replace(":", "：").replace("?", "？").replace("/", "／").replace("=", "＝"),
    "Chinese punctuation": chinese,
    "Chinese punctuation, forced case, identifier, CR": lambda t: chinese("]Q1" + t.upper()) + "\r",
    "twice": lambda t: t + t,
    "twice, in two lines": lambda t: t + "\r\n" + t + "\r\n",
    "twice, with identifiers": lambda t: "]Q1" + t + "]Q1" + t + "\r",
    "twice, the second in upper case": lambda t: t + t.upper(),
    "thrice": lambda t: t * 3,
    "first pull too short": lambda t: t[:37] + t,
    "second pull too short": lambda t: t + "\r" + t[:9],
    "every character twice": lambda t: "".join(c + c for c in t),
    "byte order mark": lambda t: "\ufeff" + t,
    "blanks around": lambda t: "  " + t + "　",
    "a blank inside": lambda t: t[:20] + " " + t[20:],
    "NUL bytes": lambda t: "\0" + t + "\0",
}


@pytest.mark.parametrize("name", MANGLINGS)
def test_two_hundred_texts_through_each_mangling(name: str) -> None:
    for each in TEXTS:
        scan = authenticate(classify(MANGLINGS[name](each), hosts=PAGES), {KID: PUBLIC}.get)
        assert scan.good, (name, each, scan)
        assert scan.payload == decode(each)
        assert scan.text == each
        assert not scan.warnings


def test_mending_says_what_it_did() -> None:
    good = TEXTS[0]
    assert [piece.mended for piece in mend(good + "\r")] == [()]
    assert mend("]Q1" + good)[0].mended == ("prefix",)
    assert mend(wide(good.swapcase()))[0].mended == ("wide", "case")
    assert mend(chinese(good))[0].mended == ("wide", "punctuation")
    assert mend(good + good)[0].mended == ("twice",)
    assert mend(good[:9] + " " + good[9:])[0].mended == ("blanks",)


MANGLED: Final[list[Callable[[str], str]]] = [str, str.upper, wide, chinese, lambda t: "]Q1" + t]


@pytest.mark.parametrize("way", range(len(MANGLED)), ids=["plain", "upper", "wide", "chinese", "prefix"])
def test_every_truncation_of_two_hundred_texts_is_refused(way: int) -> None:
    mangle = MANGLED[way]
    for each in TEXTS[way :: len(MANGLED)]:
        for length in range(len(each)):
            scan = classify(mangle(each[:length]), hosts=PAGES)
            assert not scan.good
            if length >= 4:
                assert scan.problem is not None
                assert scan.problem.code in {"scan.truncated", "scan.payload"}, (each[:length], scan)


def test_every_one_character_change_is_refused_or_warned_of() -> None:
    """At every place of many texts. What the signature does not cover, the page's host and path, is told by the list of pages."""
    random = Random(5)
    for each in TEXTS[::4]:
        good = decode(each)
        page = range(len("https://"), len("https://") + len(good.page))
        for place in range(len(each)):
            wrong = each[place].swapcase() if random.random() < 0.2 else random.choice(OTHERS)
            if wrong == each[place]:
                continue
            changed = each[:place] + wrong + each[place + 1 :]
            for typed in (True, False):
                scan = authenticate(classify(changed, typed=typed, hosts=PAGES), {KID: PUBLIC}.get)
                if scan.good:
                    assert place in page, changed
                    assert [warning.code for warning in scan.warnings] == ["scan.host"], changed
                    assert scan.payload is not None
                    assert msgspec.structs.replace(scan.payload, host=good.host, stem=good.stem) == good


def test_the_case_of_one_letter_alone_is_refused_at_every_place() -> None:
    """CapsLock turns all letters; where one letter was turned, something else happened to the text."""
    for each in TEXTS[:16]:
        for turned in (str, str.upper, str.lower, str.swapcase):
            text_of = turned(each)
            for place, letter in enumerate(text_of):
                if letter == letter.swapcase():
                    continue
                changed = text_of[:place] + letter.swapcase() + text_of[place + 1 :]
                scan = classify(changed, hosts=PAGES)
                assert scan.kind == "damaged", changed
                assert scan.problem is not None
                assert scan.problem.code in {"scan.payload", "scan.truncated"}, changed


def test_a_letter_in_the_wrong_case_does_not_spoil_the_scan_that_follows() -> None:
    mixed = GOOD[:100] + GOOD[100:].lower()
    assert _code(classify(mixed)) == "scan.payload"
    assert classify(mixed + "\r" + GOOD).good
    assert classify(GOOD + "\r" + mixed).good
    assert str(classify(mixed).problem).startswith("scan.payload: the code's content breaks a rule of the format (certificate.case)")


def test_other_parameters_keep_their_case_and_spoil_nothing() -> None:
    shared = GOOD + "&from=WeChat"
    assert classify(shared).good
    assert classify(shared.swapcase()).good


def test_the_stem_is_no_more_signed_than_the_host() -> None:
    stemmed = text(stem="/qr")
    moved = stemmed.replace("/qr/", "/qx/")
    keys = {KID: PUBLIC}
    for pages, wanted in (({f"{HOST}/qr"}, ["scan.host"]), ({HOST}, ["scan.host"]), ({f"{HOST}/qx"}, []), ((), [])):
        scan = authenticate(classify(moved, hosts=pages), keys.get)
        assert (scan.good, [warning.code for warning in scan.warnings]) == (True, wanted)
    assert not classify(stemmed, hosts={f"{HOST}/qr"}).warnings


def test_doubled_entries_that_are_not_codes_are_left_alone() -> None:
    assert mend("8888")[0].text == "8888"
    assert mend("7777777777")[0].text == "7777777777"
    assert mend("69099990000126909999000012")[0].text == "6909999000012"


def test_two_different_codes_in_a_line_are_two() -> None:
    scans = classify_line(TEXTS[0] + TEXTS[1])
    assert [scan.text for scan in scans] == TEXTS[:2]
    both = classify(TEXTS[0] + "\r" + TEXTS[1])
    assert both.kind == "several"
    assert both.problem is not None
    assert both.problem.message("zh") == "一行里有 2 个不同的码"
    assert classify("500" + TEXTS[0]).kind == "several"


GOOD = text()


@pytest.mark.parametrize(
    ("given_text", "kind", "code"),
    [
        ("", "other", "scan.not_a_code"),
        ("\r\n", "other", "scan.not_a_code"),
        ("A-17", "other", "scan.not_a_code"),
        ("-", "other", "scan.not_a_code"),
        ("500", "other", "scan.not_a_code"),
        ("呵他他跑", "input_method", "scan.input_method"),
        ("呵他他跑：、、trace。", "input_method", "scan.input_method"),
        ("https：、、特rance。beihe", "input_method", "scan.input_method"),
        ("реестр", "input_method", "scan.input_method"),
        ("6909999000012", "product_code", "scan.product_code"),
        ("６９０９９９９００００１２\r", "product_code", "scan.product_code"),
        ("]E06909999000012", "product_code", "scan.product_code"),
        ("16909999000019", "product_code", "scan.product_code"),
        ("96385074", "product_code", "scan.product_code"),
        ("6909999000013", "other", "scan.not_a_code"),
        ("]d2010690999900001210B260903A", "gs1", "scan.gs1"),
        ("(01)06909999000012(10)B260903A", "gs1", "scan.gs1"),
        ("https://id.gs1.org/01/09506000134352/10/ABC/21/9", "gs1", "scan.gs1"),
        ("https://hgz.example.cn/s/20261123", "foreign_certificate", "scan.foreign_certificate"),
        ("http://ncp.example.cn/hegezheng?id=8812", "foreign_certificate", "scan.foreign_certificate"),
        ("承诺达标合格证 西红柿 500kg 永发合作社", "foreign_certificate", "scan.foreign_certificate"),
        ("https://www.example.cn/", "address", "scan.not_ours"),
        ("http://example.cn/a?b", "address", "scan.not_ours"),
        ("https://", "damaged", "scan.truncated"),
        ("https://trace.bei", "damaged", "scan.truncated"),
        ("https://trace.beihe.example/01/0690", "damaged", "scan.truncated"),
        (GOOD[:-1], "damaged", "scan.truncated"),
        (GOOD.partition("?")[0], "damaged", "scan.truncated"),
        (GOOD.partition("?")[0].replace(HOST, "id.gs1.org"), "gs1", "scan.gs1"),
        (GOOD[:-5] + "AAAAAAAAA", "damaged", "scan.payload"),
        (GOOD + "&c=A", "damaged", "scan.payload"),
        ("".join(map(str, range(999))), "other", "scan.too_long"),
        ("x" * 9_000, "other", "scan.too_long"),
    ],
)
def test_every_text_has_its_answer(given_text: str, kind: str, code: str) -> None:
    scan = classify(given_text, hosts={HOST})
    assert (scan.kind, scan.problem and scan.problem.code) == (kind, code)
    assert scan.problem is not None
    for lang in ("zh", "en"):
        assert scan.problem.message(lang)
        assert scan.problem.hint(lang)


def test_an_image_is_taken_as_it_is() -> None:
    assert classify(GOOD, typed=False).good
    assert classify(GOOD.upper(), typed=False).kind != "certificate"
    assert classify("产品: 西红柿", typed=False).kind == "other"


def test_forged_foreign_key_and_rehosted_each_get_their_own_answer() -> None:
    keys = {KID: PUBLIC}
    forged = GOOD.replace("261123-G1-0031", "261123-G1-0032")
    rehosted = GOOD.replace(HOST, "evil.example")
    assert _code(authenticate(classify(GOOD), {KID: bytes([9]) * 32}.get)) == "scan.bad_signature"
    assert _code(authenticate(classify(forged), keys.get)) == "scan.bad_signature"
    assert _code(authenticate(classify(GOOD), lambda _: None)) == "scan.unknown_key"
    scan = authenticate(classify(rehosted, hosts={HOST}), keys.get)
    assert scan.good
    assert [warning.code for warning in scan.warnings] == ["scan.host"]
    assert str(scan.warnings[0]) == (
        "scan.host: host evil.example is not on the list (trace.beihe.example) (the signature still counts; do not open that page)"
    )
    assert not classify(rehosted).warnings
    damaged = classify(GOOD[:99])
    assert authenticate(damaged, keys.get) is damaged


def _code(scan: Scan) -> str:
    assert not scan.good
    assert scan.problem is not None
    return scan.problem.code


_KEYBOARD = st.text(alphabet=st.sampled_from("]Q1htps:/.?c=&lot01ABC27 \r\n。、：／？ｈ西\ufeff"), max_size=120)


@given(
    st.one_of(
        st.text(max_size=300), _KEYBOARD, st.builds(lambda a, b, c: a + GOOD[b:c], _KEYBOARD, st.integers(0, 240), st.integers(0, 240))
    )
)
def test_any_line_gets_an_answer_and_none_is_a_false_accept(line: str) -> None:
    for scan in classify_line(line, hosts={HOST}):
        checked = authenticate(scan, {KID: PUBLIC}.get)
        if checked.good:
            assert checked.text == GOOD
        else:
            assert isinstance(checked.problem, BadData)


def test_the_first_pull_may_end_in_the_middle() -> None:
    for length in range(0, len(GOOD), 3):
        scan = classify(GOOD[:length] + GOOD)
        assert scan.good, length
        assert scan.payload is not None
        verify(scan.payload, PUBLIC, ISSUER)
