"""Public keys that must not be trusted: of low order, not canonical, off the curve; found from the curve's equation alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import keys
from foodtrace.errors import BadData
from foodtrace.keys import SigningKey

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
Point = tuple[int, int]


def _add(a: Point, b: Point) -> Point:
    k = D * a[0] * b[0] * a[1] * b[1] % P
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P


def _times(n: int, point: Point) -> Point:
    out = (0, 1)
    while n:
        if n & 1:
            out = _add(out, point)
        point, n = _add(point, point), n >> 1
    return out


def _x(y: int) -> int | None:
    """Return the x of a point, by RFC 8032 §5.1.3 with a square root, other than the code under test."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    for x in (root, root * pow(2, (P - 1) // 4, P) % P):
        if x * x % P == square:
            return x
    return None


def _encode(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def _small_order() -> set[Point]:
    """Find the 8 points of low order from the curve's equation: L·Q lies among them for any point Q."""
    found: set[Point] = set()
    for y in range(2, 60):
        x = _x(y)
        if x is not None:
            found.add(_times(ORDER, (x, y)))
    return {_times(n, each) for each in found for n in range(8)}


def test_all_eight_points_of_low_order_are_weak() -> None:
    points = _small_order()
    assert len(points) == 8
    for x, y in points:
        with pytest.raises(BadData) as caught:
            keys.check_public_key(_encode(y, x & 1))
        assert caught.value.code == "key.weak"


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_every_encoding_above_the_prime_is_not_canonical(y: int, sign: int) -> None:
    with pytest.raises(BadData) as caught:
        keys.check_public_key(_encode(P + y, sign))
    assert caught.value.code == "key.not_canonical"


@pytest.mark.parametrize("y", [1, P - 1])
def test_minus_zero_is_not_canonical(y: int) -> None:
    with pytest.raises(BadData) as caught:
        keys.check_public_key(_encode(y, 1))
    assert caught.value.code == "key.not_canonical"


@given(st.integers(2, P - 2), st.integers(0, 1))
def test_points_are_accepted_and_nothing_else(y: int, sign: int) -> None:
    public = _encode(y, sign)
    if _x(y) is None:
        with pytest.raises(BadData) as caught:
            keys.check_public_key(public)
        assert caught.value.code == "key.off_curve"
    else:
        assert keys.check_public_key(public) == public


@given(st.binary(min_size=32, max_size=32))
def test_every_real_key_is_accepted(seed: bytes) -> None:
    assert keys.check_public_key(SigningKey("a", seed).public)


def test_public_keys_of_wrong_length_or_kind() -> None:
    with pytest.raises(BadData) as caught:
        keys.check_public_key(bytes(31))
    assert caught.value.message() == "the public key is 31 bytes long, expected 32"
    with pytest.raises(TypeError, match="a public key is bytes"):
        keys.check_public_key("00" * 32)  # type: ignore[arg-type]
