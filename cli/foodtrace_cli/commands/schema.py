"""``schema``: the JSON Schema of every event and answer."""

from __future__ import annotations

import click

from foodtrace.errors import NotFound
from foodtrace_cli.output import emit_json, say


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of NAME (event, recall, verify); without NAME, list what there is."""
    from foodtrace.schemas import NAMES, schema_of  # noqa: PLC0415 - slow to make

    if name is None:
        for each in NAMES:
            say(each)
        return
    if name not in NAMES:
        raise NotFound("schema.not_found", value=name, near=NAMES)
    emit_json(schema_of(name))
