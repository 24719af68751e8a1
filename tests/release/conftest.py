"""Releases that several test files damage, each in a copy."""

from __future__ import annotations

import pytest
from releases import write


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory, tastes, facts):
    """A folder with two releases of one model, v1 and v2."""
    folder = tmp_path_factory.mktemp("two")
    for version in ("v1", "v2"):
        write(folder, tastes, facts, names=("popular",), version=version)
    return folder
