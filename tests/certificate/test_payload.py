"""QR format 1, byte for byte: golden vectors, the same bytes made by hand, and what the signature covers."""

import base64
import datetime as dt
import hashlib
import struct
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from foodtrace.certificate.payload import Test, body_bytes, decode, encode, kid, seal, signed_bytes, verify
from foodtrace.errors import BadData, ProofError
from foodtrace.quantity import Quantity
from tests.certificate.samples import GOOD, ISSUER, KEY, PRIVATE, PUBLIC, golden, golden_payload, many, payload, text

CASES = golden()
NAMES = [case["name"] for case in CASES]


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
    alphabet = "AZaz09-./?&=#%"
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


def test_kid_is_the_designs_formula() -> None:
    assert kid("L-0001", bytes(32)) == hashlib.sha256(b"foodtrace-kid\0L-0001\0" + bytes(32)).digest()[:8]


def test_reading_a_code_loads_no_picture_library() -> None:
    code = "import sys, foodtrace.certificate.payload, foodtrace.certificate.scan; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"PIL", "qrcode", "zxingcpp", "pyzbar", "cryptography", "sqlalchemy", "click", "numpy", "reportlab"} & set(loaded)
