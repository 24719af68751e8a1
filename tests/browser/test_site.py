"""The exported site, served from a sub-path by Python's own web server: what a visitor does, offline, dark, phone."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from fake_hub import FakeHub
from film_app import PROJECT, environment
from static_server import export, serving
from waiting import PATIENCE_S

from browser.conftest import SCREENS, titles, visiting
from browser.test_quality import violations

PATH = "some/where"
SPACE, TOKEN = "me/films", "hf_writer"
TABS = ("Start here", "For you", "Together", "About this site", "Similar films")
READY = ".rs-card:not(.rs-ghost)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, prepared, film_folder) -> Path:
    root = tmp_path_factory.mktemp("www")
    export(prepared, film_folder, root / PATH)
    return root


@pytest.fixture
def visit(chromium, folder):
    """`visit(path, screen, dark)` opens the site; no request may leave, and no script or policy may fail."""
    with serving(folder) as address, visiting(chromium, f"{address}/{PATH}") as open_page:
        yield open_page


def like(page, n: int) -> None:
    """Like the first n films of the tab for newcomers."""
    page.get_by_role("tab", name="Start here").click()
    for place in range(n):
        card = page.locator("#rs-starters .rs-card").nth(place)
        card.locator("[data-verdict=like]").click()
        page.locator(f"#rs-newcomer {READY}").first.wait_for()


def test_a_film_is_found_and_similar_ones_are_listed(visit, keep):
    page = visit("/")
    assert len(titles(page, "#rs-similar")) >= 12
    page.locator("#rs-find input").press_sequentially("toy stroy")
    page.locator("#rs-find [role=option] b", has_text="Toy Story").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("#rs-similar h2", has_text="Films like Toy Story").wait_for()
    assert page.locator(".rs-hero h2").inner_text() == "Toy Story"
    assert "Toy Story 2" in titles(page, "#rs-similar")[:3]
    assert page.locator("#rs-similar .rs-reason").count() == page.locator("#rs-similar .rs-card").count()
    keep(page, "site-similar")
    page.go_back()
    page.locator("#rs-similar h2", has_text="A good place to start").wait_for()


def test_likes_give_picks_with_reasons_that_stay(visit, keep):
    page = visit("/")
    like(page, 2)
    names = page.locator("#rs-marked .rs-chip").all_inner_texts()
    assert len(names) == 2
    reasons = page.locator("#rs-newcomer .rs-reason").all_inner_texts()
    assert reasons and all(reason.startswith(("Because you liked ", "You liked ", "Popular")) for reason in reasons)
    assert not set(titles(page, "#rs-newcomer")) & {name.split(" (")[0] for name in names}
    keep(page, "site-start")
    page.get_by_role("tab", name="For you").click()
    page.locator("#rs-foryou h2", has_text="Your picks").wait_for()
    keep(page, "site-for-you")
    page.locator("#rs-foryou .rs-open").first.click()
    page.get_by_role("dialog").locator(".rs-because li").first.wait_for()
    keep(page, "site-details")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('details')")
    page.reload()
    page.locator(f"#rs-foryou {READY}").first.wait_for()
    page.get_by_role("tab", name="Start here").click()
    assert page.locator("#rs-marked .rs-chip").all_inner_texts() == names


def test_less_like_a_film_moves_such_films_down(visit):
    page = visit("/")
    like(page, 2)
    page.get_by_role("tab", name="For you").click()
    page.locator("#rs-foryou .rs-open").first.wait_for()
    first = titles(page, "#rs-foryou")[0]
    page.locator("#rs-foryou .rs-open").first.click()
    page.get_by_role("dialog").get_by_text("Less like this").click()
    page.get_by_role("dialog").get_by_role("button", name="This film").click()
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('details')")
    page.reload()
    page.locator("#rs-foryou .rs-open").first.wait_for()
    assert first not in titles(page, "#rs-foryou")[:8]


def test_filters_apply_to_every_list_and_to_the_address(visit):
    page = visit("/")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="Crime: any").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#rs-similar .rs-meta')].every(line => line.textContent.includes('Crime'))"
    )
    assert "genres_in=Crime" in page.url
    page.get_by_role("button", name="Reset all filters").click()
    page.wait_for_function("() => document.querySelectorAll('#rs-similar .rs-card').length >= 20")


def test_without_a_network_the_site_opens_again(visit, keep):
    page = visit("/")
    like(page, 1)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    page.locator(f"#rs-newcomer {READY}").first.wait_for()
    page.get_by_role("tab", name="Similar films").click()
    page.locator("#rs-find input").press_sequentially("heat")
    page.locator("#rs-find [role=option] b", has_text="Heat").first.wait_for()
    page.keyboard.press("Enter")
    page.locator("#rs-similar h2", has_text="Films like Heat").wait_for()
    keep(page, "site-offline")


def test_several_people_get_picks_together(visit, keep):
    page = visit("/?tab=together")
    for place, title in enumerate(("Heat", "Toy Story")):
        box = page.locator("#rs-people section").nth(place)
        box.locator("input").press_sequentially(title)
        box.locator("[role=option] b", has_text=re.compile(f"^{title}$")).first.wait_for()
        page.keyboard.press("Enter")
        page.locator("#rs-people section").nth(place).locator(".rs-chip", has_text=title).wait_for()
    page.locator(f"#rs-together {READY}").first.wait_for()
    reasons = page.locator("#rs-together .rs-reason").all_inner_texts()
    assert {reason.split(",")[0] for reason in reasons[:6]} == {"For person 1", "For person 2"}
    keep(page, "site-together")
    page.get_by_role("button", name="Add person 3").click()
    page.locator("#rs-people section").nth(2).wait_for()
    page.reload()
    page.locator("#rs-people .rs-chip").nth(1).wait_for()


def test_ratings_of_another_site_become_marks(visit, tmp_path):
    page = visit("/?tab=newcomer")
    export = tmp_path / "ratings.csv"
    export.write_text("Date,Name,Year,Letterboxd URI,Rating\n2024-01-01,Heat,1995,x,5\n2024-01-02,Nothing,1990,x,3\n")
    page.get_by_text("Bring your ratings").click()
    page.set_input_files("#rs-marked input[type=file]", str(export))
    page.get_by_text("1 title found, 1 new. Not found: Nothing (1990).").wait_for()
    assert "Heat (1995)" in page.locator("#rs-marked .rs-chip").first.inner_text()
    page.locator(f"#rs-newcomer {READY}").first.wait_for()
    assert page.get_by_text("Save as a profile").count() == 0


@pytest.mark.parametrize("screen", SCREENS)
def test_every_tab_in_every_look(visit, keep, screen):
    page = visit("/", screen)
    axe = find_spec("axe_playwright_python")
    if axe is not None and axe.origin:
        # axe is added by the debugger, because the page itself allows no inline script
        page.evaluate((Path(axe.origin).parent / "axe.min.js").read_text("utf-8"))
    like(page, 1)
    for name in TABS:
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(300)
        for dark in (False, True):
            page.evaluate("dark => recsys.theme(dark)", dark)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} sticks out sideways"
            words = page.inner_text("body").split()
            assert not {"null", "undefined", "NaN", "[object"} & set(words), name
            keep(page, f"site-{name}-{screen}-{'dark' if dark else 'light'}".replace(" ", "-"))
            if axe is not None:
                assert violations(page) == [], (name, dark)
    page.get_by_role("tab", name="About").click()
    assert "sent nowhere" in page.locator("#rs-about").inner_text()


def test_no_data_is_loaded_twice(chromium, folder):
    paths: list[str] = []
    with serving(folder, paths) as address, visiting(chromium, f"{address}/{PATH}") as visit:
        page = visit("/")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.locator(READY).first.wait_for()
    data = [path for path in paths if "/data/" in path]
    assert sorted(data) == sorted({f"/{path.relative_to(folder).as_posix()}" for path in folder.rglob("data/*")})


FIRST_PICK = """place => new Promise(resolve => {
  const list = document.querySelector('#rs-newcomer');
  const before = list.querySelector('.rs-list');
  const drawn = new MutationObserver(() => {
    if (list.querySelector('.rs-list') === before) return;
    drawn.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - start));
  });
  drawn.observe(list, {childList: true, subtree: true});
  const start = performance.now();
  document.querySelectorAll('#rs-starters .rs-mark[data-verdict=like]')[place].click();
})"""


def test_a_like_gives_picks_without_asking_anybody(visit):
    page = visit("/?tab=newcomer", "phone")
    page.locator(f"#rs-starters {READY}").first.wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    times = [page.evaluate(FIRST_PICK, place) for place in range(4)]
    assert len(titles(page, "#rs-newcomer")) >= 12
    print(f"from a like to its picks: {min(times):.0f} to {max(times):.0f} ms")


def test_a_link_opens_details(visit, keep):
    page = visit("/?film=1&details=6")
    page.get_by_role("dialog").locator(".rs-row .rs-open").first.wait_for()
    assert page.get_by_role("dialog").locator("h2").inner_text().startswith("Heat")
    page.get_by_role("dialog").get_by_role("link", name="heist", exact=True).click()
    page.get_by_role("heading", name="Theme: heist").wait_for()
    assert {"Heat", "Reservoir Dogs"} <= set(titles(page, "#rs-similar"))
    page = visit("/?details=nothing")
    page.get_by_text("This site has no film with the id nothing.").wait_for()


def test_a_damaged_site_says_so(chromium, tmp_path, prepared, film_folder):
    export(prepared, film_folder, tmp_path)
    next(tmp_path.glob("start.*.bin")).unlink()
    with serving(tmp_path) as address:
        page = chromium.new_page()
        page.goto(address)
        page.get_by_text("This page cannot be shown. Reload it, or use a current browser.").wait_for()
        page.close()


def test_the_script_deploys_a_site_that_works(prepared, film_folder, tmp_path, chromium):
    with FakeHub() as hub:
        env = environment(prepared, film_folder, HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN)
        command = [sys.executable, "scripts/deploy_space.py", SPACE, "--static", "--private"]
        outputs = []
        for _ in range(2):
            run = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
            assert run.returncode == 0, run.stderr
            assert TOKEN not in run.stdout + run.stderr
            outputs.append(run.stdout.splitlines())
        assert outputs[0][0].startswith("created: ") and outputs[1][0] == "unchanged: nothing to do"
        assert outputs[0][-1] == "https://me-films.static.hf.space"
        assert "No ratings of single users are included." in outputs[0][1]
        for name, data in hub.repos["space", SPACE].files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        with serving(tmp_path) as address, visiting(chromium, address) as visit:
            page = visit("/?film=1")
            page.locator("#rs-similar h2", has_text="Films like").wait_for()
        refused = subprocess.run(
            [*command, "--hardware", "cpu-basic"], cwd=PROJECT, env=env, capture_output=True, text=True
        )
        assert refused.returncode == 1 and refused.stderr.endswith("leave out --hardware.\n")
