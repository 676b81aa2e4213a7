"""A rush of newcomers: let in together, shown to everybody once each, and to each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.actors.checks import check_everything
from tests.actors.support import LOBBY, World

NAMES = [f"n{number}" for number in range(8)]
steps = st.lists(
    st.tuples(st.sampled_from(["join", "say", "leave"]), st.sampled_from(NAMES))
    | st.tuples(st.just("wait"), st.sampled_from([0.01, 0.06, 0.2])),
    max_size=40,
)


def test_those_who_come_together_share_one_roster_and_one_announcement() -> None:
    """Who was there hears of each once; a newcomer's roster has the others of the rush already."""
    world = World()
    first = world.connect("first")
    first.join(LOBBY)
    world.run(1)
    rush = [world.connect(name) for name in NAMES]
    for client in rush:
        client.join(LOBBY)
    world.run(1)

    ids = [client.socket_id for client in rush]
    assert [one["socketId"] for one in first.got("user-joined")] == ids
    *_, last = (client.got("space-joined")[0]["users"] for client in rush)
    assert [user["socketId"] for user in last] == [first.socket_id, *ids]
    assert rush[-1].got("space-joined")[0] is rush[-2].got("space-joined")[0]
    assert rush[-1].got("user-joined") == []


@given(steps)
def test_whatever_happens_in_a_rush_everybody_sees_who_is_there(
    plan: list[tuple[str, str | float]],
) -> None:
    """Joins, words and departures in any order: no arrival is missed, doubled or forgotten."""
    world = World()
    clients = {name: world.connect(name) for name in NAMES}
    for number, (what, who) in enumerate(plan):
        if isinstance(who, float):
            world.run(who)
        elif what == "join":
            clients[who].join(LOBBY)
        elif what == "say":
            clients[who].say(f"word {number}")
        else:
            clients[who].leave()
    world.run(5)

    check_everything(world, LOBBY)
