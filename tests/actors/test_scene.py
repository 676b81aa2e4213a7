"""The scene people share: who is shown what, what goes with its owner and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.person import Person
from actors.session.messages import DropEntity, MoveTo, ShareEntity
from actors.space import scene as scene_module
from actors.space.entities import EntityUpdate
from actors.store import SaveEntities
from engine.refusal import Refused
from tests.actors.support import HARBOUR, LOBBY, Client, World

LAMP = {"light": {"color": "red"}, "position": {"x": 1, "y": 0, "z": 2}}


def share(client: Client, name: str = "lamp", **fields: Any) -> int:
    kinds = ("template", "parent", "persistent", "locked")
    facts = {key: fields.pop(key) for key in kinds if key in fields}
    update = EntityUpdate(entity_id=name, facts=facts, **fields)
    return client._ask(ShareEntity, update=update)


def drop(client: Client, name: str = "lamp") -> int:
    return client._ask(DropEntity, entity_id=name)


def seen(client: Client) -> dict[str, Any]:
    """Return the components of each entity as this client was told."""
    held: dict[str, dict[str, Any]] = {}
    for event, payload in client.inbox:
        if event == "space-joined":
            held = {one["entityId"]: dict(one["components"]) for one in payload["entities"]}
        elif event == "entities-removed":
            for name in payload["entityIds"]:
                held.pop(name, None)
        elif event == "entities-updated":
            for one in payload["entities"]:
                mine = held.setdefault(one["entityId"], {})
                mine |= one["components"]
                held[one["entityId"]] = {k: v for k, v in mine.items() if v is not None}
    return held


def kept(world: World) -> dict[str, Any]:
    """Return the components of what the space has."""
    space = world.space(LOBBY)
    assert space is not None
    return {name: entity.components for name, entity in space.scene.entities.items()}


def stored(world: World) -> dict[str, Any]:
    return {name: row.components for name, row in world.memory.entities.get(LOBBY, {}).items()}


def test_a_change_reaches_the_others_once_a_tick_and_its_author_by_answer() -> None:
    """SPEC 2: they travel the same way as poses, conflated."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    share(ada, components=LAMP, template="#lamp")
    last = [share(ada, components={"position": {"x": x}}) for x in range(3)][-1]
    world.run(0.5)

    (update,) = bob.got("entities-updated")
    (entity,) = update["entities"]
    assert entity["components"] == {**LAMP, "position": {"x": 2}}
    assert (entity["owner"], entity["creator"], entity["template"]) == ("ada", "ada", "#lamp")
    assert entity["lastOwnerTime"] < entity["time"] <= update["timestamp"] + 3
    assert ada.got("entities-updated") == []
    assert ada.answer(last)["entity"]["owner"] == "ada"


def test_a_newcomer_is_sent_the_whole_scene() -> None:
    """A snapshot for late joiners, equal to what those inside have put together."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    share(ada, components=LAMP)
    share(bob, "chair", components={"position": {"x": 5}})
    world.run(0.5)
    share(ada, components={"light": None})
    world.run(0.5)
    cay = world.connect("cay")
    cay.join(LOBBY)
    world.run(0.5)

    assert seen(cay) == kept(world)
    assert kept(world)["lamp"] == {"position": LAMP["position"]}


def test_what_two_changed_in_one_tick_both_are_shown() -> None:
    """Neither knows the other's change; whoever alone changed something is not told."""
    world = World(tick_hz=1)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    share(ada, components=LAMP)
    world.run(1)
    share(ada, components={"light": {"color": "blue"}})
    share(bob, components={"position": {"x": 9}}, take=True)
    world.run(1)

    for client in (ada, bob):
        assert seen(client)["lamp"] == {"light": {"color": "blue"}, "position": {"x": 9}}


def test_when_many_change_something_in_a_tick_it_is_one_event_to_all() -> None:
    """Events grow with the people who see them, not with those times the people who act."""
    world = World()
    names = [f"p{number}" for number in range(9)]
    clients = world.inside(LOBBY, *names)
    for client in clients:
        share(client, client.socket_id, components={"n": 1})
    world.run(0.5)

    for client in clients:
        (update,) = client.got("entities-updated")
        assert [one["entityId"] for one in update["entities"]] == names


