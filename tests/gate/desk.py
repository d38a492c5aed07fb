"""A market with a gate, farms with keys, and certificates, for tests on a real ledger."""

import datetime as dt
from functools import partial
from pathlib import Path

import msgspec

from foodtrace import Ledger, Quantity
from foodtrace.certificate.payload import Payload, decode, encode
from foodtrace.events import Key, SellerFile
from foodtrace.gate.rules import load
from foodtrace.graph.edges import micros
from foodtrace.keys import SigningKey, kid
from foodtrace.operations import certificates, places, sellers
from foodtrace.operations.common import CHINA, Doing
from foodtrace.operations.sellers import Wish

NIGHT = dt.datetime(2026, 11, 24, 3, 40, tzinfo=CHINA)
RULES = load()


class Clock:
    """A clock that a test turns."""

    def __init__(self, now: dt.datetime = NIGHT) -> None:
        self.now = now

    def __call__(self) -> int:
        return micros(self.now)

    def later(self, **much: float) -> dt.datetime:
        self.now += dt.timedelta(**much)
        return self.now


class Market:
    """A ledger with a market, a farm whose seller file is in order, and its key."""

    def __init__(self, url: str, keys: Path, *, origin: str = "beihe.example/gate1", night: dt.datetime = NIGHT) -> None:
        self.clock = Clock(night - dt.timedelta(days=2))
        self.url = url
        self.ledger = Ledger.open(url, keys=keys, clock=self.clock)
        self.ledger.init(origin)
        made = self.site("永发合作社:farm", "北河农批:market", "福安超市:shop")
        self.farm, self.market, self.shop = (each[0] for each in made)
        self.key = SigningKey("farm", bytes(range(32)))
        self.count = 0
        self.certificate("芹菜", "1 kg")  # registers the key
        self.clock.now = night

    def site(self, *specs: str, **more: object) -> list[tuple[str, str, str, list[str]]]:
        doing = Doing(now=self.now())
        wanted = [tuple(each.split(":")) for each in specs]
        _, made = self.ledger.act(partial(places.add_sites, doing=doing, wanted=wanted, **more))  # type: ignore[arg-type]
        return made

    def now(self) -> dt.datetime:
        return self.clock.now

    def certificate(self, product: str, quantity: str, *, farm: str = "", key: SigningKey | None = None, days: int = 30) -> str:
        """Issue a certificate on record and return its code."""
        self.count += 1
        doing = Doing(now=self.now(), id=f"cert-{self.count}")
        _, issued = self.ledger.act(
            partial(
                certificates.issue,
                doing=doing,
                key=key or self.key,
                site=farm or self.farm,
                product=product,
                quantity=Quantity.parse(quantity),
                basis=("own_test",),
                valid_days=days,
            )
        )
        return str(issued.text)

    def forged(self, text: str, signer: SigningKey, *, as_kid: str = "", **changes: object) -> str:
        """Return a code like ``text`` with something changed, signed by somebody (``as_kid``: under whose key id)."""
        payload: Payload = msgspec.structs.replace(decode(text), signature=b"", **changes)
        if as_kid:
            payload = msgspec.structs.replace(payload, kid=kid(as_kid, signer.public))
        return encode(payload, signer.sign)

    def issuer_key(self, signer: SigningKey, issuer: str, action: str = "register", at: dt.datetime | None = None) -> None:
        now = at or self.now()
        event = Key(
            id=f"key-{issuer}-{action}",
            at=now,
            action=action,  # type: ignore[arg-type]
            use="issuer",
            public=signer.public.hex(),
            issuer=issuer,
            kid=kid(issuer, signer.public).hex(),
        )
        self.ledger.record([event])

    def file(self, seller: str, **more: object) -> None:
        self.ledger.record([SellerFile(id=f"file-{seller}-{self.count}", at=self.now(), site=self.market, seller=seller, **more)])  # type: ignore[arg-type]


def write_file(desk: Market, seller: str, wish: Wish, **more: object) -> str:
    """Write a seller file a minute later; return the operator it is of."""
    doing = Doing(now=desk.clock.later(minutes=1))
    _, operator = desk.ledger.act(lambda session: sellers.write_file(session, doing, desk.market, seller, wish, **more))  # type: ignore[arg-type]
    return str(operator)
