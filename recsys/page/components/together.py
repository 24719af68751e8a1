"""“Together”: a list for two to eight people that none of them has seen, with a match and a reason for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from recsys.errors import BadInput, RecsysError
from recsys.page.components.card_list import Listing, card_list, failed, invitation
from recsys.page.components.filters import asked
from recsys.page.components.opinions import Opinions
from recsys.page.components.parts import PRIVATE, part
from recsys.page.components.view import Context
from recsys.page.components.visitor import clean
from recsys.serving.filters import Filters
from recsys.serving.remarks import names_user
from recsys.serving.service import Service
from recsys.serving.together import DIAL, MAX_PEOPLE, MAX_TITLES, Person

LONGEST = 200  # largest number of characters of a line
MOST_RATINGS = 20_000  # largest number of ratings of an imported file
SOURCE = "together"


def group(context: Context) -> None:
    """Create the people's form and the list; both keep their values when the URL changes."""
    service, words = context.service, context.service.words
    form = part("together", {}, events=["ask"], elem_id="rs-group", most=MAX_PEOPLE, dial=DIAL, person=words.person)
    found = card_list(service, "rs-together")

    def ask(given: dict[str, Any], limits: object, person: dict[str, Any]) -> dict[str, Any]:
        visitor = clean(person)
        try:
            with service.call("page together", visitor["session"]):
                return shown(service, given, *asked(service, limits, visitor), visitor)
        except RecsysError as error:
            return failed(error, "For all of you")

    form.ask(ask, [form, context.header, context.visitor], found, trigger_mode="always_last", **PRIVATE)


def shown(service: Service, given: object, n: int, filters: Filters, visitor: dict[str, Any]) -> dict[str, Any]:
    """The list for the people in the form's value `{"people", "fairness", "veto"}`, which is untrusted.

    Raises:
        BadInput: a person says nothing.
        UnknownItem, UnknownUser: a title or user does not exist.
    """
    given = given if isinstance(given, dict) else {}
    people = [one for one in given.get("people") or [] if isinstance(one, dict)][:MAX_PEOPLE]
    if len(people) < 2:
        return invitation("Add at least two people, and the list appears here.")
    members = [member(service, one, place, visitor) for place, one in enumerate(people, start=1)]
    veto = tuple(str(one)[:LONGEST] for one in given.get("veto") or [])
    fairness = given.get("fairness")
    dial = min(max(float(fairness), 0.0), 1.0) if isinstance(fairness, (int, float)) else DIAL
    names = [name(one, place) for place, one in enumerate(people, start=1)]
    spoken = ["" if one.get("me") else called for one, called in zip(people, names, strict=True)]
    lines = service.together(members, n, replace(filters, hide=(*filters.hide, *veto)), dial, spoken)
    listing = Listing(
        heading="For all of you",
        note=f"No one of you has {service.words.done} any of these.",
        source=SOURCE,
        empty=f"No {service.words.items} match these filters.",
        call=(
            "together",
            {"people": members, "n": n, "fairness": dial} | ({"filters": {"hide": veto}} if veto else {}),
        ),
    )
    return listing.of({**line, "members": of_each(names, line["matches"], line["reasons"])} for line in lines)


def member(service: Service, one: dict[str, Any], place: int, visitor: dict[str, Any]) -> Person:
    """A person of the form as an argument of the service.

    Raises:
        BadInput: the person says nothing.
    """
    if one.get("me"):
        opinions = Opinions.of(service, visitor)
        ratings = {f"id:{item['item_id']}": item["rating"] for item in reversed(opinions.history(service))}
        if ratings:
            return ratings
    ratings = one.get("ratings")
    if isinstance(ratings, dict) and ratings:
        return {str(item)[:LONGEST]: value for item, value in list(ratings.items())[:MOST_RATINGS]}
    text = one.get("text")
    lines = [line.strip()[:LONGEST] for line in text.splitlines() if line.strip()] if isinstance(text, str) else []
    if not lines:
        raise BadInput(f"Nothing is known of person {place}. Name a {service.words.item} they like.")
    return lines[0] if len(lines) == 1 and names_user(service, lines[0]) else lines[:MAX_TITLES]


def name(one: dict[str, Any], place: int) -> str:
    """Display name of a person."""
    given = one.get("name")
    return given.strip()[:30] if isinstance(given, str) and given.strip() else f"Person {place}"


def of_each(names: Sequence[str], matches: Sequence[int | None], reasons: Sequence[str]) -> list[dict[str, Any]]:
    """Name, match and reason of each member, for a card."""
    return [
        {"name": name, "match": match, "reason": reason}
        for name, match, reason in zip(names, matches, reasons, strict=True)
    ]
