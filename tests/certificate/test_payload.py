"""QR format 1, byte for byte: golden vectors, the same bytes made by hand, and every rule of strictness."""

import base64
import datetime as dt
import hashlib
import struct
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.certificate.payload import Payload, Test, body_bytes, decode, encode, kid, seal, signed_bytes, verify
from foodtrace.errors import BadData, FoodtraceError, ProofError
from foodtrace.quantity import Quantity
from tests.certificate.samples import ISSUER, KEY, KID, PUBLIC, golden, golden_payload, many, payload, text

CASES = golden()
NAMES = [case["name"] for case in CASES]


def code_of(call: Any, *args: Any) -> str:
    with pytest.raises(FoodtraceError) as caught:
        call(*args)
    return caught.value.code


# --- golden vectors, against the library and against the format written out by hand ---------------------------------


def number(value: int) -> bytes:
    """MessagePack's shortest unsigned integer, from its specification."""
    if value < 0x80:
        return bytes([value])
    for mark, form, limit in ((0xCC, ">B", 2**8), (0xCD, ">H", 2**16), (0xCE, ">I", 2**32), (0xCF, ">Q", 2**64)):
        if value < limit:
            return bytes([mark]) + struct.pack(form, value)
    raise AssertionError(value)


def days(text: str) -> bytes:
    return number((dt.date.fromisoformat(text) - dt.date(2020, 1, 1)).days)


