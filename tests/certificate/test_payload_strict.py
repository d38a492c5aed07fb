"""Reading a code is strict: one spelling of address, base32, MessagePack and values; any text gives a payload or an error of ours."""

import base64
import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.certificate.payload import Test, decode, encode
from foodtrace.errors import BadData
from tests.certificate.samples import (
    BODY,
    DATA,
    GOOD,
    ISSUER,
    PRIVATE,
    code_of,
    text,
    with_body,
    with_data,
)


def test_unknown_parameters_are_ignored() -> None:
    read = decode(GOOD)
    assert decode(GOOD.replace("?c=", "?utm=1&x&c=") + "&from=wechat&e=%20") == read
    assert encode(decode(GOOD + "&from=wechat")) == GOOD


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("", "scan.not_a_code"),
        (GOOD + " ", "scan.not_a_code"),
        (GOOD + "\n", "scan.not_a_code"),
        (" " + GOOD, "scan.not_a_code"),
        (GOOD.replace("beihe", "北河"), "scan.not_a_code"),
        (GOOD + "&x=" + "1" * 2_048, "scan.too_long"),
        (GOOD.replace("https://", "http://"), "scan.not_ours"),
        (GOOD.replace("https://", "HTTPS://"), "scan.not_ours"),
        (GOOD.replace("trace.", "Trace."), "scan.not_ours"),
        (GOOD.replace("trace.beihe.example", "localhost"), "scan.not_ours"),
        (GOOD.replace(".example", ".example:443"), "scan.not_ours"),
        (GOOD.replace("trace.", "me@trace."), "scan.not_ours"),
        (GOOD.replace("trace.", "-trace."), "scan.not_ours"),
        (GOOD.replace("trace.", "trace.."), "scan.not_ours"),
        (GOOD.replace("trace.beihe.example", "[::1]"), "scan.not_ours"),
        (GOOD.replace("trace", "t" * 64), "scan.not_ours"),
        (GOOD.replace("/01/", "//01/"), "scan.not_ours"),
        (GOOD.replace("/01/", "/./01/"), "scan.not_ours"),
        (GOOD.replace("/01/", "/../01/"), "scan.not_ours"),
        (GOOD.replace("/01/", "/01/01/"), "scan.not_ours"),
        (GOOD.replace("/01/", "/lot/01/"), "scan.not_ours"),
        (GOOD.replace("/01/", "/QR/01/"), "scan.not_ours"),
        (GOOD.replace("/01/", "/a/b/c/d/e/01/"), "scan.not_ours"),
        (GOOD.replace("06909999000012", "6909999000012"), "scan.not_ours"),
        (GOOD.replace("06909999000012", "06909999000013"), "scan.payload"),
        (GOOD.replace("06909999000012", "0" * 14), "scan.payload"),
        (GOOD.replace("261123-G1-0031", "."), "scan.not_ours"),
        (GOOD.replace("261123-G1-0031", ".."), "scan.not_ours"),
        (GOOD.replace("261123-G1-0031", "261123%2D1"), "scan.not_ours"),
        (GOOD.replace("261123-G1-0031", "261123-g1-0031"), "scan.not_ours"),
        (GOOD.replace("261123-G1-0031", "1" * 21), "scan.not_ours"),
        (GOOD.replace("C-261123-001", "."), "scan.not_ours"),
        (GOOD.replace("C-261123-001", ".."), "scan.not_ours"),
        (GOOD.replace("C-261123-001", ""), "scan.not_ours"),
        (GOOD.replace("/21/C", "/21/C/"), "scan.not_ours"),
        (GOOD.replace("?c=", "/?c="), "scan.not_ours"),
        (GOOD.replace("?c=", "#?c="), "scan.not_ours"),
        (GOOD + "#top", "scan.payload"),
        (GOOD + "&c=" + DATA, "scan.payload"),
        (GOOD.replace("?c=", "?C="), "scan.truncated"),
        (GOOD.replace("?c=", "?"), "scan.truncated"),
        (GOOD.partition("?")[0], "scan.truncated"),
        (GOOD.partition("?")[0] + "?c=", "scan.truncated"),
        (PRIVATE.replace("/lot/", "/LOT/"), "scan.not_ours"),
        (PRIVATE.replace(ISSUER, "A"), "scan.not_ours"),
        (PRIVATE.replace(ISSUER, "A.B"), "scan.not_ours"),
        (PRIVATE.replace(ISSUER, "-AB"), "scan.not_ours"),
    ],
)
def test_an_address_that_is_not_canonical_is_refused(bad: str, code: str) -> None:
    assert code_of(decode, bad) == code


