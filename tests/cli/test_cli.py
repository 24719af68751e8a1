"""The command line: results, JSON, progress on stderr, and exit statuses."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from fake_tmdb import V3_KEY, FakeTmdb
from film_app import PROJECT, environment
from waiting import PATIENCE_S

from recsys.catalogue import tmdb_api
from recsys.cli import COMMANDS, main
from recsys.cli.command import command as declare
from recsys.cli.program import ADVICE, parser
from recsys.runtime.failures import sentence, without_secrets
from recsys.runtime.startup import ready
from recsys.settings import Settings


@pytest.fixture
def here(monkeypatch, prepared, film_folder, tmp_path):
    """The settings of the prepared data, in an empty working folder."""
    for name, value in environment(prepared, film_folder).items():
        monkeypatch.setenv(name, value)
    for name in ("HF_TOKEN", "TMDB_API_KEY", "RECSYS_HUB_REPO", "RECSYS_CATALOGUE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples_that_parse(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    examples = capsys.readouterr().out.split("example:")[1].strip().splitlines()
    assert examples
    for line in examples:
        words = shlex.split(line)
        assert parser().parse_args(words[words.index("recsys") + 1 :]).command == command


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_each_function_takes_what_its_options_give(command):
    example = shlex.split(command.example.splitlines()[0])
    options = vars(parser().parse_args(example[example.index("recsys") + 1 :]))
    assert set(command.values(argparse.Namespace(**options))) == set(options) - {"command", "json", "debug"}
    assert command.prints == ("json" in options)


def test_two_commands_of_one_name_are_refused():
    with pytest.raises(ValueError, match="Two commands are called 'build'"):
        declare("build", "again", "recsys build")(lambda settings: None)


def test_help_and_usage_name_the_program_as_it_was_started(monkeypatch):
    for started, shown in (("/x/recsys/__main__.py", "python -m recsys"), ("/x/bin/recsys", "recsys")):
        monkeypatch.setattr("sys.argv", [started])
        assert parser().prog == shown


def test_similar_prints_a_list_and_json(here, capsys):
    assert main(["similar", "Toy Story (1995)", "-n", "3"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 3
    assert out[0].startswith("  1  Toy Story 2 (1999)")
    assert main(["similar", "toy stroy", "-n", "3", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert [line["rank"] for line in lines] == [1, 2, 3]
    assert set(lines[0]) == {"item_id", "title", "year", "genres", "poster", "url", "rank", "score", "match", "reason"}


def test_similar_takes_a_wish_and_says_what_it_understood(here, capsys):
    assert main(["similar", "like Alien and Heat, blorp", "-n", "2"]) == 0
    found = capsys.readouterr()
    assert len(found.out.splitlines()) == 2
    assert "Understood as: like Alien (1979) and Heat (1995). Not understood: “blorp”." in found.err


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
        (["recommend", "999"], "recsys recommend: Unknown user '999'"),
        (["similar", "qqqqzzzz"], "recsys similar: "),
        (["recommend", "1", "--model", "nope"], "no model 'nope'; there are popular"),
        (["similar", "Heat", "-n", "500"], "Parameter n is 500; use a whole number from 1 to 100."),
        (["train", "--models", "nope"], "no model 'nope'"),
        (["build", "--dataset", "ml-2m"], "RECSYS_DATASET is 'ml-2m'. Use auto"),
        (["enrich"], "TMDB_API_KEY is not set"),
        (["evaluate", "--models", "nope"], "no model 'nope'"),
        (["evaluate", "--models", "ease", "--against", "defaults"], "None of these models has settings tuned on"),
        (
            ["evaluate", "--split", "ratings", "--against", "baselines"],
            "The baselines rank items but do not predict ratings",
        ),
        (["tune", "--models", "nope"], "no model 'nope'"),
        (["train", "--models", "ease", "--set", "ease.regs=2"], "ease has no setting 'regs'"),
        (["train", "--models", "ease", "--set", "ease=2"], "Write MODEL.SETTING=VALUE"),
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
    assert "usage: recsys" in capsys.readouterr().err


@pytest.mark.parametrize("given", [("tune", "--budget=--"), ("similar", "Heat", "--genre=--")])
def test_dashes_alone_are_no_value(given, capsys):
    with pytest.raises(SystemExit) as ended:
        main(given)
    option = given[-1].removesuffix("=--")
    assert ended.value.code == 2 and f"argument {option}: '--' is not a value" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["", "192.0.2.1", "x" * 300, "a..b"])
def test_an_address_that_is_not_of_this_machine_is_refused_at_once(here, address, capsys):
    assert main(["serve", "--host", address]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("recsys serve: Cannot listen on the address '") and not said.out
    assert said.err.endswith("0.0.0.0 for all, or a name of this machine.\n") and "Traceback" not in said.err


@pytest.mark.parametrize("given", [["-n", "x" * 5000], ["--model", "x" * 5000], ["--only-file", "x" * 5000]])
def test_a_long_argument_is_shown_in_part(here, given, capsys):
    try:
        assert main(["similar", "Heat", *given]) == 1
    except SystemExit as ended:
        assert ended.code == 2
    assert "x" * 250 in (said := capsys.readouterr().err) and "x" * 400 not in said


BREAKS = "a\nb\rc\x85d\u2028e\x1b[31m"
BROKEN = [
    *(["similar", BREAKS], ["similar", "Heat", "--model", BREAKS], ["similar", "Heat", "--only-file", BREAKS]),
    *(["similar", "Heat", "--genre", BREAKS], ["recommend", BREAKS], ["recommend", "1", "--model", BREAKS]),
    *(["import", BREAKS], ["build", "--dataset", BREAKS], ["build", "--check", BREAKS], ["train", "--models", BREAKS]),
    *(["train", "--set", BREAKS], ["train", "--set", f"ease.{BREAKS}"], ["train", "--conf", BREAKS]),
    *(["evaluate", "--models", BREAKS], ["evaluate", "--against", BREAKS], ["tune", "--models", BREAKS]),
    *(["pull", BREAKS], ["push", BREAKS], ["releases", BREAKS], ["releases", "--use", BREAKS], ["reproduce", BREAKS]),
    *(["serve", "--host", BREAKS], ["serve", "--port", BREAKS], [BREAKS], ["info", BREAKS], ["info", f"--{BREAKS}"]),
    *(
        ["export-site", "site", "--model", BREAKS],
        ["recommend", "1", "--less", BREAKS],
        ["similar", "Heat", "-n", BREAKS],
    ),
]


@pytest.mark.parametrize("given", BROKEN, ids=[" ".join(given).replace(BREAKS, "…") for given in BROKEN])
def test_an_argument_with_ends_of_lines_leaves_an_error_on_one_line(here, given, capsys):
    try:
        assert main(given) == 1
    except SystemExit as ended:
        assert ended.code == 2
    *usage, said = re.sub(r"^usage:.*\n(?:  .*\n)*", "", capsys.readouterr().err).removesuffix("\n").split("\n")
    assert said.startswith("recsys") and not usage and not set("\r\x85\u2028\x1b") & set(said)


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


@pytest.mark.slow
def test_tuned_settings_are_found_used_and_compared(here, film_folder, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "tuning"))
    assert main(["tune", "--models", "item_knn", "--budget", "0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    path = tmp_path / "tuning" / "tuned" / f"films-{film_folder.name}.json"
    assert found["path"] == str(path) and found["models"]["item_knn"]["trials"]
    content = json.loads(path.read_text())
    content["models"]["item_knn"] |= {"used": True, "settings": {"n_neighbours": 7}}
    path.write_text(json.dumps(content))
    assert main(["train", "--models", "popular,item_knn", "--set", "item_knn.shrinkage=2"]) == 0
    assert "with n_neighbours 7, shrinkage 2" in capsys.readouterr().err
    assert main(["evaluate", "--models", "item_knn", "--against", "defaults", "--seeds", "2", "--first-seed", "4"]) == 0
    out = capsys.readouterr()
    assert f"item_knn: n_neighbours 7, tuned on {film_folder.name}" in out.err
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
    assert "TMDb has only films, not books. Set RECSYS_CATALOGUE to films." in capsys.readouterr().err
    assert ready(Settings.from_env()).artwork.is_fetching is False
    assert fake_tmdb.requests == []


@pytest.mark.slow
def test_as_a_module_with_results_on_stdout_alone(prepared, film_folder):
    command = [sys.executable, "-m", "recsys", "recommend", "2", "-n", "2", "--json"]
    run = subprocess.run(command, cwd=PROJECT, env=environment(prepared, film_folder), capture_output=True, text=True)
    assert run.returncode == 0
    assert len(json.loads(run.stdout)) == 2


def test_options_of_spark_need_its_engine(here, capsys):
    assert main(["train", "--master", "local[*]"]) == 1
    assert "--master needs --engine spark." in capsys.readouterr().err
    assert main(["train", "--engine", "spark", "--master", "local[*]"]) == 1
    assert "--engine spark needs --ratings, such as" in capsys.readouterr().err
    secret = ["--conf", "spark.hadoop.fs.s3a.secret.key"]
    assert main(["train", "--engine", "spark", "--master", "x", "--ratings", "y", *secret]) == 1
    assert "--conf has no value" in (said := capsys.readouterr().err) and "s3a" not in said


# -- failures of the machine ----------------------------------------------------------------------


def ran(arguments, env, **changes):
    """One command in a process of its own."""
    command = [sys.executable, "-m", "recsys", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=env | changes, capture_output=True, timeout=PATIENCE_S)


def assert_one_sentence(run, *parts):
    said = run.stderr.decode("utf-8", "replace")
    assert run.returncode == 1, said
    assert "Traceback" not in said and said.count("recsys ") >= 1
    last = said.strip().splitlines()[-1]
    assert last.startswith("recsys ") and last.endswith(".")
    for part in parts:
        assert part in last, last


@pytest.mark.slow
def test_a_data_directory_that_is_a_file(prepared, film_folder, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    env = environment(file, film_folder)
    assert_one_sentence(ran(["build"], env), "RECSYS_DATA_DIR is", "which is a file. Use a folder.")
    inside = environment(file / "data", film_folder)
    assert_one_sentence(ran(["build"], inside), str(file))


@pytest.mark.slow
def test_a_limit_on_the_size_of_files(film_folder, tmp_path):
    env = environment(tmp_path / "data", film_folder)
    shell = f"ulimit -f 64; exec {shlex.quote(sys.executable)} -m recsys build"
    run = subprocess.run(["bash", "-c", shell], cwd=PROJECT, env=env, capture_output=True, timeout=PATIENCE_S)
    assert_one_sentence(run)
    assert not [path for path in (tmp_path / "data").glob("films.sqlite*") if "part" not in path.name]


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_failure(closed, tmp_path):
    line = f'exec "{sys.executable}" -m recsys releases {closed}'
    env = environment(tmp_path / "data", "auto")
    run = subprocess.run(["sh", "-c", line], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert run.returncode == 0 and "Traceback" not in run.stderr, run.stderr


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_output_that_is_full(prepared, film_folder):
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "recsys", "recommend", "1"]
        env = environment(prepared, film_folder)
        run = subprocess.run(command, cwd=PROJECT, env=env, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE_S)
    assert_one_sentence(run, "recsys recommend: No space left on device")


@pytest.mark.slow
def test_a_database_that_another_program_has_locked(film_folder, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(Settings(data_dir=data).visitors_database, isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        run = ran(["train", "--models", "popular"], environment(data, film_folder))
    assert_one_sentence(run, "recsys train: ", "locked")


@pytest.mark.slow
def test_an_output_that_cannot_show_a_letter(prepared, film_folder):
    env = environment(prepared, film_folder, PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    run = ran(["recommend", "1", "-n", "3"], env)
    assert run.returncode == 0 and len(run.stdout.decode("ascii").splitlines()) == 3
    assert b"  ?  " in run.stdout  # the dash before the reason
    run = ran(["recommend", "1", "-n", "3", "--json"], env)
    utf8 = ran(["recommend", "1", "-n", "3", "--json"], env, PYTHONIOENCODING="utf-8")
    assert json.loads(run.stdout.decode("ascii")) == json.loads(utf8.stdout.decode("utf-8"))


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_failure(prepared, film_folder):
    shell = f"set -o pipefail; {shlex.quote(sys.executable)} -m recsys recommend 1 -n 100 --json | head -c 5"
    env = environment(prepared, film_folder)
    run = subprocess.run(["bash", "-c", shell], cwd=PROJECT, env=env, capture_output=True, timeout=PATIENCE_S)
    assert run.returncode == 0 and run.stdout == b"[\n {\n"
    assert b"Traceback" not in run.stderr and b"Exception ignored" not in run.stderr


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device", "x.sqlite"), "No space left on device: x.sqlite. Free some space"),
        (PermissionError(13, "Permission denied", "x"), "Permission denied: x. Change its permissions"),
        (FileNotFoundError(2, "No such file or directory", "/proc/x"), "No such file or directory: /proc/x. Check"),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full, or a limit"),
        (sqlite3.OperationalError("database is locked"), "A database is locked by another program."),
        (sqlite3.DatabaseError("file is not a database"), "A file is not a database. Build the catalogue again"),
        (
            sqlite3.OperationalError("unable to open database file"),
            "A database could not be opened. Check that RECSYS_D",
        ),
        (sqlite3.OperationalError("attempt to write a readonly database"), "A database is read-only. Change its perm"),
        (sqlite3.DatabaseError("database disk image is malformed"), "A database is damaged. Build the catalogue"),
        (sqlite3.OperationalError("no such table: items"), "A database reported: no such table: items."),
        (MemoryError(), "Not enough memory."),
        (ZeroDivisionError("division by zero"), "Unexpected failure: ZeroDivisionError: division by zero."),
        (UnicodeEncodeError("ascii", "–", 0, 1, "ordinal not in range"), "Unexpected failure: UnicodeEncodeError"),
    ],
)
def test_any_failure_is_one_sentence(here, monkeypatch, capsys, error, expected):
    assert sentence(error).startswith(expected) and sentence(error).endswith(".")

    def fail(settings, progress, **options):
        raise error

    monkeypatch.setattr("recsys.runtime.startup.ready", fail)
    assert main(["info"]) == 1
    said = capsys.readouterr().err
    assert said == f"recsys info: {sentence(error, ADVICE)}\n"
    assert main(["info", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_database_that_sqlite_cannot_open_is_named(tmp_path):
    with pytest.raises(sqlite3.OperationalError) as error:
        sqlite3.connect(tmp_path)  # a folder
    assert sentence(error.value) == (
        "A database could not be opened. Check that RECSYS_DATA_DIR is a folder that you may write to, on a disk with room."
    )


def test_no_secret_is_in_a_failure(here, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")

    def fail(settings, progress, **options):
        raise ValueError(f"cannot use {settings.hf_token}")

    monkeypatch.setattr("recsys.runtime.startup.ready", fail)
    assert main(["info", "--debug"]) == 1
    said = capsys.readouterr().err
    assert "cannot use …" in said and "verysecret" not in said
    assert without_secrets("a", None) == "a"


def test_interrupted(here, monkeypatch, capsys):
    def fail(settings, progress, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("recsys.runtime.startup.ready", fail)
    assert main(["info"]) == 1
    assert capsys.readouterr().err == "recsys info: Interrupted. No incomplete file is left behind.\n"
