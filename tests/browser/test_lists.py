"""The watch-list and “less like this” of a profile on two devices, and filters by names, as visitors use them."""

from __future__ import annotations

import pytest
from waiting import until


def open_filters(page):
    page.get_by_role("button", name="Filters").click()
    page.locator("#rs-filters .rs-names").first.wait_for()


def watch_first(page):
    """Put the first similar film on the watch-list; return its title."""
    card = page.locator("#rs-similar .rs-card:not(.rs-ghost) .rs-open").first
    title = card.inner_text()
    card.click()
    page.get_by_role("dialog").get_by_role("button", name="Watch-list").click()
    page.keyboard.press("Escape")
    return title


def watched(page):
    page.locator(".rs-actions").get_by_role("button", name="Watch-list").click()
    return page.locator(".rs-watch li .rs-link").all_inner_texts()


def sign_in(page, user_id, key):
    page.get_by_text("Already have a profile? Sign in").click()
    page.get_by_label("Profile name").fill(user_id)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text(f"Welcome back, {user_id}.").wait_for()


def test_two_devices_of_a_profile_share_the_watch_list_and_a_removal(visit, ask):
    made = ask("join", ["Heat (1995)"])

    def stored():
        return ask("user", made["user_id"], 20, made["key"])["watchlist"]

    laptop, phone = visit("/?tab=newcomer"), visit("/?tab=newcomer", screen="phone")
    sign_in(laptop, made["user_id"], made["key"])
    sign_in(phone, made["user_id"], made["key"])
    laptop.goto(laptop.url.split("?")[0] + "?film=1")
    title = watch_first(laptop)
    until(lambda: len(stored()) == 1)
    phone.reload()
    phone.locator(".rs-count:not([hidden])").last.wait_for()
    assert watched(phone)[0].startswith(title)
    phone.locator(".rs-watch .rs-wipe").click()
    until(lambda: stored() == [])
    laptop.reload()
    laptop.locator("#rs-similar .rs-card:not(.rs-ghost)").first.wait_for()
    assert watched(laptop) == []


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_films_by_people_and_without_some_are_chosen_with_the_keyboard(visit, keep, screen):
    page = visit("/?film=Heat (1995)", screen=screen)
    open_filters(page)
    field = page.get_by_role("textbox", name="With")
    field.focus()
    page.keyboard.type("de niro")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Robert De Niro").wait_for()
    page.wait_for_function("() => location.search.includes('people=Robert+De+Niro')")
    first = page.locator("#rs-similar .rs-card:not(.rs-ghost) .rs-open").first
    page.locator("#rs-similar .rs-card:not(.rs-ghost)").first.wait_for()
    title = first.get_attribute("aria-label") or first.inner_text()
    page.get_by_role("textbox", name="Hide these").focus()
    page.keyboard.type("casino")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove Casino (1995)").wait_for()
    keep(page, f"filters-names-{screen}")
    page.wait_for_function("() => location.search.includes('hide=Casino')")
    page.locator("#rs-similar .rs-card", has_text="Casino").first.wait_for(state="detached")
    assert title and page.locator("#rs-similar .rs-card:not(.rs-ghost)").count()
    page.get_by_role("button", name="Remove Robert De Niro").press("Enter")
    page.wait_for_function("() => !location.search.includes('people=')")


def test_a_name_that_is_not_here_is_said_and_the_own_watch_list_is_a_filter(visit):
    page = visit("/?film=1")
    title = watch_first(page)
    open_filters(page)
    page.get_by_role("textbox", name="With").fill("Xqzzw Vrrp")
    page.keyboard.press("Enter")
    page.locator(".rs-names [role=alert]", has_text="Xqzzw Vrrp").wait_for()
    page.get_by_label("Only from my watch-list").check()
    page.wait_for_url("**only_watched=true**")
    page.wait_for_function("() => document.querySelectorAll('#rs-similar .rs-card:not(.rs-ghost)').length === 1")
    assert title in page.locator("#rs-similar .rs-card:not(.rs-ghost)").inner_text()
