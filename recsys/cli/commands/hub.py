"""`recsys push` and `recsys pull`: exchange releases with a model repository on the Hugging Face Hub."""

from __future__ import annotations

from recsys.cli.command import Result, argument, command
from recsys.data.progress import to_stderr
from recsys.errors import BadInput
from recsys.settings import Settings


@command(
    "push",
    "Push the current release to a Hugging Face model repository, as one commit.",
    "HF_TOKEN=… recsys push me/my-recommender --private",
    argument("repo", metavar="USER/REPO"),
    argument("--private", action="store_true", help="make a new repository private"),
    argument("--tag", help="tag of the commit (default: the version of the release)"),
    argument("--with-data", action="store_true", help="add the catalogue database, if its licence allows that"),
    argument("--with-ratings", action="store_true", help="include models with users' ratings, such as user_knn"),
)
def push(settings: Settings, repo: str, private: bool, tag: str | None, with_data: bool, with_ratings: bool) -> Result:
    """Push the current release."""
    from recsys import hub, release
    from recsys.catalogue import building

    current = release.current(settings.releases)
    if current is None:
        raise BadInput("There is no release to push yet. Train one first: recsys train.")
    pushed = hub.push(
        current,
        repo,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        private=private,
        tag=tag,
        database=building.ensure(settings, to_stderr).path if with_data else None,
        include_ratings=with_ratings,
        progress=to_stderr,
    )
    text = f"pushed {current.version} to {pushed['url']} as commit {pushed['commit']}, tag {pushed['tag']}"
    return Result(pushed, text)


@command(
    "pull",
    "Pull a release from a Hugging Face model repository, verify it, and switch to it.",
    "recsys pull me/my-recommender --revision v2026.11.24-183000",
    argument("repo", metavar="USER/REPO"),
    argument("--revision", default="main", metavar="REV", help="tag, branch or commit (default main)"),
)
def pull(settings: Settings, repo: str, revision: str) -> Result:
    """Pull a release and serve it from the next start on."""
    from recsys import hub
    from recsys import release as releases

    release = hub.pull(
        repo,
        settings.releases,
        revision=revision,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        progress=to_stderr,
    )
    releases.unpin(settings.releases)  # otherwise the pinned release would be served instead of the pulled one
    data = {
        "version": release.version,
        "models": list(release.names),
        "path": str(release.path),
        "revision": release.revision,
    }
    text = f"pulled {release.version} with {', '.join(release.names)}; it is served from the next start on"
    return Result(data, text)
