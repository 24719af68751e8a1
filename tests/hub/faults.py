"""Everything a Hub or what stands before it may answer, and the calls that must survive it."""

from __future__ import annotations

from typing import Any

from fake_hub import FakeHub

STATUSES = (400, 401, 402, 403, 404, 405, 409, 410, 412, 413, 416, 422, 429, 451, 500, 502, 503, 504, 520)
BODIES = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a list of null": b"[null]",
    "a list of numbers": b"[1, 2]",
    "an object": b"{}",
    "a text": b'"x"',
    "a number": b"7",
    "HTML": b"<!doctype html><title>Sign in to the network</title>",
    "no UTF-8": b"\xff\xfe\x00\x81",
    "half of an object": b'{"id": "me/films", "sha": "',
    "endless nesting": b"[" * 100_000,
    "fields of wrong types": b'{"id": 3, "sha": 5, "private": "x", "siblings": 7, "files": [null], "commitOid": []}',
}

FAULTS: dict[str, dict[str, Any]] = {
    **{f"status {status}": {"status": status} for status in STATUSES},
    "status 429, come back tomorrow": {"status": 429, "headers": {"Retry-After": "86400"}},
    "status 503, come back at a date": {"status": 503, "headers": {"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"}},
    **{f"200 with {name}": {"body": body} for name, body in BODIES.items()},
    "500 with HTML": {"status": 500, "body": BODIES["HTML"]},
    "404 with null": {"status": 404, "body": b"null"},
    "204": {"status": 204, "body": b""},
    "206 without a range": {"status": 206, "body": b"part"},
    "a redirect to itself": {"status": 307, "body": b"", "headers": {"Location": "?again"}},
    "a redirect to nowhere": {"status": 307, "body": b"", "headers": {"Location": "http://127.0.0.1:9/"}},
    "a redirect without an address": {"status": 302, "body": b""},
    "a redirect to another protocol": {"status": 308, "body": b"", "headers": {"Location": "ftp://127.0.0.1/x"}},
    "compressed garbage": {"body": b"garbage", "headers": {"Content-Encoding": "gzip"}},
    "a body shorter than it says": {"body": b"{}", "headers": {"Content-Length": "999", "Connection": "close"}},
    "the connection cut": {"cut_after": -1},
    "the answer cut": {"cut_after": 10},
    "the answer lost": {"lose_answer": True},
}

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ODD: dict[str, dict[str, Any]] = {
    "endless pages": {"also": {"Link": '<?again=1>; rel="next"'}},
    "another commit": {"also": {"X-Repo-Commit": "f" * 40}},
    "an ETag that climbs": {"also": {"ETag": '"../../x"', "X-Linked-Etag": '"../../x"'}},
    "a size that is no number": {"also": {"X-Linked-Size": "x"}},
    "HTML by its type": {"also": {"Content-Type": "text/html; charset=utf-16"}},
    "compressed by its header": {"also": {"Content-Encoding": "deflate"}},
    "a length that never comes": {"also": {"Content-Length": "999999", "Connection": "close"}},
    "no HTTP": {"raw": b"\x15\x03\x01\x00\x02\x02\x28"},
    "two lengths": {"raw": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"},
    "damaged chunks": {"raw": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"},
    "an endless head": {"raw": OK + b"X: " + b"y" * 200_000},
    "half characters": {"status": 400, "body": b'{"error": "\\ud800", "errors": [1, {"message": null}]}'},
    "control letters": {"status": 403, "body": b"", "headers": {"X-Error-Message": "\x1b[2J" + "a" * 5000}},
    "a pause of 1e400 s": {"status": 429, "headers": {"Retry-After": "1" + "0" * 400}},
    "a redirect to a page": {"status": 302, "body": b"", "headers": {"Location": "/login"}},
    "a redirect to no port": {"status": 307, "body": b"", "headers": {"Location": "http://127.0.0.1:99999/"}},
    "names that climb": {"body": b'[{"type": "file", "path": "../../x", "oid": "%s", "size": 3}]' % (b"a" * 40)},
    "a file of negative size": {"body": b'[{"type": "file", "path": "x", "oid": "%s", "size": -3}]' % (b"a" * 40)},
}
"""Further answers, of which HTTP libraries and the client of the Hub make very different exceptions."""


def number_of_requests(server: FakeHub) -> int:
    """How many requests the server has had."""
    return len(server.requests)


def one_sentence(error: BaseException, *secrets: str) -> bool:
    """Whether the text of an error can be shown as it is."""
    said = str(error)
    return bool(said) and "\n" not in said and len(said) < 700 and not any(secret in said for secret in secrets)
