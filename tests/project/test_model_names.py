"""The registry is the only list of models: no other part of the package spells the name of one."""

from __future__ import annotations

import ast

import pytest
from film_app import PROJECT
from parsed_files import nodes

from recsys import models
from recsys.models import registry

PACKAGE = PROJECT / "recsys"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if (PACKAGE / "models") not in path.parents)
# Words that are also the name of a model but mean something else in these files and folders.
OTHER_MEANINGS = {
    "page/tabs/blend.py": {"content", "hybrid"},  # parts of a blend; the name of the endpoint
    "serving/blend.py": {"content", "hybrid"},  # parts of a blend
    "site/export.py": {"popular"},  # a key of a file
    "imports/formats/json_lists.py": {"content"},  # a key of a file
    "serving/user_replies.py": {"profile"},  # a key of an answer
    "visitors": {"profile"},  # a kind of record
}


def literals(path):
    """The texts in a file that are no docstring, and the line of each."""
    statements = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    return [
        (node.value, node.lineno)
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_model_is_named_outside_the_models(path):
    own = path.relative_to(PACKAGE)
    allowed = set().union(*(OTHER_MEANINGS.get(part.as_posix(), set()) for part in (own, *own.parents)))
    found = [(text, line) for text, line in literals(path) if text in models.names() and text not in allowed]
    assert not found, f"write Model.name or choose by a class attribute with registry.where: {found}"


def test_models_are_chosen_by_their_class_attributes():
    assert registry.where(family="baseline") == ("popular",)
    assert registry.where(first_start=True, needs_ratings=False) == ("popular", "content")
    assert registry.by_preference(["svd", "als", "ease", "item_knn"]) == ["ease", "als", "item_knn", "svd"]
    with pytest.raises(AttributeError):
        registry.where(no_such_attribute=True)
    # ranks decide between models, so no two may share one
    ranks = [registry.get(name).preferred for name in models.names() if registry.get(name).preferred]
    assert len(ranks) == len(set(ranks))


def test_a_model_that_searches_says_so():
    for name in models.names():
        cls = registry.get(name)
        assert (cls.min_query_words is not None) == ("search" in vars(cls)), name
