"""Key lists of a ledger: making one for the gates, and opening one that a gate was given.

Rules:

1. A list names every issuer's key on record, the revoked ones too: silence would say "unknown", which is another answer.
2. It is signed by the key of the log that this host writes.
3. Whose lists are trusted: the keys in force of the logs in this database, and the verifier keys that the caller names.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from foodtrace.certificate.keylist import LIFETIME, MAX_FILE, IssuerKey, KeyList, parse_list, sign_list
from foodtrace.errors import BadData, NotFound, Storage
from foodtrace.keeping.host import Host
from foodtrace.keeping.keyrows import issuer_keys, own_keys
from foodtrace.keys import format_vkey
from foodtrace.storage.session import Session
from foodtrace.tlog.note import Verifier, parse_verifier

__all__ = ["export", "listed", "open_list", "save_list", "trusted"]

MOST_DAYS = 3_660


def listed(session: Session, now: dt.datetime, days: int = LIFETIME.days) -> KeyList:
    """Return the list of every issuer's key on record (rule 1).

    :param now: aware; :param days: how long the list is good for, 1 to 3,660.
    :raises BadData: ``keylist.days``, ``keylist.none``.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BadData("keylist.days", value=days, expected=f"1 .. {MOST_DAYS:,}")
    keys = [
        IssuerKey(
            kid=each.key_id,
            public=each.public,
            issuer=each.name,
            valid_from=each.valid_from,
            valid_until=each.valid_until,
            revoked=each.state == "revoked",
        )
        for each in issuer_keys(session)
        if each.state != "no_effect"  # nobody who may has said anything of it: unknown is the right answer
    ]
    if not keys:
        raise BadData("keylist.none", value=0)
    made = now.astimezone(dt.UTC).replace(microsecond=0)
    until = now.date() + dt.timedelta(days=days)
    return KeyList(made=made, until=until, keys=tuple(sorted(keys, key=lambda each: each.kid)))


def export(host: Host, now: dt.datetime, days: int = LIFETIME.days) -> tuple[bytes, KeyList, str]:
    """Return the signed list, what it says, and the verifier key of its signer (rule 2). Errors as :func:`listed`."""
    writer = host.writer()
    with host.store.read() as session:
        found = listed(session, now, days)
    return sign_list(found, writer.key), found, writer.key.vkey


def trusted(session: Session | None, signers: Sequence[str] = ()) -> list[Verifier]:
    """Return the keys whose lists count (rule 3).

    :param signers: verifier keys as text. :raises BadData: ``key.*`` when one of them is none.
    """
    named = [parse_verifier(each.strip()) for each in signers]
    own = [each for each in own_keys(session) if each.state == "in_force"] if session is not None else []
    return [*named, *(parse_verifier(format_vkey(each.name, bytes.fromhex(each.public))) for each in own)]


def open_list(path: str | os.PathLike[str], verifiers: Sequence[Verifier]) -> KeyList:
    """Read a key list from a file.

    :raises NotFound: ``keylist.not_found``. :raises Storage: ``keylist.storage``.
    :raises FoodtraceError: as :func:`foodtrace.certificate.keylist.parse_list`.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise NotFound("keylist.not_found", value=str(path)) from None
    except OSError as error:
        raise Storage("keylist.storage", value=str(path), reason=error.strerror or type(error).__name__) from None
    return parse_list(data, verifiers)


def save_list(path: Path, data: bytes) -> None:
    """Write a list to a file, whole or not at all. Raises ``Storage`` (``keylist.storage``)."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        part.write_bytes(data)
        if path.exists() and not path.is_file():
            raise FileExistsError(errno.EEXIST, "not a file")  # a device or a pipe is not given up for a file of its name
        part.replace(path)
    except OSError as error:
        raise Storage("keylist.storage", value=str(path), reason=error.strerror or type(error).__name__) from None
    finally:
        with suppress(OSError):
            part.unlink()
