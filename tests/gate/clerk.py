"""A clerk at the counter of a market: types lines, remembers the screen, and what is on record afterwards."""

import datetime as dt

from foodtrace.events import Correction, GateShift, MarketEntry, Refusal, SellerFile
from foodtrace.events.canonical import decode
from foodtrace.operations.counter import Counter, Setting
from foodtrace.operations.slips import SlipText
from foodtrace.tlog.entry import event_bytes
from tests.gate.desk import RULES, Market


class Clerk:
    """A clerk at the counter: types lines, remembers the screen."""

    def __init__(self, desk: Market, lang: str = "zh", **setting: object) -> None:
        self.desk = desk
        self.slips: list[SlipText] = []
        writer = desk.ledger.writer()
        self.counter = Counter(
            desk.ledger,
            Setting(
                market=desk.market,
                name="北河农批",
                gate="1",
                origin=writer.origin,
                log=writer.number,
                rules=RULES,
                lang=lang,  # type: ignore[arg-type]
                slip=self._slip,
                **setting,  # type: ignore[arg-type]
            ),
        )
        self.screen: list[str] = []

    def _slip(self, slip: SlipText) -> str:
        self.slips.append(slip)
        return f"{slip.name}.png"

    def types(self, *lines: str, pause: float = 20) -> str:
        said: list[str] = []
        for line in lines:
            self.desk.clock.later(seconds=pause)
            said.append(self.counter.prompt)
            said += [each.text for each in self.counter.feed(line)]
        self.screen += said
        return "\n".join(said)

    def events(self) -> list[object]:
        with self.desk.ledger.reading() as session:
            rows = session.rows("SELECT bytes FROM entry ORDER BY log, seq")
        found = [decode(event_bytes(bytes(row[0]))) for row in rows]
        return [each for each in found if isinstance(each, (MarketEntry, Refusal, Correction, GateShift))]


def started(desk: Market, **more: object) -> Clerk:
    clerk = Clerk(desk, **more)  # type: ignore[arg-type]
    clerk.types("S-07")
    return clerk


def lot(text: str) -> str:
    return text.split("/")[5]


def grower(desk: Market, **kept: str) -> Clerk:
    """Give a clerk before whom a self-grower stands whose file names no kinds."""
    desk.site("老赵菜摊:stall", site_id="K-10")
    event = SellerFile(
        id="file-k10",
        at=desk.now(),
        site=desk.market,
        seller="K-10",
        card="K-10",
        agreement_until=dt.date(2027, 6, 30),
        sources=("北河村",),
    )
    desk.ledger.record([event], personal={event.id: kept} if kept else {})
    clerk = started(desk)
    clerk.types("K-10", "0", "4")
    return clerk