def by_hand(case: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Return key id, body and signed bytes as DESIGN section 7 says them, with nothing of the library."""
    f = case["fields"]
    key_id = hashlib.sha256(b"foodtrace-kid\0" + case["issuer"].encode() + b"\0" + bytes.fromhex(case["public_key"])).digest()[:8]
    test = b"\xc0"
    if "test" in f:
        test = b"\x93" + number(f["test"]["method"]) + number(int(f["test"]["positive"])) + days(f["test"]["day"])
    unit = {"g": 0, "ml": 1, "piece": 2}[f["unit"]]
    body = b"\x99\x01" + number(f["quantity"]) + number(unit) + number(int(f["region"]))
    body += days(f["harvested"]) + days(f["issued"]) + days(f["valid_until"]) + number(f["basis"]) + test
    if "gtin" in f:
        names = b"01" + f["gtin"].encode() + b"10" + f["lot"].encode() + b"\x1d21" + f["serial"].encode() + b"\x1d"
    else:
        names = b"lot:" + f["operator"].encode() + b"\x1d" + f["lot"].encode() + b"\x1d" + f["serial"].encode() + b"\x1d"
    return key_id, body, b"foodtrace/cert/v1\0" + names + key_id + body


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_golden_bytes_are_what_the_format_says(case: dict[str, Any]) -> None:
    key_id, body, signed = by_hand(case)
    assert (key_id.hex(), body.hex(), signed.hex()) == (case["kid"], case["body"], case["signed"])
    _, _, data = case["text"].partition("?c=")
    raw = base64.b32decode(data + "=" * (-len(data) % 8))
    assert raw[: 8 + len(body)] == key_id + body
    assert len(raw) == 8 + len(body) + 64


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_golden_both_ways(case: dict[str, Any]) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["seed"]))
    made = golden_payload(case)
    assert body_bytes(made).hex() == case["body"]
    assert signed_bytes(made).hex() == case["signed"]
    assert encode(made, private.sign) == case["text"]
    read = decode(case["text"])
    assert read == seal(made, private.sign)
    assert encode(read) == case["text"]
    verify(read, bytes.fromhex(case["public_key"]), case["issuer"])


def test_the_typical_text_is_as_long_as_the_design_says() -> None:
    assert 235 <= len(text()) <= 245


def test_what_a_payload_says() -> None:
    read = decode(text(basis=0x43, test=Test(1, positive=False, day=dt.date(2026, 11, 22))))
    assert read.amount == Quantity(500_000, "g")
    assert read.lot_id == "06909999000012/261123-G1-0031"
    assert read.style == 2
    assert read.bases == ("quality_control", "own_test")
    assert decode(text(gtin="", operator=ISSUER)).lot_id == f"{ISSUER}/261123-G1-0031"
    assert decode(text()).style == 1


def test_two_hundred_texts_both_ways() -> None:
    for each in many(200):
        read = decode(each)
        verify(read, PUBLIC, None)
        assert encode(read) == each


# --- strictness: the address ----------------------------------------------------------------------------------------

GOOD = text()
PRIVATE = text(gtin="", operator=ISSUER)
DATA = GOOD.partition("?c=")[2]


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


# --- strictness: base32, MessagePack, values -------------------------------------------------------------------------


def with_data(data: bytes) -> str:
    return GOOD.partition("?c=")[0] + "?c=" + base64.b32encode(data).decode().rstrip("=")


def with_body(*values: object, raw: bytes | None = None) -> str:
    body = raw if raw is not None else msgspec.msgpack.encode(list(values))
    return with_data(KID + body + KEY.sign(b"anything"))


BODY = (1, 500_000, 0, 230_199_101_201, 2_518, 2_518, 2_532, 1, None)


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


# --- the signature ----------------------------------------------------------------------------------------------------


def test_the_signature_covers_everything_but_host_and_stem() -> None:
    good = seal(payload(), KEY.sign)
    verify(msgspec.structs.replace(good, host="other.example", stem="/x"), PUBLIC, ISSUER)
    changes: list[dict[str, Any]] = [
        {"gtin": "16909999000019"},
        {"gtin": "", "operator": ISSUER},
        {"lot": "261123-G1-0032"},
        {"serial": "C-261123-002"},
        {"kid": bytes(8)},
        {"quantity": 500_001},
        {"unit": "ml"},
        {"region": "230199101202"},
        {"harvested": dt.date(2026, 11, 22)},
        {"issued": dt.date(2026, 11, 22)},
        {"valid_until": dt.date(2026, 12, 8)},
        {"basis": 2},
        {"test": Test(1, positive=False, day=dt.date(2026, 11, 22))},
        {"signature": bytes(64)},
    ]
    for change in changes:
        with pytest.raises(ProofError) as caught:
            verify(msgspec.structs.replace(good, **change), PUBLIC)
        assert caught.value.code == "scan.bad_signature", change


def test_a_code_cannot_be_read_as_another_lot_and_serial() -> None:
    """The separators keep lot AB serial C apart from lot A serial BC."""
    assert signed_bytes(payload(lot="AB", serial="C")) != signed_bytes(payload(lot="A", serial="BC"))


def test_another_issuer_or_key_is_an_unknown_key() -> None:
    good = seal(payload(), KEY.sign)
    with pytest.raises(ProofError, match="not known here"):
        verify(good, PUBLIC, "L-0001")
    with pytest.raises(ProofError) as caught:
        verify(good, bytes([1]) + bytes(31))
    assert caught.value.message("zh") == "签名不对: 内容被改过, 或是伪造"


def test_one_character_changed_never_verifies_as_another_certificate() -> None:
    """Host and stem may change (a warning elsewhere); nothing that the certificate says may."""
    alphabet = "ABCXYZabcxyz012789-./?&=#%"
    for each in (GOOD, PRIVATE):
        good = decode(each)
        signed_from = each.index("/01/" if good.gtin else "/lot/")
        for place in range(len(each)):
            for letter in alphabet:
                changed = each[:place] + letter + each[place + 1 :]
                if changed == each:
                    continue
                try:
                    read = decode(changed)
                    verify(read, PUBLIC, ISSUER)
                except BadData:
                    continue
                assert place < signed_from, changed
                assert msgspec.structs.replace(read, host=good.host, stem=good.stem) == good


# --- what an issuer may put in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host": "TRACE.example"}, "certificate.host"),
        ({"host": "example"}, "certificate.host"),
        ({"host": "a." * 100 + "b"}, "certificate.host"),
        ({"host": "trace.example\n"}, "certificate.host"),
        ({"stem": "qr"}, "certificate.stem"),
        ({"stem": "/01"}, "certificate.stem"),
        ({"stem": "/a/"}, "certificate.stem"),
        ({"stem": "/a/.."}, "certificate.stem"),
        ({"gtin": "06909999000013"}, "certificate.gtin"),
        ({"gtin": "0" * 14}, "certificate.gtin"),
        ({"gtin": ""}, "certificate.authority"),
        ({"operator": ISSUER}, "certificate.authority"),
        ({"gtin": "", "operator": "永发"}, "certificate.operator"),
        ({"lot": ".."}, "certificate.lot"),
        ({"lot": "芹菜#7"}, "certificate.lot"),
        ({"lot": ""}, "certificate.lot"),
        ({"serial": "."}, "certificate.serial"),
        ({"kid": b"1234567"}, "certificate.kid"),
        ({"quantity": 0}, "certificate.quantity"),
        ({"quantity": 2**53}, "certificate.quantity"),
        ({"quantity": True}, "certificate.quantity"),
        ({"unit": "kg"}, "certificate.unit"),
        ({"region": "230199"}, "certificate.region"),
        ({"region": "２３０１９９１０１２０１"}, "certificate.region"),
        ({"harvested": dt.date(2019, 12, 31)}, "certificate.dates"),
        ({"valid_until": dt.date(2120, 1, 1)}, "certificate.dates"),
        ({"issued": dt.datetime(2026, 11, 23, tzinfo=dt.UTC)}, "certificate.dates"),
        ({"test": Test(1, positive=False, day=dt.date(2019, 1, 1))}, "certificate.dates"),
        ({"valid_until": dt.date(2026, 11, 22)}, "certificate.valid_until"),
        ({"basis": 0}, "certificate.basis"),
        ({"basis": 0x40}, "certificate.basis"),
        ({"basis": 0x11}, "certificate.basis"),
        ({"test": Test(256, positive=False, day=dt.date(2026, 1, 1))}, "certificate.test"),
        ({"signature": b"x"}, "certificate.signature"),
    ],
)
def test_a_payload_that_breaks_a_rule_is_not_made(change: dict[str, Any], code: str) -> None:
    with pytest.raises(BadData) as caught:
        payload(**change)
    assert caught.value.code == code
    assert caught.value.hint("zh")
    assert caught.value.hint("en")


def test_harvest_may_follow_issue_but_not_the_last_day() -> None:
    assert payload(harvested=dt.date(2026, 11, 24)).harvested == dt.date(2026, 11, 24)


def test_a_text_too_long_for_a_label_is_not_printed() -> None:
    long = payload(host="a" * 60 + ".example", stem="/" + "/".join(["s" * 40] * 4), lot="L" * 20, serial="S" * 20)
    assert len(encode(long, KEY.sign)) < 600
    host = ".".join(["a" * 63] * 3) + ".example"
    assert (
        code_of(encode, payload(host=host, stem=long.stem, lot="L" * 20, serial="S" * 20, quantity=2**53 - 1), KEY.sign)
        == "certificate.too_long"
    )


def test_a_callers_bug_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="without a signature"):
        encode(payload())
    with pytest.raises(TypeError, match="64 bytes"):
        encode(payload(), lambda message: b"short")
    with pytest.raises(TypeError, match="32 bytes"):
        verify(seal(payload(), KEY.sign), b"short")


def test_a_whole_message() -> None:
    with pytest.raises(BadData) as caught:
        decode(with_body(2, *BODY[1:]))
    assert str(caught.value) == (
        "scan.version: the code is of version 2, this program knows 1 (upgrade foodtrace; until then check the paper by eye)"
    )
    assert caught.value.message("zh") == "码是第 2 版, 本程序认得第 1 版"


def test_kid_is_the_designs_formula() -> None:
    assert kid("L-0001", bytes(32)) == hashlib.sha256(b"foodtrace-kid\0L-0001\0" + bytes(32)).digest()[:8]


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


def test_reading_a_code_loads_no_picture_library() -> None:
    code = "import sys, foodtrace.certificate.payload, foodtrace.certificate.scan; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"PIL", "qrcode", "zxingcpp", "pyzbar", "cryptography", "sqlalchemy", "click", "numpy", "reportlab"} & set(loaded)


def test_a_payload_type_is_frozen() -> None:
    made: Payload = payload()
    with pytest.raises(AttributeError):
        made.lot = "X"  # type: ignore[misc]
