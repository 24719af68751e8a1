"""Profiles of signed-in accounts, with ids and keys derived from the account and a secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging

from recsys.errors import StoreUnavailable
from recsys.visitors.profiles import LETTERS, PREFIX, Visitors

log = logging.getLogger(__name__)
ID_LETTERS = 16
EARLIER = f"{PREFIX}hf-"
"""Prefix that earlier versions gave the profile of an account: `guest-hf-NAME`."""


class Accounts:
    """Lookup and creation of the profiles of accounts.

    Id and key are HMAC-SHA256 of the account (RFC 2104), so every sign-in finds the same profile, also after a restart
    on an empty disk. Without the secret they cannot be computed. With another secret every account gets a new profile.

    Args:
        secret: the secret of the OAuth application.
    """

    def __init__(self, visitors: Visitors, secret: str):
        self._visitors, self._secret = visitors, secret.encode()
        self._migrate()

    def is_known(self, account: str) -> bool:
        """Whether the account has a profile."""
        return self._visitors.has_user(self._id(account))

    def profile(self, account: str) -> tuple[str, str]:
        """Return the id and key of an account's profile, and create it if it is missing."""
        user_id, key = self._id(account), self._key(account)
        earlier = f"{EARLIER}{account}"
        if self._visitors.has_user(earlier):  # restored from a backup
            self._visitors.rename(earlier, user_id)
        return self._visitors.sign_in(user_id.removeprefix(PREFIX), key), key

    def _migrate(self) -> None:
        try:
            for earlier in self._visitors.ids(EARLIER):
                self._visitors.rename(earlier, self._id(earlier.removeprefix(EARLIER)))
        except StoreUnavailable as error:  # `profile` renames each at its next sign-in
            log.info("Profiles of earlier versions are not renamed yet: %s", error.details)

    def _id(self, account: str) -> str:
        number = int.from_bytes(self._digest(f"id of {self._visitors.catalogue}/{account}"), "big")
        letters = []
        for _ in range(ID_LETTERS):
            number, place = divmod(number, len(LETTERS))
            letters.append(LETTERS[place])
        return PREFIX + "".join(letters)

    def _key(self, account: str) -> str:
        return base64.urlsafe_b64encode(self._digest(f"key of {self._visitors.catalogue}/{account}")).decode()

    def _digest(self, text: str) -> bytes:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).digest()
