"""A gate's counter to type anything at: its keys, and the place that stays while many lines are typed."""

from pathlib import Path

from foodtrace.events import MarketEntry
from foodtrace.events.canonical import decode
from foodtrace.operations.counter import Counter, Setting
from foodtrace.tlog.entry import event_bytes
from tests.gate.desk import RULES, Market

KEYS = ["", ".", "*", "+", "-", "/", "**", "0", "1", "2", "3", "撤销", "交班", "482", "600-118", "24*20", "S-07", "A-17", "-1", "-9"]


class Place:
    """One ledger for all examples: what an earlier one left behind is part of the game."""

    def __init__(self, folder: Path) -> None:
        self.desk = Market(str(folder / "fuzz.db"), folder / "keys")
        self.texts = [self.desk.certificate("西红柿", "500 kg") for _ in range(4)]
        self.genuine = {(each.split("/")[4] + "/" + each.split("/")[5]) for each in self.texts}

    def counter(self) -> Counter:
        writer = self.desk.ledger.writer()
        setting = Setting(
            market=self.desk.market, name="北河农批", gate="1", origin=writer.origin, log=writer.number, rules=RULES, lang="zh"
        )
        return Counter(self.desk.ledger, setting)

    def certified(self) -> list[MarketEntry]:
        with self.desk.ledger.reading() as session:
            rows = session.rows("SELECT bytes FROM entry")
        events = [decode(event_bytes(bytes(row[0]))) for row in rows]
        return [each for each in events if isinstance(each, MarketEntry) and each.certified]
