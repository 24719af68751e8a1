"""Filters, dials and blends on numbers small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys import ItemFeatures
from recsys.errors import BadInput
from recsys.models.content_based.pairs import Pairs
from recsys.serving.blend import mix, weights_at
from recsys.serving.film_facts import FilmFacts
from recsys.serving.filters import Facets, Filters
from recsys.serving.people import People
from recsys.serving.reranking import diverse_order, rerank

NONE = np.zeros(4, dtype=bool)


@pytest.fixture
def facets():
    frame = pd.DataFrame(
        {
            "item_id": list("abcd"),
            "genres": ["War|Drama", "Comedy", "Drama", ""],
            "year": [1950, 1990, None, 2001],
            "language": ["en", "fr", "en", ""],
        }
    )
    features = ItemFeatures.from_frame(frame)
    return Facets(features, lambda: People(features, np.zeros(len(features.ids))))


def passed(facets, **filters):
    return "".join(np.array(list("abcd"))[facets.mask(Filters(**filters))])


def test_masks(facets):
    assert passed(facets) == "abcd"
    assert passed(facets, genres_in=["Drama"]) == passed(facets, genres_in=["drama"]) == "ac"
    assert passed(facets, genres_out=["Drama"]) == "bd"
    assert passed(facets, genres_in=["Drama", "Comedy"], genres_out=["War"]) == "bc"
    assert passed(facets, year_from=1990) == "bd"
    assert passed(facets, year_from=1940, year_to=1990) == "ab"
    assert passed(facets, languages=["fr"]) == "b"
    with pytest.raises(BadInput, match="Unknown genre 'Dramma'; use Comedy, Drama, War"):
        passed(facets, genres_in=["Dramma"])


@pytest.mark.parametrize("bad", [{"popularity": 2}, {"diversity": -0.1}, {"year_from": 2000, "year_to": 1990}])
def test_dials_out_of_range_are_refused(bad):
    with pytest.raises(BadInput):
        Filters(**bad)


def test_the_popularity_dial_turns_the_order():
    numbers, scores = np.array([3, 1, 0, 2]), np.array([4.0, 3.0, 2.0, 1.0])
    popularity = np.array([0.9, 0.5, 1.0, 0.1])

    def order(dial):
        return numbers[rerank(numbers, scores, 4, Filters(popularity=dial), popularity, None)].tolist()

    assert order(1.0) == [2, 0, 1, 3]
    assert order(-1.0) == [3, 1, 0, 2]
    assert order(0.0) == [3, 1, 0, 2]


def test_diversity_takes_the_odd_one_early():
    numbers, scores = np.arange(4), np.array([1.0, 0.95, 0.9, 0.5])
    alike = Pairs(sparse.csr_array(np.array([[1, 0.2], [1, 0.1], [1, 0], [0, 1.0]])), numbers)
    picks = rerank(numbers, scores, 4, Filters(diversity=0.6), np.ones(4), lambda _: alike)
    assert picks.tolist()[:2] == [0, 3]
    assert sorted(picks.tolist()) == [0, 1, 2, 3]


def test_a_shorter_varied_list_is_the_beginning_of_a_longer_one():
    vectors = sparse.random_array((30, 40), density=0.2, format="csr", rng=np.random.default_rng(4), dtype=np.float32)
    relevance, alike = np.linspace(1, 0, 30), Pairs(sparse.csr_array(vectors), np.arange(30))
    whole = diverse_order(relevance, alike, 30, 0.5)  # from all pairs at once
    assert sorted(whole.tolist()) == list(range(30)) and whole.tolist() != list(range(30))
    for n in (1, 7, 15, 16):
        assert diverse_order(relevance, alike, n, 0.5).tolist() == whole[:n].tolist()


def test_balance_has_pure_ends_and_a_learned_middle():
    assert weights_at(0.0) == {"content": 1.0, "hybrid": 0.0, "collaborative": 0.0}
    assert weights_at(0.5) == {"content": 0.0, "hybrid": 1.0, "collaborative": 0.0}
    assert weights_at(1.0) == {"content": 0.0, "hybrid": 0.0, "collaborative": 1.0}


def test_rows_on_different_scales_meet_as_equals():
    rows = {"x": np.array([1.0, 3.0, 2.0, np.nan]), "y": np.array([100.0, 0.0, 50.0, np.nan])}
    mixture = mix(rows, {"x": 0.5, "y": 0.5}, NONE)
    assert mixture.scores[:3].tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert np.isnan(mixture.scores[3])
    assert mixture.leading(np.array([0, 1])) == ["y", "x"]


def test_masked_items_do_not_set_the_scale():
    rows = {"x": np.array([900.0, 2.0, 1.0, 0.0])}
    masked = np.array([True, False, False, False])
    assert mix(rows, {"x": 1.0}, masked).scores[1:].tolist() == pytest.approx([1.0, 0.5, 0.0])


def test_nothing_to_mix_is_nothing():
    assert np.isnan(mix({}, {}, NONE).scores).all()


@pytest.fixture
def cast_facets():
    frame = pd.DataFrame(
        {
            "item_id": list("abcd"),
            "director": [["Michael Mann"], ["Agnès Varda"], [], ["Michael Mann"]],
            "cast": [["Al Pacino"], [], ["Al Pacino"], []],
            "runtime": [["170"], ["90"], ["?"], []],
        }
    )
    features = ItemFeatures.from_frame(frame)
    return Facets(features, lambda: People(features, np.zeros(len(features.ids))))


def test_people_lists_of_ids_and_running_times(cast_facets):
    assert passed(cast_facets, people=["michael mann"]) == passed(cast_facets, people=["Mann"]) == "ad"
    assert passed(cast_facets, people=["Agnes Varda", "AL PACINO"]) == "abc"
    assert passed(cast_facets, only=["d", "a", "zz"]) == "ad"
    assert passed(cast_facets, only=["zz"]) == ""
    assert passed(cast_facets, hide=["a", "zz"]) == "bcd"
    assert passed(cast_facets, runtime_to=100) == "b"
    with pytest.raises(BadInput, match="No director or actor is called 'Nobody'"):
        passed(cast_facets, people=["Nobody"])


def test_running_times_that_nobody_knows_are_said(facets):
    with pytest.raises(BadInput, match="Running times are not known"):
        passed(facets, runtime_to=100)


def test_filters_from_outside_are_checked():
    given = {"genres_in": ["Drama"], "year_from": 1990.0, "popularity": -1, "recency": 0, "only": [7], "year_to": None}
    assert Filters.from_dict(given) == Filters(
        genres_in=("Drama",), year_from=1990, popularity=-1.0, recency=0.0, only=("7",)
    )
    assert Filters.from_dict({}) == Filters.from_dict(None) == Filters()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"genre": ["Drama"]}, "Unknown filter 'genre'; use genres_in, genres_out"),
        ({"genres_in": "Drama"}, "use a list of texts"),
        ({"genres_in": [["Drama"]]}, "use texts only"),
        ({"genres_in": ["1"] * 501}, "use at most 500"),
        ({"only": ["1"] * 20_001}, "use at most 20,000"),
        ({"year_from": "x"}, "use a number"),
        ({"year_from": 1990.5}, "use a year"),
        ({"year_from": float("inf")}, "use a year"),
        ({"year_from": 10**400}, "use a year"),
        ({"popularity": float("nan")}, "use a number"),
        ({"popularity": True}, "use a number"),
        ({"diversity": 2}, "from 0 to 1"),
        ({"recency": -0.1}, "from 0 (all along) to 1 (lately)"),
        ({"runtime_to": 0}, "use minutes"),
        (["Drama"], "use an object"),
        ("Drama", "use an object"),
    ],
)
def test_filters_that_make_no_sense_are_named(given, text):
    with pytest.raises(BadInput) as error:
        Filters.from_dict(given)
    assert text in str(error.value)


class Cache:
    """TMDb's cache: running times and certificates by title."""

    def __init__(self, **facts):
        self.facts, self.changes, self.reads = facts, 1, 0

    def known_facts(self, items):
        self.reads += 1
        return [self.facts.get(item.get("title", ""), (None, "")) for item in items]


def test_facts_of_tmdb_fill_in_those_of_the_catalogue(cast_facets):
    features, now = cast_facets._features, [0.0]
    cache = Cache(A=(999, "R"), C=(80, "PG"), D=(None, ""))
    items = [{"title": name} for name in "ABCD"]
    facts = FilmFacts(features, cache, lambda: items, lambda: now[0])
    known = Facets(features, lambda: People(features, np.zeros(len(features.ids))), facts)
    assert passed(known, runtime_to=100) == "bc"
    assert passed(known, certificates=["pg"]) == "c"
    assert (known.choices.runtimes, known.choices.certificates) == (True, ["PG", "R"])
    with pytest.raises(BadInput, match="Unknown certificate 'X'; use PG, R"):
        passed(known, certificates=["X"])
    assert cache.reads == 1
    cache.facts["D"], cache.changes = (70, "PG"), 2
    assert passed(known, runtime_to=100) == "bc"  # read again at most once a minute
    version, now[0] = known.facts.version, 61.0
    assert passed(known, runtime_to=100) == "bcd"
    assert known.facts.version != version


def test_certificates_that_nobody_knows_are_said(facets):
    with pytest.raises(BadInput, match="Age certificates are not known in this catalogue"):
        passed(facets, certificates=["PG"])
