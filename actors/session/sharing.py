"""What a session changes of the scene it shares with others."""

from __future__ import annotations

from dataclasses import replace

from actors.session.answers import answer_no, answer_yes, explain
from actors.session.messages import DropEntity, ShareEntity
from actors.settings import ActorSettings
from actors.space.entities import EntityUpdate
from actors.space.messages import EntitiesUpdated, RemoveEntity, UpdateEntities
from actors.space.refusals import NotInSpace
from actors.space.space_id import SpaceId
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

ENTITY_ERROR = "entity-error"


class Sharing:
    """Passes updates on and answers the client; the space decides."""

    def __init__(self, socket_id: str, policy: ActorSettings) -> None:
        self.socket_id = socket_id
        self.policy = policy
        self._beside_pose: tuple[EntityUpdate, ...] = ()

    def ask(self, message: ShareEntity | DropEntity, space: SpaceId | None, ctx: Context) -> None:
        """Ask the space for a change or a removal."""
        request: UpdateEntities | RemoveEntity
        if isinstance(message, ShareEntity):
            name = message.update.entity_id
            request = UpdateEntities(socket_id=self.socket_id, updates=(message.update,))
        else:
            name = message.entity_id
            request = RemoveEntity(socket_id=self.socket_id, entity_id=name)
        if space is None:
            self._refuse(name, message.ack, NotInSpace().value(), ctx)
            return
        tag = ("entity", name, message.ack)
        ctx.ask(space.address, request, tag=tag, timeout_us=self.policy.answer_within_us)

    def beside_pose(
        self, updates: tuple[EntityUpdate, ...], space: SpaceId | None, ctx: Context
    ) -> None:
        """Tell the space of entities that came with a pose, unless they are as they were.

        Nobody is answered: such clients do not know which entities are theirs.
        """
        if space is not None and updates and updates != self._beside_pose:
            self._beside_pose = updates
            ctx.tell(space.address, UpdateEntities(socket_id=self.socket_id, updates=updates))

    def joining(self) -> None:
        """Another space knows nothing of what was told to the last one."""
        self._beside_pose = ()

    def answered(self, entity_id: str, ack: int | None, outcome: Outcome, ctx: Context) -> None:
        """The space has answered, or could not."""
        match outcome:
            case Ok(value=EntitiesUpdated(entities=(entity,))):
                answer_yes(self.socket_id, ack, {"entity": entity}, ctx)
            case Ok(value=EntitiesUpdated(refused=refused)):
                self._refuse(entity_id, ack, refused[entity_id], ctx)
            case Ok():
                answer_yes(self.socket_id, ack, {"entityId": entity_id}, ctx)
            case _:
                self._refuse(entity_id, ack, explain(outcome), ctx)

    def _refuse(self, entity_id: str, ack: int | None, refused: Refused, ctx: Context) -> None:
        named = {"entityId": entity_id, **refused.details}
        answer_no(self.socket_id, ENTITY_ERROR, ack, replace(refused, details=named), ctx)
