"""The benchmark: its arithmetic, its callers, what ends its processes, and the report it writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from benchmarks import empty_app, endpoints, figures, goals, memory, our_worker, processes, report, rivals, worker
from benchmarks.calls import Caller, at_once, at_rate, in_turn, of_empty
from benchmarks.drawing import growth
from benchmarks.fractal import SIZES, Size
from benchmarks.pair import default_model, write_one
from benchmarks.place import Place, at, fitting, forget
from benchmarks.processes import BenchmarkError
from benchmarks.session import Plan, redraw, results
from film_app import PROJECT

from recsys.catalogue.database import Catalogue
from recsys.errors import BadSetting, UnknownModel
from recsys.serving.answers import USUAL
from recsys.settings import Settings

sys.path.insert(0, str(PROJECT / "scripts"))
import benchmark as script


@pytest.fixture
def server():
    """A server that answers /gradio_api/run/echo with its arguments, and refuses /gradio_api/run/bad."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
            seen.append((self.path, data))
            bad = self.path.endswith("/bad")
            body = json.dumps({"error": "No such film."} if bad else {"data": [data]}).encode()
            self.send_response(500 if bad else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            return

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, daemon=True).start()
    made.seen, made.address = seen, f"http://127.0.0.1:{made.server_address[1]}"
    yield made
    made.shutdown()
    made.server_close()


# -- figures ------------------------------------------------------------------------------------


def test_percentiles_are_in_milliseconds():
    assert figures.spread(np.arange(1, 102) / 1000) == {"n": 101, "p50": 51.0, "p95": 96.0, "p99": 100.0}
    assert figures.spread([]) == {"n": 0, "p50": None, "p95": None, "p99": None}


def test_a_ratio_of_nothing_is_none():
    assert figures.ratio(6.0, 4.0) == 1.5
    assert figures.ratio(None, 4.0) is figures.ratio(6.0, None) is figures.ratio(6.0, 0.0) is None
    assert figures.times(figures.ratio(None, 1.0)) == "–"


# -- calls --------------------------------------------------------------------------------------


def test_a_caller_posts_as_gradio_wants_it_and_gives_the_answer(server):
    call = Caller(server.address)
    assert call("echo", ["Heat (1995)", 10]) == ["Heat (1995)", 10]
    assert server.seen == [("/gradio_api/run/echo", ["Heat (1995)", 10])]


def test_a_refused_call_says_what_was_asked_and_answered(server):
    with pytest.raises(BenchmarkError, match=r"/bad with \['x'\] answered 500: .*No such film\."):
        Caller(server.address)("bad", ["x"])


def test_a_connection_left_alone_is_reopened(server, monkeypatch):
    call = Caller(server.address)
    call("echo", [1])
    before = call._connection.sock
    monkeypatch.setattr("benchmarks.calls.IDLE_S", -1.0)
    assert call("echo", [2]) == [2]
    assert call._connection.sock is not before


def test_two_servers_are_asked_in_turn_and_take_turns_at_being_first():
    asked = []
    found = in_turn(
        lambda name, row: asked.append(("ours", row)),
        lambda name, row: asked.append(("other", row)),
        "x",
        [[1], [2]],
        3,
    )
    assert [len(part) for part in found] == [3, 3]
    assert asked == [
        ("other", [1]),
        ("ours", [1]),
        ("ours", [2]),
        ("other", [2]),
        ("other", [1]),
        ("ours", [1]),
    ]


def test_calls_beyond_the_time_allowed_are_not_made():
    slow = in_turn(lambda *_: time.sleep(0.01), lambda *_: None, "x", [[]], 1000, most_s=0.0)
    assert [len(part) for part in slow] == [5, 5]


def test_many_callers_share_the_calls(server):
    got = at_once([Caller(server.address) for _ in range(4)], [("echo", [number]) for number in range(10)], 30)
    assert len(got["latencies"]) == 30 and got["per_second"] > 0
    assert sorted(data[0] for _, data in server.seen) == sorted(list(range(10)) * 3)


def test_a_failing_caller_ends_the_others(server):
    with pytest.raises(BenchmarkError, match="No such film"):
        at_once([Caller(server.address) for _ in range(3)], [("bad", [])], 10_000)


