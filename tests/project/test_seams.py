"""What each layer may touch of the layers and libraries below it."""

from __future__ import annotations

import ast

import pytest
from film_app import PROJECT
from parsed_files import nodes

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


# What the service is made of; page, API and the commands that answer use its methods instead.
INSIDE_THE_SERVICE = {"catalogue", "release", "visitors", "settings", "events", "latencies", "backup"}
# What page and API may import: the service, the operator's side of a running service, and values without behaviour.
FOR_THE_PAGE = ("recsys.serving", "recsys.api", "recsys.runtime", "recsys.page", "recsys.errors", "recsys.settings")
FOR_THE_API = ("recsys.serving", "recsys.api", "recsys.errors")
PROGRESS = "recsys.data.progress"
ALLOWED = {
    # the composition of the running program
    "page/serve.py": (*FOR_THE_PAGE, PROGRESS, "recsys.visitors"),
    # names of the default models are part of the contract
    "api/endpoints.py": (*FOR_THE_API, "recsys.models.content_based.content", "recsys.models.hybrid.hybrid"),
    # which failures are those of the machine
    "api/calls.py": (*FOR_THE_API, "recsys.data.storage"),
    # how JSON with a name given twice is told apart, everywhere
    "api/guard/json_bodies.py": (*FOR_THE_API, "recsys.data.json_names"),
    # what the guard refuses follows from the settings
    **{f"api/guard/{name}.py": (*FOR_THE_API, "recsys.settings") for name in ("headers", "hosts", "origins", "stack")},
    # words the API answers in
    "cli/commands/answers.py": ("recsys.cli", "recsys.serving", "recsys.settings"),
    "cli/commands/info.py": ("recsys.cli", "recsys.serving", "recsys.settings"),
    "cli/commands/serve.py": ("recsys.cli", "recsys.page", "recsys.settings"),
}
ASKING = [path for folder in ("page", "api") for path in sorted((PACKAGE / folder).rglob("*.py"))]
ASKING += [PACKAGE / "cli" / "commands" / name for name in ("answers.py", "info.py", "serve.py")]


def relative(path):
    return path.relative_to(PACKAGE).as_posix()


def imported(path):
    """Modules of the package that a file imports."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("recsys.")}


@pytest.mark.parametrize("path", ASKING, ids=relative)
def test_page_api_and_answering_commands_import_the_service_and_nothing_below(path):
    name = relative(path)
    allowed = ALLOWED.get(name, FOR_THE_API if name.startswith("api") else FOR_THE_PAGE)
    beyond = [one for one in imported(path) if not any(one == part or one.startswith(f"{part}.") for part in allowed)]
    assert beyond == []


@pytest.mark.parametrize("path", ASKING, ids=relative)
def test_nobody_reaches_through_the_service(path):
    reached = [
        (node.lineno, ast.unparse(node))
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and node.attr in INSIDE_THE_SERVICE
        and ast.unparse(node.value).split(".")[-1] == "service"
    ]
    assert reached == []


def test_nothing_of_a_service_is_assigned_from_outside():
    assigned = [
        (relative(path), node.lineno, ast.unparse(target))
        for path in FILES
        for node in nodes(path)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and ast.unparse(target.value).split(".")[-1] == "service"
    ]
    assert assigned == []
