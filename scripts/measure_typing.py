"""Measure how fast the page suggests titles: from a key press in the browser to the list that is drawn for it.

The app must be running. Chromium types the beginnings of titles letter by letter, as a person does. If keys are pressed
before a list is drawn, the time is counted from the first of them.

    python app.py &
    python scripts/measure_typing.py http://127.0.0.1:7860
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import urllib.request

import numpy as np

FIELD = "#rs-find input"
OBSERVE = """
() => {
  const field = document.querySelector("#rs-find input");
  const list = document.getElementById(field.getAttribute("aria-controls"));
  window.typed = [];
  let pending = null;
  window.keys = 0;
  field.addEventListener("input", () => {
    if (!field.value.trim()) return;
    window.keys += 1;
    pending ??= performance.now();
  }, true);
  new MutationObserver(() => {
    const since = pending;
    if (since === null) return;
    pending = null;
    requestAnimationFrame(() => setTimeout(() => window.typed.push(performance.now() - since)));
  }).observe(list, { childList: true });
}
"""
MOST_S, SETTLE_MS = 60, 600


def main() -> None:
    """Print the times as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:7860", help="of the app")
    parser.add_argument("--texts", type=int, default=40, help="number of texts to type (default 40)")
    parser.add_argument("--pause", type=int, default=200, help="milliseconds between two keys (default 200)")
    options = parser.parse_args()
    print(json.dumps(measured(options.address, texts(options.address, options.texts), options.pause)))


def texts(address: str, count: int) -> list[str]:
    """Beginnings of titles that the app knows, a quarter of them with a missing letter."""
    body = json.dumps({"data": ["the", count]}).encode()
    request = urllib.request.Request(f"{address}/gradio_api/run/search", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=MOST_S) as reply:
        titles = [item["title"][:12] for item in json.load(reply)["data"][0]]
    return [title[:3] + title[4:] if place % 4 == 3 else title for place, title in enumerate(titles)]


def measured(address: str, typed: list[str], pause_ms: int) -> dict[str, float]:
    """Milliseconds from a key press to the drawn list: median, 95th percentile, and the numbers of keys and lists."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.exit("This needs a browser: pip install playwright, and Chromium.")
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--headless", "--no-sandbox"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector(FIELD, timeout=1000 * MOST_S)
        page.wait_for_timeout(5 * SETTLE_MS)
        page.evaluate(OBSERVE)
        for text in typed:
            page.fill(FIELD, "")
            page.locator(FIELD).press_sequentially(text, delay=pause_ms)
            page.wait_for_timeout(SETTLE_MS)
        keys, times = page.evaluate("window.keys"), page.evaluate("window.typed")
        browser.close()
    return {
        "keys": keys,
        "lists": len(times),
        "p50 ms": round(float(np.percentile(times, 50)), 1),
        "p95 ms": round(float(np.percentile(times, 95)), 1),
    }


if __name__ == "__main__":
    main()
