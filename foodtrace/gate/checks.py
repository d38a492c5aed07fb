"""The checks of the gate, one for each reason code. Which of them apply to which goods, what they ask for and under which
article is data (:mod:`foodtrace.gate.pack`).

Rules:

1. A check reads facts and gives one set of parameters for each time it has something to say; none: it is content.
2. A check never raises, whatever the facts are, and never looks at what other checks found.
3. More that is wrong never makes a check content: unknown counts as absent, a paper that ran out as none.
4. A certificate *counts* if it is there, was read with an answer the pack accepts, has a form the pack accepts and has
   not run out by its own date. It is *shown* if it is there and not known to be false: a crumpled label or a key this
   gate has not got yet is a doubt for a person to settle, not the absence of papers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from foodtrace.gate.facts import Certificate, Facts
from foodtrace.gate.pack import Rule, RulePack
from foodtrace.gate.rapid import percent, standing
from foodtrace.gate.reason import Param, Word
from foodtrace.quantity import Quantity

Params: TypeAlias = dict[str, Param]
Check: TypeAlias = Callable[[Facts, Rule, RulePack], Iterator[Params]]

CHECKS: Final[dict[str, Check]] = {}
"""Reason code -> its check."""

FALSE: Final = frozenset({"bad_signature", "voided"})
"""Answers of a scan that make a certificate no paper at all."""

NEED_DOCUMENTS: Final = frozenset(
    {
        "gate.voucher_missing",
        "gate.quality_voucher_missing",
        "gate.positive_without_voucher",
        "gate.quarantine_missing",
        "gate.meat_inspection_missing",
        "gate.customs_missing",
        "gate.release_certificate_missing",
    }
)
"""Codes whose rule says which documents satisfy it."""


def _check(code: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CHECKS[code] = check
        return check

    return register


def counts(certificate: Certificate | None, facts: Facts, pack: RulePack) -> bool:
    """Say whether a certificate counts (rule 4)."""
    return (
        certificate is not None
        and certificate.scan in pack.certificate.scans
        and certificate.form in pack.certificate.forms
        and not (certificate.valid_until is not None and certificate.valid_until < facts.day)
    )


def has_document(facts: Facts, rule: Rule, pack: RulePack) -> bool:
    """Say whether any document that the rule accepts is there and has not run out."""
    grower = facts.self_grown
    return (
        ("certificate" in rule.documents and counts(facts.certificate, facts, pack))
        or ("certificate_shown" in rule.documents and facts.certificate is not None and facts.certificate.scan not in FALSE)
        or ("self_grown_record" in rule.documents and grower.identity and grower.phone and grower.address)
        or any(p.kind in rule.documents and (p.valid_until is None or p.valid_until >= facts.day) for p in facts.papers)
    )


def remainder(certificate: Certificate) -> Quantity | None:
    """Return what is left of a certificate: as recorded, else certified less used, never below zero. None: not known."""
    if certificate.remaining is not None or certificate.quantity is None:
        return certificate.remaining
    unit = certificate.quantity.unit
    used = sum(use.quantity.value for use in certificate.used if use.quantity.unit == unit)
    return Quantity(max(0, certificate.quantity.value - used), unit)


def _goods(facts: Facts) -> str | Word:
    certified = facts.certificate.product if facts.certificate else ""
    return facts.product or certified or Word(f"gate.goods.{facts.goods}")


# Seller --------------------------------------------------------------------------------------------------------------


@_check("gate.seller_file_missing")
def _seller_file_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if not (facts.seller.known and facts.seller.file):
        yield {"seller": facts.seller.id or Word("gate.word.nobody")}


@_check("gate.agreement_missing")
def _agreement_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    # Without a file there is no agreement either, and that reason says so: one matter, one reason.
    if facts.seller.known and facts.seller.file and facts.seller.agreement_until is None:
        yield {"seller": facts.seller.id}


@_check("gate.agreement_expired")
def _agreement_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    until = facts.seller.agreement_until
    if until is not None and until < facts.day:
        yield {"seller": facts.seller.id, "until": until}


@_check("gate.seller_left")
def _seller_left(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.seller.left is not None and facts.seller.left <= facts.day:
        yield {"seller": facts.seller.id, "left": facts.seller.left}


@_check("gate.blacklisted")
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


@_check("gate.licence_missing")
def _licence_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if not facts.seller.licences:
        yield {"seller": facts.seller.id}


@_check("gate.licence_expired")
def _licence_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for licence in facts.seller.licences:
        if licence.valid_until is not None and licence.valid_until < facts.day:
            yield {"licence": licence.number, "until": licence.valid_until}


# Certificate ---------------------------------------------------------------------------------------------------------


def _on_scan(code: str, answer: str) -> None:
    @_check(code)
    def _scanned(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
        if facts.certificate is not None and facts.certificate.scan == answer:
            yield {"issuer": facts.certificate.issuer or Word("gate.word.unknown"), "goods": _goods(facts)}


for _answer in ("bad_signature", "unknown_key", "revoked", "voided", "truncated", "unreadable", "host", "foreign", "paper"):
    _on_scan(f"gate.certificate_{_answer}", _answer)


@_check("gate.certificate_expired")
def _certificate_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    shown = facts.certificate
    if shown is None:
        return
    ran_out = shown.valid_until is not None and shown.valid_until < facts.day
    if ran_out or shown.scan == "expired":
        yield {"until": shown.valid_until or Word("gate.word.unknown")}


@_check("gate.certificate_future")
def _certificate_future(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    issued = facts.certificate.issued if facts.certificate else None
    if issued is not None and issued > facts.day:
        yield {"issued": issued, "day": facts.day}


@_check("gate.certificate_form")
def _certificate_form(facts: Facts, _rule: Rule, pack: RulePack) -> Iterator[Params]:
    if facts.certificate is not None and facts.certificate.form not in pack.certificate.forms:
        yield {"form": Word(f"gate.form.{facts.certificate.form}")}


@_check("gate.certificate_incomplete")
def _certificate_incomplete(facts: Facts, _rule: Rule, pack: RulePack) -> Iterator[Params]:
    shown = facts.certificate
    missing = tuple(Word(f"gate.field.{name}") for name in pack.certificate.fields if shown is not None and not getattr(shown, name))
    if missing:
        yield {"fields": missing}


@_check("gate.over_certified")
def _over_certified(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    left = remainder(facts.certificate) if facts.certificate else None
    if left is None or facts.quantity is None or left.unit != facts.quantity.unit or facts.quantity.value <= left.value:
        return
    over = Quantity(facts.quantity.value - left.value, left.unit)
    yield {"over": over, "remaining": left, "quantity": facts.quantity}


@_check("gate.unit_differs")
def _unit_differs(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    left = remainder(facts.certificate) if facts.certificate else None
    if left is not None and facts.quantity is not None and left.unit != facts.quantity.unit:
        yield {"certified": left, "quantity": facts.quantity}


@_check("gate.used_before")
def _used_before(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.certificate is None:
        return
    for use in facts.certificate.used:
        yield {
            "when": use.when,
            "gate": use.gate or Word("gate.word.unknown"),
            "quantity": use.quantity,
            "lot": use.lot or Word("gate.word.unknown"),
        }


@_check("gate.product_differs")
def _product_differs(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    certified = facts.certificate.product if facts.certificate else ""
    if certified and facts.product and _folded(certified) != _folded(facts.product):
        yield {"certified": certified, "product": facts.product}


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


# Papers --------------------------------------------------------------------------------------------------------------


def _on_documents(code: str) -> None:
    @_check(code)
    def _missing(facts: Facts, rule: Rule, pack: RulePack) -> Iterator[Params]:
        if not has_document(facts, rule, pack):
            yield {"goods": _goods(facts), "accepted": tuple(Word(f"gate.document.{kind}") for kind in rule.documents)}


for _code in sorted(NEED_DOCUMENTS - {"gate.positive_without_voucher", "gate.quality_voucher_missing"}):
    _on_documents(_code)


@_check("gate.quality_voucher_missing")
def _quality_voucher_missing(facts: Facts, rule: Rule, pack: RulePack) -> Iterator[Params]:
    # A negative test stands in for the paper; a positive one speaks for itself, and the paper is missing all the same.
    if not has_document(facts, rule, pack) and standing(facts.tests).state not in ("negative", "lifted"):
        yield {"goods": _goods(facts), "accepted": tuple(Word(f"gate.document.{kind}") for kind in rule.documents)}


@_check("gate.positive_without_voucher")
def _positive_without_voucher(facts: Facts, rule: Rule, pack: RulePack) -> Iterator[Params]:
    if not has_document(facts, rule, pack) and standing(facts.tests).state in ("positive", "confirmed"):
        yield {"goods": _goods(facts)}


@_check("gate.paper_expired")
def _paper_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for paper in facts.papers:
        if paper.valid_until is not None and paper.valid_until < facts.day:
            yield {"paper": Word(f"gate.document.{paper.kind}"), "number": paper.number, "until": paper.valid_until}


# Goods ---------------------------------------------------------------------------------------------------------------


@_check("gate.test_positive")
def _test_positive(facts: Facts, _rule: Rule, pack: RulePack) -> Iterator[Params]:
    found = standing(facts.tests)
    if found.state == "positive" and found.test is not None:
        rate = found.test.inhibition
        yield {
            "item": found.test.item or Word("gate.word.unknown"),
            "inhibition": Word("gate.word.unknown") if rate is None else f"{percent(rate)} %",
            "repeats": found.repeats,
            "due": pack.rapid.repeats,
        }


@_check("gate.test_confirmed")
def _test_confirmed(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    found = standing(facts.tests)
    if found.state == "confirmed" and found.test is not None:
        yield {"item": found.test.item or Word("gate.word.unknown"), "test": found.test.id or Word("gate.word.unknown")}


def _on_recall(code: str, link: str) -> None:
    @_check(code)
    def _recalled(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
        for recall in facts.recalls:
            if (recall.link == "confirmed") == (link == "confirmed"):  # an unknown grade counts as possible
                lot = recall.lot or facts.lot or Word("gate.word.unknown")
                yield {"case": recall.case, "level": recall.level, "lot": lot}


_on_recall("gate.recalled", "confirmed")
_on_recall("gate.recall_possible", "possible")


@_check("gate.expired")
def _expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.expiry is not None and facts.expiry < facts.day:
        yield {"expiry": facts.expiry}


@_check("gate.expiry_missing")
def _expiry_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.expiry is None:
        yield {"goods": _goods(facts)}


@_check("gate.batch_missing")
def _batch_missing(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if not facts.batch and not facts.lot:
        yield {"goods": _goods(facts)}


@_check("gate.not_weighed")
def _not_weighed(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.quantity is None or facts.quantity.value == 0:
        yield {"goods": _goods(facts)}


@_check("gate.weight_differs")
def _weight_differs(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    gross, tare, net = facts.gross, facts.tare, facts.quantity
    if gross is None or tare is None or net is None:
        return
    if not gross.unit == tare.unit == net.unit or gross.value - tare.value != net.value:
        yield {"gross": gross, "tare": tare, "quantity": net}


@_check("gate.not_announced")
def _not_announced(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.expected is False:
        yield {"seller": facts.seller.id or Word("gate.word.nobody")}


