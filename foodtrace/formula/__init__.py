"""Infant formula: what a batch may be made from, when it is released, and whether a can may be sold. Pure."""

from foodtrace.formula.batch import BatchDecision, BatchFacts, Ingredient, ReleaseFacts, may_make, may_release, may_transform
from foodtrace.formula.till import Sold, TillDecision, TillFacts, TillSettings, may_sell

__all__ = [
    "BatchDecision",
    "BatchFacts",
    "Ingredient",
    "ReleaseFacts",
    "Sold",
    "TillDecision",
    "TillFacts",
    "TillSettings",
    "may_make",
    "may_release",
    "may_sell",
    "may_transform",
]
