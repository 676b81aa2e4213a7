"""When a space publishes: soon where few are, never more than once in a body's period."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.clients import Emit, EmitMany
from actors.space import pose_frame
from actors.space.messages import Tick
from actors.space.poses import delay_us
from actors.store import SpaceSettings
from engine.cell import Cell
from engine.clock import SECOND_US
from engine.context import Effect
from engine.observer import Observer
from tests.actors.support import LOBBY, Client, World

PERIOD_US = SECOND_US // 15


class Watch(Observer):
    """Keeps when the space ran its timer, and when it published whose pose."""

    def __init__(self) -> None:
        self.ticks: list[int] = []
        self.published: dict[str, list[tuple[int, Any]]] = defaultdict(list)

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: Any) -> None:
        if isinstance(message, Tick):
            self.ticks.append(now_us)

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case (
                    "io",
                    "clients",
                    EmitMany(event="aframe-update", to=to, payloads=payloads),
                    *_,
                ):
                    if "eve" in to:
                        continue  # The same once more, to who else learns of poses by frames.
                case ("io", "clients", Emit(event="aframe-update", payload=opened), *_):
                    payloads = ((opened["socketId"], opened),)
                case _:
                    continue
            for _but, payload in payloads:
                who = payload["socketId"]
                self.published[who].append((now_us, payload["entityData"]))


def watched(*names: str, **how: Any) -> tuple[World, Watch, list[Client]]:
    world = World(tick_hz=15)
    for name in names:
        world.connect(name).join(LOBBY, position={"x": 0, "y": 0, "z": 0}, **how)
        world.run(0.1)
    watch = world.core.observer = Watch()
    return world, watch, [world.clients[name] for name in names]


@pytest.mark.parametrize(
    ("people", "expected_us"),
    [
        (20, 0),
        (21, 1_386),
        (60, 3_960),
        (100, 6_600),
        (200, 8_000),
        (500, 16_500),
        (750, 41_500),
        (1_000, 66_500),
    ],
)
def test_the_delay_grows_with_the_crowd(people: int, expected_us: int) -> None:
    """The figures of docs/rules/poses.md."""
    assert delay_us(people, PERIOD_US) == expected_us


def test_two_people_see_each_other_at_once() -> None:
    """A relay would pass the pose on at once; so do we."""
    world, watch, (ada, _bob) = watched("ada", "bob")
    ada.move(position={"x": 1, "y": 0, "z": 0})
    begin_us = world.core.now_us
    world.run(1)

    ((at_us, _update),) = watch.published["ada"]
    assert at_us == begin_us


@pytest.mark.parametrize("binary", [False, True])
def test_a_space_where_nobody_moves_does_nothing(binary: bool) -> None:  # noqa: FBT001
    """No tick before anybody moves, and none a minute after: only frames repeat a pose."""
    world, watch, (ada, _bob) = watched("ada", "bob", binary_poses=binary)
    world.run(30)
    assert watch.ticks == []

    ada.move(position={"x": 1, "y": 0, "z": 0})
    world.run(120)
    last_us = world.core.now_us - 120 * SECOND_US
    assert bool(watch.ticks) is binary
    assert max(watch.ticks, default=last_us) - last_us < 61 * SECOND_US
    assert len(watch.ticks) <= 20


updates = st.fixed_dictionaries(
    {},
    optional={
        "position": st.none() | st.integers(0, 50).map(lambda x: {"x": x, "y": 0, "z": 0}),
        "rotation": st.none() | st.integers(0, 90).map(lambda y: {"x": 0, "y": y, "z": 0}),
        "voice_enabled": st.none() | st.booleans(),
    },
)
journeys = st.lists(
    st.tuples(st.integers(0, 120_000), st.sampled_from(["ada", "bob", "cay"]), updates),
    max_size=40,
)


def said(update: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of an update that say something: null is as good as nothing."""
    return {key: value for key, value in update.items() if value is not None}


