"""Keys: ids as others compute them, public keys that must not be trusted, and private keys that do not show."""

import base64
import copy
import errno
import hashlib
import os
import pickle
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import _pkcs8, keyfiles, keys
from foodtrace.errors import BadData, Conflict, FoodtraceError, NotFound, Refused, Storage
from foodtrace.keys import SigningKey
from foodtrace.tlog.note import parse_verifier

SEED = bytes(range(32))
KEY = SigningKey("example.com/log", SEED)


# --- names and ids -----------------------------------------------------------------------------------------------


def test_ids_are_as_specified() -> None:
    public = KEY.public
    assert KEY.key_id == hashlib.sha256(b"example.com/log\n\x01" + public).digest()[:4]
    assert KEY.vkey == f"example.com/log+{KEY.key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}"
    assert keys.key_id("w", public, 4) == hashlib.sha256(b"w\n\x04" + public).digest()[:4]
    assert keys.kid("91110108551385082Q", public) == hashlib.sha256(b"foodtrace-kid\x0091110108551385082Q\x00" + public).digest()[:8]


def test_rfc8032_test_1() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key = SigningKey("rfc8032", seed)
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = key.sign(b"")
    assert signature.hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8")
    assert keys.verify(key.public, b"", signature)


@pytest.mark.parametrize("change", ["data", "signature", "length", "key"])
def test_verify_refuses(change: str) -> None:
    data, signature, public = b"data", KEY.sign(b"data"), KEY.public
    assert keys.verify(public, data, signature)
    if change == "data":
        data = b"Data"
    elif change == "signature":
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    elif change == "length":
        signature += b"\0"
    else:
        public = keys.generate("other").public
    assert not keys.verify(public, data, signature)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u3000b", "a\x85b", "a\x00b", "\ud800", "长" * 86])
def test_names_no_signature_line_can_have(name: str) -> None:
    with pytest.raises(BadData) as caught:
        SigningKey(name, SEED)
    assert caught.value.code == "key.name"


@pytest.mark.parametrize("name", ["a", "example.com/市场/1号门", "长" * 85])
def test_names(name: str) -> None:
    assert parse_verifier(SigningKey(name, SEED).vkey).name == name


# --- public keys -------------------------------------------------------------------------------------------------

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


# --- private key text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passphrase", [None, "correct horse", "正确的口令"])
def test_key_text_round_trip(passphrase: str | None) -> None:
    text = keys.encode_private(SEED, passphrase)
    assert keys.decode_private(text, passphrase) == SEED
    assert text.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" if passphrase else b"-----BEGIN PRIVATE KEY-----\n")
    assert keys.encode_private(SEED, "x") != keys.encode_private(SEED, "x"), "a fresh salt each time"


def test_a_passphrase_that_is_not_needed_is_not_looked_at() -> None:
    assert keys.decode_private(keys.encode_private(SEED), "unused") == SEED


@pytest.mark.parametrize(
    ("data", "passphrase", "code"),
    [
        (keys.encode_private(SEED, "right"), None, "key.passphrase_needed"),
        (keys.encode_private(SEED, "right"), "", "key.passphrase_needed"),
        (keys.encode_private(SEED, "right"), "wrong", "key.passphrase_wrong"),
        (keys.encode_private(SEED, "right"), "\ud800", "key.passphrase_form"),
        (keys.encode_private(SEED)[:-2], None, "key.file"),
        (b" " + keys.encode_private(SEED), None, "key.file"),
        (keys.encode_private(SEED).replace(b"MC4C", b"MC4D"), None, "key.file"),
        (b"", None, "key.file"),
        (b"-----BEGIN X PRIVATE KEY-----\n" + bytes(9000) + b"-----END X PRIVATE KEY-----\n", None, "key.file"),
    ],
)
def test_key_text_refused(data: bytes, passphrase: str | None, code: str) -> None:
    with pytest.raises(FoodtraceError) as caught:
        keys.decode_private(data, passphrase)
    assert caught.value.code == code
    assert caught.value.__cause__ is None


def test_another_kind_of_key_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, x25519

    for key in (ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate()):
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        with pytest.raises(BadData) as caught:
            keys.decode_private(pem)
        assert caught.value.message() == "PEM is not a key file, expected Ed25519 PKCS#8 PEM"


def test_empty_passphrase_and_bad_seeds() -> None:
    with pytest.raises(BadData) as caught:
        keys.encode_private(SEED, "")
    assert caught.value.code == "key.passphrase_empty"
    for bad in (b"short", "x" * 32, None):
        with pytest.raises(TypeError, match=r"^seed must be 32 bytes$"):
            keys.encode_private(bad)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^seed must be 32 bytes$"):
            SigningKey("a", bad)  # type: ignore[arg-type]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("passphrase", [None, "secret"])
