"""The counter's desk: its setting, the truck that stands at the gate, and what every step of it needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.errors import FoodtraceError
from foodtrace.gate import screen
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.screen import Said
from foodtrace.operations import held, market, sampling, shift, slips
from foodtrace.operations.common import Doing, Outcome, local
from foodtrace.operations.gatefacts import Truck
from foodtrace.operations.market import Considered, Draw, GateAnswer
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, text

CARD_HOLDS: Final = dt.timedelta(minutes=3)
"""How long a trader card speaks for the truck that comes next."""
EVERY: Final = 10
"""Trucks after which the header returns."""

if TYPE_CHECKING:
    from foodtrace.recording import Receipt


class Books(Protocol):
    """What the counter needs of a ledger."""

    clock: Callable[[], int]

    def act(self, decide: Callable[[Session], Outcome], *, log: str | None = None) -> tuple[Receipt | None, Any]:
        """Read, decide and record in one transaction."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """Open a snapshot."""
        ...


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One gate's desk."""

    market: str
    """Site id."""
    name: str
    """What the screen calls the market."""
    gate: str
    origin: str
    """Origin of the log that is written."""
    log: int
    """Its number in the database."""
    rules: Rulebook
    lang: Lang
    unit: str = "kg"
    hosts: tuple[str, ...] = ()
    key_list: KeyList | None = None
    """Key list that this gate carries."""
    keys: Path | None = None
    """Directory with the sampling seed; none: no sampling."""
    slip: Callable[[slips.SlipText], str] | None = None
    """Prints an entry slip and returns where it went."""
    report: Callable[[list[str], str], str] | None = None
    """Keeps the lines of a finished shift, with a name for them, and returns where."""


class Pending(msgspec.Struct):
    """The truck that stands at the gate."""

    truck: Truck
    id: str
    asked: set[str]
    """Papers and fields that were asked for already."""
    key: tuple[str, str] = ("", "")
    """(kid, serial) of its certificate."""
    signature: bytes = b""
    """And its signature, which tells it from a forged one."""
    found: Considered | None = None
    paper: str = ""
    """Paper that is being asked for."""
    other: str = ""
    """Identity paper that is no resident identity card, while its number is asked for."""
    offers: tuple[tuple[str, ...], ...] = ()
    """Pages of products that are offered by number."""
    page: int = 0
    """How often the page was turned."""


