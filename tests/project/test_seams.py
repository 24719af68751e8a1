"""What each layer may touch of the layers and libraries below it."""

from __future__ import annotations

import ast

import pytest
from film_app import PROJECT

PACKAGE = PROJECT / "recsys"
PATCHES = PACKAGE / "api" / "gradio_patches.py"
FILES = sorted(PACKAGE.rglob("*.py"))
OF_GRADIO = [path for path in FILES if "gradio" in path.read_text(encoding="utf-8") and path != PATCHES]
# Attributes of Gradio's objects that its documentation does not name.
UNDOCUMENTED = {
    "validate_inputs",
    "get_config",
    "get_component_class_id",
    "api_info",
    "api_info_as_input",
    "api_info_as_output",
    "example_inputs",
    "skip_api",
    "mcp_server_obj",
    "postprocess_output_data",
    "fns",
    "blocks",
}


def nodes(path):
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def private_names_of_gradio(path):
    """Where a file reaches into Gradio: undocumented or underscored attributes, and submodules."""
    found = []
    for node in nodes(path):
        if isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            underscored = node.attr.startswith("_") and not node.attr.startswith("__")
            if not own and (underscored or node.attr in UNDOCUMENTED):
                found.append((node.lineno, node.attr))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gradio."):
            found.append((node.lineno, node.module))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names if alias.name.startswith("gradio.")]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "sys.modules":
            found.append((node.lineno, "sys.modules"))
    return found


@pytest.mark.parametrize("path", OF_GRADIO, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_patches_reach_into_gradio(path):
    assert private_names_of_gradio(path) == []


def test_the_search_for_private_names_finds_the_patches():
    assert {name for _, name in private_names_of_gradio(PATCHES)} >= {"validate_inputs", "get_config", "mcp_server_obj"}
