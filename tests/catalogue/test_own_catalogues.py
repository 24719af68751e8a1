"""Other catalogues through the same code: books by tables and a description alone, courses, choices without values."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fake_hub import FakeHub
from film_app import PROJECT, environment, running
from services import history

from recsys import hub
from recsys import release as releases
from recsys.api import endpoints
from recsys.catalogue.building import ensure
from recsys.cli import main
from recsys.data.progress import quiet
from recsys.errors import BadData, BadInput, NeedsRatings, UnknownUser
from recsys.page.build import build as build_page
from recsys.page.components import filters
from recsys.page.components import words as spoken_words
from recsys.page.components.visitor import EMPTY, clean
from recsys.page.tabs import newcomer
from recsys.runtime.startup import ready
from recsys.serving.verdicts import Verdicts
from recsys.serving.wishes.wish import sentence
from recsys.settings import Settings
from recsys.training.choice import suitable_models
from recsys.training.fitting import training_data
from recsys.training.measure import Measurement, measure
from recsys.training.train import train

PAGE = (PROJECT / "docs" / "own-catalogue.md").read_text(encoding="utf-8")
FILM_WORDS = re.compile(r"\b(films?|movies?|posters?|rated|users?|stars?)\b", re.IGNORECASE)
FEW = ("popular", "content", "profile", "item_knn", "user_knn", "ease", "clusters", "hybrid")


def example(folder: Path) -> Path:
    """The books of docs/own-catalogue.md, file by file."""
    files = re.findall(r"`books/([\w.]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert sorted(name for name, _ in files) == ["description.json", "items.csv", "ratings.csv"]
    (folder / "books").mkdir(parents=True)
    for name, text in files:
        (folder / "books" / name).write_text(text, encoding="utf-8")
    return folder / "books"


def course_files(folder: Path) -> Path:
    """Twelve courses on three topics and twenty-four learners, in the layout of the public course files."""
    folder.mkdir(parents=True)
    topics = {"Python": "pandas notebook plot", "BigData": "hadoop cluster stream", "Chatbot": "dialog intent bot"}
    genre, texts, bags, ratings = [f"COURSE_ID,TITLE,{','.join(topics)}"], ["COURSE_ID,TITLE,DESCRIPTION"], [], []
    for number in range(12):
        topic = list(topics)[number % 3]
        name, words = f"C{number + 10}EN", topics[topic].split()
        title = f"{topic} Course Part {number // 3 + 1}"
        genre.append(f"{name},{title},{','.join('1' if one == topic else '0' for one in topics)}")
        texts.append(f"{name},{title},Learn {' And '.join(words).title()}")
        bags += [f"{number},{name},{word},{count}" for word, count in zip((*words, "learn"), (3, 2, 1, 1), strict=True)]
    for learner in range(24):
        for place in range(4):
            number = (learner + 3 * place) % 12 if place < 3 else (learner * 5 + 1) % 12
            ratings.append(f"{900 + learner},C{number + 10}EN,{'2.0' if (learner + place) % 9 == 0 else '3.0'}")
    for name, lines in {
        "course_genre.csv": genre,
        "course_processed.csv": texts,
        "courses_bows.csv": ["doc_index,doc_id,token,bow", *bags],
        "ratings.csv": ["user,item,rating", *dict.fromkeys(ratings)],
    }.items():
        seen: dict[str, str] = {}
        for line in lines[1:]:
            seen.setdefault(line.rpartition(",")[0] if name == "ratings.csv" else line, line)
        (folder / name).write_text("\n".join([lines[0], *seen.values()]) + "\n", encoding="utf-8")
    return folder


def served(settings: Settings, names=FEW):
    service = ready(settings, quiet)
    service.use(train(settings, service.catalogue, names, quiet, service.visitors))
    return service


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    service = served(Settings(catalogue=str(example(folder)), data_dir=folder / "data"))
    yield service
    service.events.close()


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    folder = tmp_path_factory.mktemp("school")
    files = course_files(folder / "files")
    service = served(Settings(catalogue="courses", dataset=str(files), data_dir=folder / "data"))
    yield service
    service.events.close()


# -- books: nothing but two tables and a description -------------------------------------------------


def test_books_walk_from_tables_to_answers(shelf):
    about = shelf.about()
    assert about["catalogue"] == "books" and about["title"] == "A shelf of classics" and about["licence"] == "cc0-1.0"
    assert about["counts"] == {"items": 12, "users": 8, "ratings": 29} and about["scale"] == [1, 10]
    similar = shelf.similar("Emma", 3)
    assert {line["title"] for line in similar[:2]} == {"Persuasion", "Pride and Prejudice"}
    for name in FEW:
        picks = shelf.recommend("ada", 8, name)
        assert len(picks) == 8 and not {"B10", "B12", "B13", "B16"} & {line["item_id"] for line in picks}
    assert len(shelf.hybrid("ada", "Treasure Island", 5, 0.3)) == 5
    picks = shelf.recommend_for(["The Time Machine", "From the Earth to the Moon"], ["Emma"], 3)
    assert {line["item_id"] for line in picks} & {"B17", "B18"}
    assert all(line["poster"].startswith("data:image/svg+xml") for line in picks)


def test_wishes_are_understood_in_each_catalogue_and_what_it_cannot_tell_is_said(shelf, school):
    titles = {line["title"] for line in shelf.similar("like Emma and The Time Machine", 5)}
    assert len(titles) == 5 and not titles & {"Emma", "The Time Machine"}
    years = [line["year"] for line in shelf.similar("like Emma, since 1880", 5)]
    assert years and min(years) >= 1880
    assert "Not possible here: more advanced (nothing here tells)." in sentence(
        shelf.wishes.wanted("like Emma but more advanced")
    )
    wish = school.wishes.wanted("like Python Course Part 1, no hadoop, funnier")
    assert sentence(wish).startswith("Understood as: like Python Course Part 1, without hadoop.")
    assert "funnier (nothing here tells)" in sentence(wish)
    lines = school.similar("like Python Course Part 1, no hadoop, funnier", 12)
    assert lines and not [line for line in lines if line["title"].startswith("BigData")]


def test_a_reader_joins_rates_on_the_books_scale_and_is_told_why(shelf):
    joined = shelf.profiles.create(["Emma", "Persuasion"])
    assert history(shelf, joined["user_id"]) == {"B10": 10.0, "B11": 10.0}
    assert shelf.profiles.rate(joined["user_id"], joined["key"], "Middlemarch", 7.5)["rating"] == 7.5
    with pytest.raises(BadInput, match="Rating 11 is out of range; use a number from 1 to 10."):
        shelf.profiles.rate(joined["user_id"], joined["key"], "Emma", 11)
    told = shelf.explain(joined["user_id"], "Pride and Prejudice", "content", joined["key"])
    assert {line["title"] for line in told["history"]} <= {"Emma", "Persuasion", "Middlemarch"}
    assert sum(line["share"] for line in told["history"]) == pytest.approx(1, abs=0.03)
    assert shelf.user(joined["user_id"], key=joined["key"])["taste"][0]["genre"] in ("Classic", "Novel")


def test_books_are_spoken_of_in_their_words(shelf):
    with pytest.raises(
        UnknownUser, match=r"Unknown reader 'zoe'; A shelf of classics has 8 readers, such as ada and hana"
    ):
        shelf.recommend("zoe")
    assert newcomer.choice(shelf, EMPTY, 0)["heading"] == "Which of these books do you like?"
    assert "readers most like you" in " ".join(line["reason"] for line in shelf.recommend("ada", 8, "user_knn"))
    words = endpoints.vocabulary(shelf)
    texts = [endpoint.text(words) for endpoint in endpoints.ENDPOINTS.values()]
    assert "Books similar to one book" in texts[1] and "from 1 to 10" in " ".join(texts)
    assert not [text for text in texts if "{" in text or re.search(r"\bfilms?\b|Toy Story", text)]
    build_page(shelf, shelf.settings)


def test_only_the_filters_that_books_have_are_offered(shelf):
    choices = spoken_words.choices(shelf)
    assert choices["genres"] == ["Adventure", "Classic", "Novel", "Science fiction"]
    assert choices["years"] == [1813, 1898] and choices["languages"] == []


# -- courses -----------------------------------------------------------------------------------------


def test_courses_are_alike_by_their_bags_of_words(school):
    content = school.release.model("content")
    assert "bag of words" in content.weights and "text" not in content.weights
    similar = school.similar("Python Course Part 1", 3)
    assert {line["genres"][0] for line in similar} == {"Python"}
    # single words of a bag are no themes
    assert {line["reason"] for line in similar} == {"Same series; shared theme: Python"}
    assert [line["item_id"] for line in school.search("hadoop streams", 4)][0] in {"C11EN", "C14EN", "C17EN", "C20EN"}


@pytest.mark.parametrize("name", FEW)
def test_every_kind_of_model_serves_courses(school, name):
    picks = school.recommend("905", 5, name)
    assert len(picks) == 5 and not set(history(school, "905")) & {line["item_id"] for line in picks}
    assert len(school.similar("Chatbot Course Part 2", 3, name)) == 3


def test_learners_pick_what_they_completed_and_add_to_it(school):
    joined = school.profiles.create(["Python Course Part 1"])
    assert history(school, joined["user_id"]) == {"C10EN": 3.0}
    school.profiles.rate(joined["user_id"], joined["key"], "Python Course Part 2", 2.0)
    assert history(school, joined["user_id"]) == {"C10EN": 3.0, "C13EN": 2.0}
    with pytest.raises(BadInput, match=r"from 2 \(audited\) to 3 \(completed\)"):
        school.profiles.rate(joined["user_id"], joined["key"], "C10EN", 5)
    visitor = clean(
        {
            "marks": [
                {"item_id": "C11EN", "verdict": "like"},
                {"item_id": "C14EN", "verdict": "seen"},
                {"item_id": "C12EN", "verdict": "dislike"},
            ]
        }
    )
    shown = {line["item_id"] for line in newcomer.picked(school, visitor, 12, filters.read({})[1])["items"]}
    assert len(shown) == 9 and not shown & {"C11EN", "C14EN", "C12EN"}
    # said of a course nobody took: left out, and no enrolment
    verdicts = Verdicts(school.catalogue)
    assert verdicts.ratings(["C11EN"], ["C12EN"], ["C14EN"]) == ({"C11EN": 3.0, "C14EN": 2.0}, ["C12EN"])


def test_courses_are_spoken_of_without_a_word_of_films(school):
    words = spoken_words.spoken(school)
    assert (words["like"], words["seen"]) == ("Completed", "Audited")
    assert words["worth"] == {"3": "completed", "2": "audited"}
    assert words["valued"] is False
    assert newcomer.choice(school, EMPTY, 0)["heading"] == "Which of these courses have you completed?"
    said = [school.similar("C10EN", 4, name) + school.recommend("905", 4, name) for name in FEW]
    texts = [line["reason"] for lines in said for line in lines] + [school.about()["match"]]
    # technical names in brackets, such as "user k-NN", are the same for all catalogues
    texts += [f"{re.sub(r' [(].*[)]', '', line['title'])} {line['summary']}" for line in school.models()]
    assert not [text for text in texts if FILM_WORDS.search(text)]
    assert school.artwork.is_fetching is False


# -- ratings of every kind ---------------------------------------------------------------------------


def votes(folder: Path, rating, timed: bool = False) -> Path:
    """Twelve people and ten items with titles alone; `rating(person, item)` or None for choices."""
    folder.mkdir(parents=True)
    (folder / "items.csv").write_text("item_id,title\n" + "".join(f"i{n},Thing number {n}\n" for n in range(10, 20)))
    columns = ["user_id", "item_id", *(["rating"] if rating else []), *(["timestamp"] if timed else [])]
    lines = [",".join(columns)]
    for person in range(12):
        for step in range(5):
            item = 10 + (person * 3 + step * 2) % 9
            cells = [f"p{person}", f"i{item}", *([str(rating(person, item))] if rating else [])]
            lines.append(",".join([*cells, *([f"2024-01-0{1 + step}"] if timed else [])]))
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    return folder


SCALES = {
    "hundred": (lambda person, item: 90 if (person + item) % 2 else 15, (15, 90)),
    "negative": (lambda person, item: 3 if (person + item) % 2 else -4, (-4, 3)),
    "choices": (None, (1, 1)),
}


@pytest.mark.slow
@pytest.mark.parametrize("timed", [True, False], ids=["timed", "untimed"])
@pytest.mark.parametrize("kind", SCALES)
def test_any_scale_with_or_without_time_is_trained_served_and_measured(kind, timed, tmp_path):
    rating, (low, high) = SCALES[kind]
    settings = Settings(catalogue=str(votes(tmp_path / kind, rating, timed)), data_dir=tmp_path / "data")
    service = served(settings, ("popular", "content", "ease", "item_knn"))
    assert service.catalogue.info["scale"] == [low, high] and service.catalogue.info["timed"] is timed
    joined = service.profiles.create(["i10"])
    assert service.profiles.rate(joined["user_id"], joined["key"], "i12", low)["rating"] == low
    with pytest.raises(BadInput, match=f"Rating {high + 1} is out of range; use "):
        service.profiles.rate(joined["user_id"], joined["key"], "i12", high + 1)
    assert len(service.recommend_for(["i10"], ["i11"], 9)) == 7  # i19 has no rating to learn from
    assert {"i10", "i11"}.isdisjoint(line["item_id"] for line in service.recommend_for(["i10"], ["i11"], 9, "popular"))
    # visitors' ratings join the data as it is: with times only where it has them
    data, _ = training_data(service.catalogue, service.visitors)
    assert joined["user_id"] in data.users and (data.times is not None) is timed
    assert data.has_ratings is (kind != "choices")
    service.use(train(settings, service.catalogue, ("popular", "ease"), quiet, service.visitors))
    assert len(service.recommend(joined["user_id"], 5)) == 5
    assert service.item("i19")["n_ratings"] == 0 and service.similar("i19", 3)
    for split in ("random", "unseen"):
        assert measure(settings, service.catalogue, Measurement(split, ["popular"]), quiet).rows[0].error is None
    if timed:
        assert measure(settings, service.catalogue, Measurement("temporal", ["popular"]), quiet).rows[0].error is None
    else:
        with pytest.raises(BadData, match="no timestamps, so it cannot be split by time. Use the random split"):
            measure(settings, service.catalogue, Measurement("temporal", ["popular"]), quiet)
    service.events.close()


def test_choices_train_no_model_that_predicts_ratings(tmp_path):
    settings = Settings(catalogue=str(votes(tmp_path / "picks", None)), data_dir=tmp_path / "data")
    service = served(settings, ("popular",))
    assert service.words.done == "picked" and "svd" not in suitable_models(("svd", "ease"), service.catalogue)
    with pytest.raises(NeedsRatings, match="svd cannot be trained: picks has no ratings that differ."):
        train(settings, service.catalogue, ["svd"], quiet)
    with pytest.raises(BadData, match="All choices of picks are equal"):
        measure(settings, service.catalogue, Measurement("ratings"), quiet)
    service.events.close()


def test_items_nobody_rated_are_a_catalogue_too(tmp_path):
    folder = example(tmp_path)
    (folder / "ratings.csv").write_text("reader,isbn\n")
    service = ready(Settings(catalogue=str(folder), data_dir=tmp_path / "data"), quiet)
    assert service.release.names == ("popular", "content")
    assert service.similar("Emma", 1)[0]["title"] in ("Persuasion", "Pride and Prejudice")
    assert len(service.recommend_for(["Emma"], n=3)) == 3
    service.events.close()


# -- what description.json may say -------------------------------------------------------------------

BAD_WORDS = [
    ({"itm": "book"}, "There is no field itm; the fields are title, licence"),
    ({"item": 3}, "item is 3: give a text"),
    ({"scale": [1, "ten"]}, "scale is [1, 'ten']: 'ten' is not a number; write it as [1, 5]."),
    ({"scale": [9, 1]}, "scale is [9.0, 1.0]: give the lowest rating, then the highest"),
    ({"marks": {"love": 5}}, "marks names love: use like, dislike, seen"),
    ({"images": "web"}, "images is 'web': use 'tmdb', 'column', ''"),
    ({"images": "tmdb"}, "images is 'tmdb', which is for films alone"),
    ({"columns": {"goods": {}}}, "columns names goods; there are items and ratings"),
]


@pytest.mark.parametrize(("values", "text"), BAD_WORDS, ids=[text for _, text in BAD_WORDS])
def test_a_description_that_cannot_be_used_says_why(values, text, tmp_path, capsys):
    folder = votes(tmp_path / "v", None)
    (folder / "description.json").write_text(json.dumps(values))
    assert main(["build", "--check", str(folder)]) == 1
    assert f"description.json cannot be used: {text}" in capsys.readouterr().err


def test_own_column_names_are_used_in_the_report(tmp_path, capsys):
    folder = example(tmp_path)
    with (folder / "ratings.csv").open("a") as file:
        file.write("ivo,B99,5\nivo,B10,11\n")
    assert main(["build", "--check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "ratings.csv, line 31, column isbn: 'B99' is not among the items" in said
    assert "ratings.csv, line 32, column rating: 11 is outside the scale from 1 to 10" in said
    assert not (tmp_path / "data").exists()


def test_bad_rows_are_left_out_only_when_asked(tmp_path, monkeypatch, capsys):
    folder = example(tmp_path)
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path / "data"))
    assert main(["build", "--catalogue", str(folder)]) == 0
    database = tmp_path / "data" / "books.sqlite"
    before = database.read_bytes()
    with (folder / "ratings.csv").open("a") as file:
        file.write("ivo,B10,lots\nivo,B11,8\n")
    assert main(["build", "--catalogue", str(folder)]) == 1
    assert "line 31, column rating: 'lots' is not a number" in capsys.readouterr().err
    assert database.read_bytes() == before and [path.name for path in database.parent.iterdir()] == ["books.sqlite"]
    assert main(["build", "--catalogue", str(folder), "--skip-bad", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_ratings"] == 30


def test_a_folder_called_like_a_known_catalogue_is_kept_apart(tmp_path):
    settings = Settings(catalogue=str(votes(tmp_path / "films", None)), data_dir=tmp_path / "data")
    assert settings.catalogue_name == "own-films" and settings.database.name == "own-films.sqlite"
    service = ready(settings, quiet)
    assert service.words.item == "item" and service.about()["catalogue"] == "own-films"
    service.events.close()


# -- to the Hub and back, and the page that tells how ---------------------------------------------------


def test_a_machine_without_the_tables_serves_what_was_pushed_with_data(shelf, tmp_path):
    with FakeHub() as server:
        database = shelf.catalogue.path
        current = releases.current(shelf.settings.releases)
        hub.push(current, "me/books", token="hf_writer", endpoint=server.url, database=database)
        away = Settings(
            catalogue="books",
            data_dir=tmp_path / "data",
            hub_repo="me/books",
            hub_endpoint=server.url,
            hf_token="hf_writer",
        )
        away.check()
        service = ready(away, quiet)
        assert service.about()["title"] == "A shelf of classics" and service.words.people == "readers"
        assert [line["item_id"] for line in service.recommend("ada", 3, "ease")] == [
            line["item_id"] for line in shelf.recommend("ada", 3, "ease")
        ]
        service.events.close()


def test_a_space_gets_a_catalogue_by_its_release_alone(shelf):
    from recsys.hub import space

    with pytest.raises(BadInput, match="books is your own catalogue, and a Space gets it from a model repository"):
        space.deploy(space.Plan("me/app"), replace(shelf.settings, hf_token="hf_writer"))


def commands() -> list[str]:
    """The commands of the page that need neither a token nor make."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if not re.search(r"hf_|push|deploy_space|make |^export", line)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder that somebody follows the page in."""
    folder = tmp_path_factory.mktemp("desk")
    example(folder)
    return folder


