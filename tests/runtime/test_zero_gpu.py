"""Training on the GPUs of ZeroGPU: the real package `spaces` in its ZeroGPU mode against a local device API."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from fake_zero_gpu import FakeZeroGpu
from film_app import PROJECT, environment
from sample_ratings import taste_frame
from waiting import PATIENCE_S

from recsys import Interactions, models
from recsys.errors import BadInput
from recsys.models.neural.recommender import NeuralRecommender
from recsys.page.tabs.models import panel_state
from recsys.runtime import zero_gpu
from recsys.runtime.admin import Admin
from recsys.runtime.gpu_borrower import FALLBACK, Borrower
from recsys.runtime.jobs import Background
from recsys.settings import Settings
from recsys.training import handover

STEPS, SEED = 60, 3
PROGRAM = """
import json, multiprocessing, sys, tempfile
from pathlib import Path
from recsys.runtime import zero_gpu
from recsys.settings import Settings

zero_gpu.prepare(Settings.from_env())
import gradio as gr
from sample_ratings import taste_frame
from gradio.context import LocalContext
from recsys import Interactions, models
from recsys.training import handover
from starlette.requests import Request

visitor = Request({"type": "http", "headers": [(b"x-ip-token", b"e30.e30.e30")]})
with gr.Blocks() as page:
    gr.Markdown("A page")
page.launch(prevent_thread_lock=True, quiet=True)
data, results = Interactions.from_frame(taste_frame()), []
for task in sys.argv[2:]:
    with tempfile.TemporaryDirectory() as name:
        folder, shares = Path(name), []
        settings = {"learning_rate": 1e30} if task == "diverge" else {}
        model = models.create("ncf", n_steps=int(sys.argv[1]), **settings)
        model.checkpoint = folder / "checkpoint" if task == "killed" else None
        handover.write(folder, model, data, 3, 40)

        def progress(line, share=None):
            shares.append(share)
            if task == "killed" and len(shares) == 2:
                [worker] = multiprocessing.active_children()
                worker.kill()

        # as in a handler of the page, called by somebody whom the Hub knows
        LocalContext.request.set(visitor if task == "signed in" else None)
        why = zero_gpu.lend(folder, progress, lambda: task == "cancel")
        result = {"why": why, "shares": shares, "keras": "keras" in sys.modules}
        if (folder / handover.FAILED).exists():
            result["failed"] = json.loads((folder / handover.FAILED).read_text())["error"]
        elif (folder / handover.RESULT).is_dir():
            loaded = models.registry.get("ncf").load_files(folder / handover.RESULT, data.items)
            result["sum"] = float(sum(abs(array).sum(dtype=float) for array in loaded.arrays().values()))
        if task == "killed":
            model.progress = lambda line, share=None: shares.append(line)
            model.fit(data, seed=3)
        results.append(result)
print(json.dumps(results))
"""


@pytest.fixture
def api():
    with FakeZeroGpu() as running:
        yield running


@pytest.fixture
def data():
    return Interactions.from_frame(taste_frame())


def lend(api, tmp_path, tasks):
    """Results of a program that launches a page and then trains one `ncf` for each task."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    env = environment(tmp_path / "data", "auto", **api.environment)
    env["PYTHONPATH"] = f"{PROJECT}:{PROJECT / 'tests'}"
    command = [sys.executable, "tests/cpu_as_gpu.py", str(program), str(STEPS), *tasks]
    run = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.long
def test_a_gpu_is_reported_asked_for_used_and_given_back(api, tmp_path, data):
    api.behaviours = ["lend", "queue", "lend", "lend"]
    first, second, failed, cancelled = lend(api, tmp_path, ["train", "train", "diverge", "cancel"])
    here = models.create("ncf", n_steps=STEPS).fit(data, seed=SEED)
    expected = sum(np.abs(array).sum(dtype=float) for array in here.arrays().values())
    for result in (first, second):
        assert result["why"] == "" and result["sum"] == pytest.approx(expected, rel=1e-5)
        assert result["shares"] == sorted(result["shares"]) and result["shares"][-1] == 1.0
        assert not result["keras"], "Keras starts threads, so only the forked process may load it"
    assert failed["failed"].startswith("Training ncf diverged in epoch 1")
    assert cancelled["why"] == "The training was cancelled." and len(cancelled["shares"]) == 1
    assert "sum" not in cancelled
    paths = api.paths()
    assert paths[0] == "/startup-report" and paths.count("/schedule") == paths.count("/release") == 4
    assert paths.index("/schedule") < paths.index("/allow") < paths.index("/release")
    assert all(query["durationSeconds"] == "40" for path, query in api.calls if path == "/schedule")
    assert all(query["fail"] == "false" for path, query in api.calls if path == "/release")


@pytest.mark.slow
def test_each_refusal_is_one_sentence(api, tmp_path):
    api.behaviours = ["spent", "spent", "too long", "busy", "unavailable", "broken"]
    results = lend(api, tmp_path, ["train", "signed in", *["train"] * 4])
    assert [result["why"] for result in results] == [
        "The daily GPU quota is used up.",
        "The daily GPU quota is used up; it is available again in 2:30:00.",
        "The training needs more GPU time at once than ZeroGPU allows this account.",
        "No GPU of ZeroGPU is free at the moment.",
        "No GPU of ZeroGPU is free at the moment.",
        "ZeroGPU could not be reached or refused the request.",
    ]
    tokens = [query.get("token") for path, query in api.calls if path == "/schedule"]
    assert tokens == [None, "e30.e30.e30", None, None, None, None], "the quota of whoever starts the training is used"
    assert not any("sum" in result or result["shares"] for result in results)
    assert "/allow" not in api.paths() and "/release" not in api.paths()


