"""Replays what a server recorded with `presence serve --record`, with the product's own actors."""

from __future__ import annotations

from pathlib import Path

import actors.calls.messages
import actors.calls.state
import actors.chat.messages
import actors.clients
import actors.directory.messages
import actors.ledger.auditor
import actors.ledger.book
import actors.ledger.messages
import actors.ledger.statements
import actors.ledger.transfer
import actors.person
import actors.session.messages
import actors.space.messages
import actors.store
import actors.user.messages
import engine.actor
import engine.outcome
import engine.refusal
from actors.kinds import product_kinds
from actors.settings import ActorSettings
from engine.codec import classes_of
from engine.replay import Replayed, replay

CLASSES = classes_of(
    actors.calls.messages,
    actors.calls.state,
    actors.chat.messages,
    actors.clients,
    actors.directory.messages,
    actors.ledger.auditor,
    actors.ledger.book,
    actors.ledger.messages,
    actors.ledger.statements,
    actors.ledger.transfer,
    actors.person,
    actors.session.messages,
    actors.space.messages,
    actors.store,
    actors.user.messages,
    engine.actor,
    engine.outcome,
    engine.refusal,
)
"""Every class that the product's messages are made of."""


def replay_file(recording: Path) -> Replayed:
    """Live a recording again and compare every effect and state.

    Args:
        recording: the file; it begins with the settings of the server that wrote it.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no recording of this version.
        LookupError: it has actors or messages that this version does not know.
    """
    with recording.open("rb") as file:
        policy = ActorSettings.from_header(file.readline(4096))
        return replay(file.read, product_kinds(policy), CLASSES)
