"""Say what an exported site contains, under which terms, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.catalogue.wording import Wording

FILES = ("DATA.md",)  # files for the person who publishes the site; visitors do not load them
DEVICE = "Recommendations are computed on this device. Your ratings stay in this browser and are sent nowhere."
Info = Mapping[str, Any]


def contents(info: Info, words: Wording, n_items: int) -> list[str]:
    """What the site contains and the terms of the data, in sentences."""
    return [
        f"{info['title']}: {n_items:,} of {info['n_items']:,} {words.items} with titles and descriptions, and "
        f"weights learned from {info['n_ratings']:,} {words.ratings}. "
        f"No {words.ratings} of single {words.people} are included.",
        f"Terms of the data: {info['licence']}." if info.get("licence") else "The data set states no licence.",
    ]


def warning(info: Info) -> str:
    """A sentence if the terms of the data set do not allow passing it on, "" otherwise."""
    if info.get("redistributable"):
        return ""
    return (
        f"The terms of {info['title']} do not allow passing it on without permission. Keep this site to yourself, or "
        "export one from data that may be published: RECSYS_DATASET=movietweetings."
    )


def files(info: Info, n_items: int) -> dict[str, bytes]:
    """DATA.md, which goes with the site."""
    link = f"\n\nSource and full terms: {info['licence_url']}" if info.get("licence_url") else ""
    parts = [
        "# Data of this site",
        f"Data set: {info['title']} ({n_items:,} items).",
        f"Licence: {info.get('licence') or 'not stated'}.{link}",
        "The files in `data/` have titles, years, genres, people, descriptions, mean ratings and numbers of ratings of "
        "items, and weights between items learned from ratings. They have no ratings of single users.",
        warning(info),
    ]
    return {FILES[0]: ("\n\n".join(filter(None, parts)) + "\n").encode()}


def sections(info: Info, words: Wording, n_items: int) -> list[dict[str, Any]]:
    """The text of the tab about the site."""
    items = words.items
    return [
        {
            "title": "Your ratings stay here",
            "lines": [
                "Your browser has loaded the whole site and computes all lists itself. What you like, rate, import or "
                "save is stored in this browser only and sent nowhere.",
                "Clearing the data of this site in your browser removes it. After the first visit the site also works "
                "without a network.",
            ],
        },
        {"title": "Data", "lines": contents(info, words, n_items), "link": info.get("licence_url") or None},
        {
            "title": "What the edition with a server has and this site does not",
            "lines": [
                "One model (EASE) with its largest weights instead of a choice of models; lists of similar "
                f"{items} come from the server's comparison of content and ratings.",
                "No match in per cent, because it is calibrated to the scores of the whole model.",
                "No profiles on several devices: there is no server to store them.",
                "Search finds titles and people, not descriptions, genres, years or wishes in words.",
                f"No lists for members of the data set, no blend of a user and a {words.item}, no files for other "
                "sites, no feed, no filters by length or certificate, and no API.",
                "Drawn posters only, because photographs would come from another host.",
                "Imports of CSV files only (Letterboxd, IMDb, or a column Title), not of ZIP and JSON files.",
            ],
        },
    ]
