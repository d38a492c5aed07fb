"""Fail when ``schemas/`` or the index of decisions lags behind; with ``--write``, write them anew."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from foodtrace.schemas import NAMES, schema_of

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = ROOT / "docs" / "adr"
HEAD = """# Decisions

Why something is as it is, where the code alone would make a reader ask "why on earth". One short page each: context, decision, what it
costs. A page is not changed when a decision is: a new one supersedes it, and both say so. Number 11 was never given.
"""


def wanted() -> Iterator[tuple[Path, str]]:
    """Give every generated file and what should stand in it."""
    for name in NAMES:
        yield ROOT / "schemas" / f"{name}.json", json.dumps(schema_of(name), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    yield DECISIONS / "README.md", HEAD + "\n" + "".join(map(_line, sorted(DECISIONS.glob("0*.md"))))


def _line(path: Path) -> str:
    page = path.read_text(encoding="utf-8")
    after = re.search(r"^Superseded by \[(\d+)\]", page, flags=re.MULTILINE)
    title = page.partition("\n")[0].removeprefix("# ")
    return f"- [{title}]({path.name}){f' (superseded by {after[1]})' if after else ''}\n"


def main() -> int:
    """Compare, or write; return the exit code."""
    behind = []
    for path, text in wanted():
        if "--write" in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            behind.append(str(path.relative_to(ROOT)))
    if behind:
        sys.stderr.write(f"lags behind: {', '.join(behind)}; run python tools/drift.py --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
