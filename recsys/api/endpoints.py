"""The public endpoints: typed, documented, one function each, the same on a laptop, on a Space and over MCP."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from copy import copy
from typing import Any

import gradio as gr

from recsys.errors import RecsysError, listing
from recsys.models.content_based.content import Content
from recsys.models.hybrid.hybrid import Hybrid
from recsys.serving.cards import ITEM, RECOMMENDATION, label, only
from recsys.serving.service import Service
from recsys.visitors.recorder import calling

log = logging.getLogger(__name__)


def register(service: Service) -> None:
    """Add every endpoint to the Blocks being built."""
    for name, function in endpoints(service).items():
        # queue=False keeps plain POST open on Spaces; no limit, so that no call waits for another
        gr.api(function, api_name=name, queue=False, concurrency_limit=None)


def fill_defaults(page: gr.Blocks) -> None:
    """Let callers of Gradio's own routes leave out trailing parameters that have defaults, as gradio_client's may.

    Gradio refuses a short list before any of our code runs, with a text that means nothing to a caller.
    """
    check = page.validate_inputs

    def validate(block_fn: Any, inputs: list[Any]) -> None:
        inputs[:] = filled(block_fn.api_name, block_fn.fn, inputs)
        check(block_fn, inputs)

    page.validate_inputs = validate


def filled(name: str, function: Callable, given: list[Any]) -> list[Any]:
    """The parameters given, and the defaults of those left out at the end.

    Raises:
        gr.Error: one without a default is missing, or there are too many.
    """
    parameters = getattr(function, "parameters", None)
    if parameters is None:  # an event of the page, which passes all
        return given
    if len(given) > len(parameters):
        names = listing(parameter.name for parameter in parameters) or "no parameters"
        raise gr.Error(f"/{name} takes {names}: {len(given)} were given.", print_exception=False)
    left = parameters[len(given) :]
    missing = next((parameter.name for parameter in left if parameter.default is parameter.empty), None)
    if missing is not None:
        raise gr.Error(f"/{name} needs the parameter {missing}.", print_exception=False)
    return [*given, *(copy(parameter.default) for parameter in left)]


def endpoints(service: Service) -> dict[str, Callable]:
    """Endpoint name -> function; parameter order and defaults are the contract."""

    def search(query: str, n: int = 10) -> list[dict[str, Any]]:
        """{Items} that fit a query; typos, case, accents and word order are forgiven.

        Args:
            query: A title, part of one, or a few words about what it should be.
            n: How many at most, 1 to 100.
        """
        return [only(item, ITEM) for item in service.search(query, n)]

    def similar(title: str, n: int = 10, model: str = Content.name) -> list[dict[str, Any]]:
        """{Items} similar to one {item}, with reasons.

        Args:
            title: An id, a title such as "{example}", or an approximate title.
            n: How many, 1 to 100.
            model: Which recommender compares; /models lists them.
        """
        return _recommendations(service.similar(title, n, model))

    def recommend(user_id: str, n: int = 10, model: str = service.default_model) -> list[dict[str, Any]]:
        """Personal recommendations of {items} for a known {person}, leaving out those in their history.

        Args:
            user_id: A {person} of the data set, or a profile made by /join.
            n: How many, 1 to 100.
            model: Which recommender answers; /models lists them.
        """
        return _recommendations(service.recommend(user_id, n, model))

    def hybrid(user_id: str = "", title: str = "", n: int = 10, balance: float = 0.5) -> list[dict[str, Any]]:
        """{Items} for a {person}, near one {item}, or both, mixing content and collaborative models.

        Args:
            user_id: A {person} or profile; may be empty where a title is given.
            title: One of the {items} to stay near; may be empty where a user_id is given.
            n: How many, 1 to 100.
            balance: 0 is all content, 1 all collaborative, 0.5 the learned mixture.
        """
        return _recommendations(service.hybrid(user_id, title, n, balance))

    def recommend_for(
        liked: list[str],
        disliked: list[str] = [],  # noqa: B006 - a list is the default that callers see
        n: int = 10,
        model: str = Hybrid.name,
    ) -> list[dict[str, Any]]:
        """{Items} for somebody who is not in the data, from what they like and dislike.

        Args:
            liked: Titles or item ids they like.
            disliked: Titles or item ids they do not like.
            n: How many, 1 to 100.
            model: Which recommender answers; /models lists them.
        """
        return _recommendations(service.recommend_for(liked, disliked, n, model))

    def explain(user_id: str, title: str, model: str = service.default_model) -> dict[str, Any]:
        """Why one of the {items} is recommended to a {person}: what of their history speaks for it, shared traits.

        Args:
            user_id: A {person} or profile.
            title: What to explain.
            model: Which recommender to ask.
        """
        return service.explain(user_id, title, model)

    def item(title: str) -> dict[str, Any]:
        """One of the {items} in full: overview, people, keywords, {ratings}, trailer.

        Args:
            title: An id, a title such as "{example}", or an approximate title.
        """
        return service.item(title)

    def user(user_id: str, n: int = 20) -> dict[str, Any]:
        """The number of {ratings} of a {person}, the latest of them, and their taste by {genre}.

        Args:
            user_id: A {person} or profile.
            n: How many of the latest {ratings}, 1 to 100.
        """
        return service.user(user_id, n)

    def join(liked: list[str]) -> dict[str, str]:
        """Make a new profile; answers its user_id and a key that is shown this once.

        Args:
            liked: Titles or ids of {items} the new {person} likes.
        """
        return service.join(liked)

    def rate(user_id: str, key: str, title: str, rating: float) -> dict[str, Any]:
        """Store a {rating} of a profile at once; the next recommendation uses it.

        Args:
            user_id: The profile, as /join answered.
            key: Its key, as /join answered.
            title: What is rated.
            rating: A number {scale}.
        """
        return service.rate(user_id, key, title, rating)

    def feedback(verdict: str, title: str, user_id: str = "", model: str = "", source: str = "") -> dict[str, Any]:
        """Store what somebody thought of one of the {items} they were shown.

        Args:
            verdict: like, dislike or seen.
            title: Which.
            user_id: Who, where known.
            model: Which recommender showed it.
            source: Where it was shown, such as what it was similar to.
        """
        return service.feedback(verdict, title, user_id, model, source)

    def models() -> list[dict[str, Any]]:
        """Every trained recommender with family, metrics, training seconds and version."""
        return service.models()

    def about() -> dict[str, Any]:
        """The catalogue, data set and licence served, counts, release, and which services are configured."""
        return service.about()

    told = vocabulary(service)
    functions = (
        search,
        similar,
        recommend,
        hybrid,
        recommend_for,
        explain,
        item,
        user,
        join,
        rate,
        feedback,
        models,
        about,
    )
    return {function.__name__: _clear(function, service, told) for function in functions}


def vocabulary(service: Service) -> dict[str, str]:
    """What stands in the braces of the endpoints' texts: words of the catalogue, its scale, one of its titles."""
    words, known = service.words, service.catalogue.popular(1)
    plain = {name: getattr(words, name) for name in ("item", "items", "person", "genre", "rating", "ratings")}
    return plain | {
        "Items": words.items.capitalize(),
        "example": label(known[0]) if known else "",
        "scale": words.span(*service.catalogue.info["scale"]),
    }


def _recommendations(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [only(line, RECOMMENDATION) for line in lines]


def _clear(function: Callable, service: Service, words: dict[str, str]) -> Callable:
    """The function with its errors as Gradio errors: one clear sentence, never a traceback."""

    @functools.wraps(function)
    def endpoint(*args: Any, **kwargs: Any) -> Any:
        name = function.__name__
        try:
            with service.latencies.timing(name), calling(name):
                return function(*args, **kwargs)
        except RecsysError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            # The caller gets no inside view; the operator finds the traceback in the log.
            log.exception("/%s failed", name)
            raise gr.Error(f"/{name} failed inside; the log has the details.", print_exception=False) from error

    endpoint.__doc__ = function.__doc__.format(**words)
    endpoint.parameters = tuple(inspect.signature(function).parameters.values())
    return endpoint
