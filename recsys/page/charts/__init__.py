"""Draw accessible charts as HTML and SVG, for light and dark themes.

Values that are None or not finite are left out of a drawing and shown as a dash in its table.
"""

from __future__ import annotations

from recsys.page.charts.bars import bars, columns, intervals
from recsys.page.charts.cells import confusion, density, heat_map
from recsys.page.charts.figure import Caption, empty
from recsys.page.charts.lines import curve, lines, reliability, share_curve
from recsys.page.charts.points import dots, scatter
from recsys.page.charts.trials import trials

__all__ = [
    "Caption",
    "bars",
    "columns",
    "confusion",
    "curve",
    "density",
    "dots",
    "empty",
    "heat_map",
    "intervals",
    "lines",
    "reliability",
    "scatter",
    "share_curve",
    "trials",
]
