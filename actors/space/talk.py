"""Who may talk here, and how words, signals and page authors' events reach the others."""

from __future__ import annotations

from actors.chat.messages import PostMessage
from actors.chat.rules import message_view
from actors.space.entry import check_access
from actors.space.hall.family import HallFamily
from actors.space.messages import Posted, RelayToRoom, Say, SignalPeer
from actors.space.refusals import ChatDisabled, NoSuchMember, NotInSpace
from actors.space.state import SpaceState
from actors.wire_time import milliseconds
from engine.actor import ReplyTo
from engine.context import Context


class Talk:
    """Everything people send to each other except their poses."""

    def __init__(self, state: SpaceState, hall: HallFamily) -> None:
        self.state = state
        self.hall = hall

    def say(self, message: Say, asker: ReplyTo | None, ctx: Context) -> None:
        """Pass a message on to the chat, which answers the asker.

        Raises:
            Refusal: this person may not talk here.
        """
        state = self.state
        if message.socket_id is not None and message.socket_id not in state.roster:
            raise NotInSpace
        check_access(
            state.space,
            state.facts,
            state.settings,
            message.person,
            open_unlisted=state.policy.open_unlisted,
        )
        self.hall.check_not_banned(message.person, ctx)
        if not state.settings.chat_enabled:
            raise ChatDisabled
        post = PostMessage(
            person=message.person,
            content=message.content,
            message_type=message.message_type,
            parent_message_id=message.parent_message_id,
            key=message.key,
        )
        ctx.forward(state.space.chat_address, post, asker)

    def posted(self, message: Posted, ctx: Context) -> None:
        """Show durable messages, each once and in the order of ids.

        What was durable before this activation is history to everybody who is shown the space. What
        one commit made durable is one write a socket.
        """
        state = self.state
        shown = []
        for row in message.messages:
            if row.id > state.chat_id_last:
                state.chat_id_last = row.id
                event = {**message_view(row), "timestamp": milliseconds(ctx.now_us)}
                shown.append((None, event))
        if shown:
            state.emit_many(ctx, "chat-message", shown, to=state.roster.everybody)

    def signal(self, message: SignalPeer, ctx: Context) -> None:
        """Hand a WebRTC signal to another member of this space.

        Raises:
            NotInSpace: the sender is not here.
            NoSuchMember: the target is not.
        """
        bodies = self.state.roster.bodies
        sender = bodies.get(message.socket_id)
        if sender is None:
            raise NotInSpace
        if message.target_socket_id not in bodies:
            raise NoSuchMember
        payload = {**message.payload, "fromSocketId": message.socket_id}
        if message.event != "webrtc-ice-candidate":
            payload["fromUser"] = sender.person.account
        self.state.emit_to(ctx, (message.target_socket_id,), message.event, payload)

    def relay(self, message: RelayToRoom, ctx: Context) -> None:
        """Pass a page author's event to the others, marked with who sent it."""
        sender = self.state.roster.bodies.get(message.socket_id)
        if sender is not None:
            marked = {
                **message.payload,
                "socketId": message.socket_id,
                "userAccount": sender.person.account,
            }
            self.state.emit(ctx, message.event, marked, but=message.socket_id)
