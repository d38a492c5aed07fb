"""Work that is made at one go: an answer, or one task of a verification.

The collector of cyclic garbage walks everything that is alive, again and again while millions of small things are made, and finds
nothing: they hold no cycles, and go when nobody holds them any more. It took a quarter of a large recall, a fourteenth of a verification.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector rest meanwhile; not for what goes on for hours."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
