"""What a visitor does, at desktop and phone width, in light and dark; what is shown is what the service answers."""

from __future__ import annotations

import json
import re

import pytest
from waiting import until

from browser.conftest import titles
from recsys.models import registry

LOOKS = [("desktop", False), ("phone", True)]  # every view in all four: test_quality
looks = pytest.mark.parametrize(
    ("screen", "dark"), LOOKS, ids=lambda value: {True: "dark", False: "light"}.get(value, value)
)


# A card names up to three genres, so one that names three may have the wanted one behind them.
GENRES = "[...document.querySelectorAll('#rs-similar .rs-card .rs-meta')].map(line => line.textContent)"
EVERY_CARD = f"genre => {GENRES}.length && {GENRES}.every(text => text.includes(genre) || text.split(',').length === 3)"
NO_CARD = f"genre => {GENRES}.length && {GENRES}.every(text => !text.includes(genre))"


def settled(page, selector: str, text: str) -> None:
    """Wait until a list has this heading."""
    page.locator(f"{selector} h2", has_text=text).first.wait_for()


def listed(page, selector: str, expected: list[str]) -> None:
    """Wait until a list has these titles."""
    page.wait_for_function(
        "([list, want]) => [...document.querySelectorAll(`${list} .rs-title`)].map(e => e.textContent).join() === want",
        arg=[selector, ",".join(expected)],
    )


