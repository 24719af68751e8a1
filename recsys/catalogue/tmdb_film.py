"""Read TMDb's description of a film: the fields that are cached, and where it can be watched by country."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DETAILS = {"append_to_response": "videos,credits,release_dates,watch/providers"}
"""Parameters of a request for a film that return all of these fields at once."""
CERTIFICATES_FROM = ("US", "GB")
"""Countries whose certificate is shown, the first that has one; another country's if none of them has."""
OFFERS = {"stream": ("flatrate", "free", "ads"), "rent": ("rent",), "buy": ("buy",)}
"""Ways of watching a film, and TMDb's names of them."""
MAX_CAST = 8
MAX_MINUTES = 10_000


def digest(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of TMDb's response that are cached; None if it describes no film.

    Missing texts are "", a missing running time is None, and missing lists are empty. `providers` has, by country code,
    the names of the services of each way of OFFERS.
    """
    if not isinstance(answer.get("id"), int):
        return None
    path, people, minutes = answer.get("poster_path"), answer.get("credits"), answer.get("runtime")
    people = people if isinstance(people, dict) else {}
    crew, cast = dicts(people.get("crew")), dicts(people.get("cast"))
    known = isinstance(minutes, int) and not isinstance(minutes, bool) and 0 < minutes <= MAX_MINUTES
    return {
        "tmdb_id": answer["id"],
        "poster_path": path if isinstance(path, str) and re.fullmatch(r"/[\w.-]+", path) else "",
        "overview": str(answer.get("overview") or ""),
        "trailer": _trailer(answer.get("videos")),
        "director": ", ".join(str(one["name"]) for one in crew if one.get("job") == "Director" and one.get("name")),
        "cast": [str(one["name"]) for one in cast[:MAX_CAST] if one.get("name")],
        "language": str(answer.get("original_language") or ""),
        "original_title": str(answer.get("original_title") or ""),
        "runtime": minutes if known else None,
        "certificate": _certificate(answer.get("release_dates")),
        "providers": _providers(answer.get("watch/providers")),
    }


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects in a JSON list; empty if it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _certificate(releases: object) -> str:
    """The age certificate, such as "PG-13"; one of another country follows its code, as "DE 12"."""
    found: dict[str, str] = {}
    for country in dicts(releases.get("results") if isinstance(releases, dict) else None):
        names = [str(one.get("certification") or "") for one in dicts(country.get("release_dates"))]
        if first := next(filter(None, names), ""):
            found.setdefault(str(country.get("iso_3166_1")), first)
    for code in CERTIFICATES_FROM:
        if code in found:
            return found[code] if code == CERTIFICATES_FROM[0] else f"{code} {found[code]}"
    return " ".join(min(found.items(), default=()))


def _providers(answer: object) -> dict[str, dict[str, list[str]]]:
    countries = answer.get("results") if isinstance(answer, dict) else None
    found: dict[str, dict[str, list[str]]] = {}
    for code, offers in countries.items() if isinstance(countries, dict) else ():
        if not re.fullmatch(r"[A-Z]{2}", str(code)) or not isinstance(offers, dict):
            continue
        ways = {way: _names(offers, kinds) for way, kinds in OFFERS.items()}
        if any(ways.values()):
            found[code] = {way: names for way, names in ways.items() if names}
    return dict(sorted(found.items()))


def _names(offers: Mapping[str, Any], kinds: tuple[str, ...]) -> list[str]:
    named = (one.get("provider_name") for kind in kinds for one in dicts(offers.get(kind)))
    return list(dict.fromkeys(str(name) for name in named if name))


def _trailer(videos: object) -> str:
    """YouTube URL of the best trailer: a trailer before a teaser, official before unofficial; "" if there is no
    trailer."""
    found = [
        video
        for video in dicts(videos.get("results") if isinstance(videos, dict) else None)
        if video.get("site") == "YouTube" and re.fullmatch(r"[\w-]{6,20}", str(video.get("key")))
    ]
    found = [video for video in found if video.get("type") in ("Trailer", "Teaser")]
    found.sort(key=lambda video: (video["type"] != "Trailer", not video.get("official")))
    return f"https://www.youtube.com/watch?v={found[0]['key']}" if found else ""
