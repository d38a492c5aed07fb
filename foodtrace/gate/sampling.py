"""Which admitted trucks are tested: drawn from a seed that the market commits to before the day.

Rules:

1. The market draws a 32-byte master seed at random and keeps it. Each day has a seed of its own, derived from it, so that
   opening one day's seed says nothing about any other day.
2. Before the day the market publishes the commitment SHA-256("foodtrace/sampling/commit/v1" 00 seed). It binds: no other
   seed fits it. It hides: nobody who has only the commitment can tell which trucks will be drawn.
3. Truck number n of the day is drawn iff the first 64 bits of HMAC-SHA-256(seed, "foodtrace/sampling/draw/v1" 00 day 00
   market 00 n), times 10,000, are below rate x 2^64. Nobody at the gate can pick, and the same inputs always agree.
4. After the day the market opens the day's seed, and anyone can check the commitment and every draw again.

What this does not prove: that whoever held the seed before the day told nobody, nor that numbers were given to trucks in
the order they came (the log's sequence shows that). Keep the seed away from the gate's clerks and traders.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

import msgspec

from foodtrace.errors import BadData, ProofError

SEED_BYTES: Final = 32
PER: Final = 10_000
"""Rates are trucks in ten thousand."""

_COMMIT: Final = b"foodtrace/sampling/commit/v1\0"
_DRAW: Final = b"foodtrace/sampling/draw/v1\0"
_DAY: Final = b"foodtrace/sampling/day/v1\0"


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """One draw as it was recorded on the day."""

    number: int
    """Number of the truck on that day, from 1."""
    rate: int
    """Trucks in ten thousand, as the pack's plan said for this truck."""
    drawn: bool


def day_seed(master: bytes, day: dt.date, market: str) -> bytes:
    """Return the seed of one day at one market. Raises ``BadData`` (``sampling.seed``, ``sampling.market``)."""
    return hmac.digest(_seed(master), _DAY + _place(day, market), "sha256")


def commit(seed: bytes) -> str:
    """Return the commitment to a seed, 64 hex digits. Raises ``BadData`` (``sampling.seed``)."""
    return hashlib.sha256(_COMMIT + _seed(seed)).hexdigest()


def drawn(seed: bytes, day: dt.date, market: str, number: int, rate: int) -> bool:
    """Say whether a truck is drawn.

    :param number: number of the truck on that day at that market, 1 .. 2^53 - 1.
    :param rate: trucks in ten thousand, 0 .. 10,000.
    :raises BadData: ``sampling.seed``, ``sampling.market``, ``sampling.number``, ``sampling.rate``.
    """
    if not 1 <= number < 2**53:
        raise BadData("sampling.number", value=number, expected="1 .. 2^53 - 1")
    if not 0 <= rate <= PER:
        raise BadData("sampling.rate", value=rate, expected=f"0 .. {PER}")
    message = _DRAW + _place(day, market) + b"\0" + str(number).encode()
    ticket = int.from_bytes(hmac.digest(_seed(seed), message, "sha256")[:8], "big")
    return ticket * PER < rate << 64


def check(commitment: str, seed: bytes, day: dt.date, market: str, draws: Iterable[Draw]) -> int:
    """Check an opened seed against its commitment and every draw of the day; return how many draws hold.

    :raises ProofError: ``sampling.commitment`` if the seed is another one; ``sampling.draw`` naming the first truck whose
        recorded draw is not what the seed says.
    """
    if not hmac.compare_digest(commit(seed).encode(), commitment.encode("utf-8", "replace")):
        raise ProofError("sampling.commitment", value=commit(seed), expected=commitment)
    count = 0
    for draw in draws:
        said = drawn(seed, day, market, draw.number, draw.rate)
        if said is not draw.drawn:
            raise ProofError("sampling.draw", value=draw.drawn, expected=said, number=draw.number)
        count += 1
    return count


def _seed(seed: bytes) -> bytes:
    if len(seed) != SEED_BYTES:
        raise BadData("sampling.seed", value=f"{len(seed)} bytes", expected=f"{SEED_BYTES} bytes")
    return bytes(seed)


def _place(day: dt.date, market: str) -> bytes:
    # A zero byte parts the fields, so none may stand in a market's id; ids are ASCII.
    if not market.isascii() or "\0" in market or not market:
        raise BadData("sampling.market", value=market, expected="L-0003")
    plain = dt.date(day.year, day.month, day.day)  # a datetime must draw as its day
    return plain.isoformat().encode() + b"\0" + market.encode()
