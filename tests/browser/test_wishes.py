"""A wish in the search box: understood, shown as chips, changed, removed and kept in the URL, on desktop and phone."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from browser.conftest import titles


def wish_in(page) -> str:
    return parse_qs(urlsplit(page.url).query).get("q", [""])[0]


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_a_wish_is_typed_understood_changed_and_taken_back(visit, keep, screen):
    page = visit("/", screen)
    page.locator("#rs-find input").fill("like Heat but funnier, not French, blorp")
    first = page.locator("#rs-find .rs-wished")
    first.wait_for()
    assert "Films like Heat (1995), funnier" in first.inner_text() and "blorp" in first.inner_text()
    keep(page, f"wish-typed-{screen}")
    page.keyboard.press("Enter")
    chips = page.get_by_role("group", name="Understood")
    chips.wait_for()
    parts = chips.locator(".rs-chip")
    assert parts.all_inner_texts() == ["Heat (1995)", "funnier", "not French", "not understood: “blorp”"]
    page.get_by_role("heading", name="Films like Heat (1995), funnier").wait_for()
    assert "Not understood: “blorp”." in page.locator("#rs-similar .rs-head p").inner_text()
    funnier = titles(page, "#rs-similar")
    assert "Funnier: comedy" in page.locator("#rs-similar .rs-reason").first.inner_text()
    keep(page, f"wish-{screen}")

    # the keyboard alone: change a part, then remove one; the focus stays among the chips
    page.get_by_role("button", name="funnier: change to “more serious”").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Films like Heat (1995), more serious").wait_for()
    assert wish_in(page) == "like Heat (1995), more serious, not French, blorp"
    assert titles(page, "#rs-similar") != funnier
    page.get_by_role("button", name="Remove blorp").or_(
        page.get_by_role("button", name="Remove not understood")
    ).focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#rs-wish .rs-chip').length === 3")
    assert page.evaluate("document.activeElement.className") == "rs-wipe"

    page.go_back()
    page.go_back()
    page.get_by_role("heading", name="Films like Heat (1995), funnier").wait_for()
    assert titles(page, "#rs-similar") == funnier
    page.reload()
    page.locator("#rs-similar .rs-card:not(.rs-ghost)").first.wait_for()
    assert titles(page, "#rs-similar") == funnier and parts.count() == 4


def test_an_exact_title_is_no_wish_and_a_wish_has_no_hero(visit):
    page = visit("/")
    box = page.locator("#rs-find input")
    box.fill("Beauty and the Beast")
    page.locator("#rs-find [role=option]").first.wait_for()
    assert page.locator("#rs-find .rs-wished").count() == 0
    page.keyboard.press("Enter")
    page.locator(".rs-hero").wait_for()
    assert page.locator("#rs-wish .rs-chip").count() == 0
    box.fill("Alien and Toy Story")
    page.locator("#rs-find .rs-wished").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Films like Alien (1979) and Toy Story (1995)").wait_for()
    assert page.locator("#rs-wish .rs-chip").count() == 2
    page.get_by_role("button", name="Remove Alien (1979)").click()
    page.get_by_role("heading", name="Films like Toy Story (1995)").wait_for()
    page.get_by_role("button", name="Remove Toy Story (1995)").click()
    page.get_by_role("heading", name="A good place to start").wait_for()
