"""Fail when ``schemas/`` lags behind the code; with ``--write``, write it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from foodtrace.schemas import NAMES, schema_of

FOLDER = Path(__file__).resolve().parent.parent / "schemas"


def main() -> int:
    """Compare, or write; return the exit code."""
    behind = []
    for name in NAMES:
        path = FOLDER / f"{name}.json"
        wanted = json.dumps(schema_of(name), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        if "--write" in sys.argv:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            behind.append(path.name)
    if behind:
        sys.stderr.write(f"schemas/ lags behind the code: {', '.join(behind)}; run python tools/drift.py --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
