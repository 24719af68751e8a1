"""The app on a Space: only the files it needs, in one commit; variables and secrets; nothing where nothing changed."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, HubError, NotAllowed
from recsys.hub.client import BRIEF, api, retrying
from recsys.hub.push_release import on_top
from recsys.hub.repo import check_repo, read_tree
from recsys.settings import CATALOGUES, MOVIELENS_NAMES, NAME, PROJECT, Settings

log = logging.getLogger(__name__)
FILES = ("app.py", "requirements.txt", "LICENSE", "data/film_notes.jsonl")
PACKAGE = "recsys"
SECTIONS = ("## What you get", "## The API", "## Data and licences")  # of the README, for who visits the Space
LEFT_OUT = ("__pycache__", ".pyc", ".pyi")
DEPLOYING = "deploying to"


def contents(models: list[str], project: Path = PROJECT) -> dict[str, bytes]:
    """What the Space holds, by name: app, package, film notes, licence, and a README with its front matter.

    Args:
        models: model repos that the README's front matter names.
        project: the project's folder.

    Raises:
        BadInput: a file is missing, such as in an installed package.
    """
    inside = [path.relative_to(project) for path in sorted((project / PACKAGE).rglob("*")) if path.is_file()]
    package = [
        path.as_posix()
        for path in inside
        if not any(part.endswith(LEFT_OUT) or part.startswith(".") for part in path.parts)
    ]
    found = {}
    for name in (*FILES, "README.md", *package):
        try:
            found[name] = (project / name).read_bytes()
        except FileNotFoundError:
            raise BadInput(f"{project} has no {name}: deploy from a clone of the project.") from None
    found["README.md"] = readme(found["README.md"].decode("utf-8"), models).encode("utf-8")
    return found


def readme(text: str, models: list[str]) -> str:
    """The project's README as a Space's: front matter with the models, the introduction, and nothing that links to
    files which are not sent along.

    Raises:
        BadInput: there is no front matter.
    """
    import yaml

    parts = re.match(r"---\n(.*?\n)---\n+(.*)", text, re.DOTALL)
    front = yaml.safe_load(parts[1]) if parts else None
    if not isinstance(front, dict):
        raise BadInput("README.md has no front matter for a Space: it must begin with --- and fields such as sdk.")
    if models:
        front["models"] = models
    introduction, *sections = re.split(r"\n(?=## )", parts[2])
    kept = [section for section in sections if section.startswith(SECTIONS)]
    body = "\n\n".join(part.strip() for part in (introduction, *kept))
    body = re.sub(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*", "", body)
    body = re.sub(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)", r"\1", body)
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n{body}\n"


def deploy(
    space_id: str,
    settings: Settings,
    *,
    model_repo: str | None = None,
    revision: str | None = None,
    feedback_repo: str | None = None,
    private: bool = False,
    renew_secrets: bool = False,
    progress: Progress = quiet,
    project: Path = PROJECT,
) -> dict[str, Any]:
    """Create or update a Space; doing it again with the same files and settings changes nothing.

    A secret cannot be read back, so one that is there is only sent again where asked for. Files of the package that
    are gone from the project are deleted in the same commit, files of others stay.

    Args:
        space_id: `USER/SPACE`, created where it is missing.
        settings: token and endpoint; TMDb key and admin key for the secrets; catalogue and data set.
        model_repo: release to serve; must exist.
        revision: tag, branch or commit to serve, for pinning and going back (default: main).
        feedback_repo: private dataset repo for profiles, ratings and feedback; created where it is missing.
        private: whether a new Space is private.
        renew_secrets: send secrets that the Space has already.
        progress: called with a line for each step.
        project: the project's folder.

    Returns:
        space, url, address (of the app), commit, created, files_sent, files_deleted, variables and secrets (names that
        were set).

    Raises:
        HubError, NotAllowed, BadInput: one sentence with what is wrong.
    """
    from huggingface_hub import get_token

    for repo_id in filter(None, (space_id, model_repo, feedback_repo)):
        check_repo(repo_id)
    if settings.catalogue not in CATALOGUES and not model_repo:
        raise BadInput(
            f"{settings.catalogue_name} is a catalogue of your own, and a Space gets it from a model repo: push its "
            "release with python -m recsys push USER/REPO --with-data, and name that repo with --model-repo."
        )
    if settings.catalogue not in CATALOGUES and not NAME.fullmatch(settings.catalogue_name):
        raise BadInput(
            f"{settings.catalogue_name!r} cannot name a catalogue on a Space: give its folder a name of letters, "
            "digits, - and _."
        )
    if revision and not model_repo:
        raise BadInput(f"revision is {revision!r} and there is no model repo to take it from.")
    token = settings.hf_token or get_token()
    if not token:
        raise HubError(f"{DEPLOYING} {space_id} needs a token: set HF_TOKEN to one with write access to the Space.")
    client = api(token, settings.hub_endpoint)
    files = contents([model_repo] if model_repo else [], project)
    closed = model_repo is not None and _model_is_private(client, model_repo)
    if feedback_repo:
        _ensure_private_dataset(client, feedback_repo)
    variables = _variables(settings, model_repo, revision, feedback_repo)
    secrets = _secrets(settings, token if closed or feedback_repo else None)
    progress(f"Looking at the Space {space_id}")
    created = _ensure(client, space_id, private, variables, secrets)
    set_variables, set_secrets = list(variables), list(secrets)
    if not created:
        set_variables, set_secrets = _configure(client, space_id, variables, secrets, renew_secrets)
    sent: list[str] = []
    deleted: list[str] = []

    def commit_once() -> str:
        nonlocal sent, deleted
        head = client.space_info(space_id).sha
        tree = read_tree(client, space_id, head, "space") if head else {}
        sent = [name for name, data in files.items() if name not in tree or not _same(data, tree[name])]
        deleted = [name for name in tree if name.startswith(f"{PACKAGE}/") and name not in files]
        if not sent and not deleted:
            return head
        progress(f"Sending {len(sent)} of {len(files)} files to {space_id}")
        return _commit(client, space_id, {name: files[name] for name in sent}, deleted, head)

    commit = on_top(commit_once, space_id, DEPLOYING)
    return {
        "space": space_id,
        "url": f"{client.endpoint}/spaces/{space_id}",
        "address": address(space_id),
        "commit": commit,
        "created": created,
        "files_sent": sent,
        "files_deleted": deleted,
        "variables": set_variables,
        "secrets": set_secrets,
    }


def address(space_id: str) -> str:
    """Where the app of a Space is served.

    >>> address("Some.User/my_films")
    'https://some-user-my-films.hf.space'
    """
    return f"https://{re.sub(r'[^a-z0-9]+', '-', space_id.lower())}.hf.space"


def _variables(
    settings: Settings, model_repo: str | None, revision: str | None, feedback_repo: str | None
) -> dict[str, str]:
    wanted = {
        "RECSYS_HUB_REPO": model_repo,
        # Set to main where nothing is pinned, so that a pin from before goes away.
        "RECSYS_HUB_REVISION": (revision or "main") if model_repo else None,
        "RECSYS_FEEDBACK_REPO": feedback_repo,
        # A catalogue of one's own goes by its name alone: its items and ratings come with the release.
        "RECSYS_CATALOGUE": settings.catalogue_name if settings.catalogue != CATALOGUES[0] else None,
        "RECSYS_DATASET": settings.dataset if settings.dataset in MOVIELENS_NAMES else None,
        "RECSYS_FEEDBACK_MINUTES": f"{settings.feedback_minutes:g}" if settings.feedback_minutes != 5 else None,
    }
    return {name: value for name, value in wanted.items() if value}


def _secrets(settings: Settings, token: str | None) -> dict[str, str]:
    wanted = {"HF_TOKEN": token, "TMDB_API_KEY": settings.tmdb_api_key, "RECSYS_ADMIN_KEY": settings.admin_key}
    return {name: value for name, value in wanted.items() if value}


def _model_is_private(client: Any, repo_id: str) -> bool:
    return bool(retrying(lambda: client.model_info(repo_id), repo_id, "looking at", BRIEF).private)


def _ensure_private_dataset(client: Any, repo_id: str) -> None:
    from huggingface_hub.errors import RepositoryNotFoundError

    def look() -> Any:
        try:
            return client.dataset_info(repo_id)
        except RepositoryNotFoundError:
            return None

    info = retrying(look, repo_id, "looking at", BRIEF)
    if info is None:
        retrying(
            lambda: client.create_repo(repo_id, repo_type="dataset", private=True, exist_ok=True),
            repo_id,
            "creating the dataset repo",
        )
    elif not info.private:
        raise NotAllowed(f"the dataset repo {repo_id} is public: make it private before feedback is kept in it.")


def _ensure(
    client: Any, space_id: str, private: bool, variables: Mapping[str, str], secrets: Mapping[str, str]
) -> bool:
    """Create the Space where it is missing; True if it was."""
    from huggingface_hub.errors import RepositoryNotFoundError

    def look() -> Any:
        try:
            return client.space_info(space_id)
        except RepositoryNotFoundError:
            return None

    if retrying(look, space_id, DEPLOYING, BRIEF) is not None:
        return False
    retrying(
        lambda: client.create_repo(
            space_id,
            repo_type="space",
            space_sdk="gradio",
            private=private,
            exist_ok=True,
            space_variables=[{"key": name, "value": value} for name, value in variables.items()],
            space_secrets=[{"key": name, "value": value} for name, value in secrets.items()],
        ),
        space_id,
        "creating the Space",
    )
    return True


def _configure(
    client: Any, space_id: str, variables: Mapping[str, str], secrets: Mapping[str, str], renew: bool
) -> tuple[list[str], list[str]]:
    """Set what differs, because each setting restarts the Space; returns the names."""
    there = retrying(lambda: client.get_space_variables(space_id), space_id, DEPLOYING)
    changed = [name for name, value in variables.items() if name not in there or there[name].value != value]
    for name in changed:
        retrying(lambda name=name: client.add_space_variable(space_id, name, variables[name]), space_id, DEPLOYING)
    known = {} if renew or not secrets else retrying(lambda: client.get_space_secrets(space_id), space_id, DEPLOYING)
    added = [name for name in secrets if name not in known]
    for name in added:
        retrying(lambda name=name: client.add_space_secret(space_id, name, secrets[name]), space_id, DEPLOYING)
    return changed, added


def _same(data: bytes, remote: Any) -> bool:
    if remote.lfs:
        return remote.lfs.sha256 == hashlib.sha256(data).hexdigest()
    return remote.blob_id == hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()


def _commit(client: Any, space_id: str, files: Mapping[str, bytes], deleted: list[str], head: str | None) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    return client.create_commit(
        space_id,
        [CommitOperationAdd(path_in_repo=name, path_or_fileobj=data) for name, data in files.items()]
        + [CommitOperationDelete(path_in_repo=name) for name in deleted],
        repo_type="space",
        commit_message="Update the app",
        parent_commit=head,
    ).oid
