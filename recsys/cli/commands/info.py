"""`recsys info`: show the data, the release and the configured services."""

from __future__ import annotations

from recsys.cli.command import Result, command
from recsys.cli.local_service import local_service
from recsys.settings import Settings


@command("info", "Show the data, the release and the configured services.", "recsys info --json")
def info(settings: Settings) -> Result:
    """The result of `/about` for a terminal."""
    service = local_service(settings)
    about = service.about()
    counts, release = about["counts"], about["release"]
    services = ", ".join(name for name, on in about["services"].items() if on)
    backup = settings.feedback_dir or settings.feedback_repo
    profiles = f"profiles and feedback: {settings.store_name}"
    if backup:
        profiles += f", backed up to {backup} every {settings.feedback_minutes:g} minutes"
    lines = [
        f"{about['title']} ({about['dataset']}): {counts['items']:,} items, {counts['users']:,} users, "
        f"{counts['ratings']:,} ratings, from {about['source']}",
        f"licence: {about['licence']}",
        f"release {release['version']}: {', '.join(release['models'])}",
        f"configured services: {services or 'none'}",
        profiles,
        *about["notes"],
        *service.data_notes,
    ]
    return Result(about, "\n".join(lines))
