"""What an issuer may put into a code, rule by rule."""

import datetime as dt
from typing import Any

import pytest

from foodtrace.certificate.payload import Payload, Test, encode, seal, verify
from foodtrace.errors import BadData
from tests.certificate.samples import ISSUER, KEY, code_of, payload


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


def test_a_payload_type_is_frozen() -> None:
    made: Payload = payload()
    with pytest.raises(AttributeError):
        made.lot = "X"  # type: ignore[misc]
