"""What must be true of any run once its faults are over."""

from __future__ import annotations

from actors.space.space_id import SpaceId
from tests.actors.support import Client, World


def settle(world: World, *spaces: SpaceId) -> None:
    """End the faults, let everything retry, and say one more thing in each space."""
    world.heal()
    world.run(35)
    for space in spaces:
        client = world.connect(f"witness-{space.type}")
        client.join(space)
        world.run(1)
        if client.space == space:  # It may be full.
            ack = client.say(f"last words of {space}", key="last")
            world.run(2)
            assert isinstance(client.answer(ack), dict)
        client.disconnect()
    world.run(45)


def check_everything(world: World, *spaces: SpaceId) -> None:
    """Check a settled world."""
    core = world.core
    assert core.missing() == 0
    assert len(core.asks) == 0
    for space in spaces:
        inside = {one.socket_id for one in world.clients.values() if one.space == space}
        roster = world.roster(space)
        assert set(roster) == inside
        assert world.rows(space) == sorted(inside)
        assert world.counts().get((space.type, space.id), 0) == len(inside)
        ids = [row.id for row in world.memory.messages_of(space)]
        assert ids == sorted(set(ids))
    for client in world.clients.values():
        check_client(client)


def check_client(client: Client) -> None:
    """Check what one client has been told against what is so."""
    world, space = client.world, client.space
    assert client.complaints == []
    shown = [payload["id"] for payload in client.got("chat-message")]
    for place in {client.space} if client.space else ():
        rows = [row.id for row in world.memory.messages_of(place)]
        assert {one for one in rows if one > client.history_up_to} <= set(shown)
    by_space: dict[str, list[tuple[int, int]]] = {}
    chats: dict[str, list[int]] = {}
    for event, payload in client.inbox:
        if event == "space-joined":
            name = f"{payload['spaceType']}:{payload['spaceId']}"
            by_space.setdefault(name, []).append((payload["epoch"], payload["offset"]))
        elif event == "chat-message":
            name = f"{payload['space_type']}:{payload['space_id']}"
            chats.setdefault(name, []).append(payload["id"])
    for positions in by_space.values():
        assert positions == sorted(positions)
    for ids in chats.values():
        assert ids == sorted(set(ids))
    if space is not None:
        assert client.view is not None
        assert set(client.view) == set(world.roster(space))
    for ack in client.asked:
        answers = client.answers.get(ack, [])
        assert len(answers) <= 1
        assert answers or client.session is None, f"{client.socket_id} waits for {ack}"
        for answer in answers:
            if isinstance(answer, dict) and "message" in answer:
                message = answer["message"]
                place = SpaceId(message["space_type"], message["space_id"], message["subspace"])
                kept = [row.content for row in world.memory.messages_of(place)]
                assert kept.count(message["content"]) == 1
