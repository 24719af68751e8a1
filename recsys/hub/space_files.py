"""The files of a Space: the app, the package, bundled data, requirements, and a README with its front matter."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.errors import BadInput
from recsys.hub.space_hardware import ZERO_GPU
from recsys.settings import PROJECT

FILES = ("app.py", "LICENSE")
PACKAGE = "recsys"
SECTIONS = ("## What you get", "## The API", "## Data and licences")  # sections of the README for a Space
LEFT_OUT = ("__pycache__", ".pyc", ".pyi")
NOT_SERVED = "recsys/training/spark/"  # not deployed: a Space has no Java, and the app imports nothing from here
NAME = re.compile(r"[\w.-]+")


def contents(
    model_repo: str | None,
    project: Path = PROJECT,
    *,
    hardware: str = ZERO_GPU,
    also: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """Return the files of the Space by name.

    Args:
        model_repo: repository of the release to serve, for the README's front matter. A Space that pulls its models
            gets only the requirements for serving.
        project: the project's folder.
        hardware: the Space's hardware, for its requirements and its front matter.
        also: further files.

    Raises:
        BadInput: a file is missing, for example because the package is installed without the project.
    """
    found = {name: _read(project, name) for name in FILES}
    options = tomllib.loads(_read(project, "pyproject.toml").decode("utf-8"))["tool"]
    found |= {name: _read(project, name) for name in (*_bundled(project, options), *_package(project))}
    text = _read(project, "README.md").decode("utf-8")
    return {
        **found,
        **(also or {}),
        "requirements.txt": _requirements(project, options, hardware, serving_only=model_repo is not None),
        "README.md": readme(text, [model_repo] if model_repo else [], hardware).encode("utf-8"),
    }


def readme(text: str, models: list[str], hardware: str = ZERO_GPU) -> str:
    """Convert the project's README for a Space: front matter with the models, introduction, no links to missing files.

    Raises:
        BadInput: there is no front matter.
    """
    import yaml

    parts = re.match(r"---\n(.*?\n)---\n+(.*)", text, re.DOTALL)
    front = yaml.safe_load(parts[1]) if parts else None
    if parts is None or not isinstance(front, dict):
        raise BadInput("README.md has no front matter for a Space. It must begin with --- and fields such as sdk.")
    front["suggested_hardware"] = hardware
    if models:
        front["models"] = models
    introduction, *sections = re.split(r"\n(?=## )", parts[2])
    chosen = [section for section in sections if section.startswith(SECTIONS)]
    body = "\n\n".join(part.strip() for part in (introduction, *chosen))
    body = re.sub(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*", "", body)
    body = re.sub(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)", r"\1", body)
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n{body}\n"


def _requirements(project: Path, options: Mapping[str, Any], hardware: str, *, serving_only: bool) -> bytes:
    """The requirements file; ZeroGPU brings some packages in versions of its own, and needs PyTorch for its GPUs."""
    text = _read(project, "requirements-serve.txt" if serving_only else "requirements.txt")
    if hardware != ZERO_GPU:
        return text
    different = options["recsys"]["requirements"]["zero_gpu"]
    lines = [line for line in text.decode("utf-8").splitlines() if _name(line) not in different["without"]]
    return "".join(f"{line}\n" for line in [*lines, *([] if serving_only else different["also"])]).encode("utf-8")


def _name(line: str) -> str:
    found = NAME.match(line)
    return found[0] if found else ""


def _read(project: Path, name: str) -> bytes:
    try:
        return (project / name).read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{project} has no {name}. Deploy from a clone of the project.") from None


def _bundled(project: Path, options: Mapping[str, Any]) -> list[str]:
    """The data files that come with the project, as pyproject.toml lists them for the installed package."""
    names = []
    for name in options["hatch"]["build"]["targets"]["wheel"]["force-include"]:
        path = project / name
        names += [name] if not path.is_dir() else _files_below(project, path)
    return names


def _package(project: Path) -> list[str]:
    return [name for name in _files_below(project, project / PACKAGE) if not name.startswith(NOT_SERVED)]


def _files_below(project: Path, folder: Path) -> list[str]:
    paths = [path.relative_to(project) for path in sorted(folder.rglob("*")) if path.is_file()]
    hidden = [any(part.endswith(LEFT_OUT) or part.startswith(".") for part in path.parts) for path in paths]
    return [path.as_posix() for path, left_out in zip(paths, hidden, strict=True) if not left_out]