def test_a_held_rate_counts_errors_and_latency_from_when_a_call_was_due():
    def slow(name, row):
        time.sleep(0.02)
        if row == ["bad"]:
            raise BenchmarkError("refused")

    # one caller of 20 ms at 100 a second falls behind by 10 ms a call
    got = at_rate([slow], [("good", []), ("bad", ["bad"])], per_second=100, seconds=0.2)
    assert got["errors"] == ["refused"] * 10 and len(got["latencies"]["good"]) == 10
    assert got["latencies"]["good"][-1] > got["latencies"]["good"][0] + 0.05


# -- processes ----------------------------------------------------------------------------------


def test_a_command_is_timed_and_its_output_kept(tmp_path):
    ran = processes.run([sys.executable, "-c", "print('done'); raise SystemExit(3)"], tmp_path / "log", tmp_path, {})
    assert (ran.status, ran.over) == (3, "") and ran.seconds > 0
    assert processes.tail(tmp_path / "log") == "done"


@pytest.mark.parametrize(
    ("code", "limits", "over"),
    [
        ("import time; time.sleep(60)", {"most_s": 0.2}, "time"),
        ("import time; at_rate = b'x' * 80_000_000; time.sleep(60)", {"most_mb": 60.0, "most_s": 30.0}, "memory"),
    ],
)
def test_a_command_beyond_its_limit_is_ended(tmp_path, code, limits, over):
    if over == "memory" and processes.memory_mb(1) is None:
        pytest.skip("this system does not tell the memory of other processes")
    ran = processes.run([sys.executable, "-c", code], tmp_path / "log", tmp_path, {}, **limits)
    assert (ran.status, ran.over) == (None, over)


def test_an_interrupt_leaves_no_process_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "END_S", 0.3)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with (
        pytest.raises(KeyboardInterrupt),
        processes.running([sys.executable, "-c", stubborn], tmp_path / "log", tmp_path, {}) as process,
    ):
        while processes.tail(tmp_path / "log") != "up":
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert process.poll() is not None


