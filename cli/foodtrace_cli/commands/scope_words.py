"""Options by which ``recall`` and ``case`` take a scope in words (RECALL section 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def scope_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options by which a scope is given in words."""
    options = (
        click.option("--product", default="", help="Rule: product name."),
        click.option("--gtin", default="", help="Rule: GTIN of the product."),
        click.option("--producer", default="", help="Rule: who made it (operator by id or name, or one of its sites)."),
        click.option("--supplier", default="", help="Rule: whose goods went into it (operator by id or name, or one of its sites)."),
        click.option("--produced", default="", metavar="FROM..TO", help="Rule: days of production; one end may be left out."),
        click.option("--expiring", default="", metavar="FROM..TO", help="Rule: last days of shelf life; one end may be left out."),
        click.option("--code", default="", help="Rule: pattern of lot codes: ? one character, * any run, [0-9] a class, | or."),
        click.option("--left", default="", metavar="SITE", help="What left SITE in the window."),
        click.option("--through", "--site", default="", metavar="SITE", help="What lay in SITE, or came to it, in the window."),
        click.option("--from", "start", default="", metavar="DAY", help="First day of the window: 2026-11-22 or 11-22."),
        click.option("--to", "end", default="", metavar="DAY", help="Last day of the window, included; by default the first."),
    )
    for option in reversed(options):
        command = option(command)
    return command
