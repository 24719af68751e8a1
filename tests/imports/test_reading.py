from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from exports import IMDB_RATINGS, LETTERBOXD, PLAIN, TRAKT_RATINGS, archive
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.errors import BadInput
from recsys.imports import files, read
from recsys.imports.formats import FORMATS, lines
from recsys.imports.quotes import without_open_quotes
from recsys.imports.reading import CUT


def test_a_compressed_file_is_read():
    assert read(gzip.compress(PLAIN.encode())).ratings == read(PLAIN.encode()).ratings


def test_a_path_is_read_and_a_missing_one_is_named(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(PLAIN, encoding="utf-8")
    assert read(path).ratings == read(str(path)).ratings != []
    with pytest.raises(BadInput, match="missing.csv cannot be read"):
        read(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "has no CSV or JSON file"),
        (b"\x00\x01\x02\x03", "is not a text file"),
        (b"title\nA\x00\x00\x00\x00\n", "is not a text file"),
        (b"user,isbn,rating\nu,B10,4\nv,B11,3\n", "has ratings of 2 users. Keep the rows of one of them"),
        (b'[{"title": "He', "It may be cut off"),
        (b"{}", "No known export was found"),
        (b"PK\x03\x04 and no archive", "is damaged"),
        (gzip.compress(PLAIN.encode())[:-12], "is damaged"),
        (archive(LETTERBOXD)[:200], "is damaged"),
        (archive({"picture.png": "x"}), "has no CSV or JSON file"),
        (b"[" * 100_000, "begins like JSON but cannot be read"),
        (b"x" * 200_000, "is not a table"),
        (b"title\n" + b"x" * 200_000, "is not a table"),
    ],
    ids=range(13),  # archives hold the time, so that their bytes are no stable names
)
def test_what_cannot_be_read_is_refused_in_a_sentence(data, sentence):
    with pytest.raises(BadInput) as error:
        read(data)
    assert sentence in str(error.value) and str(error.value)[0].isupper() and str(error.value).endswith(".")


def test_archives_that_unpack_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 100_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        for number in range(5):
            writer.writestr(f"{number}.csv", "title\n" + "a" * 50_000)
    for bomb in (packed.getvalue(), gzip.compress(b"title\n" + b"a" * 200_000)):
        with pytest.raises(BadInput, match="unpacks to more than"):
            read(bomb)
    with pytest.raises(BadInput, match="has 501 files"):
        read(archive({f"{number}.csv": "" for number in range(501)}))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_entries_or_one_sentence(data):
    for start in (b"", b"Date,Name,Year,Letterboxd URI,Rating\n", b"title,year,rating\n", b"[", b"PK\x03\x04"):
        try:
            found = read(start + data)
        except BadInput as error:
            assert str(error).endswith(".")
        else:
            assert found.format in [kind.NAME for kind in FORMATS]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([*LETTERBOXD.values(), IMDB_RATINGS, TRAKT_RATINGS, PLAIN]), st.data())
def test_a_file_cut_or_changed_anywhere_gives_entries_or_one_sentence(text, data):
    cut = data.draw(st.integers(0, len(text)))
    changed = text[:cut] + data.draw(st.text(max_size=5)) + text[data.draw(st.integers(cut, len(text))) :]
    try:
        found = read(changed.encode("utf-8", "surrogatepass"))
    except BadInput as error:
        assert str(error).endswith(".")
        return
    for entry in found.ratings:
        assert entry.liked or (entry.rating is not None and 0 < entry.rating <= 1)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text("abcdeXYZ äé'&-:!", min_size=1, max_size=20).filter(lambda text: text.strip()),
            st.integers(1900, 2030),
            st.integers(1, 10),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda row: (row[0].strip().casefold(), row[1]),
    )
)
def test_what_a_table_says_comes_out_again(rows):
    text = "Title,Year,Rating\n" + "".join(f'"{title}",{year},{rating}/10\n' for title, year, rating in rows)
    found = read(text.encode())
    said = {(entry.title, entry.year): entry.rating for entry in found.ratings}
    assert set(said.values()) <= {rating / 10 for rating in range(1, 11)}
    assert len(said) + len(found.skipped) <= len(rows)
    for (title, year), rating in said.items():
        assert any(year == wanted and abs(rating - vote / 10) < 1e-9 for _, wanted, vote in rows), title


def test_a_line_that_was_cut_off_is_said_and_not_read():
    text = "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Heat,1995,https://boxd.it/a,4.5\n2020-01-02,Alien,1979,htt"
    found = read(text.encode())
    assert [entry.title for entry in found.ratings] == ["Heat"] and not found.watched
    assert [(one.title, one.why) for one in found.skipped] == [("2020-01-02, Alien, 1979, htt", CUT)]
    whole = read(f"{text}p,5".encode())
    assert [entry.title for entry in whole.ratings] == ["Heat", "Alien"] and not whole.skipped


def test_the_last_of_several_lines_with_titles_alone_is_read():
    found = read(b"The Good, the Bad and the Ugly\nAlien")
    assert [entry.title for entry in found.watched] == ["The Good, the Bad and the Ugly", "Alien"] and not found.skipped


def test_own_ratings_come_before_those_of_others():
    found = read(b"Name,Release Date,Rating,Your Rating\nHeat,1995-12-15,7.9,9\nAlien,1979-05-25,8.1,10\n")
    assert [round(entry.rating, 3) for entry in found.ratings] == [0.9, 1.0]


@pytest.mark.parametrize("text", ["[" * 400_000, "★" * 400_000 + "x", "a" + " " * 400_000 + "b", "**a__b" * 60_000])
def test_lines_longer_than_any_title_are_not_searched_for_marks(text):
    assert lines.parts([text, text]) == [lines.Line(text)] * 2


def test_a_quote_that_is_not_closed_moves_no_cell_of_a_table_with_tabs():
    found = read(b'title\tyear\trating\nHeat\t1995\t4\nAlien\t\t"5\nDune\t2021\t3\n')
    assert [(entry.title, entry.year, entry.rating) for entry in found.ratings] == [
        (title, year, cells_share)
        for title, year, cells_share in (("Heat", 1995, 0.8), ("Alien", None, 1.0), ("Dune", 2021, 0.6))
    ]


@pytest.mark.parametrize(
    "text", ['"' + '"" ' * 400_000, '"a\n' * 200_000, '"x","y\n' * 100_000, '"\n,' * 100_000, " " * 400_000 + '"']
)
def test_quotes_that_are_not_closed_are_looked_for_once(text):
    """These would take hours if the search began anew at each quote."""
    text = f"a,b\n{text}"
    assert without_open_quotes(text, ",").count("\n") == text.count("\n")