def choose(page, box: str, words: str, title: str) -> None:
    """Type into a search box and take the suggestion with this title by keyboard."""
    page.fill(f"{box} input", "")
    page.locator(f"{box} input").press_sequentially(words)
    page.locator(f"{box} [role=option] b", has_text=title).first.wait_for()
    options = page.locator(f"{box} [role=option] b").all_inner_texts()
    for _ in range(options.index(title)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def saved(page):
    """Save the visitor's marks as a profile; returns its name and key."""
    page.get_by_role("button", name="Save as a profile").click()
    page.locator(".rs-joined code").nth(1).wait_for()
    return page.locator(".rs-joined code").all_inner_texts()


@looks
def test_landing_shows_films_before_anything_is_typed(visit, keep, screen, dark):
    page = visit("/", screen, dark)
    assert len(titles(page, "#rs-similar")) >= 12
    assert ("dark" in page.evaluate("document.body.className")) == dark
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing may stick out sideways"
    keep(page, f"landing-{screen}-{'dark' if dark else 'light'}")


@looks
def test_similar_films_by_typing_with_typos(visit, ask, keep, screen, dark):
    page = visit("/", screen, dark)
    choose(page, "#rs-find", "toy stroy", "Toy Story")
    settled(page, "#rs-similar", "Films like Toy Story")
    answer = ask("similar", "Toy Story (1995)", 24)
    assert titles(page, "#rs-similar") == [line["title"] for line in answer]
    reasons = page.locator("#rs-similar .rs-reason").all_inner_texts()
    assert reasons == [line["reason"] for line in answer if line["reason"]] and reasons
    assert page.locator("#rs-similar .rs-hero h2").inner_text() == "Toy Story"
    assert f"film={ask('item', 'Toy Story (1995)')['item_id']}" in page.url
    keep(page, f"similar-{screen}-{'dark' if dark else 'light'}")
    if (screen, dark) == LOOKS[0]:
        keep(page, "screenshot")


def test_words_find_films_by_what_they_are_about(visit, ask):
    page = visit("/")
    page.locator("#rs-find input").press_sequentially("heist")
    page.locator("#rs-find .rs-all").wait_for()
    page.locator("#rs-find .rs-all").click()
    settled(page, "#rs-similar", "Results for “heist”")
    assert titles(page, "#rs-similar") == [item["title"] for item in ask("search", "heist", 24)]


def test_a_theme_leads_to_all_films_with_it(visit, ask):
    page = visit("/?film=1&details=858")
    page.get_by_role("dialog").get_by_role("link", name="New York City", exact=True).click()
    settled(page, "#rs-similar", "Theme: New York City")
    assert titles(page, "#rs-similar") == [item["title"] for item in ask("search", "theme:New York City", 24)]
    assert "q=theme%3ANew+York+City" in page.url and page.get_by_role("dialog").count() == 0


def test_a_search_for_nothing_says_so(visit):
    page = visit("/")
    page.locator("#rs-find input").press_sequentially("qqqqzzzz")
    # while the letters are typed, the first of them are answered too
    page.locator("#rs-find .rs-none", has_text="No film found for “qqqqzzzz”.").wait_for()


@looks
def test_for_you(visit, ask, keep, screen, dark):
    page = visit("/", screen, dark)
    if screen == "phone":
        page.goto(page.url + "?tab=foryou")
    else:
        page.get_by_role("tab", name="For you").click()
    page.get_by_role("button", name="User 1", exact=True).click()
    settled(page, "#rs-foryou", "Picks for user 1")
    answer = ask("recommend", "1", 24)
    assert titles(page, "#rs-foryou") == [line["title"] for line in answer]
    shown = page.locator("#rs-foryou .rs-match b").all_inner_texts()
    assert shown == [str(line["match"]) for line in answer if (line["match"] or 0) >= 60], "a low match is not shown"
    user = ask("user", "1")
    if screen == "phone":
        page.locator("#rs-profile summary").click()
    assert f"{user['n_ratings']} ratings" in page.locator("#rs-profile").inner_text()
    assert user["taste"][0]["genre"] in page.locator("#rs-profile .rs-bars").first.inner_text()
    assert "user=1" in page.url
    keep(page, f"foryou-{screen}-{'dark' if dark else 'light'}")


def test_the_model_can_be_chosen_and_says_what_it_does(visit, ask):
    page = visit("/?user=1&model=content")
    settled(page, "#rs-foryou", "Picks for user 1")
    assert titles(page, "#rs-foryou") == [line["title"] for line in ask("recommend", "1", 24, "content")]
    assert registry.get("content").summary in page.locator("#rs-foryou .rs-head").inner_text()


def test_rows_below_the_picks_repeat_no_film(visit):
    page = visit("/?user=1&n=16")
    settled(page, "#rs-foryou", "Picks for user 1")
    page.locator("#rs-row-0 .rs-card").first.wait_for()
    shown = page.locator("[id^=rs-row-] .rs-card, #rs-foryou .rs-card")
    ids = [card.get_attribute("data-id") for card in shown.all()]
    assert len(ids) == len(set(ids)) > 16
    assert page.locator("#rs-foryou .rs-card").nth(15).is_hidden(), "the rows are in sight"
    page.get_by_role("button", name="Show all 16").click()
    assert page.locator("#rs-foryou .rs-card").nth(15).is_visible()


def test_an_unknown_user_gets_a_sentence_and_a_way_on(visit):
    page = visit("/?user=99999")
    error = page.locator("#rs-foryou .rs-error")
    assert "99999" in error.inner_text()
    error.get_by_role("button").click()
    settled(page, "#rs-starters", "Which of these films do you like?")


@looks
def test_blend_moves_with_the_balance(visit, ask, keep, screen, dark):
    film = ask("item", "Heat (1995)")["item_id"]
    page = visit(f"/?film={film}&user=1&balance=0", screen, dark)
    settled(page, "#rs-blend", "For user 1, with Heat in mind")
    content = titles(page, "#rs-blend")
    assert content == [line["title"] for line in ask("hybrid", "1", film, 24, 0)]
    assert page.locator("#rs-blend .rs-part").count() == len(content)
    slider = page.locator("#rs-balance input[type=range]")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_url(re.compile("balance=1"))
    page.wait_for_function(
        "old => [...document.querySelectorAll('#rs-blend .rs-title')].map(e => e.innerText).join() !== old",
        arg=",".join(content),
    )
    assert titles(page, "#rs-blend") == [line["title"] for line in ask("hybrid", "1", film, 24, 1)]
    keep(page, f"blend-{screen}-{'dark' if dark else 'light'}")


@looks
def test_a_newcomer_likes_films_gets_picks_and_keeps_a_profile(visit, ask, keep, screen, dark):
    page = visit("/?tab=newcomer", screen, dark)
    likes = page.locator("#rs-starters .rs-mark[data-verdict=like]")
    liked = []
    for place in (0, 1, 2):
        liked.append(page.locator("#rs-starters .rs-open").nth(place).get_attribute("data-id"))
        likes.nth(place).click()
        assert likes.nth(place).get_attribute("aria-pressed") == "true"
    model = "hybrid" if "hybrid" in ask("about")["release"]["models"] else ask("models")[0]["name"]
    expected = [line["title"] for line in ask("recommend_for", liked, [], 24, model)]
    listed(page, "#rs-newcomer", expected)
    keep(page, f"newcomer-{screen}-{'dark' if dark else 'light'}")
    page.reload()
    page.locator("#rs-marked .rs-chip").nth(2).wait_for()
    listed(page, "#rs-newcomer", expected)  # the browser remembers
    user, key = saved(page)
    assert ask("user", user, 20, key)["n_ratings"] == 3
    page.get_by_role("button", name=f"Your profile: {user}").click()
    settled(page, "#rs-foryou", "Your picks")
    page.locator("#rs-profile", has_text="3 ratings").wait_for()
    page.goto(re.sub(r"\?.*", "?tab=newcomer", page.url))
    page.locator("#rs-marked .rs-chip").first.wait_for()
    assert key not in page.content(), "the key is shown once"


def test_stars_are_given_with_the_pointer_and_the_keyboard(visit, ask):
    page = visit("/?tab=newcomer")
    stars = page.locator("#rs-starters .rs-rate")
    first = stars.first.get_attribute("data-id")
    stars.first.click(position={"x": 100, "y": 18})  # the left half of the fifth star
    page.locator(".rs-toast", has_text="Rated ★ 4.5").wait_for()
    expected = [line["title"] for line in ask("recommend_for", [], [], 24, "", {first: 4.5})]
    listed(page, "#rs-newcomer", expected)
    second = stars.nth(1).locator("input")
    second.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.locator(".rs-toast", has_text="Rated ★ 2").wait_for()
    assert second.get_attribute("aria-valuetext") == "2 of 5 stars"
    assert page.locator("#rs-marked .rs-chip[data-kind=out]").count() == 1, "two stars are no praise"
    page.reload()
    page.locator("#rs-marked .rs-chip", has_text="★ 4.5").wait_for()


def test_two_devices_lose_no_like(visit, ask):
    page = visit("/?tab=newcomer")
    page.locator("#rs-starters .rs-mark[data-verdict=like]").first.click()
    user, key = saved(page)
    elsewhere = visit("/?tab=newcomer")
    elsewhere.locator("#rs-starters .rs-mark[data-verdict=like]").nth(1).click()
    elsewhere.get_by_text("Already have a profile?").click()
    form = elsewhere.locator(".rs-entrance")
    form.get_by_label("Profile name").fill(user)
    form.get_by_label("Key").fill(key)
    form.get_by_role("button", name="Sign in").click()
    elsewhere.get_by_text(f"Welcome back, {user}.").wait_for()
    assert elsewhere.locator("#rs-marked .rs-chip").count() == 2, "the like made before signing in"
    assert ask("user", user, 20, key)["n_ratings"] == 2
    page.reload()
    page.locator("#rs-marked .rs-chip").nth(1).wait_for()

    elsewhere.get_by_role("button", name="Sign out").click()
    elsewhere.locator("#rs-marked .rs-chip").first.wait_for(state="detached")
    assert key not in elsewhere.evaluate("JSON.stringify(localStorage)")
    elsewhere.locator(".rs-toast").get_by_role("button", name="Undo").click()
    elsewhere.locator("#rs-marked .rs-chip").nth(1).wait_for()
    assert key in elsewhere.evaluate("JSON.stringify(localStorage)")


def test_a_verdict_of_a_profile_counts_at_once(visit, ask):
    page = visit("/?tab=newcomer")
    page.locator("#rs-starters .rs-mark[data-verdict=like]").first.click()
    user, key = saved(page)
    before = ask("user", user, 20, key)["n_ratings"]
    with page.expect_response(re.compile("component_server")):
        page.locator("#rs-starters .rs-mark[data-verdict=dislike]").nth(3).click()
    until(lambda: ask("user", user, 20, key)["n_ratings"] == before + 1)


@looks
def test_details_open_by_keyboard_and_give_the_focus_back(visit, ask, keep, screen, dark):
    page = visit("/?user=1", screen, dark)
    settled(page, "#rs-foryou", "Picks for user 1")
    card = page.locator("#rs-foryou .rs-open").nth(2)
    item = ask("item", card.get_attribute("data-id"))
    card.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=item["title"])
    dialog.locator(".rs-row .rs-open").first.wait_for()
    text = dialog.inner_text()
    for part in (item["overview"], item["director"], item["cast"][0], "Why this pick"):
        assert part in text
    alike = dialog.locator(".rs-row .rs-title").all_inner_texts()
    assert alike == [line["title"] for line in ask("similar", item["item_id"], 6)]
    keep(page, f"details-{screen}-{'dark' if dark else 'light'}")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.wait_for_function("id => document.activeElement.dataset.id === id", arg=item["item_id"])
    page.wait_for_url(lambda url: "details=" not in url)


