"""May this can of infant formula be sold? Asked at the till before the sale, with every reason in the answer.

Rules:

1. A can under recall is never sold (RECALL section 7): a confirmed link refuses, a possible one gets what the case's rule pack
   says (``block_possible``: hold).
2. Nor is one past its last day, of a batch not released after its factory test (Food Safety Law Art. 51, 81), of a batch
   nobody knows, one sold before (same lot and serial), or one in custody: sealed, brought back, received for a recall.
3. What this shop does not know it cannot refuse: the age of its stop list is part of every answer. Older than a day is
   said, older than seven days refuses, unless the owner overrides it under a number that is recorded. Both limits are
   settings, no law. An override lifts the age alone, never a recall.
4. The shop's business permit must be in force and name infant formula (婴幼儿配方乳粉); one that is not on record is said.
5. All reasons are given; the worst wins. What is said to the parent comes from the case's notice, word for word.
6. Only the sale is asked about. Sealing, returning, sampling and destroying are never blocked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.gate.facts import Recall
from foodtrace.gate.reason import SEVERITY, Article, Asks, Param, Reason, Word, worst
from foodtrace.texts import LANGS, Lang, text

Answer: TypeAlias = Literal["sell", "hold", "refuse"]
"""``sell`` 可售; ``hold`` 不可售 until somebody has asked; ``refuse`` 不可售."""

Finding: TypeAlias = tuple[str, Asks, dict[str, Param]]

_ANSWERS: Final[dict[Asks, Answer]] = {"note": "sell", "hold": "hold", "refuse": "refuse"}
_FSL_34: Final = Article(zh="食品安全法第34条", en="Food Safety Law Art. 34")
_FSL_81: Final = Article(zh="食品安全法第81条", en="Food Safety Law Art. 81")
_RECALL_19: Final = Article(zh="食品召回管理办法 (2015) 第19条", en="Recall Measures (2015) Art. 19")
_PERMIT: Final = Article(zh="食品安全法第35条", en="Food Safety Law Art. 35")

ARTICLES: Final[dict[str, tuple[Article, bool]]] = {
    "till.recalled": (_RECALL_19, True),
    "till.expired": (_FSL_34, False),
    "till.unreleased": (_FSL_81, True),
    "till.licence_expired": (_PERMIT, False),
    "till.licence_item_missing": (_PERMIT, False),
}
"""Code -> article, and whether its text was read. The other reasons rest on no article: they are the shop's own care."""


class TillSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the owner may set; the defaults are RECALL's and TRANSCRIPTS'."""

    speak_after: dt.timedelta = dt.timedelta(hours=24)
    """Age of the stop list from which every answer says so."""
    refuse_after: dt.timedelta = dt.timedelta(days=7)
    """Age from which nothing is sold without the owner's override."""
    block_possible: Literal["hold", "refuse", "note"] = "hold"
    """What a possible link to a recall asks for, where the case's own rule pack is not known."""
    clock_slack: dt.timedelta = dt.timedelta(hours=1)
    """How far a stop list may lie in the future before the till's clock is doubted."""


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier sale of the same can that no return undid."""

    when: dt.datetime
    site: str = ""


class TillFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the till's answer looks at."""

    when: dt.datetime
    """Now, with the offset of the shop; its day decides what has expired."""
    shop: str = ""
    lot: str = ""
    product: str = ""
    serial: str = ""
    """Can code; empty when the can has none that could be read."""
    known: bool = False
    """A formula batch of this lot is on record."""
    released: bool = False
    serial_known: bool | None = None
    """Whether the can code lies in the batch's range; none: the batch states no range."""
    expiry: dt.date | None = None
    """Last day of the shelf life; none: not on record."""
    recalls: tuple[Recall, ...] = ()
    sold: Sold | None = None
    custody: bool = False
    """Sealed, brought back by a consumer, or received for a recall."""
    cans: int = 1
    """How many are asked for."""
    on_hand: int | None = None
    """Cans of this lot in the shop's book; none: the shop keeps none here."""
    stop_list_at: dt.datetime | None = None
    """When the stop list in use was made (now, where the cases stand in the shop's own ledger); none: never had one."""
    override: str = ""
    """The owner's number, where the owner answers for an old stop list."""
    licence: str = ""
    """Number of the shop's business permit (JY); empty: none on record."""
    licence_until: dt.date | None = None
    licence_formula: bool | None = None
    """Whether the permit names infant formula; none: not recorded."""


class TillDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What the till says, and why."""

    answer: Answer
    reasons: tuple[Reason, ...] = ()
    """Every reason against selling, the gravest first; empty exactly when the can may be sold."""
    notes: tuple[Reason, ...] = ()
    advice: tuple[str, ...] = ()
    """What the notices of the cases say to customers, word for word."""
    override: str = ""
    """The owner's number when an override made the difference; to be recorded with the sale."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once, as a refusal records them."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    def tell(self, lang: Lang = "en") -> tuple[str, ...]:
        """Return what to say to the parent: the notice's own words, or a plain sentence for each reason."""
        if self.advice:
            return self.advice
        return tuple(dict.fromkeys(text(f"{reason.code}.tell", lang) for reason in self.reasons))

    def as_dict(self, lang: Lang | None = None) -> dict[str, object]:
        """Return the answer for a program; texts in both languages unless one is named."""
        word = f"till.answer.{self.answer}"
        return {
            "answer": self.answer,
            "message": text(word, lang) if lang else {each: text(word, each) for each in LANGS},
            "reasons": [reason.as_dict(lang) for reason in self.reasons],
            "notes": [note.as_dict(lang) for note in self.notes],
            "tell": list(self.tell(lang)) if lang else {each: list(self.tell(each)) for each in LANGS},
            "override": self.override,
        }


