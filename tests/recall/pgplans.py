"""PostgreSQL's own account of a question as foodtrace asks it: by the plan that serves whatever is asked, not one made for these values."""

from __future__ import annotations

import itertools
import re
from typing import Any

import psycopg

from foodtrace.storage.postgressession import _array, _marks, _related


def account(session: Any, method: str, sql: str, given: tuple[Any, ...], options: str = "") -> list[Any]:
    """Ask a question, then have the server explain how it answers it; return the rows of EXPLAIN.

    :param method: ``rows``, ``row`` or ``each`` of the session. :param given: what it is given besides the query.
    """
    getattr(session, method)(sql, *given)  # and with it how the planner may go about it
    session.settle()
    if method == "each":
        sql, given = _related(sql), ((_array(given[0]), *(given[1] if len(given) > 1 else ())),)
    values = tuple(given[0]) if given else ()
    numbers = itertools.count(1)
    connection = session._c
    connection.execute("PREPARE looked_at AS " + re.sub("%s", lambda _: f"${next(numbers)}", _marks(sql)))
    try:
        marks = f"({', '.join(['%s'] * len(values))})" if values else ""
        with psycopg.ClientCursor(connection) as cursor:
            return cursor.execute(f"EXPLAIN {options} EXECUTE looked_at{marks}".encode(), values or None).fetchall()
    finally:
        connection.execute("DEALLOCATE looked_at")