def test_details_lead_to_more_like_it_and_back(visit, ask):
    page = visit("/?user=1")
    settled(page, "#rs-foryou", "Picks for user 1")
    picks = titles(page, "#rs-foryou")
    page.locator("#rs-foryou .rs-open").first.click()
    page.get_by_role("button", name="See all").click()
    settled(page, "#rs-similar", f"Films like {picks[0]}")
    page.go_back()
    settled(page, "#rs-foryou", "Picks for user 1")
    page.locator("#rs-foryou .rs-card").first.wait_for()
    assert titles(page, "#rs-foryou") == picks
    assert page.get_by_role("tab", name="For you").get_attribute("aria-selected") == "true"


def test_back_walks_through_films(visit):
    page = visit("/?film=1")
    settled(page, "#rs-similar", "Films like Toy Story")
    choose(page, "#rs-find", "heat", "Heat")
    settled(page, "#rs-similar", "Films like Heat")
    page.go_back()
    settled(page, "#rs-similar", "Films like Toy Story")
    assert page.input_value("#rs-find input") == "Toy Story (1995)"


def test_surprise_me_chooses_and_the_address_says_what(visit):
    page = visit("/")
    page.get_by_role("button", name="Surprise me").first.click()
    settled(page, "#rs-similar", "Films like")
    page.wait_for_url(re.compile(r"film=\d+"))


