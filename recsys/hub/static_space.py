"""Deploy an exported site as a static Space: all files in one commit, old ones of the same site deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, HubError
from recsys.hub.client import api, retrying
from recsys.hub.repo import Changes, blob_equals, check_repo, commit, look_or_none, read_tree
from recsys.settings import Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi

DEPLOYING = "Deploying to"
OURS = re.compile(r"data/.+|(site|start)\.[0-9a-f]{10}\.\w+")  # files whose names change with their content


def deploy_site(
    space_id: str,
    files: Mapping[str, bytes],
    settings: Settings,
    *,
    tagline: str = "",
    about: str = "",
    private: bool = False,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """Create or update a static Space; repeating it with the same files changes nothing.

    Args:
        space_id: `USER/SPACE`, created if it is missing.
        files: the site by name.
        settings: token and endpoint.
        tagline, about: short description of the Space, and text of its README below the front matter.
        private: whether a new Space is private.
        progress: called for each step.

    Returns:
        space, url, address (of the site), commit, created, files_sent, files_deleted.

    Raises:
        HubError, NotAllowed, BadInput: the deployment failed; the text says why in one sentence.
    """
    from huggingface_hub import get_token

    check_repo(space_id)
    token = settings.hf_token or get_token()
    if not token:
        raise HubError(f"{DEPLOYING} {space_id} needs a token. Set HF_TOKEN to one with write access to the Space.")
    client = api(token, settings.hub_endpoint)
    progress(f"Looking at the Space {space_id}")
    there = look_or_none(client, lambda: client.space_info(space_id), space_id, DEPLOYING)
    if there is None:
        _create(client, space_id, private)
    elif there.sdk != "static":
        raise BadInput(
            f"{space_id} is a Space with the SDK {there.sdk}, which cannot become a static one. Choose another name."
        )
    wanted = {**files, "README.md": readme(tagline, about)}

    def find_changes() -> Changes:
        head = client.space_info(space_id).sha
        tree = read_tree(client, space_id, head, "space") if head else {}
        changed = {name: data for name, data in wanted.items() if name not in tree or not blob_equals(tree[name], data)}
        if changed:
            progress(f"Sending {len(changed)} of {len(wanted)} files to {space_id}")
        return Changes(head, changed, [name for name in tree if OURS.fullmatch(name) and name not in wanted])

    head, changes = commit(client, space_id, find_changes, "Update the site", doing=DEPLOYING, kind="space")
    return {
        "space": space_id,
        "url": f"{client.endpoint}/spaces/{space_id}",
        "address": address(space_id),
        "commit": head,
        "created": there is None,
        "files_sent": list(changes.add),
        "files_deleted": list(changes.delete),
    }


def address(space_id: str) -> str:
    """Return the URL of a static Space's site.

    >>> address("Some.User/my_films")
    'https://some-user-my-films.static.hf.space'
    """
    return f"https://{re.sub(r'[^a-z0-9]+', '-', space_id.lower())}.static.hf.space"


def readme(tagline: str, about: str) -> bytes:
    """README of a static Space with its front matter."""
    import yaml

    front = {
        "title": "recsys",
        "emoji": "🎬",
        "colorFrom": "indigo",
        "colorTo": "gray",
        "sdk": "static",
        "app_file": "index.html",
        "short_description": tagline,
        "pinned": False,
        "tags": ["recommender-system"],
    }
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n{about.strip()}\n".encode()


def _create(client: HfApi, space_id: str, private: bool) -> None:
    retrying(
        lambda: client.create_repo(space_id, repo_type="space", space_sdk="static", private=private, exist_ok=True),
        space_id,
        DEPLOYING,
    )