def test_a_non_owner_is_refused_with_how_it_is() -> None:
    """Then the client can show it right; `takeOwnership` goes through."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    share(ada, components=LAMP)
    no = share(bob, components={"light": {"color": "green"}})
    world.run(0.5)
    assert bob.code(no) == "not_owner"
    (error,) = bob.got("entity-error")
    assert (error["entityId"], error["entity"]["components"]) == ("lamp", LAMP)
    yes = share(bob, components={"light": {"color": "green"}}, take=True)
    world.run(0.5)

    assert bob.answer(yes)["entity"]["owner"] == "bob"
    assert kept(world)["lamp"]["light"] == {"color": "green"}


def test_what_is_not_persistent_goes_with_its_owner() -> None:
    """And what somebody else has taken meanwhile stays with them."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    for name in ("lamp", "chair", "table"):
        share(ada, name, components=LAMP, persistent=name == "table")
    share(bob, "chair", take=True)
    world.run(0.5)
    ada.disconnect()
    world.run(0.5)

    assert sorted(kept(world)) == ["chair", "table"] == sorted(seen(bob))
    (gone,) = bob.got("entities-removed")
    assert gone["entityIds"] == ["lamp"]
    events = [event for event, _payload in bob.inbox]
    assert events.index("user-left") < events.index("entities-removed")


def test_the_persistent_is_durable_soon_and_there_again_after_everything_ended() -> None:
    """Saved within seconds; a space that slept, crashed or died has what was saved."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    share(ada, components=LAMP, persistent=True)
    share(ada, "breath", components={"x": 1})
    world.run(2.5)
    assert stored(world) == {"lamp": LAMP}
    world.core.lifecycle.kill(LOBBY.address)
    world.run(3)
    bob = world.connect("bob")
    bob.join(LOBBY)
    world.run(1)

    assert seen(bob) == {"lamp": LAMP}


def test_leaving_saves_and_a_space_with_unsaved_entities_does_not_fall_asleep() -> None:
    """The last one to go need not wait."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.fault = lambda request: "err" if isinstance(request, SaveEntities) else None
    share(ada, components=LAMP, persistent=True)
    world.run(0.1)
    ada.disconnect()
    world.run(90)
    assert world.space(LOBBY) is not None
    world.heal()
    world.run(90)

    assert world.space(LOBBY) is None
    assert stored(world) == {"lamp": LAMP}


def test_what_is_removed_or_no_longer_persistent_leaves_the_store() -> None:
    """Also when it happens while a write is under way."""
    world = World(reply_us=500_000)
    ada = world.connect("ada")
    ada.join(LOBBY)
    world.run(3)
    for name in ("lamp", "chair", "table"):
        share(ada, name, components=LAMP, persistent=True)
    world.run(2.2)
    drop(ada, "lamp")
    share(ada, "chair", persistent=False)
    world.run(6)

    assert stored(world) == {"table": LAMP}
    share(ada, "chair", persistent=True)
    world.run(4)
    assert sorted(stored(world)) == ["chair", "table"]


