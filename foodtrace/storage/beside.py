"""What stands beside the tables of a ledger on PostgreSQL: what gives them their numbers, and what others put where it waits.

Rules:

1. New logs and names get their numbers from a sequence each. One that goes back, in other steps, round and round, or that somebody else
   owns or a crash sets back, gives a number that is taken, or none: nothing recorded is changed by that, but nothing new can be recorded.
   So it is where the column lost its default.
2. A publication that carries the personal values takes them to where nobody erases them.
3. A policy does nothing while row security is off, and an event trigger nothing while no table is changed: they wait. Neither touches
   what is recorded or what ``verify`` says; who looks after the database is told.
4. A grant to PUBLIC lets whoever can connect write to a table: a trigger refuses to change a sealed row and not to add one. So does one of
   a single column. To read is harmless but for the personal values.
5. Each is named with the statement that mends it (rule 1 of :mod:`foodtrace.storage.mending`). Nothing is dropped where less will do: a
   publication goes on with its other tables, an event trigger is switched off, for it may be an extension's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from foodtrace.storage.mending import place_of
from foodtrace.storage.session import Row, Session
from foodtrace.storage.strange import TABLES, quoted

_NUMBERED: Final = ("log", "name")
"""Tables whose rows get a number."""
_MOST: Final = 2_147_483_647
_SEQUENCE: Final = (
    "SELECT c.relkind, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, c.relpersistence, c.relowner = t.relowner, "
    "EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid "
    "AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid AND d.deptype IN ('a', 'i')), "
    "has_table_privilege(c.oid, 'SELECT'), quote_ident(pg_get_userbyid(t.relowner)), pg_get_userbyid(c.relowner) "
    "FROM pg_catalog.pg_class AS t JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'id' AND NOT a.attisdropped "
    "LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(?) "
    "LEFT JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = c.oid WHERE t.oid = to_regclass(?)"
)
_BARE: Final = (
    "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(?) AND attname = 'id' AND NOT attisdropped AND NOT atthasdef"
)
_PUBLISHED: Final = (
    "SELECT p.pubname, p.puballtables, EXISTS (SELECT 1 FROM pg_catalog.pg_publication_rel AS r WHERE r.prpubid = p.oid "
    "AND r.prrelid = to_regclass(?)), concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, "
    "CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END), p.pubviaroot "
    "FROM pg_catalog.pg_publication AS p JOIN pg_catalog.pg_publication_tables AS t ON t.pubname = p.pubname "
    "WHERE quote_ident(t.schemaname) || '.' || quote_ident(t.tablename) = ? ORDER BY p.pubname"
)
_CARRIED: Final = (
    "SELECT quote_ident(t.schemaname) || '.' || quote_ident(t.tablename) FROM pg_catalog.pg_publication_tables AS t WHERE t.pubname = ? "
    "AND quote_ident(t.schemaname) || '.' || quote_ident(t.tablename) <> ? ORDER BY 1"
)
_LISTED: Final = (
    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_publication AS p "
    "JOIN pg_catalog.pg_publication_rel AS r ON r.prpubid = p.oid JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE p.pubname = ?"
)
_POLICIES: Final = (
    "SELECT p.polname, c.relname FROM unnest(?::text[]) AS n(name) JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name) "
    "JOIN pg_catalog.pg_policy AS p ON p.polrelid = c.oid ORDER BY 2, 1"
)
_GRANTED: Final = (
    "SELECT c.relname, array_to_string(array_agg(DISTINCT a.privilege_type ORDER BY a.privilege_type), ', ') "
    "FROM unnest(?::text[]) AS n(name) JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name) AND c.relkind = 'r' CROSS JOIN LATERAL "
    "(SELECT x.grantee, x.privilege_type FROM aclexplode(c.relacl) AS x UNION ALL SELECT y.grantee, y.privilege_type "
    "FROM pg_catalog.pg_attribute AS t, aclexplode(t.attacl) AS y WHERE t.attrelid = c.oid AND NOT t.attisdropped) AS a "
    "WHERE a.grantee = 0 AND (a.privilege_type <> 'SELECT') = ? GROUP BY c.relname ORDER BY c.relname"
)
"""Tables with what PUBLIC may do with them or with a column of theirs: write, or (false) read."""
_EVENTS: Final = "SELECT evtname, evtevent FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' ORDER BY evtname"


class Beside(NamedTuple):
    """One thing beside the tables."""

    kind: Literal["numbers", "published", "policy", "event", "granted", "shown"]
    name: str
    """``sequence name_id_seq``, ``default of id on name``, ``publication all_of_it`` ..."""
    got: str
    """What is other than it should be; empty where it should not be there."""
    mend: str
    """The statements that mend it; empty where there are none."""


def beside(session: Session) -> list[Beside]:
    """Return what is wrong or waits beside the tables of a ledger on PostgreSQL; nothing on SQLite, which has none of it."""
    if session.dialect != "postgresql":
        return []
    return [*_numbers(session), *_defaults(session), *_publications(session), *_waiting(session), *_granted(session)]


def _numbers(session: Session) -> Iterator[Beside]:
    """Rule 1: the sequences."""
    for table in _NUMBERED:
        place = place_of(session, table)
        row = session.row(_SEQUENCE, (f"{place}_id_seq", place)) if place else None
        if row is None:
            continue
        sequence = f"{place}_id_seq"
        wrong = _wrong(session, place, sequence, row)
        if wrong:
            yield Beside("numbers", f"sequence {table}_id_seq", ", ".join(wrong), _numbers_back(place, sequence, row))


def _wrong(session: Session, place: str, sequence: str, row: Row) -> list[str]:
    kind, step, least, most, cache, cycle, persistence, owner, owned, readable, _, by = row
    if kind != "S":
        return ["gone" if kind is None else "no sequence"]
    wrong = [f"increment {step}"] if step != 1 else []
    wrong += [f"minvalue {least}"] if least != 1 else []
    wrong += [f"maxvalue {most}"] if most != _MOST else []
    wrong += [f"cache {cache}"] if cache != 1 else []
    wrong += ["cycle"] if cycle else []
    wrong += ["unlogged"] if persistence != "p" else []
    wrong += [f"owner {by}"] if not owner else []
    wrong += ["owned by no column of the table"] if not owned else []
    taken = int((session.row(f"SELECT coalesce(max(id), 0) FROM {place}") or (0,))[0])  # noqa: S608 - our table
    if readable:
        last, called = session.row(f"SELECT last_value, is_called FROM {sequence}") or (0, False)  # noqa: S608 - our sequence
        following = last + step if called else last
        wrong += [f"next {following}, taken up to {taken}"] if following <= taken else []
    return wrong


def _numbers_back(place: str, sequence: str, row: Row) -> str:
    kind, owner = row[0], row[10]
    if kind not in (None, "S"):
        return ""
    made = f"CREATE SEQUENCE {sequence} AS integer; " if kind is None else ""
    logged = f"ALTER SEQUENCE {sequence} SET LOGGED; " if row[6] == "u" else ""
    again = (
        f"AS integer INCREMENT BY 1 MINVALUE 1 MAXVALUE {_MOST} START WITH 1 RESTART WITH 1 CACHE 1 NO CYCLE OWNED BY NONE",
        f"OWNER TO {owner}",
        f"OWNED BY {place}.id",
    )
    altered = " ".join(f"ALTER SEQUENCE {sequence} {each};" for each in again)
    return (
        f"{made}{logged}{altered} ALTER TABLE {place} ALTER COLUMN id SET DEFAULT nextval('{sequence}'); "  # noqa: S608 - our names
        f"SELECT setval('{sequence}', (SELECT coalesce(max(id), 0) + 1 FROM {place}), false);"
    )


def _defaults(session: Session) -> Iterator[Beside]:
    """Rule 1: the tables whose rows get no number. No other default of ours is used by who writes."""
    for table in _NUMBERED:
        place = place_of(session, table)
        if place and session.row(_BARE, (place,)):
            value = f"nextval('{place}_id_seq')"
            mend = f"ALTER TABLE {place} ALTER COLUMN id DROP IDENTITY IF EXISTS, ALTER COLUMN id SET DEFAULT {value};"
            yield Beside("numbers", f"default of id on {table}", "gone", mend)


def _publications(session: Session) -> Iterator[Beside]:
    """Rule 2."""
    place = place_of(session, "personal")
    if not place:
        return
    for name, every, listed, publish, root in session.rows(_PUBLISHED, (place, place)):
        called, others = quoted(name), [str(each) for (each,) in session.rows(_CARRIED, (name, place))]
        if every:
            tables = f" FOR TABLE {', '.join(others)}" if others else ""
            how = f"publish = '{publish}', publish_via_partition_root = {'true' if root else 'false'}"
            mend = f"DROP PUBLICATION {called}; CREATE PUBLICATION {called}{tables} WITH ({how});"
        else:
            mend = f"ALTER PUBLICATION {called} DROP TABLE {place};" if listed else ""
            mend += _out_of_schema(session, name, place, others)
        yield Beside("published", f"publication {name}", "", mend.strip())


def _out_of_schema(session: Session, name: str, place: str, others: list[str]) -> str:
    """Return how a publication of all tables of a schema goes on with all but one; empty where it is none."""
    if session.row("SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('pg_catalog.pg_publication_namespace')") is None:
        return ""  # before PostgreSQL 15
    schema = place.rpartition(".")[0]
    row = session.row(
        "SELECT 1 FROM pg_catalog.pg_publication_namespace AS s JOIN pg_catalog.pg_publication AS p ON p.oid = s.pnpubid "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid = s.pnnspid WHERE p.pubname = ? AND quote_ident(n.nspname) = ?",
        (name, schema),
    )
    if row is None:
        return ""
    listed = {str(each) for (each,) in session.rows(_LISTED, (name,))}
    more = [each for each in others if each.rpartition(".")[0] == schema and each not in listed]
    added = f" ALTER PUBLICATION {quoted(name)} ADD TABLE {', '.join(more)};" if more else ""
    return f" ALTER PUBLICATION {quoted(name)} DROP TABLES IN SCHEMA {schema};{added}"


def _waiting(session: Session) -> Iterator[Beside]:
    """Rule 3."""
    for name, table in session.rows(_POLICIES, (list(TABLES),)):
        yield Beside("policy", f"policy {name} on {table}", "", f"DROP POLICY IF EXISTS {quoted(name)} ON {place_of(session, table)};")
    for name, event in session.rows(_EVENTS):
        yield Beside("event", f"event trigger {name}", str(event), f"ALTER EVENT TRIGGER {quoted(name)} DISABLE;")


def _granted(session: Session) -> Iterator[Beside]:
    """Rule 4. What is taken back from a table is taken back from its columns too."""
    for kind, tables, writes in (("granted", TABLES, True), ("shown", ("personal",), False)):
        for table, may in session.rows(_GRANTED, (list(tables), writes)):
            yield Beside(kind, f"table {table}", str(may), f"REVOKE {may} ON {place_of(session, table)} FROM PUBLIC;")  # type: ignore[arg-type]


__all__ = ["Beside", "beside"]
