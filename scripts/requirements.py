"""Write requirements*.txt from pyproject.toml, which is the only place where dependencies are listed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
HEADER = "# Written by scripts/requirements.py from pyproject.toml; edit that file instead.\n"


def name_of(requirement: str) -> str:
    """The distribution that a requirement names.

    >>> name_of("gradio[mcp]>=6")
    'gradio'
    """
    matched = re.match(r"[\w.-]+", requirement)
    if matched is None:
        raise ValueError(f"{requirement!r} is not a requirement; write NAME>=VERSION.")
    return matched[0]


def files(project: Path = PROJECT) -> dict[str, str]:
    """The content of each requirements file by its name."""
    content = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    own, options = content["project"], content["tool"]["recsys"]["requirements"]
    extras: dict[str, list[str]] = own["optional-dependencies"]
    pinned = [_pinned(one, options["pins"]) for one in own["dependencies"]]
    serving = [one for one in pinned if name_of(one) not in options["training"]]
    return {
        "requirements.txt": _text(pinned),
        "requirements-serve.txt": _text(serving),
        "requirements-dev.txt": _text(["-r requirements.txt", *_flat(extras["dev"], own["name"], extras)]),
        "requirements-spark.txt": _text(["-r requirements.txt", *extras["spark"]]),
    }


def _pinned(requirement: str, pins: dict[str, Any]) -> str:
    name = name_of(requirement)
    return f"{name}=={pins[name]}" if name in pins else requirement


def _flat(requirements: list[str], own: str, extras: dict[str, list[str]]) -> list[str]:
    """The requirements with the project's own extras, such as recsys-gradio[mcp], written out."""
    found = []
    for one in requirements:
        if name_of(one) == own:
            named = re.findall(r"[\w-]+", one[one.index("[") :])
            found += [inner for extra in named for inner in _flat(extras[extra], own, extras)]
        else:
            found.append(one)
    return sorted(found)


def _text(lines: list[str]) -> str:
    return HEADER + "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    for file_name, text in files().items():
        (PROJECT / file_name).write_text(text, encoding="utf-8")
