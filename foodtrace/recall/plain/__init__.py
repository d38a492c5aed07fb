"""Recalls of whole lots whose records are plain, from rows instead of objects: the same answer, an order of magnitude sooner.

Most lots are recorded as one would wish: one scan speaks for both sides, or a dispatch and a receipt share a number; times are
instants; nobody objects. For them RECALL section 3 says A is the recorded holdings of the lot closure, and everything else follows from one
pass over each lot's rows. Whatever is not plain raises :class:`HandOver`, and the engine for everything
(:mod:`foodtrace.recall.affected`, :mod:`foodtrace.recall.findings`, :mod:`foodtrace.recall.metrics`) answers. The two must agree in
every field: being quick may never change an answer (tests/recall/test_plain.py).
"""

from __future__ import annotations


class HandOver(Exception):
    """These records are not plain; the reason is for tests and for whoever wonders why a recall took long."""


__all__ = ["HandOver"]
