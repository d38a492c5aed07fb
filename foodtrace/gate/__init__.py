"""The market gate: facts in, decision out (DESIGN section 8). Pure but for :func:`foodtrace.gate.rules.load`."""

from foodtrace.gate.decision import Decision, Must, after_test, decide
from foodtrace.gate.facts import Facts
from foodtrace.gate.reason import Reason

__all__ = ["Decision", "Facts", "Must", "Reason", "after_test", "decide"]
