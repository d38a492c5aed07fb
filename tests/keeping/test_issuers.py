"""Who may say which key signs an operator's certificates; what others say is listed and has no effect."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Key
from foodtrace.keeping.issuerkeys import register_issuer, revoke_issuer
from foodtrace.keeping.keylists import listed
from foodtrace.keeping.keyrows import issuer_keys
from foodtrace.keys import SigningKey, kid
from foodtrace.operations.common import Doing, Outcome, local
from foodtrace.operations.issuers import issuer_key, keys_in_force
from foodtrace.storage.session import Session

ISSUER = "F-1"
KEYS = [SigningKey("x", bytes([n] * 32)) for n in (1, 2)]
KIDS = [kid(ISSUER, each.public).hex() for each in KEYS]
TODAY = dt.date(2026, 11, 24)


def told(ledger: Ledger, log: str, number: int, action: str = "register") -> None:
    """Put a key entry on record as a program does that asks nobody."""
    key = Key(
        id=f"{log}-{number}-{action}",
        at=local(ledger.clock()),
        action=action,  # type: ignore[arg-type]
        use="issuer",
        public=KEYS[number].public.hex(),
        issuer=ISSUER,
        kid=KIDS[number],
    )
    ledger.record([key], log=log)


def known(ledger: Ledger) -> list[str]:
    """Return the kids that a gate would take for the issuer's."""
    with ledger.reading() as session:
        held = [each for each in KIDS if (found := issuer_key(session, each)) is not None and found.action != "revoke"]
        assert sorted(each.kid for each in keys_in_force(session, ISSUER, TODAY)) == sorted(held)
        return held


def states(ledger: Ledger) -> dict[str, str]:
    with ledger.reading() as session:
        return {row.key_id: row.state for row in issuer_keys(session)}


def test_an_operator_with_a_log_of_its_own_speaks_for_itself_alone(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/farm", operator=ISSUER)
        ledger.init("city/market", operator="M-1")
        told(ledger, "city/farm", 0)
        told(ledger, "city/market", 1)  # a key of somebody else's in the farm's name
        told(ledger, "city/market", 0, "revoke")  # and the farm's own put out of force
        assert known(ledger) == [KIDS[0]]
        assert states(ledger) == {KIDS[0]: "registered", KIDS[1]: "no_effect"}
        with ledger.reading() as session:
            assert [each.kid for each in listed(session, local(ledger.clock())).keys] == [KIDS[0]]
        assert ledger.verify().ok


def test_whoever_vouches_for_an_operator_without_a_log_is_the_one_to_revoke(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/market", operator="M-1")
        ledger.init("city/other", operator="M-2")
        told(ledger, "city/market", 0)
        told(ledger, "city/other", 0, "revoke")
        assert known(ledger) == [KIDS[0]], "who never vouched for a key cannot put it out of force"
        told(ledger, "city/other", 1)
        assert known(ledger) == KIDS
        told(ledger, "city/market", 0, "revoke")
        assert known(ledger) == [KIDS[1]]
        assert states(ledger) == {KIDS[0]: "revoked", KIDS[1]: "registered"}


def test_what_would_have_no_effect_is_refused_with_a_reason(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/farm", operator=ISSUER)
        ledger.init("city/market", operator="M-1")
        doing = Doing(now=local(ledger.clock()), by="1")

        def register(session: Session) -> Outcome:
            return register_issuer(session, doing, KEYS[1].public, ISSUER, log=ledger.writer("city/market").number)

        def revoke(session: Session) -> Outcome:
            return revoke_issuer(session, doing, KIDS[0], "x", log=ledger.writer("city/market").number)

        told(ledger, "city/farm", 0)
        ledger.writer("city/market")
        for decide in (register, revoke):
            with pytest.raises(errors.Refused) as caught:
                ledger.act(decide, log="city/market")
            assert caught.value.code == "key.not_theirs"
