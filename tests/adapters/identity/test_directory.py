"""Key directories: the local file, Hive nodes over real HTTP, and both in a chain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio

from adapters.identity.directory import (
    ChainedKeyDirectory,
    LocalKeyDirectory,
    may_post_as,
    read_accounts,
)
from adapters.identity.errors import KeysUnavailable
from adapters.identity.hive_keys import public_key_of, text_from_public_key
from adapters.identity.hive_node import CACHED_US, HiveNodeKeyDirectory
from adapters.identity.keys_cli import new_account, remove_account
from tests.adapters.identity.hive_node import HiveNode, account, authority
from tests.support.http_server import Clock, Entropy, served

SECRETS = [bytes([n]) * 32 for n in (1, 2, 3)]
KEYS = [public_key_of(secret) for secret in SECRETS]
TEXTS = [text_from_public_key(key) for key in KEYS]


async def test_a_hive_nodes_accounts_are_found_and_kept_for_a_minute() -> None:
    """A login costs one request a minute and account; a changed key is seen after it."""
    node, clock = HiveNode(account("alice", authority(TEXTS[0]))), Clock()
    async with served(node) as url, HiveNodeKeyDirectory([url], now_us=clock) as directory:
        assert await may_post_as("alice", [KEYS[0]], directory)
        node.rows["alice"] = account("alice", authority(TEXTS[1]))
        clock.us += CACHED_US - 1
        assert await may_post_as("alice", [KEYS[0]], directory)
        assert node.asked == [["alice"]]

        clock.us += 1
        assert not await may_post_as("alice", [KEYS[0]], directory)
        assert await may_post_as("alice", [KEYS[1]], directory)
        assert node.asked == [["alice"], ["alice"]]


async def test_delegates_are_asked_for_a_level_at_a_time() -> None:
    """Three requests at most, however many delegates there are."""
    node = HiveNode(
        account("alice", authority(accounts={"bob": 1, "carol": 1}), owner=authority()),
        account("bob", authority(accounts={"dave": 1}), active=authority(accounts={"eve": 1})),
        account("carol", authority(TEXTS[1], threshold=2)),
        account("dave", authority(TEXTS[0])),
    )
    async with served(node) as url, HiveNodeKeyDirectory([url], now_us=Clock()) as directory:
        assert await may_post_as("alice", [KEYS[0]], directory)
        assert not await may_post_as("alice", [KEYS[1]], directory)
        assert node.asked == [["alice"], ["bob", "carol"], ["dave"]]


async def test_an_account_that_is_not_there_and_a_name_that_cannot_be() -> None:
    """The first is asked for once a minute; the second never leaves the house."""
    node = HiveNode()
    async with served(node) as url, HiveNodeKeyDirectory([url], now_us=Clock()) as directory:
        assert await directory.authorities(["nobody", "No Name", "x"]) == {}
        assert await directory.authorities(["nobody"]) == {}
        assert node.asked == [["nobody"]]

        node.rows["nobody"] = account("nobody", authority(TEXTS[0]))
        directory.forget("nobody")
        assert "nobody" in await directory.authorities(["nobody"])


@pytest.mark.parametrize("broken", ["status", "html", "error", "form"])
async def test_another_node_stands_in_for_a_broken_one(broken: str) -> None:
    """And is asked first from then on."""
    first, second = HiveNode(), HiveNode(account("alice", authority(TEXTS[0])))
    first.broken = broken
    async with (
        served(first) as url,
        served(second) as other,
        HiveNodeKeyDirectory([url, other], now_us=Clock()) as directory,
    ):
        assert await may_post_as("alice", [KEYS[0]], directory)
        assert await directory.authorities(["bob"]) == {}
    assert len(first.asked) == 1
    assert len(second.asked) == 2


@pytest.mark.parametrize("broken", ["status", "html", "error", "form"])
async def test_when_every_node_is_broken_nobody_is_judged(broken: str) -> None:
    """An outage is said to be one: not a refused login, and not a login. Nothing is kept of it."""
    node = HiveNode(account("alice", authority(TEXTS[0])))
    node.broken = broken
    async with served(node) as url, HiveNodeKeyDirectory([url], now_us=Clock()) as directory:
        with pytest.raises(KeysUnavailable):
            await may_post_as("alice", [KEYS[0]], directory)
        node.broken = None
        assert await may_post_as("alice", [KEYS[0]], directory)


async def test_nodes_that_do_not_answer_are_an_outage_too() -> None:
    """One port has nobody listening; behind the other somebody listens and never answers."""
    silent = await trio.open_tcp_listeners(0, host="127.0.0.1")
    closed = await trio.open_tcp_listeners(0, host="127.0.0.1")
    ports = [listener.socket.getsockname()[1] for listener in (*silent, *closed)]
    await closed[0].aclose()
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    async with silent[0], HiveNodeKeyDirectory(urls, now_us=Clock(), timeout_s=0.1) as directory:
        with trio.fail_after(5), pytest.raises(KeysUnavailable) as caught:
            await directory.authorities(["alice"])
    assert "no answer within 0.1 s" in caught.value.reason
    assert "ConnectError" in caught.value.reason


async def test_the_local_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """`presence keys new` and `remove` work at once, without a restart."""
    file = tmp_path / "local_keys.json"
    directory = LocalKeyDirectory(file)
    assert await directory.authorities(["alice"]) == {}

    new_account(file, "alice", now_us=1, entropy=Entropy())
    assert set(await directory.authorities(["alice", "bob"])) == {"alice"}

    remove_account(file, "alice")
    assert await directory.authorities(["alice"]) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"accounts": 5}', '{"accounts": {"alice": {}}}'])
async def test_a_spoilt_local_file_is_an_outage(tmp_path: Path, text: str) -> None:
    """Not an empty directory: the operator has to learn of it."""
    file = tmp_path / "local_keys.json"
    file.write_text(text)

    with pytest.raises(KeysUnavailable) as caught:
        await LocalKeyDirectory(file).authorities(["alice"])
    assert "local_keys.json" in caught.value.reason


async def test_a_local_account_hides_the_chains_and_asks_no_node(tmp_path: Path) -> None:
    """First come, first served; only strangers are looked up outside."""
    file = tmp_path / "local_keys.json"
    row = {"created_at_us": 1, "posting": authority(TEXTS[0])}
    file.write_text(json.dumps({"accounts": {"alice": row}}))
    assert set(read_accounts(file)) == {"alice"}
    node = HiveNode(account("alice", authority(TEXTS[1])), account("bobby", authority(TEXTS[2])))
    async with served(node) as url, HiveNodeKeyDirectory([url], now_us=Clock()) as nodes:
        chain = ChainedKeyDirectory([LocalKeyDirectory(file), nodes])
        assert await may_post_as("alice", [KEYS[0]], chain)
        assert not await may_post_as("alice", [KEYS[1]], chain)
        assert node.asked == []
        assert await may_post_as("bobby", [KEYS[2]], chain)
        assert node.asked == [["bobby"]]
