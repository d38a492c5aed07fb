"""Where ``foodtrace`` begins: hot commands in their plain form run at once, everything else goes to :mod:`foodtrace_cli.main`.

Rules:

1. Importing the parser and the library of events takes longer than a recall of a few hundred outlets. A form that stands here is
   answered without them.
2. There is one behaviour. What is not exactly one of these forms, and whatever goes wrong on the way, is left to the command as
   it is: nothing has been printed or written by then. A test compares both, byte for byte.
"""

from __future__ import annotations

import os
import sys

_VALUES = ("--db", "--keys", "--log", "--lang")
"""Options before the command that take a value; ``--log`` says what to write, so that a recall needs none."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return (and exit with) its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    data = _told(arguments)
    if data is None:
        from foodtrace_cli.main import main as whole  # noqa: PLC0415 - loads the parser

        return whole(argv)
    code = _print(data, arguments)
    if argv is None:
        sys.exit(code)
    return code


def plain_recall(arguments: list[str]) -> tuple[dict[str, str], list[str]] | None:
    """Return options and lots of ``[--db DB] [--keys DIR] .. recall LOT.. --json``; none for any other form."""
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("--"):
        name, equals, value = rest.pop(0).partition("=")
        if not equals:
            if not rest:
                return None
            value = rest.pop(0)
        if name not in _VALUES or name in given or not value:
            return None
        given[name] = value
    if given.get("--lang", "en") not in ("zh", "en") or not rest or rest.pop(0) != "recall" or rest.count("--json") != 1:
        return None
    rest.remove("--json")
    return None if not rest or any(each.startswith("-") for each in rest) else (given, rest)


def _told(arguments: list[str]) -> bytes | None:
    """Return what a plain recall prints; none where the command itself has to run (rule 2)."""
    form = plain_recall(arguments)
    if form is None or "_FOODTRACE_COMPLETE" in os.environ or os.environ.get("FOODTRACE_RULES"):
        return None
    given, lots = form
    try:
        from foodtrace.oneshot import uncollected  # noqa: PLC0415
        from foodtrace.operations.recalling import recall_told  # noqa: PLC0415
        from foodtrace.reading import reading, wall_clock  # noqa: PLC0415
        from foodtrace_cli.jsontext import MANY, document, plain_document  # noqa: PLC0415

        url = given.get("--db") or os.environ.get("FOODTRACE_DB") or "foodtrace.db"
        keys = given.get("--keys") or os.environ.get("FOODTRACE_KEYS") or None
        with uncollected(), reading(url, keys=keys) as session:
            told = recall_told(session, list(dict.fromkeys(lots)), now=wall_clock())
            if told is None:
                return None
            return (document if len(told["outlets"]) > MANY else plain_document)(told)
    except Exception:  # noqa: BLE001 - the command meets it again and says what it is
        return None


def _print(data: bytes, arguments: list[str]) -> int:
    """Write the answer; a reader that left had read what it wanted."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as error:
        from foodtrace_cli.main import failed  # noqa: PLC0415

        return failed(error, arguments)
    return 0


if __name__ == "__main__":
    main()
