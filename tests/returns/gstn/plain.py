"""A client of GSTN's interface in plain mode (without encryption), which uses Django's test client."""

from __future__ import annotations

import json
from typing import Any

from returns.gstn import clients


class Plain:
    def __init__(self, client: Any, *users: str, operator: bool = False, prefix: str = "/taxpayerapi/v1.0/"):
        self.http, self.prefix = client, prefix
        self.made = clients.create("Plain", users, otp="575757", operator=operator)
        self.headers = {"clientid": self.made.client.client_id, "client-secret": self.made.secret}
        self.username = users[0]

    def signs_in(self) -> Plain:
        answer = self.posts("authenticate", action="AUTHTOKEN", username=self.username, otp="575757")
        self.headers |= {"username": self.username, "auth-token": answer["auth_token"]}
        return self

    def gets(self, path: str, **query: str) -> Any:
        return self._json(self.http.get(self.prefix + path, query, headers=self.headers))

    def posts(self, path: str, **body: Any) -> Any:
        return self.sends("post", path, json.dumps(body))

    def puts(self, path: str, **body: Any) -> Any:
        return self.sends("put", path, json.dumps(body))

    def sends(self, method: str, path: str, body: Any) -> Any:
        ask = getattr(self.http, method)
        return self._json(
            ask(self.prefix + path, body, content_type="application/json", headers=self.headers)
        )

    def _json(self, response: Any) -> Any:
        self.status = response.status_code
        return response.json()


def code(answer: Any) -> str:
    """Return the error code of the response to a refused call."""
    assert answer["status_cd"] in ("0", 0), answer
    return answer["error"]["error_cd"]
