"""The feed of new picks: valid Atom at a secret address, void after the profile is deleted."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from recsys.api.feed import ATOM, written
from recsys.errors import NotAllowed, UnknownUser

BASE = "http://127.0.0.1/"


@pytest.fixture
def joined(service):
    return service.profiles.create(["Heat (1995)", "Casino (1995)"])


def of(service, joined):
    query = parse_qs(urlsplit(service.feeds.address(joined["user_id"], joined["key"])["address"]).query)
    return query["user"][0], query["token"][0]


def test_the_feed_has_the_picks_as_entries(service, joined):
    user, token = of(service, joined)
    root = ElementTree.fromstring(written(service, user, token, BASE))
    entries = root.findall(f"{{{ATOM}}}entry")
    picks = service.recommend(user, 20)
    assert [entry.findtext(f"{{{ATOM}}}id") for entry in entries] == [f"{BASE}?film={one['item_id']}" for one in picks]
    assert all(root.findtext(f"{{{ATOM}}}{name}") for name in ("id", "title", "updated"))
    assert all(entry.findtext(f"{{{ATOM}}}{name}") for entry in entries for name in ("title", "updated", "summary"))
    assert root.findtext(f"{{{ATOM}}}updated").endswith("Z")


def test_a_new_rating_changes_the_feed(service, joined):
    user, token = of(service, joined)
    before = written(service, user, token, BASE)
    first = service.recommend(user, 1)[0]
    service.profiles.rate(user, joined["key"], f"id:{first['item_id']}", 5.0)
    assert f"?film={first['item_id']}<" in before.decode()
    assert f"?film={first['item_id']}<" not in written(service, user, token, BASE).decode()


def test_the_address_reveals_no_key_and_only_the_owner_gets_it(service, joined):
    user, token = of(service, joined)
    assert joined["key"] not in token and len(token) == 64
    with pytest.raises(NotAllowed):
        service.feeds.address(user, "wrong")
    with pytest.raises(UnknownUser):
        service.feeds.address("guest-nobody", joined["key"])


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_other_addresses_are_nothing(service, joined, token):
    assert written(service, joined["user_id"], token, BASE) is None
    assert written(service, "1", token, BASE) is None


def test_a_deleted_profile_has_no_feed(service, joined):
    user, token = of(service, joined)
    service.profiles.forget(user, joined["key"])
    assert written(service, user, token, BASE) is None


def test_characters_that_xml_cannot_hold_are_left_out():
    from recsys.api.feed import _NOT_XML

    assert _NOT_XML.sub("", "a\x00b\x0bc\tdé😀") == "abc\tdé😀"
