"""The schema: every table, as SQLAlchemy Core metadata.

Rules (DESIGN sections 6 and 9; a test lints the metadata for 2-4):

1. Sealed tables are only ever added to; triggers refuse the rest, and new columns come by ADD COLUMN alone.
2. Sealed tables lead every primary and unique key with ``log``; projection tables about goods lead with ``lot``.
3. No foreign key, and but for ``name`` no uniqueness, reaches across logs.
4. A projection row is a function of the bytes of one log, which it names; it holds signed sums, so it can be summed over
   logs and rebuilt log by log.
5. ``personal`` is the one table from which rows are deleted for good; it is never sealed and never hashed.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from foodtrace.storage.strange import SEALED
from foodtrace.storage.sums import MOST, RANGE, SUMS

metadata: Final = MetaData()


def _int(name: str, *, default: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0" if default else None)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


setting = Table("setting", metadata, Column("key", Text, primary_key=True), _text("value"))

log = Table(
    "log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("origin", Text, nullable=False, unique=True),
)

entry = Table(
    "entry",
    metadata,
    _int("log"),
    _int("seq"),
    _text("id"),
    Column("leaf", LargeBinary, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log", "seq"),
    UniqueConstraint("log", "id", name="entry_id"),
    sqlite_with_rowid=False,
)

node = Table(
    "node",
    metadata,
    _int("log"),
    Column("level", SmallInteger, nullable=False),
    _int("idx"),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log", "level", "idx"),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    _int("log"),
    _int("size"),
    Column("note", LargeBinary, nullable=False),
    PrimaryKeyConstraint("log", "size"),
    sqlite_with_rowid=False,
)

head = Table(
    "head",
    metadata,
    Column("log", BigInteger, primary_key=True, autoincrement=False),
    _int("size"),
    Column("prev", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    _int("time"),
    _int("key_seq"),
    Column("key_id", LargeBinary, nullable=False),
)
"""The one row that writers of a log lock; the only mutable row of the log proper."""

personal = Table(
    "personal",
    metadata,
    _int("log"),
    _int("seq"),
    _text("field"),
    Column("salt", LargeBinary, nullable=False),
    _text("value"),
    PrimaryKeyConstraint("log", "seq", "field"),
)

name = Table(
    "name",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("text", Text, nullable=False, unique=True),
    Column("code", Text, nullable=True),
    Index("name_code", "code"),
)
"""Texts of lots, sites and other subjects. ``code`` is the part of a lot id after the slash."""

holding = Table(
    "holding",
    metadata,
    _int("lot"),
    _int("site"),
    _int("unit"),
    _int("log"),
    *(_int(each, default=True) for each in SUMS),
    PrimaryKeyConstraint("lot", "site", "unit", "log"),
    CheckConstraint(" AND ".join(f"{each} BETWEEN -{MOST} AND {MOST}" for each in SUMS), name=RANGE),
    Index("holding_site", "site", "lot"),
    Index("holding_gone", "lot", "flows", sqlite_where=text("flows = 0"), postgresql_where=text("flows = 0")),
    sqlite_with_rowid=False,
)
"""Sums by holding. ``holding_gone`` is of the few rows that corrections have emptied: whoever asks where a lot is looks these up, and reads
the many others without decoding every sum to see that there is something."""

move = Table(
    "move",
    metadata,
    _int("lot"),
    _int("log"),
    _int("seq"),
    _int("item"),
    _int("kind"),
    _int("site"),
    _int("other"),
    _int("unit"),
    _int("q"),
    _int("t"),
    _int("recorded"),
    _text("pair"),
    _int("flags"),
    _int("ended", default=True),
    PrimaryKeyConstraint("lot", "log", "seq", "item"),
    Index("move_entry", "log", "seq"),
    Index("move_number", "kind", "other", "pair", sqlite_where=text("pair <> ''"), postgresql_where=text("pair <> ''")),
    sqlite_with_rowid=False,
)
"""Flows. ``ended`` is 0 while it is live, else the sequence number of the correction that removed it plus 1, or -1 for the
replacement in a correction of another log's entry, which counts only if the reader finds the corrector entitled. ``move_number`` leads
from the number of a transfer to the other party's paper of it, which may name another lot."""

lot_edge = Table(
    "lot_edge",
    metadata,
    _int("src"),
    _int("dst"),
    _int("site"),
    _int("log"),
    _int("n"),
    PrimaryKeyConstraint("src", "dst", "site", "log"),
    Index("lot_edge_back", "dst", "src"),
    sqlite_with_rowid=False,
)

alias = Table(
    "alias",
    metadata,
    _int("lot"),
    _int("other"),
    _int("log"),
    _int("n"),
    PrimaryKeyConstraint("lot", "other", "log"),
    sqlite_with_rowid=False,
)
"""Both directions of every alias pair."""

unnamed = Table(
    "unnamed",
    metadata,
    _int("site"),
    _int("lot"),
    _int("log"),
    _int("n"),
    PrimaryKeyConstraint("site", "lot", "log"),
    sqlite_with_rowid=False,
)
"""Pseudo-lots by the site they left."""

lot_fact = Table(
    "lot_fact",
    metadata,
    _int("lot"),
    _int("log"),
    _int("seq"),
    _int("item"),
    _int("site"),
    _text("product"),
    _text("gtin"),
    _int("produced"),
    _int("expiry"),
    _int("content"),
    _int("content_unit"),
    _int("recorded"),
    _int("ended", default=True),
    PrimaryKeyConstraint("lot", "log", "seq", "item"),
    Index("lot_fact_entry", "log", "seq"),
    Index("lot_fact_product", "product"),
    sqlite_with_rowid=False,
)
"""What entries say a lot is. Days count from 1970-01-01; -1 where nothing is said."""

site_fact = Table(
    "site_fact",
    metadata,
    _int("site"),
    _int("log"),
    _int("seq"),
    _text("operator"),
    _text("kind"),
    _text("name"),
    _text("county"),
    _text("region"),
    _text("parent"),
    _int("recorded"),
    _int("ended", default=True),
    PrimaryKeyConstraint("site", "log", "seq"),
    Index("site_fact_name", "name"),
    Index("site_fact_entry", "log", "seq"),
    sqlite_with_rowid=False,
)

site_seen = Table(
    "site_seen",
    metadata,
    _int("site"),
    _int("log"),
    _int("recorded"),
    PrimaryKeyConstraint("site", "log"),
    sqlite_with_rowid=False,
)
"""Newest recorded time of any entry that happened at a site."""

about = Table(
    "about",
    metadata,
    _int("subject"),
    _int("kind"),
    _int("log"),
    _int("seq"),
    _int("ended", default=True),
    PrimaryKeyConstraint("subject", "kind", "log", "seq"),
    Index("about_entry", "log", "seq"),
    sqlite_with_rowid=False,
)
"""Entries by what they are about: an operator, a certificate, a case, a lot's tests ..."""

cross = Table(
    "cross_correction",
    metadata,
    _int("target"),
    _int("target_seq"),
    _int("log"),
    _int("seq"),
    PrimaryKeyConstraint("target", "target_seq", "log", "seq"),
    Index("cross_correction_entry", "log", "seq"),
    sqlite_with_rowid=False,
)
"""Corrections and disputes of entries of other logs; ``target`` is the name id of that log's origin."""

PROJECTION: Final = (holding, move, lot_edge, alias, unnamed, lot_fact, site_fact, site_seen, about, cross)
"""Tables that can be thrown away and rebuilt; each row names its log."""

__all__ = ["MOST", "PROJECTION", "RANGE", "SEALED", "SUMS", "metadata"]
