"""Files of other kinds in place of a table: each is named, with what to do, wherever it is given."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.catalogue.sources.own.source import check
from recsys.data.file_kinds import bytes_of, kind_of
from recsys.data.tables.table import open_table
from recsys.errors import BadData, BadInput, SourceError
from recsys.imports import read

OFFICE = "application/vnd.oasis.opendocument."


def archive(members: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writer:
        for name, text in members.items():
            writer.writestr(name, text)
    return packed.getvalue()


def tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as writer:
        writer.addfile(tarfile.TarInfo("ratings.csv"))
    return packed.getvalue()


def database() -> bytes:
    with sqlite3.connect(":memory:") as made:
        made.execute("CREATE TABLE films (title TEXT)")
        return made.serialize()


KINDS = {
    "films.xlsx": (archive({"[Content_Types].xml": "", "_rels/.rels": "", "xl/workbook.xml": ""}), "an Excel workbook"),
    "films.ods": (archive({"mimetype": f"{OFFICE}spreadsheet", "content.xml": ""}), "an OpenDocument spreadsheet"),
    "films.odt": (archive({"mimetype": f"{OFFICE}text", "content.xml": ""}), "an OpenDocument document"),
    "films.numbers": (archive({"preview.jpg": "", "Index/Document.iwa": ""}), "a Numbers spreadsheet"),
    "films.docx": (archive({"[Content_Types].xml": "", "word/document.xml": ""}), "a Word document"),
    "films.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old Excel workbook or another Office file"),
    "films.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "a PDF file"),
    "films.html": (b"<!DOCTYPE html><table><tr><td>title</td></tr></table>", "a web page"),
    "saved.html": (b"\n<!-- saved -->\n<html></html>", "a web page"),
    "part.html": (b"\xef\xbb\xbf<TABLE border=0><tr><td>title</td></tr>", "a web page"),
    "films.xml": (b"<?xml version='1.0'?><films/>", "an XML file"),
    "kodi.xml": (b"<videodb><movie><title>Heat</title></movie></videodb>", "an XML file"),
    "films.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "a picture"),
    "films.png": (b"\x89PNG\r\n\x1a\n" + bytes(64), "a picture"),
    "films.jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(64), "a picture"),
    "films.heic": (b"\0\0\0\x18ftypheic" + bytes(32), "a picture"),
    "films.mp4": (b"\0\0\0\x18ftypmp42" + bytes(32), "a sound or video file"),
    "films.sqlite": (database(), "a database"),
    "films.rar": (b"Rar!\x1a\x07\x01\x00" + bytes(64), "a RAR archive"),
    "films.7z": (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(64), "a 7z archive"),
    "films.bz2": (bz2.compress(b"title\nHeat\n"), "a bzip2 file"),
    "films.xz": (lzma.compress(b"title\nHeat\n"), "a compressed file"),
    "films.tar": (tar(), "a tar archive"),
    "films.parquet": (b"PAR1" + bytes(30) + b"PAR1", "a Parquet file"),
    "films.pkl": (b"\x80\x04\x95\x1d\x02\0\0\0\0\0\0\x8c\x11pandas.core.frame\x94", "a file of Python data"),
    "films.rtf": (b"{\\rtf1\\ansi title}", "a text of a word processor"),
    "films.sql": (b"-- films\nCREATE TABLE films (title text);\n", "an SQL script"),
    "films.eml": (b"From: a@example.org\nTo: b@example.org\n\nHeat\n", "an e-mail"),
    "films.ics": (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "a calendar or address book"),
    "films.yaml": (b"- title: Heat\n  rating: 4\n", "a YAML file"),
    "films.url": (b"[InternetShortcut]\r\nURL=https://example.org/\r\n", "a link to a web page"),
}
TITLES = [
    *(
        "From Hell",
        "Import/Export",
        "- Mission: Impossible",
        "Set It Off",
        "To: Heat",
        "<3",
        "Create Table",
        "BMX",
        "RIFF",
    ),
    *("Rar", "MZ", "GIF", "%", "[REC]", "--", "ID", "PK", "---"),
]


@pytest.mark.parametrize("name", KINDS)
def test_an_import_names_it(name, tmp_path):
    data, kind = KINDS[name]
    (tmp_path / name).write_bytes(data)
    for source in (data, tmp_path / name, gzip.compress(data), archive({"films.csv": data.decode("latin-1")})):
        if isinstance(source, bytes) and source[:2] == b"PK" and not data.isascii():
            continue  # the text of this archive is no longer the file
        with pytest.raises(BadInput, match=f" is {kind}, not an export. [A-Z].*[.]$"):
            read(source)


@pytest.mark.parametrize("name", KINDS)
def test_the_page_names_it(name):
    """A browser decodes a file that is not in UTF-8 as Windows-1252; its undefined bytes are control characters."""
    data, kind = KINDS[name]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)
    with pytest.raises(BadInput, match=f"The file is {kind}, not an export."):
        read(bytes_of(text))


def test_an_archive_that_a_browser_reads_as_text_is_read():
    data = archive({"ratings.csv": "title,year,rating\nAmélie,2001,4\n"})
    text = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)
    assert str(read(bytes_of(text)).ratings[0]) == "Amélie (2001)"


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet", ".xlsx"])
@pytest.mark.parametrize("name", KINDS)
def test_a_table_names_it(name, ending):
    if ending == f".{name.rpartition('.')[2]}":
        return
    data, kind = KINDS[name]
    with pytest.raises(BadData, match=f"items{ending}, line 1: this is {kind}, not a {ending[1:].upper()} file; [a-z]"):
        open_table(f"items{ending}", ending, lambda: io.BytesIO(data))


@pytest.mark.parametrize("name", KINDS)
def test_a_catalogue_names_it(name, tmp_path):
    data, kind = KINDS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=f"{name} is {kind}, not a folder or zip file of tables. [A-Z]"):
        check(tmp_path / name)
    if name in ("films.xlsx", "films.parquet", "saved.html", "part.html", "kodi.xml"):
        return  # tables, or files without the name of one
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / name).write_bytes(data)
    (shop / "ratings.csv").write_text("user_id,item_id\nu,1\n")
    with pytest.raises(SourceError, match=f"films.*CSV in UTF-8|{name} is {kind}[.]|Unpack {name} first") as error:
        check(shop)
    assert "\n" not in str(error.value)


def test_a_table_instead_of_its_folder_is_said(tmp_path):
    (tmp_path / "items.csv").write_text("item_id,title\n1,Alpha\n")
    with pytest.raises(SourceError, match="neither a folder nor a zip file; give its folder, in which items.csv and"):
        check(tmp_path / "items.csv")


def test_an_archive_of_pictures_is_said_and_one_odd_file_is_left_out():
    with pytest.raises(BadInput, match="x.png is a picture, not an export"):
        read(archive({"x.png": "GIF89a"}))
    assert len(read(archive({"readme.txt": "{\\rtf1 Hello}", "ratings.csv": "title,rating\nHeat,4\n"}))) == 1


@pytest.mark.parametrize("title", TITLES)
def test_titles_are_no_such_files(title):
    assert kind_of(f"{title}\nHeat\n".encode()) is None


@given(st.text())
def test_any_text_a_browser_read_is_kept(text):
    data = bytes_of(text)
    assert kind_of(data) or data == text.encode("utf-8", "replace")


def test_a_table_in_markdown_has_no_title_of_dashes():
    found = read(b"| title | rating |\n|:---|---:|\n| Heat | 4 |\n")
    assert [entry.title for entry in found.ratings] == ["Heat"] and len(found) == 1 and not found.notes()
