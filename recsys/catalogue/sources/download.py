"""Download files: resume interrupted downloads, verify a pinned hash, rename into place when complete."""

from __future__ import annotations

import hashlib
import logging
import re
import time
import warnings
from pathlib import Path

import requests

from recsys.data.progress import Progress, quiet
from recsys.errors import SourceError

log = logging.getLogger(__name__)

CONNECT_S, READ_S = 5, 15
ATTEMPTS = 5
BLOCK = 1 << 14
"""Bytes written at once; a broken connection loses less than one block."""
REPORT_S = 2.0


def fetch(url: str, target: Path, sha256: str | None = None, progress: Progress = quiet) -> Path:
    """Download `url` to `target` through `target.part`, which a later call resumes.

    Certificates are verified. If only that fails and a hash is pinned, the download is repeated without
    verification, because the hash then authenticates the bytes.

    Args:
        sha256: the pinned hash in hexadecimal, or None.
        progress: called with the bytes received, with a resumption, and if a certificate was not accepted.

    Raises:
        SourceError: the server cannot be reached or refuses, the download is cut off, or it does not have the pinned
            hash. `target` is then unchanged.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    resumed = part.exists() and part.stat().st_size > 0
    _transfer(url, part, sha256, progress)
    if sha256 and sha256_of(part) != sha256 and resumed:
        # The start may be of another version of the file: download the whole file once.
        part.unlink()
        progress(f"{target.name}: the part from an earlier attempt does not fit, downloading from the start")
        _transfer(url, part, sha256, progress)
    if sha256 and (found := sha256_of(part)) != sha256:
        size = part.stat().st_size
        part.unlink()
        raise SourceError(
            f"{url} gave {size:,} bytes with SHA-256 {found[:12]}… where {sha256[:12]}… is pinned; they were discarded."
            " Try again, or give the folder or zip file of another copy as the data set."
        )
    part.replace(target)
    return target


def _transfer(url: str, part: Path, sha256: str | None, progress: Progress) -> None:
    verify = True
    for attempt in range(1, ATTEMPTS + 1):
        before = _size(part)
        try:
            _get(url, part, verify, progress)
            return
        except requests.exceptions.SSLError as error:
            if not verify or not sha256 or "CERTIFICATE_VERIFY_FAILED" not in str(error):
                raise SourceError(f"{url} has no valid certificate and cannot be used: {_short(error)}.") from error
            verify = False
            progress(
                f"{_host(url)}'s certificate is not valid; going on, because the pinned SHA-256 authenticates the file"
            )
        except requests.exceptions.HTTPError as error:
            answer = "an error" if error.response is None else f"{error.response.status_code} {error.response.reason}"
            raise SourceError(f"{url} answered {answer}.") from error
        except requests.exceptions.RequestException as error:
            now = _size(part)
            # Retry at once only if the connection transferred some bytes.
            if now <= before or attempt == ATTEMPTS:
                kept = f" {now:,} bytes are kept, and the next attempt resumes there." if now else ""
                raise SourceError(f"{url} could not be downloaded: {_short(error)}.{kept}") from error
            log.info("%s was cut off at %d bytes, resuming", url, now)
    raise SourceError(f"{url} could not be downloaded in {ATTEMPTS} attempts.")


def _get(url: str, part: Path, verify: bool, progress: Progress) -> None:
    have = _size(part)
    # With a content encoding, byte ranges would count compressed bytes.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with warnings.catch_warnings():
        if not verify:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        response = requests.get(url, headers=headers, stream=True, timeout=(CONNECT_S, READ_S), verify=verify)
    with response:
        if response.status_code == 416:
            total = response.headers.get("Content-Range", "").rpartition("/")[2]
            if total == str(have):
                return
            part.unlink()
            return _get(url, part, verify, progress)
        response.raise_for_status()
        resumes = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if have and resumes:
            progress(f"{part.stem}: resuming at {have / 1e6:,.1f} MB")
        else:
            have = 0
        _write(response, part, have, progress)


def _write(response: requests.Response, part: Path, have: int, progress: Progress) -> None:
    length = response.headers.get("Content-Length", "")
    total = have + int(length) if length.isdecimal() else None
    reported = time.monotonic()
    with part.open("ab" if have else "wb") as file:
        for block in response.iter_content(BLOCK):
            file.write(block)
            have += len(block)
            if time.monotonic() - reported > REPORT_S:
                reported = time.monotonic()
                share = have / total if total else None
                progress(f"{part.stem}: {have / 1e6:,.1f}" + (f" of {total / 1e6:,.1f} MB" if total else " MB"), share)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _short(error: Exception) -> str:
    """The reason of an error, without the URL and object names that `requests` adds."""
    reason = error
    while getattr(reason, "args", None) and isinstance(reason.args[0], Exception):
        reason = reason.args[0]
    reason = getattr(reason, "reason", None) or reason
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {CONNECT_S} s"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {READ_S} s"
    args = getattr(reason, "args", ())
    text = args[0] if args and isinstance(args[0], str) else str(reason)
    return re.sub(r"^(?:<[^>]*>|\w+\([^)]*\)): ", "", text).strip(". ") or type(error).__name__
