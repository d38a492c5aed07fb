"""Checks of the papers shown with the goods, and of the test that may stand in for a quality voucher (Order 81 Art. 8, 9, 24)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foodtrace.gate.checks.base import Check, Params, goods_name, has_document
from foodtrace.gate.facts import Facts
from foodtrace.gate.pack import Rule, RulePack
from foodtrace.gate.rapid import standing
from foodtrace.gate.reason import Word


def _missing(facts: Facts, rule: Rule, pack: RulePack) -> Iterator[Params]:
    if not has_document(facts, rule, pack):
        yield {"goods": goods_name(facts), "accepted": _accepted(rule)}


def _accepted(rule: Rule) -> tuple[Word, ...]:
    return tuple(Word(f"gate.document.{kind}") for kind in rule.documents)


def _quality_voucher_missing(facts: Facts, rule: Rule, pack: RulePack) -> Iterator[Params]:
    # A negative test stands in for the paper; a positive one speaks for itself, and the paper is missing all the same.
    if not has_document(facts, rule, pack) and standing(facts.tests).state not in ("negative", "lifted"):
        yield {"goods": goods_name(facts), "accepted": _accepted(rule)}


def _positive_without_voucher(facts: Facts, rule: Rule, pack: RulePack) -> Iterator[Params]:
    if not has_document(facts, rule, pack) and standing(facts.tests).state in ("positive", "confirmed"):
        yield {"goods": goods_name(facts)}


def _paper_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for paper in facts.papers:
        if paper.valid_until is not None and paper.valid_until < facts.day:
            yield {"paper": Word(f"gate.document.{paper.kind}"), "number": paper.number, "until": paper.valid_until}


_PLAIN: Final = (
    "gate.voucher_missing",
    "gate.quarantine_missing",
    "gate.meat_inspection_missing",
    "gate.customs_missing",
    "gate.release_certificate_missing",
)

NEED_DOCUMENTS: Final = frozenset({*_PLAIN, "gate.quality_voucher_missing", "gate.positive_without_voucher"})
"""Codes whose rule says which documents satisfy it."""

CHECKS: Final[dict[str, Check]] = {
    **dict.fromkeys(_PLAIN, _missing),
    "gate.quality_voucher_missing": _quality_voucher_missing,
    "gate.positive_without_voucher": _positive_without_voucher,
    "gate.paper_expired": _paper_expired,
}
