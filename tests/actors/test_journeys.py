"""Any run of joins, moves, words, ends, crashes and store failures ends in one agreed state."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.directory.messages import DIRECTORY
from actors.person import Person
from tests.actors.checks import check_everything, settle
from tests.actors.support import HARBOUR, LOBBY, Client, Fault, World

SPACES = (LOBBY, HARBOUR)


@dataclass(frozen=True)
class Step:
    """One thing that happens: `who` is one guest, whose sockets come and go."""

    what: str
    who: int = 0
    where: int = 0
    number: int = 1


PEOPLE = (
    "join", "leave", "move", "say", "repeat", "signal", "relay", "drop", "resume", "disconnect",
    "wait",
)  # fmt: skip
TROUBLE = ("crash space", "crash chat", "crash session", "crash directory", "err", "unknown")

steps = st.builds(
    Step,
    what=st.sampled_from((*PEOPLE, "join", "join", "say")),
    who=st.integers(0, 3),
    where=st.integers(0, 1),
    number=st.integers(1, 6),
)
troubles = st.builds(
    Step,
    what=st.sampled_from(TROUBLE),
    who=st.integers(0, 3),
    where=st.integers(0, 1),
    number=st.integers(1, 8),
)


class Journey:
    """Plays steps. Nothing waits for anything unless a step says so."""

    def __init__(self, *, seats: int) -> None:
        self.world = World(reply_us=700, space_users_max=seats)
        self.at: dict[int, Client] = {}
        self.words = 0
        self.last_words: dict[int, tuple[str, str]] = {}

    def client(self, who: int) -> Client:
        client = self.at.get(who)
        if client is None or not client.connected:
            number = len(self.world.clients)
            person = Person(guest_id=f"guest-{who}")
            client = self.at[who] = self.world.connect(f"s{who}.{number}", person)
        return client

    def play(self, step: Step) -> None:
        world, space = self.world, SPACES[step.where]
        if step.what == "resume":
            if step.who in self.at:
                self.at[step.who].resume()
            return
        client = self.client(step.who)
        match step.what:
            case "join":
                client.join(space)
            case "leave":
                client.leave()
            case "move":
                at = {"x": float(step.number), "y": 0.0, "z": 0.0}
                client.move(position=at, rotation=at)
            case "say":
                self.words += 1
                self.last_words[step.who] = (f"word {self.words}", f"key-{self.words}")
                self._say(client, step.who)
            case "repeat" if step.who in self.last_words:
                self._say(client, step.who)
            case "signal":
                client.signal(self.client((step.who + 1) % 4).socket_id)
            case "relay":
                client.relay("note", n=step.number)
            case "drop":
                client.drop()
            case "disconnect":
                client.disconnect()
            case "wait":
                world.engine.run_for(step.number**5 * 250)  # A quarter of a ms to two seconds.
            case "crash space":
                world.crash(space.address, at_delivery=step.number)
            case "crash chat":
                world.crash(space.chat_address, at_delivery=step.number)
            case "crash session":
                world.crash(f"session:{client.socket_id}", at_delivery=step.number)
            case "crash directory":
                world.crash(DIRECTORY, at_delivery=step.number)
            case "err" | "unknown":
                self._fail_next("err" if step.what == "err" else "unknown", step.number)

    def _say(self, client: Client, who: int) -> None:
        content, key = self.last_words[who]
        client.say(content, key=key)

    def _fail_next(self, fault: Fault, count: int) -> None:
        left = count

        def next_fault(_request: object) -> Fault | None:
            nonlocal left
            left -= 1
            return fault if left >= 0 else None

        self.world.fault = next_fault


@settings(max_examples=150, deadline=None, report_multiple_bugs=False)
@given(
    st.lists(st.one_of(steps, steps, steps, troubles), min_size=5, max_size=40), st.integers(2, 5)
)
def test_every_run_ends_with_one_roster_that_everybody_knows(plan: list[Step], seats: int) -> None:
    """SPEC 1: presence is exact. SPEC 5: acknowledged means durable, and one order for all."""
    journey = Journey(seats=seats)
    for step in plan:
        journey.play(step)
    settle(journey.world, *SPACES)

    check_everything(journey.world, *SPACES)


@settings(max_examples=60, deadline=None)
@example([Step("join"), Step("join"), Step("join", where=1), Step("join"), Step("join")], 4)
@example([Step("join"), Step("say"), Step("drop"), Step("join"), Step("repeat")], 1)
@given(st.lists(steps, min_size=5, max_size=25), st.integers(1, 30))
def test_a_space_may_crash_at_any_point_of_a_run(plan: list[Step], at_delivery: int) -> None:
    """SPEC 1: a crash of its actor is at most a resync; nobody is sent away or seen to flap."""
    journey = Journey(seats=5)
    world = journey.world
    world.crash(LOBBY.address, at_delivery=at_delivery)
    for step in plan:
        journey.play(step)
        world.engine.run_for(step.number * 200)
    settle(world, *SPACES)

    assert [one.dismissed for one in world.clients.values() if one.dismissed] == []
    check_everything(world, *SPACES)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=5, max_size=40), st.integers(1, 3))
def test_no_interleaving_puts_more_people_into_a_space_than_it_holds(
    plan: list[Step], seats: int
) -> None:
    """SPEC 1: joining checks capacity; each snapshot a client got is checked as it arrives."""
    journey = Journey(seats=seats)
    for step in plan:
        journey.play(step)
        for space in SPACES:
            assert len(journey.world.roster(space)) <= seats
    settle(journey.world, *SPACES)

    check_everything(journey.world, *SPACES)
