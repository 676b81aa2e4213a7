"""Actor programs written by a generator: every message carries what its receiver then does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from hypothesis import strategies as st

from engine.actor import STAY, Actor, AskDone, Filled, Gap, IoDone, ReplyTo
from engine.cell import Birth, Kind, Lane
from engine.context import Context
from engine.core import Core
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.port import Reply
from engine.refusal import BadInput, Refused
from engine.supervision import RestartPolicy

Step = tuple[Any, ...]
"""A verb of `Scripted` and its operands."""

START_US = 1_700_000_000_000_000


@dataclass(frozen=True, slots=True)
class Do:
    """Do these steps, in order."""

    steps: tuple[Step, ...]
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """What reaches a node from outside: at each time, to each address, these steps."""

    tells: tuple[tuple[int, str, Do], ...]
    seed: bytes = b"seed"

    @property
    def end_us(self) -> int:
        """Late enough for every timer, restart and passivation to be over."""
        return START_US + 60_000_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A timer's message: which incarnation set it, and whether it was to outlive it."""

    incarnation: int
    keep: bool


class Scripted(Actor):
    """Does what it is told, and remembers just enough to have a state worth comparing."""

    def __init__(self, birth: Birth) -> None:
        self.count = birth.kept or birth.loaded or 0
        self.drawn = 0
        self.held: list[ReplyTo] = []
        self.taken = 0
        self.stays = 0

    def started(self, ctx: Context) -> None:
        self.drawn = ctx.chance("start").bits(16)

    def handle(self, message: Any, ctx: Context) -> None:
        self.count += 1
        match message:
            case Do(steps=steps):
                for step in steps:
                    getattr(self, step[0])(ctx, *step[1:])
            case AskDone(tag=tag) | IoDone(tag=tag):
                self.drawn ^= ctx.chance("done").bits(8) ^ len(tag)
            case Filled() if self.count % 4:
                self.take(ctx)
            case Gap(count=count):
                self.count += count

    def stopping(self, ctx: Context) -> None:
        ctx.tell("plain:1", Do(()))

    def passivate(self) -> Any:
        if self.stays:
            self.stays -= 1
            return STAY
        return self.count

    def tell(self, ctx: Context, to: str, do: Do) -> None:
        ctx.tell(to, do)

    def ask(self, ctx: Context, to: str, do: Do, timeout_us: int) -> None:
        ctx.ask(to, do, tag="asked", timeout_us=timeout_us)

    def forward(self, ctx: Context, to: str, do: Do) -> None:
        ctx.forward(to, do)

    def put(self, ctx: Context, to: str, key: int) -> None:
        ctx.put(to, key, self.count)

    def take(self, ctx: Context) -> None:
        self.taken += sum(ctx.take().values())

    def after(self, ctx: Context, delay_us: int, do: Do, key: str | None, keep: bool) -> None:  # noqa: FBT001
        ctx.after(delay_us, do, key=key, keep=keep)

    def cancel(self, ctx: Context, key: str) -> None:
        ctx.cancel(key)

    def io(self, ctx: Context, delay_us: int, how: str, tagged: bool) -> None:  # noqa: FBT001
        ctx.io("world", (delay_us, how), tag="io" if tagged else None)

    def reply(self, ctx: Context) -> None:
        ctx.reply(self.count)

    def hold(self, ctx: Context) -> None:
        if ctx.asker is not None:
            self.held.append(ctx.asker)

    def answer(self, ctx: Context) -> None:
        for asker in self.held:
            ctx.reply("late", asker)

    def spawn(self, ctx: Context, address: str) -> None:
        ctx.spawn(address, "child")

    def watch(self, ctx: Context, address: str) -> None:
        ctx.watch(address)

    def unwatch(self, ctx: Context, address: str) -> None:
        ctx.unwatch(address)

    def link(self, ctx: Context, address: str) -> None:
        ctx.link(address)

    def stop(self, ctx: Context, address: str | None) -> None:
        ctx.stop(address)

    def stay(self, ctx: Context) -> None:
        self.stays += 1

    def look(self, ctx: Context) -> None:
        self.count += len(ctx.watchers)

    def rare(self, ctx: Context) -> None:
        self.count += 100 * ctx.fault("first") + 1000 * ctx.fault("second")

    def tick(self, ctx: Context, delay_us: int, key: str | None, keep: bool) -> None:  # noqa: FBT001
        ctx.after(delay_us, Tick(ctx.incarnation, keep), key=key, keep=keep)

    def slow(self, ctx: Context, delay_us: int, how: str) -> None:
        ctx.io("tasks", (delay_us, how), tag=("slow", ctx.now_us, self.count))

    def crash(self, ctx: Context) -> None:
        raise RuntimeError("told to")

    def refuse(self, ctx: Context) -> None:
        raise BadInput("told to")

    def draw(self, ctx: Context) -> None:
        self.drawn = ctx.chance("draw").bits(16)


