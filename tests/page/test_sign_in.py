"""Profiles of accounts that another service vouches for."""

from __future__ import annotations

import pytest
from services import history, with_settings

from recsys.errors import NotAllowed
from recsys.page.components.sign_in import offered, with_profile
from recsys.settings import Settings


@pytest.fixture
def signing(service):
    return with_settings(service, oauth_client_id="app", oauth_client_secret="secret one")


def test_every_sign_in_finds_the_same_profile(signing):
    first = signing.profiles.sign_in("ada")
    assert first["user_id"] == "guest-hf-ada"
    signing.profiles.rate(first["user_id"], first["key"], "Heat (1995)", 5)
    again = signing.profiles.sign_in("ada")
    assert again == first
    assert history(signing, "guest-hf-ada") == {"6": 5.0}
    other = signing.profiles.sign_in("bob")
    assert other["key"] != first["key"]
    with pytest.raises(NotAllowed):
        signing.profiles.rate(first["user_id"], other["key"], "Heat", 1)


def test_a_new_secret_opens_the_profile_and_closes_old_keys(signing):
    old = signing.profiles.sign_in("ada")
    signing = with_settings(signing, oauth_client_secret="secret two")
    new = signing.profiles.sign_in("ada")
    assert new["key"] != old["key"]
    signing.profiles.rate(new["user_id"], new["key"], "Heat", 4)
    with pytest.raises(NotAllowed):
        signing.profiles.rate(old["user_id"], old["key"], "Heat", 1)


def test_marks_made_before_signing_in_stay(signing):
    mark = {"item_id": "6", "verdict": "like", "title": "Heat", "year": 1995}
    person = with_profile(signing, {"marks": [mark], "session": "s"}, "ada")
    assert person["marks"] == [mark]
    assert person["user_id"] == "guest-hf-ada"
    assert person["key"]


def test_without_an_application_nobody_signs_in(service):
    assert not offered(service.settings)
    assert not offered(Settings(oauth_client_id="app"))
    with pytest.raises(NotAllowed, match="hf_oauth"):
        service.profiles.sign_in("ada")
