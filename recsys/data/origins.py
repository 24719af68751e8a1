"""Origins of the addresses in tables, which a Content-Security-Policy can allow."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

HOST = re.compile(r"[\w.-]+(:\d+)?", re.ASCII)


def origin_of(url: str) -> str:
    """Return scheme and host of a URL; "" if it names no host, or one that would end the rule of a policy.

    >>> origin_of("https://image.test/1.png"), origin_of("https://[x/1.png"), origin_of("https://a;b/1.png")
    ('https://image.test', '', '')
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an IPv6 address without its end
        return ""
    return f"{parts.scheme}://{parts.netloc}" if HOST.fullmatch(parts.netloc) else ""
