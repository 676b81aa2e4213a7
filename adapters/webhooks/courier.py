"""The port that sends webhooks: one request each, ten seconds for all of it, no redirects."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore
import trio

from actors.webhooks.messages import Answered, PostEvent
from adapters.webhooks.targets import check_url, is_public
from engine.kernel.task_port import StartTask, TaskPort
from engine.port import PortFailed, Reply
from engine.refusal import BadInput

WITHIN_S = 10.0
"""For the whole answer, from the look-up of the name on."""

AT_ONCE_MAX = 200
"""Requests under way; an endpoint has four at most, and one when it hangs."""

IDLE_MAX = 32
IDLE_S = 5.0
READ_BYTES_MAX = 16_384
"""Of an answer's body, which nobody looks at; behind a short one its connection is used again."""

_log = logging.getLogger("presence.webhooks")

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host, best first; raises OSError where there are none."""


class TargetRefused(PortFailed):
    """The host's address is not one that we connect to."""


class Courier:
    """See the module's text. Close it with `aclose`.

    Attributes:
        deliveries: attempts by what came of them (`webhook_deliveries_total{result}`): delivered,
            refused, unanswered, unreached.
    """

    def __init__(
        self,
        start_task: StartTask,
        *,
        private_allowed: bool,
        look_up: LookUp | None = None,
        tls: ssl.SSLContext | None = None,
        within_s: float = WITHIN_S,
    ) -> None:
        """Make a port.

        Args:
            start_task: the kernel's.
            private_allowed: whether private addresses and plain http are taken too.
            look_up: how names are resolved; the system's way by default.
            tls: how certificates are verified; against the public authorities by default.
            within_s: how long a request may take.
        """
        self._private_allowed = private_allowed
        self._within_s = within_s
        self._look_up = look_up or _look_up
        self._limit = trio.CapacityLimiter(AT_ONCE_MAX)
        self.deliveries: Counter[str] = Counter()
        self._http = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=AT_ONCE_MAX,
            max_keepalive_connections=IDLE_MAX,
            keepalive_expiry=IDLE_S,
            network_backend=_Guarded(self._addresses),
        )
        self._port = TaskPort(start_task, self.perform, on_error=_unexpected)

    def __repr__(self) -> str:
        return (
            f"<Courier {self._limit.borrowed_tokens}/{AT_ONCE_MAX} under way,"
            f" {dict(self.deliveries)}>"
        )

    def start(self, request: PostEvent, reply: Reply) -> None:
        """Begin a request; see `engine.port.Port`."""
        self._port.start(request, reply)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def check(self, url: str) -> None:
        """Return if webhooks may be sent to a URL as things are now.

        Raises:
            BadInput: it will not do. What a name leads to inside of our network is not told.
        """
        host, port = check_url(url, plain_allowed=self._private_allowed)
        try:
            with trio.fail_after(self._within_s):
                await self._addresses(host, port)
        except (TargetRefused, OSError, trio.TooSlowError) as error:
            raise BadInput(
                "url: expected a host whose addresses are all public ones", field="url"
            ) from error

    async def perform(self, request: PostEvent) -> Answered:
        """Send, and return what was answered.

        Raises:
            PortFailed: nothing was sent.
            httpcore.NetworkError: it may have arrived; so for other errors.
            trio.TooSlowError: there was no whole answer in time.
        """
        result = "unanswered"
        try:
            answered = await self._perform(request)
            result = "delivered" if 200 <= answered.status < 300 else "refused"
        except PortFailed:
            result = "unreached"
            raise
        else:
            return answered
        finally:
            self.deliveries[result] += 1

    async def _perform(self, request: PostEvent) -> Answered:
        try:
            check_url(request.url, plain_allowed=self._private_allowed)
        except BadInput as refusal:
            raise TargetRefused(refusal.text) from refusal
        async with self._limit:
            with trio.fail_after(self._within_s):
                return await self._post(request)

    async def _post(self, request: PostEvent) -> Answered:
        headers = [(name.encode(), value.encode()) for name, value in request.headers]
        try:
            async with self._http.stream(
                "POST", request.url, headers=headers, content=request.body
            ) as answer:
                status = answer.status
                if _is_short(answer):
                    await answer.aread()
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise PortFailed(f"could not connect: {error}") from error
        return Answered(status)

    async def _addresses(self, host: str, port: int) -> list[str]:
        """Return a host's addresses, all of which may be connected to.

        Raises:
            TargetRefused: one of them may not: who mixes them means the private one.
            OSError: it has none.
        """
        found = await self._look_up(host, port)
        if not self._private_allowed and not all(is_public(each) for each in found):
            raise TargetRefused(f"{host} has an address that is not a public one")
        return found


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were checked; Host and TLS keep the name."""

    def __init__(self, addresses: LookUp) -> None:
        self._addresses = addresses
        self._trio = httpcore.TrioBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  As httpcore calls it.
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host}: {error}") from error
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._trio.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


async def _look_up(host: str, port: int) -> list[str]:
    found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _is_short(answer: httpcore.Response) -> bool:
    for name, value in answer.headers:
        if name.lower() == b"content-length":
            return value.isdigit() and int(value) <= READ_BYTES_MAX
    return False


def _unexpected(request: PostEvent, error: BaseException) -> None:
    _log.info("%s was not answered: %s: %s", request.url, type(error).__name__, error)
