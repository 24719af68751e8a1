"""Names with two meanings, users who have seen everything, models that nobody named, and items without likeness."""

from __future__ import annotations

import json

import pytest
from movielens_files import folder

from recsys.catalogue.building import ensure
from recsys.cli import main
from recsys.data.progress import quiet
from recsys.runtime.startup import ready
from recsys.serving.remarks import by_id, nothing_left, taken_for
from recsys.settings import Settings
from recsys.training.train import train

ITEMS = "item_id,title,year,genres\n7,Salt Road,1999,Sea\n300,Paper Boats,1994,Winter\n412,300,2007,War\n413,Iron,2006,War\n9,Iron,1970,Sun\n21,Twin,2001,Sun\n22,Twin,2001,War\n"
RATINGS = "user_id,item_id,rating\nu1,7,4\nu1,412,5\nu2,300,3\nu2,413,5\nu3,7,1\nu3,300,2\nu3,412,3\nu3,413,4\nu3,9,5\nu3,21,3\nu3,22,3\n"


def served(path, models, monkeypatch=None):
    tables = folder(path / "films300", {"items.csv": ITEMS.encode(), "ratings.csv": RATINGS.encode()})
    settings = Settings(catalogue=str(tables), data_dir=path / "data", background=False)
    train(settings, ensure(settings, quiet), models, quiet)
    return ready(settings, quiet)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    made = served(tmp_path_factory.mktemp("remarks"), ("popular", "content", "ease"))
    yield made
    made.close()


def test_an_exact_title_wins_over_an_id_of_the_same_text(service):
    assert service.item("300")["item_id"] == "412" and service.item("id:300")["item_id"] == "300"
    assert service.item("412")["item_id"] == "412" and service.item("Paper Boats (1994)")["item_id"] == "300"
    assert by_id(service, "300") == "id:300" and by_id(service, "412") == "412" and by_id(service, "x") == "x"


def test_what_a_name_was_taken_for_is_said(service):
    assert taken_for(service, "300") == (
        "'300' is taken for the title “300 (2007)”; id:300 means “Paper Boats (1994)”."
    )
    assert taken_for(service, "iron") == "'iron' is taken for “Iron (2006)”; there are also “Iron (1970)” (id:9)."
    assert taken_for(service, "Twin (2001)") == (
        "'Twin (2001)' is taken for “Twin (2001)”; there are also “Twin (2001)” (id:22)."
    )
    assert taken_for(service, "Iron (1970)") == ""
    assert taken_for(service, "Salt Road") == taken_for(service, "7") == ""


def test_a_user_who_has_seen_everything_is_told_so(service):
    assert nothing_left(service, "u3") == "User u3 has rated all 7 items; nothing is left."
    assert nothing_left(service, "u1") == ""


def test_the_command_line_says_what_it_took_and_that_nothing_is_left(tmp_path, monkeypatch, capsys):
    served(tmp_path, ("popular", "content", "ease")).close()
    monkeypatch.setenv("RECSYS_CATALOGUE", str(tmp_path / "films300"))
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "data"))
    assert main(["similar", "300", "-n", "1"]) == 0
    said = capsys.readouterr()
    assert "Iron (2006)" in said.out and "id:300 means “Paper Boats (1994)”" in said.err
    assert main(["recommend", "u3"]) == 0
    assert capsys.readouterr().out.strip() == "User u3 has rated all 7 items; nothing is left."
    assert main(["recommend", "u3", "--json"]) == 0 and json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("models", [("popular",), ("popular", "content"), ("popular", "ease"), ("item_knn",)])
def test_nobody_who_named_no_model_is_told_that_one_is_not_trained(models, tmp_path):
    service = served(tmp_path, models)
    assert service.recommend("u1") and service.similar("Salt Road", 2) and service.item("Iron")
    assert service.recommend_for(["Salt Road"]) and service.recommend_for(["Salt Road"], model="hybrid")
    for balance in (0.0, 0.3, 0.5, 1.0):
        assert service.hybrid("u1", "Iron", 2, balance)
    assert service.explain("u1", "Paper Boats")["model"] in models
    service.close()


def test_no_reason_states_a_likeness_where_there_is_none(service):
    for lines in (service.similar("id:300", 4, "content"), service.similar("id:300", 4)):
        unlike = [line for line in lines if not line["score"] > 0]
        assert all("nothing in common" in line["reason"] or "Popular" in line["reason"] for line in unlike)
