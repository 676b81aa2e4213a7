"""The HTTP face with everything real behind it but the disk: actors, kernel, memory store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trio
from quart_trio import QuartTrio

from actors.clients import CLIENTS
from actors.kinds import product_kinds
from actors.ledger.accounts import user_main
from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Transfer, derived_id, one
from actors.limits import Limits, LimitSettings
from actors.person import Person
from actors.session.messages import JoinSpace, SessionInit
from actors.settings import ActorSettings
from actors.space.space_id import SpaceId
from actors.store import STORE
from actors.store_answers import value_of
from actors.webhooks.messages import WEBHOOKS
from adapters.http import HttpSettings, Services, create_app
from adapters.identity.directory import LocalKeyDirectory
from adapters.identity.hive_keys import secret_from_wif, sign
from adapters.identity.keys_cli import new_account
from adapters.identity.service import Identity, IdentitySettings
from adapters.identity.tokens import TokenKeys, Tokens
from adapters.webhooks.courier import Courier
from engine.kernel import Kernel
from engine.outcome import Ok, Outcome
from engine.port import Reply
from sim.receivers import Receivers
from sim.store import MemoryStore
from tests.support.http_server import Clock, Entropy, served

LOBBY = SpaceId("global", "lobby")
LOBBY_PATH = "/api/spaces/global/lobby"
LOBBY_CHAT = "/api/chat/global/lobby/messages"


class FaultyStore:
    """A memory store whose world fails when a test says so."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.fault: Callable[[Any, Outcome], Outcome] | None = None

    def start(self, request: Any, reply: Reply) -> None:
        outcome = self.store.answer(request)
        reply(self.fault(request, outcome) if self.fault else outcome)

    async def perform(self, request: Any) -> Any:
        outcomes: list[Outcome] = []
        self.start(request, outcomes.append)
        return value_of(outcomes[0])


@dataclass(slots=True)
class Sockets:
    """The clients' port: keeps what was sent, tells those who wait."""

    sent: list[Any] = field(default_factory=list)
    changed: trio.Event = field(default_factory=trio.Event)

    def start(self, request: Any, reply: Reply) -> None:
        self.sent.append(request)
        self.changed.set()
        self.changed = trio.Event()
        reply(Ok(None))

    async def until(self, event: str) -> Any:
        """Return the payload of the first such event, waiting for it."""
        with trio.fail_after(5):
            while True:
                for request in self.sent:
                    if getattr(request, "event", None) == event:
                        return request.payload
                await self.changed.wait()


@dataclass(slots=True, kw_only=True)
class Stack:
    """A running server and the means to look behind it."""

    url: str
    http: httpx.AsyncClient
    app: QuartTrio
    kernel: Kernel
    store: MemoryStore
    faults: FaultyStore
    sockets: Sockets
    identity: Identity
    clock: Clock
    keys: Path
    reasons: list[str]
    outside: Receivers

    def account(self, name: str) -> bytes:
        """Make a local account and return its private key."""
        made = new_account(self.keys, name, now_us=self.clock.us, entropy=Entropy())
        return secret_from_wif(made.wif)

    def token(self, person: Person) -> dict[str, str]:
        """Headers with a session token."""
        return {"Authorization": f"Bearer {self.identity.issue_token(person).text}"}

    async def log_in(self, name: str) -> dict[str, str]:
        """Make an account, log it in by signature, and return its headers."""
        secret = self.account(name)
        asked = await self.http.get("/api/auth/challenge", params={"account": name})
        text = asked.json()["challenge"]
        body = {"account": name, "challenge": text, "signature": sign(secret, text)}
        answer = await self.http.post("/api/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    async def fund(self, account: str, tokens: int) -> None:
        """Give an account tokens."""
        transfer = Transfer(
            id=derived_id(account, f"funds/{tokens}"),
            kind="purchase",
            debit="issuance:TOK",
            credit=user_main(account),
            asset="TOK",
            amount=tokens,
        )
        outcome = await self.kernel.ask(LEDGER, Post(command=one(transfer)), 5_000_000)
        assert isinstance(outcome, Ok), outcome

    def connect(self, *accounts: str) -> None:
        """Give each account a socket."""
        for account in accounts:
            init = SessionInit(socket_id=f"socket-of-{account}", person=Person(account=account))
            self.kernel.spawn(f"session:socket-of-{account}", init)

    async def enter(self, space: SpaceId, *people: Person) -> None:
        """Put people with sockets into a space and wait until they are in."""
        for person in people:
            number = len(self.sockets.sent)
            socket_id = f"socket-{number}"
            address = f"session:{socket_id}"
            self.kernel.spawn(address, SessionInit(socket_id=socket_id, person=person))
            self.kernel.tell(address, JoinSpace(space=space))
            with trio.fail_after(5):
                while not any(
                    getattr(one, "event", None) == "space-joined" and socket_id in one.to
                    for one in self.sockets.sent
                ):
                    await self.sockets.changed.wait()


BOUNDLESS = LimitSettings(
    auth_per_minute=6_000_000,
    chat_per_s=100_000,
    requests_per_s=100_000,
    tips_per_minute=6_000_000,
    checkouts_per_minute=6_000_000,
    purchases_per_minute=6_000_000,
    webhook_changes_per_minute=6_000_000,
)


async def _look_up(host: str, _port: int) -> list[str]:
    """Find every name of a public zone, and localhost."""
    return ["127.0.0.1"] if host == "localhost" else ["93.184.216.34"]


@asynccontextmanager
async def running(
    keys: Path,
    *,
    policy: ActorSettings | None = None,
    keep_alive_s: float = 5.0,
    limits: LimitSettings | None = None,
    **settings: Any,
) -> AsyncIterator[Stack]:
    """Serve the app with fresh state. `settings` are those of `HttpSettings`."""
    clock, entropy, sockets, reasons = Clock(), Entropy(), Sockets(), list[str]()
    store = MemoryStore(clock)
    faults = FaultyStore(store)
    policy = policy or ActorSettings()
    kernel = Kernel(product_kinds(policy), seed=b"http tests", now_us=clock.us)
    outside = Receivers(kernel.core, lambda _post, _now_us: "ok")
    kernel.core.ports = {STORE: faults, CLIENTS: sockets, WEBHOOKS: outside}
    courier = Courier(kernel.start_task, private_allowed=False, look_up=_look_up)
    identity = Identity(
        settings=IdentitySettings(site="presence.test", system_admins=frozenset({"root-admin"})),
        directory=LocalKeyDirectory(keys),
        tokens=Tokens(TokenKeys("1", {"1": b"k" * 32}), now_us=clock, entropy=entropy),
        store=faults,
        now_us=clock,
        entropy=entropy,
    )
    app = create_app(
        Services(
            store=faults,
            ask=kernel.ask,
            identity=identity,
            limits=Limits((limits or BOUNDLESS).rates()),
            money=policy.money,
            settings=HttpSettings(version="1.2.3", **{"node": "node-1", **settings}),
            now_us=clock,
            entropy=entropy,
            readiness=lambda: reasons,
            check_webhook=courier.check,
        )
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        async with (
            served(app, keep_alive_s=keep_alive_s) as url,
            httpx.AsyncClient(base_url=url, timeout=10) as http,
        ):
            yield Stack(
                url=url,
                http=http,
                app=app,
                kernel=kernel,
                store=store,
                faults=faults,
                sockets=sockets,
                identity=identity,
                clock=clock,
                keys=keys,
                reasons=reasons,
                outside=outside,
            )
        nursery.cancel_scope.cancel()
