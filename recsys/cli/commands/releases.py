"""`recsys releases`: list, compare, switch, pin and roll back releases."""

from __future__ import annotations

from recsys.cli import release_list
from recsys.cli.command import Result, argument, command
from recsys.errors import BadInput
from recsys.settings import Settings


@command(
    "releases",
    "List, compare, pin and roll back releases, on this machine or on the Hub.",
    "recsys releases --compare v2026.11.23-181500 v2026.11.24-183000\nrecsys releases --roll-back",
    argument("--hub", metavar="USER/REPO", help="releases of a model repository instead of those on this machine"),
    argument(
        "--compare", nargs=2, metavar=("OLD", "NEW"), alternative=True, help="metrics of two releases side by side"
    ),
    argument(
        "--switch",
        metavar="VERSION",
        alternative=True,
        help="serve this release from the next start on; replicas of a shared store switch at once",
    ),
    argument("--pin", metavar="VERSION", alternative=True, help="like --switch, and ignore the Hub until --unpin"),
    argument("--unpin", action="store_true", alternative=True, help="follow the Hub again"),
    argument("--roll-back", action="store_true", alternative=True, help="pin the release before the current one"),
)
def releases(
    settings: Settings,
    hub: str | None,
    compare: list[str] | None,
    switch: str | None,
    pin: str | None,
    unpin: bool,
    roll_back: bool,
) -> Result:
    """Run the action of an option, then list the releases."""
    from recsys import release

    root = settings.releases
    if compare is not None:
        old, new = compare
        rows = release_list.compared(settings, old, new, repo=hub)
        return Result(rows, release_list.text_of_changes(rows))
    if hub is not None:
        if switch or pin or unpin or roll_back:
            raise BadInput(
                f"A release of {hub} cannot be switched to, because it is not downloaded yet. "
                f"Pull it first: recsys pull {hub}. A server pins it with RECSYS_HUB_REVISION."
            )
        tags = release_list.on_hub(settings, hub)
        lines = [f"{tag['tag']}  {(tag['date'] or '')[:16].replace('T', ' ')}  {tag['commit']}" for tag in tags]
        return Result(tags, "\n".join(lines) or f"{hub} has no tagged release")
    if switch is not None:
        # the replicas of a shared store keep it, as when the operator switches on the page
        made = (release.pin if settings.store_url else release.switch)(root, switch)
        release_list.tell(settings, made, pinned=True)
    elif pin is not None:
        release_list.tell(settings, release.pin(root, pin), pinned=True)
    elif roll_back:
        release_list.tell(settings, release_list.roll_back(settings), pinned=True)
    elif unpin:
        release_list.unpin(settings)
    found = release_list.here(settings)
    return Result(found, release_list.text_of_versions(found))
