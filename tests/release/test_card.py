"""The model card: metadata the Hub can read, tables nothing breaks out of."""

from __future__ import annotations

import pytest
import yaml

from recsys.data.plain_text import UNSEEN
from recsys.release import card


def manifest(**changes):
    model = {
        "title": "EASE",
        "family": "collaborative",
        "summary": "Closed form.",
        "settings": {"reg": 200.0},
        "seconds": 1.25,
        "metrics": {"random": {"ndcg@10": 0.31234567, "recall@10": 0.2}},
        "holds_ratings": False,
        "files": {},
    }
    base = {
        "format": 1,
        "version": "v1.0",
        "created": "2026-11-24T10:00:00+00:00",
        "catalogue": "films",
        "files": {},
        "info": {
            "dataset": "ml-latest-small",
            "title": "MovieLens latest-small",
            "licence": "MovieLens research licence",
            "redistributable": True,
            "n_users": 610,
            "n_items": 9742,
            "n_ratings": 100836,
            "data_digest": "abc123",
        },
        "models": {"popular": {**model, "metrics": {"random": {"ndcg@10": 0.1}}}, "ease": model},
    }
    return base | changes


def metadata(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_the_client_reads_the_metadata(tmp_path):
    from huggingface_hub import ModelCard

    text = card.render(manifest(), "me/films")
    found = ModelCard(text).data
    assert found.library_name == "recsys" and found.language == "en" and found.datasets == ["ml-latest-small"]
    assert (found.license, found.license_name) == ("other", "movielens")
    assert found.license_link.endswith("/ml-latest-small-README.html")
    assert "recommender-system" in found.tags and "pipeline_tag" not in metadata(text)


def test_the_card_shows_how_to_host_the_release():
    text = card.render(manifest(), "me/films")
    assert "`python scripts/deploy_space.py USER/SPACE --model-repo me/films`" in text


def test_each_model_has_its_metrics_in_the_model_index():
    index = {entry["name"]: entry["results"][0] for entry in metadata(card.render(manifest()))["model-index"]}
    assert list(index) == ["popular", "ease"]
    assert index["ease"]["task"]["type"] == "recommendation"
    assert index["ease"]["dataset"]["name"] == "ml-latest-small, random split"
    assert index["ease"]["dataset"]["split"] == "random"
    assert [(m["name"], m["type"], m["value"]) for m in index["ease"]["metrics"]] == [
        ("ndcg@10", "ndcg_at_10", 0.31234567),
        ("recall@10", "recall_at_10", 0.2),
    ]


def test_the_client_reads_the_model_index_back():
    from huggingface_hub import ModelCard

    metrics = {"random": {"ndcg@10": 0.3}, "temporal": {"ndcg@10": 0.2}}
    models = {"ease": {**manifest()["models"]["ease"], "metrics": metrics}}
    results = ModelCard(card.render(manifest(models=models))).data.eval_results
    assert [(r.dataset_split, r.metric_type, r.metric_value) for r in results] == [
        ("random", "ndcg_at_10", 0.3),
        ("temporal", "ndcg_at_10", 0.2),
    ]


def test_the_figures_are_drawn_best_first_with_their_intervals():
    models = manifest()["models"]
    models["ease"]["intervals"] = {"random": {"ndcg@10": [0.29, 0.33]}}
    text = card.render(manifest(models=models))
    plot = text.split("```text\n")[1].split("```")[0].splitlines()
    assert plot[0] == "ndcg@10, random split"
    assert plot[2].split() == ["ease", "█" * 40, "0.3123", "(0.2900", "to", "0.3300)"]
    assert plot[3].split() == ["popular", "█" * 13, "0.1000"]


def test_what_a_person_reads():
    text = card.render(manifest(), "me/films")
    assert "# Recommenders for films, v1.0" in text
    assert "(610 users, 9,742 items, 100,836 ratings)" in text
    assert "| `ease` | collaborative | Closed form. | 1.2 |" in text
    assert "| `ease` | 0.3123 | 0.2 |" in text and "| `popular` | 0.1 |  |" in text
    assert 'release = hub.pull("me/films", "releases")' in text
    assert "Harper and Joseph A. Konstan. 2015" in text and "abc123" in text
    assert "No model here contains any user's ratings" in text
    assert text == card.render(manifest(), "me/films")


def test_a_release_without_evaluation():
    models = {"popular": {"files": {}, "metrics": {}, "seconds": None, "settings": {}}}
    text = card.render(manifest(models=models, info={}))
    assert "This release was not evaluated." in text and "model-index" not in metadata(text)
    assert metadata(text)["license"] == "unknown" and "datasets" not in metadata(text)


def test_models_that_hold_ratings_say_so():
    models = manifest()["models"]
    models["ease"]["holds_ratings"] = True
    assert "`ease` contains the ratings it was trained on" in card.render(manifest(models=models))


@pytest.mark.parametrize(
    ("info", "licence"),
    [
        ({"licence": "CC-BY-4.0", "dataset": "mine"}, {"license": "cc-by-4.0"}),
        (
            {"licence": "Our own terms!", "licence_url": "https://example.org/t", "dataset": "mine"},
            {"license": "other", "license_name": "our-own-terms", "license_link": "https://example.org/t"},
        ),
    ],
)
def test_licences_of_other_data(info, licence):
    found = metadata(card.render(manifest(info=info)))
    assert {key: value for key, value in found.items() if key.startswith("license")} == licence


def test_data_that_may_not_be_passed_on():
    info = manifest()["info"] | {"redistributable": False}
    assert "The licence forbids sharing the data" in card.render(manifest(info=info))


def test_the_card_says_whether_the_data_is_there():
    assert "The ratings are not part of this repository." in card.render(manifest())
    carried = card.render(manifest(files={"catalogue.sqlite": {}}))
    assert "`catalogue.sqlite` holds the items and the ratings, shared under the same terms." in carried


def test_nothing_breaks_out_of_a_table_or_into_markup():
    models = manifest()["models"]
    models["ease"]["summary"] = "a | b\n\n<script>alert(1)</script> [x](javascript:y) `c`"
    models["ease"]["metrics"] = {"a|b": 1.0}
    text = card.render(manifest(models=models, catalogue="f\n---\n# <b>"))
    assert "<script>" not in text and "<b>" not in text.split("---\n", 2)[2]
    row = next(line for line in text.splitlines() if line.startswith("| `ease` | collaborative"))
    assert row == (
        "| `ease` | collaborative | a \\| b &lt;script&gt;alert(1)&lt;/script&gt; \\[x\\](javascript:y) \\`c\\` | 1.2 |"
    )
    assert metadata(text)["library_name"] == "recsys"


def test_no_character_of_the_card_turns_its_text_around_or_controls_a_terminal():
    text = card.render(manifest(catalogue="a\u202eb\x1b[31m", info=manifest()["info"] | {"title": "x\x9b\u2066y"}))
    assert UNSEEN.search(text) is None and "trained with recsys on xy" in text