@looks
def test_filters_narrow_every_list_and_are_remembered(visit, keep, screen, dark):
    page = visit("/?film=1", screen, dark)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="Comedy: any").click()
    page.get_by_role("button", name="Comedy: included").wait_for()
    page.wait_for_function(EVERY_CARD, arg="Comedy")
    page.get_by_role("button", name="Comedy: included").click()
    page.wait_for_function(NO_CARD, arg="Comedy")
    keep(page, f"filters-{screen}-{'dark' if dark else 'light'}")
    page.reload()
    page.locator("#rs-similar .rs-card:not(.rs-ghost)").first.wait_for()
    assert all("Comedy" not in text for text in page.locator("#rs-similar .rs-card .rs-meta").all_inner_texts())
    assert page.locator(".rs-count").first.inner_text() == "1"


def test_contradicting_years_are_said_in_one_sentence(visit):
    page = visit("/?film=1")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("From year").fill("2010")
    page.get_by_label("To year").fill("1990")
    page.keyboard.press("Tab")
    error = page.locator("#rs-similar .rs-error")
    error.wait_for()
    assert "2010" in error.inner_text() and "1990" in error.inner_text()


def test_the_watch_list_is_kept_in_the_browser(visit):
    page = visit("/?film=1")
    page.locator("#rs-similar .rs-card .rs-open").first.click()
    title = page.locator("#rs-details-title").inner_text()
    page.get_by_role("dialog").get_by_role("button", name="Watch-list").click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.reload()
    page.locator("#rs-similar .rs-card:not(.rs-ghost)").first.wait_for()
    page.locator(".rs-actions").get_by_role("button", name="Watch-list").click()
    page.locator(".rs-watch li").first.wait_for()
    assert title.split("\n")[0].strip()[:5] in page.locator(".rs-watch").inner_text()


