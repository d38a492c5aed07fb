"""Storage knows bytes and integers, never events: tables, and two engines behind one small interface.

``tables`` is the schema as SQLAlchemy Core metadata, imported only to create or upgrade; ``session`` is the interface all
else is written against; ``sqlite`` and ``postgres`` are the engines; ``engine`` picks one by URL.
"""
