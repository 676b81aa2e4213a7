"""Public keys from Hive API nodes, over HTTP: `condenser_api.get_accounts`."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx
import trio

from adapters.identity.authority import AccountAuthorities, authorities_from_json
from adapters.identity.errors import KeysUnavailable
from adapters.identity.names import is_account_name

CACHED_US = 60_000_000  # CRYPTO §4: at most a minute, so a revoked key soon stops working
CACHED_ACCOUNTS_MAX = 10_000  # about 10 MB
ANSWER_BYTES_MAX = 8_000_000  # 200 accounts of some 5 KB, generously


_log = logging.getLogger("presence.identity")


class _NodeFailed(Exception):
    """This node gave no usable answer; another may."""


class HiveNodeKeyDirectory:
    """Asks Hive nodes, the last good one first; the others stand in when it fails.

    An answer is kept for a minute, "no such account" too. Use it as an async context manager, or
    call `aclose` at the end.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        *,
        now_us: Callable[[], int],
        timeout_s: float = 4.0,
    ) -> None:
        if not nodes:
            raise ValueError("at least one Hive node URL is needed")
        self._nodes = list(nodes)
        self._now_us = now_us
        self._timeout_s = timeout_s
        self._http: httpx.AsyncClient | None = None
        self._cache: OrderedDict[str, tuple[int, AccountAuthorities | None]] = OrderedDict()

    def __repr__(self) -> str:
        return f"<HiveNodeKeyDirectory {len(self._nodes)} nodes, {len(self._cache)} cached>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections to the nodes."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def forget(self, account: str) -> None:
        """Drop what is cached of an account whose keys have just changed."""
        self._cache.pop(account, None)

    async def authorities(self, accounts: Collection[str]) -> Mapping[str, AccountAuthorities]:
        """See `KeyDirectory`. Names that cannot be accounts are not sent anywhere."""
        now_us = self._now_us()
        wanted = [name for name in dict.fromkeys(accounts) if is_account_name(name)]
        fresh = {
            name: entry[1]
            for name in wanted
            if (entry := self._cache.get(name)) and 0 <= now_us - entry[0] < CACHED_US
        }
        missing = [name for name in wanted if name not in fresh]
        if missing:
            fetched = await self._fetch(missing)
            for name in missing:
                fresh[name] = fetched.get(name)
                self._cache[name] = (now_us, fetched.get(name))
                self._cache.move_to_end(name)
            while len(self._cache) > CACHED_ACCOUNTS_MAX:
                self._cache.popitem(last=False)
        return {name: found for name, found in fresh.items() if found is not None}

    async def _fetch(self, names: list[str]) -> dict[str, AccountAuthorities]:
        reasons = []
        for node in tuple(self._nodes):
            try:
                found = await self._ask(node, names)
            except _NodeFailed as error:
                reasons.append(str(error))
                _log.warning("hive node %s failed: %s", node, error)
                continue
            if self._nodes[0] != node:
                self._nodes.remove(node)
                self._nodes.insert(0, node)
            return found
        raise KeysUnavailable("; ".join(reasons))

    async def _ask(self, node: str, names: list[str]) -> dict[str, AccountAuthorities]:
        if self._http is None:
            self._http = httpx.AsyncClient(timeout=self._timeout_s)
        call = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "condenser_api.get_accounts",
            "params": [names],
        }
        body = bytearray()
        try:
            # httpx limits each read; the whole answer has to come within the time too.
            with trio.fail_after(self._timeout_s):
                async with self._http.stream("POST", node, json=call) as answer:
                    if answer.status_code != 200:
                        raise _NodeFailed(f"status {answer.status_code}")
                    async for chunk in answer.aiter_bytes():
                        body += chunk
                        if len(body) > ANSWER_BYTES_MAX:
                            raise _NodeFailed("answer too large")
        except trio.TooSlowError as error:
            raise _NodeFailed(f"no answer within {self._timeout_s} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _NodeFailed(f"{type(error).__name__}: {error}") from error
        return _accounts_in(bytes(body), names)


def _accounts_in(body: bytes, names: list[str]) -> dict[str, AccountAuthorities]:
    try:
        answer: Any = json.loads(body)
        if answer.get("error") is not None:
            raise _NodeFailed(f"error {answer['error'].get('message')!r}"[:200])
        rows = {row["name"]: row for row in answer["result"]}
        return {name: authorities_from_json(name, rows[name]) for name in names if name in rows}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _NodeFailed(f"answer in an unexpected form: {error}") from error
