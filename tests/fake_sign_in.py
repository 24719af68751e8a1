"""An OpenID provider on localhost, as Hugging Face is one for Spaces: discovery, authorization, token, user, keys."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET, SCOPES = "app", "secret of the application", "openid profile"


class FakeProvider:
    """A provider that says yes for `account`, or no where `refusal` is set.

    Args:
        app: address of the app. The redirect goes to the Space's public name over HTTPS, which the proxy of the Hub
            would pass on to the app.
    """

    def __init__(self, account: str):
        self.account, self.refusal, self.app = account, "", ""
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, Any]] = {}
        self.tokens: list[dict[str, Any]] = []  # requests for tokens
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._get(self)

            def do_POST(self) -> None:
                provider._post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        path, query = urlsplit(handler.path).path, parse_qs(urlsplit(handler.path).query)
        if path == "/.well-known/openid-configuration":
            _answer(
                handler,
                {
                    "issuer": self.address,
                    "authorization_endpoint": f"{self.address}/oauth/authorize",
                    "token_endpoint": f"{self.address}/oauth/token",
                    "userinfo_endpoint": f"{self.address}/oauth/userinfo",
                    "jwks_uri": f"{self.address}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
            )
        elif path == "/keys":
            _answer(handler, {"keys": [self.key.as_dict(private=False)]})
        elif path == "/oauth/authorize":
            self._authorize(handler, {name: values[0] for name, values in query.items()})
        else:
            _answer(handler, {"error": "not found"}, 404)

    def _authorize(self, handler: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        target = urlsplit(asked["redirect_uri"])
        if asked["client_id"] != CLIENT_ID or target.scheme != "https" or target.netloc != "me-films.hf.space":
            _answer(handler, {"error": "invalid_request"}, 400)
            return
        code = secrets.token_hex(8)
        self.codes[code] = asked
        reply = {"error": self.refusal} if self.refusal else {"code": code}
        query = "&".join(part for part in (target.query, urlencode(reply | {"state": asked["state"]})) if part)
        handler.send_response(302)
        handler.send_header("Location", f"{self.app}{target.path}?{query}")
        handler.end_headers()

    def _post(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.tokens.append(form)
        sent = handler.headers.get("Authorization", "").removeprefix("Basic ")
        asked = self.codes.pop(form.get("code", ""), None)
        if base64.b64decode(sent).decode() != f"{CLIENT_ID}:{CLIENT_SECRET}" or asked is None:
            _answer(handler, {"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        user = {"sub": "u-1", "name": "Ada", "preferred_username": self.account}
        claims = {**user, "iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 600}
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | {"nonce": asked["nonce"]}, self.key)
        _answer(
            handler,
            {
                "access_token": "of ada",
                "token_type": "bearer",
                "expires_in": 3600,
                "scope": SCOPES,
                "id_token": id_token,
            },
        )


def _answer(handler: BaseHTTPRequestHandler, value: object, status: int = 200) -> None:
    body = json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