def test_openssl_reads_our_keys_and_we_read_theirs(tmp_path: Path, passphrase: str | None) -> None:
    ours = tmp_path / "ours.pem"
    ours.write_bytes(keys.encode_private(SEED, passphrase))
    given_ = ["-passin", f"pass:{passphrase}"] if passphrase else []
    got = subprocess.run(["openssl", "pkey", "-in", ours, *given_, "-pubout", "-outform", "DER"], capture_output=True, check=True)  # noqa: S607
    assert got.stdout[-32:] == KEY.public
    sealed = ["-aes256", "-pass", f"pass:{passphrase}"] if passphrase else []
    theirs = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", *sealed], capture_output=True, check=True)  # noqa: S607
    assert len(keys.decode_private(theirs.stdout, passphrase)) == 32


def test_a_stolen_file_costs_many_rounds_a_guess() -> None:
    der = base64.b64decode(b"".join(keys.encode_private(SEED, "x").split(b"\n")[1:-2]))
    assert b"\x02\x03" + _pkcs8.ROUNDS.to_bytes(3, "big") in der
    assert _pkcs8.ROUNDS >= 600_000


# --- nothing of it shows -----------------------------------------------------------------------------------------


def test_a_signing_key_does_not_show_its_secret() -> None:
    assert repr(KEY) == f"SigningKey(example.com/log+{KEY.key_id.hex()})"
    assert SEED.hex() not in f"{KEY!r} {KEY} {vars(type(KEY))}"
    leaks: list[Callable[[SigningKey], Any]] = [pickle.dumps, copy.copy, copy.deepcopy]
    for leak in leaks:
        with pytest.raises(TypeError, match="not pickled or copied"):
            leak(KEY)
    with pytest.raises(AttributeError):
        KEY.name = "other"  # type: ignore[misc]


def test_generated_keys_differ() -> None:
    assert len({keys.generate("a").public for _ in range(20)}) == 20


# --- files -------------------------------------------------------------------------------------------------------

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("passphrase", [None, "口令"])
def test_a_created_key_is_found_again(tmp_path: Path, passphrase: str | None) -> None:
    folder = tmp_path / "new" / "keys"
    key = keyfiles.create(folder, "example.com/市场", passphrase)
    path = folder / f"{key.key_id.hex()}.key"
    assert [each.name for each in folder.iterdir()] == [path.name], "nothing is left beside it"
    if os.name == "posix":
        assert (_mode(folder), _mode(path)) == (0o700, 0o600)
    again = keyfiles.load(folder, key.key_id, passphrase)
    assert (again.vkey, again.sign(b"x")) == (key.vkey, key.sign(b"x"))
    assert keyfiles.load(str(folder), key.key_id.hex(), passphrase).vkey == key.vkey
    (stored,) = keyfiles.list_keys(folder)
    assert (stored.verifier.vkey, stored.path, stored.encrypted) == (key.vkey, str(path), passphrase is not None)


@posix
def test_modes_hold_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        key = keyfiles.create(tmp_path / "keys", "a")
    finally:
        os.umask(before)
    assert _mode(tmp_path / "keys") == 0o700
    assert _mode(tmp_path / "keys" / f"{key.key_id.hex()}.key") == 0o600


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    key = keyfiles.create(tmp_path / "keys", "a")
    path = tmp_path / "keys" / f"{key.key_id.hex()}.key"
    path.chmod(mode)
    with pytest.raises(Refused) as caught:
        keyfiles.list_keys(tmp_path / "keys")
    assert caught.value.code == "key.mode"
    with pytest.raises(Refused) as caught:
        keyfiles.load(tmp_path / "keys", key.key_id)
    assert caught.value.message().endswith(f".key (mode {mode:04o})")
    assert caught.value.hint() == "chmod 0600 that file; if somebody may have read it, rotate the key"


@posix
def test_a_directory_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(Refused) as caught:
        keyfiles.create(folder, "a")
    assert caught.value.code == "key.dir_mode"
    assert list(folder.iterdir()) == []


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_key_in_a_directory_that_others_can_write_to_signs_nothing(tmp_path: Path, mode: int) -> None:
    key = keyfiles.create(tmp_path / "keys", "a")
    (tmp_path / "keys").chmod(mode)
    for use in (lambda: keyfiles.load(tmp_path / "keys", key.key_id), lambda: keyfiles.list_keys(tmp_path / "keys")):
        with pytest.raises(Refused) as caught:
            use()
        assert caught.value.code == "key.dir_mode"
    (tmp_path / "keys").chmod(0o755)
    assert keyfiles.load(tmp_path / "keys", key.key_id).public == key.public


