"""The counter's loop: staff card, scans and commands, undoing, the end of a shift."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from foodtrace.certificate.scan import Scan, classify_line
from foodtrace.errors import BadData, FoodtraceError, Integrity, Storage
from foodtrace.gate import pad, screen
from foodtrace.gate.screen import Said
from foodtrace.gate.slip import parse_slip
from foodtrace.gate.staffcard import looks_like_card
from foodtrace.operations import held, shift, slips, staff
from foodtrace.operations.common import Doing
from foodtrace.operations.counter.base import Books, Setting
from foodtrace.operations.counter.weigh import Weighs
from foodtrace.operations.gatefacts import Truck
from foodtrace.operations.market import GateAnswer
from foodtrace.quantity import Quantity


class Counter(Weighs):
    """One gate's counter; feed it lines until :attr:`finished`."""

    def __init__(self, books: Books, setting: Setting) -> None:
        super().__init__(books, setting)
        self._ask, self._scan = self._card_line, self._scan_line

    @property
    def prompt(self) -> str:
        """What to print before the next line is read."""
        return self._prompts.get(self._ask.__name__, lambda: self._t("counter.prompt.scan"))()

    @property
    def secret(self) -> bool:
        """Whether the next line is a staff card's secret, which no screen should keep."""
        return self._ask == self._card_line and self._carded_staff()

    def feed(self, line: str) -> list[Said]:
        """Take one line; return what to print. Raises ``Integrity`` and ``Storage`` only."""
        if looks_like_card(line) and self._ask != self._card_line:
            return [Said(self._t("counter.staff_card"))]  # never into a record (rule 6)
        try:
            return self._ask(line)
        except (Integrity, Storage):
            raise
        except FoodtraceError as error:
            return self._error(error)

    def close(self) -> list[Said]:
        """Take note that no more lines come: a hold that nobody chose about is recorded as left for the supervisor (rule 2)."""
        lines: list[Said] = []
        if self._ask == self._choice_line and self._pending is not None:
            lines = [Said(self._t("counter.choice_open")), *self.feed("3")]
        elif self._pending is not None:
            lines = self._drop()
        if not self.finished and self._start:
            lines.append(Said(self._t("counter.left_running")))
        return lines

    def _card_line(self, line: str) -> list[Said]:
        given = pad.folded(line)
        if not given:
            return []
        now = self._now()
        with self._books.reading() as session:
            who = staff.prove(session, self._set.market, self._set.log, given, now.date())
        by = who.number
        doing = Doing(now=now, by=by)
        _, began = self._books.act(partial(shift.begin, doing=doing, market=self._set.market, gate=self._set.gate, card=who.card))
        self._by, self._start = by, began.id
        self._count_again()
        self._commit_seeds()
        self._ask = self._scan_line
        key = "counter.continued" if began.at != now else "counter.began"
        greeting = self._t(key, by=by, time=f"{began.at.astimezone(now.tzinfo):%m-%d %H:%M}")
        proven = "" if who.card else "  " + self._t("counter.unproven")
        return [Said(greeting + proven), *self._ended_list(), *self._header()]

    def _carded_staff(self) -> bool:
        with self._books.reading() as session:
            return staff.in_use(session, self._set.market, self._set.log)

    def _scan_line(self, line: str) -> list[Said]:
        command = pad.command(line)
        if command is not None:
            return self._command(*command)
        other = pad.dated(line, self._now().date())
        if other is not None:
            return self._undo_asked(*other)
        return self._scanned(line)

    def _scanned(self, line: str) -> list[Said]:
        """Take what a scanner read, or 0 for goods without a code."""
        given = pad.folded(line)
        if not given:
            return []
        if given == "0":
            return self._begin(Truck(seller=self._carded()), self._goods_line)
        slip = parse_slip(given)
        if slip is not None:
            return self._slip_scanned(slip)
        file = self._card(given) if len(given) <= 80 and "://" not in given else None  # noqa: PLR2004 - longest card number
        if file is not None:
            return file
        found = classify_line(line, hosts=self._set.hosts)
        if found[0].kind in ("other", "input_method") and self._is_weight(given):
            return [Said(f"{screen.bracket('again', self._set.lang)}  {self._t('counter.first_scan')}", "again")]
        if len(found) > 1:
            return self._again(BadData("scan.several", value=len(found), expected=1))
        return self._code(found[0])

    def _is_weight(self, given: str) -> bool:
        try:
            pad.weight(given, self._unit)
        except FoodtraceError:
            return False
        return True

    def _command(self, name: pad.Command, number: int) -> list[Said]:
        if name == "unit":
            self._unit = "斤" if self._unit == "kg" else "kg"
            return [Said(self._t("counter.unit", unit=self._unit_word()))]
        if name == "help":
            return self._help()
        if name == "end":
            return self._end()
        if name == "undo":
            return self._undo_asked(number)
        if self._last is None:
            return [Said(self._t("counter.nothing_yet"))]
        if name == "slip":
            return self._print(self._last)
        return screen.details(self._last.decision, self._set.lang)

    def _code(self, found: Scan) -> list[Said]:
        lines = [Said(self._t("counter.mended.wide"))] if {"wide", "punctuation"} & set(found.mended) else []
        if found.kind == "input_method":
            return [*lines, Said(f"{screen.bracket('again', self._set.lang)}  {self._t('counter.input_method')}", "again")]
        if found.kind == "foreign_certificate":
            truck = Truck(seller=self._carded(), shown="foreign")
            return [*lines, Said(self._t("counter.foreign")), *self._begin(truck, self._goods_line)]
        if found.payload is None or found.problem is not None:
            more = [] if found.kind == "damaged" else [Said(screen.INDENT + self._t("counter.not_ours"))]
            return [*lines, *self._again(found.problem or BadData("scan.not_a_code", value=found.text)), *more]
        key = (found.payload.kid.hex(), found.payload.serial)
        repeated = self._repeated(key, found.payload.signature)
        if repeated is not None:
            return [*lines, *repeated]
        lines.append(Said(self._t("counter.code", length=len(found.text))))
        return [*lines, *self._begin(Truck(text=found.text, seller=self._carded()), None, key, found.payload.signature)]

    def _slip_scanned(self, slip: Any) -> list[Said]:
        with self._books.reading() as session:
            return slips.explain(session, self._now(), slip, self._set.lang)

    def _end(self) -> list[Said]:
        doing = Doing(now=self._now(), by=self._by)
        receipt, came = self._books.act(
            lambda session: shift.end(session, doing, self._set.log, self._set.market, self._set.gate, self._start)
        )
        committed = self._commit_seeds()
        lines = [
            self._t(
                "counter.shift",
                began=screen.clock(came.began.astimezone(doing.now.tzinfo)),
                now=screen.clock(doing.now),
                admitted=came.admitted,
                weight=Quantity(came.grams, "g"),
                held=came.held,
                open=len(came.open),
                refused=came.refused,
                undone=came.undone,
            )
        ]
        if came.open:
            shown = ", ".join(f"{each.number:04d} {each.product}" for each in came.open)
            lines.append(self._t("counter.shift.open", list=screen.clean(shown)))
        if came.drawn:
            rest = came.drawn - came.negative - came.positive
            lines.append(self._t("counter.shift.tests", drawn=came.drawn, negative=came.negative, positive=came.positive, rest=rest))
        if receipt is not None:
            lines.append(self._t("counter.shift.checkpoint", size=f"{receipt.last + 1:,}"))
        if committed is not None:
            lines.append(self._t("counter.shift.committed", day=committed))
        if self._set.report is not None:
            lines.append(self._t("counter.shift.saved", path=self._set.report(lines, f"{doing.now:%y%m%d}-{self._set.gate}")))
        self.finished = True
        return [Said(each) for each in lines]

    def _undo_asked(self, number: int, day: dt.date | None = None) -> list[Said]:
        """Ask about a truck: the last one, today's of a number, or one named with its day. Never another one of the number."""
        target = number or (self._last.number if self._last else 0)
        if not target:
            return [Said(self._t("counter.nothing_to_undo"))]
        if day is None:
            day = self._now().date() if number or self._last is None else self._last.at.date()
        with self._books.reading() as session:
            self._undoing = held.undoable(session, self._set.log, self._set.market, self._set.gate, day, target, self._now())
        self._target, self._day = target, day
        self._ask = self._undo_line
        return []

    def _undo_line(self, line: str) -> list[Said]:
        self._ask = self._scan_line
        if "://" in line:  # the next truck's code: nothing is undone, and the scan is not lost
            return [Said(self._t("counter.kept")), *self._scan(line)]
        if pad.folded(line):
            return [Said(self._t("counter.kept"))]
        doing = Doing(now=self._now(), by=self._by)
        receipt, undone = self._books.act(
            lambda session: held.undo(session, doing, self._set.log, self._set.market, self._set.gate, self._day, self._target)
        )
        event = undone.event
        self._seen.pop((event.kid, event.serial), None)
        if self._last is not None and (self._last.number, self._last.at.date()) == (self._target, self._day):
            self._last = None
        self._count_again()
        seq = f"{receipt.last:,}" if receipt is not None else "-"
        return [Said(f"{screen.bracket('undone', self._set.lang)}  {self._t('counter.undone', seq=seq)}")]

    def _undo_prompt(self) -> str:
        if self._undoing is None:
            return ""
        event = self._undoing.event
        decided = getattr(event, "decision", "refused")
        word = {"admitted": "admit", "held": "hold"}.get(decided, "refuse")
        return self._t(
            "counter.prompt.undo",
            number=f"{self._target:04d}",
            when=f"{event.at.astimezone(self._now().tzinfo):%m-%d %H:%M}",
            product=screen.clean(event.product),
            quantity=event.quantity or "",
            verdict=self._t(f"gate.verdict.{word}"),
        )

    def _print(self, answer: GateAnswer) -> list[Said]:
        if self._set.slip is None:
            return [Said(self._t("counter.no_slip"))]
        words = tuple(each.message(self._set.lang) for each in answer.decision.reasons)
        with self._books.reading() as session:
            slip = slips.slip_of(session, self._set.log, self._set.origin, answer.entry, self._set.name, self._set.lang, words)
        return [Said(self._t("counter.slip", path=self._set.slip(slip)))]

    @property
    def _prompts(self) -> dict[str, Callable[[], str]]:
        return {
            "_card_line": lambda: self._t("counter.prompt.card"),
            "_scan_line": lambda: self._t("counter.prompt.scan"),
            "_goods_line": lambda: self._t("counter.prompt.goods"),
            "_seller_line": lambda: self._t("counter.prompt.seller"),
            "_product_line": self._product_prompt,
            "_paper_line": lambda: self._t("counter.prompt.paper", paper=self._t(f"gate.document.{self._here.paper}")),
            "_until_line": lambda: self._t("counter.prompt.until"),
            "_grower_line": self._grower_prompt,
            "_batch_line": lambda: self._t("counter.prompt.batch"),
            "_expiry_line": lambda: self._t("counter.prompt.expiry"),
            "_weigh_line": self._weigh_prompt,
            "_choice_line": self._choice_prompt,
            "_undo_line": self._undo_prompt,
        }
