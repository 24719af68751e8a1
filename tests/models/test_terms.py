"""TF-IDF of terms block by block, against the formula; the served query vector against the fitted rows."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys import ItemFeatures, models
from recsys.errors import MissingExtra
from recsys.models.content_based.terms import Vocabulary, item_terms, spread_years, tfidf, weighted


@pytest.fixture
def features() -> ItemFeatures:
    return ItemFeatures.from_frame(
        pd.DataFrame(
            {
                "item_id": ["1", "2", "3"],
                "title": ["One", "Two", "Three"],
                "text": ["The wolves of Amélie, the wolf", "a wolf alone", ""],
                "genres": [["Drama", "Comedy", "Drama"], ["Drama"], []],
                "keywords": [["Wolf pack"], [], []],
            }
        )
    )


def test_terms_are_words_of_text_and_keywords_tags_and_pairs_of_genres(features):
    blocks = item_terms(features)
    assert blocks["text"] == [["wolve", "amelie", "wolf", "wolf", "pack"], ["wolf", "alone"], []]
    assert blocks["genre mix"] == [["Comedy + Drama"], [], []]
    assert blocks["genres"][0] == ["Drama", "Comedy", "Drama"] and set(blocks) == {
        "text",
        "genre mix",
        "genres",
        "keywords",
    }


def test_titles_replace_missing_texts_and_bags_replace_all_texts(features):
    titles = ItemFeatures(features.ids, features.titles, [""] * 3)
    assert item_terms(titles) == {"text": [[], [], ["three"]]}, "one and two are stop words"
    bags = ItemFeatures(features.ids, features.titles, features.texts, bags=[["Models", "models", "the"], [], ["ai"]])
    assert item_terms(bags) == {"bag of words": [["model", "model"], [], ["ai"]]}


def test_vectors_are_the_stated_formula():
    lists = [["a", "a", "b"], ["b", "c"], ["b"], []]
    block = tfidf(lists)
    idf = {term: np.log((1 + 4) / (1 + count)) + 1 for term, count in (("a", 1), ("b", 3), ("c", 1))}
    assert block.terms == ["a", "b", "c"]
    np.testing.assert_allclose(block.idf, list(idf.values()), rtol=1e-6)
    rows = np.array([[(1 + np.log(2)) * idf["a"], idf["b"], 0], [0, idf["b"], idf["c"]], [0, idf["b"], 0]])
    np.testing.assert_allclose(
        block.vectors.toarray()[:3], rows / np.linalg.norm(rows, axis=1, keepdims=True), rtol=1e-6
    )
    assert not block.vectors.toarray()[3].any()
    assert tfidf(lists, min_items=2).terms == ["b"]
    nothing = tfidf(lists, min_items=4)
    assert nothing.terms == [] and nothing.vectors.shape == (4, 0) and nothing.idf.shape == (0,)


def test_close_years_share_a_mark():
    block = spread_years(np.array([1990.0, 1992.5, np.nan, 1994.0]))
    assert block.terms == ["1990", "1995"] and set(block.idf) == {1.0}
    half, far = np.sqrt(0.5), np.hypot(0.2, 0.8)
    expected = [[1, 0], [half, half], [0, 0], [0.2 / far, 0.8 / far]]
    np.testing.assert_allclose(block.vectors.toarray(), expected, rtol=1e-6)


def test_rows_are_as_long_as_their_weights_and_a_query_is_a_row():
    lists = {"x": [["a", "b"], ["b"]], "y": [["q"], []], "z": [["n"], ["n"]]}
    blocks, weights = {name: tfidf(lists[name]) for name in lists}, {"x": 0.25, "y": 4.0, "z": 0.0}
    matrix, vocabulary = weighted(blocks, weights, 2), Vocabulary.of(blocks)
    assert vocabulary.terms == [("x", "a"), ("x", "b"), ("y", "q"), ("z", "n")]
    np.testing.assert_allclose((matrix @ matrix.T).diagonal(), [4.25, 0.25], rtol=1e-6)
    assert np.diff(matrix.indptr).tolist() == [3, 1], "a block without weight has no entries"
    query = vocabulary.vector({"x": {"a", "b", "unknown"}, "y": ["q"], "z": {"n"}}, weights)
    np.testing.assert_allclose(query, matrix.toarray()[0], rtol=1e-6)
    assert not vocabulary.vector({"x": ["unknown"]}, weights).any()
    assert weighted({}, {}, 3).shape == (3, 0) and Vocabulary.of({}).terms == []
    assert isinstance(matrix, sparse.csr_array) and matrix.dtype == np.float32


@pytest.mark.parametrize("name", ["content", "profile", "als", "svd", "clusters"])
def test_without_scikit_learn_training_says_what_to_install(name, tastes, facts, monkeypatch):
    for module in [module for module in sys.modules if module.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtra, match=f"Training {name} needs sklearn.*pip install -r requirements.txt"):
        models.create(name).fit(tastes, facts)
