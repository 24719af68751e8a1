"""Charts: well-formed, safe, without numbers that are none, and with the same figures as text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from recsys.page import charts
from recsys.page.charts import Caption, values

NASTY = '<img src=x onerror="alert(1)"> & ${alert(1)} {{x}} `\\\x00\x0b'
NAN = float("nan")
SVG = "svg"


def drawn():
    """Every kind of chart, with nasty names and values that are missing or no numbers."""
    three, nasty = [NASTY, "b" * 90, "10"], Caption(NASTY, NASTY, of=NASTY, by=NASTY)
    spans = [(0.3, 0.2, 0.4), (NAN, 0, 0), (0.1, None, NAN)]
    counts = [[1, 2, 0], [0, 0, 0]]
    return {
        "bars": charts.bars(nasty, three, [3, None, NAN]),
        "columns": charts.columns(nasty, three, [3, None, float("inf")]),
        "lines": charts.lines(nasty, three, {NASTY: [1, None, 3], "b": [NAN, 2, 1]}, area=True),
        "intervals": charts.intervals(nasty, three, spans),
        "reliability": charts.reliability(nasty, [0.1, 0.5, NAN], [0.2, None, 1], [5, 5, 5]),
        "heat_map": charts.heat_map(nasty, three, [[None, 0.5, NAN], [0.5, None, 1], [0, 1, None]]),
        "scatter": charts.scatter(nasty, [(0, 1, 0), (1, None, 1), (NAN, 2, 1)], [(NASTY, None), ("b", None)]),
        "curve": charts.curve(nasty, [1, 2, 3], [None, 5, NAN], mark=2),
        "trials": charts.trials(nasty, {NASTY: [1, 2, 3], "b": [0.1, None, NAN]}, [0.1, None, -0.2], 0, 2),
        "density": charts.density(nasty, [1, 2], [1, 2, 3], counts),
        "confusion": charts.confusion(nasty, [NASTY, "b"], ["c", NASTY], [[3, 1], [0, 0]]),
        "dots": charts.dots(nasty, three, [3, None, NAN], mark=0),
        "diagonal": charts.share_curve(nasty, [(0, 0), (1, 1)], diagonal=True),
        "share": charts.share_curve(nasty, [(0.1, 0.5), (1, 1)], mark=0.1, listed=[0]),
    }


@pytest.fixture(scope="module", params=sorted(drawn()))
def one(request):
    return drawn()[request.param]


def test_it_is_well_formed_and_every_text_is_escaped(one):
    figure = ET.fromstring(one)
    assert figure.tag == "figure"
    names = {element.tag for element in figure.iter()}
    assert not names & {"img", "script", "foreignObject", "style", "a", "image", "use"}
    attributes = {name for element in figure.iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on") or name in ("href", "style")]
    assert figure.find("figcaption/h3").text.startswith('<img src=x onerror="alert(1)">')
    assert not set("$`\\{}\x00\x0b") & set(one), "nothing may mean something in a template"
    assert "${alert(1)}" in "".join(figure.itertext())


def test_no_number_in_it_is_none(one):
    assert not re.search(r"\b(nan|inf|None)\b", one, re.IGNORECASE)
    for element in ET.fromstring(one).iter():
        for name in ("x", "y", "cx", "cy", "r", "width", "height"):
            if name in element.attrib:
                assert float(element.attrib[name]) >= -1


def test_it_says_the_same_without_eyes(one):
    figure = ET.fromstring(one)
    drawing = figure.find(SVG)
    assert drawing.get("role") == "img"
    ids = {element.get("id"): element for element in drawing if element.get("id")}
    title, says = (ids[name] for name in drawing.get("aria-labelledby").split())
    assert title.tag == "title" and says.tag == "desc" and says.text
    table = figure.find("details//table")
    width = len(table.findall("thead/tr/th"))
    assert all(len(list(row)) == width for row in table.findall("tbody/tr"))
    assert figure.find("details/summary").text == "Numbers"


def texts(chart, path):
    return ["".join(element.itertext()) for element in ET.fromstring(chart).findall(path)]


def test_bars_are_in_proportion_and_the_table_is_exact():
    chart = charts.bars(Caption("Genres", of="films"), ["Drama", "War"], [40, 10])
    widths = [float(bar.get("width")) for bar in ET.fromstring(chart).findall("svg/g/rect")]
    assert widths[0] == pytest.approx(4 * widths[1], rel=0.01)
    assert texts(chart, "details//tbody/tr") == ["Drama40", "War10"]


def test_columns_stand_on_the_ground():
    chart = charts.columns(Caption("Ratings", of="ratings", by="stars"), ["1", "2"], [50, 100])
    bars = ET.fromstring(chart).findall("svg/rect")
    ground = [float(bar.get("y")) + float(bar.get("height")) for bar in bars]
    assert ground[0] == pytest.approx(ground[1], abs=0.2) == pytest.approx(200, abs=0.2)
    assert float(bars[1].get("height")) == pytest.approx(2 * float(bars[0].get("height")), abs=0.3)


def test_a_missing_value_breaks_the_line():
    chart = charts.lines(Caption("t", by="day"), ["a", "b", "c", "d"], {"x": [1, None, 2, 3]})
    (line,) = [one.get("d") for one in ET.fromstring(chart).findall("svg/path") if one.get("class") == "rs-line-0"]
    assert re.findall("[ML]", line) == ["M", "M", "L"]


def test_intervals_hold_their_points_and_share_a_scale():
    chart = charts.intervals(Caption("t", of="NDCG@10"), ["a", "b"], [(0.3, 0.25, 0.35), (0.2, 0.15, 0.25)])
    groups = ET.fromstring(chart).findall("svg/g")
    for group in groups:
        low, high = map(float, re.findall(r"[MH]([\d.]+)", group.find("path").get("d")))
        assert low < float(group.find("circle").get("cx")) < high
    assert texts(chart, "details//tbody/tr")[0] == "a0.30.250.35"


def test_a_scale_without_zero_tells_close_values_apart():
    chart = charts.intervals(
        Caption("t", of="RMSE"), ["a", "b"], [(0.87, 0.865, 0.875), (0.9, 0.895, 0.905)], zero=False
    )
    first, second = (float(group.find("circle").get("cx")) for group in ET.fromstring(chart).findall("svg/g"))
    assert second - first > 100
    ys = [
        float(one.get("cy"))
        for one in ET.fromstring(charts.dots(Caption("t", of="x", by="y"), "ab", [0.88, 0.881])).iter("circle")
    ]
    assert ys[0] - ys[1] > 100


def test_trials_stand_where_their_values_are():
    chart = ET.fromstring(charts.trials(Caption("t"), {"k": [5, 20, 5], "reg": list(range(3))}, [0.1, -0.3, 0.0], 2, 0))
    best, base = (
        [(float(one.get("cx")), float(one.get("cy"))) for one in chart.iter("circle") if one.get("class") == kind]
        for kind in ("rs-point", "rs-ring")
    )
    assert best[0][0] == base[0][0] < best[0][0] + 1 and best[0][1] < base[0][1], "same k, higher up"
    assert best[1][0] < base[1][0]
    rows = ["".join(row.itertext()) for row in chart.findall("details//tbody/tr")]
    assert rows == ["+10.0 %50", "+0.0 %52", "-30.0 %201"]


def test_shares_of_a_confusion_matrix_are_of_the_truth():
    chart = charts.confusion(Caption("t"), ["no", "yes"], ["said no", "said yes"], [[30, 10], [1, 9]])
    said = texts(chart, "svg/text")
    assert {"75.0 %", "25.0 %", "10.0 %", "90.0 %"} <= set(said)
    assert texts(chart, "details//tbody/tr") == ["no3010", "yes19"]


def test_a_column_of_a_density_is_dark_where_most_fell():
    chart = ET.fromstring(charts.density(Caption("t", of="predicted", by="given"), [1, 2], [1, 2], [[3, 1], [0, 1]]))
    cells = {(one.get("x"), one.get("y")): float(one.get("fill-opacity")) for one in chart.findall("svg/rect")}
    assert len(cells) == 3 and max(cells.values()) == 1.0
    assert texts(ET.tostring(chart), "details//tbody/tr") == ["11.2531", "2201"]


def test_points_of_a_group_are_drawn_once():
    chart = charts.scatter(Caption("t"), [(0, 0, 0), (1, 1, 1), (2, 0, 0)], [("first", 20), ("second", 10)])
    dots = [
        one.get("d").count("M") for one in ET.fromstring(chart).findall("svg/path") if "rs-dots" in one.get("class")
    ]
    assert dots == [2, 1]
    assert texts(chart, "details//tbody/tr") == ["first20", "second10"]


def test_nothing_to_show_is_said():
    caption = Caption("t", of="x", by="y")
    for chart in (
        charts.bars(caption, [], []),
        charts.lines(caption, [], {}),
        charts.intervals(caption, ["a"], [(None, None, None)]),
        charts.heat_map(caption, ["a"], [[None]]),
        charts.curve(caption, [], []),
        charts.share_curve(caption, []),
        charts.columns(caption, ["a"], [NAN]),
        charts.scatter(caption, [], []),
        charts.reliability(caption, [], [], []),
        charts.trials(caption, {}, [], 0, 0),
        charts.density(caption, [], [], []),
        charts.confusion(caption, ["a"], ["b"], [[0]]),
        charts.dots(caption, ["a"], [None]),
    ):
        assert "There is nothing to show yet." in chart and ET.fromstring(chart) is not None


@pytest.mark.parametrize(
    "edges", [(0, 0), (0, 1), (3, 3), (0, 1e9), (-2, 7), (0, 0.0004), (5e-324, 5e-324), (0, 1e-300), (-1e12, 1e12)]
)
def test_ticks_are_round_and_hold_the_values(edges):
    found = values.ticks(*edges)
    assert found[0] <= edges[0] and found[-1] >= edges[1] and 2 <= len(found) <= 8
    assert found == sorted(set(found))