def test_the_frame_of_the_next_tests_is_good() -> None:
    assert decode(with_body(*BODY)).quantity == 500_000


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (1, 0), (1, -1), (1, 2**53), (1, 1.0), (1, True), (1, "1"), (1, None),
        (2, 3), (2, -1), (2, 0.0), (3, 10**12), (3, -1), (3, "230199101201"),
        (4, -1), (4, 36_524), (5, 36_524), (6, 36_524), (6, None), (4, 2_533), (5, 2_533), (6, 2_517),
        (7, 0), (7, 0x40), (7, 0x10), (7, 0x11), (7, 0x21), (7, 0x81), (7, -1), (7, 257),
        (8, 0), (8, False), (8, []), (8, [1, 0]), (8, [1, 0, 1, 1]), (8, [256, 0, 1]), (8, [1, 2, 1]), (8, [1, False, 1]),
        (8, [1, 0, 36_524]), (8, [-1, 0, 1]), (8, {}),
    ],
)  # fmt: skip
def test_a_value_out_of_its_bounds_is_refused(place: int, value: object) -> None:
    values: list[object] = list(BODY)
    values[place] = value
    assert code_of(decode, with_body(*values)) == "scan.payload"


@pytest.mark.parametrize("version", [0, 2, 127, 2**32])
def test_another_version_says_so(version: int) -> None:
    assert code_of(decode, with_body(version, *BODY[1:])) == "scan.version"
    assert code_of(decode, with_body(version, "something new", [1, 2, 3, 4, 5, 6])) == "scan.version"


GOOD_BODY = msgspec.msgpack.encode(list(BODY))


@pytest.mark.parametrize(
    "raw",
    [
        b"\xdc\x00\x09" + GOOD_BODY[1:],  # array of nine, the longer head
        b"\x99\xcc\x01" + GOOD_BODY[2:],  # version 1 in two bytes
        GOOD_BODY.replace(b"\xce\x00\x07\xa1\x20", b"\xcf\x00\x00\x00\x00\x00\x07\xa1\x20"),  # quantity in nine bytes
        GOOD_BODY.replace(b"\xce\x00\x07\xa1\x20", b"\xd2\x00\x07\xa1\x20"),  # quantity as a signed integer
        GOOD_BODY[:-2] + b"\xd0\x01\xc0",  # basis as a signed byte
        GOOD_BODY + b"\x00",  # one value too many
        GOOD_BODY + b"\xc1",
        b"\x98" + GOOD_BODY[1:],
        b"\x9a" + GOOD_BODY[1:] + b"\xc0",
        b"\x91" * 40,
        b"\xc1" * 30,
        b"\x01" * 30,
        b"\xdd\xff\xff\xff\xff" + b"\x00" * 30,
        GOOD_BODY + b"\x00" * 40,
    ],
)
def test_a_body_that_is_not_the_shortest_form_is_refused(raw: bytes) -> None:
    assert code_of(decode, with_body(raw=raw)) == "scan.payload"


def test_base32_has_one_spelling() -> None:
    assert code_of(decode, GOOD + "=") == "scan.payload"
    assert code_of(decode, GOOD[:-1] + GOOD[-1].lower()) == "scan.payload"
    assert code_of(decode, GOOD[:-1] + "1") == "scan.payload"
    odd = text(quantity=1)
    assert len(odd.partition("?c=")[2]) % 8  # so that its last character has bits to spare
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    spare = odd[:-1] + alphabet[alphabet.index(odd[-1]) + 1]
    assert code_of(decode, spare) == "scan.payload"


def test_bytes_after_the_signature_are_refused() -> None:
    raw = base64.b32decode(DATA + "=" * (-len(DATA) % 8))
    for extra in (b"\0", b"\0" * 64, raw):
        assert code_of(decode, with_data(raw + extra)) == "scan.payload"


def test_every_truncation_is_refused_and_most_are_called_so() -> None:
    for each in (GOOD, PRIVATE, text(quantity=1), text(test=Test(1, positive=True, day=dt.date(2026, 1, 1)))):
        start = each.index("?")
        for length in range(len(each)):
            code = code_of(decode, each[:length])
            assert length < start or code == "scan.truncated", (each[:length], code)


def test_a_whole_message() -> None:
    with pytest.raises(BadData) as caught:
        decode(with_body(2, *BODY[1:]))
    assert str(caught.value) == (
        "scan.version: the code is of version 2, this program knows 1 (upgrade foodtrace; until then check the paper by eye)"
    )
    assert caught.value.message("zh") == "码是第 2 版, 本程序认得第 1 版"


@given(st.text(max_size=400))
def test_any_text_gives_a_domain_error_or_a_payload(given_text: str) -> None:
    with pytest.raises(BadData):
        decode(given_text)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_domain_error_or_a_payload_that_goes_both_ways(data: bytes) -> None:
    made = with_data(data)
    try:
        read = decode(made)
    except BadData:
        return
    assert encode(read) == made


@given(
    st.lists(st.one_of(st.integers(-(2**63), 2**64 - 1), st.none(), st.lists(st.integers(0, 40_000), max_size=4)), min_size=9, max_size=9)
)
def test_any_body_gives_a_domain_error_or_goes_both_ways(values: list[object]) -> None:
    made = with_body(*values)
    try:
        read = decode(made)
    except BadData:
        return
    assert encode(read) == made
