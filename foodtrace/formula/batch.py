"""A formula batch: what it may be made from, and when it may be released (DOMAIN section 1.4).

Rules:

1. The batch names a formula registration (国食注字YP and eight digits) and the plant's production licence. A licence whose
   check digit is wrong, or whose category is not 129 (infant formula), is said: printed data is dirty, and the category
   table is from memory.
2. Every ingredient lot is named and on record; one that is recalled, past its shelf life or in custody does not go in.
3. One formula, one brand in one firm (Food Safety Law Art. 81).
4. Formula is never re-packed (分装, Food Safety Law Art. 81): a batch is made from ingredients, and no transformation
   takes a batch in but rework in the plant that made it.
5. A batch is released once, after its own factory test was passed, under the number of its inspection certificate (检验合格证号,
   Food Safety Law Art. 51, Dairy Regulations Art. 34), and never while a recall holds it.
6. All reasons are given; the worst wins; nothing here raises on any facts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.gate.facts import Recall
from foodtrace.gate.reason import SEVERITY, Article, Asks, Param, Reason, Word, worst
from foodtrace.identifiers import licence as licences
from foodtrace.quantity import Quantity
from foodtrace.texts import LANGS, Lang, text

Answer: TypeAlias = Literal["allow", "hold", "refuse"]
Finding: TypeAlias = tuple[str, Asks, dict[str, Param]]

_ANSWERS: Final[dict[Asks, Answer]] = {"note": "allow", "hold": "hold", "refuse": "refuse"}
_FSL_50: Final = Article(zh="食品安全法第50条", en="Food Safety Law Art. 50")
_FSL_51: Final = Article(zh="食品安全法第51条", en="Food Safety Law Art. 51")
_FSL_81: Final = Article(zh="食品安全法第81条", en="Food Safety Law Art. 81")
_RECALL_11: Final = Article(zh="食品召回管理办法 (2015) 第11条", en="Recall Measures (2015) Art. 11")

ARTICLES: Final[dict[str, tuple[Article, bool]]] = {
    "batch.registration_missing": (_FSL_81, True),
    "batch.registration_expired": (_FSL_81, False),
    "batch.inputs_missing": (_FSL_50, True),
    "batch.ingredient_unknown": (_FSL_50, True),
    "batch.ingredient_recalled": (_RECALL_11, True),
    "batch.recalled": (_RECALL_11, True),
    "batch.brand_differs": (_FSL_81, True),
    "batch.repacked": (_FSL_81, True),
    "batch.untested": (_FSL_81, True),
    "batch.test_failed": (_FSL_81, True),
    "batch.certificate_missing": (_FSL_51, True),
}
"""Code -> article, and whether its text was read."""


class _Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen group of facts."""


class Ingredient(_Fact, frozen=True, kw_only=True):
    """One ingredient lot as the records have it."""

    lot: str = ""
    """Empty: the plant's list names a material without its lot."""
    known: bool = False
    expiry: dt.date | None = None
    custody: bool = False
    recalls: tuple[Recall, ...] = ()
    formula: bool = False
    """The lot is itself a finished formula batch of another plant: filling it again is re-packing."""


class BatchFacts(_Fact, frozen=True, kw_only=True):
    """Everything looked at when a batch is recorded."""

    when: dt.datetime
    lot: str = ""
    product: str = ""
    registration: str = ""
    registered_until: dt.date | None = None
    """Last day of the registration; none: not on record."""
    brands: tuple[str, ...] = ()
    """Other product names this firm has recorded under the same registration."""
    licence: str = ""
    licence_until: dt.date | None = None
    inputs: tuple[Ingredient, ...] = ()
    quantity: Quantity | None = None
    produced: dt.date | None = None
    expiry: dt.date | None = None


class ReleaseFacts(_Fact, frozen=True, kw_only=True):
    """Everything looked at when a batch is to be released."""

    when: dt.datetime
    lot: str = ""
    known: bool = False
    produced: dt.date | None = None
    released: dt.datetime | None = None
    """When it was released before."""
    tested: dt.date | None = None
    """Day of the factory test; none: not tested."""
    passed: bool | None = None
    """Whether every item passed; none: no result yet."""
    certificate: str = ""
    """Number of the inspection certificate (检验合格证号)."""
    recalls: tuple[Recall, ...] = ()


class BatchDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to a batch or its release, and why."""

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    """Every reason against it, the gravest first; empty exactly when it is allowed."""
    notes: tuple[Reason, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    def as_dict(self, lang: Lang | None = None) -> dict[str, object]:
        """Return the answer for a program; texts in both languages unless one is named."""
        word = f"batch.answer.{self.answer}"
        return {
            "answer": self.answer,
            "message": text(word, lang) if lang else {each: text(word, each) for each in LANGS},
            "reasons": [reason.as_dict(lang) for reason in self.reasons],
            "notes": [note.as_dict(lang) for note in self.notes],
        }


def may_make(facts: BatchFacts) -> BatchDecision:
    """Say whether a batch may be recorded as made from these ingredients."""
    checks = (_registration, _licence, _ingredients, _dates)
    return _decision(each for check in checks for each in check(facts))


def may_release(facts: ReleaseFacts) -> BatchDecision:
    """Say whether a batch may be released for sale."""
    return _decision(_release(facts))


def may_transform(kind: str, *, own_batch: bool) -> BatchDecision:
    """Say whether a transformation may take a formula batch in (rule 4).

    :param kind: kind of the transformation event (``repack``, ``blend``, ``split``, ``rework`` ...).
    :param own_batch: whether it happens in the plant that made the batch.
    """
    allowed = kind in ("relabel", "renumber") or (kind in ("rework", "process") and own_batch)
    return _decision([] if allowed else [("batch.repacked", "refuse", {"kind": kind})])


def _decision(said: Iterable[Finding]) -> BatchDecision:
    found = []
    for code, asks, params in said:
        article, verified = ARTICLES.get(code, (Article(), False))
        found.append(Reason(code=code, verdict=asks, params=params, rule=code, article=article, verified=verified))
    found.sort(key=lambda reason: -SEVERITY[reason.verdict])
    return BatchDecision(
        answer=_ANSWERS[worst(found)],
        reasons=tuple(reason for reason in found if reason.verdict != "note"),
        notes=tuple(reason for reason in found if reason.verdict == "note"),
    )


def _registration(facts: BatchFacts) -> Iterator[Finding]:
    if not facts.registration:
        yield "batch.registration_missing", "refuse", {"product": facts.product}
        return
    parsed = _parsed(facts.registration)
    if parsed is None or parsed.kind != "YP":
        yield "batch.registration_form", "refuse", {"registration": facts.registration}
    if facts.registered_until is not None and facts.registered_until < (facts.produced or facts.when.date()):
        yield "batch.registration_expired", "refuse", {"registration": facts.registration, "until": facts.registered_until}
    others = tuple(dict.fromkeys(brand for brand in facts.brands if brand != facts.product))
    if others:
        yield "batch.brand_differs", "hold", {"registration": facts.registration, "product": facts.product, "others": others}


def _licence(facts: BatchFacts) -> Iterator[Finding]:
    if not facts.licence:
        yield "batch.licence_missing", "hold", {}
        return
    parsed = _parsed(facts.licence)
    if parsed is None or parsed.kind != "SC":
        yield "batch.licence_form", "refuse", {"licence": facts.licence}
        return
    for warning in parsed.warnings:
        yield "batch.licence_check_digit", "note", {"licence": facts.licence, "expected": warning.expected}
    if not parsed.makes_infant_formula:
        yield "batch.licence_category", "note", {"licence": facts.licence, "category": parsed.category or ""}
    if facts.licence_until is not None and facts.licence_until < (facts.produced or facts.when.date()):
        yield "batch.licence_expired", "refuse", {"licence": facts.licence, "until": facts.licence_until}


def _parsed(number: str) -> licences.Licence | None:
    try:
        return licences.parse(number, lenient=True)
    except BadData:
        return None


def _ingredients(facts: BatchFacts) -> Iterator[Finding]:
    if not facts.inputs:
        yield "batch.inputs_missing", "refuse", {"lot": facts.lot}
    day = facts.produced or facts.when.date()
    for each in facts.inputs:
        named: dict[str, Param] = {"ingredient": each.lot or Word("batch.word.unnamed")}
        if not each.lot or not each.known:
            yield "batch.ingredient_unknown", "refuse", named
        if each.expiry is not None and each.expiry < day:
            yield "batch.ingredient_expired", "refuse", {**named, "expiry": each.expiry}
        if each.custody:
            yield "batch.ingredient_custody", "refuse", named
        if each.formula:
            yield "batch.repacked", "refuse", {"kind": "repack", **named}
        for recall in each.recalls:
            confirmed = recall.link == "confirmed"
            code = "batch.ingredient_recalled" if confirmed else "batch.ingredient_possible"
            yield code, "refuse" if confirmed else "hold", {**named, "case": recall.case, "level": recall.level}


def _dates(facts: BatchFacts) -> Iterator[Finding]:
    if facts.produced is not None and facts.produced > facts.when.date():
        yield "batch.produced_later", "hold", {"produced": facts.produced, "day": facts.when.date()}
    if facts.expiry is None:
        yield "batch.expiry_missing", "hold", {"lot": facts.lot}
    elif facts.produced is not None and facts.expiry <= facts.produced:
        yield "batch.expiry_early", "refuse", {"expiry": facts.expiry, "produced": facts.produced}
    if facts.quantity is not None and facts.quantity.unit != "piece":
        yield "batch.unit", "refuse", {"quantity": facts.quantity}


def _release(facts: ReleaseFacts) -> Iterator[Finding]:
    named: dict[str, Param] = {"lot": facts.lot}
    if not facts.known:
        yield "batch.unknown", "refuse", named
    if facts.tested is None or facts.passed is None:
        yield "batch.untested", "refuse", named
    elif facts.tested > facts.when.date() or (facts.produced is not None and facts.tested < facts.produced):
        yield "batch.tested_when", "refuse", {**named, "tested": facts.tested, "produced": facts.produced or Word("batch.word.unnamed")}
    if facts.passed is False:
        yield "batch.test_failed", "refuse", named
    if not facts.certificate:
        yield "batch.certificate_missing", "refuse", named
    for recall in facts.recalls:
        confirmed = recall.link == "confirmed"
        code = "batch.recalled" if confirmed else "batch.recall_possible"
        yield code, "refuse" if confirmed else "hold", {**named, "case": recall.case, "level": recall.level}
    if facts.released is not None:
        yield "batch.released_before", "note", {**named, "when": facts.released}
