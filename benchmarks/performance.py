"""Print docs/performance.md: every section by a benchmark of its own, in a process of its own.

    python -m benchmarks.performance                 # what sections there are, and of when each one's text is
    python -m benchmarks.performance log verify      # run these, write them into the page
    python -m benchmarks.performance --all
    python -m benchmarks.performance log --quick     # small sizes, printed only: the page holds full runs

Rules:

1. A section is what its benchmark prints (Markdown) between two comments in the page, with the command, the day and the machine.
2. A section that is not run keeps its text and its day. One whose benchmark fails keeps them too, and the run ends with 1.
3. Nobody edits the page by hand.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.measure import load, machine

PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"


class Section(NamedTuple):
    """One part of the page."""

    name: str
    title: str
    module: str
    """Run as ``python -m MODULE OPTIONS``; what it prints on stdout is the section."""
    options: tuple[str, ...] = ()
    """For the page."""
    quick: tuple[str, ...] = ()
    """For a quick look."""
    plain: bool = False
    """It prints plain text, to be shown as it is."""


SECTIONS: Final = (
    Section(
        "log",
        "The log",
        "benchmarks.bench_log",
        quick=("--batches", "10", "--singles", "50", "--entries", "20000", "--proofs", "100", "--others", "3"),
    ),
    Section("verify", "Verifying", "benchmarks.bench_verify", quick=("--entries", "60000", "--rounds", "2")),
    Section("gate", "Deciding at the gate", "benchmarks.bench_gate", quick=("--events", "20000", "--trucks", "50"), plain=True),
    Section("engines", "Both databases, several logs", "benchmarks.bench_engines", quick=("--batches", "3", "--writers", "2")),
    Section("fork", "Many processes, one log", "benchmarks.fork", quick=("--appends", "20"), plain=True),
    Section("crash", "A fault at every system call", "benchmarks.crash", quick=("--every", "40"), plain=True),
    Section("corrupt", "Every byte changed", "benchmarks.corrupt", quick=("--step", "50"), plain=True),
    Section(
        "recall",
        "A recall, from the shell",
        "benchmarks.bench_recall",
        ("--rounds", "3"),
        quick=("--sizes", "XS,S", "--rounds", "2"),
    ),
    Section(
        "walk",
        "A recall, in process",
        "benchmarks.bench_walk",
        ("--sizes", "M,L"),
        quick=("--sizes", "S", "--target", "10000", "--rounds", "2"),
    ),
    Section(
        "unnamed",
        "A recall where goods go without lot",
        "benchmarks.bench_unnamed",
        quick=("--moves", "20000", "--rounds", "1", "--lots", "2"),
    ),
    Section("postgres", "A recall on PostgreSQL", "benchmarks.bench_postgres", quick=("--sizes", "S", "--rounds", "3")),
    Section("block", "Sales and transfers while cases are open", "benchmarks.bench_block", quick=("--size", "S", "--goods", "10")),
    Section("case", "A case of a hundred thousand outlets", "benchmarks.bench_case", quick=("--outlets", "2000", "--rounds", "5")),
)
"""In the order of the page. A new section is one line here."""

HEAD: Final = """# Performance

Printed by `python -m benchmarks.performance`; see benchmarks/README.md. Every figure says what it is compared to. Ratios are of
medians of runs in turn on one machine, with the middle half of the rounds' own ratios in brackets; seconds depend on the machine.
"""

_PART: Final = re.compile(r"<!-- begin (\w+) -->\n(.*?)<!-- end \1 -->\n", re.DOTALL)
_DAY: Final = re.compile(r"^Run on (\d{4}-\d\d-\d\d)", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", help="names of sections to run")
    parser.add_argument("--all", action="store_true", help="run every section")
    parser.add_argument("--quick", action="store_true", help="small sizes; print, and leave the page alone")
    options = parser.parse_args()
    unknown = set(options.sections) - {each.name for each in SECTIONS}
    if unknown:
        parser.error(f"no section {min(unknown)}; there are: {', '.join(each.name for each in SECTIONS)}")
    chosen = [each for each in SECTIONS if options.all or each.name in options.sections]
    if not chosen:
        print("\n".join(f"{name:10} {day}" for name, day in days(_read()).items()))
        return
    failed = [each.name for each in chosen if not show(each, quick=options.quick)]
    if failed:
        raise SystemExit(f"failed, so their text stays as it was: {', '.join(failed)}")


def show(section: Section, *, quick: bool) -> bool:
    """Run one section; print it and, if it is a full run, put it into the page at once. False: its benchmark failed."""
    args = section.quick if quick else section.options
    print(f"== {section.name}: python -m {section.module} {' '.join(args)}".rstrip(), file=sys.stderr, flush=True)
    busy = load()
    done = subprocess.run([sys.executable, "-m", section.module, *args], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    print(done.stdout, flush=True)
    if done.returncode == 0 and not quick:
        PAGE.write_text(replaced(_read(), section, text_of(section, done.stdout, busy)), encoding="utf-8")
    return done.returncode == 0


def text_of(section: Section, printed: str, busy: str) -> str:
    """Return a section's text from what its benchmark printed."""
    command = " ".join(["python -m", section.module, *section.options])
    day = dt.datetime.now(dt.UTC).date().isoformat()
    body = f"```text\n{printed.strip()}\n```" if section.plain else printed.strip()
    return f"## {section.title}\n\nRun on {day} by `{command}`: {machine()}; {busy} at the beginning.\n\n{body}\n"


def replaced(page: str, section: Section, text: str) -> str:
    """Return the page with one section's text replaced, the others as they are, in the order of :data:`SECTIONS`."""
    parts = dict(_PART.findall(page)) | {section.name: text}
    return HEAD + "".join(
        f"\n<!-- begin {each.name} -->\n{parts[each.name]}<!-- end {each.name} -->\n" for each in SECTIONS if each.name in parts
    )


def days(page: str) -> dict[str, str]:
    """Return for every section the day its text is of, or that it has none."""
    parts: dict[str, str] = dict(_PART.findall(page))
    found = {each.name: _DAY.search(parts.get(each.name, "")) for each in SECTIONS}
    return {name: "never run" if match is None else match[1] for name, match in found.items()}


def _read() -> str:
    return PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""


if __name__ == "__main__":
    main()
