"""Draw line charts over data sizes with logarithmic axes, as SVG files for light and dark backgrounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from recsys.page.charts.svg import WIDTH, Frame, cut, line, safe, text
from recsys.page.charts.values import brief, known

Points = Sequence[tuple[float, float | None]]
COLOURS = (
    ("#a52a1c", "#ff9a85"),
    ("#1f6f8b", "#74c4de"),
    ("#b07a00", "#f0c35c"),
    ("#2f7d4f", "#83d3a0"),
    ("#7a4fa3", "#c6a5ec"),
    ("#4d5a66", "#aebbc6"),
    ("#c2557f", "#f5a3c3"),
    ("#3f61b5", "#9cb6fa"),
    ("#8a6a3b", "#d9b888"),
    ("#0f8a80", "#6fd6cb"),
)
DASHES = ("none", "7 4", "2 4", "10 3 2 3", "14 4")
LEGEND = 17  # height of a legend line in pixels


def growth(title: str, series: Mapping[str, Points], *, up: str, across: str = "Ratings") -> str:
    """Chart of several values over data sizes; "" if fewer than two sizes have values.

    Args:
        series: by name, pairs of x and y, both above 0; a point with y None is skipped.
        up, across: labels of the axes with units.
    """
    drawn = {name: [(x, y) for x, y in points if y] for name, points in series.items()}
    drawn = {name: points for name, points in drawn.items() if points}
    xs = sorted({x for points in drawn.values() for x, _ in points})
    if len(xs) < 2:
        return ""
    frame = _frame(xs, known(y for points in drawn.values() for _, y in points), rows=-(-len(drawn) // 2))
    parts = [text(12, 20, title, kind="rs-title")]
    parts.append(frame.rows(range(int(frame.y_low), int(frame.y_high) + 1), lambda power: power_label(int(power or 0))))
    parts.append(frame.foot([math.log10(x) for x in xs], [brief(x) for x in xs], across))
    parts.append(frame.side(up, x=15))
    for number, (name, points) in enumerate(drawn.items()):
        parts += [_series(frame, number, name, points), _legend(number, name)]
    description = (
        f"{', '.join(drawn)} from {brief(xs[0])} to {brief(xs[-1])} {across.lower()}, in {up}; both axes logarithmic."
    )
    return _file(title, description, frame.height, "".join(parts), len(drawn))


def _frame(xs: Sequence[float], ys: Sequence[float], rows: int) -> Frame:
    """Powers of ten as edges, and room for a legend of some rows above."""
    low, high = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    top, height = 36 + LEGEND * rows, 270 + LEGEND * rows
    return Frame(
        math.log10(xs[0]), math.log10(xs[-1]), low, max(high, low + 1), left=58, right=20, top=top, height=height
    )


def _series(frame: Frame, number: int, name: str, points: Sequence[tuple[float, float]]) -> str:
    places = [(frame.x(math.log10(x)), frame.y(math.log10(y))) for x, y in points]
    dots = "".join(
        f'<circle class="dot s{number}" cx="{x:g}" cy="{y:g}" r="3"><title>{safe(name)}: {safe(brief(value))} at '
        f"{safe(brief(size))}</title></circle>"
        for (x, y), (size, value) in zip(places, points, strict=True)
    )
    return f'<path class="line s{number}" d="{line(places)}"/>{dots}'


def _legend(number: int, name: str) -> str:
    left, top = 14 + (number % 2) * (WIDTH / 2 - 8), 38 + LEGEND * (number // 2)
    key = f'<path class="line s{number}" d="M{left:g} {top - 4}h18"/>'
    return key + text(left + 24, top, cut(name, WIDTH / 2 - 44), kind="rs-name")


def power_label(power: int) -> str:
    """Axis label of a power of ten.

    >>> power_label(-2), power_label(0), power_label(4)
    ('0.01', '1', '10k')
    """
    return f"{10.0**power:.{-power}f}" if power < 0 else brief(10.0**power)


def _file(title: str, says: str, height: float, drawing: str, n: int) -> str:
    # Has its own background, so that it is legible on a page whose colours differ from the system preference.
    def colours(dark: int) -> str:
        chosen = [(COLOURS[i % len(COLOURS)][dark], DASHES[i // 2 % len(DASHES)]) for i in range(n)]
        return "".join(
            f".line.s{i}{{stroke:{colour};stroke-dasharray:{dash}}}.dot.s{i}{{fill:{colour}}}"
            for i, (colour, dash) in enumerate(chosen)
        )

    light = "svg{--ground:#fff;--ink:#1c1b19;--soft:#57534c;--line:#dcd7cd}"
    dark = "svg{--ground:#16181b;--ink:#f1eee8;--soft:#b3aea5;--line:#3a3d42}"
    style = (
        f"{light}text{{font:12px system-ui,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}}"
        ".rs-name{fill:var(--ink)}.rs-title{font-size:14px;font-weight:650;fill:var(--ink)}"
        ".rs-grid-line{stroke:var(--line);fill:none}.ground{fill:var(--ground);stroke:var(--line)}"
        f".line{{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}}{colours(0)}"
        f"@media(prefers-color-scheme:dark){{{dark}{colours(1)}}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{1.4 * WIDTH:g}" role="img" '
        f'aria-labelledby="t d"><title id="t">{safe(title)}</title><desc id="d">{safe(says)}</desc>'
        f"<style>{style}</style>"
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:g}" rx="10"/>'
        f"{drawing}</svg>\n"
    )