def test_a_server_that_ends_instead_of_answering_is_told_with_its_last_words(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no port')"]
    with (
        processes.running(command, tmp_path / "log", tmp_path, {}) as process,
        pytest.raises(BenchmarkError, match="A server ended with status 1: no port"),
    ):
        processes.answered(process, lambda: Caller("http://127.0.0.1:9")("x", []), tmp_path / "log", 30)


# -- questions and servers ----------------------------------------------------------------------


def test_the_questions_are_those_of_the_contract(prepared):
    catalogue = Catalogue.open(prepared / "films.sqlite")
    asked = endpoints.questions(catalogue, "ease", {"user_id": "p1", "key": "k"}, 12)
    for name, pairs in endpoints.PARAMETERS.items():
        assert len(asked[name]) == (12 if pairs else 1)
        for row in asked[name]:
            assert [type(value) for value in row] == [kind for _, kind in pairs], name
    assert asked == endpoints.questions(catalogue, "ease", {"user_id": "p1", "key": "k"}, 12)


@pytest.mark.slow
def test_the_empty_app_answers_as_it_was_told(tmp_path):
    place = Place("0.1", tmp_path, "auto")
    write_one(place, tmp_path / "answers.json", "similar", ["Heat (1995)", 10, "content"], [{"title": "Casino"}])
    with place.empty(tmp_path / "answers.json") as (process, address):
        call = Caller(address, empty=True)
        processes.answered(process, lambda: call("similar", ["Heat (1995)", 10, "content"]), place.log("empty"), 120)
        assert call("similar", ["Heat (1995)", 10, "content"]) == [{"title": "Casino"}]
        assert call("similar", ["something else", 10, "content"]) == [{"title": "Casino"}]
        assert processes.cpu_s(process.pid) is None or processes.cpu_s(process.pid) > 0
    assert process.poll() is not None


def test_an_answer_is_found_by_its_endpoint_and_arguments():
    answers = {"similar": {empty_app.key(["a", 1]): 5, empty_app.key(["b", 1]): 6}, "item": {empty_app.key(["a"]): 7}}
    assert of_empty("similar", ["b", 1]) == ("answer", ["similar", empty_app.key(["b", 1])])
    assert empty_app.looked_up(answers, "similar", empty_app.key(["b", 1])) == 6
    assert empty_app.looked_up(answers, "item", empty_app.key(["unknown"])) == 7


def test_the_model_that_is_named_when_none_is(app_address):
    assert default_model(Caller(app_address)) in {"ease", "item_knn", "user_knn", "als"}


# -- sizes --------------------------------------------------------------------------------------


def test_data_too_small_for_the_shape_gets_more_users():
    assert fitting(SIZES["32"], 943, 1682, 100_000) == SIZES["32"]
    grown = fitting(Size(6040, 3706, 1_000_000), 610, 9742, 100_836)
    assert grown == Size(610 * 13, 9742, 1_000_000)


def test_an_unknown_size_names_the_known(tmp_path):
    with pytest.raises(BadSetting, match=r"Size '2' is unknown. Use 0\.1, 1, 10, 32"):
        at("2", tmp_path, Settings(), print)


def test_a_place_is_not_told_what_reaches_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("RECSYS_HUB_REPO", "me/mine")
    env = Place("1", tmp_path, "folder").env(GRADIO_SERVER_PORT="1")
    assert "HF_TOKEN" not in env and "RECSYS_HUB_REPO" not in env
    assert (env["RECSYS_DATASET"], env["OPENBLAS_NUM_THREADS"], env["GRADIO_SERVER_PORT"]) == ("folder", "1", "1")


def test_a_place_is_ready_when_this_program_can_use_what_is_there(tmp_path, prepared, film_folder):
    assert not Place("0.1", tmp_path, str(film_folder)).ready
    shutil.copytree(prepared, tmp_path / "data")
    place = Place("0.1", tmp_path, str(film_folder))
    assert place.ready and place.catalogue is place.catalogue
    forget(place)
    assert not place.ready
    shutil.copytree(prepared, tmp_path / "data")
    (tmp_path / "data" / "films.sqlite").write_bytes(b"no database")
    assert not Place("0.1", tmp_path, str(film_folder)).ready


def test_what_was_measured_is_kept_section_by_section(tmp_path):
    place = Place("1", tmp_path / "1", "folder")
    place.keep(start={"seconds": 1})
    place.keep(load={"errors": 0})
    assert results(tmp_path) == {"1": {"size": "1", "start": {"seconds": 1}, "load": {"errors": 0}}}
    place.data_dir.mkdir(parents=True)
    forget(place)
    assert not place.data_dir.exists() and place.results_file.exists()


# -- rivals -------------------------------------------------------------------------------------


def test_a_worker_repeats_short_fits_and_asks_everybody_in_bulk():
    fits, bulks, singles = [], [], []
    found = worker.measured(lambda: fits.append(1), bulks.append, singles.append, list(range(1200)), budget_s=60)
    assert len(fits) == found["fits"] == worker.REPEATS
    assert [len(part) for part in bulks] == [2, 500, 500, 200] and found["bulk_n"] == 1200
    assert singles == [0, *range(100)] and found["single_n"] == 100
    assert set(worker.measured(lambda: None, None, singles.append, [1], 1)) == {
        "fit_s",
        "fits",
        "single_ms",
        "single_n",
    }


def test_the_best_unseen_items_come_first():
    top = worker._best(np.arange(50, dtype=float), np.array([49, 47]))
    assert top[:3].tolist() == [48, 46, 45] and len(top) == worker.TOP


@pytest.mark.parametrize("model", ["ease", "content", ""])
def test_our_worker_reports_as_the_others(prepared, tmp_path, model):
    job = {
        "database": str(prepared / "films.sqlite"),
        "model": model,
        "rows": [3, 1, 2],
        "budget_s": 1,
        "ask": "items" if model == "content" else "people",
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    our_worker.main(str(tmp_path / "job.json"), str(tmp_path / "result.json"))
    found = json.loads((tmp_path / "result.json").read_text())
    wanted = {"": set(), "content": {"fit_s", "single_ms"}, "ease": {"fit_s", "bulk_ms", "single_ms"}}[model]
    assert {"load_s"} | wanted == {name for name in found if name.endswith(("_s", "_ms"))}


@pytest.mark.slow
def test_our_worker_runs_from_any_folder(prepared, tmp_path, film_folder):
    place = Place("0.1", tmp_path / "0.1", str(film_folder))
    place.data_dir.parent.mkdir(parents=True)
    place.data_dir.symlink_to(prepared)
    found = rivals._ours(place, "popular", [0, 1, 2])
    assert found.get("missing") is None and found["fit_s"] > 0 and found["load_s"] > 0
    assert set(memory._load(place)) == {"seconds", "peak_mb"}


@pytest.mark.slow
def test_the_benchmark_starts_from_any_folder(tmp_path):
    path = PROJECT / "scripts" / "benchmark.py"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run([sys.executable, str(path), "--help"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 0 and "--report-only" in run.stdout


def test_a_library_that_cannot_be_installed_is_missing_with_the_reason(tmp_path, monkeypatch):
    @contextmanager
    def failing(command, log, cwd, env):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("looking\nERROR: No matching distribution found for implicit==0.7.3\n")

        class Failed:
            def wait(self, seconds):
                return 1

        yield Failed()

    monkeypatch.setattr(rivals, "running", failing)
    said = []
    found = rivals.environment("implicit", tmp_path, said.append)
    assert found == "ERROR: No matching distribution found for implicit==0.7.3"
    assert said == ["installing implicit==0.7.3 for comparison"]


def test_what_was_too_much_for_a_smaller_size_is_not_tried_again(tmp_path):
    small, large = (Place(size, tmp_path / size, "folder") for size in ("1", "10"))
    small.keep(
        rivals={"ours": {}, "rivals": {"LensKit EASEScorer": {"missing": "needs more than 12 GB", "over": "memory"}}}
    )
    found = rivals._too_much(large, "rivals", "LensKit EASEScorer")
    assert found == {"missing": "not tried: needs more than 12 GB at 1 M", "over": "memory"}
    assert rivals._too_much(large, "rivals", "Surprise SVD") is rivals._too_much(small, "ours", "ease") is None


def test_every_rival_is_of_a_known_model_and_library():
    assert {rival.library for rival in rivals.RIVALS} == set(rivals.LIBRARIES) == set(worker.LIBRARIES)
    rivals.check(tuple(rival.model for rival in rivals.RIVALS))
    assert len({rival.title for rival in rivals.RIVALS}) == len(rivals.RIVALS)


# -- report -------------------------------------------------------------------------------------


def spread(p50):
    return {"n": 10, "p50": p50, "p95": 2 * p50, "p99": 3 * p50}


def beside(ours, empty):
    return {"ours": spread(ours), "empty": spread(empty), "ratio": ours / empty}


def many(ours, empty):
    return {
        "ours": {"per_second": ours, **spread(5)},
        "empty": {"per_second": empty, **spread(4)},
        "ratio": ours / empty,
    }


def measured(ratings, slower=1.0):
    """Figures of one size, made up."""
    one = {"seconds": 2.0 * slower, "peak_mb": 300.0 * slower}
    endpoint = {
        "bytes": 13000,
        "first": spread(9),
        "cpu_ms": {"ours": 3.0, "empty": 2.0},
        "post": beside(3.0 * slower, 2.0),
        "client": beside(60, 50),
        "post16": many(200, 400),
        "client16": many(90, 100),
        "new": beside(5.0 * slower, 2.0),
        "new_cpu_ms": {"ours": 4.5 * slower, "empty": 2.0},
        "new16": many(100, 400),
    }
    hold = {"all": spread(4), "endpoints": {}, "errors": 0, "error": "", "reached": 50.0}
    alone = {"alone": spread(3), "beside": spread(6), "slow": spread(20), "ratio": 2.0}
    return {
        "machine": {
            "cores": 2,
            "processor": "a processor",
            "memory_gb": 16,
            "python": "3.11.7",
            "versions": {"numpy": "2.4"},
        },
        "when": {
            "start": {"date": "2026-01-02", "commit": "abc", "load": 0.1, "command": "python scripts/benchmark.py"},
            "load": {"date": "2026-01-02", "commit": "def", "load": 2.5, "command": "python scripts/benchmark.py"},
        },
        "prepared": {
            "title": "Films",
            "counts": {"users": 10, "items": 20, "ratings": ratings},
            "build": one,
            "train": one,
            "load": one,
            "database_mb": 7,
            "release_mb": 310.0,
            "models": ["ease"],
            "model_seconds": {"ease": 0.4, "hybrid": 15.5},
        },
        "memory": {"ours": {"served_mb": 280.0, "peak_mb": 300.0}, "empty": {"served_mb": 160.0, "peak_mb": 160.0}},
        "start": {
            "seconds": {"ours": 3.0, "empty": 2.0, "ratio": 1.5},
            "rest_mb": {"ours": 250.0, "empty": 150.0, "ratio": 1.7},
            "used_mb": {"ours": 260.0, "empty": 150.0, "ratio": 1.7},
            "runs": {},
        },
        "latency": {"callers": 16, "endpoints": {name: endpoint for name in endpoints.PARAMETERS}},
        "load": {
            "hold": {"per_second": 50, "seconds": 60, "ours": hold, "empty": hold},
            "crowd": {"before_mb": 300.0, "after_mb": 390.0, "added_mb": 90.0, "answers": 12_345, "seconds": 60.0},
            "beside": {"ours": alone, "empty": alone},
        },
        "rivals": {
            "ours": {"ease": {"fit_s": 0.5, "bulk_ms": 0.1, "single_ms": 0.2, "peak_mb": 200.0}},
            "rivals": {
                "LensKit EASEScorer": {"missing": "needs more than 12 GB", "model": "ease", "ratios": {"fit_s": None}},
                "irspack SLIMRecommender": {
                    **{"fit_s": 0.25, "bulk_ms": 0.3, "single_ms": 0.2, "peak_mb": 90.0, "version": "0.5.2"},
                    **{"model": "ease", "ratios": {"fit_s": 0.5, "bulk_ms": 3.0, "single_ms": 1.0}},
                },
            },
        },
    }


def test_uncached_questions_are_all_different():
    rows = [["Heat (1995)", 10, "content"], ["Casino (1995)", 10, "content"]]
    asked = [tuple(row) for rows_of_one in endpoints.uncached("similar", rows) for row in rows_of_one]
    assert len(set(asked)) == len(asked) == 2 * len(endpoints.COUNTS)
    assert min(row[1] for row in asked) > USUAL, "shorter lists are computed at once"
    lengths = [row[2] for one in endpoints.uncached("hybrid", [["1", "Heat", 10, 0.5]]) for row in one]
    assert 10 not in lengths and np.mean(lengths) == 10
    assert {tuple(row) for row in rows}.isdisjoint(asked)
    assert endpoints.uncached("hybrid", [["1", "Heat", 10, 0.5]])[0] == [["1", "Heat", 11, 0.5]]


def test_the_report_says_what_was_measured_and_leaves_the_rest(tmp_path):
    page = tmp_path / "docs" / "performance.md"
    page.parent.mkdir()
    page.write_text(f"# Performance\n\nBefore.\n\n{report.BEGIN}\nold\n{report.END}\n\n## Hot paths\n\nAfter.\n")
    found = {"0.1": measured(100_000), "32": measured(32_000_000, 20.0)}
    report.write(found, page)
    text = page.read_text()
    assert text.startswith("# Performance\n\nBefore.\n") and text.endswith("\n\n## Hot paths\n\nAfter.\n")
    assert "old" not in text
    assert "| `/similar` | 13,000 | 3.00 | 2.00 | 1.50× | 6.00 |" in text
    assert (
        "| 0.1 M | Films | 10 | 20 | 100,000 | 2026-01-02 | `abc`; `def` | 0.1 to 2.5 | `python scripts/benchmark.py` |"
        in text
    )
    assert "|  | LensKit EASEScorer: needs more than 12 GB | – | – | – | – | – | – | – |" in text
    assert "| `/similar` p50, times the empty endpoint | 0.1 M | at most 2 | 1.50 | yes |" in text
    assert "| `/similar` p50, uncached, times the empty endpoint | 0.1 M | at most 2 | 2.50 | **no** |" in text
    assert "| `/similar` | 5.00 | 10.0 | 2.00 | 4.00 | 2.50× | 4.50 | 2.00 | 100 | 400 | 0.250× |" in text
    assert (
        "| `/hybrid`: CPU time of a new answer above that of a cached one | 0.1 M | at most 2 ms | 1.50 ms | yes |"
        in text
    )
    assert "| train `hybrid` | 0.1 M | at most 15 s | 15.5 s | **no** |" in text
    assert "| 0.1 M | 60 | 12,345 | 300 | 390 | 90.0 |" in text
    assert "| size of the release | 32 M | at most 300 MB | 310 MB | **no** |" in text
    for table in text.split("\n\n"):
        lines = [line for line in table.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1, table
    report.write(found, page)
    assert page.read_text() == text
    for name in report.TITLES:
        assert f"](performance/{name}.svg)" in text or name == "training"
        root = ElementTree.parse(page.parent / "performance" / f"{name}.svg").getroot()
        assert root.tag.endswith("svg") and root.attrib["role"] == "img"


def test_a_report_of_one_section_has_that_section_alone(tmp_path):
    one = {name: value for name, value in measured(100_000).items() if name in ("machine", "prepared", "start")}
    report.write({"0.1": one}, tmp_path / "new.md")
    text = (tmp_path / "new.md").read_text()
    assert "### Start and memory" in text and "Latency at" not in text and "compared with libraries" not in text
    assert not (tmp_path / "performance").exists()


def test_goals_hold_where_they_were_set_and_only_there():
    lines = goals.table({"10": measured(10_000_000)})
    assert [line for line in lines if line.startswith("| `") or line.startswith("| m")] == [
        "| `ease`: training, fastest library's time as a multiple of ours | 10 M | at least 1 | 0.500 | **no** |",
        "| `ease`: lists in bulk, fastest library's time as a multiple of ours | 10 M | at least 1 | 3.00 | yes |",
        "| `ease`: a list for one, fastest library's time as a multiple of ours | 10 M | at least 1 | 1.00 | yes |",
    ]
    assert goals.table({"10": {"prepared": {}}}) == []
    assert goals.Goal("", (), lambda one: 0, least=0.5).met(0.5) and not goals.Goal("", (), lambda one: 0, most=2).met(
        2.1
    )


def test_growth_is_drawn_on_logarithmic_axes():
    drawn = growth("Seconds", {"build": [(1e5, 1.0), (1e6, 10.0), (1e7, None)], "never": [(1e5, None)]}, up="seconds")
    root = ElementTree.fromstring(drawn)
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(dots) == 2 and dots[0][0] < dots[1][0] and dots[0][1] > dots[1][1]
    assert "never" not in drawn and "prefers-color-scheme:dark" in drawn
    assert growth("Seconds", {"build": [(1e5, 1.0)]}, up="seconds") == ""


# -- the script ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sizes", "5"], "--sizes has 5. Use one or more of 0.1, 1, 10, 32."),
        (["--only", "speed"], "--only has speed. Use one or more of memory, start, latency, load, rivals."),
        (["--sizes", ","], "--sizes has nothing. Use one or more of 0.1, 1, 10, 32."),
        (["--seconds", "0"], "--hold 50 and --seconds 0 must both be above 0."),
        (["--report-only"], "yet. Run the benchmark without --report-only first."),
    ],
)
def test_a_wrong_option_is_said_in_one_sentence(tmp_path, capsys, options, said):
    assert script.main([*options, "--work", str(tmp_path), "--report", str(tmp_path / "page.md")]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("benchmark: ") and printed.strip().endswith(said) and printed.count("\n") == 1


def test_an_unknown_model_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(UnknownModel, match="no model 'magic'"):
        Plan(("0.1",), ("rivals",), tmp_path, models=("magic",))


def test_the_report_can_be_drawn_again(tmp_path, capsys):
    Place("0.1", tmp_path / "0.1", "folder").keep(**measured(100_000))
    assert redraw(tmp_path, tmp_path / "page.md") == tmp_path / "page.md"
    assert script.main(["--report-only", "--json", "--work", str(tmp_path), "--report", str(tmp_path / "page.md")]) == 0
    assert json.loads(capsys.readouterr().out)["0.1"]["prepared"]["title"] == "Films"


def test_the_command_is_told_without_folders_of_this_machine():
    assert script._shown(["--sizes", "0.1,1", "--work", "/somewhere/else", "--report=x.md", "--resume"]) == [
        "--sizes",
        "0.1,1",
        "--resume",
    ]
