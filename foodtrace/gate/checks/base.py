"""What every check is, and the two questions several of them ask.

Rules:

1. A certificate *counts* if it is there, was read with an answer the pack accepts, has a form the pack accepts and has
   not run out by its own date.
2. It is *shown* if it is there and not known to be false: a crumpled label or a key this gate has not got yet is a doubt
   for a person to settle, not the absence of papers.
3. A paper that ran out is no paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from foodtrace.gate.facts import Certificate, Facts
from foodtrace.gate.pack import Rule, RulePack
from foodtrace.gate.reason import Param, Word

Params: TypeAlias = dict[str, Param]
Check: TypeAlias = Callable[[Facts, Rule, RulePack], Iterator[Params]]

UNKNOWN: Final = Word("gate.word.unknown")

_FALSE: Final = frozenset({"bad_signature", "foreign_key", "voided"})


def counts(certificate: Certificate | None, facts: Facts, pack: RulePack) -> bool:
    """Say whether a certificate counts (rule 1)."""
    return (
        certificate is not None
        and certificate.scan in pack.certificate.scans
        and certificate.form in pack.certificate.forms
        and not (certificate.valid_until is not None and certificate.valid_until < facts.day)
    )


def is_shown(certificate: Certificate | None) -> bool:
    """Say whether a certificate is shown (rule 2)."""
    return certificate is not None and certificate.scan not in _FALSE


def has_document(facts: Facts, rule: Rule, pack: RulePack) -> bool:
    """Say whether any document that the rule accepts is there."""
    grower = facts.self_grown
    return (
        ("certificate" in rule.documents and counts(facts.certificate, facts, pack))
        or ("certificate_shown" in rule.documents and is_shown(facts.certificate))
        or ("self_grown_record" in rule.documents and grower.identity and grower.phone and grower.address)
        or any(p.kind in rule.documents and (p.valid_until is None or p.valid_until >= facts.day) for p in facts.papers)
    )


def goods_name(facts: Facts) -> str | Word:
    """Return what to call the goods: as said, as certified, or by their kind."""
    certified = facts.certificate.product if facts.certificate else ""
    return facts.product or certified or Word(f"gate.goods.{facts.goods}")