@pytest.mark.long
def test_the_commands_of_the_page_run(desk):
    found = commands()
    assert len(found) == 6
    env = environment(desk / "data", "auto", RECSYS_CATALOGUE="books")
    for command in found:
        arguments = shlex.split(command)
        assert arguments[:3] == ["python", "-m", "recsys"]
        run = subprocess.run([sys.executable, *arguments[1:]], cwd=desk, env=env, capture_output=True, text=True)
        assert run.returncode == 0 and run.stdout.strip(), f"{command}\n{run.stderr}"


def test_every_field_of_a_description_is_on_the_page():
    from dataclasses import fields

    from recsys.catalogue.sources.own.description import FACTS, FORMS
    from recsys.catalogue.wording import Wording

    named = set(re.findall(r"`(\w+)`", PAGE.partition("| field |")[2].partition("Visitors' browsers")[0]))
    assert {field.name for field in fields(Wording)} - {"name"} | {*FACTS, *FORMS} <= named


@pytest.mark.slow
def test_the_app_starts_on_the_books(desk):
    with running(desk / "data", "auto", RECSYS_CATALOGUE=str(desk / "books")) as address:
        from gradio_client import Client

        found = Client(address, verbose=False).predict("Emma", 2, api_name="/similar")
    assert {line["title"] for line in found} == {"Persuasion", "Pride and Prejudice"}


