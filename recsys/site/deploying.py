"""Deploy the current release as a static Space."""

from __future__ import annotations

from typing import Any

from recsys.data.progress import Progress, quiet
from recsys.errors import NotAllowed
from recsys.hub.static_space import deploy_site
from recsys.page.components.words import tagline
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.site import licence
from recsys.site.export import build


def deploy(space_id: str, settings: Settings, *, private: bool = False, progress: Progress = quiet) -> dict[str, Any]:
    """Export the current release and send it to a static Space; see `recsys.hub.static_space`.

    Raises:
        NotAllowed: the terms of the data set do not allow passing it on, and the Space would be public.
        HubError, BadInput: the deployment failed; the text says why in one sentence.
    """
    service = ready(settings, progress, record_lists=False)
    try:
        if not private and (warning := licence.warning(service.catalogue.info)):
            raise NotAllowed(f"{warning} Or add --private.")
        site = build(service, progress=progress, as_text=True)
        about = site.files[licence.FILES[0]].decode()
        short = tagline(service)
    finally:
        service.close()
    done = deploy_site(space_id, site.files, settings, tagline=short, about=about, private=private, progress=progress)
    return {**done, "data": site.data}
