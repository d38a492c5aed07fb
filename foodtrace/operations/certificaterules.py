"""What must hold before a certificate is signed: the site, the bases, the goods, what was taken in, the licence and the key.

The rules are those of :mod:`foodtrace.operations.certificates`, by their numbers there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from foodtrace.certificate.payload import BASES
from foodtrace.errors import BadData, Refused
from foodtrace.events import Event, Key, Licence, Operator, Portion, Site
from foodtrace.identifiers import licence as licences
from foodtrace.keys import SigningKey, kid
from foodtrace.operations.common import Doing, latest
from foodtrace.operations.issuers import in_force, issuer_key, keys_in_force
from foodtrace.operations.places import describe
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

LICENCE_DUE: Final[dict[str, licences.Kind]] = {"processor": "SC", "plant": "SC"}
"""Kind of site -> kind of licence that is due there before it may certify goods (rule 4)."""


def certifying_site(session: Session, site: str) -> Site:
    """Return a site that is registered and not closed (rule 4)."""
    found = describe(session, site)
    if found is None or found[0].closed:
        raise BadData("certificate.no_site", value=site)
    return found[0]


def checked_bases(basis: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the bases, each once, in the order of the form (rule 1)."""
    if not basis:
        raise BadData("certificate.basis_missing", value="-", expected=", ".join(known))
    unknown = [each for each in basis if each not in known]
    if unknown:
        raise BadData("certificate.basis_unknown", value=unknown[0], expected=", ".join(known))
    return tuple(each for each in BASES if each in basis)


def check_goods(product: str, quantity: Quantity) -> None:
    """Refuse goods without a name, and a quantity of nothing."""
    if not product.strip():
        raise BadData("certificate.product", value=product)
    if quantity.value == 0:
        raise BadData("quantity.zero", value=quantity)


def check_style(style: int, upstream: Sequence[Portion], papers: Sequence[str]) -> None:
    """Refuse a style that does not fit what is named (rule 5): a collector names what it took in, a producer takes nothing in."""
    named = bool(upstream or papers)
    if style == 2 and not named:  # noqa: PLR2004 - style 2
        raise BadData("certificate.no_upstream", value="-", expected="--from LOT=500kg, --paper NUMBER")
    if style == 1 and named:
        raise BadData("certificate.style", value=1, expected=2)
    zero = next((each for each in upstream if each.quantity.value == 0), None)
    if zero is not None:
        raise BadData("quantity.zero", value=zero.quantity)


def last_day(day: dt.date, valid_days: int) -> dt.date:
    """Return the last day on which a certificate is valid that is valid for so many days."""
    try:
        return day + dt.timedelta(days=valid_days)
    except OverflowError:
        raise BadData("certificate.dates", value=valid_days, expected="2020-01-01 .. 2119-12-31") from None


def check_licence(session: Session, place: Site, day: dt.date) -> None:
    """Refuse to certify where a licence is due and none is in force (rule 4)."""
    due = LICENCE_DUE.get(place.kind)
    if due is None:
        return
    operator = latest(session, f"operator {place.operator}", Operator)
    every: list[Licence] = [*([place.licence] if place.licence else []), *(operator.licences if isinstance(operator, Operator) else ())]
    named = [each for each in every if each.number.upper().startswith(due)]
    if not named:
        raise Refused("certificate.licence_missing", value=place.site, expected=due)
    sound = [each for each in named if licences.is_valid(each.number)]
    if not sound:
        raise Refused("certificate.licence_form", value=named[0].number, expected=due)
    if all(each.valid_until is not None and each.valid_until < day for each in sound):
        last = max(each.valid_until for each in sound if each.valid_until is not None)
        raise Refused("certificate.licence_expired", value=sound[0].number, expected=last.isoformat())


def signing_key(
    session: Session, doing: Doing, key: SigningKey, place: Site, *, new: bool, register: bool = True
) -> tuple[bytes, list[Event]]:
    """Return the key's id for this issuer, and the entry that registers it if it is new (rule 2)."""
    issuer, day = place.operator, doing.now.date()
    key_id = kid(issuer, key.public)
    found = issuer_key(session, key_id.hex())
    if found is not None:
        if found.action == "revoke":
            raise Refused("certificate.key_revoked", value=key_id.hex(), expected=issuer)
        if not in_force(found, day):
            raise Refused("certificate.key_outdated", value=key_id.hex(), expected=f"{found.valid_from or ''} .. {found.valid_until or ''}")
        return key_id, []
    others = keys_in_force(session, issuer, day)
    if not register or (others and not new):
        raise Refused(
            "certificate.key_not_issuers", value=key_id.hex(), expected=", ".join(each.kid for each in others) or "-", issuer=issuer
        )
    entry = Key(
        id=doing.event_id("-key"),
        at=doing.now,
        by=doing.by,
        site=place.site,
        action="register",
        use="issuer",
        public=key.public.hex(),
        issuer=issuer,
        kid=key_id.hex(),
    )
    return key_id, [entry]