@settings(max_examples=40, deadline=None)
@given(journeys)
def test_each_body_is_published_once_a_period_and_its_last_word_arrives(
    journey: list[tuple[int, str, dict[str, Any]]],
) -> None:
    """Whoever sends faster is conflated, part by part; nobody is published late for it."""
    world, watch, clients = watched("ada", "bob", "cay")
    watcher = world.connect("eve")
    watcher.join(LOBBY, binary_poses=True)
    world.run(1)
    last: dict[str, dict[str, Any]] = defaultdict(dict)
    sent_us: dict[str, int] = {}
    for wait_us, name, update in journey:
        world.engine.run_for(wait_us)
        world.clients[name].move(**update)
        last[name].update(said(update))
        sent_us[name] = world.core.now_us
    world.run(1)

    for client in clients:
        name = client.socket_id
        published = watch.published[name]
        times = [at_us for at_us, _update in published]
        assert all(b - a >= PERIOD_US for a, b in pairwise(times))
        told: dict[str, Any] = {}
        for _at_us, update in published:
            told.update(said(update))
        assert told == last[name]
        if name in sent_us:
            assert times[-1] <= sent_us[name] + PERIOD_US + delay_us(4, PERIOD_US)
        space = world.space(LOBBY)
        assert space is not None
        body = space.state.roster.bodies[name]
        assert body.voice_enabled == last[name].get("voice_enabled", False)
        assert (body.position, body.rotation) == (
            last[name].get("position", {"x": 0, "y": 0, "z": 0}),
            last[name].get("rotation"),
        )
        client.say("sends the session a message, so that it looks into its lane")
        world.run(1)
        session = client.session
        assert session is not None
        where = session.where
        assert (where.position, where.rotation) == (body.position, body.rotation)
        assert where.voice_enabled == body.voice_enabled


def test_parts_of_one_tick_do_not_hide_each_other() -> None:
    """A microphone opened just after a step is one update with both."""
    world, watch, (ada, _bob) = watched("ada", "bob")
    for update in ({"position": {"x": 1, "y": 0, "z": 0}}, {"voice_enabled": True}):
        ada.move(**update)
    world.run(1)

    ((_at_us, update),) = watch.published["ada"]
    assert update == {"position": {"x": 1, "y": 0, "z": 0}, "voice_enabled": True}


def test_a_space_has_its_own_rate() -> None:
    """`tick_hz` in a space's settings decides there; the server's setting everywhere else."""
    world = World(tick_hz=15)
    world.save_settings(LOBBY, tick_hz=5)
    ada, _bob = world.inside(LOBBY, "ada", "bob")
    watch = world.core.observer = Watch()
    for x in range(100):
        ada.move(position={"x": x, "y": 0, "z": 0})
        world.run(0.02)
    world.run(1)

    assert len(watch.published["ada"]) == 11
    assert watch.published["ada"][-1][1]["position"]["x"] == 99


def test_what_a_view_is_shown_is_the_newest_pose() -> None:
    """With few people every step is in a frame within a millisecond, however far away."""
    world, _watch, (ada, bob) = watched("ada", "bob", binary_poses=True)
    for x in range(100):
        ada.move(position={"x": 200 + x, "y": 0, "z": 0})
        world.run(0.001)
        for payload in bob.got("poses"):
            ((place, _turned),) = pose_frame.decode(payload).poses.values()
            assert place == ((200 + x) * 1_000, 0, 0)
        assert bob.got("poses")
        world.run(0.099)
        bob.inbox.clear()


def test_poses_take_the_short_way_only_while_nothing_is_overtaken() -> None:
    """A pose behind a leave is not published; without a turn of the session it still counts."""
    world, watch, (ada, _bob) = watched("ada", "bob")
    turns: list[Any] = []
    world.core.before_delivery = lambda cell, message: (
        turns.append(message) if cell.address == "session:ada" else None
    )
    for x in range(5):
        ada.move(position={"x": x, "y": 0, "z": 0})
        world.run(0.2)
    assert turns == []
    assert len(watch.published["ada"]) == 5

    ada.leave()
    ada.move(position={"x": 9, "y": 0, "z": 0})
    world.run(0.2)
    ada.move(position={"x": 10, "y": 0, "z": 0})
    world.run(0.2)
    assert len(watch.published["ada"]) == 5


def test_a_session_is_awake_while_poses_come_and_knows_the_last_one() -> None:
    """The copy in its own lane is a sign of life, and what a restarted space is told."""
    world = World(session_idle_us=60 * SECOND_US)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    for x in range(100):
        ada.move(position={"x": x, "y": 0, "z": 0})
        world.run(1)
    assert ada.dismissed == []
    assert [one.reason for one in bob.dismissed] == ["idle"]

    world.crash(LOBBY.address)
    ada.say("still here?")
    world.run(5)
    space = world.space(LOBBY)
    assert space is not None
    assert space.state.roster.bodies["ada"].position == {"x": 99, "y": 0, "z": 0}


def test_the_setting_reaches_the_space() -> None:
    """A space without a setting of its own has none: it follows the server."""
    assert SpaceSettings().tick_hz is None
