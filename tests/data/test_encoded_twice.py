"""Texts that were encoded twice are repaired, where that is certain; right texts stay as they are."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyarrow import parquet

from recsys.data.encoded_twice import CODE_PAGES, layers_of, undone
from recsys.data.tables.table import Form, open_table
from recsys.imports import read

WORDS = ["Amélie", "Ocean’s Eleven", "Żółć", "Привет", "東京物語", "Señor", "¿Qué?", "Kâğıt ve ş", "10° à Nîmes, é"]
RIGHT = [
    *("Amélie", "L’ÉTÉ…", "“OLÉ”", "CAFÉ’S", "ORĂŞEL", "Привет", "東京物語", "NOËL’S", "“...olé…”", "IRMû", "naïve…"),
    *("Ünïcödé™", "ÄÖ®", "Λάμψη", "×", "Ñ–", "É", "Ã", "«Â»", "½", "20°", "PÈRE…", "À…", "Amélie, not AmÃ©lie", "«É»"),
]


def misread(text: str, code_page: str) -> str:
    """A text in UTF-8 as a program shows it that takes it for one in a code page."""
    text = text.encode().decode(code_page, "surrogateescape")
    return "".join(chr(ord(char) - 0xDC00) if 0xDC80 <= ord(char) <= 0xDCFF else char for char in text)


@pytest.mark.parametrize("code_page", CODE_PAGES)
@pytest.mark.parametrize("word", WORDS)
def test_a_misread_text_is_repaired(code_page, word):
    wrong = misread(f"Heat, {word} é‘", code_page)
    assert undone(wrong, layers_of(lambda: [wrong])) == f"Heat, {word} é‘"


def test_a_text_that_was_misread_several_times_is_repaired():
    wrong = misread(misread(misread("Amélie", "cp1252"), "cp1252"), "cp1252")
    assert undone(wrong, layers_of(lambda: [wrong])) == "Amélie"


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_text_stays(text):
    assert layers_of(lambda: [text]) == ()


@given(st.lists(st.sampled_from(RIGHT + WORDS), min_size=1))
def test_right_texts_stay_together_too(words):
    assert layers_of(lambda: words) == ()


@given(st.lists(st.text("abc éèüñ’ßøÅ東П—\n")), st.sampled_from(CODE_PAGES))
def test_whatever_is_repaired_is_what_was_misread(words, code_page):
    text = "\n".join(words)
    wrong = misread(text, code_page)
    layers = layers_of(lambda: wrong.split("\n"))
    assume(layers)
    assert misread(undone(wrong, layers), layers[-1]) == wrong


def opened(data: bytes, form: Form | None = None):
    table = open_table("items.csv", ".csv", lambda: io.BytesIO(data), form)
    return table, [cell for block in table.rows(lambda *_: None) for cell in block.columns[1]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_table_is_repaired_and_the_report_says_so(encoding):
    rows = "".join(f"{number},Amélie {number}\n" for number in range(200_000 if encoding == "utf-8" else 50))
    table, titles = opened(misread(f"item_id,title\n{rows}", "cp1252").encode(encoding))
    assert titles[0] == "Amélie 0" and titles == [f"Amélie {number}" for number in range(len(titles))]
    assert (
        "its letters were encoded twice, by way of Windows-1252, and are repaired; if they were right" in table.notes[0]
    )


def test_one_right_letter_or_the_owner_s_word_leaves_a_table_as_it_is():
    wrong = "item_id,title\n1,AmÃ©lie\n"
    assert opened(f"{wrong}2,Léon\n".encode())[1] == ["AmÃ©lie", "Léon"]
    table, titles = opened(wrong.encode(), Form(encoding="utf-8"))
    assert (titles, table.notes) == (["AmÃ©lie"], [])


def _parquet(titles):
    table = pyarrow.table({"item_id": list(range(len(titles))), "title": titles, "year": [2001] * len(titles)})
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def _json(titles):
    return json.dumps([{"item_id": number, "title": title} for number, title in enumerate(titles)]).encode()


@pytest.mark.parametrize(("ending", "written"), [(".parquet", _parquet), (".json", _json), (".xlsx", list)])
def test_tables_that_are_no_text_are_repaired_alike(ending, written, monkeypatch):
    def sheet_of(file, name):  # openpyxl need not be installed
        return [(1, ["item_id", "title"]), *((row, [str(row), title]) for row, title in enumerate(data, start=2))], []

    monkeypatch.setattr("recsys.data.tables.table.sheet_rows", sheet_of)

    def read_titles(form=None):
        table = open_table(f"items{ending}", ending, lambda: io.BytesIO(b"PK" if ending == ".xlsx" else data), form)
        titles = [cell for block in table.rows(lambda *_: None) for cell in block.columns[1]]
        assert [row[1] for row in table.sample] == titles
        return titles, table.notes

    data = written(["AmÃ©lie", "Heat", "CafÃ© MÃ¼ller"])
    titles, [note] = read_titles()
    assert titles == ["Amélie", "Heat", "Café Müller"]
    assert note.startswith(
        "its letters were encoded twice, by way of Windows-1252, and are repaired; if they were right"
    )
    assert read_titles(Form(encoding="utf-8")) == (["AmÃ©lie", "Heat", "CafÃ© MÃ¼ller"], [])
    data = written(["AmÃ©lie", "Léon"])
    assert read_titles() == (["AmÃ©lie", "Léon"], [])


@pytest.mark.parametrize(
    "data",
    [
        "title,year,rating\nAmÃ©lie,2001,4\n".encode(),
        "\ufefftitle,year,rating\nAmÃ©lie,2001,4\n".encode(),
        gzip.compress("title,year,rating\nAmÃ©lie,2001,4\n".encode()),
        json.dumps([{"title": "AmÃ©lie", "year": 2001, "rating": 4}]).encode(),
        json.dumps([{"title": "AmÃ©lie", "year": 2001, "rating": 4}], ensure_ascii=False).encode(),
    ],
    ids=["csv", "with a mark", "packed", "json with escapes", "json"],
)
def test_an_import_is_repaired_and_says_so(data):
    found = read(data)
    assert [str(entry) for entry in found.ratings] == ["Amélie (2001)"]
    assert found.notes() == ["The file: its letters were encoded twice, by way of Windows-1252, and are repaired."]


def test_a_backslash_before_an_escape_stays():
    assert read(rb'[{"title": "A\\u00c3\\u00a9 \u00e9", "rating": 4}]').ratings[0].title == r"A\u00c3\u00a9 é"
