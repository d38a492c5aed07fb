"""Answers that are made at one go, by a process that ends with them.

The collector of cyclic garbage walks everything that is alive, again and again while an answer of millions of small things grows, and finds
nothing: they hold no cycles, and go when nobody holds them any more. It took a quarter of a large recall.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector rest while an answer is made; not for what goes on for hours."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
