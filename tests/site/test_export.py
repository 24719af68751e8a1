"""What an exported site consists of: files, sizes, terms of the data, and the same posters as the server's."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest
from site_lists import node
from static_server import export

from recsys.catalogue.posters import placeholder
from recsys.cli import main
from recsys.errors import BadInput
from recsys.page import assets
from recsys.site import licence, page
from recsys.site.export import poster_drawings
from recsys.site.writing import LIST, write

POSTERS = Path(__file__).parent / "js" / "posters.js"
TITLES = [
    *(
        "Heat",
        "The Good, the Bad & the Ugly",
        "Amélie",
        "千と千尋の神隠し",
        "8½",
        'Who\'s Afraid of "Virginia"?',
        "M*A*S*H!",
    ),
    "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
    "Supercalifragilisticexpialidocious and More of the Same Kind of Words Again",
    "WWW.MMMMMMMMMMMM",
    "",
]
GENRES = [[], ["Drama"], ["Comedy", "Action", "Horror", "War"], ["IMAX", "Sci-Fi"], ["Never heard of"]]


@pytest.fixture(scope="module")
def site(prepared, film_folder):
    return export(prepared, film_folder)


def content(site, name: str):
    """A JSON file of the site, by the start of its name."""
    data = next(data for path, data in site.files.items() if path.startswith(name))
    return json.loads(gzip.decompress(data))


def test_every_address_is_relative_and_every_named_file_is_there(site):
    document = site.files["index.html"].decode()
    named = re.findall(r'(?:href|src|data-start)="([^"]+)"', document)
    named += content(site, "start")["files"].values()
    named += json.loads(site.files["sw.js"].decode().split("const FILES = ")[1].split(";\n")[0])
    for name in named:
        if not name.startswith("data:"):
            assert name in site.files and not name.startswith(("/", "http"))
    assert 'content="default-src &#x27;none&#x27;; script-src &#x27;self&#x27;' in document


def test_no_script_is_inline_and_none_is_evaluated(site):
    document, script = site.files["index.html"].decode(), page.script()
    assert re.findall(r"<script[^>]*>([^<]*)</script>", document) == [""]
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", script)
    assert "gradio_api" not in script


def test_every_script_is_used_once():
    names = [path.stem for path in (page.FOLDER / "js").glob("*.js")]
    assert sorted(names) == sorted((*page.BEFORE_VIEWS, *page.AFTER_VIEWS))
    shared = {*assets.EARLY_SCRIPTS, *assets.BASE_SCRIPTS, *assets.VIEW_SCRIPTS}
    assert not shared & set(names) and shared <= {*assets.EARLY_SCRIPTS, *assets.SCRIPTS}


def test_items_come_in_the_order_of_popularity_without_any_rating(site):
    columns = content(site, "data/items")
    assert columns["counts"] == sorted(columns["counts"], reverse=True)
    assert {len(column) for name, column in columns.items() if not name.endswith("_names")} == {site.items}
    names = {name for name in content(site, "start")} | set(columns)
    assert not names & {"users", "ratings", "histories"}


def test_the_same_release_gives_the_same_files(site, prepared, film_folder):
    assert export(prepared, film_folder).files == site.files


def test_posters_are_those_of_the_server(tmp_path):
    items = [
        {"item_id": str(7 * number), "title": title, "year": year, "genres": genres}
        for number, (title, year, genres) in enumerate(
            (title, year, genres) for title in TITLES for year in (None, 1999) for genres in GENRES
        )
    ]
    items.append({"item_id": "x", "title": "Alien (1979)", "year": 1979, "genres": ["Horror"]})
    (tmp_path / "drawings.json").write_text(json.dumps(poster_drawings()), "utf-8")
    (tmp_path / "items.json").write_text(json.dumps(items), "utf-8")
    command = [node(), str(POSTERS), str(tmp_path / "drawings.json"), str(tmp_path / "items.json")]
    drawn = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for item, poster in zip(items, drawn):
        assert poster == placeholder(item), item


def test_a_folder_is_written_and_written_again(tmp_path):
    folder = tmp_path / "site"
    write({"index.html": b"1", "data/a.bin": b"2"}, folder)
    (folder / "CNAME").write_text("films.example.org")
    write({"index.html": b"3", "data/b.bin": b"4"}, folder)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {"index.html", "data/b.bin", "CNAME", LIST}


def test_a_folder_with_other_files_is_not_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match=r"has other files\. Choose an empty or new folder\."):
        write({"index.html": b""}, tmp_path)
    with pytest.raises(BadInput, match="is a file"):
        write({"index.html": b""}, tmp_path / "thesis.txt")
    (tmp_path / LIST).write_text('["../outside"]')
    with pytest.raises(BadInput, match="is not a list of the files of a site"):
        write({"index.html": b""}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt", LIST] or len(list(tmp_path.iterdir())) == 2


def test_terms_are_said_where_the_data_may_not_be_passed_on():
    info = {"title": "MovieLens 1M", "licence": "GroupLens", "n_items": 5, "n_ratings": 9, "redistributable": False}
    assert licence.warning(info).startswith("The terms of MovieLens 1M do not allow passing it on")
    assert b"do not allow" in licence.files(info, 5)["DATA.md"]
    assert licence.warning(info | {"redistributable": True}) == ""


def test_the_command_says_what_the_site_contains(prepared, film_folder, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(prepared))
    monkeypatch.setenv("RECSYS_DATASET", str(film_folder))
    assert main(["export-site", str(tmp_path / "site"), "--items", "20", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["items"] == 20 and result["bytes_before_first_list"] < 500_000 and result["bytes"] < 4_000_000
    assert "No ratings of single users are included." in " ".join(result["data"])
    assert (tmp_path / "site" / "index.html").is_file()
    assert main(["export-site", str(tmp_path / "site"), "--model", "popular"]) == 1
    assert "Model popular cannot be exported, because a browser cannot compute it." in capsys.readouterr().err
    assert main(["export-site", str(tmp_path / "site"), "--items", "70000"]) == 1
    assert "The number of items is 70,000; use 1 to 65,535." in capsys.readouterr().err
