"""Keys of certificate issuers: one is registered, or revoked, by an entry in a log whose word counts for that operator.

Whose word counts :mod:`foodtrace.operations.issuers` says. A public key is registered only if it is canonical and not of low order
(:func:`foodtrace.keys.check_public_key`). How an issuer's key changes together with its log's: :mod:`foodtrace.keeping.rotation`.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from foodtrace.errors import BadData, Conflict, NotFound, Refused
from foodtrace.events import Event, Key
from foodtrace.keeping.keyrows import issuer_keys
from foodtrace.keys import check_public_key, kid
from foodtrace.operations.common import Doing, Found, Outcome, about
from foodtrace.operations.issuers import heeded, key_word, own_logs
from foodtrace.storage.session import Session
from foodtrace.tlog.note import parse_verifier

_HEX_KEY: Final = 64


def public_of(given: str) -> bytes:
    """Return the public key of a verifier key text or of 64 hex digits. Raises ``BadData`` (``key.*``) for one that is weak."""
    text = given.strip()
    if len(text) == _HEX_KEY and set(text.lower()) <= set("0123456789abcdef"):
        return check_public_key(bytes.fromhex(text))
    return parse_verifier(text).public


def register_issuer(
    session: Session,
    doing: Doing,
    public: bytes,
    issuer: str,
    *,
    start: dt.date | None = None,
    until: dt.date | None = None,
    log: int | None = None,
) -> Outcome:
    """Register a key that signs an operator's certificates. Answer: the :class:`Key`.

    :param log: number of the log it will stand in; another operator's word would be without effect (:mod:`foodtrace.operations.issuers`).
    :raises BadData: ``key.weak``, ``key.not_canonical``, ``key.off_curve``, ``key.dates``. :raises Conflict: ``key.registered``.
    :raises Refused: ``key.not_theirs``: the operator has a log of its own, which is the one to say it.
    """
    check_public_key(public)
    if start is not None and until is not None and until < start:
        raise BadData("key.dates", value=until.isoformat(), expected=start.isoformat())
    number = kid(issuer, public).hex()
    if key_word(session, number) is not None:
        raise Conflict("key.registered", value=number, issuer=issuer)
    own = own_logs(session, issuer)
    if own and log is not None and log not in own:
        raise Refused("key.not_theirs", value=issuer, expected=issuer)
    event = Key(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        action="register",
        use="issuer",
        public=public.hex(),
        issuer=issuer,
        kid=number,
        valid_from=start,
        valid_until=until,
    )
    return Outcome(events=[event], answer=event)


def revoke_issuer(session: Session, doing: Doing, given: str, reason: str, *, log: int | None = None) -> Outcome:
    """Revoke a key that signs certificates, by its whole kid: a beginning may be another key's the next day. Answer: the :class:`Key`.

    :raises NotFound: ``key.not_registered``. :raises Conflict: ``key.revoked_before``.
    """
    known = issuer_keys(session)
    found = [row for row in known if row.key_id == given.lower()]
    if not found:
        near = [row.key_id for row in known if given and row.key_id.startswith(given.lower())] or [row.key_id for row in known]
        raise NotFound("key.not_registered", value=given, near=near[:5])
    row = found[0]
    word = key_word(session, row.key_id)
    old = None if word is None else word.event
    if not isinstance(old, Key) or old.action == "revoke":
        raise Conflict("key.revoked_before", value=row.key_id)
    made = Found(-1 if log is None else log, 2**53, msgspec.structs.replace(old, action="revoke", at=doing.now))
    if log is not None and made not in heeded(session, old.issuer, [*about(session, f"kid {row.key_id}", Key), made]):
        raise Refused("key.not_theirs", value=row.key_id, expected=row.log)
    event: Event = msgspec.structs.replace(
        old, id=doing.event_id(), at=doing.now, by=doing.by, action="revoke", reason=reason, previous=None, site=""
    )
    return Outcome(events=[event], answer=event)
