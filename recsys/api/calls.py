"""Call an endpoint for an external caller: complete the parameters, record the call, classify errors."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from recsys.api.contract import Endpoint
from recsys.api.notes import with_note
from recsys.data.storage import cause as machine_fault
from recsys.errors import CALLER_ERRORS, StoreUnavailable
from recsys.serving import arguments
from recsys.serving.service import Service

WHOLE = {("import_ratings", "text")}
"""Parameters that are documents and have a separate length limit."""
log = logging.getLogger(__name__)


class EndpointFailed(Exception):
    """An endpoint failed for a reason that is not an error of the caller; the log has the details."""


class Unavailable(EndpointFailed):
    """The service cannot answer because of the machine, such as a full disk; the same call may succeed later."""


def call(service: Service, endpoint: Endpoint, given: Sequence[object]) -> object:
    """Answer one call.

    Args:
        given: the parameters in order; trailing ones that have defaults may be missing.

    Raises:
        CALLER_ERRORS: the call is invalid; the message says why.
        Unavailable: the service cannot answer because of the machine; nothing was stored.
        EndpointFailed: the service failed; the message contains no internals.
    """
    try:
        with service.call(endpoint.name):
            values = _cut(endpoint, endpoint.complete(given))
            names = (parameter.name for parameter in endpoint.parameters)
            answer = endpoint.function(service, *values)
            return with_note(answer, service, dict(zip(names, values, strict=True)), endpoint.name)
    except CALLER_ERRORS:
        raise
    except Exception as error:
        cause = machine_fault(error)
        if cause is not None:
            # the store itself reports once that it is away
            level = logging.DEBUG if isinstance(error, StoreUnavailable) and error.is_away else logging.WARNING
            log.log(level, "/%s: %s (%s)", endpoint.name, cause, getattr(error, "details", error))
            what = "store anything" if endpoint.writes else "answer"
            raise Unavailable(f"The server cannot {what} now, because {cause}. Try again later.") from error
        log.exception("/%s failed", endpoint.name)
        raise EndpointFailed(
            f"/{endpoint.name} failed because of an internal error. The log has the details."
        ) from error


def _cut(endpoint: Endpoint, values: list[object]) -> list[object]:
    """Cut the texts of the parameters before other code reads them."""
    return [
        value if (endpoint.name, parameter.name) in WHOLE else arguments.cut(value)
        for parameter, value in zip(endpoint.parameters, values, strict=True)
    ]
