"""The page without a browser: what it reads from outside, and what its tabs answer."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import pytest
from page_parts import view
from services import history

from recsys.errors import BadInput
from recsys.page.assets import EARLY_SCRIPTS, EARLY_STYLES, FOLDER, SCRIPTS, STYLES
from recsys.page.build import about, answer, build, launch_options
from recsys.page.components import account, filters
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import Listing, arrived, failed
from recsys.page.components.details import shown as told
from recsys.page.components.parts import config, early, late
from recsys.page.components.picker import suggestions
from recsys.page.components.visitor import EMPTY, MOST, clean, marked
from recsys.page.tabs import TABS, blend, for_you, newcomer, similar
from recsys.serving.filters import Filters
from recsys.settings import Settings


def value(service, module, elem_id, query, visitor=EMPTY, n=12, limits=Filters()):
    made = view(service, module)
    ids = [output.elem_id for output in made.outputs]
    return made.show(Query.read(query), n, limits, visitor)[ids.index(elem_id)]


def likes(*item_ids, verdict="like"):
    return clean({"marks": [{"item_id": one, "verdict": verdict} for one in item_ids]})


@pytest.mark.parametrize(
    ("address", "tab"),
    [
        ({}, "similar"),
        ({"film": "1"}, "similar"),
        ({"user": "1"}, "foryou"),
        ({"film": "1", "user": "1"}, "blend"),
        ({"tab": "newcomer", "user": "1"}, "newcomer"),
    ],
)
def test_an_address_names_a_tab(address, tab):
    assert Query.read(address).tab == tab


@pytest.mark.parametrize("values", [None, "text", [], {"film": 7, "balance": "much", "batch": "nan", "user": {"a": 1}}])
def test_an_address_that_makes_no_sense_is_the_front_page(values):
    assert Query.read(values) == Query(tab="similar")


def test_an_address_is_bounded():
    query = Query.read({"film": "x" * 1000, "balance": "7", "batch": "-3"})
    assert (len(query.film), query.balance, query.batch) == (LONGEST, 1.0, 0)


@pytest.mark.parametrize(
    "sent", [None, "text", {"marks": {"1": "like"}}, {"marks": [None, {"item_id": 5}], "watch": 3}]
)
def test_a_visitor_that_makes_no_sense_is_new(sent):
    assert clean(sent) == EMPTY


def test_a_visitor_is_kept_in_order_and_bounded():
    sent = [{"item_id": str(i), "verdict": "like" if i % 2 else "dislike"} for i in range(MOST + 5)]
    person = clean({"marks": [*sent, {"item_id": "x", "verdict": "hate"}], "user_id": 5, "key": "k" * 900})
    assert len(person["marks"]) == MOST - 1
    assert marked(person, "like")[-1] == str(MOST + 3)
    assert person["user_id"] == "" and len(person["key"]) == 300


def test_filters_come_from_the_header():
    n, limits = filters.read({"n": 48, "genres_in": ["Drama"], "year_from": 1990, "diversity": 0.5})
    assert (n, limits) == (48, Filters(genres_in=("Drama",), year_from=1990, diversity=0.5))
    assert filters.read({"recency": 0})[1] == Filters(recency=0.0)
    assert filters.read("nonsense") == (filters.DEFAULTS["n"], Filters())
    with pytest.raises(
        BadInput, match=r"^“From year” \(2010\) is later than “To year” \(1990\)\. Change one of them\.$"
    ):
        filters.read({"year_from": 2010, "year_to": 1990})


def test_similar_shows_what_the_service_answers(service):
    shown = value(service, similar, "rs-similar", {"film": "Toy Story (1995)"})
    assert shown["items"] == service.similar("1", 12)
    assert shown["hero"]["title"] == "Toy Story"
    assert shown["call"] == {"name": "similar", "args": {"title": "Toy Story (1995)", "n": 12, "model": ""}}


def test_similar_and_blend_say_what_a_name_was_taken_for(service, monkeypatch):
    monkeypatch.setattr(service.catalogue, "choice", lambda text: f"{text} is taken for a film.")
    for tab, part in ((similar, "rs-similar"), (blend, "rs-blend")):
        assert value(service, tab, part, {"film": "Heat"})["note"] == "Heat is taken for a film."


def test_similar_lands_on_own_picks_where_something_is_marked(service):
    assert value(service, similar, "rs-similar", {})["next"]["go"] == {"tab": "newcomer"}
    shown = value(service, similar, "rs-similar", {}, likes("1", "6"))
    assert shown["heading"] == "Your picks" and shown["items"] == service.recommend_for(
        ["1", "6"], [], 12, shown["model"]
    )


def test_similar_lands_on_popular_films_that_filters_narrow(service):
    assert len(value(service, similar, "rs-similar", {})["items"]) == 12
    narrowed = value(service, similar, "rs-similar", {}, limits=Filters(genres_in=("Animation",)))["items"]
    assert narrowed and all("Animation" in item["genres"] for item in narrowed)
    found = value(service, similar, "rs-similar", {"q": "heist"}, limits=Filters(genres_out=("Comedy",)))["items"]
    assert found and all("Comedy" not in item["genres"] for item in found)


def test_a_surprise_is_named_in_the_address(service):
    shown = value(service, similar, "rs-similar", {"film": "~surprise"})
    assert shown["address"]["film"] == shown["hero"]["item_id"]
    shown = value(service, for_you, "rs-foryou", {"user": "~surprise"})
    assert shown["address"]["user"] == shown["user"]


def test_an_unknown_film_or_user_is_one_sentence_with_a_way_on(service):
    assert "qqqqzzzz" in value(service, similar, "rs-similar", {"film": "qqqqzzzz"})["error"]
    shown = value(service, for_you, "rs-foryou", {"user": "99999"})
    assert "99999" in shown["error"] and shown["next"]["go"]["tab"] == "newcomer"
    assert value(service, blend, "rs-blend", {"tab": "blend"})["empty"]


def test_blend_says_which_side_a_pick_came_from(service):
    shown = value(service, blend, "rs-blend", {"film": "1", "user": "1", "balance": "0"})
    assert [line["item_id"] for line in shown["items"]] == [line["item_id"] for line in service.hybrid("1", "1", 12, 0)]
    assert {line["origin"] for line in shown["items"]} <= {"From your ratings", "Similar to Toy Story"}


def test_starters_are_varied_and_leave_out_what_is_marked(service):
    first = service.cards(service.landing.starters(6, set(), 0))
    ids = {item["item_id"] for item in first}
    assert len(ids) == 6 and len({item["genres"][0] for item in first}) > 1
    assert not ids & set(service.landing.starters(6, set(), 1))
    assert not ids & set(service.landing.starters(6, ids, 0))


def test_a_newcomer_gets_picks_without_what_is_marked(service):
    assert newcomer.picked(service, EMPTY, 5, Filters())["empty"]
    person = likes("1", "gone")
    shown = newcomer.picked(service, person, 5, Filters())
    assert [item["item_id"] for item in shown["items"]] == [
        line["item_id"] for line in service.recommend_for(["1"], [], 5, shown["model"])
    ]


def test_a_profile_is_kept_entered_changed_and_deleted(service):
    assert "Choose at least one" in account.keep(service, EMPTY)[1]["error"]
    person, shown = account.keep(service, likes("1"))
    user, key = shown["joined"]["user_id"], shown["joined"]["key"]
    assert (person["user_id"], person["key"]) == (user, key)
    given = {"verdict": "dislike", "item_id": "6", "user_id": user, "key": key}
    assert account.stored(service, given) == {"stored": True, "sent": True}
    assert history(service, user) == {"1": 5.0, "6": 0.5}
    again, said = account.enter(service, EMPTY, user, key)
    assert [(mark["item_id"], mark["verdict"]) for mark in again["marks"]] == [("1", "like"), ("6", "dislike")]
    assert account.stored(service, given | {"verdict": ""}) == {"stored": True, "sent": False}
    assert history(service, user) == {"1": 5.0}
    assert "not the key" in account.enter(service, EMPTY, user, "wrong")[1]["error"]
    assert "not the key" in account.leave(service, again | {"key": "wrong"})[1]["error"]
    assert account.leave(service, again) == (EMPTY, {"message": "Your profile and all its data are deleted."})
    assert "Unknown user" in for_you_error(service, user)


def for_you_error(service, user):
    return value(service, for_you, "rs-foryou", {"user": user})["error"]


@pytest.mark.parametrize(
    "given", [None, {}, {"verdict": "hate", "item_id": "1"}, {"verdict": "like", "item_id": "zzzzqq"}]
)
def test_a_verdict_that_makes_no_sense_is_refused(service, given):
    answered = account.stored(service, given)
    assert "error" in answered or given in (None, {})


def test_details_hold_everything_known(service):
    lines = service.recommend("1", 3, "content")
    shown = told(service, {"id": lines[2]["item_id"], "user": "1", "model": "content"})
    assert shown["pick"] == {"match": lines[2]["match"], "reason": lines[2]["reason"]}, "also when opened by a link"
    shown = told(service, {"id": "1", "user": "1", "model": "content"})
    assert shown["item"]["director"] == "John Lasseter"
    assert shown["similar"] == service.similar("1", 6)
    assert shown["why"] == service.explain("1", "1", "content")
    assert "error" in told(service, None) and "error" in told(service, {"id": "qqqqzzzz"})
    assert told(service, {"id": "1", "user": "nobody"})["why"] is None


def test_a_wish_is_suggested_and_its_chips_lead_to_wishes_without_and_with_other_parts(service):
    text = "like Heat but funnier, not French, blorp"
    found = suggestions(service, text, True)
    assert found["wish"] == "Films like Heat (1995), funnier, not French"
    assert found["note"] == "Not understood: “blorp”." and "wish" not in suggestions(service, text)
    for title in ("Beauty and the Beast", "Heat", "toys that come alive"):
        assert not suggestions(service, title, True).get("wish"), title
    _, shown, by, _, cards = view(service, similar).show(Query.read({"q": text}), 5, Filters(), EMPTY)
    assert cards["heading"] == found["wish"] and len(cards["items"]) == 5
    assert cards["call"] == {"name": "similar", "args": {"title": text, "n": 5, "model": ""}}
    assert [(one["text"], one["kind"]) for one in shown["chips"]] == [
        ("Heat (1995)", "in"),
        ("funnier", "in"),
        ("not French", "out"),
        ("not understood: “blorp”", "unknown"),
    ]
    assert shown["chips"][1]["without"] == "like Heat (1995), not French, blorp"
    assert shown["chips"][1]["change"]["q"] == "like Heat (1995), more serious, not French, blorp"
    assert shown["chips"][3]["change"] is None and by["values"] == {"by": ""}
    _, shown, *_, cards = view(service, similar).show(Query.read({"q": "toys that come alive"}), 5, Filters(), EMPTY)
    assert shown == {} and cards["heading"] == "Results for “toys that come alive”"


@pytest.mark.parametrize("query", [None, "", "   ", 7, ["x"]])
def test_suggestions_take_anything(service, query):
    assert suggestions(service, query) == {"items": []}


def test_posters_elsewhere_come_with_a_drawn_one(service):
    item = service.item("1")
    assert Listing(heading="", source="").of([item])["items"] == [item]
    far = item | {"poster": "https://image.example/x.jpg"}
    assert Listing(heading="", source="").of([far])["items"][0]["drawn"].startswith("data:image/svg+xml")
    assert arrived(service, ["1", "nothing", None]) == {} and arrived(service, "1") == {}


def test_an_error_starts_with_a_capital():
    assert failed(ValueError("no film"))["error"] == "No film"


def test_only_the_asked_for_tab_is_answered(service):
    views = {"similar": view(service, similar), "foryou": view(service, for_you)}
    values = answer(service, views, Query.read({"user": "1"}), filters.DEFAULTS, EMPTY)
    assert len(values) == 1 + sum(len(one.outputs) for one in views.values())
    assert all(one == gr.skip() for one in values[1 : 1 + len(views["similar"].outputs)])
    wrong = answer(service, views, Query.read({}), {"year_from": 2010, "year_to": 1990}, EMPTY)
    assert "2010" in wrong[5]["error"]


def test_the_page_offers_only_the_public_endpoints(service):
    page = build(service, Settings())
    named = page.get_api_info()["named_endpoints"]
    assert {"/search", "/similar", "/recommend", "/hybrid"} <= set(named)
    assert not [
        name for name in named if name.strip("/") in ("navigate", "arrive", "refilter", "mark", "enter", "leave")
    ]


def test_launching_sends_nothing_and_loads_nothing_from_elsewhere():
    options = launch_options(Settings())
    assert options["theme"]._stylesheets == []
    assert (
        options["run_history"] is options["enable_monitoring"] is options["show_error"] is options["ssr_mode"] is False
    )
    for part in (early(), late()):
        assert "https://" not in part.replace("https?:", "").replace("https://www.themoviedb.org", "")
        assert part.count("<script>") == part.count("</script>") == 1


def test_every_script_and_style_is_loaded():
    assert sorted(EARLY_SCRIPTS + SCRIPTS) == sorted(path.stem for path in (FOLDER / "js").glob("*.js"))
    assert sorted(EARLY_STYLES + STYLES) == sorted(path.stem for path in (FOLDER / "css").glob("*.css"))
    assert '<script>"use strict";' in early() and '<script>"use strict";' in late()


def test_scripts_and_server_read_addresses_by_the_same_rules():
    """tests/page/js/address.test.js reads the same file."""
    shared = json.loads((Path(__file__).parent / "addresses.json").read_text("utf-8"))
    assert shared["config"] == json.loads(json.dumps(config()))
    for case in shared["cases"]:
        assert Query.read(case["view"]).tab == case["tab"]
    keys = {tab.key for tab in TABS}
    assert keys >= {tab for tab, _ in config()["address"]["tabByKeys"]}
    assert not {"page", "view"} & {*config()["address"]["keys"], *config()["filters"]}, "Gradio's own parameters"


def test_the_footer_is_for_visitors(service):
    shown = about(service)["lines"]
    assert shown[0].endswith(f" users. Ratings up to {service.catalogue.info['until']}.")
    assert sum(service.title in line for line in shown) == 1
    assert "ratings by 60 users" in shown[0]
    service.catalogue.info["notes"] = ["[Errno 111] Connection refused"]
    assert "Errno" not in " ".join(about(service)["lines"]) + str(service.about())
