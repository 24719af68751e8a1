"""Tables as other people's programs export them: titles above the names, empty columns, ratings in units and words."""

from __future__ import annotations

from pathlib import Path

import pytest
from movielens_files import folder, zipped

from recsys.catalogue.sources.own.source import OwnTables, check
from recsys.data.tables import numbers
from recsys.errors import BadData, SourceError
from recsys.settings import Settings

ITEMS = "item_id,title\na1,Alpha\nb2,Beta\nc3,Gamma\n"
ROWS = ["u1,a1,4", "u2,b2,3", "u3,c3,5", "u1,b2,1"]


def tables(path: Path, ratings: list[str], items: str = ITEMS, names: str = "user_id,item_id,rating") -> Path:
    text = "\n".join([*names.split("\n"), *ratings]) + "\n"
    return folder(path, {"items.csv": items.encode(), "ratings.csv": text.encode()})


def rated(path: Path) -> list[float]:
    (ratings,) = OwnTables(Settings(catalogue=str(path))).read().ratings
    return ratings["rating"].tolist()


@pytest.mark.parametrize(
    ("names", "row"),
    [
        ("user_id,item_id,rating,,", "{},,"),
        (",user_id,item_id,rating,,", "0,{},,"),  # with the row numbers of a data frame
        ("user_id,item_id,rating", "{},,,"),
    ],
)
def test_separators_after_the_last_column_change_nothing(names, row, tmp_path):
    assert rated(tables(tmp_path / "shop", [row.format(one) for one in ROWS], names=names)) == [4, 3, 5, 1]


@pytest.mark.parametrize(
    "above", ["Ratings of my shop", "Ratings of my shop,,", '"Ratings of my shop"\n\n', "My shop 2024\nas of 1 May,,\n"]
)
def test_a_title_above_the_names_is_left_out_and_said(above, tmp_path):
    path = tables(tmp_path / "shop", ROWS, f"Items of my shop\n{ITEMS}", f"{above}\nuser_id,item_id,rating")
    report = check(path)
    assert report.ok and "is read as a title above the table" in report.text()
    assert "Items of my shop" in report.text()
    assert rated(path) == [4, 3, 5, 1]


def test_the_line_of_a_bad_row_counts_the_title(tmp_path):
    path = tables(tmp_path / "shop", [*ROWS, "u1,zz,3"], names="Ratings of my shop\n\nuser_id,item_id,rating")
    assert "ratings.csv, line 8, column item_id: 'zz'" in check(path).text()


def test_one_column_of_titles_with_commas_has_no_title_above(tmp_path):
    path = tables(tmp_path / "shop", ["u1,Alpha", "u2,Beta"], "title\nAlpha\nBeta\n", "user,title")
    assert check(path).ok and "above the table" not in check(path).text()


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["80 %", "0.8", "60 %"], "'0.8' and '80 %' are numbers of different kinds"),
        (["4/5", "8", "3/5"], "'8' is more than 5, and '4/5' says it is the most"),
        (["4/5", "12/5"], "'12/5' is more than 5"),
    ],
)
def test_a_number_that_contradicts_the_unit_of_the_column_refuses_it(texts, said, tmp_path):
    assert said in numbers.read(texts).refused
    with pytest.raises(BadData, match="write all in one form") as refused:
        rated(tables(tmp_path / "shop", [f"u{place},a1,{text}" for place, text in enumerate(texts)]))
    assert '"decimal"' not in str(refused.value)  # stating the decimal mark would not help


@pytest.mark.parametrize("texts", [["80 %", "60", "0 %", "0"], ["4/5", "3", "5/5"]])
def test_numbers_without_the_unit_of_the_column_are_read_where_they_fit(texts):
    assert not numbers.read(texts).refused


@pytest.mark.parametrize("texts", [("B+", "A", "C-"), ("yes", "no", "yes"), ("N/A", "N/A", "N/A"), ("👍", "👎", "👍")])
def test_ratings_in_words_are_refused_in_one_sentence_with_or_without_skip_bad(texts, tmp_path):
    path = tables(tmp_path / "shop", [f"u{place},a1,{text}" for place, text in enumerate(texts)])
    report = check(path)
    assert len(report.text().splitlines()) == 2
    assert f"no cell is a number; there are '{texts[0]}'" in report.text() and "skip-bad" not in report.text()
    with pytest.raises(BadData, match="remove the column if each row is a choice"):
        OwnTables(Settings(catalogue=str(path))).read(skip_bad=True)


def test_a_column_of_zeros_is_read(tmp_path):
    assert rated(tables(tmp_path / "shop", ["u1,a1,0", "u2,b2,0", "u3,c3,0.0", "u4,c3,00"])) == [0, 0, 0, 0]


def test_a_zip_file_of_a_mac_is_its_tables(tmp_path):
    inside = {
        "shop/items.csv": ITEMS.encode(),
        "shop/ratings.csv": "\n".join(["user_id,item_id,rating", *ROWS]).encode(),
    }
    inside |= {f"__MACOSX/shop/._{name}.csv": b"\x00\x05\x16\x07" for name in ("items", "ratings")}
    inside |= {"shop/.DS_Store": b"\x00\x00\x00\x01Bud1"}
    path = zipped(tmp_path / "shop.zip", inside)
    assert rated(path) == [4, 3, 5, 1]
    (tmp_path / "desk").mkdir()
    path.rename(tmp_path / "desk" / "shop.zip")
    with pytest.raises(SourceError, match=r"Give .*shop\.zip itself, or unpack it\."):
        OwnTables(Settings(catalogue=str(tmp_path / "desk"))).read()
