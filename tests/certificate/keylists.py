"""A key list of a few issuers, signed by a market's log."""

import datetime as dt

import msgspec

from foodtrace.certificate.keylist import IssuerKey, KeyList
from foodtrace.keys import SigningKey, kid

LOG = SigningKey("beihe.example/head", bytes(range(32)))
MADE = dt.datetime(2026, 11, 23, 18, 0, tzinfo=dt.UTC)


def entry(number: int, **changes: object) -> IssuerKey:
    signer = SigningKey("farm", bytes([number]) * 32)
    issuer = f"F-{number:04d}"
    made = IssuerKey(kid=kid(issuer, signer.public).hex(), public=signer.public.hex(), issuer=issuer)
    return msgspec.structs.replace(made, **changes)


def keys(*entries: IssuerKey) -> KeyList:
    return KeyList(made=MADE, until=dt.date(2026, 12, 23), keys=tuple(sorted(entries, key=lambda each: each.kid)))


LIST = keys(
    entry(1),
    entry(2, revoked=True),
    entry(3, valid_from=dt.date(2026, 1, 1), valid_until=dt.date(2026, 6, 30)),
)
