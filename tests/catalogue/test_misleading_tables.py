"""Tables whose names, first rows or last lines mislead: names in other languages, headings below headings, footers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from movielens_files import csv_layout, folder, zipped

from recsys.catalogue.sources.films import movielens
from recsys.catalogue.sources.own.source import OwnTables
from recsys.data.tables.cells import split
from recsys.errors import BadData, SourceError
from recsys.settings import Settings

ITEMS = "item_id,title\na1,Alpha\nb2,Beta\nc3,Gamma\n"
RATINGS = "user_id,item_id,rating\nu1,a1,4\nu1,b2,3\nu2,c3,5\n"
PAIRS = [("u1", "a1"), ("u1", "b2"), ("u2", "c3")]


def read(path: Path, items: str = ITEMS, ratings: str = RATINGS):
    raw = OwnTables(
        Settings(catalogue=str(folder(path, {"items.csv": items.encode(), "ratings.csv": ratings.encode()})))
    ).read()
    return raw.items, pd.concat(list(raw.ratings)), " ".join(raw.notes)


def pairs(ratings: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(ratings["user_id"].astype(str), ratings["item_id"].astype(str), strict=True))


# -- names -------------------------------------------------------------------------------------------

LANGUAGES = [
    ("Référence;Désignation;Année de parution;Catégorie", "Client;Référence;Note;Date d'achat"),
    ("Código;Descripción;Año;Género", "Cliente;Código;Valoración;Fecha"),
    ("Código do Produto;Nome do Produto;Ano;Categoria", "CPF do Cliente;Código do Produto;Avaliação;Data da Compra"),
    ("Artikelnummer;Omschrijving;Jaar;Rubriek", "Klantnummer;Artikelnummer;Waardering;Besteldatum"),
    ("Код;Наименование;Год;Жанр", "Пользователь;Код;Оценка;Дата"),
    ("电影ID;片名;年份;类型", "用户ID;电影ID;评分;日期"),
    ("作品ID;タイトル;年;ジャンル", "ユーザーID;作品ID;評価;日付"),
    ("item_id / Artikel-Nr.;title / Titel;year / Jahr;genres / Gattung", "user_id / Kunde;item_id / Nr.;rating;date"),
]


@pytest.mark.parametrize(("items", "ratings"), LANGUAGES, ids=range(len(LANGUAGES)))
def test_names_in_other_languages_and_in_two(items, ratings, tmp_path):
    items, ratings = f"{items}\na1;Alpha;1999;X\nb2;Beta;2001;Y\n", f"{ratings}\nu1;a1;4;31.12.2023\nu1;b2;3;1.1.2024\n"
    found, rated, _ = read(tmp_path / "shop", items, ratings)
    assert [(one["item_id"], one["title"], one["year"], one["genres"]) for one in found] == [
        ("a1", "Alpha", 1999, ["X"]),
        ("b2", "Beta", 2001, ["Y"]),
    ]
    assert pairs(rated) == PAIRS[:2] and rated["rating"].tolist() == [4, 3]
    assert rated["timestamp"].tolist() == [1703980800, 1704067200]


@pytest.mark.parametrize(
    ("items", "ratings"),
    [
        (
            "track_uri,track_name\n{},Alpha\n{},Beta\n{},Gamma\n",
            "ts,username,ms_played,track_uri\n9,u1,5,{}\n9,u1,5,{}\n",
        ),
        ("Handle,Title,Variant SKU\nx,Alpha,{}\ny,Beta,{}\nz,Gamma,{}\n", "Email,Lineitem sku\nu1,{}\nu1,{}\n"),
        (
            "url,title\nhttps://{},Alpha\nhttps://{},Beta\nhttps://{},Gamma\n",
            "user,url\nu1,https://{}\nu1,https://{}\n",
        ),
    ],
    ids=["one name in both tables", "other names", "addresses"],
)
def test_ids_are_found_by_what_both_tables_have(items, ratings, tmp_path):
    found, rated, _ = read(tmp_path / "shop", items.format("a1", "b2", "c3"), ratings.format("a1", "b2"))
    assert [one["item_id"].removeprefix("https://") for one in found] == ["a1", "b2", "c3"]
    assert [one["title"] for one in found] == ["Alpha", "Beta", "Gamma"]
    assert [(user, item.removeprefix("https://")) for user, item in pairs(rated)] == PAIRS[:2]


def test_a_description_is_the_title_if_nothing_else_is(tmp_path):
    found, _, notes = read(tmp_path / "shop", ITEMS.replace("item_id,title", "StockCode,Description"))
    assert [one["title"] for one in found] == ["Alpha", "Beta", "Gamma"] and "Description as title" in notes
    found, _, _ = read(tmp_path / "both", "item_id,name,description\na1,A,x\nb2,B,y\nc3,C,z\n")
    assert [(one["title"], one["overview"]) for one in found] == [("A", "x"), ("B", "y"), ("C", "z")]


def test_baskets_are_no_column_for_each_user(tmp_path):
    baskets = "order_id,product_id,add_to_cart,reordered\n2,a1,1,1\n2,b2,2,1\n3,c3,1,0\n"
    with pytest.raises(BadData, match=r"column user_id: the column is missing.*If order_id is this column"):
        read(tmp_path / "shop", ratings=baskets)


# -- names that the cells contradict -------------------------------------------------------------------


def test_a_column_is_not_what_its_cells_contradict(tmp_path):
    items = "item_id,title,published,stars,released\na1,Alpha,1,4.5,yes\nb2,Beta,0,3.0,no\nc3,Gamma,1,4.0,yes\n"
    found, _, _ = read(tmp_path / "shop", items)
    assert not any({"year", "cast"} & one.keys() for one in found)
    found, _, _ = read(tmp_path / "dates", items.replace("yes", "1999-05-01").replace("stars", "directors"))
    assert [one.get("year") for one in found] == [1999, None, 1999] and not any("director" in one for one in found)


def test_counts_and_zeros_without_a_name_are_no_times(tmp_path):
    _, rated, notes = read(tmp_path / "plays", ratings="u1,a1,2137\nu1,b2,1099\nu2,c3,897\n")
    assert list(rated.columns) == ["user_id", "item_id"] and "column 3 is not used" in notes
    _, rated, _ = read(tmp_path / "games", ratings="u1,a1,273.0,0\nu1,b2,1.0,0\nu2,c3,87.0,0\n")
    assert list(rated.columns) == ["user_id", "item_id", "rating"]


def test_amounts_and_times_say_nothing_about_likeness(tmp_path):
    items = (
        "item_id;title;price;length;pages;made\na1;Alpha;10,00 zł TTC;1 h 20 min;300 pages;2024-01-01T10:00:00Z\n"
        "b2;Beta;10,00 zł;45 min;300 pages;2024-01-01T10:00:00Z\nc3;Gamma;R$ 7,50;45 min;20 p.;2024-01-03T10:00:00+02:00\n"
    )
    assert not any(one["facets"] for one in read(tmp_path / "shop", items.replace("p.;", "pages;"))[0])
    kept = "item_id,title,level,system,decade\na1,A,Level 1,PG-13,80s\nb2,B,Level 2,PG-13,90s\nc3,C,Level 2,R,80s\n"
    assert all(len(one["facets"]) == 3 for one in read(tmp_path / "kept", kept)[0])


# -- rows and lines that are no rows -------------------------------------------------------------------


@pytest.mark.parametrize(
    "below", ["string,string,int", "varchar(20),text,", "Artikel-Nr.,Titel,Jahr", "<chr>,<chr>,<dbl>", "Text,Text,Zahl"]
)
def test_a_second_heading_is_no_item(below, tmp_path):
    found, _, notes = read(
        tmp_path / "shop", f"item_id,title,year\n{below}\na1,Alpha,1999\nb2,Beta,2000\nc3,Gamma,2001\n"
    )
    assert [one["item_id"] for one in found] == ["a1", "b2", "c3"]
    assert "line 2 is a heading (names or types of the columns, or a drawn line), and is left out" in notes
    _, rated, notes = read(tmp_path / "types", ratings=RATINGS.replace("u1,a1", "text,text,number\nu1,a1"))
    assert pairs(rated) == PAIRS and "line 2 is a heading" in notes


@pytest.mark.parametrize(
    "ratings",
    [
        '"user_id" "item_id" "rating"\n"1" "u1" "a1" 4\n"2" "u1" "b2" 3\n"3" "u2" "c3" 5\n',
        "user_id\titem_id\trating\n4\tu1\ta1\t4\n7\tu1\tb2\t3\n9\tu2\tc3\t5\n",
        '"user_id","item_id","rating"\n"1","u1","a1",4\n"2","u1","b2",3\n"3","u2","c3",5\n',
        "  user_id item_id  rating\n0      u1      a1     4.0\n1      u1      b2     3.0\n2      u2      c3     5.0\n",
    ],
    ids=["R", "R with tabs", "R with commas", "pandas"],
)
def test_rows_that_begin_with_their_numbers(ratings, tmp_path):
    _, rated, _ = read(tmp_path / "shop", ratings=ratings)
    assert pairs(rated) == PAIRS and rated["rating"].tolist() == [4, 3, 5]


def test_decimal_commas_between_commas_are_no_numbered_rows(tmp_path):
    with pytest.raises(BadData, match="line 2: 4 cells where the header has 3"):
        read(tmp_path / "shop", ratings="user_id,item_id,rating\nu1,a1,4,5\nu1,b2,3,0\nu2,c3,5,0\n")


@pytest.mark.parametrize(
    ("row", "above", "below"),
    [
        ("{}|{}|{}\n", "user_id|item_id|rating\n", "(3 rows)\n"),
        ("| {} | {} | {} |\n", "| user_id | item_id | rating |\n|---+---+---|\n", "3 rows in set (0.00 sec)\n\n"),
        ("{} {} {}\n", "user_id item_id rating\n------- ------- ------\n", "\n(3 rows affected)\n"),
        ("{}\t{}\t{}\n", "", "\\.\n"),
        ("│ {} │ {} │ {} │\n", "┌───┬───┬───┐\n│ user_id │ item_id │ rating │\n├───┼───┼───┤\n", "└───┴───┴───┘\n"),
        ("{}  {}  {}\n", "# user_id  item_id  rating\n", ""),
    ],
    ids=["psql", "mysql", "sqlcmd", "COPY", "boxes", "names in a remark"],
)
def test_lines_of_databases_are_no_rows(row, above, below, tmp_path):
    rows = [row.format(user, item, rating) for (user, item), rating in zip(PAIRS, (4, 3, 5), strict=True)]
    _, rated, _ = read(tmp_path / "shop", ratings=above + "".join(rows) + below)
    assert pairs(rated) == PAIRS and rated["rating"].tolist() == [4, 3, 5]


# -- cells and files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "lists"),
    [
        (["Action · Drama", "War"], [["Action", "Drama"], ["War"]]),
        (["剧情、爱情", "剧情"], [["剧情", "爱情"], ["剧情"]]),
        (["#fun #kids", "#war"], [["#fun", "#kids"], ["#war"]]),
        (["C# for all", "#1 Drama"], [["C# for all"], ["#1 Drama"]]),
    ],
)
def test_other_separators_of_values(cells, lists):
    assert split(cells).lists == lists


def test_an_error_of_a_spreadsheet_is_no_title(tmp_path):
    with pytest.raises(BadData, match="item 'b2' has the error #REF! of a spreadsheet as its title; correct it"):
        read(tmp_path / "shop", ITEMS.replace("Beta", "#REF!"))
    found, _, _ = read(tmp_path / "text", "item_id,title,text\na1,A,#VALUE!\nb2,B,x\nc3,C,y\n")
    assert "overview" not in found[0]


def test_packed_files_that_are_not_read_say_what_to_unpack(tmp_path):
    inside = {"items.csv": ITEMS.encode(), "ratings.tar.gz": b"x"}
    with pytest.raises(SourceError, match=r"Unpack ratings\.tar\.gz first"):
        OwnTables(Settings(catalogue=str(folder(tmp_path / "shop", inside)))).read()
    path = zipped(tmp_path / "all.zip", {"items.csv": ITEMS.encode(), "ratings.zip": b"x"})
    with pytest.raises(SourceError, match=r"Unpack all\.zip first"):
        OwnTables(Settings(catalogue=str(path))).read()


def test_numbers_are_ids_where_the_names_say_so(tmp_path):
    items = "MAL_ID,Name,Members\n1,Cowboy Bebop,9\n5,Trigun,5\n6,Monster,1\n"
    found, rated, _ = read(tmp_path / "anime", items, "user_id,anime_id,rating\n7,5,9\n8,6,7\n")
    assert [one["item_id"] for one in found] == ["1", "5", "6"] and pairs(rated) == [("7", "5"), ("8", "6")]


def test_ratings_with_a_column_called_name_are_no_items(tmp_path):
    answers = "Zeitstempel;Name;Artikel;Bewertung (1-5)\n31.01.2024;Ann;a1;5\n01.02.2024;Bo;b2;4\n"
    with pytest.raises(BadData, match="column user_id: the column is missing; there are Zeitstempel, Name, Artikel"):
        read(tmp_path / "form", ratings=answers)


def test_spaces_before_quotes_and_marks_inside_titles(tmp_path):
    ratings = 'user_id, item_id, rating\n"u1", "a1", 4\n"u1", "b2", 3\n'
    found, rated, _ = read(tmp_path / "shop", ITEMS.replace("Beta", "Be\ufeffta"), ratings)
    assert pairs(rated) == PAIRS[:2] and found[1]["title"] == "Beta"


def test_files_that_may_belong_to_a_table_are_named(tmp_path):
    files = {"items.csv": ITEMS, "ratings_2023.csv": RATINGS, "ratings_2024.csv": RATINGS}
    raw = OwnTables(
        Settings(catalogue=str(folder(tmp_path, {name: text.encode() for name, text in files.items()})))
    ).read()
    assert (
        "ratings_2023.csv: ratings_2024.csv may be part of this table and is not read; put all rows into one file."
        in (raw.notes)
    )


def test_ids_of_links_that_pandas_wrote_as_decimals(tmp_path):
    files = csv_layout() | {"links.csv": b"movieId,imdbId,tmdbId\n10,114814.0,629.0\n50,112682.0,\n"}
    items = movielens.read(movielens.find(folder(tmp_path, files))).items
    assert (items[0]["imdb_id"], items[0]["tmdb_id"], items[1]["imdb_id"]) == ("tt0114814", "629", "tt0112682")


def test_the_title_is_that_of_what_the_ids_name(tmp_path):
    items = "track_id,album_name,track_name\na1,Best of,Alpha\nb2,Best of,Beta\nc3,Live,Gamma\n"
    assert [one["title"] for one in read(tmp_path / "songs", items)[0]] == ["Alpha", "Beta", "Gamma"]


def test_the_date_that_databases_write_for_none_is_no_year(tmp_path):
    items = "item_id,title,release_date\na1,A,1999-05-01\nb2,B,0000-00-00\nc3,C,\n"
    assert [one.get("year") for one in read(tmp_path / "shop", items)[0]] == [1999, None, None]


@pytest.mark.parametrize(
    ("good", "bad"), [("ja", "nein"), ("Oui", "Non"), ("sí", "no"), ("да", "нет"), ("はい", "いいえ")]
)
def test_verdicts_in_other_languages(good, bad, tmp_path):
    _, rated, _ = read(tmp_path / "shop", ratings=f"user_id,item_id,liked\nu1,a1,{good}\nu1,b2,{bad}\n")
    assert rated["rating"].tolist() == [1, 0]