class World:
    """A port that answers as its request says: when, and how; a load's answer is a number."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def start(self, request: Any, reply: Reply) -> None:
        delay_us, how = request
        outcomes: dict[str, Outcome] = {
            "ok": Ok(7),
            "refused": Refused(code="no", text="No."),
            "err": Err("down"),
            "unknown": Unknown("lost"),
            "twice": Ok(8),
        }
        answer = partial(reply, outcomes[how])
        for _ in range(2 if how == "twice" else 1):
            if delay_us:
                self._core.timers.at(self._core.now_us + delay_us, answer)
            else:
                answer()


QUICK = RestartPolicy(restarts_max=4, window_us=1_000_000, delay_us=1_000, delay_max_us=50_000)


def kinds() -> list[Kind]:
    """Return one kind for each way to live."""
    kind = partial(Kind, build=Scripted, restart=QUICK)
    return [
        kind(name="plain"),
        kind(name="narrow", lane=Lane(size_max=2)),
        kind(name="newest", lane=Lane(size_max=2, overflow="drop_oldest", keys_max=2)),
        kind(name="oldest", lane=Lane(size_max=2, overflow="drop_newest")),
        kind(name="shed", lane=Lane(size_max=2, overflow="shed")),
        kind(name="again", retries=2),
        kind(name="sleepy", idle_us=3_000),
        kind(
            name="saved",
            idle_us=3_000,
            load=lambda _address: ("world", (2_000, "ok")),
            save=lambda _address, _kept: ("world", (1_500, "ok")),
        ),
        kind(name="fragile", load=lambda _address: ("world", (500, "err"))),
        kind(name="all", children="one_for_all"),
        kind(name="rest", children="rest_for_one"),
        kind(name="child", starts_on_tell=False),
        kind(name="once", lifetime="temporary", one_life=True),
        kind(name="trap", trap_exits=True),
        kind(name="woken", idle_us=3_000, lane=Lane(wakes=True, merge=max)),
    ]


ADDRESSES = [
    f"{name}:{number}"
    for number in (1, 2)
    for name in (
        "plain", "narrow", "newest", "oldest", "shed", "again", "sleepy", "saved", "fragile",
        "all", "rest", "child", "once", "trap", "woken",
    )
] + ["nobody:1"]  # fmt: skip
SPAWNED = [one for one in ADDRESSES if not one.startswith("nobody")]

addresses = st.sampled_from(ADDRESSES)
spawned = st.sampled_from(SPAWNED)
delays_us = st.sampled_from([0, 1, 500, 2_000, 3_000, 10_000])
keys = st.sampled_from([None, "a", "b"])
hows = st.sampled_from(["ok", "refused", "err", "unknown", "twice"])


def steps(do: st.SearchStrategy[Do]) -> st.SearchStrategy[Step]:
    """Draw one step; messages in it come from `do`."""
    just = st.just
    return st.one_of(
        st.tuples(just("tell"), addresses, do),
        st.tuples(just("ask"), addresses, do, st.sampled_from([1_000, 20_000])),
        st.tuples(just("forward"), addresses, do),
        st.tuples(just("put"), addresses, st.integers(0, 3)),
        st.tuples(just("after"), delays_us, do, keys, st.booleans()),
        st.tuples(just("io"), delays_us, hows, st.booleans()),
        st.tuples(just("spawn"), spawned),
        st.tuples(st.sampled_from(["watch", "unwatch", "link"]), addresses),
        st.tuples(just("stop"), st.none() | addresses),
        st.tuples(just("cancel"), st.sampled_from(["a", "b"])),
        *[
            st.tuples(just(verb))
            for verb in (
                "take", "reply", "hold", "answer", "stay", "look", "rare", "crash", "refuse",
                "draw",
            )
        ],
    )  # fmt: skip


leaves = st.builds(Do, st.just(()))
dos = st.recursive(
    leaves,
    lambda inner: st.builds(Do, st.lists(steps(inner), max_size=4).map(tuple), st.integers(0, 2)),
    max_leaves=12,
)
programs = st.builds(
    Program,
    st.lists(
        st.tuples(st.sampled_from([0, 0, 0, 500, 3_000, 7_000, 100_000]), addresses, dos),
        min_size=1,
        max_size=8,
    ).map(lambda tells: tuple(sorted(tells, key=lambda one: one[0]))),
)
