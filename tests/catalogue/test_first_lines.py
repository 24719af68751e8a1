"""Tables whose first line decides: names in an encoding that few letters tell, a row of ids, titles beside artists."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from movielens_files import folder

from recsys.catalogue.sources.own.source import OwnTables
from recsys.errors import BadData, SourceError
from recsys.settings import Settings


def read(path: Path, items: str, ratings: str, encoding: str = "utf-8", **description: object):
    files = {"items.csv": items.encode(encoding), "ratings.csv": ratings.encode(encoding)}
    if description:
        files["description.json"] = json.dumps(description).encode()
    raw = OwnTables(Settings(catalogue=str(folder(path / "shop", files)))).read()
    rows = pd.concat(list(raw.ratings)).to_dict("records")
    return {item["item_id"]: item for item in raw.items}, rows, " ".join(raw.notes)


@pytest.mark.parametrize(
    ("items", "names", "encoding"),
    [
        ("商品ID,タイトル\n1,となりの山\n2,七人の友\n", "ユーザーID,商品ID,評価", "cp932"),
        ("编号,书名\n1,红楼梦\n2,西游记\n", "用户ID,编号,评分", "gb18030"),
        ("id,başlık\n1,Kış Uykusu\n2,Ağır Roman\n", "kullanıcı,id,puan", "cp1254"),
    ],
)
def test_names_of_ratings_are_read_in_the_encoding_of_the_items(items, names, encoding, tmp_path):
    found, rows, notes = read(tmp_path, items, f"{names}\nu,1,4\nv,2,3\n", encoding)
    assert found["1"]["title"] in items
    assert [(row["user_id"], row["item_id"], row["rating"]) for row in rows] == [("u", "1", 4), ("v", "2", 3)]
    assert notes.count("if letters are wrong") == 2
    stated = {"ratings": dict(zip(("user_id", "item_id", "rating"), names.split(","), strict=True))}
    assert read(tmp_path, items, f"{names}\nu,1,4\nv,2,3\n", encoding, columns=stated)[1] == rows


def test_names_that_are_understood_keep_their_encoding(tmp_path):
    # the letters of the items are Polish, those of the users French
    files = {
        "items.csv": "id;tytuł\n1;Żółta łódź\n2;Wściekłość i wrzask\n".encode("cp1250"),
        "ratings.csv": "user;id;rating\nChloë;1;4\nFrançois;2;3\nAgnès;2;5\n".encode("cp1252"),
    }
    raw = OwnTables(Settings(catalogue=str(folder(tmp_path / "shop", files)))).read()
    assert pd.concat(list(raw.ratings))["user_id"].tolist() == ["Chloë", "François", "Agnès"]


@pytest.mark.parametrize(
    ("items", "ratings", "ids"),
    [
        ("p1\tAlpha\np2\tBeta\np10\tGamma\n", "u1\tp1\nu2\tp10\n", {"p1", "p2", "p10"}),
        ("a1;Alpha\nb2;Beta\n", "u;a1;4,5\nv;b2;3\n", {"a1", "b2"}),
        (
            "tt0012349::The Kid (1921)::Comedy|Drama\ntt0017136::Metropolis (1927)::Sci-Fi\n",
            "1::tt0012349::10::1363245118\n2::tt0017136::7::1363245119\n",
            {"tt0012349", "tt0017136"},
        ),
    ],
)
def test_a_first_line_with_an_id_like_those_below_it_is_a_row(items, ratings, ids, tmp_path):
    found, rows, notes = read(tmp_path, items, ratings)
    assert found.keys() == ids
    assert len(rows) == 2 and {row["item_id"] for row in rows} <= ids
    assert "items.csv: the first line seems to be data" in notes


def test_a_row_without_names_keeps_the_encoding_that_was_found(tmp_path):
    found, _, notes = read(tmp_path, "p1\tСолярис\np2\tЗеркало\n", "u1\tp1\nu2\tp2\n", "cp1251")
    assert found["p1"]["title"] == "Солярис"
    assert notes.count("if letters are wrong") == 1


@pytest.mark.parametrize("names", ["Schlüssel,Wort1", "code1,Wort"])
def test_names_that_nobody_knows_are_not_taken_for_a_row(names, tmp_path):
    with pytest.raises(BadData, match="the column is missing"):
        read(tmp_path, f"{names}\nkey7,Alpha\nk2,Beta\n", "user_id,item_id\nu,key7\nv,k2\n")


@pytest.mark.parametrize(
    ("items", "ratings"),
    [
        ("title,artist,year\nA,X,1990\nB,X,1991\nC,Y,1992\n", "listener,title,rating\nu,A,4\nv,B,3\n"),
        ("id,title,artist\n1,A,X\n2,B,X\n3,C,Y\n", "listener,artist,title,rating\nu,X,A,4\nv,X,B,3\n"),
        ("track,artist\nA,X\nB,X\nC,Y\n", "user,track,rating\nu,A,4\nv,B,3\n"),
        ("id;Titel;Künstler\n1;A;X\n2;B;X\n3;C;Y\n", "Hörer;Künstler;Titel;Note\nu;X;A;4\nv;X;B;3\n"),
        ("книга,автор\nA,X\nB,Y\n", "читатель,книга,оценка\nu,A,4\nv,B,3\n"),
        ("gra;gatunek\nA;RPG\nB;RPG\n", "gracz;gra;ocena\nu;A;9,5\nv;B;8\n"),
        ("title,description\nA,A long text\nB,Another one\n", "user,title,rating\nu,A,4\nv,B,3\n"),
    ],
)
def test_titles_that_the_ratings_name_are_ids_and_titles(items, ratings, tmp_path):
    found, rows, _ = read(tmp_path, items, ratings)
    assert {item["title"] for item in found.values()} >= {"A", "B"}
    assert [row["item_id"] for row in rows] == ["A", "B"]


@pytest.mark.parametrize("names", ["item,description", "movie,film", "product,name"])
@pytest.mark.parametrize("ids", [("P1", "P2"), ("the-a", "b")])
def test_codes_are_ids_beside_a_column_of_titles(names, ids, tmp_path):
    rows = zip(ids, "AB", strict=True)
    items = "\n".join([names, *map(",".join, rows)])
    found, _, _ = read(tmp_path, items, f"user,{names.split(',')[0]},rating\nu,{ids[0]},4\nv,{ids[1]},3\n")
    assert {one: item["title"] for one, item in found.items()} == dict(zip(ids, "AB", strict=True))


@pytest.mark.parametrize("when", ["Zeitpunkt", "Horodatage", "tijdstip", "Fecha y hora", "Время"])
def test_times_and_people_are_recognized_in_other_languages(when, tmp_path):
    names = f"Hörer;Künstler;{when}"
    _, rows, _ = read(
        tmp_path, "Künstler;Stil\nX;Pop\nY;Rock\n", f"{names}\nu;X;31.12.2019 23:59\nv;Y;01.02.2020 11:00\n"
    )
    assert [pd.Timestamp(row["timestamp"], unit="s").isoformat() for row in rows] == [
        "2019-12-31T23:59:00",
        "2020-02-01T11:00:00",
    ]


def test_tags_are_left_out_of_texts_and_pages_of_the_likeness(tmp_path):
    items = (
        "id,title,text,pages,quality\n"
        "1,Alpha,<p>Good <b>fun</b>.<br/>For <i>all</i></p>,320 p.,1080p\n"
        "2,Beta,3 < 4 > 2 &amp; x<y,88 p.,720p\n"
        "3,Gamma,plain,120 p.,1080p\n"
    )
    found, _, notes = read(tmp_path, items, "user_id,id\nu,1\nv,2\n")
    assert [item["overview"] for item in found.values()] == ["Good fun. For all", "3 < 4 > 2 & x<y", "plain"]
    assert "pages: numbers" in notes
    assert found["1"]["facets"] == {"quality": ["1080p"]}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("978-0-306-40615-7", "978-0-14-044911-3"), ("9780306406157", "9780140449113")),
        (("{3F2504E0-4F89-11D3-9A0C-0305E82C3301}", "{3F2504E0-4F89-11D3-9A0C-0305E82C3302}"), None),
        (("5SuO1", "4qPN2"), ("spotify:track:5SuO1", "spotify:track:4qPN2")),
        (
            ("tt0113277", "tt1798709"),
            ("https://www.imdb.com/title/tt0113277/?ref_=x", "https://www.imdb.com/title/tt1798709/"),
        ),
    ],
)
def test_ids_within_addresses_and_with_hyphens_are_the_same(ours, theirs, tmp_path):
    theirs = theirs or [one.strip("{}").lower() for one in ours]
    items = f"code,title,year\n{ours[0]},Alpha,1999\n{ours[1]},Beta,2001\n"
    _, rows, notes = read(tmp_path, items, f"user,code,title\nu,{theirs[0]},Alpha\nv,{theirs[1]},Beta\n")
    assert [row["item_id"] for row in rows] == [*ours]
    assert "2 ids are written differently from the items" in notes


def test_points_of_a_scale_with_their_labels_are_read(tmp_path):
    items, ratings = "id,title\n1,Alpha\n2,Beta\n", "user,id,rating\nu,1,5 - Excellent\nv,2,1 (poor)\nw,2,\n"
    _, rows, notes = read(tmp_path, items, ratings)
    assert [row["rating"] for row in rows] == [5, 1] and "('5 - Excellent' is 5)" in notes


def test_a_column_that_cannot_have_ratings_is_not_said_to_be_one(tmp_path):
    ratings = "user,id,event,period\nu,1,view,morning\nv,2,addtocart,night\n"
    assert "is the rating" not in read(tmp_path, "id,title\n1,Alpha\n2,Beta\n", ratings)[2]
    verdicts = ratings.replace("view", "like").replace("addtocart", "dislike")
    assert "if event is the rating" in read(tmp_path / "other", "id,title\n1,Alpha\n2,Beta\n", verdicts)[2]


def test_lines_of_separators_above_the_names_are_empty(tmp_path):
    items = "Catalogue,,\n,,\nid,title,year\n1,Alpha,1999\n2,Beta,2001\n".replace("Catalogue", "Our catalogue")
    _, rows, _ = read(tmp_path, items, "Report of 13/02/2024,,\n,,\nuser,id,rating\nu,1,5\nv,2,4\n")
    assert [(row["user_id"], row["item_id"], row["rating"]) for row in rows] == [("u", "1", 5), ("v", "2", 4)]


def test_items_are_joined_by_their_ids_even_if_ratings_have_their_titles_too(tmp_path):
    items = "Handle,Title,Variant SKU\nred-mug,Red Mug,S1\nblue-cup,Blue Cup,S2\n"
    ratings = "Email Address,Lineitem name,Lineitem sku\na@example.org,Red Mug,S1\nb@example.org,Blue Cup,S2\n"
    found, rows, _ = read(tmp_path, items, ratings)
    assert found.keys() == {"S1", "S2"} and found["S1"]["title"] == "Red Mug"
    assert [(row["user_id"], row["item_id"]) for row in rows] == [("a@example.org", "S1"), ("b@example.org", "S2")]


def test_the_file_with_the_columns_of_a_table_is_named_as_this_table(tmp_path):
    files = {
        "avaliacoes.csv": "Usuário;Código;Nota\n7;1;4,5\n".encode(),
        "itens.csv": "Código;Título\n1;Ion\n".encode(),
    }
    with pytest.raises(SourceError, match=r"If itens.csv is this table, rename it to items.csv"):
        OwnTables(Settings(catalogue=str(folder(tmp_path / "shop", files)))).read()


def test_addresses_that_end_alike_are_different_ids(tmp_path):
    items = "url,title\nhttps://example.org/a/1,Alpha\nhttps://example.org/b/1,Beta\n"
    found, rows, _ = read(
        tmp_path, items, "user,url,rating\nu,https://example.org/a/1,4\nv,https://example.org/b/1,3\n"
    )
    assert [found[row["item_id"]]["title"] for row in rows] == ["Alpha", "Beta"]


def test_release_dates_with_two_digits_have_a_year_in_its_century(tmp_path):
    items = 'id,title,release_date\n1,A,10/15/99\n2,B,3/1/05\n3,C,"March 3, 1972"\n4,D,15-Oct-45\n5,E,05-03-10\n'
    found, _, notes = read(tmp_path, items, "user,id\nu,1\nv,2\n")
    assert [item.get("year") for item in found.values()] == [1999, 2005, 1972, 1945, None]
    assert "'05-03-10' in line 6" in notes


def test_times_of_day_with_points_and_dates_in_words_alone_are_no_times(tmp_path):
    items = "id,title\n1,Alpha\n2,Beta\n"
    _, rows, notes = read(tmp_path, items, "user,id,time\nu,1,14.30\nv,2,9.05\n")
    assert "timestamp" not in rows[0] and "times of day without a date are not used" in notes
    with pytest.raises(BadData, match="or leave out the column"):
        read(tmp_path / "ago", items, "user,id,date\nu,1,3 days ago\nv,2,a month ago\n")
