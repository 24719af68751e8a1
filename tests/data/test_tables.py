"""Tables are read back from every encoding, layout and kind of file; ids and lists from every way to write them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recsys.data.tables import cells, ids, layout, other_lines
from recsys.data.tables.table import Form, open_table
from recsys.errors import BadData, MissingExtra

TITLES = ["Amélie", "Zażółć gęślą jaźń", "Smørrebrød", "“Quoted”, with a comma", "Line\nbreak", 'He said "no"', "a|b;c"]
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Co"), exclude_characters="\ufeff\u200b")
WORDS = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool)


def rows_of(data: bytes, ending: str = ".csv", form: Form | None = None):
    """Names, rows, lines and the problems of a table."""
    bad: list[tuple[int, str]] = []
    table = open_table(f"x{ending}", ending, lambda: io.BytesIO(data), form)
    rows, lines = [], []
    for block in table.rows(lambda line, what: bad.append((line, what))):
        rows += [list(row) for row in zip(*block.columns, strict=True)]
        lines += list(block.lines)
    return table, rows, lines, bad


def written(rows, separator=",", end="\r\n", quoting=csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@example(words=["\U00010000"])  # its two halves have a zero as their lower byte
@given(words=st.lists(WORDS, min_size=1, max_size=5))
def test_every_unicode_encoding_is_read_back(encoding, words):
    table, rows, _, bad = rows_of(written([["id", "title"], *[["1", word] for word in words]]).encode(encoding))
    assert table.names == ["id", "title"] and bad == []
    assert [row[1] for row in rows] == [word.replace("\r\n", "\n").replace("\r", "\n") for word in words]


def test_western_encodings_are_read_with_a_note_and_mixed_ones_too():
    table, rows, _, _ = rows_of("id,title\n1,Amélie\n2,“naïve” – café\n".encode("cp1252"))
    assert [row[1] for row in rows] == ["Amélie", "“naïve” – café"] and "Windows-1252" in table.notes[0]
    mixed = "id,title\n1,Amélie\n2,Zażółć gęślą\n".encode() + "3,café\n".encode("cp1252")
    table, rows, _, _ = rows_of(mixed)
    assert [row[1] for row in rows] == ["Amélie", "Zażółć gęślą", "café"] and "not UTF-8" in table.notes[0]


def test_cyrillic_is_told_from_western_and_any_encoding_can_be_stated():
    text = "id,title\n1,Война и мир\n2,Преступление и наказание\n3,Братья Карамазовы\n4,Мастер и Маргарита\n"
    assert rows_of(text.encode("cp1251"))[1][0][1] == "Война и мир"
    chinese = "id,title\n1,霸王别姬\n"
    assert rows_of(chinese.encode("gbk"), form=Form(encoding="gbk"))[1][0][1] == "霸王别姬"
    with pytest.raises(BadData, match="encoding is 'klingon'"):
        rows_of(b"a,b\n", form=Form(encoding="klingon"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "^", "~"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_every_separator_and_line_end_is_read_back(separator, end, quoting):
    # Python writes a line end inside a cell without quotes if it is not the line end of the file.
    titles = [title for title in TITLES if "\n" not in title or end != "\r" or quoting == csv.QUOTE_ALL]
    rows = [["id", "title", "year"], *[[str(place), title, "1999"] for place, title in enumerate(titles)]]
    table, found, _, bad = rows_of(written(rows, separator, end, quoting).encode())
    assert table.names == rows[0] and found == rows[1:] and bad == []


@given(
    rows=st.lists(st.tuples(WORDS, st.text(LETTERS, max_size=8), st.integers(0, 9).map(str)), min_size=1, max_size=6),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_any_rows_are_read_back(rows, separator):
    rows = [list(row) for row in rows]
    found = rows_of(written([["name", "text", "number"], *rows], separator).encode())[1]
    clean = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]
    assert found == clean


def test_other_marks_than_line_ends_end_no_line():
    assert rows_of("a,b\n1,x\u2028y\n2,\x85z\x0bw\n".encode())[1] == [["1", "x\u2028y"], ["2", "\x85z\x0bw"]]


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("sep=;\na;b\n1;2\n", ["a", "b"], [["1", "2"]]),
        ("# a remark\n\na,b\n1,2\n", ["a", "b"], [["1", "2"]]),
        ("a,b,\n1,2,\n", ["a", "b"], [["1", "2"]]),
        ("a,b\n\n1,2\n,\n3,4\n", ["a", "b"], [["1", "2"], ["3", "4"]]),
        ("151,36,4.0\n9,36,5.0\n", ["column 1", "column 2", "column 3"], [["151", "36", "4.0"], ["9", "36", "5.0"]]),
        ("1::2::5\n2::3::4\n", ["column 1", "column 2", "column 3"], [["1", "2", "5"], ["2", "3", "4"]]),
        ("1 2 3\n4 5 6\n", ["column 1", "column 2", "column 3"], [["1", "2", "3"], ["4", "5", "6"]]),
        ("user,item\nu1,i1\n", ["user", "item"], [["u1", "i1"]]),
    ],
)
def test_what_stands_around_a_table_is_no_row(text, names, rows):
    table, found, _, bad = rows_of(text.encode())
    assert (table.names, found, bad) == (names, rows, [])


def test_an_open_quote_costs_no_other_row():
    _, rows, lines, bad = rows_of(b'a,b\n1,"open\n2,x\n3,y\n')
    assert rows == [["1", "open"], ["2", "x"], ["3", "y"]] and lines == [2, 3, 4] and bad == []


def test_a_long_cell_is_read_whatever_limit_another_reader_has_set():
    csv.field_size_limit(100)
    long = "x" * 300_000
    table, rows, _, bad = rows_of(f"a,{long}\n1,{long}\n2,y\n".encode())
    assert table.names == ["a", long] and rows == [["1", long], ["2", "y"]] and bad == []


def test_rows_of_another_width_are_named_by_line():
    _, rows, lines, bad = rows_of(b'a,b\n1,"two\nlines"\n1,2,3\n4,5\n')
    assert lines == [2, 5] and len(rows) == 2
    assert bad == [(4, "3 cells where the header has 2; quote cells that contain commas")]


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        (".jsonl", b'{"id": 7.0, "tags": ["x", "y"]}\n{"id": 8}\n'),
        (".json", b'[{"id": 7.0, "tags": ["x", "y"]}, {"id": 8}]'),
        (".jsonl", b"{'id': 7.0, 'tags': ['x', 'y']}\n{'id': 8}\n"),
    ],
)
def test_json_is_read_like_a_table(ending, data):
    assert rows_of(data, ending)[1] == [["7", json.dumps(["x", "y"])], ["8", ""]]


def test_half_a_character_in_json_is_replaced():
    assert cells.one_line(rows_of(b'{"title": "x \\ud83d"}\n', ".jsonl")[1][0][0]) == "x \ufffd"


def test_a_workbook_is_read_or_the_package_for_it_is_named():
    try:
        from openpyxl import Workbook
    except ImportError:
        with pytest.raises(MissingExtra, match="pip install openpyxl, or save the sheet as CSV"):
            rows_of(b"PK", ".xlsx")
        return
    book, file = Workbook(), io.BytesIO()
    for row in (["id", "title"], [7, "Emma"]):
        book.worksheets[0].append(row)
    book.save(file)
    assert rows_of(file.getvalue(), ".xlsx")[1] == [["7", "Emma"]]


# -- ids and lists -----------------------------------------------------------------------------------

WAYS = [str, lambda n: f"{n}.0", lambda n: f"{n}.00", lambda n: f'="{n}"', lambda n: f"'{n}", lambda n: f" {n}\xa0"]


@pytest.mark.parametrize("way", range(len(WAYS)))
@given(numbers=st.lists(st.integers(0, 10**12), min_size=1, max_size=8, unique=True))
def test_whole_numbers_are_the_same_id_however_a_program_wrote_them(way, numbers):
    texts = [ids.clean(WAYS[way](number)) for number in numbers]
    changed = ids.as_written(texts)
    assert [changed.get(text, text) for text in texts] == [str(number) for number in numbers]


@given(numbers=st.lists(st.integers(0, 10**6), min_size=1, max_size=8, unique=True), zeros=st.integers(1, 9))
def test_zeros_in_front_stay_and_are_found_again_without_them(numbers, zeros):
    known = [f"{number:0{zeros}d}" for number in numbers]
    assert [ids.clean(one) for one in known] == known
    assert ids.matches([str(number) for number in numbers], known) == {
        str(number): one for number, one in zip(numbers, known, strict=True)
    }


def test_powers_and_versions():
    assert ids.as_written(["1e5", "2E+05", "7"]) == {"1e5": "100000", "2E+05": "200000"}
    assert ids.as_written(["1.0", "1.1"]) == {} and ids.as_written(["1E2", "100"]) == {}


@pytest.mark.parametrize("texts", [["7", "7.0"], ["7.0", "07", "7"], ["12", "7.00", "7.0", "7", ""]])
def test_a_whole_number_and_its_decimal_are_one_id(texts):
    changed = ids.as_written(texts)
    assert {changed.get(text, text) for text in texts} == {text for text in texts if "." not in text}


def test_ids_of_two_tables_are_compared_loosely():
    assert ids.matches(["1,234", "B10"], ["1234", "b10"]) == {"1,234": "1234", "B10": "b10"}


VALUES = st.lists(st.text("abcdefg xyzäé-", min_size=1, max_size=8).map(str.strip), min_size=1, max_size=4)
LISTS = {
    "|": lambda values: "|".join(values),
    ";": lambda values: "; ".join(values),
    ",": lambda values: ", ".join(values),
    "json": lambda values: json.dumps(values),
    "python": lambda values: repr(values),
    "objects": lambda values: json.dumps([{"id": place, "name": one} for place, one in enumerate(values)]),
    "postgres": lambda values: "{" + ",".join(values) + "}",
}


@pytest.mark.parametrize("form", LISTS)
@given(columns=st.lists(VALUES, min_size=1, max_size=4))
def test_lists_are_read_back_from_every_form(form, columns):
    wanted = [list(dict.fromkeys(one for one in values if not cells.is_missing(one))) for values in columns]
    found = cells.split([LISTS[form](values) for values in columns]).lists
    assert found == [[" ".join(one.split()) for one in values] for values in wanted]


def test_names_with_commas_are_split_only_where_commas_separate():
    assert cells.split(["Austen, Jane"], commas=False) == cells.Values(
        [["Austen, Jane"]], unsplit="Austen, Jane", mark=","
    )
    assert cells.split(["Austen, Jane|Wells, H. G."]).lists == [["Austen, Jane", "Wells, H. G."]]


def test_characters_that_control_a_terminal_or_turn_the_text_around_are_removed():
    assert cells.one_line("a\x1b[31m\x9b31m\x85b \u202egnp.exe\u2066") == "a[31m31m b gnp.exe"
    assert cells.one_line("\u05d0\u200f!") == "\u05d0\u200f!"


@given(st.text(max_size=30))
def test_tidy_text_is_left_as_it_is(text):
    once = cells.one_line(text)
    assert "\0" not in once and once.encode() is not None and cells.one_line(once) == once


# -- long lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1   "The  Thing"\t4', ["1", "The  Thing", "4"]),
        ('"a b" \t c', ["a b", "c"]),
        ("  1 \t 2  ", ["1", "2"]),
        ('"a" b ' * 100_000, ["a", "b"] * 100_000),
        ('"a"' + " " * 300_000 + "b", ["a", "b"]),
    ],
)
def test_cells_between_spaces_are_found_in_one_pass(line, cells):
    assert layout.cells(line, " ") == cells


@pytest.mark.parametrize(
    ("line", "drawn"),
    [
        ("+----+----+", True),
        ("|:---|----|", True),
        ("├────┼────┤", True),
        ("--+--", False),
        ("a---", False),
        ("-" * 300_000 + "x", False),
        ("-" * 300_000, True),
        ("─" * 300_000 + "x", False),
    ],
)
def test_drawn_lines_are_recognized_in_one_pass(line, drawn):
    assert other_lines.is_rule(line) is drawn


@pytest.mark.parametrize("quote", ["", '"'])
def test_empty_lines_are_no_rows_and_count_as_lines(quote):
    text = f"\n\na,b\n\n1,{quote}2{quote}\n\n\n3,4\n5\n6,7"
    _, rows, lines, bad = rows_of(text.encode())
    assert rows == [["1", "2"], ["3", "4"], ["6", "7"]] and lines == [5, 8, 10]
    assert [line for line, _ in bad] == [9]
    _, rows, lines, bad = rows_of(text.replace("5\n", "").encode())
    assert rows == [["1", "2"], ["3", "4"], ["6", "7"]] and (lines, bad) == ([5, 8, 9], [])
