"""Sign-in with an account, with Gradio's routes and the real OAuth client against an OpenID provider on localhost."""

from __future__ import annotations

import http.client
import shutil
from urllib.parse import urlsplit

import pytest
from fake_sign_in import CLIENT_ID, CLIENT_SECRET, SCOPES, FakeProvider
from film_app import running
from waiting import PATIENCE_S

from browser.conftest import visiting

CARD = ".rs-card:not(.rs-ghost)"
LOGIN, FAILED = "#rs-login", "Hugging Face did not confirm the sign-in. Try again."


@pytest.fixture
def provider():
    made = FakeProvider("ada")
    yield made
    made.close()


@pytest.fixture
def signing(provider, tmp_path, untouched, film_folder):
    """Address of the app as a Space with an OAuth application, and its log."""
    data = shutil.copytree(untouched, tmp_path / "data")
    space = {"SPACE_ID": "me/films", "SYSTEM": "spaces", "SPACE_HOST": "me-films.hf.space"}
    oauth = {"OAUTH_CLIENT_ID": CLIENT_ID, "OAUTH_CLIENT_SECRET": CLIENT_SECRET, "OAUTH_SCOPES": SCOPES}
    with running(data, film_folder, **space, **oauth, OPENID_PROVIDER_URL=provider.address) as site:
        provider.app = site
        yield site, tmp_path / f"app-{urlsplit(site).port}.log"


def sign_in(page) -> None:
    page.locator(LOGIN).click()
    page.locator(LOGIN, has_text="ada").wait_for()


def test_an_account_has_one_profile_in_every_browser(chromium, signing, provider):
    site, log = signing
    with visiting(chromium, site) as visit:
        page = visit("/?tab=newcomer")
        sign_in(page)
        assert urlsplit(page.url).query == "tab=newcomer" and provider.tokens[0]["code"]
        card = page.locator(f"#rs-starters {CARD}").first
        title = card.get_attribute("data-title") or card.locator(".rs-title").inner_text()
        card.locator("[data-verdict=like]").click()
        page.locator("#rs-marked", has_text=title).wait_for()
        page.locator(f"#rs-newcomer {CARD}").first.wait_for()
        page.wait_for_function("JSON.stringify(localStorage).includes('guest-')")  # the mark is sent after it is shown
        stored = page.evaluate("JSON.stringify(localStorage)")
        assert "ada" not in stored and "hidden" not in stored

        other = visit("/?tab=newcomer")
        assert other.locator("#rs-marked", has_text=title).count() == 0
        sign_in(other)
        other.locator("#rs-marked", has_text=title).wait_for()
        other.locator(LOGIN).click()
        other.locator(LOGIN, has_text="Sign in").wait_for()
        other.wait_for_function("!JSON.stringify(localStorage).includes('guest-')")
    text = log.read_text()
    assert "authlib" not in text and CLIENT_SECRET not in text and "of ada" not in text


def test_a_refused_sign_in_says_so(chromium, signing, provider):
    site, log = signing
    provider.refusal = "access_denied"
    with visiting(chromium, site) as visit:
        page = visit("/?tab=newcomer")
        page.locator(LOGIN).click()
        page.get_by_text(FAILED).wait_for()
        assert urlsplit(page.url).query == "tab=newcomer"
        page.locator(f"#rs-starters {CARD}").first.wait_for()
    assert "authlib" not in log.read_text()


@pytest.mark.parametrize(
    "query", ["error=access_denied&state=x", "error=%0aline%0a&error_description=secret", "code=%00"]
)
def test_a_forged_answer_of_the_provider_is_refused(signing, query):
    site, log = signing
    status, target = answer(site, f"/login/callback?{query}")
    assert status in (303, 307) and target.startswith(("/?tab=newcomer&sign_in=failed", "/login/huggingface"))
    assert "authlib" not in log.read_text() and "secret" not in log.read_text()


def test_a_provider_that_is_away_is_no_failure_of_the_page(signing, provider):
    site, log = signing
    provider.close()
    assert answer(site, "/login/huggingface") == (303, "/?tab=newcomer&sign_in=failed")
    assert answer(site, "/")[0] == 200 and "authlib" not in log.read_text()


def answer(site: str, path: str) -> tuple[int, str]:
    """Status and target of a redirect, which is not followed."""
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=PATIENCE_S)
    connection.request("GET", path)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status, reply.getheader("location", "")
