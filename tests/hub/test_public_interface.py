"""Nothing private of huggingface_hub is used, so that its next version does not break the app."""

from __future__ import annotations

import ast

import pytest
from film_app import PROJECT

LIBRARY = "huggingface_hub"
FILES = [path for folder in ("recsys", "scripts") for path in sorted((PROJECT / folder).rglob("*.py"))]
USERS = [path for path in [PROJECT / "app.py", *FILES] if LIBRARY in path.read_text(encoding="utf-8")]


def imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Dotted names imported from the library, and the names they have in the file."""
    dotted, local = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == LIBRARY:
            dotted |= {f"{node.module}.{alias.name}" for alias in node.names}
            local |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            dotted |= {alias.name for alias in node.names if alias.name.split(".")[0] == LIBRARY}
    return dotted, local


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_some_files_use_it():
    assert {"client.py", "repo.py", "backup_to_hub.py", "card.py"} <= {path.name for path in USERS}


@pytest.mark.parametrize("path", USERS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_no_private_name_is_imported_read_or_overridden(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    dotted, local = imported(tree)
    assert not [name for name in dotted if any(private(part) for part in name.split("."))]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            owner = ast.unparse(node.value)
            # what hangs on the object itself, or on another of its own class, is this package's
            assert owner in ("self", "cls"), f"{owner}.{node.attr} in line {node.lineno}"
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).split(".")[0] for base in node.bases}
            assert not bases & local, f"{node.name} inherits from {bases & local}"
