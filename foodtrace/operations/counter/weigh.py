"""Weighing, the three choices of a hold, deciding, recording."""

from __future__ import annotations

from foodtrace.certificate.scan import classify_line
from foodtrace.errors import BadData
from foodtrace.gate import pad, screen
from foodtrace.gate.screen import Said
from foodtrace.operations import market
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.counter.asks import Asks
from foodtrace.operations.counter.base import EVERY
from foodtrace.operations.market import GateAnswer
from foodtrace.storage.session import Session


class Weighs(Asks):
    """Weighs a truck, decides and records."""

    def _weigh_line(self, line: str) -> list[Said]:
        pending = self._here
        command = pad.command(line)
        if command is not None:
            return self._while_weighing(*command)
        if "://" in line or "：／／" in line:
            return self._scanned_while_weighing(line)
        default = self._remaining()
        if not pad.folded(line):
            if default is None:
                raise BadData("counter.weight", value="-", expected="482 / 600-118")
            weighed = pad.Weighed(net=default)
        else:
            weighed = pad.weight(line, self._weigh_unit())
        self._change(weight=weighed.net, gross=weighed.gross, tare=weighed.tare, crates=weighed.crates, written=weighed.written)
        lines = []
        if weighed.gross is not None:
            net = screen.amount(weighed.net, self._set.lang)
            lines.append(Said(screen.INDENT + self._t("counter.net", gross=weighed.gross, tare=weighed.tare, net=net)))
        found = self._preview()
        if found.decision.verdict == "hold" and "gate.over_certified" in found.decision.codes:
            self._ask = self._choice_line
            pending.found = found
            head = self._t("counter.reasons", count=len(found.decision.reasons))
            return [*lines, *screen.verdict_lines(found.decision, head, self._set.lang)]
        return [*lines, *self._record()]

    def _while_weighing(self, name: pad.Command, number: int) -> list[Said]:
        if name == "unit":
            self._unit = "斤" if self._unit == "kg" else "kg"
            return []
        if name == "undo" and not number:
            return self._drop()
        if name == "undo":  # -5 may be a weight below nothing; either way this truck must not go
            raise BadData("counter.weight", value=f"-{number}", expected="482 / 600-118 / 600-24*5 / 24*20")
        if name == "details" and self._here.found is not None:
            return screen.details(self._here.found.decision, self._set.lang)
        if name == "help":
            return self._help()
        return [Said(self._t("counter.first_weigh"))]

    def _scanned_while_weighing(self, line: str) -> list[Said]:
        """Say that a code came where a weight was asked; the same one again is one scan."""
        codes = [each.payload for each in classify_line(line) if each.payload is not None]
        if [((each.kid.hex(), each.serial), each.signature) for each in codes] == [(self._here.key, self._here.signature)]:
            return self._repeated(self._here.key, self._here.signature) or [Said(self._t("counter.first_weigh"))]
        return [Said(f"{screen.bracket('again', self._set.lang)}  {self._t('counter.first_weigh')}", "again")]

    def _choice_line(self, line: str) -> list[Said]:
        pending = self._here
        choice = 3 if not pad.folded(line) else pad.digit(line)
        left = self._remaining()
        if choice == 1:
            self._change(weight=None, gross=None, tare=None, crates=None, written="")
            self._ask = self._weigh_line
            return []
        if choice == 2 and left is not None:  # noqa: PLR2004 - the second choice
            self._change(weight=left, gross=None, tare=None, crates=None)
            return self._record()
        if choice == 3:  # noqa: PLR2004 - the third choice
            return self._record(shown=True)
        if "://" in line and pending.key != ("", ""):
            return self._scanned_while_weighing(line)
        return [Said(self._t("counter.choose"))]

    def _record(self, *, shown: bool = False) -> list[Said]:
        """Decide anew and put it on record (rule 4).

        :param shown: the reasons of a hold stand on the screen already.
        """
        pending = self._here
        doing = Doing(now=self._now(), by=self._by, id=pending.id)

        def decide(session: Session) -> Outcome:
            return market.admit(
                session,
                doing,
                self._set.rules,
                "",
                self._set.market,
                truck=pending.truck,
                gate=self._set.gate,
                draw=self._draw(session, doing.now.date()),
                hosts=self._set.hosts,
                keys=self._set.key_list,
                log=self._set.log,
                weighed=True,
            )

        receipt, answer = self._books.act(decide)
        # On record from here on: whatever fails below is said, and the next truck may come.
        self._pending, self._seller, self._ask, self._last = None, "", self._scan, answer
        if pending.key != ("", ""):
            self._seen[pending.key] = doing.now, pending.signature
        self._count[answer.verdict] += 1
        self._trucks += 1
        self._size = receipt.last + 1 if receipt is not None else self._size
        lines = self._answered(answer, shown=shown)
        return [*lines, *self._header()] if self._trucks % EVERY == 0 else lines

    def _answered(self, answer: GateAnswer, *, shown: bool = False) -> list[Said]:
        number = f"{answer.number:04d}"
        if answer.verdict == "admit":
            words = self._t(
                "counter.admitted",
                number=number,
                product=answer.product,
                quantity=screen.amount(answer.quantity, self._set.lang) if answer.quantity else "",
                lot=answer.lot.rpartition("/")[2],
            )
            drawn = {None: "counter.no_plan", True: "counter.drawn", False: "counter.not_drawn"}[answer.drawn]
            if any(each.code == "gate.sampling_lost" for each in answer.decision.notes):
                drawn = "counter.no_seed"
            more = [self._t("counter.left", remaining=answer.remaining)] if answer.remaining else []
            line = f"{screen.bracket('admit', self._set.lang)}  {screen.clean(words)}   {'   '.join([*more, self._t(drawn)])}"
            return [
                Said(line, "admit"),
                *(Said(screen.INDENT + screen.clean(each.message(self._set.lang))) for each in answer.decision.notes),
            ]
        head = self._t("counter.reasons", count=len(answer.decision.reasons))
        told = shown and answer.verdict == "hold"
        lines = [] if told else screen.verdict_lines(answer.decision, head, self._set.lang)
        lines += screen.after_lines(answer.decision, self._set.lang, hints=not told)
        if answer.verdict == "hold":
            until = f"{answer.decision.deadline:%m-%d %H:%M}" if answer.decision.deadline else "-"
            return [*lines, Said(screen.INDENT + self._t("counter.held_until", number=number, deadline=until))]
        return [*lines, Said(screen.INDENT + self._t("counter.listed", number=number))]

    def _weigh_prompt(self) -> str:
        default, unit = self._remaining(), self._weigh_unit()
        word = self._unit_word() if unit in ("kg", "斤") else unit
        if default is None:
            return self._t("counter.prompt.weigh_bare", unit=word)
        return self._t("counter.prompt.weigh", unit=word, default=screen.in_unit(default, unit))

    def _choice_prompt(self) -> str:
        left = self._remaining()
        choices = [self._t("counter.choice.weight")]
        choices += [self._t("counter.choice.only", remaining=left)] if left is not None else []
        choices.append(self._t("counter.choice.leave"))
        return self._t("counter.prompt.choice", choices="   ".join(choices), default=3)
