"""People with an account on a test's server."""

from __future__ import annotations

import httpx

from adapters.identity.hive_keys import secret_from_wif, sign
from tests.support.live_server import LiveServer


class Account:
    """Somebody with a key on this server."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.name, wif = server.new_account(name)
        self._secret = secret_from_wif(wif)

    async def signed(self, http: httpx.AsyncClient) -> tuple[str, str]:
        """Ask for a challenge; return it with its signature."""
        answer = await http.get("/api/auth/challenge", params={"account": self.name})
        challenge = str(answer.json()["challenge"])
        return challenge, sign(self._secret, challenge)

    async def log_in(self, http: httpx.AsyncClient) -> str:
        """Challenge, signature, session token."""
        challenge, signature = await self.signed(http)
        body = {"account": self.name, "challenge": challenge, "signature": signature}
        answer = await http.post("/api/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["session_token"])
