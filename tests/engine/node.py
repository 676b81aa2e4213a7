"""A kernel of players on the real clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from engine.cell import Kind
from engine.kernel import Kernel
from tests.engine.cast import Player

SOON_S = 5


class Node:
    """A kernel of players with one log."""

    def __init__(self, *names: str, **how: Any) -> None:
        self.log: list[Any] = []
        build = lambda birth: Player(birth, self.log)  # noqa: E731
        kinds = [Kind(name=name, build=build, **how) for name in names or ("a",)]
        self.kernel = Kernel(kinds, seed=b"node")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Kernel]:
        with trio.fail_after(SOON_S):
            async with trio.open_nursery() as nursery:
                await nursery.start(self.kernel.run)
                yield self.kernel
                nursery.cancel_scope.cancel()
        assert self.kernel.core.missing() == 0
