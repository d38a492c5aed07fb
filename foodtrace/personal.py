"""Personal values: kept beside the log, never in it (DESIGN section 5, personal data).

Rules:

1. An entry holds ``HMAC-SHA-256(salt, field NUL value)`` with a fresh 32-byte salt; value and salt lie in a table from which
   rows can be deleted for good. Without the salt nobody can test a guess against the commitment.
2. Erasing deletes value and salt; the entry, its hash and its proofs stay. Readers then see "erased", which is different from
   "missing" (there never was a value) and from "tampered" (value and commitment differ).
3. On a retry, values are compared through the stored salts; an erased value counts as equal.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from foodtrace.errors import BadData

if TYPE_CHECKING:
    from foodtrace.storage.session import Session

FIELD: Final = re.compile(r"[a-z_]{1,20}")
MAX_VALUE: Final = 400
State: TypeAlias = Literal["present", "erased", "missing", "tampered"]


class Secret(NamedTuple):
    """A personal value with the salt of its commitment."""

    field: str
    salt: bytes
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.field}, ..)"


def commit(salt: bytes, field: str, value: str) -> str:
    """Return the commitment to a value, hex (rule 1)."""
    return hmac.digest(salt, field.encode() + b"\0" + value.encode(), "sha256").hex()


def seal(values: Mapping[str, str]) -> tuple[dict[str, str], list[Secret]]:
    """Return commitments by field, and what goes into the side table. Raises ``BadData`` (``personal.field``, ``personal.value``)."""
    import secrets  # noqa: PLC0415 - readers seal nothing

    commitments: dict[str, str] = {}
    kept: list[Secret] = []
    for field, value in sorted(values.items()):
        if not FIELD.fullmatch(field):
            raise BadData("personal.field", value=field, expected="a-z _")
        if not value or len(value) > MAX_VALUE or not _encodes(value):
            raise BadData("personal.value", value=field, expected=MAX_VALUE)
        salt = secrets.token_bytes(32)
        commitments[field] = commit(salt, field, value)
        kept.append(Secret(field, salt, value))
    return commitments, kept


def state(field: str, commitment: str | None, kept: Secret | None) -> State:
    """Say how a personal field stands (rule 2)."""
    if commitment is None:
        return "missing"
    if kept is None:
        return "erased"
    return "present" if hmac.compare_digest(commit(kept.salt, field, kept.value), commitment) else "tampered"


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def tampered(session: Session) -> list[tuple[int, int, str]]:
    """Return the values in the side table that do not fit their entry: (log, seq, field) (rule 2)."""
    found: list[tuple[int, int, str]] = []
    rows = session.stream(
        "SELECT p.log, p.seq, p.field, p.salt, p.value, e.bytes FROM personal AS p LEFT JOIN entry AS e ON e.log = p.log AND e.seq = p.seq "
        "ORDER BY p.log, p.seq, p.field"
    )
    for log, seq, field, salt, value, data in rows:
        if data is None or not fits(bytes(data), Secret(field, bytes(salt), value)):
            found.append((log, seq, field))
    return found


def fits(entry: bytes, kept: Secret) -> bool:
    """Say whether an entry's bytes commit to this value; the commitment stands in them in exactly one spelling."""
    return f'"{kept.field}":"{commit(kept.salt, kept.field, kept.value)}"'.encode() in entry
