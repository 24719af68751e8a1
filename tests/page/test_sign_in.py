"""Profiles of accounts that Hugging Face has verified."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest
from services import history, with_settings

from recsys.errors import NotAllowed, TooManyRequests
from recsys.page.components import account, keys, sign_in
from recsys.page.components.sign_in import Accounts, account_of, offered, with_account
from recsys.serving.client import Client, answering, current
from recsys.settings import Settings

SIGNED_IN = {"oauth_info": {"userinfo": {"preferred_username": "ada"}, "expires_at": time.time() + 3600}}


@pytest.fixture
def signing(service):
    return with_settings(service, oauth_client_id="app", oauth_client_secret="secret one")


def test_every_sign_in_finds_the_same_profile(signing):
    first = signing.profiles.sign_in("ada")
    signing.profiles.rate(first["user_id"], first["key"], "Heat (1995)", 5)
    again = signing.profiles.sign_in("ada")
    assert again == first
    assert history(signing, first["user_id"]) == {"6": 5.0}
    other = signing.profiles.sign_in("bob")
    assert other["user_id"] != first["user_id"] and other["key"] != first["key"]
    with pytest.raises(NotAllowed):
        signing.profiles.rate(first["user_id"], other["key"], "Heat", 1)


def test_an_id_does_not_follow_from_the_name_of_the_account(signing):
    mine = signing.profiles.sign_in("ada")["user_id"]
    theirs = with_settings(signing, oauth_client_secret="secret two").profiles.sign_in("ada")["user_id"]
    assert "ada" not in mine and "hf" not in mine.removeprefix("guest-")
    assert mine != theirs and len(mine) == len(theirs) == len("guest-") + 16


def test_profiles_that_earlier_versions_named_by_the_account_are_renamed(service):
    ratings = {"6": 5.0, "1": 2.0}
    service.visitors.sign_in("hf-ada", "an earlier key")
    for item_id, rating in ratings.items():
        service.visitors.rate("guest-hf-ada", "an earlier key", item_id, rating)
    service.events.verdict("like", "6", user_id="guest-hf-ada")
    signing = with_settings(service, oauth_client_secret="secret one")
    assert not service.visitors.has_user("guest-hf-ada")
    mine = signing.profiles.sign_in("ada")
    assert list(history(signing, mine["user_id"]).items()) == list(ratings.items())
    assert [event["user_id"] for event in service.visitors.events()] == [mine["user_id"]]
    with pytest.raises(NotAllowed):
        signing.profiles.rate(mine["user_id"], "an earlier key", "Heat", 1)


def test_the_key_never_reaches_the_browser(signing):
    mark = {"item_id": "6", "verdict": "like", "title": "Heat", "year": 1995}
    person = with_account(signing, {"marks": [mark], "session": "s"}, "ada")
    assert [{name: one[name] for name in mark} for one in person["marks"]] == [mark]
    assert person["user_id"] == signing.profiles.sign_in("ada")["user_id"]
    assert person["key"] == keys.SIGNED_IN


def test_what_a_signed_in_visitor_sends_is_stored_for_the_account_alone(signing):
    person = with_account(signing, {}, "ada")
    sent = {"verdict": "like", "item_id": "6", "user_id": person["user_id"], "key": person["key"]}
    with answering(Client("192.0.2.1", account="ada")):
        assert account.stored(signing, sent)["stored"]
    assert list(history(signing, person["user_id"])) == ["6"]
    for other in (Client("192.0.2.1"), Client("192.0.2.1", account="bob")):
        with answering(other):
            assert "signed out" in account.stored(signing, sent | {"verdict": "dislike"})["error"]
            assert "signed out" in account.leave(signing, account.EMPTY | person)[1]["error"]
    with answering(Client("192.0.2.1", account="ada")):
        assert "deleted" in account.leave(signing, account.EMPTY | person)[1]["message"]
    assert not signing.visitors.has_user(person["user_id"])


def test_who_signed_out_has_no_profile_any_more(signing):
    person = with_account(signing, {}, "ada")
    assert with_account(signing, person, "") == person | {"user_id": "", "key": ""}
    own = {"user_id": "guest-x", "key": "of their own"}
    kept = with_account(signing, own, "")
    assert {name: kept[name] for name in own} == own


def test_new_accounts_are_limited_by_address(signing):
    with answering(Client("192.0.2.1")):
        signing.profiles.sign_in("ada")
        with pytest.raises(TooManyRequests, match="Too many sign-ins"):
            for number in range(100):
                signing.profiles.sign_in(f"robot {number}")
        assert signing.profiles.sign_in("ada")["user_id"]


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (SIGNED_IN, "ada"),
        ({"oauth_info": SIGNED_IN["oauth_info"] | {"expires_at": time.time() - 1}}, ""),
        ({"oauth_info": {"userinfo": {"preferred_username": 7}, "expires_at": time.time() + 9}}, ""),
        ({"oauth_info": "ada"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_account_comes_from_the_verified_session(session, expected):
    assert account_of(session) == expected
    seen = []

    async def app(scope, receive, send):
        seen.append(current().account)

    async def ask():
        await Accounts(app)({"type": "http", "session": session}, None, None)

    # a thread of its own: after a browser test, Playwright's event loop still runs in this one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(ask())).result()
    assert seen == [expected]


def test_without_an_application_nobody_signs_in(service):
    assert not offered(service.settings)
    assert not offered(Settings(oauth_client_id="app"))
    with pytest.raises(NotAllowed, match="hf_oauth"):
        service.profiles.sign_in("ada")


def test_sign_in_is_offered_only_where_hugging_face_vouches(monkeypatch):
    configured = Settings(oauth_client_id="app", oauth_client_secret="secret")
    monkeypatch.setattr(sign_in.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(gr.utils, "get_space", lambda: None)
    assert not offered(configured)
    monkeypatch.setattr(gr.utils, "get_space", lambda: "me/films")
    assert offered(configured)
