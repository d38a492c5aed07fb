"""Destructions otherwise than they were planned and reported (FSL Art. 63: time and place are reported before it happens).

Rules:

1. A report covers what happens as it says: no more than that quantity, at that place, not before that time. What is more, or elsewhere, or
   earlier, was not reported beforehand (:func:`covered`). It is recorded as it is, and said.
2. Another method, another witness than planned, and another day later than planned (in China), are said as well; the report stands.
3. What is said is found by comparing the records, whoever made them: the plan that a destruction names, with all that names it.
4. One act may be told in several records: what carries out what was planned for one site, time and place is one destruction, and so is what
   one moment's records tell of one site, place and witness where nothing was planned (:func:`acts_of`). It is counted once.
5. That it was reported beforehand shows only where a plan says so that was on record as it happened. What was put on record, or corrected,
   afterwards is somebody's word, and is told as that (:func:`reported_after`).
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from foodtrace.events import Destroyed, DestructionPlanned
from foodtrace.graph.edges import micros, moment
from foodtrace.operations.common import CHINA
from foodtrace.quantity import unit_word
from foodtrace.recall.cases import Told
from foodtrace.recall.facts import Planned
from foodtrace.recall.report_tables import Measured, moment_words
from foodtrace.texts import Lang, text

Differs: TypeAlias = Literal["more", "place", "earlier", "later", "method", "witness"]
Act: TypeAlias = tuple[str, str, dt.datetime, str | None]
"""Site, place, when (planned, or done), and before whom where nothing was planned."""
_ORDER: Final[tuple[Differs, ...]] = get_args(Differs)
_UNCOVERED: Final = frozenset({"place", "earlier"})


class Meant(NamedTuple):
    """What a plan says of a destruction."""

    due: dt.datetime
    place: str
    method: str
    witness: str


class Otherwise(msgspec.Struct, frozen=True, kw_only=True):
    """How a destruction differs from its plan, and what that had said."""

    differs: tuple[Differs, ...]
    over: int = 0
    """Beyond the planned quantity, base units."""
    quantity: int
    """Planned, base units of ``unit``."""
    unit: str
    place: str
    due: str
    method: Literal["destroyed", "rendered_harmless"]
    witness: str
    """Empty: none was named."""
    reported: str
    """When it was reported; empty: it was not."""
    doc: str
    """Number of the report."""
    done: Meant
    """What was done instead."""

    def words(self, lang: Lang) -> str:
        """Return in words how it differs, and what was planned or reported."""
        said = {
            "over": f"{Measured(self.over, self.unit).shown()} {unit_word(self.unit, lang)}",
            "place": self.done.place or "-",
            "method": text(f"status.method_{self.done.method}", lang),
            "witness": self.done.witness or "-",
        }
        what = "; ".join(text(f"otherwise.{each}", lang, **said) for each in self.differs)
        parts = [
            f"{Measured(self.quantity, self.unit).shown()} {unit_word(self.unit, lang)}",
            self.place or "-",
            moment_words(self.due),
            *([text(f"status.method_{self.method}", lang)] if "method" in self.differs else []),
            *([text("status.step_witness", lang, witness=self.witness)] if self.witness else []),
        ]
        key = "otherwise.reported" if self.reported else "otherwise.planned"
        plan = text(key, lang, what=", ".join(parts), at=moment_words(self.reported), doc=f" {self.doc}" if self.doc else "")
        return text("otherwise", lang, what=what, plan=plan)


def in_order(told: Iterable[Told]) -> list[Told]:
    """Return the records of a case in the order of time, those of one moment as their log has them."""
    return sorted(told, key=lambda each: (each[1].at, each[0], each[2][1], each[1].id))


def of_plan(plan: Planned | DestructionPlanned) -> Meant:
    """Return what a plan says."""
    due = plan.due if isinstance(plan, DestructionPlanned) else moment(plan.due)
    return Meant(due.astimezone(CHINA), plan.place, plan.method, plan.witness)


def differs(plan: Meant, done: Meant) -> tuple[Differs, ...]:
    """Return in what a destruction differs from its plan, its quantity apart (rules 1, 2). :param done: ``due`` is when it happened."""
    day, planned = (each.due.astimezone(CHINA).date() for each in (done, plan))
    found: dict[Differs, bool] = {
        "place": _folded(done.place) != _folded(plan.place),
        "earlier": done.due < plan.due,
        "later": day > planned,
        "method": done.method != plan.method,
        "witness": bool(plan.witness) and done.witness != plan.witness,
    }
    return tuple(each for each in _ORDER if found.get(each))


def covered(found: Iterable[Differs]) -> bool:
    """Say whether a report covers a destruction that differs in these (rule 1)."""
    return not _UNCOVERED.intersection(found)


def otherwise(told: Iterable[Told]) -> Mapping[tuple[int, int], Otherwise]:
    """Return the destructions that differ from the plan they name: (log, seq) -> how (rule 3).

    :param told: the records of a case.
    """
    told = in_order(told)
    plans = {event.id: event for _, event, _ in told if isinstance(event, DestructionPlanned)}
    if not plans:
        return {}
    made: dict[tuple[int, int], Otherwise] = {}
    sums: dict[str, int] = {}
    seen: dict[str, int] = {}
    for _, event, entry in told:
        plan = plans.get(event.plan) if isinstance(event, Destroyed) else None
        if not isinstance(event, Destroyed) or plan is None:
            continue
        same = event.quantity.unit == plan.quantity.unit
        before = sums.get(plan.id, 0)
        if event.id not in seen:
            seen[event.id] = max(0, min(event.quantity.value, before + event.quantity.value - plan.quantity.value)) if same else 0
            sums[plan.id] = before + (event.quantity.value if same else 0)
        over = seen[event.id]
        done = Meant(event.at, event.place, event.method, event.witness)
        found = (*(("more",) if over else ()), *differs(of_plan(plan), done))
        if found:
            made[entry] = _otherwise(plan, done, found, over)
    return made


def acts_of(told: Iterable[Told]) -> dict[tuple[int, int], Act]:
    """Return which act of destruction each record tells: (log, seq) -> what two records of one act share (rule 4)."""
    told = list(told)
    plans = {event.id: event for _, event, _ in told if isinstance(event, DestructionPlanned)}
    made: dict[tuple[int, int], Act] = {}
    for _, event, entry in told:
        if isinstance(event, Destroyed):
            plan = plans.get(event.plan)
            said = (_folded(event.place), event.at, event.witness) if plan is None else (_folded(plan.place), plan.due, None)
            made[entry] = (event.site, *said)
    return made


def reported_after(told: Iterable[Told]) -> list[tuple[int, int]]:
    """Return the destructions whose report was put on record, or corrected, only after they had happened: (log, seq) (rule 5)."""
    told = list(told)
    plans = {event.id: (recorded, event) for recorded, event, _ in told if isinstance(event, DestructionPlanned)}
    after = {event.plan: event.id for _, event in plans.values() if event.plan}
    found: list[tuple[int, int]] = []
    for recorded, event, entry in told:
        if isinstance(event, Destroyed) and event.reported is not None:
            happened = micros(event.at) if event.precision == "instant" else recorded
            names, name = set[str](), event.plan
            while name in plans and name not in names:
                names.add(name)
                name = after.get(name, "")
            if not any(plans[name][0] <= happened and plans[name][1].reported is not None for name in names):
                found.append(entry)
    return found


def _otherwise(plan: DestructionPlanned, done: Meant, found: tuple[Differs, ...], over: int) -> Otherwise:
    return Otherwise(
        differs=found,
        over=over,
        quantity=plan.quantity.value,
        unit=plan.quantity.unit,
        place=plan.place,
        due=_china(plan.due),
        method=plan.method,
        witness=plan.witness,
        reported="" if plan.reported is None else _china(plan.reported),
        doc=plan.doc,
        done=done._replace(due=done.due.astimezone(CHINA)),
    )


def _china(when: dt.datetime) -> str:
    return when.astimezone(CHINA).isoformat(timespec="seconds")


def _folded(place: str) -> str:
    return "".join(unicodedata.normalize("NFKC", place).casefold().split())


__all__ = ["Act", "Differs", "Meant", "Otherwise", "acts_of", "covered", "differs", "in_order", "of_plan", "otherwise", "reported_after"]
