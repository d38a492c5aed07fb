"""A program that checks one proof, and the modules that it may load for it."""

from __future__ import annotations

ALLOWED = {
    "foodtrace",
    "foodtrace._pkcs8",
    "foodtrace.errors",
    "foodtrace.keys",
    "foodtrace.texts",
    "foodtrace.tlog",
    "foodtrace.tlog._text",
    "foodtrace.tlog.checkpoint",
    "foodtrace.tlog.entry",
    "foodtrace.tlog.frontier",
    "foodtrace.tlog.keychain",
    "foodtrace.tlog.keyentries",
    "foodtrace.tlog.merkle",
    "foodtrace.tlog.note",
    "foodtrace.tlog.proof",
    "foodtrace.tlog.ranges",
    "foodtrace.tlog.verifier",
}


CHECK = (
    "import sys, pathlib\n"
    "from foodtrace.tlog.note import parse_verifier\n"
    "from foodtrace.tlog.proof import check_proof\n"
    "proof, entry, vkey = sys.argv[1:]\n"
    "got = check_proof(pathlib.Path(proof).read_bytes(), pathlib.Path(entry).read_bytes(), [parse_verifier(vkey)])\n"
    "print(got.origin, got.index, *sorted(m for m in sys.modules if m.startswith(('foodtrace', 'sqlalchemy', 'sqlite3'))))\n"
)
