"""Checks of the goods: tests, recalls (RECALL section 7), shelf life, weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foodtrace.gate.checks.base import UNKNOWN, Check, Params, goods_name
from foodtrace.gate.facts import Facts
from foodtrace.gate.pack import Rule, RulePack
from foodtrace.gate.rapid import percent, standing
from foodtrace.gate.reason import Word


def _test_positive(facts: Facts, _rule: Rule, pack: RulePack) -> Iterator[Params]:
    found = standing(facts.tests)
    if found.state == "positive" and found.test is not None:
        rate = found.test.inhibition
        yield {
            "item": found.test.item or UNKNOWN,
            "inhibition": UNKNOWN if rate is None else f"{percent(rate)} %",
            "repeats": found.repeats,
            "due": pack.rapid.repeats,
        }


def _test_confirmed(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    found = standing(facts.tests)
    if found.state == "confirmed" and found.test is not None:
        yield {"item": found.test.item or UNKNOWN, "test": found.test.id or UNKNOWN}


def _on_recall(*, confirmed: bool) -> Check:
    def recalled(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
        for recall in facts.recalls:
            if (recall.link == "confirmed") == confirmed:  # an unknown grade counts as possible
                yield {"case": recall.case, "level": recall.level, "lot": recall.lot or facts.lot or UNKNOWN}

    return recalled


def _expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.expiry is not None and facts.expiry < facts.day:
        yield {"expiry": facts.expiry}


def _expiry_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.expiry is None:
        yield {"goods": goods_name(facts)}


def _batch_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if not facts.batch and not facts.lot:
        yield {"goods": goods_name(facts)}


def _not_weighed(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.quantity is None or facts.quantity.value == 0:
        yield {"goods": goods_name(facts)}


def _weight_differs(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    gross, tare, net = facts.gross, facts.tare, facts.quantity
    if gross is None or tare is None or net is None:
        return
    if not gross.unit == tare.unit == net.unit or gross.value - tare.value != net.value:
        yield {"gross": gross, "tare": tare, "quantity": net}


def _not_announced(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.expected is False:
        yield {"seller": facts.seller.id or Word("gate.word.nobody")}


def _sampling_lost(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.seed_lost:
        yield {"day": facts.day}


CHECKS: Final[dict[str, Check]] = {
    "gate.recalled": _on_recall(confirmed=True),
    "gate.recall_possible": _on_recall(confirmed=False),
    "gate.test_positive": _test_positive,
    "gate.test_confirmed": _test_confirmed,
    "gate.expired": _expired,
    "gate.expiry_missing": _expiry_missing,
    "gate.batch_missing": _batch_missing,
    "gate.not_weighed": _not_weighed,
    "gate.weight_differs": _weight_differs,
    "gate.not_announced": _not_announced,
    "gate.sampling_lost": _sampling_lost,
}
