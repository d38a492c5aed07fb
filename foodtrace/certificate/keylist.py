"""The key list: which keys sign whose certificates, as a small signed file that a gate carries offline (DESIGN section 7). Pure.

A signed note (C2SP signed-note). Its text, every line ended by LF::

    foodtrace/keys/v1
    2026-11-23T18:00:00Z                                      when it was made, UTC
    2026-12-23                                                last day on which it should be relied on
    KID PUBLIC ISSUER FROM UNTIL good|revoked                 one line a key, in the order of the kids

KID is 16 hex digits, PUBLIC 64, FROM and UNTIL are days or ``-``.

Rules, in the order in which they are checked:

1. At most :data:`MAX_FILE` bytes, and signed by a key that the reader names or has on record: a list says whom to trust.
2. The text is exactly what :func:`format_list` writes for what it says: one spelling, each kid once, each kid that of its key.
3. A list past its last day still tells who signs, but not who was revoked since. Whoever uses it says so (``keylist.stale``).
4. Where ledger and list both know a key, a revocation counts wherever it stands, else the ledger (:func:`newest`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from foodtrace.certificate.link import OPERATOR
from foodtrace.errors import BadData, FoodtraceError, ProofError
from foodtrace.keys import check_public_key
from foodtrace.keys import kid as kid_of
from foodtrace.tlog.note import NoteSigner, Verifier, open_note, sign_note

__all__ = ["LIFETIME", "IssuerKey", "KeyList", "format_list", "newest", "parse_list", "sign_list"]

MAX_FILE: Final = 1_000_000
LIFETIME: Final = dt.timedelta(days=30)
"""How long a list is good for, unless its maker says otherwise."""
_HEAD: Final = "foodtrace/keys/v1"
_LINE: Final = re.compile(
    r"(?P<kid>[0-9a-f]{16}) (?P<public>[0-9a-f]{64}) (?P<issuer>[A-Z0-9-]+) "
    r"(?P<start>-|[0-9]{4}-[0-9]{2}-[0-9]{2}) (?P<until>-|[0-9]{4}-[0-9]{2}-[0-9]{2}) (?P<state>good|revoked)"
)


class IssuerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that signs an issuer's certificates."""

    kid: str
    """Key id of certificates, 16 hex digits."""
    public: str
    """Ed25519 public key, hex."""
    issuer: str
    """Operator id."""
    valid_from: dt.date | None = None
    """First and last day on which certificates may be issued with it."""
    valid_until: dt.date | None = None
    revoked: bool = False

    def holds_on(self, day: dt.date) -> bool:
        """Say whether a certificate issued on this day counts: not revoked, and within its days."""
        after = self.valid_from is None or day >= self.valid_from
        return not self.revoked and after and (self.valid_until is None or day <= self.valid_until)


class KeyList(msgspec.Struct, frozen=True, kw_only=True):
    """A list that was read, or that is going to be signed."""

    made: dt.datetime
    """UTC, whole seconds."""
    until: dt.date
    """Last day on which it should be relied on."""
    keys: tuple[IssuerKey, ...]
    """In the order of their kids."""
    signers: tuple[str, ...] = ()
    """Known keys that signed it, ``name+c0ffee00``; empty before signing."""

    def find(self, kid: str) -> IssuerKey | None:
        """Return the key of a kid (16 hex digits)."""
        return next((each for each in self.keys if each.kid == kid), None)

    def stale(self, day: dt.date) -> BadData | None:
        """Return the warning ``keylist.stale`` after the last day (rule 3)."""
        return None if day <= self.until else BadData("keylist.stale", value=self.until.isoformat(), expected=day.isoformat())


def format_list(keys: KeyList) -> bytes:
    """Return the text that is signed."""
    lines = [_HEAD, f"{keys.made:%Y-%m-%dT%H:%M:%S}Z", keys.until.isoformat()]
    for each in sorted(keys.keys, key=lambda one: one.kid):
        state = "revoked" if each.revoked else "good"
        lines.append(f"{each.kid} {each.public} {each.issuer} {each.valid_from or '-'} {each.valid_until or '-'} {state}")
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def sign_list(keys: KeyList, signer: NoteSigner) -> bytes:
    """Return the file: the list's text with the signature of the log that vouches for it."""
    return sign_note(format_list(keys), [signer])


def parse_list(data: bytes, verifiers: Iterable[Verifier]) -> KeyList:
    """Read a key list.

    :param verifiers: keys of those whose lists are trusted.
    :raises BadData: ``keylist.form`` (rule 2). :raises ProofError: ``keylist.signature`` (rule 1).
    """
    if not data.startswith(f"{_HEAD}\n".encode()) or len(data) > MAX_FILE:
        raise BadData("keylist.form", value=data[:40].decode("ascii", "replace"), expected=_HEAD)
    try:
        note = open_note(data, verifiers)
    except FoodtraceError as error:
        raise ProofError("keylist.signature", value=error.code) from None
    lines = note.text.decode("utf-8").splitlines()
    try:
        made = dt.datetime.strptime(lines[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
        keys = tuple(_key(line) for line in lines[3:])
        found = KeyList(made=made, until=dt.date.fromisoformat(lines[2]), keys=keys, signers=tuple(each.key for each in note.signatures))
    except (ValueError, IndexError, FoodtraceError):
        raise BadData("keylist.form", value=lines[0], expected=_HEAD) from None
    if format_list(found) != note.text or len({each.kid for each in keys}) != len(keys):
        raise BadData("keylist.form", value=lines[0], expected=_HEAD)
    return found


def newest(record: IssuerKey | None, listed: IssuerKey | None) -> IssuerKey | None:
    """Return what is known of a key from ledger and list (rule 4)."""
    if record is None or listed is None:
        return record or listed
    return msgspec.structs.replace(record, revoked=record.revoked or listed.revoked)


def _key(line: str) -> IssuerKey:
    """Read one line. Raises ``ValueError`` or a domain error when it is none."""
    match = _LINE.fullmatch(line)
    if match is None or OPERATOR.fullmatch(match["issuer"]) is None:
        raise ValueError(line)
    public = check_public_key(bytes.fromhex(match["public"]))
    if kid_of(match["issuer"], public).hex() != match["kid"]:
        raise ValueError(line)
    start, until = (None if match[name] == "-" else dt.date.fromisoformat(match[name]) for name in ("start", "until"))
    return IssuerKey(
        kid=match["kid"],
        public=match["public"],
        issuer=match["issuer"],
        valid_from=start,
        valid_until=until,
        revoked=match["state"] == "revoked",
    )
