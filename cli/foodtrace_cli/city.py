"""The demo's city: writes the files its people would have, then reads them as any user's files.

Everything is fictitious (虚构): area 230199 is unassigned, names and telephone numbers are made up. One seed makes one city.
Each step returns one line about what it did. Files are written first; recording reads them through the same functions that
``foodtrace certificate``, ``gate`` and ``record`` use.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from foodtrace.certificate.draw import png
from foodtrace.certificate.label import Label
from foodtrace.certificate.payload import decode
from foodtrace.events import (
    BatchReleased,
    CertificateIssued,
    Event,
    FormulaBatch,
    Operator,
    Portion,
    Sale,
    SellerFile,
    Site,
    TestRecorded,
    Transfer,
    Transformation,
)
from foodtrace.events.base import Output
from foodtrace.events.canonical import encode
from foodtrace.gate.rules import load
from foodtrace.graph.edges import micros
from foodtrace.intake import read_events
from foodtrace.keys import SigningKey
from foodtrace.ledger import Ledger
from foodtrace.operations import cases, casestock, certificates, checks, disposal, market, notices
from foodtrace.operations.common import CHINA, Doing, Outcome
from foodtrace.quantity import Quantity
from foodtrace.recall.answer import recall
from foodtrace.recall.cases import load_case
from foodtrace.recall.said import OutletRow
from foodtrace.storage.session import Session
from foodtrace_cli.commands.record import LedgerDirectory
from foodtrace_cli.commands.scan import certificates_of
from foodtrace_cli.context import Context

_START = dt.datetime(2026, 10, 24, 4, 0, tzinfo=CHINA)
_PRODUCTS = ("芹菜", "西红柿", "黄瓜", "豆角", "菠菜", "土豆", "白菜", "茄子")
_GTIN = "06909999000012"
_HEADINGS = ("交易单号", "交易时间", "商户号", "品名", "批次", "数量", "单位", "买方", "单价")
_FARMS = 24
_TRUCKS = 10
_SHOPS_SELLING_FORMULA = 220


class City:
    """One city, one month."""

    def __init__(self, ctx: Context, db: Path, folder: Path, *, days: int, outlets: int, seed: int) -> None:
        self.ctx = ctx
        self.random = random.Random(seed)  # noqa: S311 - a demo, not a secret
        self.db = db
        self.folder = folder
        self.days = days
        self.now = _START
        self.shops = [f"S-{number:04d}" for number in range(1, outlets + 1)]
        self.farms = [f"F-{number:04d}" for number in range(1, _FARMS + 1)]
        self.stalls = [f"T-{number:04d}" for number in range(1, 41)]
        self.arrived: list[tuple[str, str, int, dt.date]] = []
        self.batches: list[str] = []
        self.verdicts: Counter[str] = Counter()
        self.celery = ""
        folder.mkdir(parents=True, exist_ok=True)
        keys = db.with_name(db.name + ".keys")
        # Its clock is the city's: a log in which nothing was written for the whole month is not a clock that jumped.
        ahead = dt.timedelta(days=days + 31)
        self.ledger = Ledger.open(str(db), keys=keys, clock=lambda: micros(self.now), clock_ahead=ahead)
        self.steps: list[tuple[str, Callable[[], str]]] = [
            ("register", self.register),
            ("labels", self.labels),
            ("gate", self.gate),
            ("settlement", self.settlement),
            ("formula", self.formula),
            ("recalls", self.recalls),
            ("verify", self.verify),
        ]

    # -- who there is ------------------------------------------------------------------------------------------------------

    def register(self) -> str:
        """Register operators, sites and seller files."""
        self.ledger.init("beihe.example/city", operator="M-0001")
        for name in ("js", "g1", "plant", "till"):
            self.ledger.init(f"beihe.example/{name}", operator="M-0001")
        places = [("M-0001", "北河农批", "market", ""), ("P-0001", "小北乳业", "plant", ""), ("O-0001", "远岸油脂", "processor", "")]
        places += [("W-0001", "北河配送", "distributor", "")]
        places += [(each, f"{'永丰春和'[n % 4]}{'发兴达远'[n // 4 % 4]}合作社{n}", "farm", "") for n, each in enumerate(self.farms, 1)]
        places += [(each, f"北河农批{n}号档", "stall", "M-0001") for n, each in enumerate(self.stalls, 1)]
        names, ends = "福惠顺东老安兴隆", ("超市", "菜店", "便民店", "饺子馆", "生鲜")
        kinds = ("shop", "shop", "shop", "restaurant", "shop")
        for n, each in enumerate(self.shops, 1):
            places.append((each, f"{names[n % 8]}{names[n // 8 % 8]}{ends[n % 5]}{n}", kinds[n % 5], ""))
        events: list[Event] = []
        personal: dict[str, dict[str, str]] = {}
        for site, name, kind, parent in places:
            events.append(Operator(id=f"op-{site}", at=self.now, operator=site, kind="household"))
            event = Site(id=f"site-{site}", at=self.now, site=site, operator=site, kind=kind, name=name, parent=parent)  # type: ignore[arg-type]
            events.append(event)
            number = int(site.rsplit("-", 1)[1])
            personal[event.id] = {"phone": f"0451-555-{number:04d}", "contact": f"联系人{number}", "address": f"北河市虚构路{number}号"}
        for each in (*self.farms, *self.stalls):
            if each != self.farms[-1]:  # the last farm never came to the service desk
                until = dt.date(2027, 6, 30)
                card = each if each.startswith("T-") else ""
                events.append(
                    SellerFile(id=f"file-{each}", at=self.now, site="M-0001", seller=each, stall=card, card=card, agreement_until=until)
                )
        self.ledger.record(events, personal=personal, log="beihe.example/city")
        return f"{len(places):,}"

    # -- farms and gate ----------------------------------------------------------------------------------------------------

    def labels(self) -> str:
        """Farms issue certificates; each label is a PNG file."""
        (self.folder / "labels").mkdir(exist_ok=True)
        key = self.ledger.writer("beihe.example/city").key
        self.trucks: list[tuple[dt.datetime, Path, int]] = []
        for day in range(self.days):
            for truck in range(_TRUCKS):
                self.now = max(self.now, _START + dt.timedelta(days=day, minutes=truck * 2))
                farm = self.farms[(day * _TRUCKS + truck) % _FARMS]
                weight = self.random.randrange(200, 1200) * 1000
                product = _PRODUCTS[self.random.randrange(len(_PRODUCTS))]
                doing = Doing(now=self.now, id=f"C{day:02d}{truck:02d}")
                size = Quantity(weight, "g")
                _, issued = self.ledger.act(
                    partial(_issue, doing=doing, key=key, farm=farm, product=product, size=size),
                    log="beihe.example/city",
                )
                path = self.folder / "labels" / f"{issued.event.lot.replace('/', '_')}.png"
                made = Label(payload=decode(issued.text), product=product, origin=issued.event.origin, issuer=f"合作社 {farm}")
                path.write_bytes(png(made))
                scale = weight + (60_000 if (day * _TRUCKS + truck) % 37 == 0 else -self.random.randrange(0, 5000))
                self.trucks.append((self.now + dt.timedelta(minutes=20), path, scale))
        return f"{len(self.trucks)} PNG"

    def gate(self) -> str:
        """Read the labels back at the gate from the PNG files and decide on every truck."""
        rules = load()
        end = self.now
        for number, (arrives, path, scale) in enumerate(self.trucks):
            self.now = max(end, arrives)
            (text,) = certificates_of(str(path))
            doing = Doing(now=arrives, id=f"G{number:04d}")
            _, answer = self.ledger.act(
                partial(market.admit, doing=doing, rules=rules, text=text, market="M-0001", weight=Quantity(scale, "g")),
                log="beihe.example/g1",
            )
            self.verdicts[answer.verdict] += 1
            if answer.verdict == "admit":
                self.arrived.append((answer.lot, answer.product, scale, arrives.date()))
        self.celery = next((lot for lot, product, _, _ in reversed(self.arrived) if product == "芹菜"), self.arrived[-1][0])
        return " ".join(f"{self.ctx.t('gate.verdict.' + word)} {count}" for word, count in sorted(self.verdicts.items()))

    # -- stalls and shops --------------------------------------------------------------------------------------------------

    def settlement(self) -> str:
        """Write one settlement file a day, two of them GB18030, and record them as any user's files."""
        moved = [
            Transfer(
                id=f"STALL-{number:05d}",
                at=dt.datetime.combine(day, dt.time(4, 50), tzinfo=CHINA),
                site="M-0001",
                to=self.stalls[number % len(self.stalls)],
                lot=lot,
                quantity=Quantity(scale, "g"),
            )
            for number, (lot, _, scale, day) in enumerate(self.arrived)
        ]
        self.ledger.record(moved, log="beihe.example/js")
        folder = self.folder / "settlement"
        folder.mkdir(exist_ok=True)
        per_day = max(1, 42_000 // self.days)
        files: list[Path] = []
        for day in range(self.days):
            date = (_START + dt.timedelta(days=day)).date()
            lots = [(number, each) for number, each in enumerate(self.arrived) if each[3] == date]
            if lots:
                files.append(self._settlement_file(folder, day, date, lots, per_day))
        total = 0
        for path in files:
            with self.ledger.reading() as session:
                found = read_events(path, directory=LedgerDirectory(session), site="M-0001", kind="transfer")
            if found.bad:
                message = f"{path}: {[fault.code for row in found.bad[:3] for fault in row.faults]}"
                raise RuntimeError(message)
            self.ledger.record(found.events, log="beihe.example/js")
            total += len(found.events)
        return f"{len(files)} CSV, {total:,}"

    def _settlement_file(self, folder: Path, day: int, date: dt.date, lots: list[tuple[int, Any]], count: int) -> Path:
        left = {number: each[2] for number, each in lots}
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerow(_HEADINGS)
        for row in range(count):
            number, (lot, product, _, _) = lots[row % len(lots)]
            size = min(self.random.randrange(1, 9) * 500, left[number])
            if size < 500:  # noqa: PLR2004 - less than one 斤 is left
                continue
            left[number] -= size
            minute = f"{date:%Y-%m-%d} {5 + row % 3:02d}:{row % 60:02d}"
            stall = self.stalls[number % len(self.stalls)]
            shop = self.shops[self.random.randrange(len(self.shops))]
            writer.writerow((f"JS{date:%y%m%d}-{row:04d}", minute, stall, product, lot, size // 500, "斤", shop, "2.5"))
        path = folder / f"结算_{date:%Y%m%d}.csv"
        path.write_bytes(stream.getvalue().encode("gb18030" if day % 15 == 3 else "utf-8"))  # noqa: PLR2004 - now and then
        return path

    # -- formula -----------------------------------------------------------------------------------------------------------

    def formula(self) -> str:
        """Put an oil lot into two of five batches, bring the batches to shops, sell cans from a JSON-lines till file."""
        oil, milk = "O-0001/ARA-2607-118", "P-0001/MILK-01"
        at = self.now
        made: list[Event] = [
            CertificateIssued(
                id="oil",
                at=at,
                site="O-0001",
                lot=oil,
                serial="1",
                issuer="O-0001",
                product="ARA 油",
                quantity=Quantity(50_000, "g"),
            ),
            CertificateIssued(
                id="milk",
                at=at,
                site="P-0001",
                lot=milk,
                serial="1",
                issuer="P-0001",
                product="基粉",
                quantity=Quantity(9_000_000, "g"),
            ),
            Transfer(id="oil-out", at=at, site="O-0001", to="P-0001", lot=oil, quantity=Quantity(40_000, "g")),
            Transformation(
                id="other-oil",
                at=at,
                site="P-0001",
                kind="process",
                inputs=(Portion(milk, Quantity(100_000, "g")),),
                outputs=(Output(lot="P-0001/OTHER-OIL", quantity=Quantity(90_000, "g"), product="其他油"),),
            ),
        ]
        cans = 1_500
        for number in range(5):
            lot = f"{_GTIN}/B2609{12 + number}A"
            self.batches.append(lot)
            oil_lot = oil if number in (1, 3) else "P-0001/OTHER-OIL"
            inputs = (Portion(milk, Quantity(1_200_000, "g")), Portion(oil_lot, Quantity(15_000, "g")))
            made += [
                FormulaBatch(
                    id=f"batch-{number}",
                    at=at,
                    site="P-0001",
                    lot=lot,
                    product="小北1段 900 g",
                    registration="国食注字YP20269901",
                    inputs=inputs,
                    quantity=Quantity(cans, "piece"),
                    content=Quantity(900, "g"),
                    produced=dt.date(2026, 9, 12),
                    expiry=dt.date(2028, 9, 11),
                ),
                BatchReleased(id=f"release-{number}", at=at, site="P-0001", lot=lot, certificate=f"CJ-{number:04d}"),
                Transfer(id=f"dist-{number}", at=at, site="P-0001", to="W-0001", lot=lot, quantity=Quantity(cans - 60, "piece")),
            ]
        self.ledger.record(made, log="beihe.example/plant")
        shops = self.shops[: min(_SHOPS_SELLING_FORMULA, len(self.shops))]
        moves: list[Event] = []
        stock: list[tuple[str, str, int]] = []
        for number, lot in enumerate(self.batches):
            for shop in shops[number % 3 :: 2]:
                got = self.random.randrange(6, 13)
                moves.append(
                    Transfer(
                        id=f"D-{number}-{shop}", at=at, site="W-0001", to=shop, lot=lot, quantity=Quantity(got, "piece"), in_transit=False
                    )
                )
                stock.append((shop, lot, got))
        self.ledger.record(moves, log="beihe.example/plant")
        till = self.folder / "till.jsonl"
        with till.open("wb") as file:
            for shop, lot, got in stock:
                for can in range(self.random.randrange(0, got)):
                    event = Sale(
                        id=f"POS-{shop}-{lot[-7:]}-{can}",
                        at=at,
                        site=shop,
                        lot=lot,
                        quantity=Quantity(1, "piece"),
                        serial=f"{lot[-7:]}{shop[2:]}{can:02d}",
                    )
                    file.write(encode(event) + b"\n")
        with self.ledger.reading() as session:
            found = read_events(till, directory=LedgerDirectory(session))
        self.ledger.record(found.events, log="beihe.example/till")
        return f"{len(self.batches)}, {len(moves)} + {len(found.events):,}"

    # -- recalls -----------------------------------------------------------------------------------------------------------

    def recalls(self) -> str:
        """Recall the celery lot after a positive rapid test, then the oil lot with every batch made from it."""
        self.now += dt.timedelta(hours=6)
        test = TestRecorded(
            id="T-1", at=self.now, site="M-0001", lot=self.celery, sample="S-1", item="有机磷", verdict="positive", inhibition=62_300
        )
        self.ledger.record([test], log="beihe.example/g1")
        self.outcome = [
            self._recall(self.celery, 2, "毒死蜱 0.31 mg/kg, 限量 0.05"),
            self._recall("O-0001/ARA-2607-118", 1, "蜡样芽孢杆菌毒素"),
        ]
        return "2"

    def _recall(self, lot: str, level: int, reason: str) -> tuple[str, str, Any]:
        known = self.now
        self.now += dt.timedelta(minutes=20)
        log = "beihe.example/city"

        def act(work: Callable[[Any, Doing], Any], name: str) -> Any:
            doing = Doing(now=self.now, id=f"{name}-{lot.rpartition('/')[2]}")
            return self.ledger.act(lambda session: work(session, doing), log=log)[1]

        operator = "P-0001" if level == 1 else ""
        advice = "请先停用, 带来退款, 没有小票也可以"
        opening = partial(cases.open_case, level=level, known=known, reason=reason, operator=operator, advice=advice)
        seed = checks.make_seed(self.ledger.keys)
        case = act(lambda s, d: opening(s, d, [lot], sample=seed), "open").case
        act(lambda s, d: cases.publish(s, d, case), "publish")
        act(lambda s, d: notices.notify(s, d, case), "notify")
        self.now += dt.timedelta(hours=3)
        with self.ledger.reading() as session:
            answer = recall(session, (), now=micros(self.now), case=load_case(session, case))
        back = "M-0001" if level != 1 else "P-0001"
        for number, row in enumerate(answer.outlets):
            if number % 6 == 5:  # noqa: PLR2004 - one in six never answers
                continue
            counted = _counted(row)
            act(partial(_acknowledge, case=case, site=row.site, lots=row.lots, counted=counted), f"ack-{row.site}")
            for held in row.lots:
                what = "return" if number % 3 else "destroy"
                if any(amount.likely for amount in row.amounts):
                    self._dispose(act, case, row.site, held, what, back, counted.get(held))
        with self.ledger.reading() as session:
            return case, lot, recall(session, (), now=micros(self.now), case=load_case(session, case))

    def _dispose(self, act: Any, case: str, site: str, lot: str, what: str, back: str, quantity: Quantity | None) -> None:
        from foodtrace.errors import Refused  # noqa: PLC0415

        try:
            work = partial(_disposed, what=what, case=case, site=site, lot=lot, quantity=quantity, back=back)
            act(work, f"{what}-{site}-{lot[-6:]}")
        except Refused as error:
            if error.code not in ("case.nothing_there", "case.all_sealed"):
                raise

    # -- the end -----------------------------------------------------------------------------------------------------------

    def verify(self) -> str:
        """Verify everything."""
        found = self.ledger.verify()
        if not found.ok:
            message = f"the demo's ledger does not verify: {found.findings[:3]}"
            raise RuntimeError(message)
        self.verified = found
        return f"{found.entries:,}"

    def entries(self) -> int:
        """Return how many entries the ledger has."""
        return sum(each.size for each in self.ledger.logs())

    def closing(self) -> list[str]:
        """Return the last lines: what the recalls came to, and commands to try."""
        t = self.ctx.t
        lines = []
        for case, lot, answer in self.outcome:
            rates = {name: answer.rates[name].percent or "-" for name in ("R1", "R2", "R3")}
            lines.append(t("demo.recall", case=case, lot=lot, outlets=len(answer.outlets), lots=answer.lots_affected, **rates))
        lines.append(t("demo.verified", logs=len(self.verified.logs), entries=f"{self.verified.entries:,}"))
        lines += ["", t("demo.try")]
        lines += [
            f"  foodtrace --db {self.db} recall ARA-2607-118",
            f"  foodtrace --db {self.db} case status {self.outcome[0][0]}",
            f"  foodtrace --db {self.db} trace {self.batches[1]} --back",
            f"  foodtrace --db {self.db} recall {self.celery} --csv -",
            f"  foodtrace --db {self.db} verify",
        ]
        return lines


def _issue(session: Session, *, doing: Doing, key: SigningKey, farm: str, product: str, size: Quantity) -> Outcome:
    return certificates.issue(session, doing, key, farm, product, size, ("quality_control",), origin="北河市 (虚构)", valid_days=20)


def _counted(row: OutletRow) -> dict[str, Quantity]:
    """Return what a shop that keeps no books finds of its only lot: all that came. Nothing for one that has several, or keeps books."""
    unknown = [each for each in row.amounts if each.on_hand is None and each.likely]
    return {row.lots[0]: Quantity(unknown[0].likely, unknown[0].unit)} if len(row.lots) == len(unknown) == 1 else {}  # type: ignore[arg-type]


def _acknowledge(session: Session, doing: Doing, *, case: str, site: str, lots: Sequence[str], counted: Mapping[str, Quantity]) -> Outcome:
    there = counted or {lot: most for lot in lots if (most := casestock.unknown_there(session, doing, case, site, lot))}
    return notices.acknowledge(session, doing, case, site, list(there.items()))


def _disposed(
    session: Session, doing: Doing, *, what: str, case: str, site: str, lot: str, quantity: Quantity | None, back: str
) -> Outcome:
    return disposal.dispose(session, doing, what, case, site, lot, quantity, to=back, witness="INSP-07")
