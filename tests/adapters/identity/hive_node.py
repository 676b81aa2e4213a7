"""A small HTTP server that answers `get_accounts` as a Hive node does."""

from __future__ import annotations

import json
from typing import Any

NULL_KEY = "STM1111111111111111111111111111111114T1Anm"


def authority(
    *keys: str, threshold: int = 1, accounts: dict[str, int] | None = None, weight: int = 1
) -> dict[str, Any]:
    """An authority in the node's own form."""
    return {
        "weight_threshold": threshold,
        "account_auths": [[name, value] for name, value in (accounts or {}).items()],
        "key_auths": [[key, weight] for key in keys],
    }


def account(name: str, posting: dict[str, Any], **others: Any) -> dict[str, Any]:
    """An account row as `condenser_api.get_accounts` gives it, less what nobody reads here."""
    row = {
        "id": 1,
        "name": name,
        "owner": authority(NULL_KEY),
        "active": authority(NULL_KEY),
        "posting": posting,
        "memo_key": NULL_KEY,
        "json_metadata": "",
        "created": "2016-03-24T17:00:21",
        "balance": "0.000 HIVE",
    }
    return row | others


class HiveNode:
    """An ASGI app; `broken` makes it fail in one of the ways nodes do."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows = {row["name"]: row for row in rows}
        self.asked: list[list[str]] = []
        self.broken: str | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        body = bytearray()
        more = True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        status, answer = self._answer(json.loads(body))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, call: dict[str, Any]) -> tuple[int, bytes]:
        assert call["method"] == "condenser_api.get_accounts"
        (names,) = call["params"]
        self.asked.append(names)
        if self.broken == "status":
            return 502, b"<html>bad gateway</html>"
        if self.broken == "html":
            return 200, b"<html>please wait</html>"
        if self.broken == "error":
            error = {"code": -32000, "message": "Unable to acquire database lock"}
            return 200, json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}).encode()
        if self.broken == "form":
            rows: list[Any] = [{"name": names[0], "posting": {"key_auths": "none"}}]
        else:
            rows = [self.rows[name] for name in names if name in self.rows]
        return 200, json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": rows}).encode()
