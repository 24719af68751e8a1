"""The command line: results, JSON, progress on stderr, and exit statuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from fake_tmdb import V3_KEY, FakeTmdb
from film_app import PROJECT, environment

from recsys.catalogue import tmdb_api
from recsys.cli.commands import main
from recsys.runtime.startup import ready
from recsys.settings import Settings

COMMANDS = ("build", "enrich", "train", "tune", "evaluate", "similar", "recommend", "push", "pull", "info")


@pytest.fixture
def here(monkeypatch, prepared, film_folder, tmp_path):
    """The settings of the prepared data, in an empty working folder."""
    for name, value in environment(prepared, film_folder).items():
        monkeypatch.setenv(name, value)
    for name in ("HF_TOKEN", "TMDB_API_KEY", "RECSYS_HUB_REPO", "RECSYS_CATALOGUE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"python -m recsys {command}" in capsys.readouterr().out.split("example:")[1]


def test_similar_prints_a_list_and_json(here, capsys):
    assert main(["similar", "Toy Story (1995)", "-n", "3"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 3
    assert out[0].startswith("  1  Toy Story 2 (1999)")
    assert main(["similar", "toy stroy", "-n", "3", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert [line["rank"] for line in lines] == [1, 2, 3]
    assert set(lines[0]) == {"item_id", "title", "year", "genres", "poster", "url", "rank", "score", "match", "reason"}


def test_recommend_and_info(here, capsys):
    assert main(["recommend", "1", "-n", "4", "--model", "item_knn"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["users"] == 60
    assert main(["info"]) == 0
    assert "60 users" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["recommend", "999"], "recsys recommend: no user '999'"),
        (["similar", "qqqqzzzz"], "recsys similar: "),
        (["recommend", "1", "--model", "nope"], "no model 'nope'; there are popular"),
        (["similar", "Heat", "-n", "500"], "n is 500: give a whole number from 1 to 100"),
        (["train", "--models", "nope"], "no model 'nope'"),
        (["build", "--dataset", "ml-2m"], "RECSYS_DATASET is 'ml-2m'"),
        (["enrich"], "TMDB_API_KEY is not set"),
        (["evaluate", "--models", "nope"], "no model 'nope'"),
        (["evaluate", "--models", "ease", "--against", "defaults"], "no model measured here has settings tuned on"),
        (["evaluate", "--split", "ratings", "--against", "baselines"], "the baselines rank and predict no ratings"),
        (["tune", "--models", "nope"], "no model 'nope'"),
        (["train", "--models", "ease", "--set", "ease.regs=2"], "ease has no setting 'regs'"),
        (["train", "--models", "ease", "--set", "ease=2"], "write MODEL.SETTING=VALUE"),
    ],
)
def test_failures_are_one_sentence_and_status_1(here, capsys, arguments, sentence):
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["similar"], ["similar", "Heat", "-n", "0"], ["evaluate", "--split", "x"], ["tune", "--budget", "0"]],
)
def test_wrong_usage_is_status_2(here, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m recsys" in capsys.readouterr().err


def test_build_train_and_evaluate_in_an_empty_directory(here, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "empty"))
    assert main(["build"]) == 0
    assert "60 users" in capsys.readouterr().out
    assert main(["train", "--models", "popular,item_knn", "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["models"] == ["popular", "item_knn"]
    assert main(["train", "--models", "popular,item_knn", "--json"]) == 0
    again = capsys.readouterr()
    assert json.loads(again.out)["version"] == trained["version"]
    assert "nothing to train" in again.err
    assert main(["evaluate", "--models", "popular,item_knn"]) == 0
    out = capsys.readouterr().out
    assert "NDCG@10" in out and "item_knn" in out
    assert main(["evaluate", "--models", "popular", "--split", "temporal", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["split"] == "temporal"
    assert main(["build", "--db", str(tmp_path / "other.sqlite")]) == 0
    assert (tmp_path / "other.sqlite").is_file()


def test_tuned_settings_are_found_used_and_compared(here, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "tuning"))
    assert main(["tune", "--models", "item_knn", "--budget", "0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    path = tmp_path / "tuning" / "tuned" / "films-raw.json"
    assert found["path"] == str(path) and found["models"]["item_knn"]["trials"]
    content = json.loads(path.read_text())
    content["models"]["item_knn"] |= {"used": True, "settings": {"n_neighbours": 7}}
    path.write_text(json.dumps(content))
    assert main(["train", "--models", "popular,item_knn", "--set", "item_knn.shrinkage=2"]) == 0
    assert "with n_neighbours 7, shrinkage 2" in capsys.readouterr().err
    assert main(["evaluate", "--models", "item_knn", "--against", "defaults", "--seeds", "2", "--first-seed", "4"]) == 0
    out = capsys.readouterr()
    assert "item_knn: n_neighbours 7, tuned on raw" in out.err
    assert "seeds 4, 5" in out.out and "settings tuned on this data set: item_knn" in out.out
    assert re.search(r"item_knn / item_knn \(defaults\)  [+-]\d+\.\d % of NDCG@10 \[", out.out)
    command = ["evaluate", "--models", "item_knn", "--against", "baselines", "--pairs", "--json"]
    assert main(command) == 0
    paired = json.loads(capsys.readouterr().out)["paired"]
    assert [line["against"] for line in paired] == ["plain_ease", "naive_user_knn"]
    assert all(line["ratio_low"] <= line["ratio"] <= line["ratio_high"] and line["coverage"] > 0 for line in paired)


@pytest.fixture
def fake_tmdb(here, monkeypatch, prepared, tmp_path):
    """TMDb on this machine, with its cache beside a copy of the prepared database."""
    server = FakeTmdb()
    for path in prepared.glob("films.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    values = {"API_KEY": V3_KEY, "API_URL": server.api, "IMAGE_URL": server.images}
    for name, value in values.items():
        monkeypatch.setenv(f"TMDB_{name}", value)
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    yield server
    server.close()


def test_enrich_reports_each_film_and_counts_what_tmdb_knows(fake_tmdb, capsys):
    assert main(["enrich", "-n", "1000"]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"TMDb knows 2 of \d+ films\n", out)
    assert " 100% " in err.replace("\n", " ") and "Heat" in err
    assert "Traceback" not in err and V3_KEY not in out + err
    requests = len(fake_tmdb.requests)
    assert main(["enrich", "-n", "1000", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["found"] == 2 and counts["found"] + counts["missing"] == counts["asked"]
    assert len(fake_tmdb.requests) == requests, "answers and misses are cached"


def test_enrich_that_fails_is_one_sentence_without_the_key(fake_tmdb, monkeypatch, capsys):
    monkeypatch.setattr(tmdb_api, "LONGEST_WAIT_S", 0.01)
    fake_tmdb.faults = [503] * 4
    assert main(["enrich", "-n", "3"]) == 1
    assert "status 503 4 times" in capsys.readouterr().err
    monkeypatch.setenv("TMDB_API_KEY", "f" * 32)
    assert main(["enrich", "-n", "3"]) == 1
    err = capsys.readouterr().err
    assert "recsys enrich: TMDb refuses the key" in err and "f" * 32 not in err and "Traceback" not in err


def test_enrich_asks_tmdb_about_films_only(fake_tmdb, monkeypatch, tmp_path, capsys):
    books = tmp_path / "books"
    books.mkdir()
    (books / "items.csv").write_text("item_id,title\n1,Heat\n")
    (books / "ratings.csv").write_text("user_id,item_id\n1,1\n")
    monkeypatch.setenv("RECSYS_CATALOGUE", str(books))
    monkeypatch.setenv("RECSYS_DATASET", "auto")
    assert main(["enrich"]) == 1
    assert "TMDb knows films only and has nothing about books." in capsys.readouterr().err
    assert ready(Settings.from_env()).tmdb is None
    assert fake_tmdb.requests == []


def test_as_a_module_with_results_on_stdout_alone(prepared, film_folder):
    command = [sys.executable, "-m", "recsys", "recommend", "2", "-n", "2", "--json"]
    run = subprocess.run(command, cwd=PROJECT, env=environment(prepared, film_folder), capture_output=True, text=True)
    assert run.returncode == 0
    assert len(json.loads(run.stdout)) == 2
