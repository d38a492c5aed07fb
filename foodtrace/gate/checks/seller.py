"""Checks of the seller: file, agreement, listings, licences (Order 81 Art. 23-24, Food Safety Law Art. 61)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from foodtrace.gate.checks.base import Check, Params
from foodtrace.gate.facts import Facts
from foodtrace.gate.pack import Rule, RulePack
from foodtrace.gate.reason import Word


def _seller_file_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if not (facts.seller.known and facts.seller.file):
        yield {"seller": facts.seller.id or Word("gate.word.nobody")}


def _agreement_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    # Without a file there is no agreement either, and that reason says so: one matter, one reason.
    if facts.seller.known and facts.seller.file and facts.seller.agreement_until is None:
        yield {"seller": facts.seller.id}


def _agreement_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    until = facts.seller.agreement_until
    if until is not None and until < facts.day:
        yield {"seller": facts.seller.id, "until": until}


def _seller_left(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.seller.left is not None and facts.seller.left <= facts.day:
        yield {"seller": facts.seller.id, "left": facts.seller.left}


def _blacklisted(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for listing in facts.blacklistings:
        over = listing.end is not None and listing.end < facts.day
        if listing.start <= facts.day and not over and listing.repair != "repaired":
            yield {
                "seller": facts.seller.id,
                "basis": listing.basis or Word("gate.word.no_basis"),
                "start": listing.start,
                "until": listing.end or Word("gate.word.open_end"),
            }


def _licence_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if not facts.seller.licences:
        yield {"seller": facts.seller.id}


def _licence_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for licence in facts.seller.licences:
        if licence.valid_until is not None and licence.valid_until < facts.day:
            yield {"licence": licence.number, "until": licence.valid_until}


CHECKS: Final[dict[str, Check]] = {
    "gate.seller_file_missing": _seller_file_missing,
    "gate.agreement_missing": _agreement_missing,
    "gate.agreement_expired": _agreement_expired,
    "gate.seller_left": _seller_left,
    "gate.blacklisted": _blacklisted,
    "gate.licence_missing": _licence_missing,
    "gate.licence_expired": _licence_expired,
}
