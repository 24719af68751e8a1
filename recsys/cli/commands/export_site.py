"""`recsys export-site`: write a site that needs no server."""

from __future__ import annotations

from recsys.cli.arguments import positive
from recsys.cli.command import Result, argument, command
from recsys.cli.local_service import local_service
from recsys.cli.output import remark_on
from recsys.data.progress import to_stderr
from recsys.models.collaborative.ease import Ease
from recsys.settings import Settings


@command(
    "export-site",
    "Write the page as a static site: any web host or folder serves it, and browsers compute all lists.",
    "recsys export-site public\nRECSYS_DATASET=movietweetings recsys export-site public --items 5000",
    argument("folder", metavar="FOLDER", help="folder to write; empty, new, or with an earlier export"),
    argument(
        "--model", default=Ease.name, metavar="NAME", help="the model of the site (default and only choice: ease)"
    ),
    argument("--items", type=positive, default=10_000, metavar="N", help="largest number of items (default 10000)"),
)
def export_site(settings: Settings, folder: str, model: str, items: int) -> Result:
    """Write the site and say what it contains."""
    from pathlib import Path

    from recsys.site import licence
    from recsys.site.export import build
    from recsys.site.writing import write

    service = local_service(settings)
    site = build(service, model, items, to_stderr)
    write(site.files, Path(folder).expanduser())
    data = {
        "folder": folder,
        "files": len(site.files),
        "bytes": site.wire_bytes,
        "bytes_before_first_list": site.first_bytes,
        "model": site.model,
        "items": site.items,
        "weights": site.weights,
        "data": site.data,
        "redistributable": site.redistributable,
        "version": service.release_version,
    }
    if remark := licence.warning(service.catalogue.info):
        remark_on(remark)
    size = f"{site.wire_bytes / 1e6:.1f} MB in all, {site.first_bytes / 1e3:.0f} kB before the first list"
    text = [
        f"{folder}: {site.items:,} {service.words.items} and {site.weights:,} weights of {site.model}, {size}",
        *site.data,
        f"Look at it: python -m http.server --directory {folder}",
    ]
    return Result(data, "\n".join(text))
