"""Certificates to test with: one issuer, one key, and as many different payloads as a test asks for."""

import base64
import datetime as dt
import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from foodtrace.certificate.payload import Payload, Test, encode
from foodtrace.errors import FoodtraceError
from foodtrace.identifiers.checksums import mod_10
from foodtrace.keys import SigningKey, kid

ISSUER = "91230199FT0000013A"
KEY = SigningKey("test", hashlib.sha256(b"tests/certificate").digest())
PUBLIC = KEY.public
KID = kid(ISSUER, PUBLIC)
HOST = "trace.beihe.example"
GOLDEN = Path(__file__).with_name("golden.json")
_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"


def payload(**changes: Any) -> Payload:
    """Return the typical certificate of DESIGN section 7, changed as asked."""
    fields: dict[str, Any] = {
        "host": HOST,
        "gtin": "06909999000012",
        "lot": "261123-G1-0031",
        "serial": "C-261123-001",
        "kid": KID,
        "quantity": 500_000,
        "unit": "g",
        "region": "230199101201",
        "harvested": dt.date(2026, 11, 23),
        "issued": dt.date(2026, 11, 23),
        "valid_until": dt.date(2026, 12, 7),
        "basis": 1,
    }
    return Payload(**{**fields, **changes})


def text(**changes: Any) -> str:
    return encode(payload(**changes), KEY.sign)


def golden() -> list[dict[str, Any]]:
    return json.loads(GOLDEN.read_text(encoding="utf-8"))


def golden_payload(case: dict[str, Any]) -> Payload:
    fields = dict(case["fields"])
    for name in ("harvested", "issued", "valid_until"):
        fields[name] = dt.date.fromisoformat(fields[name])
    if "test" in fields:
        test = fields["test"]
        fields["test"] = Test(test["method"], test["positive"], dt.date.fromisoformat(test["day"]))
    return Payload(kid=bytes.fromhex(case["kid"]), **fields)


def many(count: int, seed: int = 4) -> list[str]:
    """Return that many different certificate texts: both forms, all lengths of codes, with and without a test."""
    random = Random(seed)
    return [_one(random) for _ in range(count)]


def _one(random: Random) -> str:
    first = dt.date(2020, 1, 1) + dt.timedelta(days=random.randrange(30_000))
    digits = f"{random.randrange(1, 10**13):013d}"
    named = {"gtin": digits + mod_10(digits)} if random.random() < 0.5 else {"gtin": "", "operator": random.choice([ISSUER, "L-0007"])}
    return text(
        **named,
        host=random.choice([HOST, "a.cn", "qr.market-7.gov.cn"]),
        stem=random.choice(["", "", "/qr", "/v1/c"]),
        lot=_code(random),
        serial=_code(random),
        quantity=random.choice([1, random.randrange(1, 2**53), random.randrange(1, 10**6)]),
        unit=random.choice(["g", "ml", "piece"]),
        region=f"{random.randrange(10**12):012d}",
        harvested=first,
        issued=first + dt.timedelta(days=random.randrange(3)),
        valid_until=first + dt.timedelta(days=random.randrange(3, 60)),
        basis=random.randrange(1, 16) | random.choice([0, 0x40]),
        test=random.choice([None, Test(random.randrange(256), random.random() < 0.1, first)]),
    )


def _code(random: Random) -> str:
    made = "".join(random.choices(_CODE, k=random.randint(1, 20)))
    return made if made.strip(".") else "0" + made[1:]


def code_of(call: Any, *args: Any) -> str:
    """Return the code of the error that a call gives."""
    with pytest.raises(FoodtraceError) as caught:
        call(*args)
    return caught.value.code


GOOD = text()
PRIVATE = text(gtin="", operator=ISSUER)
DATA = GOOD.partition("?c=")[2]


def with_data(data: bytes) -> str:
    """Return the good address with other data behind it."""
    return GOOD.partition("?c=")[0] + "?c=" + base64.b32encode(data).decode().rstrip("=")


def with_body(*values: object, raw: bytes | None = None) -> str:
    """Return a code whose body has these values, or is these bytes; its signature is well formed, and of something else."""
    body = raw if raw is not None else msgspec.msgpack.encode(list(values))
    return with_data(KID + body + KEY.sign(b"anything"))


BODY = (1, 500_000, 0, 230_199_101_201, 2_518, 2_518, 2_532, 1, None)
"""The values of a body that is read."""