def may_sell(facts: TillFacts, settings: TillSettings | None = None) -> TillDecision:
    """Say whether a can may be sold. Pure; never raises on any facts."""
    rules = settings or TillSettings()
    found = [_reason(*each) for check in _CHECKS for each in check(facts, rules)]
    found.sort(key=lambda reason: -SEVERITY[reason.verdict])
    overridden = any(reason.code == "till.stop_list_override" for reason in found)
    return TillDecision(
        answer=_ANSWERS[worst(found)],
        reasons=tuple(reason for reason in found if reason.verdict != "note"),
        notes=tuple(reason for reason in found if reason.verdict == "note"),
        advice=tuple(dict.fromkeys(r.advice for r in facts.recalls if r.advice)),
        override=facts.override if overridden else "",
    )


def _reason(code: str, asks: Asks, params: dict[str, Param]) -> Reason:
    article, verified = ARTICLES.get(code, (Article(), False))
    return Reason(code=code, verdict=asks, params=params, rule=code, article=article, verified=verified)


def _can(facts: TillFacts) -> dict[str, Param]:
    return {"lot": facts.lot or Word("till.word.unknown"), "serial": facts.serial or Word("till.word.unknown")}


def _recalled(facts: TillFacts, rules: TillSettings) -> Iterator[Finding]:
    for recall in facts.recalls:
        confirmed = recall.link == "confirmed"  # an unknown grade counts as possible
        params: dict[str, Param] = {
            "lot": recall.lot or facts.lot or Word("till.word.unknown"),
            "case": recall.case,
            "level": recall.level,
            "since": recall.since or Word("till.word.unknown"),
        }
        yield ("till.recalled", "refuse", params) if confirmed else ("till.recall_possible", recall.asks or rules.block_possible, params)


def _batch(facts: TillFacts, _rules: TillSettings) -> Iterator[Finding]:
    if not facts.known:
        yield "till.unknown_batch", "refuse", _can(facts)
    elif not facts.released:  # of an unknown batch nothing is known, also not this: one matter, one reason
        yield "till.unreleased", "refuse", _can(facts)
    if facts.expiry is not None and facts.expiry < facts.when.date():
        yield "till.expired", "refuse", {**_can(facts), "expiry": facts.expiry}
    elif facts.expiry is None and facts.known:
        yield "till.expiry_missing", "hold", _can(facts)


def _single_can(facts: TillFacts, _rules: TillSettings) -> Iterator[Finding]:
    if facts.sold is not None:
        where = facts.sold.site or Word("till.word.unknown")
        yield "till.already_sold", "refuse", {**_can(facts), "when": facts.sold.when, "where": where}
    if facts.custody:
        yield "till.custody", "refuse", _can(facts)
    if facts.serial_known is False:
        yield "till.serial_unknown", "hold", _can(facts)
    if not facts.serial:
        yield "till.serial_missing", "note", _can(facts)
    if facts.on_hand is not None and facts.on_hand < facts.cans:
        yield "till.not_in_stock", "note", {**_can(facts), "book": max(facts.on_hand, 0)}


def _stop_list(facts: TillFacts, rules: TillSettings) -> Iterator[Finding]:
    if facts.stop_list_at is None:
        code = "till.stop_list_override" if facts.override else "till.stop_list_missing"
        yield code, "note" if facts.override else "refuse", {"hours": Word("till.word.unknown"), "by": facts.override}
        return
    age = _age(facts.when, facts.stop_list_at)
    params: dict[str, Param] = {"hours": age // dt.timedelta(hours=1), "made": facts.stop_list_at, "by": facts.override}
    if age < -rules.clock_slack:
        yield "till.clock_doubtful", "hold", params
    elif age > rules.refuse_after:
        yield ("till.stop_list_override", "note", params) if facts.override else ("till.stop_list_stale", "refuse", params)
    elif age > rules.speak_after:
        yield "till.stop_list_old", "note", params


def _age(now: dt.datetime, then: dt.datetime) -> dt.timedelta:
    """Return how long ago; times of which one has no offset are compared as they read."""
    if (now.utcoffset() is None) != (then.utcoffset() is None):
        now, then = now.replace(tzinfo=None), then.replace(tzinfo=None)
    return now - then


def _licence(facts: TillFacts, _rules: TillSettings) -> Iterator[Finding]:
    if not facts.licence:
        yield "till.licence_missing", "note", {}
    elif facts.licence_until is not None and facts.licence_until < facts.when.date():
        yield "till.licence_expired", "refuse", {"licence": facts.licence, "until": facts.licence_until}
    if facts.licence_formula is False:
        yield "till.licence_item_missing", "refuse", {"licence": facts.licence or Word("till.word.unknown")}


_CHECKS: Final = (_recalled, _batch, _single_can, _stop_list, _licence)
