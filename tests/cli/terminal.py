"""A terminal of its own for a command: what a person sees who types, keys that are no text included."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from pathlib import Path

ENV = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "TERM": "dumb"}
HANGUP = "HANGUP"
"""Instead of a line: the window is closed."""
CTRL_C, CTRL_D = "\x03", "\x04"
_KEYS = (CTRL_C, CTRL_D)


def at_terminal(folder: Path, lines: list[str], *words: str, lang: str = "en", ends: tuple[str, ...] = ("> ",)) -> tuple[str, int]:
    """Type lines on a terminal, each when a prompt has come; return everything that was shown, and the exit code.

    :param lines: what is typed, each followed by Enter; the keys ``CTRL_C`` and ``CTRL_D`` alone; ``HANGUP``.
    :param ends: how a prompt ends.
    """
    pid, terminal = pty.fork()
    if pid == 0:  # the child: the program on its own terminal
        os.chdir(folder)
        environment = {**ENV, "FOODTRACE_KEYS": str(folder / "keys"), "FOODTRACE_LANG": lang, "TERM": "xterm", "PYTHONUTF8": "1"}
        os.execve(sys.executable, [sys.executable, "-m", "foodtrace_cli.main", *words], environment)  # noqa: S606 - our program
    shown = b""
    deadline = time.monotonic() + 60
    rest = list(lines)
    prompts = tuple(each.encode() for each in ends)
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        if ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data
        elif rest and shown.rstrip(b"\r\n").endswith(prompts):
            line = rest.pop(0)
            if line == HANGUP:
                break  # closing the terminal hangs the program up
            os.write(terminal, line.encode() if line in _KEYS else line.encode() + b"\n")
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return shown.decode("utf-8", "replace").replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)
