"""Check characters, one function each. All take the body without the check character and return the character(s).

==============  =========================================  ==============================================
function        used by                                    source
==============  =========================================  ==============================================
mod_11_10       food licences SC and JY, gate lot codes    ISO 7064 MOD 11,10 (GB/T 17710)
credit_code     unified social credit code                 GB 32100-2015
organisation    characters 9-17 of a credit code           GB 11714-1997
mod_11_2        resident identity number (to refuse it)    ISO 7064 MOD 11-2 (GB 11643-1999)
mod_10          GTIN, GLN, SSCC and other GS1 keys         GS1 General Specifications 7.9.1
pair_1021       Global Model Number                        GS1 General Specifications 7.9.5
==============  =========================================  ==============================================

A body that is empty or holds another character raises ``BadData("checksum.form")``: nothing is guessed or skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

from foodtrace.errors import BadData

DIGITS: Final = "0123456789"
CREDIT: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of a credit code in order of value: no I, O, S, V, Z."""
ORGANISATION: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CSET82: Final = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""The 82 characters of a GS1 alphanumeric value, in order of value."""
CSET32: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

_LONGEST: Final = 99
_CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


def _values(body: object, alphabet: str, length: int | None = None) -> list[int]:
    """Return each character's place in the alphabet."""
    wanted = f"{length or f'1-{_LONGEST}'} x [{alphabet}]"
    if not isinstance(body, str):
        message = f"a check character is computed from str, not {type(body).__name__}"
        raise TypeError(message)
    fits = len(body) == length if length is not None else 0 < len(body) <= _LONGEST
    if not fits or any(c not in alphabet for c in body):
        raise BadData("checksum.form", value=body, expected=wanted)
    return [alphabet.index(c) for c in body]


def mod_11_10(body: str) -> str:
    """Return the check digit of digits by ISO 7064 MOD 11,10."""
    product = 10
    for digit in _values(body, DIGITS):
        product = ((product + digit) % 10 or 10) * 2 % 11
    return DIGITS[(11 - product) % 10]


def mod_11_2(body: str) -> str:
    """Return the check character (0-9 or X) of digits by ISO 7064 MOD 11-2."""
    product = 0
    for digit in _values(body, DIGITS):
        product = (product + digit) * 2 % 11
    return "0123456789X"[(12 - product) % 11]


def mod_10(body: str) -> str:
    """Return the GS1 check digit of digits: weights 3 and 1 from the right."""
    values = _values(body, DIGITS)
    return DIGITS[-sum(value * (1 if place % 2 else 3) for place, value in enumerate(reversed(values))) % 10]


def credit_code(body: str) -> str:
    """Return the check character of a credit code's first 17 characters: weights 3^i mod 31."""
    return CREDIT[-sum(value * weight for value, weight in zip(_values(body, CREDIT, 17), _CREDIT_WEIGHTS, strict=True)) % 31]


def organisation(body: str) -> str:
    """Return the check character (0-9 or X) of an organisation code's eight characters."""
    values = _values(body, ORGANISATION, 8)
    total = sum(value * weight for value, weight in zip(values, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def pair_1021(body: str) -> str:
    """Return the two check characters of an alphanumeric GS1 value: primes from the right, modulo 1021."""
    values = reversed(_values(body, CSET82))
    total = sum(value * prime for value, prime in zip(values, _primes(), strict=False)) % 1021
    return CSET32[total >> 5] + CSET32[total & 31]


def _primes() -> Iterator[int]:
    """Yield 2, 3, 5, 7 ...; at most :data:`_LONGEST` are ever asked for."""
    found: list[int] = []
    for number in count(2):
        if all(number % prime for prime in found):
            found.append(number)
            yield number
