"""The tabs of figures: what they say is what the service holds; who may run the service; what is exported."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import gradio as gr
import numpy as np
import pandas as pd
import pytest
from page_parts import view
from services import with_settings

from recsys import Interactions, models
from recsys.page.components.address import Query
from recsys.page.reports import data_set, model_comparison, release, sections, status, taste, training
from recsys.page.tabs import activity
from recsys.page.tabs import data as data_tab
from recsys.page.tabs import models as models_tab
from recsys.runtime.admin import Admin
from recsys.runtime.jobs import Background
from recsys.runtime.status import figures
from recsys.serving.filters import Filters

TOKEN = "the token of this start"
ACTIONS = ("look", "train", "evaluate", "push", "pull", "switch", "roll_back", "cancel")


def parsed(html):
    """The HTML as a tree: well-formed, without script, handlers or addresses."""
    tree = ET.fromstring(f"<div>{html}</div>")
    for element in tree.iter():
        assert element.tag not in ("script", "img", "iframe")
        assert not [name for name in element.attrib if name.startswith("on")]
    return tree


def said(tree):
    return " ".join("".join(tree.itertext()).split())


def cells(tree, caption):
    table = next(one for one in tree.iter("table") if one.findtext("caption") == caption)
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


# -- data ---------------------------------------------------------------------------------------


def test_data_counts_what_is_there(service):
    tree = parsed(data_set.report(service))
    text = said(tree)
    counts = service.about()["counts"]
    for number in counts.values():
        assert f"{number:,}" in text
    titles = [one.text for one in tree.iter("h3")]
    assert titles == [
        "Genres",
        "Release years",
        "Ratings by value",
        "Ratings over time",
        "The long tail",
        "Ratings by user",
    ]
    rated = next(one for one in tree.iter("figure") if one.findtext("figcaption/h3") == "Ratings by value")
    total = sum(int(row[1].text.replace(",", "")) for row in rated.iter("tr") if row[1].tag == "td")
    assert total == counts["ratings"]


def test_likeness_is_drawn_and_groups_where_they_are_trained(service):
    text = said(parsed(taste.report(service)))
    assert "By content" in text and "By ratings" in text
    assert "once a clustering model is trained" in text
    data, features = service.catalogue.interactions(), service.catalogue.features()
    fitted = models.create("clusters").fit(data, features)
    report = json.loads(json.dumps(fitted.report))
    map_, elbow, silhouette, _ = taste.group_charts(report, "users")
    assert f"selects {report['chosen']}." in silhouette and f"the elbow is at {report['elbow']}." in elbow
    points = sum(
        one.get("d").count("M") for one in ET.fromstring(map_).iter("path") if "rs-dots" in (one.get("class") or "")
    )
    assert points == len(report["map"]["x"]) == 60


def test_tabs_are_drawn_once_for_a_release(service, monkeypatch):
    made = []
    monkeypatch.setattr(data_set, "report", lambda service: made.append("data") or "<p>1</p>")
    monkeypatch.setattr(taste, "report", lambda service: made.append("models") or "<p>2</p>")
    built = view(service, data_tab)
    assert made == [], "nothing is counted before the tab is opened"
    for _ in range(3):
        assert built.show(Query(), 10, Filters(), {}) == [{"html": "<p>1</p><p>2</p>"}]
    assert made == ["data", "models"]


def test_what_is_kept_goes_when_its_key_does():
    key, made = ["a"], []
    kept = sections.CachedValue(lambda: made.append(1) or len(made), lambda: key[0])
    assert [kept(), kept()] == [1, 1]
    key[0] = "b"
    assert kept() == 2


# -- models -------------------------------------------------------------------------------------


def test_the_table_is_the_manifest(service):
    records = service.release.manifest["models"]
    for place, name in enumerate(("popular", "ease")):
        records[name]["metrics"] = {"random": {"ndcg@10": 0.1 + 0.2 * place, "hr@10": 0.5}}
        records[name]["intervals"] = {"random": {"ndcg@10": [0.05 + 0.2 * place, 0.15 + 0.2 * place]}}
    service.use(service.release)
    tree = parsed(model_comparison.comparison(service))
    head, first, second, *_ = cells(tree, "Comparison of models, best first")
    assert head[:4] == ["Model", "NDCG@10", "95 %", "HR@10"]
    assert first[0].startswith(service.release.model("ease").title)
    assert first[1:3] == ["0.3000", "0.2500 – 0.3500"] and second[1] == "0.1000"
    best = [one.text for one in tree.iter("td") if one.get("class") == "rs-best"]
    assert best[0] == "0.3000"
    assert f"{records['ease']['seconds']:.1f} s" in first


def test_what_training_found_is_drawn_from_the_models(service):
    assert training.report(service) == "", "nothing was searched, and no network is trained"
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        [(u, i, 4.0 if (u + i) % 2 else 2.0) for u in range(30) for i in range(12) if rng.random() < 0.8],
        columns=["user_id", "item_id", "rating"],
    )
    data = Interactions.from_frame(frame)
    drawn = []
    for name, draw in (
        ("embedding_regression", training.regression),
        ("embedding_classification", training.classification),
    ):
        model = models.create(name, n_steps=1)
        model.has_ratings, model.scale, model.mean = True, data.scale, data.mean
        held = data.matrix.data[:100]
        answers = np.clip(held + rng.normal(0, 0.3, len(held)), *data.scale) if "regression" in name else held > 3
        tried = {"reg": [3.0, 10.0], "loss": [0.25, 0.36]}
        report = json.loads(json.dumps(model._describe(answers.astype(float), held)))
        drawn += draw(model.title, {"reg": 3.0, "held_out": 100, "tried": tried, **report})
    text = said(parsed("".join(drawn)))
    assert "100 held-out ratings, RMSE 0." in text and "The area under the curve is 1.000" in text
    assert "100.0 % are right" in text and "Penalty 3 is best on the held-out ratings" in text
    assert "0.5000" in text, "the square root of the mean squared error"
    assert training.regression("t", {}) == [], "models of older releases noted less"
    chart = training.losses("Neural picks", [0.4, 0.3, 0.2], [0.35, 0.3, 0.31])
    assert "best after epoch 2 of 3" in chart and "held-out users" in chart
    assert "held-out users" not in training.losses("Neural picks", [0.4], [])


@pytest.mark.parametrize("record", [{}, [], {"roc": {"cut": [0.5], "true": [[]], "false": [0]}}, {"map": {"x": []}}])
def test_a_record_that_cannot_be_drawn_leaves_the_rest_of_the_tab(service, monkeypatch, record, caplog):
    kinds = [(kind, f"Title of {kind}", {"report": record, "losses": {}}) for kind in training.REPORTS]
    reports = type(service.model_reports)
    monkeypatch.setattr(reports, "training", lambda self: kinds)
    monkeypatch.setattr(reports, "taste_groups", lambda self: record)
    assert "Title of classification" not in training.report(service)
    assert "By content" in taste.report(service)
    assert "cannot be drawn" in caplog.text


def test_tries_of_a_search_are_drawn(service, tmp_path):
    from recsys.tuning import search

    service = with_settings(service, data_dir=tmp_path)
    search(service.settings, service.catalogue, ["popular"], 0.5)
    tree = parsed(training.report(service))
    figure = next(one for one in tree.iter("figure"))
    assert figure.findtext("figcaption/h3") == f"Tuning: {service.release.model('popular').title}"
    head, *rows = [["".join(cell.itertext()) for cell in row] for row in figure.iter("tr")]
    assert head == ["gain", "half_life_days", "rating_weight"] and ["+0.0 %", "0", "0.5"] in rows
    assert f"{len(rows)} trials" in said(figure)


def test_nothing_measured_and_newer_ratings_are_said(service):
    for record in service.release.manifest["models"].values():
        record["metrics"] = {}
    service.use(service.release)
    assert "Not evaluated yet." in said(parsed(model_comparison.comparison(service)))
    background = Background(service)
    text = said(parsed(release.trained_models(service, background)))
    assert service.release.version in text and "all included" in text
    service.profiles.create(["Heat (1995)", "Toy Story (1995)"])
    assert "2 ratings are newer than the models." in said(parsed(release.trained_models(service, background)))


@pytest.fixture
def begun(monkeypatch):
    """The commands that would have been run."""
    commands = []
    monkeypatch.setattr(Background, "begin", lambda self, task, **arguments: commands.append((task, arguments)))
    return commands


def test_a_wrong_key_is_refused_for_everything(service, begun):
    admin = Admin(Background(with_settings(service, server_name="0.0.0.0", admin_key="right")))
    for action in ACTIONS:
        for key in ("", "wrong", None, ["right"], {"right": 1}):
            answer = models_tab.operated(
                admin, TOKEN, {"action": action, "key": key, "token": TOKEN, "models": ["ease"]}
            )
            assert answer == {"locked": True, "error": "This is not the RECSYS_ADMIN_KEY of this service."}
    for nothing in (None, "x", [], {}):
        assert models_tab.operated(admin, TOKEN, nothing)["locked"]
    assert begun == []
    answer = models_tab.operated(admin, TOKEN, {"action": "train", "key": "right", "models": ["ease"]})
    assert "error" not in answer and begun == [("train", {"models": ["ease"]})]


def test_another_site_cannot_run_a_local_service(service, begun):
    admin = Admin(Background(service))
    for token in ("", "guessed", None):
        assert models_tab.operated(admin, TOKEN, {"action": "train", "models": ["ease"], "token": token})["locked"]
    assert begun == []


def test_every_action_of_the_panel(service, begun):
    admin = Admin(Background(service))

    def ask(action, **more):
        return models_tab.operated(admin, TOKEN, {"action": action, "token": TOKEN, **more})

    assert ask("evaluate", models=["ease", "popular"], split="temporal")["message"] == ""
    ask("push", repo=" me/films ", private=True)
    ask("pull", repo="me/films")
    assert begun == [
        ("evaluate", {"models": ["ease", "popular"], "split": "temporal"}),
        ("push", {"repo": "me/films", "private": True}),
        ("pull", {"repo": "me/films", "revision": "main"}),
    ]
    assert ask("train")["error"] == "No model is chosen. Choose at least one."
    assert ask("train", models="ease")["error"] == "No model is chosen. Choose at least one."
    assert "There is no model 'nope'" in ask("train", models=["nope"])["error"]
    assert "There is no release 'v0'" in ask("switch", version="v0")["error"]
    assert ask("cancel")["error"] == "No job is running."
    state = ask("look")
    assert state["served"] == service.release.version in state["versions"] and state["job"] is None
    ease = next(line for line in state["models"] if line["name"] == "ease")
    assert ease["title"] == service.release.model("ease").title and ease["trained"]
    assert ease["seconds"] == service.release.manifest["models"]["ease"]["seconds"]
    json.dumps(state)


def test_the_page_opens_the_panel_only_to_this_machine(service):
    for served, locked in (
        (service, False),
        (with_settings(service, server_name="0.0.0.0"), True),
        (with_settings(service, on_space=True), True),
    ):
        sheet, panel = view(served, models_tab).show(Query(), 10, Filters(), {})
        assert "Trained models" in sheet["html"]
        assert panel.get("locked", False) is locked and ("token" in panel) is not locked
        assert ("versions" in panel) is not locked


def test_operator_figures_are_a_table(service):
    for seconds in (0.001, 0.002):
        service.latencies.record("similar", seconds)
    tree = parsed(status.service_status(figures(service)))
    assert cells(tree, "Response time by endpoint")[1] == ["similar", "2", "1.5 ms", "1.9 ms", "0", "0"]
    assert re.search(r"Memory[\d,]+ MB", said(tree).replace("Memory ", "Memory"))


# -- activity -----------------------------------------------------------------------------------


def test_nothing_yet_is_said(service):
    assert "Every list of films that is shown from now on" in activity.shown(service, {})["html"]


def test_the_log_names_items_and_nobody(service):
    profile = service.profiles.create(["Heat (1995)"])
    with service.call("recommend", "secret-session"):
        service.recommend("3", 6)
        service.similar("Heat (1995)", 3)
        lines = service.recommend(profile["user_id"], 6)
    with service.call("page", "secret-session"):
        service.feedback("like", lines[1]["item_id"])
    value = activity.shown(service, None)
    tree = parsed(value["html"])
    assert profile["user_id"] not in value["html"] and "secret-session" not in value["html"]
    log = cells(tree, "Event log")
    assert sorted(row[1] for row in log[1:]) == ["Like", "List", "List", "List"]
    assert any(lines[0]["title"] in row[-1] for row in log) and any("user 3" in row for row in log)
    assert any(row[5] == "Heat (1995)" for row in log)
    places = next(one for one in tree.iter("figure") if one.findtext("figcaption/h3") == "Engagement by position")
    assert ["2", "33.3 %"] in [["".join(cell.itertext()) for cell in row] for row in places.iter("tr")]
    assert {"name": service.defaults.user, "title": service.release.model(service.defaults.user).title} in value[
        "models"
    ]


def test_lists_that_no_model_made_are_in_the_log(service):
    from recsys.page.build import record

    items = [{"item_id": "6"}, {"item_id": "1"}]
    record(service, [gr.skip(), {"source": "landing", "items": items}, {"source": "foryou", "items": items}, {}])
    log = cells(parsed(activity.shown(service, {})["html"]), "Event log")
    assert len(log) == 2 and log[1][5:] == ["landing", "Heat (1995), Toy Story (1995)"]


def test_the_log_names_tabs_by_their_titles(service):
    with service.call("page foryou"):
        service.recommend("3", 3)
    with service.call("recommend"):
        service.recommend("4", 3)
    log = cells(parsed(activity.shown(service, {}, {"foryou": "For you"})["html"]), "Event log")
    assert [row[4] for row in log[1:]] == ["recommend", "For you"]


def test_limits_come_from_outside(service):
    service.recommend("3", 3)
    service.similar("Heat (1995)", 3, "content")
    only = activity.shown(service, {"model": "content"})
    assert only["filters"] == {"model": "content", "verdict": "", "first": "", "last": ""}
    assert len(cells(parsed(only["html"]), "Event log")) == 2
    assert "No events match these filters" in activity.shown(service, {"last": "2001-01-01"})["html"]
    assert "The day is 'x'" in activity.shown(service, {"first": "x"})["error"]
    assert activity.shown(service, {"model": ["content"], "first": 7})["filters"]["model"] == ""


def test_exports_hold_the_same_lines(service):
    service.recommend("3", 3)
    service.feedback("seen", "Heat (1995)", "3")
    service.events.flush()
    admin = Admin(Background(service))
    file = activity.exported(admin, {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(file["text"])))
    assert file["name"] == "activity.csv" and len(rows) == 2
    again = json.loads(activity.exported(admin, {"format": "json"})["text"])
    assert [" ".join(one["item_ids"]) for one in again] == [row["item_ids"] for row in rows]
    assert len(json.loads(activity.exported(admin, {"format": "json", "verdict": "seen"})["text"])) == 1
    assert "error" in activity.exported(admin, {"last": "soon"})


def test_exports_are_for_the_operator_one_at_a_time_and_bounded(service, monkeypatch):
    for _ in range(5):
        service.feedback("seen", "Heat (1995)")
    hosted = Admin(Background(with_settings(service, server_name="0.0.0.0", admin_key="let me in")))
    assert "not the RECSYS_ADMIN_KEY" in activity.exported(hosted, {"format": "csv"})["error"]
    assert "not the RECSYS_ADMIN_KEY" in activity.exported(hosted, {"format": "csv", "key": "\ud800"})["error"]
    asked = {"format": "json", "key": "let me in"}
    monkeypatch.setattr("recsys.serving.activity.EXPORTED_LINES", 3)
    assert len(json.loads(activity.exported(hosted, asked)["text"])) == 3
    log = hosted.service.activity
    reading = log.lines

    def second(*args):
        assert "Another export" in activity.exported(hosted, asked)["error"]
        return reading(*args)

    monkeypatch.setattr(log, "lines", second)
    assert "text" in activity.exported(hosted, asked)
    assert "text" in activity.exported(hosted, asked), "the next one may begin"
