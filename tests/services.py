"""A service like another one, with other settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recsys.serving.service import Service


def with_settings(service: Service, **changes: Any) -> Service:
    """A service over the same catalogue, visitors and release."""
    settings = replace(service.settings, **changes)
    return Service(settings, service.catalogue, service.visitors, service.release)


def history(service: Service, user_id: str) -> dict[str, float]:
    """Ratings by item id, oldest first, of a user of the data set or a profile."""
    return (service.catalogue if service.catalogue.has_user(user_id) else service.visitors).history(user_id)
