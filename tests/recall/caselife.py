"""What the tests of a case's life share: its lot, and what the status, the conditions and a refusal say."""

from __future__ import annotations

from typing import Any

import pytest

from foodtrace.errors import FoodtraceError
from foodtrace.graph.edges import micros
from foodtrace.operations.caseanswer import CaseStatus
from foodtrace.operations.casestatus import status
from foodtrace.operations.closing import conditions
from tests.recall.casework import World

LOT = "OP-P/L"
SEED = bytes(range(32))


def refuses(world: World, code: str, operation: Any, *given: Any, **more: Any) -> FoodtraceError:
    with pytest.raises(FoodtraceError) as error:
        world.do(operation, *given, **more)
    assert error.value.code == code
    return error.value


def now(world: World, case: str) -> CaseStatus:
    with world.read() as session:
        return status(session, case, micros(world.now))[0]


def left(world: World, case: str) -> list[tuple[str, str, int]]:
    with world.read() as session:
        return [(each.kind, each.site, each.quantity) for each in conditions(session, micros(world.now), world.case(case))]
