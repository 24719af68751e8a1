"""Deploy the app to a Space: commit the files it needs, and set its variables and secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, HubError, listing
from recsys.hub.client import api, retrying, stored_token
from recsys.hub.pull_release import peek
from recsys.hub.repo import Changes, blob_equals, check_repo, commit, ensure_private_dataset, look_or_none, read_tree
from recsys.hub.session import FEW_RETRIES
from recsys.hub.space_files import PACKAGE, contents
from recsys.hub.space_hardware import ZERO_GPU, check_account, explained, hardware_of
from recsys.models import registry
from recsys.settings import CATALOGUES, NAME, PROJECT, Settings

if TYPE_CHECKING:
    from huggingface_hub import HfApi

DEPLOYING, SDK = "Deploying to", "gradio"


@dataclass(frozen=True)
class Plan:
    """Options of a deployment.

    Attributes:
        space_id: `USER/SPACE`, created if it is missing.
        model_repo: repository of the release to serve; must exist. Without it, the Space trains its models itself.
        revision: tag, branch or commit to serve, for pinning and rolling back (default: main).
        feedback_repo: private dataset repository for visitors' data; created if it is missing.
        hardware: the Hub's name of the hardware (default: what the Space has; ZeroGPU for a new one).
        private: whether a new Space is private.
        renew_secrets: also send secrets that the Space already has, which cannot be read and compared.
        files_only: send only files to a Space that exists, which a token for that one repository may do.
    """

    space_id: str
    model_repo: str | None = None
    revision: str | None = None
    feedback_repo: str | None = None
    hardware: str | None = None
    private: bool = False
    renew_secrets: bool = False
    files_only: bool = False

    def check(self, settings: Settings) -> None:
        """Check that the plan can work with these settings, before anything is written.

        Raises:
            BadInput: it cannot; the text says why in one sentence.
        """
        for repo_id in filter(None, (self.space_id, self.model_repo, self.feedback_repo)):
            check_repo(repo_id)
        if self.revision and not self.model_repo:
            raise BadInput(f"--revision is {self.revision!r}, but there is no model repository. Add --model-repo.")
        if self.files_only and (self.hardware or self.renew_secrets):
            raise BadInput("--files-only leaves hardware and secrets as they are. Leave out the other options.")
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


def deploy(
    plan: Plan,
    settings: Settings,
    *,
    progress: Progress = quiet,
    project: Path = PROJECT,
    also: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """Create or update a Space; repeating it with the same files and settings changes nothing.

    Files of the package that the project no longer has are deleted in the same commit; other files stay.

    Args:
        plan: options of the deployment.
        settings: token and endpoint; TMDb key and admin key for the secrets; catalogue and data set.
        progress: called for each step.
        project: the project's folder.
        also: further files by name.

    Returns:
        space, url, address (of the app), hardware, commit, created, files_sent, files_deleted, variables and secrets
        (names that were set), moved (whether an existing Space gets other hardware).

    Raises:
        HubError, NotAllowed, BadInput: the deployment failed; the text says why in one sentence.
    """
    plan.check(settings)
    space_id = plan.space_id
    token = settings.hf_token or stored_token(space_id, DEPLOYING)
    if not token:
        raise HubError(f"{DEPLOYING} {space_id} needs a token. Set HF_TOKEN to one with write access to the Space.")
    client = api(token, settings.hub_endpoint)
    progress(f"Looking at the Space {space_id}")
    there = look_or_none(client, lambda: client.space_info(space_id), space_id, DEPLOYING)
    if there is not None and there.sdk not in (None, SDK):
        raise BadInput(
            f"{space_id} is a {there.sdk} Space, and this one is for {SDK}. Use another name, or delete it first."
        )
    hardware = plan.hardware or (hardware_of(there) if there else None) or ZERO_GPU
    files = contents(plan.model_repo, project, hardware=hardware, also=also)
    configured: tuple[list[str], list[str]] = ([], [])
    if plan.files_only:
        if there is None:
            raise HubError(
                f"There is no Space {space_id}, or the token has no access to it. Deploy it once without --files-only."
            )
    else:
        configured = _prepare(client, plan, settings, token, hardware, exists=there is not None)
    moved = there is not None and plan.hardware not in (None, hardware_of(there))
    if moved:
        _request(client, space_id, hardware)

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
        "hardware": hardware,
        "commit": head,
        "created": there is None,
        "files_sent": list(changes.add),
        "files_deleted": list(changes.delete),
        "variables": configured[0],
        "secrets": configured[1],
        "moved": moved,
    }


def address(space_id: str) -> str:
    """Return the URL of a Space's app.

    >>> address("Some.User/my_films")
    'https://some-user-my-films.hf.space'
    """
    return f"https://{re.sub(r'[^a-z0-9]+', '-', space_id.lower())}.hf.space"


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


def _prepare(
    client: HfApi, plan: Plan, settings: Settings, token: str, hardware: str, *, exists: bool
) -> tuple[list[str], list[str]]:
    """Check the account and the release; create what is missing; return the variables and secrets that were set."""
    if not exists:
        check_account(client, plan.space_id, hardware)
    needs_token = plan.model_repo is not None and _is_private(client, plan.model_repo)
    if plan.model_repo is not None:
        _check_release(plan, settings, token)
    if plan.feedback_repo:
        ensure_private_dataset(client, plan.feedback_repo)
        needs_token = True
    variables, secrets = _variables(plan, settings), _secrets(settings, token if needs_token else None)
    if exists:
        return _configure(client, plan, variables, secrets)
    _create(client, plan, variables, secrets, hardware)
    return list(variables), list(secrets)


def _create(client: HfApi, plan: Plan, variables: Mapping[str, str], secrets: Mapping[str, str], hardware: str) -> None:
    from huggingface_hub import SpaceHardware

    try:
        retrying(
            lambda: client.create_repo(
                plan.space_id,
                repo_type="space",
                space_sdk=SDK,
                space_hardware=cast(SpaceHardware, hardware),  # sent as text, so that a new name of the Hub works
                private=plan.private,
                exist_ok=True,
                space_variables=[{"key": name, "value": value} for name, value in variables.items()],
                space_secrets=[{"key": name, "value": value} for name, value in secrets.items()],
            ),
            plan.space_id,
            DEPLOYING,
        )
    except HubError as error:
        raise explained(error, plan.space_id, hardware) from error


def _request(client: HfApi, space_id: str, hardware: str) -> None:
    from huggingface_hub import SpaceHardware

    try:
        retrying(
            lambda: client.request_space_hardware(space_id, cast(SpaceHardware, hardware)),
            space_id,
            "Requesting hardware for",
        )
    except HubError as error:
        raise explained(error, space_id, hardware) from error


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
