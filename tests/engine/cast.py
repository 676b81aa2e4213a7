"""A small cast for tests that tell one truth each: a logging actor, and a node to put it in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.actor import Actor
from engine.cell import Birth, Kind
from engine.context import Context
from engine.core import Core
from engine.heap import HeapEngine
from engine.outcome import Outcome
from engine.port import Reply

START_US = 1_000_000_000

Act = Callable[[Context], Any]


class Player(Actor):
    """Does what it is told: a message is a function of `ctx`, or a word that it writes down."""

    def __init__(self, birth: Birth, log: list[Any]) -> None:
        self.log = log
        self.birth = birth
        self.memory: Any = birth.kept if birth.kept is not None else birth.loaded
        self.name = birth.address

    def started(self, ctx: Context) -> None:
        self.log.append((self.name, "started"))

    def handle(self, message: Any, ctx: Context) -> None:
        if callable(message):
            message(ctx)
        elif isinstance(message, tuple):
            self.memory = message[1]
        else:
            self.log.append((self.name, message))

    def stopping(self, ctx: Context) -> None:
        self.log.append((self.name, "stopping"))

    def passivate(self) -> Any:
        return self.memory


class Stage(HeapEngine):
    """A heap engine with a log of what its players saw."""

    def __init__(self, *kinds: Callable[[Callable[[Birth], Actor]], Kind], **options: Any) -> None:
        self.log: list[Any] = []
        super().__init__(
            [kind(self.build) for kind in kinds], seed=b"stage", now_us=START_US, **options
        )

    def build(self, birth: Birth) -> Actor:
        return Player(birth, self.log)

    def tell(self, to: str, *messages: Any) -> None:
        """Tell, and run what follows at once."""
        for message in messages:
            self.core.tell(to, message)
        self.settle()

    def ask(self, to: str, message: Any, *, timeout_us: int = 1_000_000) -> list[Outcome]:
        """Ask; the outcome is in the list once it is there."""
        answers: list[Outcome] = []
        self.core.ask(to, message, answers.append, timeout_us=timeout_us)
        self.settle()
        return answers

    def seen(self, who: str) -> list[Any]:
        """Return what one player wrote down."""
        return [what for name, what in self.log if name == who]


def kind(name: str, **how: Any) -> Callable[[Callable[[Birth], Actor]], Kind]:
    """Return a kind of players."""
    return lambda build: Kind(name=name, build=build, **how)


class Held:
    """A port that answers when the test says so."""

    def __init__(self) -> None:
        self.requests: list[tuple[Any, Reply]] = []

    def start(self, request: Any, reply: Reply) -> None:
        self.requests.append((request, reply))

    def answer(self, outcome: Outcome, *, which: int = -1) -> None:
        self.requests[which][1](outcome)


def fall(_ctx: Context) -> None:
    raise RuntimeError("fell")


def balanced(core: Core) -> bool:
    """Whether every message is accounted for."""
    return core.missing() == 0
