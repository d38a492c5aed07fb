"""What a recall costs without foodtrace: a bare script with ``sqlite3`` on the same tables. ``python bare_recall.py FILE LOT``

It walks the same closure over aliases and lot edges, reads the same holdings, and prints every affected site that is an outlet:
id, name, operator, kind, county, telephone, lots, newest entry, and per unit what was received, sold, is on hand and unaccounted for;
stock counts are booked in time order; a site that records nothing has unknown stock. It leaves out: possible links and their
grades, tiers and suppliers; dispatches without lot, event ids told by two logs, corrections by another log; what still travels;
completion rates, findings, positions, cases; sites that are no outlets; whether a telephone fits its sealed commitment.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable

CLOSURE = (
    "WITH RECURSIVE lots(id) AS (VALUES (?) "
    "UNION SELECT a.other FROM lots CROSS JOIN alias AS a WHERE a.lot = lots.id AND a.n > 0 "
    "UNION SELECT e.dst FROM lots CROSS JOIN lot_edge AS e WHERE e.src = lots.id AND e.n > 0) "
)
IN = "h.born + h.produced + h.received + h.delivered + h.return_in"
BOOK = f"{IN} + h.brought_back - h.sent - h.consumed - h.sold - h.destroyed - h.lost - h.used - h.returned"
HOLDINGS = (
    CLOSURE + f"SELECT h.site, h.lot, h.unit, SUM(h.received + h.delivered), SUM(h.sold), MAX(SUM({BOOK}), 0), SUM(h.counts) "
    "FROM lots CROSS JOIN holding AS h WHERE h.lot = lots.id AND h.flows > 0 GROUP BY h.lot, h.site, h.unit"
)
SITES = (
    "SELECT s.site, n.text, s.name, s.operator, s.kind, s.county, s.log, s.seq FROM json_each(?) AS f CROSS JOIN site_fact AS s "
    "JOIN name AS n ON n.id = s.site WHERE s.site = f.value AND s.ended = 0 ORDER BY s.recorded"
)
SEEN = "SELECT v.site, MAX(v.recorded) FROM json_each(?) AS f CROSS JOIN site_seen AS v WHERE v.site = f.value GROUP BY v.site"
PHONES = (
    "SELECT s.site, p.field, p.value FROM json_each(?) AS f CROSS JOIN site_fact AS s JOIN personal AS p ON p.log = s.log AND p.seq = s.seq "
    "WHERE s.site = f.value AND s.ended = 0 ORDER BY s.recorded"
)
NAMES = "SELECT n.id, n.text FROM json_each(?) AS f CROSS JOIN name AS n WHERE n.id = f.value"
FLOWS = (
    "SELECT m.t, m.kind = 11, CASE WHEN m.kind IN (1, 2, 4, 7) THEN m.q WHEN m.kind = 3 AND m.other = ?1 THEN m.q * (m.flags & 1) ELSE -m.q END, m.q "
    "FROM move AS m WHERE m.lot = ?2 AND m.unit = ?3 AND m.ended = 0 AND m.kind NOT IN (12, 15) AND (m.site = ?1 OR (m.kind = 3 AND m.other = ?1)) "
    "ORDER BY m.t"
)
OUTLET_KINDS = {"shop", "restaurant", "canteen", "retail_stall", "online_shop"}
UNITS = ("g", "ml", "piece")
Run = Callable[[str, tuple[object, ...]], Iterable[tuple]]


def counted(run: Run, site: int, lot: int, unit: int) -> tuple[int, int]:
    """Return what is on hand and unaccounted for where somebody counted."""
    book = missing = 0
    for _, is_count, change, q in run(FLOWS, (site, lot, unit)):
        if is_count:
            missing += max(book - q, 0)
            book = q
        else:
            book += change
    return max(book, 0), missing


def order(row: dict) -> tuple[int, str]:
    return -max(each["likely"] for each in row["amounts"]), row["site"]


def outlets(run: Run, text: str) -> list[dict[str, object]]:
    """Return the rows of a lot's outlets. ``run`` executes a statement and returns its rows."""
    (start,) = next(iter(run("SELECT id FROM name WHERE text = ?", (text,))))
    lots: dict[int, set[int]] = {}
    amounts: dict[int, dict[int, list[int]]] = {}
    sells: set[int] = set()
    for site, lot, unit, received, sold, book, counts in run(HOLDINGS, (start,)):
        on_hand, missing = counted(run, site, lot, unit) if counts else (book, 0)
        if sold or counts:
            sells.add(site)
        lots.setdefault(site, set()).add(lot)
        units = amounts.setdefault(site, {})
        if unit in units:
            total = units[unit]
            total[0] += received
            total[1] += sold
            total[2] += on_hand
            total[3] += missing
        else:
            units[unit] = [received, sold, on_hand, missing]
    ids = json.dumps(list(lots))
    names = {number: name for number, name in run(NAMES, (json.dumps(list({lot for each in lots.values() for lot in each})),))}
    seen = {site: newest for site, newest in run(SEEN, (ids,))}
    about = {row[0]: row for row in run(SITES, (ids,))}
    phones: dict[int, dict[str, str]] = {}
    for site, field, value in run(PHONES, (ids,)):
        phones.setdefault(site, {})[field] = value
    rows: list[dict[str, object]] = []
    for site, (_, code, name, operator, kind, county, _, _) in about.items():
        if kind not in OUTLET_KINDS:
            continue
        silent = site not in seen and site not in sells
        last = seen.get(site)
        rows.append(
            {
                "site": code,
                "name": name,
                "operator": operator,
                "kind": kind,
                "county": county,
                **phones.get(site, {}),
                "lots": sorted(names[lot] for lot in lots[site]),
                "last_entry": None if last is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(last // 1_000_000)),
                "amounts": [
                    {
                        "unit": UNITS[unit],
                        "received": received,
                        "sold": None if silent and on_hand else sold,
                        "on_hand": None if silent and on_hand else on_hand,
                        "likely": on_hand,
                        "unaccounted": missing,
                    }
                    for unit, (received, sold, on_hand, missing) in sorted(amounts[site].items())
                ],
            }
        )
    return sorted(rows, key=order)


if __name__ == "__main__":
    connection = sqlite3.connect(sys.argv[1])
    json.dump({"outlets": outlets(connection.execute, sys.argv[2])}, sys.stdout, ensure_ascii=False)
