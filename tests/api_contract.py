"""Parameters and defaults of every endpoint, as the README states them."""

from __future__ import annotations

PARAMETERS = {
    "/search": [("query", None), ("n", 10)],
    "/similar": [("title", None), ("n", 10), ("model", "content")],
    "/recommend": [("user_id", None), ("n", 10), ("model", ...)],
    "/hybrid": [("user_id", ""), ("title", ""), ("n", 10), ("balance", 0.5)],
    "/recommend_for": [("liked", None), ("disliked", []), ("n", 10), ("model", "hybrid")],
    "/explain": [("user_id", None), ("title", None), ("model", ...)],
    "/item": [("title", None)],
    "/user": [("user_id", None), ("n", 20)],
    "/join": [("liked", None)],
    "/rate": [("user_id", None), ("key", None), ("title", None), ("rating", None)],
    "/feedback": [("verdict", None), ("title", None), ("user_id", ""), ("model", ""), ("source", "")],
    "/models": [],
    "/about": [],
}
