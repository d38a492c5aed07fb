"""What tells one certificate from another under the same key and serial. Pure.

Rules:

1. (kid, serial) is what a gate spends, so an issuer signs one certificate under it. Two are the issuer's fraud or fault (one key on two
   hosts): each is judged as itself, nothing used of one is used of the other, and whoever meets the second is told of the first.
2. Two codes are one certificate if their signatures cover the same bytes: host and stem do not count (DESIGN section 7).
3. A record of before hashes were kept knows lot and quantity alone; where one side has no hash, those decide.
4. The code says nothing of the product: two issues of one code for unlike products are two certificates.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from foodtrace.certificate.payload import Payload, signed_bytes
from foodtrace.quantity import Quantity

_SIZE: Final = 16
"""Bytes of a hash that are kept. The issuer is who may cheat, and can look for two certificates alike: eight would be too few."""


class Body(NamedTuple):
    """A certificate as a record knows it."""

    hash: str
    """Hex; empty: not kept."""
    lot: str
    quantity: Quantity | None
    """What it is for; none: not known."""
    product: str = ""
    """As its issuer recorded it; empty: not known, or the word of somebody else."""


_About = TypeVar("_About")


def certificate_hash(payload: Payload) -> str:
    """Return the first 16 bytes of SHA-256 of what the signature covers, hex."""
    return hashlib.sha256(signed_bytes(payload)).digest()[:_SIZE].hex()


def body_of(payload: Payload, product: str = "") -> Body:
    """Return a code's body."""
    return Body(certificate_hash(payload), payload.lot_id, payload.amount, product)


def differ(one: Body, other: Body) -> bool:
    """Say whether two bodies under one (kid, serial) are of two certificates (rules 2 to 4)."""
    if one.product and other.product and _folded(one.product) != _folded(other.product):
        return True
    if one.hash and other.hash:
        return one.hash != other.hash
    known = one.quantity is not None and other.quantity is not None
    return one.lot != other.lot or (known and one.quantity != other.quantity)


def apart(records: Iterable[tuple[Body, _About]]) -> list[tuple[Body, list[_About]]]:
    """Return records by certificate, in the order of the first of each; those that know most of theirs should come first."""
    found: list[tuple[Body, list[_About]]] = []
    for body, about in records:
        same = next((group for known, group in found if not differ(known, body)), None)
        if same is None:
            found.append((body, [about]))
        else:
            same.append(about)
    return found


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
