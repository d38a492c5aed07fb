"""foodtrace: the life of food lots on a signed, append-only record, and a recall that says what it could not see.

>>> from foodtrace import Quantity
>>> Quantity.parse("12 斤")
Quantity(value=6000, unit='g')

This module is a signpost. Its names load on first use, so that importing an identifier loads no database::

    with foodtrace.Ledger.open("foodtrace.db") as ledger:
        ledger.record([...])
        ledger.recall("261123-1")
        ledger.verify()

=====================  ==============================================================
name                   what stands there
=====================  ==============================================================
:class:`Ledger`        what everybody opens: record, gate, sell, recall, verify
:class:`Quantity`      whole numbers of a base unit
:mod:`events`          what can be put on record
:mod:`errors`          everything that can go wrong, one family
:data:`__version__`    version of the installed package
=====================  ==============================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Ledger", "Quantity", "__version__", "errors", "events"]

if TYPE_CHECKING:
    from foodtrace import errors, events
    from foodtrace.ledger import Ledger
    from foodtrace.quantity import Quantity

    __version__: str
else:  # hidden from type checkers: to them a module with __getattr__ has every name, and no typo is found

    def __getattr__(name):  # noqa: ANN001, ANN202
        """Load a name of ``__all__`` on first use; it stays in the module's namespace from then on (PEP 562)."""
        from importlib import import_module  # noqa: PLC0415

        if name in {"errors", "events"}:
            value = import_module(f"{__name__}.{name}")
        elif name in {"Ledger", "Quantity"}:
            value = getattr(import_module(f"{__name__}.{name.lower()}"), name)
        elif name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415

            value = version("foodtrace")
        else:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        globals()[name] = value
        return value

    def __dir__():  # noqa: ANN202
        """Name what can be imported from here, loaded or not."""
        return sorted({*globals(), *__all__})
