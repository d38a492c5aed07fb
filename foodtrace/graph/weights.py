"""The secret weights of the fingerprint of a projection (DESIGN section 5, verify).

Two sets of rows are compared by one number each: a polynomial, taken modulo the prime 2^127 - 1, whose coefficients are the rows'
values and whose variables are pseudo-random 64-bit numbers, one for each text, place and column, made from a key that is not in the
database. Different sets of rows give different polynomials, and those give the same number with a chance of about 2^-61 for whoever
does not know the key (Schwartz and Zippel: degree at most 8, of 2^64 values). Rules:

1. A text has three numbers, so that a name in one column can't be exchanged for the same name in another.
2. A row is one term for each column, and one term that does not depend on its columns, so that a row of zeros is not nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from struct import Struct
from typing import Final, TypeAlias

PRIME: Final = 2**127 - 1
KEY_SIZE: Final = 32
NAME: Final = Struct("<3Q")
_BLOCK: Final = 1 << 8
_CHUNK: Final = 2**120 - 1
_TWO_CHUNKS: Final = 2**240 - 1
_KEPT: Final = 100_000
"""Most texts kept at hand at once."""

Triple: TypeAlias = tuple[int, int, int]


class _Texts(dict[str, Triple]):
    """Numbers of texts, made when first asked for; of a hit it costs what a dictionary costs."""

    def __init__(self, digest: Callable[[str], bytes]) -> None:
        super().__init__()
        self._digest = digest

    def __missing__(self, text: str) -> Triple:
        if len(self) >= _KEPT:
            self.clear()
        found = self[text] = NAME.unpack(self._digest(text))
        return found


class Weights:
    """All weights that follow from one key."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        """Secret of the run, or of the mark."""
        self.texts: Mapping[str, Triple] = _Texts(self.digest)
        """Text -> its three numbers (rule 1)."""
        self._high: list[int] = []
        self._length, self._base = self._number("length"), self._number("base") * self._number("base again") % PRIME
        self._low = [self._number(f"low {index}") for index in range(_BLOCK)]
        self._items: list[int] = []
        self._named: dict[tuple[str, int], int] = {}

    def digest(self, text: str) -> bytes:
        """Return the 24 bytes that :meth:`text` reads as three numbers."""
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=24, key=self.key).digest()

    def text(self, text: str) -> Triple:
        """Return the three numbers of a text (rule 1)."""
        return self.texts[text]

    def place(self, seq: int) -> int:
        """Return the number of a sequence number. Raises ``ValueError`` below 0."""
        block, rest = divmod(seq, _BLOCK)
        if block < 0:
            raise ValueError(seq)
        if block >= len(self._high):
            if block > len(self._high) + _KEPT:  # somebody's forgery: no log gets there
                return self._number(f"high {block}") * self._low[rest]
            self._high += [self._number(f"high {index}") for index in range(len(self._high), block + 1)]
        return self._high[block] * self._low[rest]

    def words(self, text: str) -> int:
        """Return the value of a text that stands in a column: a polynomial of its bytes, 15 at a time, and of their number."""
        data = text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")
        value, rest = len(data) * self._length, int.from_bytes(data, "little")
        if rest <= _CHUNK:
            return value + rest
        if rest <= _TWO_CHUNKS:  # what nearly every document number is
            return value + (rest & _CHUNK) + (rest >> 120) * self._base
        factor = 1
        while rest > _CHUNK:
            value += (rest & _CHUNK) * factor
            rest >>= 120
            factor = factor * self._base % PRIME
        return value + rest * factor

    def places(self, size: int) -> tuple[list[int], list[int]]:
        """Return the two lists that :meth:`place` multiplies, long enough for a log of this size: by ``seq >> 8`` and ``seq & 255``."""
        self.place(max(size, 1) - 1)
        return self._high, self._low

    def item(self, item: int) -> int:
        """Return the number of a row's place in its entry. Raises ``ValueError`` below 0."""
        if item < 0:
            raise ValueError(item)
        if item >= len(self._items):
            if item > _KEPT:
                return self._number(f"item {item}")
            self._items += [self._number(f"item {index}") for index in range(len(self._items), item + 1)]
        return self._items[item]

    def columns(self, table: str, count: int) -> list[int]:
        """Return the numbers of a table's columns."""
        return [self._number(f"column {table} {index}") for index in range(count)]

    def small(self, what: str, value: int) -> int:
        """Return the number of a unit or kind; there are few."""
        found = self._named.get((what, value))
        if found is None:
            if len(self._named) >= _KEPT:
                self._named.clear()
            found = self._named[what, value] = self._number(f"{what} {value}")
        return found

    def _number(self, name: str) -> int:
        return int.from_bytes(blake2b(name.encode(), digest_size=8, key=self.key, person=b"weight").digest(), "little")