@posix
def test_a_pipe_in_place_of_a_key_file_is_refused_and_nobody_waits(tmp_path: Path) -> None:
    keyfiles.create(tmp_path / "keys", "a")
    os.mkfifo(tmp_path / "keys" / "00000000.key", 0o600)
    with pytest.raises(BadData) as caught:
        keyfiles.list_keys(tmp_path / "keys")
    assert caught.value.code == "key.file"


def test_a_missing_key_names_those_that_are_there(tmp_path: Path) -> None:
    key = keyfiles.create(tmp_path, "a")
    with pytest.raises(NotFound) as caught:
        keyfiles.load(tmp_path, "00000000")
    assert (caught.value.code, caught.value.near) == ("key.missing", (key.key_id.hex(),))
    assert caught.value.message() == f"there is no key 00000000 in {tmp_path}"
    assert keyfiles.list_keys(tmp_path / "nowhere") == []


@pytest.mark.parametrize("keyid", ["", "../../etc", "ABCDEF01", "0000000", "000000000", b"\0", "０0000000"])
def test_what_is_no_key_id(tmp_path: Path, keyid: str | bytes) -> None:
    with pytest.raises(BadData) as caught:
        keyfiles.load(tmp_path, keyid)
    assert caught.value.code == "key.id"


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key = keyfiles.save(tmp_path, "a", SEED, "first")
    path = tmp_path / f"{key.key_id.hex()}.key"
    before = path.read_bytes()
    with pytest.raises(Conflict) as caught:
        keyfiles.save(tmp_path, "a", SEED)
    assert (caught.value.code, path.read_bytes()) == ("key.exists", before)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    key = keyfiles.save(tmp_path, "a", SEED)
    assert keyfiles.load(tmp_path, key.key_id).vkey == key.vkey
    with pytest.raises(Conflict):
        keyfiles.save(tmp_path, "a", SEED)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("call", ["open", "fsync", "link"])
def test_a_full_disk_leaves_no_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(Storage) as caught:
            keyfiles.create(tmp_path, "a")
    assert caught.value.message() == f"cannot read or write {tmp_path}: No space left on device"
    assert list(tmp_path.iterdir()) == []


def _swap(path: Path) -> bytes:
    other = SigningKey("a", bytes(32))
    return other.vkey.encode() + b"\n" + path.read_bytes().split(b"\n", 1)[1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_swap, "key.file_differs"),
        (lambda path: path.read_bytes().split(b"\n", 1)[1], "key.file"),
        (lambda path: path.read_bytes().split(b"\n", 1)[0] + b"\n", "key.file"),
        (lambda path: b"\xff" + path.read_bytes(), "key.file"),
        (lambda path: path.read_bytes() + b"x\n", "key.file"),
        (lambda path: path.read_bytes() + bytes(10_000), "key.file"),
        (lambda _: b"", "key.file"),
    ],
)
def test_a_damaged_key_file(tmp_path: Path, change: Callable[[Path], bytes], code: str) -> None:
    key = keyfiles.save(tmp_path, "a", SEED)
    path = tmp_path / f"{key.key_id.hex()}.key"
    path.write_bytes(change(path))
    with pytest.raises(BadData) as caught:
        keyfiles.load(tmp_path, key.key_id)
    assert (caught.value.code, caught.value.value) == (code, str(path))


def test_a_renamed_key_file_is_not_the_key_asked_for(tmp_path: Path) -> None:
    key = keyfiles.save(tmp_path, "a", SEED)
    (tmp_path / f"{key.key_id.hex()}.key").rename(tmp_path / "00000000.key")
    with pytest.raises(BadData) as caught:
        keyfiles.load(tmp_path, "00000000")
    assert caught.value.code == "key.file_differs"


def test_no_error_shows_a_secret(tmp_path: Path) -> None:
    key = keyfiles.save(tmp_path, "a", SEED, "s3cret-passphrase")
    path = tmp_path / f"{key.key_id.hex()}.key"
    body = path.read_bytes()
    secrets = [SEED.hex(), "s3cret-passphrase", base64.b64encode(SEED).decode()[:20], body.split(b"\n")[2].decode()]
    seen = []
    for content, passphrase in ((body, "wrong"), (body, None), (body[:-40], "s3cret-passphrase"), (body + b"x", "s3cret-passphrase")):
        path.write_bytes(content)
        with pytest.raises(FoodtraceError) as caught:
            keyfiles.load(tmp_path, key.key_id, passphrase)
        seen += [str(caught.value), repr(caught.value), str(caught.value.as_dict()), str(vars(caught.value))]
    assert not [each for each in secrets if each in "".join(seen)]
