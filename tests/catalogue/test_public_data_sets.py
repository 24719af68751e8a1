"""Tables as public data sets and the APIs of databases have them: names of columns, wrappers of rows, forms of cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from movielens_files import folder

from recsys.catalogue.sources.own.source import OwnTables, check
from recsys.errors import BadData
from recsys.settings import Settings

ITEMS = "item_id,title\n1,Alpha\n2,Beta\n3,Gamma\n"
CHOICES = "user_id,item_id\nu,a\nv,b\n"
ROWS = [{"title": "Alpha", "year": 1999}, {"title": "Beta", "year": 2001}]


def tables(path: Path, files: dict[str, Any]) -> Path:
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in files.items()}
    return folder(path, {name: text.encode() for name, text in texts.items()})


def read(path: Path, items: Any, ratings: str, ending: str = "csv"):
    raw = OwnTables(
        Settings(catalogue=str(tables(path / "shop", {f"items.{ending}": items, "ratings.csv": ratings})))
    ).read()
    return raw.items, pd.concat(list(raw.ratings)), " ".join(raw.notes)


@pytest.mark.parametrize(
    ("names", "row", "expected"),
    [
        ("RATING_ID,USER_MD5,MOVIE_ID,RATING,RATING_TIME", "7,u,1,4,2016-05-05", ("u", 4)),
        (
            "order_id,customer_unique_id,product_id,review_score,order_purchase_timestamp",
            "o,u,1,4,2016-05-05",
            ("u", 4),
        ),
        ("id,course_id,rate,date,display_name,comment", "7,1,4,2016-05-05,u,fine", ("u", 4)),
        ("_id,movie_id,rating_val,user_id,rated_on", "7,1,4,u,2016-05-05", ("u", 4)),
        ("critic_name,movie_id,review_score,review_date,top_critic", "u,1,4,2016-05-05,yes", ("u", 4)),
        ("Student ID,Course ID,Grade,Completion Date", "u,1,4,05/31/2016", ("u", 4)),
        ("borrowernumber,book_id,grade,issuedate", "u,1,4,2016-05-05", ("u", 4)),
    ],
)
def test_columns_of_public_data_sets_are_recognized(names, row, expected, tmp_path):
    thing = next(name for name in names.split(",") if name.casefold().replace("_", " ").split()[0] in THINGS)
    items = f"{thing},title\n1,Alpha\n2,Beta\n"
    _, found, _ = read(tmp_path, items, f"{names}\n{row}\n")
    assert (found["user_id"].iloc[0], found["rating"].iloc[0]) == expected
    assert str(pd.Timestamp(found["timestamp"].iloc[0], unit="s"))[:7] == "2016-05"


THINGS = ("movie", "product", "course", "book")


@pytest.mark.parametrize(
    "items",
    [
        {
            "records": [
                {"id": one, "createdTime": "2020-01-01", "fields": row} for one, row in zip("ab", ROWS, strict=True)
            ]
        },
        [{"model": "shop.book", "pk": one, "fields": row} for one, row in zip("ab", ROWS, strict=True)],
        {"data": [{"id": one, "attributes": row} for one, row in zip("ab", ROWS, strict=True)], "meta": {"page": 1}},
        {
            "total_rows": 2,
            "rows": [
                {"id": one, "key": one, "value": {"rev": "1"}, "doc": {"_id": one} | row}
                for one, row in zip("ab", ROWS, strict=True)
            ],
        },
        {
            "Items": [
                {"id": {"S": one}, "title": {"S": row["title"]}, "year": {"N": str(row["year"])}}
                for one, row in zip("ab", ROWS, strict=True)
            ],
            "Count": 2,
        },
        {
            "took": 3,
            "hits": {
                "total": {"value": 2},
                "hits": [{"_index": "x", "_id": one, "_source": row} for one, row in zip("ab", ROWS, strict=True)],
            },
        },
        {
            "response": {
                "numFound": 2,
                "docs": [
                    {"id": one, "title": [row["title"]], "year": [row["year"]]}
                    for one, row in zip("ab", ROWS, strict=True)
                ],
            }
        },
        {"data": {"books": {"edges": [{"node": {"id": one} | row} for one, row in zip("ab", ROWS, strict=True)]}}},
        {
            "head": {"vars": ["item"]},
            "results": {
                "bindings": [
                    {
                        "item": {"type": "uri", "value": one},
                        "itemLabel": {"type": "literal", "value": row["title"]},
                        "year": {"type": "literal", "value": str(row["year"])},
                    }
                    for one, row in zip("ab", ROWS, strict=True)
                ]
            },
        },
        [
            {"type": "header", "version": "5"},
            {
                "type": "table",
                "name": "items",
                "data": [{"id": one} | row for one, row in zip("ab", ROWS, strict=True)],
            },
        ],
        {
            "documents": [
                {
                    "name": f"projects/p/{one}",
                    "fields": {
                        "id": {"stringValue": one},
                        "title": {"stringValue": row["title"]},
                        "year": {"integerValue": str(row["year"])},
                    },
                }
                for one, row in zip("ab", ROWS, strict=True)
            ]
        },
        {
            "object": "list",
            "results": [
                {
                    "object": "page",
                    "id": one,
                    "properties": {
                        "Name": {"id": "x", "type": "title", "title": [{"plain_text": row["title"]}]},
                        "Year": {"id": "y", "type": "number", "number": row["year"]},
                    },
                }
                for one, row in zip("ab", ROWS, strict=True)
            ],
        },
        {
            "items": [
                {
                    "sys": {"id": one, "type": "Entry"},
                    "fields": {"title": {"en-US": row["title"]}, "year": {"en-US": row["year"]}},
                }
                for one, row in zip("ab", ROWS, strict=True)
            ]
        },
        [
            {"n": {"identity": 7, "labels": ["Book"], "properties": {"id": one} | row}}
            for one, row in zip("ab", ROWS, strict=True)
        ],
        [
            {"id": one, "title": {"rendered": row["title"]}, "year": row["year"]}
            for one, row in zip("ab", ROWS, strict=True)
        ],
    ],
    ids=[
        "Airtable",
        "Django",
        "Strapi",
        "CouchDB",
        "DynamoDB",
        "Elasticsearch",
        "Solr",
        "GraphQL",
        "SPARQL",
        "phpMyAdmin",
        "Firestore",
        "Notion",
        "Contentful",
        "Neo4j",
        "WordPress",
    ],
)
def test_rows_in_answers_of_databases_are_found(items, tmp_path):
    found, _, _ = read(tmp_path, items, CHOICES, "json")
    assert [(one["item_id"], one["title"], one["year"]) for one in found] == [("a", "Alpha", 1999), ("b", "Beta", 2001)]


def test_an_object_among_other_cells_is_no_wrapper(tmp_path):
    items = [{"id": one, "fields": {"mood": "calm"}} | row for one, row in zip("ab", ROWS, strict=True)]
    assert [one["title"] for one in read(tmp_path, items, CHOICES, "json")[0]] == ["Alpha", "Beta"]


@pytest.mark.parametrize(
    "value",
    [{"mapValue": {"fields": 2.5}}, {"arrayValue": {"values": "x"}}, {"mapValue": {}}, {"M": {"x": {"S": "y"}}}],
)
def test_a_typed_value_of_another_shape_costs_its_cell(value, tmp_path):
    rows = [{"id": {"S": "a"}, "title": {"S": "Alpha"}, "more": value}, {"id": {"S": "b"}, "title": {"S": "Beta"}}]
    assert [one["title"] for one in read(tmp_path, rows, CHOICES, "json")[0]] == ["Alpha", "Beta"]


@pytest.mark.parametrize("around", ["[%s]", '{"records": [%s]}', "%s"])
def test_json_that_is_nested_too_deeply_is_refused(around, tmp_path):
    rows = around % ('{"title": ' + '{"M": {"x": ' * 20_000 + "1" + "}}" * 20_000 + "}")
    with pytest.raises(BadData, match=r"items\.json has lists or objects that are nested too deeply; save a list"):
        read(tmp_path, rows, CHOICES, "json")


@pytest.mark.parametrize(
    "cell",
    [
        "4,5 von 5 Sternen",
        "4,5 sur 5 étoiles",
        "4,5 de 5 estrellas",
        "4,5 su 5 stelle",
        "5つ星のうち4.5",
        "4,5 из 5",
        "4,5 Sterne",
    ],
)
def test_ratings_with_words_of_other_languages_are_read(cell, tmp_path):
    _, found, _ = read(tmp_path, ITEMS, f'user_id,item_id,rating\nu,1,"{cell}"\nv,2,"{cell}"\n')
    assert found["rating"].tolist() == [4.5, 4.5]


def test_places_on_the_earth_are_no_ratings(tmp_path):
    visits = (
        "7\t2010-10-19T23:55:27Z\t30.2359091167\t-97.7951395833\t1\n8\t2010-10-18T22:17:43Z\t30.2691029532\t-97.74\t2\n"
    )
    _, found, _ = read(tmp_path, "1\tCafé Uno\n2\tBar Due\n", visits)
    assert "rating" not in found and found["item_id"].tolist() == ["1", "2"] and "timestamp" in found


def test_a_matrix_of_ratings_without_names_has_a_column_for_each_item(tmp_path):
    items = "joke_id,text\n" + "".join(f"{one},Joke {one}\n" for one in range(1, 12))
    matrix = "11,7.1,-2.3,99,99,1.5,0.3,8.8,9.1,-4,99,2\n3,99,99,1.5,5.1,-2.2,3,99,0.5,9.9,-0.1,99\n"
    report = check(tables(tmp_path / "jokes", {"items.csv": items, "ratings.csv": matrix})).text()
    assert "there is a column for each item" in report and "not among the items" not in report


def test_a_first_line_with_lists_or_times_is_a_row(tmp_path):
    news = "N1\tlife\tThe Brands\thttps://a.example/1\t[]\t[]\nN2\tsport\tFoods\thttps://a.example/2\t[]\t[]\n"
    found, _, said = read(tmp_path, news, "user_id,item_id\nu,N1\nv,N2\n")
    assert [one["item_id"] for one in found] == ["N1", "N2"] and "the first line seems to be data" in said


def test_cells_in_single_quotes_are_read_without_them(tmp_path):
    ratings = "'user_id','item_id','rating'\n'u','1',4\n'v','2',5\n"
    found, votes, said = read(tmp_path, "'item_id','title'\n'1','Emma''s, again'\n'2','B'\n", ratings)
    assert found[0]["title"] == "Emma's, again" and votes["rating"].tolist() == [4, 5] and "single quotes" in said


def test_the_levels_of_a_category_are_several_values(tmp_path):
    found, _, _ = read(tmp_path, "item_id,title,category\na,A,Books > Crime\nb,B,Books\n", CHOICES)
    assert found[0]["genres"] == ["Books", "Crime"]


def test_addresses_of_pictures_in_lists_are_no_facet(tmp_path):
    items = [{"id": one, "title": one, "images": [{"thumb": f"https://m.example/{one}.jpg"}]} for one in "ab"]
    found, _, said = read(tmp_path, items, CHOICES, "json")
    assert not found[0]["facets"] and "images: addresses" in said


def test_zero_is_no_time_beside_recent_ones(tmp_path):
    ratings = "user_id,item_id,rating,timestamp\nu,1,4,1588687728\nu,2,4,0\nv,3,5,1588687729\n"
    _, found, said = read(tmp_path, ITEMS, ratings)
    assert found["timestamp"].tolist() == [1588687728, 1588687728, 1588687729] and "'0' in line 3" in said


def test_numbers_of_orders_and_prices_are_not_offered_as_ratings(tmp_path):
    ratings = "InvoiceNo,item_id,Price,user_id,hours\n5,1,2.5,u,3\n6,2,3.5,v,4\n"
    said = read(tmp_path, ITEMS, ratings)[2]
    assert "if hours is the rating" in said


def test_a_name_of_a_user_is_no_id_of_an_item(tmp_path):
    items = "taster_name,title,winery\nAnn,Red 2013,X\nBen,White 2011,Y\n"
    found, votes, _ = read(tmp_path, items, "taster_name,title,points\nAnn,Red 2013,87\nBen,White 2011,88\n")
    assert [one["item_id"] for one in found] == ["Red 2013", "White 2011"] and votes["user_id"].tolist() == [
        "Ann",
        "Ben",
    ]


def test_names_in_brackets_and_addresses_of_items_name_columns(tmp_path):
    ratings = "[user_id],[item_id],[rating]\nu,1,4\nv,2,5\n"
    assert read(tmp_path, ITEMS, ratings)[1]["rating"].tolist() == [4, 5]
    wide = "user_id,https://a.example/1,https://a.example/2\nu,4,5\nv,3,2\n"
    items = "url,title\nhttps://a.example/1,Alpha\nhttps://a.example/2,Beta\n"
    assert (
        "a column for each item" in check(tables(tmp_path / "wide", {"items.csv": items, "ratings.csv": wide})).text()
    )


def test_a_name_with_a_comma_in_a_list_of_one_stays_whole(tmp_path):
    items = [{"id": one, "title": [one], "cast": [f"Downey, {one}"]} for one in "ab"]
    assert read(tmp_path, items, CHOICES, "json")[0][0]["cast"] == ["Downey, a"]


def test_the_full_name_is_the_title(tmp_path):
    items = "course_id,short_name,long_name\na,Alg,Algebra I\nb,Bot,Botany\n"
    assert read(tmp_path, items, CHOICES)[0][0]["title"] == "Algebra I"
    items = "Course full name,Course ID\nAlgebra I,a\nBotany,b\n"
    assert read(tmp_path / "other", items, CHOICES)[0][0]["title"] == "Algebra I"
