"""The gate's decision: admit, hold or refuse, with every reason.

Rules:

1. The pack that holds on the day of the event decides (DESIGN section 8); without one the goods are held.
2. Every rule of the pack for this kind of goods is asked; every reason is kept: the gravest first, else in the pack's order.
3. The worst verdict wins: refuse over hold over admit. Notes are said and change nothing.
4. What must be done next is the union of the duties behind the reasons, each once, the most urgent first.
5. A held truck has a deadline: a hold must not last for ever.
6. Deciding reads no clock, no file and no database, and never raises, whatever the facts are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.gate.checks import CHECKS
from foodtrace.gate.facts import GOODS, Facts, Test
from foodtrace.gate.pack import Duty, Rule, Rulebook, RulePack
from foodtrace.gate.rapid import follow_up, standing
from foodtrace.gate.reason import SEVERITY, Article, Asks, Reason, Word, worst
from foodtrace.texts import LANGS, Lang, text

Verdict: TypeAlias = Literal["admit", "hold", "refuse"]

_VERDICT: Final[dict[Asks, Verdict]] = {"note": "admit", "hold": "hold", "refuse": "refuse"}


class Must(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must be done next."""

    id: str
    """Duty of the pack; its words stand in the texts under ``gate.must.ID``."""
    who: Literal["market", "seller", "regulator"] = "market"
    due: dt.datetime | None = None
    """When at the latest; none: no time limit is set."""
    at_once: bool = False
    law: bool = False
    """False: a choice of foodtrace or the market, in no law."""
    article: Article = Article()

    def message(self, lang: Lang = "en") -> str:
        """Return what must be done and by when, in one sentence."""
        done = text(f"gate.must.{self.id}", lang)
        if self.at_once:
            return text("gate.due.at_once", lang, done=done)
        if self.due is None:
            return done
        return text("gate.due.by", lang, done=done, due=self.due.isoformat(" ", "minutes")[:16])

    def as_dict(self, lang: Lang | None = None) -> dict[str, object]:
        """Return the duty for a program."""
        return {
            "id": self.id,
            "who": self.who,
            "message": self.message(lang) if lang else {each: self.message(each) for each in LANGS},
            "due": None if self.due is None else self.due.isoformat(),
            "at_once": self.at_once,
            "law": self.law,
            "article": self.article.of(lang) if lang else {each: self.article.of(each) for each in LANGS},
        }


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says to one truck, and why."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    """Every reason against admitting as it is: ``hold`` and ``refuse``. Empty exactly when the verdict is admit."""
    notes: tuple[Reason, ...] = ()
    """What should be said and changes nothing."""
    must: tuple[Must, ...] = ()
    """What must be done next, the most urgent first."""
    deadline: dt.datetime | None = None
    """By when a held truck must be decided."""
    rule_pack: str = ""
    """Id of the pack that decided; empty: none held on that day."""
    verified: bool = False
    """Whether the text of every article of the pack was read."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once, as an entry records them."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    def authority(self, lang: Lang = "en") -> str:
        """Return what the decision rests on, in one line: articles, pack, and whether their text was read."""
        cited = dict.fromkeys(reason.article.of(lang) for reason in self.reasons)
        pack = self.rule_pack or text("gate.word.no_pack", lang)
        key = "gate.authority.verified" if self.verified else "gate.authority.unverified"
        return text(key, lang, articles=", ".join(each for each in cited if each) or text("gate.word.no_article", lang), pack=pack)

    def as_dict(self, lang: Lang | None = None) -> dict[str, object]:
        """Return the decision for a program; texts in both languages unless one is named."""
        return {
            "verdict": self.verdict,
            "message": text(f"gate.verdict.{self.verdict}", lang) if lang else {e: text(f"gate.verdict.{self.verdict}", e) for e in LANGS},
            "reasons": [reason.as_dict(lang) for reason in self.reasons],
            "notes": [note.as_dict(lang) for note in self.notes],
            "must": [each.as_dict(lang) for each in self.must],
            "deadline": None if self.deadline is None else self.deadline.isoformat(),
            "rule_pack": self.rule_pack,
            "verified": self.verified,
            "authority": self.authority(lang) if lang else {each: self.authority(each) for each in LANGS},
        }