@pytest.mark.long
def test_a_training_whose_gpu_is_taken_away_goes_on_after_its_last_epoch(api, tmp_path):
    [killed] = lend(api, tmp_path, ["killed"])
    assert killed["why"] == "ZeroGPU ended the training before it was complete." and "sum" not in killed
    assert [path for path, query in api.calls if path == "/release" and query["fail"] == "true"]
    epochs = [line for line in killed["shares"] if isinstance(line, str)]
    assert epochs and not epochs[0].startswith("ncf: epoch 1 ")


def test_nothing_happens_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(zero_gpu, "_lent", [])
    zero_gpu.prepare(Settings())
    assert not zero_gpu.available()
    assert zero_gpu.lend(tmp_path, print, lambda: False) == "This server has no ZeroGPU."
    assert Settings.from_env({"SPACES_ZERO_GPU": "true"}).zero_gpu and not Settings.from_env({}).zero_gpu


@pytest.mark.slow
def test_nothing_that_uses_cuda_is_loaded_before_spaces():
    code = (
        "import sys; sys.argv = ['app.py', '--help']; import app, recsys.cli.commands.serve, recsys.page.serve; "
        "print({'torch', 'keras', 'jax', 'gradio', 'spaces'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert run.stdout.strip() == "set()", run.stderr


def test_the_duration_grows_with_the_data_up_to_a_limit(data):
    ncf, sequential = models.create("ncf", n_steps=500), models.create("sequential")
    steps = ncf.training_steps(data)
    assert 0 < steps <= 60 * 500 and models.create("ncf", n_steps=1).training_steps(data) < steps
    assert models.create("embedding_regression", n_steps=500).training_steps(data) == steps
    assert sequential.training_steps(data) % 60 == 0
    assert zero_gpu.seconds_for(steps) < zero_gpu.seconds_for(10**5) == zero_gpu.MOST_S


def test_the_operator_reads_what_the_quota_allows(service, monkeypatch):
    admin = Admin(Background(service))
    assert zero_gpu.NOTE not in panel_state(admin)["notes"]
    monkeypatch.setattr(zero_gpu, "_lent", [print])
    assert panel_state(admin)["notes"][-1] == zero_gpu.NOTE and "daily GPU quota" in zero_gpu.NOTE


# -- the job ----------------------------------------------------------------------------------------------------------


class Said(list):
    """Lines of progress."""

    def __call__(self, line, share=None, /):
        self.append(line)


def test_a_refused_job_does_not_ask_again(data):
    asked, said = [], Said()
    answers = [json.dumps({"line": "epoch 1", "share": 0.5}), json.dumps({"refused": "The quota is used up."})]
    borrower = Borrower(asked.append, answers, said)
    model = models.create("ncf", n_steps=STEPS)
    model.progress = said
    assert borrower(model, data, SEED) is False and borrower(model, data, SEED) is False
    assert len(asked) == 1 and said == ["epoch 1", f"ncf: The quota is used up. {FALLBACK}"]


def test_a_service_that_stops_or_leaves_no_result_leaves_the_training_to_the_job(data):
    for answers, why in (([], "The service has stopped."), ([json.dumps({"refused": ""})], "ended without a result.")):
        said = Said()
        model = models.create("ncf", n_steps=STEPS)
        model.adopt(models.base.TrainedOn.of(data))
        assert Borrower(lambda folder: None, answers, said)(model, data, SEED) is False
        assert len(said) == 1 and why in said[0]


@pytest.mark.slow
def test_what_was_trained_elsewhere_is_what_is_trained_here(data, monkeypatch):
    def elsewhere(folder):
        for line, share in handover.carry_out(handover.Path(folder)):
            answers.append(json.dumps({"line": line, "share": share}))
        answers.append(json.dumps({"refused": ""}))

    def carried_out(folder):
        monkeypatch.setattr(NeuralRecommender, "trainer", None)
        elsewhere(folder)

    answers, said = [], Said()

    class Answers:
        def __iter__(self):
            return self

        def __next__(self):
            return answers.pop(0)

    here = models.create("ncf", n_steps=STEPS).fit(data, seed=SEED)
    monkeypatch.setattr(NeuralRecommender, "trainer", Borrower(carried_out, Answers(), said))
    there = models.create("ncf", n_steps=STEPS)
    there.progress = said
    there.fit(data, seed=SEED)
    assert said and not answers
    for name, array in here.arrays().items():
        np.testing.assert_allclose(there.arrays()[name], array, rtol=1e-5, atol=1e-7)
    history = data.history(data.users.ids[0])
    assert [one.item_id for one in there.recommend(history)] == [one.item_id for one in here.recommend(history)]


@pytest.mark.slow
def test_a_failed_training_is_not_repeated_here(data, monkeypatch):
    def elsewhere(folder):
        handover.write_json({"error": "Training ncf diverged."}, handover.Path(folder) / handover.FAILED)

    borrower = Borrower(elsewhere, [json.dumps({"refused": ""})], Said())
    monkeypatch.setattr(NeuralRecommender, "trainer", borrower)
    with pytest.raises(BadInput, match="diverged"):
        models.create("ncf", n_steps=STEPS).fit(data)
