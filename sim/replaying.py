"""Replays what a server recorded with `presence serve --record`, with the product's own actors."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import actors
import engine.actor
import engine.outcome
import engine.refusal
from actors.kinds import product_kinds
from actors.settings import ActorSettings
from engine.codec import classes_of
from engine.replay import Replayed, replay

CLASSES = classes_of(
    engine.actor,
    engine.outcome,
    engine.refusal,
    *[
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(actors.__path__, "actors.")
    ],
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
