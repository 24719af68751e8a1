"""Catalogues of a few items through the command line: reasons are true, and every sentence says what is there."""

from __future__ import annotations

import json

import pytest

from recsys.cli import main

RATED = "user_id,item_id,rating\na,1,3\nb,2,4\nb,3,1\nc,4,5\nc,2,5\n"
GENRES = "item_id,title,genres\n1,Alpha,x\n2,Beta,x\n3,Gamma,y\n4,Delta,z\n"
FILLER = "Fills the list: nothing in common with"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Build and train a catalogue, then run a command and return its status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RECSYS_CATALOGUE", str(tmp_path / "shop"))

    def made(items: str, ratings: str, models: str, **description: object):
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "items.csv").write_text(items, encoding="utf-8")
        (tmp_path / "shop" / "ratings.csv").write_text(ratings, encoding="utf-8")
        (tmp_path / "shop" / "description.json").write_text(json.dumps(description), encoding="utf-8")
        assert main(["build"]) == 0 and main(["train", "--models", models]) == 0
        capsys.readouterr()

        def command(*arguments: str) -> tuple[int, str, str]:
            status = main(list(arguments))
            return status, *capsys.readouterr()

        return command

    return made


def reasons(command, *arguments: str) -> dict[str, str]:
    """The reason of each title of a list."""
    status, out, _ = command(*arguments, "--json")
    assert status == 0
    return {line["title"]: line["reason"] for line in json.loads(out)}


@pytest.mark.parametrize("model", ["ease", "item_knn", "als", "hybrid"])
def test_a_history_is_no_reason_for_an_item_that_nothing_links_to_it(model, run):
    command = run(GENRES, RATED, model)
    found = reasons(command, "recommend", "a")
    assert found.keys() == {"Beta", "Gamma", "Delta"}
    assert found["Gamma"] == found["Delta"] == f"{FILLER} the history"
    assert reasons(command, "recommend", "b")["Delta"] == "Because you rated Beta"
    assert set(reasons(command, "similar", "Alpha", "--model", model).values()) - {"For the same taste as Alpha"} == {
        f"{FILLER} Alpha"
    }


def test_items_that_only_ratings_link_are_not_called_close_in_content(run):
    items = "item_id,title\n1,Emma,\n2,Emma\n3,Faust\n4,Ivanhoe\n".replace("Emma,\n", "Emma\n", 1)
    command = run(items, "user_id,item_id\na,1\nb,2\nb,3\nc,4\n", "content,ease")
    found = reasons(command, "similar", "id:2")
    assert found == {"Emma": "Close in title", "Faust": "People who picked Emma also picked this"}


def test_what_is_close_is_named_by_what_the_tables_have(run):
    items = "item_id,title,genres,text,level\n1,Alpha,Sea,,hard\n2,Beta,Sea,a whale hunt,\n3,Gamma,War,whale songs,\n"
    command = run(items + "4,Delta,Art,,hard\n", "user_id,item_id\na,1\nb,2\nc,3\nd,4\n", "content,popular")
    assert reasons(command, "similar", "Beta") == {"Alpha": "Close in genre", "Gamma": "Close in story"}
    assert reasons(command, "similar", "Alpha")["Delta"] == "Close in title or other facts"


def test_an_exhausted_list_has_its_sentence_beside_json_too(run):
    command = run(GENRES, "user_id,item_id\na,1\na,2\na,3\na,4\nb,1\n", "popular", done="taken", person="learner")
    sentence = "Learner a has taken all 4 items; nothing is left."
    assert command("recommend", "a")[1].strip() == sentence
    assert command("recommend", "a", "--json") == (0, "[]\n", f"{sentence}\n")
    assert command("recommend", "b", "--json")[2] == ""


def test_what_no_item_has_is_said_without_an_empty_list(run):
    command = run("item_id,title\n1,Alpha\n2,Beta\n", "user_id,item_id\na,1\nb,2\n", "popular")
    for option, kind in (("--genre", "genre"), ("--language", "language")):
        assert command("recommend", "a", option, "x")[2].endswith(f"nothing here has a {kind}.\n")
    assert "No directors and actors are known here." in command("recommend", "a", "--person", "Bo")[2]
    assert "Nothing in this wish is understood; name items that are here" in command("similar", "like that")[2]


def test_a_title_with_another_year_is_the_item_with_a_remark(run):
    command = run("item_id,title,year\n1,Emma,1996\n2,Faust,1960\n", "user_id,item_id\na,1\na,2\nb,1\n", "popular")
    status, out, said = command("similar", "Emma (1999)")
    assert status == 0 and "Faust (1960)" in out
    assert said == "No item is called 'Emma (1999)'; it is taken for “Emma (1996)”.\n"
    assert command("similar", "Emma (1996)")[2] == ""


def test_a_title_that_the_locale_does_not_decode_is_found(run):
    command = run("item_id,title\n1,Crème\n2,寿司\n", "user_id,item_id\na,1\nb,2\n", "popular")
    undecoded = "寿司".encode().decode("ascii", "surrogateescape")
    status, out, _ = command("similar", undecoded)
    assert status == 0 and "Crème" in out
    assert command("similar", b"Cr\xe8me".decode("utf-8", "surrogateescape"))[0] == 1