def test_tabs_move_with_arrow_keys(visit):
    page = visit("/")
    page.get_by_role("tab", name="Similar films").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("tab=newcomer"))
    assert page.get_by_role("tab", name="Start here").get_attribute("aria-selected") == "true"
    page.keyboard.press("End")
    page.wait_for_url(re.compile("tab=activity"))
    page.keyboard.press("Home")
    page.wait_for_url(re.compile("tab=similar"))


def test_a_list_is_saved_as_csv(visit, ask):
    page = visit("/?film=1")
    settled(page, "#rs-similar", "Films like Toy Story")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0] == "rank,item_id,title,year,genres,match,score,reason,url"
    assert len(lines) == 1 + len(ask("similar", "1", 24))


def test_the_code_panel_gives_calls_that_work(visit, ask):
    page = visit("/?film=1")
    settled(page, "#rs-similar", "Films like Toy Story")
    page.get_by_text("Use this list in a program").click()
    curl = page.locator(".rs-code code").nth(2).inner_text()
    data = json.loads(re.search(r"-d '(.*)'", curl, re.DOTALL).group(1))["data"]
    name = re.search(r"/run/(\w+)", curl).group(1)
    assert ask(name, *data) == ask("similar", "Toy Story (1995)", 24, "")


def test_a_profile_is_entered_elsewhere_changed_and_deleted(visit, ask):
    page = visit("/?tab=newcomer")
    for place in (0, 1):
        page.locator("#rs-starters .rs-mark[data-verdict=like]").nth(place).click()
    user, key = saved(page)

    elsewhere = visit("/?tab=newcomer")
    elsewhere.get_by_text("Already have a profile?").click()
    form = elsewhere.locator(".rs-entrance")
    form.get_by_label("Profile name").fill(user)
    form.get_by_label("Key").fill("wrong")
    form.get_by_role("button", name="Sign in").click()
    elsewhere.locator("#rs-marked .rs-error").wait_for()
    assert "key" in elsewhere.locator("#rs-marked .rs-error").inner_text()
    assert form.get_by_label("Profile name").input_value() == user, "what was typed stays"
    form.get_by_label("Key").fill(key)
    form.get_by_role("button", name="Sign in").click()
    elsewhere.get_by_text(f"Welcome back, {user}.").wait_for()
    assert elsewhere.locator("#rs-marked .rs-chip").count() == 2
    with elsewhere.expect_response(re.compile("component_server")):
        elsewhere.locator("#rs-marked .rs-told .rs-wipe").first.click()
    until(lambda: ask("user", user, 20, key)["n_ratings"] == 1)

    elsewhere.get_by_role("button", name="Delete profile").click()
    elsewhere.get_by_role("button", name="This cannot be undone").click()
    elsewhere.get_by_text("are deleted.").wait_for()
    elsewhere.goto(re.sub(r"\?.*", f"?tab=foryou&user={user}", elsewhere.url))
    elsewhere.locator("#rs-foryou .rs-error").wait_for()
