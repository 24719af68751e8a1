"""Hardware of Spaces: which accounts may use it, and a sentence with the alternatives for the others.

The Hub says of an account whether it has a plan (`isPro`) and whether it can pay (`canPay`). Everything else, such as
the number of ZeroGPU Spaces and the age of the account, is known only to the Hub, which refuses.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from recsys.errors import HubError, NotAllowed
from recsys.hub.client import retrying
from recsys.hub.session import FEW_RETRIES

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import SpaceInfo

log = logging.getLogger(__name__)

ZERO_GPU, CPU = "zero-a10g", "cpu-basic"
"""The Hub's names of ZeroGPU (of whatever GPU it has at present) and of its smallest machine."""
NO_SERVER = (
    "Deploy a static site with --static, or run the container on your own machine (docs/hosting.md); both need no plan."
)
FREE_ZERO_GPU = (
    "A free account may have two ZeroGPU Spaces if its e-mail address is verified and it is older than 30 days."
)
PAYMENT_REQUIRED, FORBIDDEN = 402, 403


def hardware_of(info: SpaceInfo) -> str | None:
    """The hardware that was requested for a Space, or that it has; None if it has none, as a static one."""
    runtime = info.runtime
    return None if runtime is None else runtime.requested_hardware or runtime.hardware


def check_account(client: HfApi, space_id: str, hardware: str) -> None:
    """Check that the account may create a Space on this hardware, as far as the Hub says so.

    Raises:
        NotAllowed: it may not; the text says which ways are open.
        HubError: the Hub does not accept the token.
    """
    who: Any = retrying(lambda: client.whoami(), space_id, "Deploying to", FEW_RETRIES)
    owner = space_id.split("/")[0]
    if not isinstance(who, dict):
        raise HubError(f"Deploying to {space_id} failed: the server did not answer like a Hub. Check HF_ENDPOINT.")
    if owner.casefold() != str(who.get("name", "")).casefold():
        return  # an organization: what its members may do is not in the answer
    if hardware == CPU and who.get("isPro") is False:
        raise NotAllowed(f"{owner} has a free account, which cannot create a Gradio Space on {CPU}. {ways(hardware)}")
    if hardware not in (CPU, ZERO_GPU) and who.get("canPay") is False:
        raise NotAllowed(f"{owner} has no payment method, and {hardware} is billed by the hour. {ways(hardware)}")


def ways(hardware: str) -> str:
    """The ways to host that are open if this hardware is refused."""
    return NO_SERVER if hardware == ZERO_GPU else f"Leave out --hardware to use ZeroGPU. {FREE_ZERO_GPU} {NO_SERVER}"


def explained(error: HubError, space_id: str, hardware: str) -> HubError:
    """An error of creating a Space or requesting hardware, with the ways that are open if the account is refused."""
    response = getattr(error.__cause__, "response", None)
    status = getattr(response, "status_code", None)
    if status not in (PAYMENT_REQUIRED, FORBIDDEN):
        return error
    said = " ".join(str(getattr(error.__cause__, "server_message", None) or "").split())[:200]
    log.info("The Hub refused %s for %s with HTTP %d: %s", hardware, space_id, status, said)
    why = f"the Hub asks for a paid plan to use {hardware} (HTTP 402)."
    if status == FORBIDDEN:
        why = f"the token has no permission for this, or the account may have no other Space on {hardware} (HTTP 403)."
    hint = f" {FREE_ZERO_GPU}" if hardware == ZERO_GPU else ""
    quoted = f" The Hub says: {said.rstrip('.')}." if said else ""
    return HubError(f"Deploying to {space_id} failed: {why}{quoted}{hint} {ways(hardware)}")
