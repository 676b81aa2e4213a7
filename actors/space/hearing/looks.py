"""Looking at who hears whom: one's own links, everybody's for administrators, and what would be."""

from __future__ import annotations

import numpy as np

from actors.space.hall.deeds import CalculateConnections, ShowConnections
from actors.space.hall.people import People
from actors.space.hall.state import Hall, JsonObject
from actors.space.hall.who import Who
from actors.space.hearing.crowd import Crowd, Mode, Terms
from actors.space.hearing.ears import Ears, connection_view, link_view
from actors.space.hearing.gathering import broadcasts
from actors.space.hearing.rule import HearingRule
from actors.space.hearing.told import link_kinds
from actors.space.refusals import NotInSpace
from actors.space.state import SpaceState
from engine.refusal import BadInput

POSITIONS_MAX = 1_000


def show(state: SpaceState, ears: Ears, who: Who, deed: ShowConnections) -> JsonObject:
    """Return the links of the last answer that somebody may see, by listener and then by source.

    Raises:
        NotInSpace: they are not here and administer nothing.
    """
    relation = ears.rule.relation
    everybody = who.abilities.administer
    if everybody:
        seen = np.arange(len(relation))
    else:
        own = ears.gathering.rows(who.name)
        if not own:
            raise NotInSpace
        seen = np.flatnonzero(np.isin(relation.listener, own))
    page = seen[deed.offset : deed.offset + deed.limit]
    names = {body.pose_index: body for body in state.roster.bodies.values()}
    columns = (relation.listener, relation.source, ears.kinds, relation.gain, relation.pan)
    connections = []
    for listener, source, kind, gain, pan in zip(
        *(column[page].tolist() for column in columns), strict=True
    ):
        ear = names[listener]
        connections.append(
            {
                "listenerSocketId": ear.socket_id,
                "listener": ear.person.account,
                **connection_view(names[source], kind, gain, pan),
            }
        )
    return {
        "audio_mode": ears.gathering.terms.mode.value,
        "connections": connections,
        "total": len(seen),
        "has_more": len(seen) > deed.offset + deed.limit,
        "everybody": everybody,
    }


def calculate(
    people: People, hall: Hall, who: Who, deed: CalculateConnections, *, now_us: int
) -> JsonObject:
    """Return who would hear whom if people stood so, under the audio mode in force.

    Mutes and blocks between people count as far as the asker may know them: their own, and all for
    moderators.

    Raises:
        GuestsListen: only accounts ask.
        BadInput: somebody stands in two places.
    """
    who.proven()
    names = [name for name, _ in deed.positions]
    if len(set(names)) < len(names):
        raise BadInput("user_positions: expected each user once", field="user_positions")
    row = {name: at for at, name in enumerate(names)}
    n = len(names)
    bars = [
        (bar.blocks, (row[bar.person], row[bar.target]))
        for bar in hall.bars.values()
        if bar.person in row
        and bar.target in row
        and (who.abilities.moderate or bar.person == who.name)
    ]
    broadcast = np.zeros(n, np.uint8)
    for name, kind in broadcasts(hall).items():
        if name in row:
            broadcast[row[name]] = kind
    crowd = Crowd(
        life=np.ones(n, np.int64),
        position_mm=np.array([place for _, place in deed.positions], np.int64).reshape(-1, 3),
        placed=np.ones(n, np.bool_),
        yaw=np.zeros(n, np.uint16),
        may_speak=np.array(
            [people.abilities(name, hall, now_us).speak for name in names], np.bool_
        ),
        broadcast=broadcast,
        muted_pairs=np.array([p for blocks, p in bars if not blocks], np.int64).reshape(-1, 2),
        blocked_pairs=np.array([p for blocks, p in bars if blocks], np.int64).reshape(-1, 2),
    )
    config = hall.config
    terms = Terms(
        mode=Mode(config.audio_mode),
        speaker=None if config.current_speaker is None else row.get(config.current_speaker),
        range_mm=config.range_mm,
        neighbor_count=config.superambient_neighbor_count,
    )
    return {"audio_mode": config.audio_mode, "connections": _would_be(crowd, terms, names)}


def _would_be(crowd: Crowd, terms: Terms, names: list[str]) -> list[JsonObject]:
    rule = HearingRule()
    relation = rule.update(crowd, terms)
    kinds = link_kinds(relation, crowd, terms, rule.partners.pairs)
    columns = (relation.listener, relation.source, kinds, relation.gain, relation.pan)
    return [
        {
            "listener": names[listener],
            "userAccount": names[source],
            **link_view(kind, gain, pan),
        }
        for listener, source, kind, gain, pan in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]
