"""What is asked ahead is what would have been asked: the same rows, each answer once, and nothing left behind when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foodtrace.errors import Storage
from foodtrace.storage.engine import open_store
from foodtrace.storage.session import Session, Store

NAMES = "SELECT n.id, n.text FROM {ids} CROSS JOIN name AS n WHERE n.id = f.value ORDER BY n.id"
FOUND = "SELECT n.text FROM {texts} CROSS JOIN name AS n WHERE n.text = f.value ORDER BY n.text"
COUNT = "SELECT COUNT(*) FROM name WHERE id > ?"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = open_store(url, create=True)
    made.create()
    with made.write() as session:
        session.insert("name", "id, text", [(number, f"n{number}") for number in range(1, 10)])
    yield made
    made.close()


def asked(session: Session) -> tuple[object, ...]:
    return (
        session.rows(COUNT, (4,)),
        session.row(COUNT, (0,)),
        session.row(COUNT + " AND id < 0 GROUP BY id", (0,)),
        session.each(NAMES, [3, 1]),
        session.each(FOUND, ["n9", "n8", "none"]),
        session.each(NAMES, []),
    )


def test_answers_are_the_same_whether_asked_ahead_or_not(store: Store) -> None:
    with store.read() as session:
        wanted = asked(session)
        assert wanted == ([(5,)], (9,), None, [(1, "n1"), (3, "n3")], [("n8",), ("n9",)], [])
        session.ahead((COUNT, None, (4,)), (COUNT, None, (0,)), (COUNT + " AND id < 0 GROUP BY id", None, (0,)), (NAMES, [3, 1], ()),
                      (FOUND, ["n9", "n8", "none"], ()), (NAMES, [], ()))  # fmt: skip
        assert asked(session) == wanted
        assert asked(session) == wanted  # each answer is given once; then it is asked again


def test_other_words_ids_or_parameters_are_another_question(store: Store) -> None:
    with store.read() as session:
        session.ahead((NAMES, [1, 2], ()), (COUNT, None, (4,)))
        assert session.each(NAMES, [1, 3]) == [(1, "n1"), (3, "n3")]
        assert session.rows(COUNT, (7,)) == [(2,)]
        session.ahead((NAMES, [5], ()))
        assert session.each(NAMES, [5]) == [(5, "n5")]
        assert session.each(NAMES, [1, 2]) == [(1, "n1"), (2, "n2")]
        assert list(session.stream("SELECT id FROM name WHERE id = 2")) == [(2,)]


def test_whoever_gives_up_leaves_a_connection_that_works(store: Store) -> None:
    def give_up() -> None:
        with store.read() as session:
            session.ahead((NAMES, list(range(1, 10)), ()), (COUNT, None, (4,)))
            raise KeyError("enough")

    with pytest.raises(KeyError):
        give_up()
    with store.write() as session:  # in bulk, which no connection can that still waits for answers
        session.insert("name", "id, text", [(number, f"n{number}") for number in range(10, 20)])
    with store.read() as session:
        assert session.rows(COUNT, (4,)) == [(15,)]


def test_a_question_that_fails_is_told_in_our_words_and_harms_nobody_later(store: Store) -> None:
    def fail() -> None:
        with store.read() as session:
            session.ahead((COUNT, None, (4,)), ("SELECT 1 FROM nowhere", None, ()))
            session.rows("SELECT 1 FROM nowhere")

    with pytest.raises(Storage):
        fail()
    with store.read() as session:
        assert session.rows(COUNT, (4,)) == [(5,)]
