"""The secret weights of the fingerprint of sums in a projection (DESIGN section 5, verify).

Two sets of rows are compared by one number each: a polynomial, taken modulo the prime 2^127 - 1, whose coefficients are the rows'
values and whose variables are pseudo-random 64-bit numbers, one for each name in its place and each column, made from a key that is not
in the database. Different sets of rows give different polynomials, and those give the same number with a chance of about 2^-62 for
whoever does not know the key (Schwartz and Zippel: degree 3, of 2^64 values). Rules:

1. A name has a number for each place it can stand in, so that it can't be exchanged for another that stands in the same row.
2. A row whose values are all 0 adds nothing, whatever its names: whoever compares has to account for those by themselves.
3. What is kept for a later run in the mark may not depend on numbers that another database gives to other names; holdings are weighed
   by number, and the rows of entries, which have the same names as texts, are compared as well.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from hashlib import blake2b, shake_256
from struct import Struct
from typing import Final, TypeAlias

PRIME: Final = 2**127 - 1
KEY_SIZE: Final = 32
_TRIPLE: Final = Struct("<3Q")
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
        found = self[text] = _TRIPLE.unpack(self._digest(text))
        return found


class Weights:
    """All weights that follow from one key."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        """Secret of the run, or of the mark."""
        self._texts: Mapping[str, Triple] = _Texts(self._digest)

    def text(self, text: str) -> Triple:
        """Return the three numbers of a text (rule 1)."""
        return self._texts[text]

    def numbered(self, what: str, last: int) -> array[int]:
        """Return the numbers of 0 .. ``last``, for names that are known by their number; 10 ns each."""
        numbers = array("Q")
        numbers.frombytes(shake_256(self.key + what.encode()).digest(8 * (last + 1)))
        return numbers

    def columns(self, table: str, count: int) -> list[int]:
        """Return the numbers of a table's columns."""
        return [int.from_bytes(self._keyed(f"column {table} {index}".encode(), 8), "little") for index in range(count)]

    def note(self, size: int, note: bytes) -> int:
        """Return the number of a checkpoint, to be added up modulo :data:`PRIME`."""
        return int.from_bytes(blake2b(b"%d " % size + note, digest_size=16, key=self.key, person=b"note").digest(), "little")

    def _digest(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_TRIPLE.size, key=self.key).digest()

    def _keyed(self, data: bytes, size: int) -> bytes:
        return blake2b(data, digest_size=size, key=self.key, person=b"weight").digest()


__all__ = ["KEY_SIZE", "PRIME", "Triple", "Weights"]
