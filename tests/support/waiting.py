"""Waiting for what happens outside this process, with a bound."""

from __future__ import annotations

from collections.abc import Callable

import trio


async def eventually(condition: Callable[[], bool], within_s: float = 20) -> None:
    """Return once `condition` holds; it is about another process, so no event can tell.

    Raises:
        trio.TooSlowError: it does not hold within `within_s` seconds.
    """
    with trio.fail_after(within_s):
        while not condition():  # noqa: ASYNC110
            await trio.sleep(0.01)
