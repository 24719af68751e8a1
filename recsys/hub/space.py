"""Deploy the app to a Space: commit the files it needs, and set its variables and secrets."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, HubError, listing
from recsys.hub.client import FEW_RETRIES, api, retrying
from recsys.hub.pull_release import peek
from recsys.hub.repo import Changes, blob_equals, check_repo, commit, ensure_private_dataset, look_or_none, read_tree
from recsys.models import registry
from recsys.settings import CATALOGUES, NAME, PROJECT, Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi

FILES = ("app.py", "LICENSE")
PACKAGE = "recsys"
SECTIONS = ("## What you get", "## The API", "## Data and licences")  # sections of the README for a Space
LEFT_OUT = ("__pycache__", ".pyc", ".pyi")
NOT_SERVED = "recsys/training/spark/"  # not deployed: a Space has no Java, and the app imports nothing from here
DEPLOYING = "Deploying to"


@dataclass(frozen=True)
class Plan:
    """Options of a deployment.

    Attributes:
        space_id: `USER/SPACE`, created if it is missing.
        model_repo: repository of the release to serve; must exist. Without it, the Space trains its models itself.
        revision: tag, branch or commit to serve, for pinning and rolling back (default: main).
        feedback_repo: private dataset repository for visitors' data; created if it is missing.
        private: whether a new Space is private.
        renew_secrets: also send secrets that the Space already has, which cannot be read and compared.
    """

    space_id: str
    model_repo: str | None = None
    revision: str | None = None
    feedback_repo: str | None = None
    private: bool = False
    renew_secrets: bool = False

    def check(self, settings: Settings) -> None:
        """Check that the plan can work with these settings, before anything is written.

        Raises:
            BadInput: it cannot; the text says why in one sentence.
        """
        for repo_id in filter(None, (self.space_id, self.model_repo, self.feedback_repo)):
            check_repo(repo_id)
        if self.revision and not self.model_repo:
            raise BadInput(f"--revision is {self.revision!r}, but there is no model repository. Add --model-repo.")
        if settings.catalogue in CATALOGUES:
            return
        if not self.model_repo:
            raise BadInput(
                f"{settings.catalogue_name} is your own catalogue, and a Space gets it from a model repository. Push "
                "its release with python -m recsys push USER/REPO --with-data, and add --model-repo USER/REPO."
            )
        if not NAME.fullmatch(settings.catalogue_name):
            raise BadInput(
                f"{settings.catalogue_name!r} cannot name a catalogue on a Space. Rename its folder; use letters, "
                "digits, - and _."
            )


def deploy(plan: Plan, settings: Settings, *, progress: Progress = quiet, project: Path = PROJECT) -> dict[str, Any]:
    """Create or update a Space; repeating it with the same files and settings changes nothing.

    Files of the package that the project no longer has are deleted in the same commit; other files stay.

    Args:
        plan: options of the deployment.
        settings: token and endpoint; TMDb key and admin key for the secrets; catalogue and data set.
        progress: called for each step.
        project: the project's folder.

    Returns:
        space, url, address (of the app), commit, created, files_sent, files_deleted, variables and secrets (names
        that were set).

    Raises:
        HubError, NotAllowed, BadInput: the deployment failed; the text says why in one sentence.
    """
    from huggingface_hub import get_token

    plan.check(settings)
    space_id = plan.space_id
    token = settings.hf_token or get_token()
    if not token:
        raise HubError(f"{DEPLOYING} {space_id} needs a token. Set HF_TOKEN to one with write access to the Space.")
    files = contents(plan.model_repo, project)
    client = api(token, settings.hub_endpoint)
    needs_token = plan.model_repo is not None and _is_private(client, plan.model_repo)
    if plan.model_repo is not None:
        _check_release(plan, settings, token)
    if plan.feedback_repo:
        ensure_private_dataset(client, plan.feedback_repo)
        needs_token = True
    variables, secrets = _variables(plan, settings), _secrets(settings, token if needs_token else None)
    progress(f"Looking at the Space {space_id}")
    created = _ensure_space(client, plan, variables, secrets)
    set_variables, set_secrets = list(variables), list(secrets)
    if not created:
        set_variables, set_secrets = _configure(client, plan, variables, secrets)

    def find_changes() -> Changes:
        changes = _difference(client, space_id, files)
        if changes.add or changes.delete:
            progress(f"Sending {len(changes.add)} of {len(files)} files to {space_id}")
        return changes

    head, changes = commit(client, space_id, find_changes, "Update the app", doing=DEPLOYING, kind="space")
    return {
        "space": space_id,
        "url": f"{client.endpoint}/spaces/{space_id}",
        "address": address(space_id),
        "commit": head,
        "created": created,
        "files_sent": list(changes.add),
        "files_deleted": list(changes.delete),
        "variables": set_variables,
        "secrets": set_secrets,
    }


def address(space_id: str) -> str:
    """Return the URL of a Space's app.

    >>> address("Some.User/my_films")
    'https://some-user-my-films.hf.space'
    """
    return f"https://{re.sub(r'[^a-z0-9]+', '-', space_id.lower())}.hf.space"


def contents(model_repo: str | None, project: Path = PROJECT) -> dict[str, bytes]:
    """Return the files of the Space by name: app, package, bundled data, licence, requirements, and its README.

    Args:
        model_repo: repository of the release to serve, for the README's front matter. A Space that pulls its models
            gets only the requirements for serving.
        project: the project's folder.

    Raises:
        BadInput: a file is missing, for example because the package is installed without the project.
    """
    found = {name: _read(project, name) for name in FILES}
    found |= {name: _read(project, name) for name in (*_bundled(project), *_package(project))}
    requirements = "requirements-serve.txt" if model_repo else "requirements.txt"
    text = _read(project, "README.md").decode("utf-8")
    return {
        **found,
        "requirements.txt": _read(project, requirements),
        "README.md": readme(text, [model_repo] if model_repo else []).encode("utf-8"),
    }


def readme(text: str, models: list[str]) -> str:
    """Convert the project's README for a Space: front matter with the models, introduction, no links to missing files.

    Raises:
        BadInput: there is no front matter.
    """
    import yaml

    parts = re.match(r"---\n(.*?\n)---\n+(.*)", text, re.DOTALL)
    front = yaml.safe_load(parts[1]) if parts else None
    if parts is None or not isinstance(front, dict):
        raise BadInput("README.md has no front matter for a Space. It must begin with --- and fields such as sdk.")
    if models:
        front["models"] = models
    introduction, *sections = re.split(r"\n(?=## )", parts[2])
    chosen = [section for section in sections if section.startswith(SECTIONS)]
    body = "\n\n".join(part.strip() for part in (introduction, *chosen))
    body = re.sub(r"!\[[^\]]*\]\((?!https?:)[^)]*\)\n*", "", body)
    body = re.sub(r"\[([^\]]*)\]\((?!https?:|#)[^)]*\)", r"\1", body)
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n{body}\n"


def _read(project: Path, name: str) -> bytes:
    try:
        return (project / name).read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{project} has no {name}. Deploy from a clone of the project.") from None


def _bundled(project: Path) -> list[str]:
    """The data files that come with the project, as pyproject.toml lists them for the installed package."""
    build = tomllib.loads(_read(project, "pyproject.toml").decode("utf-8"))["tool"]["hatch"]["build"]
    names = []
    for name in build["targets"]["wheel"]["force-include"]:
        path = project / name
        names += [name] if not path.is_dir() else _files_below(project, path)
    return names


def _package(project: Path) -> list[str]:
    return [name for name in _files_below(project, project / PACKAGE) if not name.startswith(NOT_SERVED)]


def _files_below(project: Path, folder: Path) -> list[str]:
    paths = [path.relative_to(project) for path in sorted(folder.rglob("*")) if path.is_file()]
    hidden = [any(part.endswith(LEFT_OUT) or part.startswith(".") for part in path.parts) for path in paths]
    return [path.as_posix() for path, left_out in zip(paths, hidden, strict=True) if not left_out]


def _difference(client: HfApi, space_id: str, files: Mapping[str, bytes]) -> Changes:
    head = client.space_info(space_id).sha
    tree = read_tree(client, space_id, head, "space") if head else {}
    changed = {name: data for name, data in files.items() if name not in tree or not blob_equals(tree[name], data)}
    gone = [name for name in tree if name.startswith(f"{PACKAGE}/") and name not in files]
    return Changes(head, changed, gone)


def _variables(plan: Plan, settings: Settings) -> dict[str, str]:
    wanted = {
        "RECSYS_HUB_REPO": plan.model_repo,
        # main if no revision is pinned, so that an earlier pin is removed
        "RECSYS_HUB_REVISION": (plan.revision or "main") if plan.model_repo else None,
        "RECSYS_FEEDBACK_REPO": plan.feedback_repo,
        # only the name of a user's own catalogue is set, because its items and ratings come with the release
        "RECSYS_CATALOGUE": settings.catalogue_name if settings.catalogue != Settings.catalogue else None,
        "RECSYS_DATASET": settings.dataset if settings.dataset in settings.dataset_names else None,
        "RECSYS_FEEDBACK_MINUTES": f"{settings.feedback_minutes:g}" if settings.feedback_minutes != 5 else None,
    }
    return {name: value for name, value in wanted.items() if value}


def _secrets(settings: Settings, token: str | None) -> dict[str, str]:
    wanted = {"HF_TOKEN": token, "TMDB_API_KEY": settings.tmdb_api_key, "RECSYS_ADMIN_KEY": settings.admin_key}
    return {name: value for name, value in wanted.items() if value}


def _is_private(client: HfApi, model_repo: str) -> bool:
    return bool(retrying(lambda: client.model_info(model_repo), model_repo, "Looking at", FEW_RETRIES).private)


def _check_release(plan: Plan, settings: Settings, token: str) -> None:
    """Check that the Space can serve the release, before anything is written.

    Raises:
        HubError: the revision does not exist.
        BrokenRelease: there is no usable release.
        BadInput: the release is of another catalogue or data set.
    """
    repo_id, revision = plan.model_repo or "", plan.revision or "main"
    found = peek(repo_id, revision, token=token, endpoint=settings.hub_endpoint)
    where = f"{repo_id} at {revision} holds a release of"
    if found["catalogue"] != settings.catalogue_name:
        raise BadInput(
            f"{where} {found['catalogue']}, and RECSYS_CATALOGUE is {settings.catalogue_name}. Set it to the catalogue "
            "of the release, or name another repository."
        )
    unknown = [name for name in found["models"] if name not in registry.names()]
    if unknown:
        raise BadInput(f"{where} models that this version of recsys does not know: {listing(unknown)}. Update recsys.")
    dataset = found["info"].get("dataset")
    if settings.dataset in settings.dataset_names and dataset != settings.dataset:
        raise BadInput(
            f"{where} {dataset}, and RECSYS_DATASET is {settings.dataset}. Unset it, or push a release of that data."
        )


def _ensure_space(client: HfApi, plan: Plan, variables: Mapping[str, str], secrets: Mapping[str, str]) -> bool:
    """Create the Space if it is missing; return whether it was created."""
    space_id = plan.space_id
    if look_or_none(client, lambda: client.space_info(space_id), space_id, DEPLOYING) is not None:
        return False
    retrying(
        lambda: client.create_repo(
            space_id,
            repo_type="space",
            space_sdk="gradio",
            private=plan.private,
            exist_ok=True,
            space_variables=[{"key": name, "value": value} for name, value in variables.items()],
            space_secrets=[{"key": name, "value": value} for name, value in secrets.items()],
        ),
        space_id,
        "Creating the Space",
    )
    return True


def _configure(
    client: HfApi, plan: Plan, variables: Mapping[str, str], secrets: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Set only the variables and secrets that differ, because each change restarts the Space; return their names."""
    space_id = plan.space_id
    there = retrying(lambda: client.get_space_variables(space_id), space_id, DEPLOYING)
    changed = {name: value for name, value in variables.items() if name not in there or there[name].value != value}
    for name, value in changed.items():
        retrying(lambda name=name, value=value: client.add_space_variable(space_id, name, value), space_id, DEPLOYING)
    known: Mapping[str, Any] = {}
    if secrets and not plan.renew_secrets:
        known = retrying(lambda: client.get_space_secrets(space_id), space_id, DEPLOYING)
    missing = {name: value for name, value in secrets.items() if name not in known}
    for name, value in missing.items():
        retrying(lambda name=name, value=value: client.add_space_secret(space_id, name, value), space_id, DEPLOYING)
    return list(changed), list(missing)
