"""Checks of the commitment certificate (承诺达标合格证) itself: what reading it said, its dates, and what is left of it.

A photograph of a code cannot be stopped by a signature: what was used before is set against the certified quantity
(DESIGN section 7).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from foodtrace.gate.checks.base import UNKNOWN, Check, Params, goods_name
from foodtrace.gate.facts import Certificate, Facts
from foodtrace.gate.pack import Rule, RulePack
from foodtrace.gate.reason import Word
from foodtrace.quantity import Quantity


def remainder(certificate: Certificate) -> Quantity | None:
    """Return what is left of a certificate: as recorded, else certified less used, never below zero. None: not known."""
    if certificate.remaining is not None or certificate.quantity is None:
        return certificate.remaining
    unit = certificate.quantity.unit
    used = sum(use.quantity.value for use in certificate.used if use.quantity.unit == unit)
    return Quantity(max(0, certificate.quantity.value - used), unit)


def _on_scan(answer: str) -> Check:
    def scanned(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
        if facts.certificate is not None and facts.certificate.scan == answer:
            yield {"issuer": facts.certificate.issuer or UNKNOWN, "goods": goods_name(facts)}

    return scanned


def _certificate_expired(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    shown = facts.certificate
    if shown is None:
        return
    ran_out = shown.valid_until is not None and shown.valid_until < facts.day
    if ran_out or shown.scan == "expired":
        yield {"until": shown.valid_until or UNKNOWN}


def _certificate_future(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    issued = facts.certificate.issued if facts.certificate else None
    if issued is not None and issued > facts.day:
        yield {"issued": issued, "day": facts.day}


def _certificate_form(facts: Facts, _rule: Rule, pack: RulePack) -> Iterator[Params]:
    if facts.certificate is not None and facts.certificate.form not in pack.certificate.forms:
        yield {"form": Word(f"gate.form.{facts.certificate.form}")}


def _certificate_incomplete(facts: Facts, _rule: Rule, pack: RulePack) -> Iterator[Params]:
    shown = facts.certificate
    missing = tuple(Word(f"gate.field.{name}") for name in pack.certificate.fields if shown is not None and not getattr(shown, name))
    # A paper that a person looked at and of which nothing was written down is not known to lack anything.
    unread = shown is not None and shown.scan in ("paper", "foreign") and len(missing) == len(pack.certificate.fields)
    if missing and not unread:
        yield {"fields": missing}


def _over_certified(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    left = remainder(facts.certificate) if facts.certificate else None
    if left is None or facts.quantity is None or left.unit != facts.quantity.unit or facts.quantity.value <= left.value:
        return
    over = Quantity(facts.quantity.value - left.value, left.unit)
    yield {"over": over, "remaining": left, "quantity": facts.quantity}


def _unit_differs(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    left = remainder(facts.certificate) if facts.certificate else None
    if left is not None and facts.quantity is not None and left.unit != facts.quantity.unit:
        yield {"certified": left, "quantity": facts.quantity}


def _used_before(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.certificate is None:
        return
    for use in facts.certificate.used:
        yield {
            "when": use.when,
            "gate": use.gate or UNKNOWN,
            "quantity": use.quantity,
            "lot": use.lot or UNKNOWN,
        }


def _refused_before(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for each in facts.certificate.earlier if facts.certificate else ():
        if each.kind == "refused":
            yield {"when": each.when, "gate": each.gate or UNKNOWN, "seller": each.seller or UNKNOWN}


def _held_before(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    # The same truck at the same gate is being dealt with; elsewhere, somebody may be driving around a hold.
    for each in facts.certificate.earlier if facts.certificate else ():
        if each.kind == "held" and each.elsewhere:
            yield {"when": each.when, "gate": each.gate or UNKNOWN, "seller": each.seller or UNKNOWN}


def _certificate_twin(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    for each in facts.certificate.twins if facts.certificate else ():
        yield {"product": each.product or UNKNOWN, "quantity": each.quantity or UNKNOWN, "lot": each.lot, "when": each.when}


def _keys_ended(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    if facts.certificate is not None and facts.keys_ended is not None:
        yield {"until": facts.keys_ended}


def _product_differs(facts: Facts, _rule: Rule, _pack: RulePack) -> Iterator[Params]:
    certified = facts.certificate.product if facts.certificate else ""
    if certified and facts.product and _folded(certified) != _folded(facts.product):
        yield {"certified": certified, "product": facts.product}


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


_ANSWERS: Final = (
    "bad_signature",
    "foreign_key",
    "unknown_key",
    "revoked",
    "voided",
    "truncated",
    "unreadable",
    "host",
    "foreign",
    "paper",
)

CHECKS: Final[dict[str, Check]] = {
    **{f"gate.certificate_{answer}": _on_scan(answer) for answer in _ANSWERS},
    "gate.certificate_expired": _certificate_expired,
    "gate.certificate_future": _certificate_future,
    "gate.certificate_form": _certificate_form,
    "gate.certificate_incomplete": _certificate_incomplete,
    "gate.certificate_twin": _certificate_twin,
    "gate.over_certified": _over_certified,
    "gate.unit_differs": _unit_differs,
    "gate.used_before": _used_before,
    "gate.refused_before": _refused_before,
    "gate.held_before": _held_before,
    "gate.keylist_ended": _keys_ended,
    "gate.product_differs": _product_differs,
}
