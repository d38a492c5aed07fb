"""Say whether a wheel holds what it must and nothing else.

Rules:

1. It installs two packages, ``foodtrace`` and ``foodtrace_cli``, and no other module at the top (none named ``cli`` or ``tests``).
2. Every file that the tree has below the two packages is in it, so data files and ``py.typed`` too.
3. The licence travels with it.
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"foodtrace": ROOT / "foodtrace", "foodtrace_cli": ROOT / "cli" / "foodtrace_cli"}


def in_tree() -> set[str]:
    """Return the paths, as installed, of all files below the packages."""
    return {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def findings(wheel: Path) -> list[str]:
    """Return what is wrong with a wheel, one line each."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    code = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    tree = in_tree()
    out = [f"is missing: {name}" for name in sorted(tree - code)]
    out += [f"does not belong there: {name}" for name in sorted(code - tree)]
    if not any(name.endswith("/LICENSE") for name in names - code):
        out.append("is missing: LICENSE")
    return out


def main() -> int:
    """Check the wheel named on the command line; exit 1 with the findings, 0 without."""
    wheel = Path(sys.argv[1])
    found = findings(wheel)
    for each in found:
        print(f"{wheel.name}: {each}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
