"""Says of each kind of finding in an answer what it is, by which rule it is detected, and what to do about it, in both languages. Pure.

A finding names its kind and reason, and this says what these are: once for a kind, for a recall of 100,000 sites has as many findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from foodtrace.texts import of_area

Kind: TypeAlias = tuple[str, str]
"""(kind, reason or "")."""


def kinds_told(found: Iterable[Kind]) -> list[dict[str, Any]]:
    """Return what :class:`foodtrace.recall.said.FindingKind` says of each kind and reason, by these, in their order."""
    texts = of_area("finding")

    def said(kind: str, reason: str, ending: str) -> dict[str, str]:
        keys = [f"finding.{kind}.{reason}{ending}", f"finding.{kind}{ending}"] if reason else [f"finding.{kind}{ending}"]
        zh, en = next((texts[key] for key in keys if key in texts), ("", ""))
        return {"zh": zh, "en": en}

    return [
        {
            "kind": kind,
            "reason": reason,
            "text": said(kind, reason, ""),
            "rule": said(kind, reason, ".rule"),
            "hint": said(kind, reason, ".hint"),
        }
        for kind, reason in sorted(set(found))
    ]


def rule_key(word: str) -> str:
    """Return the key of the text of the rule that detects a finding. :param word: ``finding.KIND`` or ``finding.KIND.REASON``."""
    own = f"{word}.rule"
    return own if own in of_area("finding") else ".".join(word.split(".")[:2]) + ".rule"


__all__ = ["Kind", "kinds_told", "rule_key"]
