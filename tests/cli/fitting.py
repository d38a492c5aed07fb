"""Says whether an answer of the command line is in the form of a schema: every field of it, and none besides."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from foodtrace.schemas import schema_of


def fits(found: Any, schema: str) -> None:
    """Assert that an answer, or each of a list of answers, has the form of a schema; that less or more would not have been enough."""
    form = schema_of(schema)
    jsonschema.validate(found, form)
    listed = isinstance(found, list)
    one = form["items"] if listed else form
    fields = form["$defs"][one["$ref"].rpartition("/")[2]]["properties"]
    for each in found if listed else [found]:
        assert each.keys() == fields.keys()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{}] if listed else {}, form)
