"""What is pushed says nothing of any one person: every registered model, and a release trained with visitors."""

from __future__ import annotations

import json

import pytest
from fake_hub import FakeHub
from sample_ratings import taste_frame

from recsys import Interactions, hub, models
from recsys.catalogue import building
from recsys.data.files import load_arrays
from recsys.data.progress import quiet
from recsys.errors import MissingExtra, NotAllowed
from recsys.models import registry
from recsys.settings import Settings
from recsys.training.train import train
from recsys.visitors.profiles import Visitors

USERS = 83  # a number that no array has by chance


@pytest.fixture(scope="module")
def people():
    return Interactions.from_frame(taste_frame(seed=11, users=USERS))


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names())
def test_only_models_that_say_so_hold_a_row_for_each_person(name, people, facts, tmp_path):
    model = models.create(name)
    try:
        model.fit(people, facts)
    except MissingExtra as error:
        pytest.skip(str(error))
    model.save(tmp_path / name)
    arrays = [array for path in (tmp_path / name).rglob("*.safetensors") for array in load_arrays(path).values()]
    by_person = any(USERS in array.shape or USERS + 1 in array.shape for array in arrays)
    written = b"".join(path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file())
    assert arrays and by_person == model.holds_ratings
    assert not [user for user in people.users.ids if f'"{user}"'.encode() in written]


def test_a_push_of_what_visitors_taught_names_none_of_them(film_folder, tmp_path):
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    catalogue = building.ensure(settings)
    visitors = Visitors.open(settings.visitors_database, "films")
    items = catalogue.interactions().items.ids.tolist()
    people = [visitors.join({item: 5.0 for item in items[number : number + 6]}) for number in range(5)]
    made = train(settings, catalogue, ("popular", "ease", "item_knn", "user_knn"), quiet, visitors)
    assert made.info["n_profiles"] == 5
    made.manifest["info"]["redistributable"] = True  # as data may be that is not somebody's own folder
    with FakeHub() as server:
        sent = hub.push(made, "me/films", token="hf_writer", endpoint=server.url, database=catalogue.path)
        files = server.repos["model", "me/films"].files
        assert sent["left_out"] == ["user_knn"] and not [name for name in files if "user_knn" in name]
        everything = b"".join(files.values())
        for user, key in people:
            assert user.encode() not in everything and key.encode() not in everything
        assert b"guest-" not in everything and json.loads(files["manifest.json"])["info"]["n_profiles"] == 5
        with pytest.raises(NotAllowed, match="user_knn hold the ratings of 5 visitors, which are never pushed"):
            hub.push(made, "me/other", token="hf_writer", endpoint=server.url, include_ratings=True)
        assert ("model", "me/other") not in server.repos
    visitors.close()


def test_data_that_may_not_be_passed_on_is_not_sent(film_folder, tmp_path):
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    catalogue = building.ensure(settings)
    made = train(settings, catalogue, ("popular",), quiet)
    made.manifest["info"]["redistributable"] = False
    with FakeHub() as server, pytest.raises(NotAllowed, match="ratings database cannot be pushed"):
        hub.push(made, "me/films", token="hf_writer", endpoint=server.url, database=catalogue.path)
