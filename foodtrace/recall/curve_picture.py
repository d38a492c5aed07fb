"""Draws the completion curve of a case against its deadline, as SVG (RECALL sections 5, 6 and 8). Pure.

Rules:

1. Time runs from the opening to the deadline or the last point, whichever is later; 0 to 100 % upwards. What is not known (no goods
   to retrieve yet) is a gap in the line, never a zero.
2. Solid is as happened, dashed is as known; each line says its name at its end, so that the picture can be read without colour. Names
   stand one below the other and above the days.
3. The deadline is a line across with its date; what lies beyond it is shaded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from foodtrace.recall.picturewords import cells, escaped
from foodtrace.recall.report import CurvePoint, Report
from foodtrace.texts import Lang, text

_WIDTH: Final = 720
_HEIGHT: Final = 300
_LEFT: Final = 46
_RIGHT: Final = 150
_TOP: Final = 16
_BOTTOM: Final = 34
_LINE: Final = 13
"""Height of a line of text."""
_STYLE: Final = "".join(
    f".curve {each}"
    for each in (
        "text{font:11px 'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',SimHei,sans-serif;fill:#222}",
        ".g{stroke:#ddd}",
        ".d{stroke:#b91c1c;stroke-width:1.5}",
        ".o{fill:#fee2e2}",
        "path{fill:none;stroke-width:2}",
        ".R1{stroke:#6b7280}",
        ".R2{stroke:#1d4ed8}",
        ".R5{stroke:#047857}",
        ".known{stroke-dasharray:6 4}",
    )
)
LINES: Final = (("R2", "happened"), ("R2", "known"), ("R1", "happened"), ("R5", "happened"))
"""What is drawn, the most important first."""


def curve_svg(report: Report, lang: Lang) -> str:
    """Return the picture; of a case with a single point so far, the point."""
    points = report.curve
    if not points:
        return ""
    start, last = _seconds(points[0].at), _seconds(points[-1].at)
    due = _due(report)
    end = max(last, due if due is not None else last, start + 86_400)

    def x(t: float) -> float:
        return _LEFT + (t - start) / (end - start) * (_WIDTH - _LEFT - _RIGHT)

    title = escaped(text("report.curve.title", lang))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="curve" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" ',
        f'role="img" aria-label="{title}"><title>{title}</title><style>{_STYLE}</style>',
    ]
    if due is not None and due < end:
        parts.append(f'<rect class="o" x="{x(due):.1f}" y="{_TOP}" width="{x(end) - x(due):.1f}" height="{_y(0) - _TOP:.1f}"/>')
    for percent in (0, 25, 50, 75, 100):
        parts.append(f'<line class="g" x1="{_LEFT}" x2="{x(end):.1f}" y1="{_y(percent):.1f}" y2="{_y(percent):.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{_y(percent) + 4:.1f}" text-anchor="end">{percent} %</text>')
    parts += _days(start, end, x)
    if due is not None:
        words = escaped(text("report.curve.due", lang, due=report.deadlines[1].due))
        anchor = "start" if x(due) < _WIDTH / 3 else "end"
        parts.append(f'<line class="d" x1="{x(due):.1f}" x2="{x(due):.1f}" y1="{_TOP}" y2="{_y(0):.1f}"/>')
        parts.append(f'<text x="{x(due) - 4:.1f}" y="{_TOP - 5}" text-anchor="{anchor}">{words}</text>')
    ends: list[tuple[float, float, str]] = []
    for name, way in LINES:
        path, at = _path(points, name, way, x)
        if path:
            parts.append(f'<path class="{name} {way}" d="{path}"/>')
            ends.append((at[1], at[0], text(f"report.curve.{name}.{way}", lang)))
    parts += _names(ends)
    return "".join([*parts, "</svg>"])


def _path(points: Sequence[CurvePoint], name: str, way: str, x: Callable[[float], float]) -> tuple[str, tuple[float, float]]:
    """Return the line of one rate, with gaps where it has no denominator, and where it ends."""
    made: list[str] = []
    at = (0.0, 0.0)
    broken = True
    for point in points:
        rate = (point.happened if way == "happened" else point.known).get(name)
        if rate is None or not rate.denominator:
            broken = True
            continue
        # Over 100 % there is nothing to see that the table does not say.
        height = _y(min(100.0, 100 * rate.numerator / rate.denominator))
        at = (x(_seconds(point.at)), height)
        made.append(f"{'M' if broken else 'L'}{at[0]:.1f} {at[1]:.1f}")
        broken = False
    if len(made) == 1:
        made.append(f"h{3:.1f}")
    return "".join(made), at


def _names(ends: list[tuple[float, float, str]]) -> list[str]:
    """Write each line's name beside its end, one below the other."""
    made: list[str] = []
    order = sorted(ends)
    places: list[float] = []
    for y, _, _ in order:
        places.append(max(y, places[-1] + _LINE) if places else y)
    lowest = _y(0)
    for n in range(len(places) - 1, -1, -1):
        places[n] = lowest = min(places[n], lowest)
        lowest -= _LINE
    for place, (_, at, name) in zip(places, order, strict=True):
        made.append(f'<text x="{min(at + 6, _WIDTH - cells(name) * 5.8):.1f}" y="{place + 4:.1f}">{escaped(name)}</text>')
    return made


def _days(start: float, end: float, x: Callable[[float], float]) -> list[str]:
    """Write at most eight days below the picture."""
    days = max(1, round((end - start) / 86_400))
    step = -(-days // 8)
    made: list[str] = []
    for day in range(0, days + 1, step):
        t = start + day * 86_400
        if t <= end:
            shown = dt.datetime.fromtimestamp(t, dt.timezone(dt.timedelta(hours=8))).strftime("%m-%d")
            made.append(f'<text x="{x(t):.1f}" y="{_HEIGHT - 12}" text-anchor="middle">{shown}</text>')
    return made


def _y(percent: float) -> float:
    return _TOP + (100 - percent) / 100 * (_HEIGHT - _TOP - _BOTTOM)


def _seconds(moment: str) -> float:
    return dt.datetime.fromisoformat(moment).timestamp()


def _due(report: Report) -> float | None:
    """Return the end of the day completion is due on."""
    due = next((each.due for each in report.deadlines if each.name == "complete"), None)
    if due is None:
        return None
    day = dt.date.fromisoformat(due[:10])
    return dt.datetime.combine(day, dt.time(), dt.timezone(dt.timedelta(hours=8))).timestamp() + 86_400
