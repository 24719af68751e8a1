"""A static Space: created, updated and left alone, with the real client against the local Hub."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from fake_hub import FakeHub

from recsys.errors import BadInput, HubError, NotAllowed
from recsys.hub.static_space import deploy_site
from recsys.settings import Settings
from recsys.site import deploying, licence

SPACE = "me/films"
TOKEN = "hf_writer"
FILES = {"index.html": b"1", "site.0123456789.js": b"2", "data/items.0123456789.txt": b"3"}


@pytest.fixture
def hub():
    with FakeHub() as server:
        yield server


@pytest.fixture
def settings(hub, prepared, film_folder) -> Settings:
    return Settings(dataset=str(film_folder), data_dir=prepared, hf_token=TOKEN, hub_endpoint=hub.url)


def test_one_commit_creates_it_and_without_changes_there_is_none(hub, settings):
    done = deploy_site(SPACE, FILES, settings, tagline="Films", about="# Data")
    space = hub.repos["space", SPACE]
    assert done["created"] and done["address"] == "https://me-films.static.hf.space"
    assert space.sdk == "static" and space.hardware is None and len(space.commits) == 2
    assert {name: space.files[name] for name in FILES} == FILES
    front = yaml.safe_load(space.files["README.md"].decode().split("---")[1])
    assert front["sdk"] == "static" and front["app_file"] == "index.html" and front["short_description"] == "Films"
    again = deploy_site(SPACE, FILES, settings, tagline="Films", about="# Data")
    assert not again["created"] and again["files_sent"] == [] and len(space.commits) == 2


def test_an_update_deletes_old_data_and_nothing_of_others(hub, settings):
    deploy_site(SPACE, FILES, settings)
    hub.put(SPACE, {"notes.md": b"mine"}, "space")
    done = deploy_site(SPACE, {"index.html": b"4", "site.abcdef0123.js": b"5"}, settings)
    assert sorted(done["files_deleted"]) == ["data/items.0123456789.txt", "site.0123456789.js"]
    assert set(hub.repos["space", SPACE].files) == {
        *(".gitattributes", "README.md", "index.html", "site.abcdef0123.js", "notes.md")
    }


def test_refusals_are_one_sentence(hub, settings):
    hub.create(SPACE, "space")
    with pytest.raises(BadInput, match="with the SDK gradio, which cannot become a static one. Choose another name"):
        deploy_site(SPACE, FILES, settings)
    with pytest.raises(HubError):
        deploy_site("me/other", FILES, replace(settings, hf_token="hf_wrong"))
    assert ("space", "me/other") not in hub.repos


def test_data_that_may_not_be_passed_on_stays_here(hub, settings, monkeypatch):
    monkeypatch.setattr(licence, "warning", lambda info: "The terms do not allow it.")
    with pytest.raises(NotAllowed, match=r"The terms do not allow it\. Or add --private\."):
        deploying.deploy("me/public", settings)
    assert ("space", "me/public") not in hub.repos
