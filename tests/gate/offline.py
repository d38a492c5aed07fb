"""A gate's own copy of the ledger that hears of nobody, and its log carried home on a stick."""

import shutil
from pathlib import Path

from foodtrace import Ledger
from foodtrace.keeping.tilesexport import choose_log, export_tiles
from tests.gate.desk import Market


def offline(folder: Path, name: str, source: Path, keys: Path, market: Market) -> Ledger:
    """Return a gate's own copy of the ledger: from here on it hears of nobody."""
    path = folder / f"{name}.db"
    shutil.copy(source, path)
    own = folder / f"{name}.keys"
    shutil.copytree(keys, own)
    return Ledger.open(str(path), keys=own, log=f"beihe.example/{name}", clock=market.clock)


def stick(away: Ledger, folder: Path) -> Path:
    """Write the copy of a gate's own log that is carried home."""
    with away.reading() as session:
        export_tiles(session, choose_log(session, away.writer().origin), folder)
    return folder
