"""Dated rule packs: which checks apply to which goods, what they ask for, and the article behind each.

The ``*.toml`` beside this file are the packs that come with foodtrace. :func:`load` reads them, and a folder of local
ones; everything else here is pure.
"""

from foodtrace.gate.pack import Duty, Rapid, Record, Rule, Rulebook, RulePack, Sampling, SamplingRate
from foodtrace.gate.rules.files import load
from foodtrace.gate.rules.read import read, schema

__all__ = ["Duty", "Rapid", "Record", "Rule", "RulePack", "Rulebook", "Sampling", "SamplingRate", "load", "read", "schema"]
