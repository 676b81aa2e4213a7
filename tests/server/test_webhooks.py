"""Webhooks of the running product, to a real receiver that verifies them as a stranger would."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import trio

from adapters.webhooks.courier import WITHIN_S
from tests.server.customers import SECRET, Customer
from tests.support.live_server import LiveServer
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

AT = "/api/webhooks/endpoints"
SOON_S = 60.0
"""An attempt that nobody took is made again after ten seconds."""

_keys = itertools.count(1)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that may send to this machine, to be killed."""
    server = LiveServer(
        tmp_path_factory.mktemp("webhooks"),
        payment_secret=SECRET,
        webhook_targets="any",
        webhooks_per_account="50",
    )
    try:
        yield server.start()
    finally:
        server.stop()


class Tips:
    """Somebody who tips, and a creator who is tipped; both are new to the server."""

    def __init__(self, number: int) -> None:
        self.ann_name, self.cleo_name = f"ann{number}", f"cleo{number}"
        self.ann: Customer
        self.cleo: Customer

    async def give(self, tokens: int = 1) -> str:
        """Tip, and return its id."""
        body = {"toCreatorId": self.cleo_name, "amountTokens": tokens}
        sent = await self.ann.done("POST", "/api/tips/send", body, key=f"tip-{next(_keys)}")
        return str(sent["tip"]["id"])


@pytest.fixture
async def tips(market: LiveServer) -> Tips:
    tips = Tips(next(_keys))
    tips.cleo = await Customer.of(market, tips.cleo_name)
    await tips.cleo.done("PUT", "/api/creators/me", {"display_name": "Cleo"})
    tips.ann = await Customer.of(market, tips.ann_name)
    await tips.ann.buy(100)
    return tips


async def endpoint(of: Customer, receiver: Receiver) -> tuple[str, str]:
    """Return the id and the secret of a new one for tips."""
    body = {"url": receiver.url, "events": ["tip.given"]}
    made = await of.done("POST", AT, body)
    return f"{AT}/{made['endpoint']['id']}", made["secret"]


async def test_a_tip_is_told_signed_and_once(tips: Tips) -> None:
    """What arrives is what was promised: its id, its number, one's own side, a signature."""
    with Receiver() as receiver:
        path, secret = await endpoint(tips.cleo, receiver)
        tip_id = await tips.give(7)
        await eventually(lambda: bool(receiver.got))
        (got,) = receiver.got
        assert got.is_signed_with(secret)
        assert not got.is_signed_with("another")
        assert got.headers["user-agent"] == "Presence-Webhook/1"
        assert got.headers["presence-event-id"] == got.said["id"]
        assert got.said["data"] == {
            "ref": f"tip:{tip_id}", "from": tips.ann_name, "to": tips.cleo_name,
            "changes": [{"account": "main", "asset": "TOK", "amount": "7"}],
        }  # fmt: skip
        assert (got.said["type"], got.said["seq"]) == ("tip.given", 1)

        turned = await tips.cleo.done("POST", f"{path}/rotate-secret")
        await tips.cleo.done("POST", f"{path}/test")
        await eventually(lambda: len(receiver.got) == 2)
        ping = receiver.got[1]
        assert ping.said["type"] == "ping"
        assert ping.is_signed_with(turned["secret"])
        assert ping.is_signed_with(secret)
        await tips.cleo.done("DELETE", path)


async def test_410_disables_until_its_owner_enables(tips: Tips) -> None:
    """Nothing more comes; then what waited comes, under its id."""
    statuses = [410]
    with Receiver(lambda _said: statuses[0]) as receiver:
        path, _ = await endpoint(tips.cleo, receiver)
        await tips.give()
        await eventually(lambda: bool(receiver.got))

        async def shown() -> dict[str, Any]:
            listed = (await tips.cleo.done("GET", AT))["endpoints"]
            return next(one for one in listed if path.endswith(one["id"]))

        with trio.fail_after(SOON_S):
            while (await shown())["enabled"]:
                await tips.give()
        assert (await shown())["disabled_because"] == "it answered 410"
        statuses[0] = 200
        before = len(receiver.got)
        await tips.cleo.done("POST", f"{path}/enable")
        await eventually(lambda: len(receiver.got) > before)
        taken = {one.said["id"] for one in receiver.got if one.status == 200}
        await eventually(
            lambda: (
                {one.said["id"] for one in receiver.got if one.status == 410}
                <= {one.said["id"] for one in receiver.got if one.status == 200}
            )
        )
        assert taken
        await tips.cleo.done("DELETE", path)


async def test_a_server_killed_after_a_commit_tells_it_when_it_is_back(
    market: LiveServer, tips: Tips
) -> None:
    """Nobody listened before: whatever had not been told when it died is told, under one id."""
    with Receiver() as reserved:
        port = reserved.port
    receiver = Receiver(port=port)
    path, secret = await endpoint(tips.cleo, receiver)
    given = []
    for _ in range(3):
        given.append(await tips.give())
        await trio.to_thread.run_sync(market.kill)
        await trio.to_thread.run_sync(market.start)
    with receiver:
        await eventually(lambda: len(refs(receiver)) == 3, SOON_S)
        assert sorted(refs(receiver)) == sorted(f"tip:{each}" for each in given)
        assert all(got.is_signed_with(secret) for got in receiver.got)
        await tips.cleo.done("DELETE", path)


async def test_a_server_killed_while_it_tells_tells_the_same_again(
    market: LiveServer, tips: Tips
) -> None:
    """It arrived and the answer did not: the same bytes under the same id come again."""
    release = threading.Event()

    def answers(_said: Any) -> int:
        release.wait(WITHIN_S / 2)
        return 200

    with Receiver(answers) as receiver:
        path, secret = await endpoint(tips.cleo, receiver)
        before = receiver.arrived
        await tips.give()
        await eventually(lambda: receiver.arrived > before)
        await trio.to_thread.run_sync(market.kill)
        release.set()
        await trio.to_thread.run_sync(market.start)
        await eventually(lambda: len(receiver.got) == 2, SOON_S)
        first, again = receiver.got
        assert first.body == again.body
        assert first.headers["presence-event-id"] == again.headers["presence-event-id"]
        assert first.is_signed_with(secret)
        assert again.is_signed_with(secret)
        await tips.cleo.done("DELETE", path)


def refs(receiver: Receiver) -> set[str]:
    return {got.said["data"]["ref"] for got in receiver.got if got.said["type"] != "ping"}


async def test_a_public_server_sends_nothing_to_its_own_network(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """As it comes out of the box: neither plain http nor a name of this machine."""
    server = LiveServer(tmp_path_factory.mktemp("public"))
    try:
        server.start()
        cleo = await Customer.of(server, "cleo")
        for url in ("http://hooks.example/", "https://localhost/", "https://169.254.169.254/"):
            answer = await cleo.call("POST", AT, {"url": url})
            assert (answer.status_code, answer.json()["field"]) == (400, "url"), answer.text
    finally:
        server.stop()