def test_a_removed_entity_stays_removed() -> None:
    """A straggler's update is refused; removing twice is, too."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    share(ada, components=LAMP)
    world.run(0.5)
    not_yours = drop(bob)
    world.run(0.1)
    gone = drop(ada)
    late = share(bob, components={"position": {"x": 9}})
    twice = drop(ada)
    world.run(0.5)

    assert bob.code(not_yours) == "not_owner"
    assert ada.answer(gone) == {"entityId": "lamp"}
    assert bob.code(late) == "no_such_entity"
    assert ada.code(twice) == "no_such_entity"
    assert kept(world) == {} == seen(bob)


def test_bounds_are_told_with_their_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities in the space, of a person, bytes of one and of all; refusals change nothing."""
    world = World(space_entities_max=4, person_entities_max=3)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    for number in range(3):
        share(ada, f"a{number}")
    fourth = share(ada, "a3")
    world.run(0.1)
    share(bob, "b0")
    fifth = share(bob, "b1")
    large = share(ada, "a0", components={"text": "x" * scene_module.ENTITY_BYTES_MAX})
    monkeypatch.setattr(scene_module, "SCENE_BYTES_MAX", 500)
    crowded = share(ada, "a0", components={"text": "x" * 500})
    world.run(0.5)

    answers = [ada.answer(fourth), bob.answer(fifth), ada.answer(large), ada.answer(crowded)]
    assert all(isinstance(one, Refused) for one in answers)
    assert [(one.code, one.details.get("most")) for one in answers] == [
        ("too_many_entities", 3),
        ("too_many_entities", 4),
        ("entity_too_large", None),
        ("too_many_entities", 500),
    ]
    assert answers[2].details["bytes_max"] == scene_module.ENTITY_BYTES_MAX
    assert all(components == {} for components in kept(world).values())


def test_a_guest_cannot_lock_and_nobody_outside_can_share() -> None:
    """A lock must have somebody who can open it again; a scene is for those in it."""
    world = World()
    (guest,) = world.inside(LOBBY, "ada")
    outside = world.connect("bob", Person(account="bob"))
    locked, nowhere = share(guest, locked=True), share(outside)
    world.run(0.5)

    assert guest.code(locked) == "bad_input"
    assert outside.code(nowhere) == "not_in_space"


def test_entities_beside_a_pose_are_shared_and_repeating_them_is_no_news() -> None:
    """WIRE 2.1: `entities` of `aframe-update`; such clients get no answers."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    update = EntityUpdate(entity_id="lamp", components=LAMP)
    for x in range(3):
        ada.tell(MoveTo(update={"position": {"x": x, "y": 0, "z": 0}}, entities=(update,)))
        bob.tell(MoveTo(update={"position": {"x": x, "y": 0, "z": 0}}, entities=(update,)))
        world.run(0.5)

    assert kept(world) == {"lamp": LAMP}
    assert len(bob.got("entities-updated")) == 1
    assert bob.got("entity-error") == []
    space = world.space(LOBBY)
    assert space is not None
    assert space.scene.entities["lamp"].owner == "ada"


names = st.sampled_from(["lamp", "chair"])
steps = st.lists(
    st.tuples(
        st.sampled_from(["share", "take", "drop", "leave", "join", "tick", "save", "crash"]),
        st.sampled_from(["ada", "bob", "cay"]),
        names,
        st.integers(0, 9),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_everybody_inside_ends_with_the_space_and_the_store_with_its_persistent_part(
    story: list[tuple[str, str, str, int]],
) -> None:
    """Whatever is shared, taken, dropped, left and crashed: views, table and rows agree."""
    world = World()
    clients = {one.socket_id: one for one in world.inside(LOBBY, "ada", "bob", "cay")}
    for client in clients.values():
        client.join(LOBBY)  # Shown anew, so that the inbox begins with a snapshot.
    for what, who, name, number in story:
        client = clients[who]
        match what:
            case "share" | "take":
                value = {f"c{number % 3}": number}
                fields = {"persistent": number % 2 == 0, "take": what == "take"}
                share(client, name, components=value, **fields)
            case "drop":
                drop(client, name)
            case "leave":
                client.leave()
            case "join":
                client.join(LOBBY)
            case "tick":
                world.run(0.25)
            case "save":
                world.run(2.5)
            case "crash":
                world.crash(LOBBY.address)
    world.heal()
    world.run(8)
    for client in clients.values():
        client.inbox.clear()
        client.join(HARBOUR)
        world.run(0.2)
    world.run(0.5)
    clients["ada"].join(LOBBY)
    world.run(0.5)
    space = world.space(LOBBY)
    assert space is not None

    scene = space.scene
    assert seen(clients["ada"]) == kept(world)
    assert scene.size == sum(one.size for one in scene.entities.values())
    assert all(one.fact("persistent") for one in scene.entities.values())
    world.run(5)
    assert stored(world) == kept(world)
    assert world.core.missing() == 0
