"""Runs the program by its short way and by its whole way, and says that nobody could tell them apart."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def begin(folder: Path, module: str, *words: str, lang: str = "en") -> tuple[int, bytes, bytes]:
    """Run the program by one of its two ways; return exit code, output and talk."""
    environment = {**os.environ, "FOODTRACE_KEYS": str(folder / "keys"), "FOODTRACE_LANG": lang, "HOME": str(folder)}
    done = subprocess.run([sys.executable, "-m", module, *words], cwd=folder, env=environment, capture_output=True, timeout=60, check=False)
    return done.returncode, re.sub(rb'"at": "[^"]*"', b'"at": "now"', done.stdout), done.stderr


def alike(folder: Path, *words: str, lang: str = "en") -> tuple[int, bytes, bytes]:
    """Run the program both ways and say that nobody could tell them apart."""
    short, whole = (begin(folder, module, *words, lang=lang) for module in ("foodtrace_cli.start", "foodtrace_cli.main"))
    assert short == whole
    return short