class Desk:
    """State of one gate's counter, and small things that all its steps share."""

    def __init__(self, books: Books, setting: Setting) -> None:
        self._books = books
        self._set = setting
        self._unit = setting.unit
        self._ask: Callable[[str], list[Said]] = lambda _line: []
        """What takes the next line; its name chooses the prompt."""
        self._scan: Callable[[str], list[Said]] = self._ask
        """What takes a line when no truck stands at the gate."""
        self._by = ""
        self._start = ""
        self._count = {"admit": 0, "hold": 0, "refuse": 0}
        self._size = 0
        self._trucks = 0
        self._seller = ""
        """Seller of the card that was scanned last, for the truck at hand only."""
        self._carded_at = self._now()
        self._seen: dict[tuple[str, str], tuple[dt.datetime, bytes]] = {}
        self._pending: Pending | None = None
        self._last: GateAnswer | None = None
        self._target = 0
        """Number of the truck that is to be undone, and its day: a night shift has two."""
        self._day = dt.date.min
        self._undoing: held.Undone | None = None
        self.finished = False

    def _count_again(self) -> None:
        with self._books.reading() as session:
            came = shift.tally(session, self._set.log, self._set.market, self._set.gate, self._start, self._now())
            row = session.row("SELECT size FROM head WHERE log = ?", (self._set.log,))
        self._count = {"admit": came.admitted, "hold": came.held, "refuse": came.refused}
        self._size = int(row[0]) if row else 0

    def _commit_seeds(self) -> dt.date | None:
        """Commit to the coming days' seeds, so that nobody has to think of it; nothing where sampling is not set up."""
        if self._set.keys is None:
            return None
        seed = sampling.master_seed(self._set.keys)
        if seed is None:
            return None
        doing = Doing(now=self._now(), by=self._by)
        _, days = self._books.act(
            lambda session: sampling.commit_days(session, doing, seed, self._set.market, self._set.gate)  # by place: many arguments
        )
        return max(days, default=None)

    def _header(self) -> list[Said]:
        return [
            Said(
                self._t(
                    "counter.header",
                    market=self._set.name,
                    gate=self._set.gate,
                    unit=self._unit_word(),
                    admitted=self._count["admit"],
                    held=self._count["hold"],
                    refused=self._count["refuse"],
                    size=f"{self._size:,}",
                    time=screen.clock(self._now()),
                )
            ),
            Said(self._t("counter.keys")),
            Said("-" * screen.WIDTH),
        ]

    def _ended_list(self) -> list[Said]:
        """Say once a shift that the key list is out of date; each decision says it again."""
        problem = self._set.key_list.stale(self._now().date()) if self._set.key_list is not None else None
        if problem is None:
            return []
        return [Said(f"{problem.message(self._set.lang)}  {problem.code}"), Said(screen.INDENT + problem.hint(self._set.lang))]

    def _help(self) -> list[Said]:
        return [Said(each) for each in self._t("counter.help").split("\n")]

    def _repeated(self, key: tuple[str, str], signature: bytes) -> list[Said] | None:
        """Return what to say when a certificate was scanned seconds ago (rule 3), else remember it and return none.

        A forged code names the same certificate with another signature: it neither is that scan nor hides the genuine one.
        """
        now = self._now()
        before, signed = self._seen.get(key, (None, b""))
        self._seen = {each: seen for each, seen in self._seen.items() if now - seen[0] <= market.SAME_SCAN}
        self._seen[key] = now, signature
        if before is None or signed != signature or not dt.timedelta(0) <= now - before <= market.SAME_SCAN:
            return None
        return [Said(self._t("counter.duplicate", seconds=(now - before).seconds))]

    def _draw(self, session: Session, day: dt.date) -> Draw | None:
        return None if self._set.keys is None else sampling.draw_of(session, self._set.keys, self._set.market, self._set.gate, day)

    @property
    def _here(self) -> Pending:
        if self._pending is None:
            raise TypeError("no truck stands at the gate")
        return self._pending

    def _change(self, **changes: object) -> None:
        self._here.truck = msgspec.structs.replace(self._here.truck, **changes)

    def _drop(self) -> list[Said]:
        if self._pending is not None:
            self._seen.pop(self._pending.key, None)
        # The next truck is somebody else's: it must not enter under this one's name.
        self._pending, self._seller, self._ask = None, "", self._scan
        return [Said(self._t("counter.dropped"))]

    def _carded(self) -> str:
        """Return the seller whose card was scanned, none if that was too long ago to be this truck's."""
        return self._seller if self._now() - self._carded_at <= CARD_HOLDS else ""

    def _remaining(self) -> Quantity | None:
        found = self._here.found
        left = found.look.remaining if found else None
        return left if left is not None and left.value else None

    def _unit_word(self) -> str:
        return self._t("counter.unit.jin" if self._unit == "斤" else "counter.unit.kg")

    def _weigh_unit(self) -> str:
        found = self._here.found
        left = found.look.remaining if found else None
        return {"piece": "piece", "ml": "ml"}.get(left.unit if left else "g", self._unit)

    def _now(self) -> dt.datetime:
        return local(self._books.clock())

    def _t(self, key: str, **params: object) -> str:
        return text(key, self._set.lang, **params)

    def _again(self, error: FoodtraceError) -> list[Said]:
        words = f"{screen.bracket('again', self._set.lang)}  {screen.clean(error.message(self._set.lang))}"
        hint = error.hint(self._set.lang)
        return [Said(f"{words}  {error.code}", "again"), *([Said(screen.INDENT + screen.clean(hint))] if hint else [])]

    def _error(self, error: FoodtraceError) -> list[Said]:
        """Say what went wrong; a code that cannot be decided on lets the truck go, all else is asked again (rule 5)."""
        if error.code.startswith("scan.") and self._pending is not None:
            self._pending, self._ask = None, self._scan
        more = [Said(screen.INDENT + self._t("counter.clock"))] if error.code.startswith("log.clock") else []
        return [*self._again(error), *more]