# -- the real courses, where they are given ------------------------------------------------------------


@pytest.mark.slow
def test_the_real_courses_are_served(tmp_path):
    path = os.environ.get("RECSYS_TEST_DATA")
    if not path:
        pytest.skip("RECSYS_TEST_DATA is not set to a folder with ml-latest-small/ and courses/")
    shutil.copytree(Path(path) / "courses", tmp_path / "files")
    settings = Settings(catalogue="courses", dataset=str(tmp_path / "files"), data_dir=tmp_path / "data")
    names = ("popular", "content", "profile", "item_knn", "user_knn", "ease", "als", "clusters", "clusters_pca")
    train(settings, ensure(settings, quiet), names, quiet)
    service = ready(settings, quiet)
    hadoop = {line["title"] for line in service.similar("Hadoop 101", 5)}
    assert {"Big Data 101", "Moving Data into Hadoop"} <= hadoop
    assert all(len(service.recommend("1502801", 10, name)) == 10 for name in names)
    evaluation = measure(settings, service.catalogue, Measurement("random", ["popular", "content", "ease"]), quiet)
    ndcg = {row.model: row.metrics["ndcg@10"]["mean"] for row in evaluation.rows}
    assert ndcg["ease"] > 0.45 > ndcg["popular"] > 0.3
    service.events.close()
