"""The TMDb client against a real local server that behaves, and misbehaves, as TMDb does."""

from __future__ import annotations

import logging
import time

import pytest
from fake_tmdb import V3_KEY, V4_TOKEN, FakeTmdb
from waiting import until

from recsys.catalogue import tmdb, tmdb_api, tmdb_cache, tmdb_film
from recsys.catalogue.tmdb import Tmdb
from recsys.errors import BadSetting, SourceError
from recsys.settings import Settings

SUSPECTS = {"item_id": "50", "title": "The Usual Suspects", "year": 1995, "tmdb_id": 629}
BY_TITLE = {"item_id": "50", "title": "The Usual Suspects (1995)", "year": 1995}
UNKNOWN = {"item_id": "51", "title": "No Such Film", "year": 1995}


@pytest.fixture
def fake():
    server = FakeTmdb()
    yield server
    server.close()


@pytest.fixture
def client(fake, tmp_path):
    made = []

    def make(key: str | None = V3_KEY, **changes: object) -> Tmdb:
        settings = Settings(
            data_dir=tmp_path, tmdb_api_key=key, **{"tmdb_api_url": fake.api, "tmdb_image_url": fake.images, **changes}
        )
        made.append(Tmdb(settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(tmdb_api, "LONGEST_WAIT_S", 0.01)
    monkeypatch.setattr(tmdb, "PAUSE_S", 0.01)


def test_a_film_by_id(client, fake):
    answer = client().fetch(SUSPECTS)
    assert answer == {
        "tmdb_id": 629,
        "overview": "Five men meet in a line-up.",
        "trailer": "https://www.youtube.com/watch?v=official_001",
        "director": "Bryan Singer",
        "cast": ["Kevin Pollak", "Gabriel Byrne"],
        "language": "en",
        "original_title": "The Usual Suspects",
        "runtime": 106,
        "certificate": "R",
        "providers": {"DE": {"buy": ["Apple TV"]}, "US": {"stream": ["Netflix", "Tubi"], "rent": ["Apple TV"]}},
        "poster": f"{fake.images}/w342/suspects.jpg",
        "url": "https://www.themoviedb.org/movie/629",
    }
    assert fake.paths == ["/3/movie/629"]


def test_a_film_by_title_and_year(client, fake):
    assert client().fetch(BY_TITLE)["tmdb_id"] == 629
    assert fake.requests[0]["query"]["query"] == "The Usual Suspects"


@pytest.mark.parametrize(("year", "tmdb_id"), [(1995, 949), (1986, 950), (1985, 950)])
def test_the_year_tells_films_of_one_title_apart(client, year, tmdb_id):
    assert client().fetch({"title": "Heat", "year": year})["tmdb_id"] == tmdb_id


def test_no_film_rather_than_a_wrong_one(client):
    assert client().fetch({"title": "Heat", "year": 2011}) is None
    assert client().fetch({"title": "The Usual", "year": 1995}) is not None
    assert client().fetch({"title": "al", "year": 1995}) is None


def test_v3_key_is_a_parameter_and_v4_token_only_a_header(client, fake):
    client(V3_KEY).fetch(SUSPECTS)
    client(V4_TOKEN).fetch({"title": "Heat", "year": 1995})
    assert fake.requests[0]["query"]["api_key"] == V3_KEY
    for request in fake.requests[1:]:
        assert request["headers"]["Authorization"] == f"Bearer {V4_TOKEN}"
        assert "api_key" not in request["query"]


def test_answers_and_misses_come_from_the_cache_until_they_expire(client, fake, monkeypatch):
    first = client()
    first.fetch(SUSPECTS), first.fetch(UNKNOWN)
    asked = len(fake.requests)
    again = client()
    assert again.fetch(SUSPECTS)["tmdb_id"] == 629
    assert again.fetch(UNKNOWN) is None
    assert len(fake.requests) == asked
    now = time.time()
    monkeypatch.setattr(tmdb_cache.time, "time", lambda: now + 4 * 86_400)
    again.fetch(SUSPECTS)
    assert len(fake.requests) == asked
    again.fetch(UNKNOWN)
    assert len(fake.requests) > asked
    asked = len(fake.requests)
    monkeypatch.setattr(tmdb_cache.time, "time", lambda: now + 31 * 86_400)
    again.fetch(SUSPECTS)
    assert len(fake.requests) == asked + 1
    monkeypatch.setattr(tmdb_cache.time, "time", lambda: now)  # the clock was 31 days ahead
    again.fetch(SUSPECTS)
    assert len(fake.requests) == asked + 2


def test_lookup_answers_at_once_and_fetches_behind(client, fake):
    fake.faults, fake.delay = ["slow"], 0.2
    one = client()
    assert one.lookup(SUSPECTS) is None
    assert one.lookup(SUSPECTS) is None
    assert until(lambda: one.lookup(SUSPECTS))["overview"] == "Five men meet in a line-up."
    assert fake.paths == ["/3/movie/629"], "the same film is queued once"


@pytest.mark.parametrize("key", [None, "", "not-a-key"])
def test_without_a_usable_key_nothing_is_requested(client, fake, key):
    one = client(key)
    assert one.lookup(SUSPECTS) is None
    assert not one.configured
    with pytest.raises(BadSetting, match="TMDB_API_KEY"):
        one.fetch(SUSPECTS)
    time.sleep(0.05)
    assert fake.requests == []


def test_a_film_by_imdb_id(client, fake):
    one = client()
    assert (
        one.fetch({"item_id": "0114814", "title": "Verdaechtige", "year": 2005, "imdb_id": "tt0114814"})["tmdb_id"]
        == 629
    )
    assert fake.paths == ["/3/find/tt0114814", "/3/movie/629"]
    assert fake.requests[0]["query"]["external_source"] == "imdb_id"
    assert one.lookup({"item_id": "1", "title": "", "imdb_id": "tt0114814"})["tmdb_id"] == 629, "cached by IMDb id"


def test_an_id_that_tmdb_does_not_know_falls_back_to_the_title(client, fake):
    item = BY_TITLE | {"tmdb_id": "1", "imdb_id": "tt9999999"}
    assert client().fetch(item)["tmdb_id"] == 629
    assert fake.paths == ["/3/movie/1", "/3/find/tt9999999", "/3/search/movie", "/3/movie/629"]


@pytest.mark.parametrize(
    "faults",
    [
        [429],
        ["slow"],
        [(429, {"Retry-After": "1"})],
        [(503, {"Retry-After": "soon"})],
        [(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})],
        [500, 502],
        ["garbage"],
    ],
)
def test_it_asks_again_after_a_passing_fault(client, fake, monkeypatch, faults):
    monkeypatch.setattr(tmdb_api, "TIMEOUT_S", 0.3)
    count = len(faults)
    fake.faults, fake.delay = list(faults), 1.0
    assert client().fetch(SUSPECTS)["tmdb_id"] == 629
    assert len(fake.requests) == count + 1


def test_retry_after_is_honoured_and_bounded(client, fake, monkeypatch):
    monkeypatch.setattr(tmdb_api, "LONGEST_WAIT_S", 30)
    waits = []
    one = client()
    monkeypatch.setattr(one._api._stop, "wait", lambda seconds: waits.append(seconds))
    fake.faults = [(429, {"Retry-After": "7"}), (429, {"Retry-After": "9999"}), 500]
    one.fetch(SUSPECTS)
    assert waits == [7, 30, 2]


@pytest.mark.parametrize(
    ("faults", "message"),
    [([500] * 4, "status 500 4 times"), (["garbage"] * 2, "did not answer with a JSON object"), ([418], "status 418")],
)
def test_lasting_faults_are_one_sentence_and_not_cached(client, fake, faults, message):
    fake.faults = faults
    one = client()
    with pytest.raises(SourceError, match=message):
        one.fetch(SUSPECTS)
    assert one.fetch(SUSPECTS)["tmdb_id"] == 629


def test_slow_and_absent_servers_are_an_error_without_the_key(client, fake, monkeypatch, caplog):
    monkeypatch.setattr(tmdb_api, "TIMEOUT_S", 0.1)
    fake.faults, fake.delay = ["slow"] * 2, 0.5
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(SourceError, match="Cannot reach") as slow:
            client().fetch(SUSPECTS)
        with pytest.raises(SourceError, match="Cannot reach") as absent:
            client(tmdb_api_url="http://127.0.0.1:9/3").fetch(SUSPECTS)
    assert V3_KEY not in str(slow.value) + str(absent.value)
    assert "Retrying" in caplog.text and "api_key=***" in caplog.text, "urllib3 logs each attempt with its address"
    assert V3_KEY not in caplog.text


def test_a_refused_key_is_said_once_and_not_used_again(client, fake, caplog):
    one = client("f" * 32)
    with caplog.at_level(logging.DEBUG):
        one.lookup(SUSPECTS)
        assert until(lambda: one.problem) and "refuses the key" in one.problem
        one.lookup(UNKNOWN)
        with pytest.raises(BadSetting, match="refuses the key"):
            one.fetch(UNKNOWN)
    assert len(fake.requests) == 1
    assert "api_key=***" in caplog.text, "urllib3 logs addresses"
    assert "f" * 32 not in caplog.text


def test_failures_in_the_background_leave_lookup_working(client, fake, caplog):
    fake.faults = [500] * 4
    one = client()
    assert one.lookup(SUSPECTS) is None
    assert until(lambda: "status 500" in caplog.text)
    assert until(lambda: one.lookup(SUSPECTS))["tmdb_id"] == 629


def test_a_broken_cache_is_replaced(client, tmp_path):
    (tmp_path / "tmdb.sqlite").write_bytes(b"this is no database" * 100)
    one = client()
    assert one.lookup(SUSPECTS) is None
    assert until(lambda: one.lookup(SUSPECTS))["tmdb_id"] == 629


def test_enrich_counts_and_reports(client):
    seen = []
    counts = client().enrich([SUSPECTS, UNKNOWN], lambda line, share=None: seen.append((share, line)))
    assert counts == {"found": 1, "missing": 1}
    assert seen == [(0.5, "The Usual Suspects"), (1.0, "No Such Film")]


def test_hostile_fields_are_left_out():
    answer = tmdb_film.digest(
        {
            "id": 1,
            "poster_path": "//evil.example/x.jpg",
            "overview": None,
            "credits": [],
            "videos": {"results": [{"site": "YouTube", "type": "Trailer", "key": '"><script>'}, "text"]},
        }
    )
    assert answer["poster_path"] == answer["trailer"] == answer["overview"] == ""
    assert answer["cast"] == []


def test_hostile_offers_and_certificates_are_left_out():
    answer = tmdb_film.digest(
        {
            "id": 1,
            "runtime": "106",
            "release_dates": {"results": ["text", {"iso_3166_1": "DE", "release_dates": [{"certification": "12"}]}]},
            "watch/providers": {
                "results": {"<b>": {"buy": [{"provider_name": "x"}]}, "US": [1], "GB": {"rent": [7, {}]}}
            },
        }
    )
    assert (answer["runtime"], answer["certificate"], answer["providers"]) == (None, "DE 12", {})
    odd = tmdb_film.digest({"id": 1, "runtime": True, "release_dates": [], "watch/providers": {"results": []}})
    assert (odd["runtime"], odd["certificate"], odd["providers"]) == (None, "", {})


def test_an_answer_cached_by_an_earlier_version_is_fetched_again(client, fake):
    one = client()
    earlier = {name: value for name, value in tmdb_film.digest({"id": 629}).items() if name != "providers"}
    one._cache.put("id:629", earlier)
    assert one.lookup(SUSPECTS)["tmdb_id"] == 629
    assert until(lambda: one.lookup(SUSPECTS).get("certificate")) == "R"
    assert len(fake.requests) == 1


def test_facts_of_cached_films_are_read_without_asking(client, fake):
    made = client()
    items = [{"tmdb_id": "629"}, {"tmdb_id": "949"}, {"title": "No such film", "year": 1990}]
    assert (made.changes, made.known_facts(items)) == (0, [(None, "")] * 3)
    for item in items:
        made.fetch(item)
    asked = len(fake.requests)
    assert made.known_facts(items) == [(106, "R"), (None, ""), (None, "")]
    assert (made.changes, len(fake.requests)) == (3, asked)
