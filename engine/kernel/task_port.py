"""Ports made of coroutines: one task a request, and an outcome whatever happens to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from engine.outcome import Err, Ok, Outcome, Unknown
from engine.port import PortFailed, Reply
from engine.refusal import Refusal

Perform = Callable[[Any], Awaitable[Any]]
StartTask = Callable[..., None]

FATAL = (KeyboardInterrupt, SystemExit, trio.TrioInternalError)


class TaskPort:
    """A port whose requests are performed by a coroutine each.

    What `perform` returns is `Ok`; a `Refusal` is `Refused`; `PortFailed` is `Err`. Everything else
    it may end with, cancellation too, is `Unknown`: a cancelled request may have taken effect.
    """

    def __init__(
        self,
        start_task: StartTask,
        perform: Perform,
        *,
        on_error: Callable[[Any, BaseException], None] | None = None,
    ) -> None:
        """Make a port.

        Args:
            start_task: usually `kernel.start_task`.
            perform: makes one request; may run many times at once.
            on_error: is told of errors that are neither refusals nor `PortFailed`.
        """
        self._start_task = start_task
        self._perform = perform
        self._on_error = on_error

    def start(self, request: Any, reply: Reply) -> None:
        """Begin `request` in a task of its own."""
        self._start_task(self._run, request, reply)

    async def _run(self, request: Any, reply: Reply) -> None:
        outcome: Outcome = Unknown("cancelled")
        try:
            outcome = Ok(await self._perform(request))
        except Refusal as refusal:
            outcome = refusal.value()
        except PortFailed as failure:
            outcome = Err(str(failure) or type(failure).__name__)
        except Exception as error:  # noqa: BLE001 - Whatever it was, it may have happened.
            outcome = self._unexpected(request, error)
        except BaseExceptionGroup as group:
            if group.subgroup(FATAL) is not None:
                raise
            cancelled, failed = group.split(trio.Cancelled)
            if failed is not None:
                outcome = self._unexpected(request, failed)
            if cancelled is not None:
                raise cancelled from None
        finally:
            reply(outcome)

    def _unexpected(self, request: Any, error: BaseException) -> Unknown:
        if self._on_error is not None:
            self._on_error(request, error)
        return Unknown(f"{type(error).__name__}: {error}")