def decide(facts: Facts, rules: Rulebook) -> Decision:
    """Decide on one truck. Pure; never raises on any facts."""
    pack = rules.on(facts.day)
    if pack is None:
        return _held("gate.no_rule_pack", {"day": facts.day}, "")
    if facts.goods not in GOODS:
        return _held("gate.goods_unknown", {"goods": str(facts.goods)}, pack.id)
    said = [(rule, reason) for rule in pack.rules if facts.goods in rule.goods for reason in _ask(rule, facts, pack)]
    asks = worst(reason for _, reason in said)
    if asks == "refuse":
        said = [(rule, reason) for rule, reason in said if not rule.moot_if_refused]
    said.sort(key=lambda pair: -SEVERITY[pair[1].verdict])
    verdict = _VERDICT[asks]
    return Decision(
        verdict=verdict,
        reasons=tuple(reason for _, reason in said if reason.verdict != "note"),
        notes=tuple(reason for _, reason in said if reason.verdict == "note"),
        must=_duties(facts, pack, verdict, [name for rule, _ in said for name in rule.must]),
        deadline=_after(facts.when, pack.hold_hours) if verdict == "hold" else None,
        rule_pack=pack.id,
        verified=pack.verified,
    )


def _ask(rule: Rule, facts: Facts, pack: RulePack) -> Iterator[Reason]:
    for params in CHECKS[rule.code](facts, rule, pack):
        yield Reason(
            code=rule.code,
            verdict=_by_case(rule, facts, params) or rule.verdict,
            params=params,
            rule=rule.id,
            article=rule.cited,
            verified=rule.verified,
        )


def _by_case(rule: Rule, facts: Facts, params: Mapping[str, object]) -> Asks | None:
    """Return what the rule pack of a recall's own case gives to a link that is only possible: the case decides on its goods."""
    if rule.code != "gate.recall_possible":
        return None
    return next((recall.asks for recall in facts.recalls if recall.case == params["case"] and recall.link != "confirmed"), None)


def after_test(tests: Iterable[Test], rules: Rulebook, when: dt.datetime) -> tuple[Must, ...]:
    """Return what must follow from the tests of some goods, wherever they are: at the gate, on a stall, in a shop.

    :param when: chooses the pack, and starts the time limits where no positive stands.
    """
    pack = rules.on(when.date())
    return () if pack is None else _in_order(_test_duties(tests, pack, when), pack, "")


def _duties(facts: Facts, pack: RulePack, verdict: Verdict, named: list[str]) -> tuple[Must, ...]:
    starts = {**dict.fromkeys(named, facts.when), **_test_duties(facts.tests, pack, facts.when)}
    if verdict == "admit" and facts.drawn:
        starts["sample"] = facts.when
    if verdict == "hold":
        starts["decide_held"] = facts.when
    return _in_order(starts, pack, verdict)


def _test_duties(tests: Iterable[Test], pack: RulePack, when: dt.datetime) -> dict[str, dt.datetime]:
    """Return the duties that follow from tests, each with the moment its time limit runs from: the test's own."""
    found = standing(tests)
    return dict.fromkeys(follow_up(found, pack.rapid), found.test.when if found.test else when)


def _in_order(starts: Mapping[str, dt.datetime], pack: RulePack, verdict: str) -> tuple[Must, ...]:
    """Return duties, at once first, then by hours, then what has no limit; in the pack's order among equals."""
    known = {duty.id: duty for duty in pack.duties}
    own = Duty(id="decide_held", within_hours=pack.hold_hours)
    duties = [known.get(name, own) for name in starts]
    fitting = [duty for duty in duties if not verdict or duty.only_on in ("", verdict)]
    return tuple(_must(duty, starts[duty.id]) for duty in sorted(fitting, key=_urgency))


def _urgency(duty: Duty) -> tuple[bool, int]:
    return duty.within_hours is None, duty.within_hours or 0


def _must(duty: Duty, when: dt.datetime) -> Must:
    hours = duty.within_hours
    due = None if hours is None else _after(when, hours)
    return Must(id=duty.id, who=duty.who, due=due, at_once=hours == 0, law=duty.law, article=duty.cited)


def _after(when: dt.datetime, hours: int) -> dt.datetime | None:
    try:
        return when + dt.timedelta(hours=hours)
    except OverflowError:  # the last hours of the year 9999: no such time, so no deadline
        return None


def _held(code: str, params: dict[str, str | dt.date], pack: str) -> Decision:
    reason = Reason(code=code, verdict="hold", params={**params, "pack": pack or Word("gate.word.no_pack")})
    return Decision(verdict="hold", reasons=(reason,), rule_pack=pack)
