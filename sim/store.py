"""The store port in memory: what Postgres promises, on the simulator's clock.

`answer` is the whole of it, and synchronous. Faults are the caller's: to lose a reply after the
commit, call `answer` and reply `Unknown`; to fail before it, reply `Err` and call nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from actors.ledger.messages import (
    AuditLedger,
    CheckSeals,
    OpenLedger,
    PostBatch,
    ReadLedger,
    ReadStatement,
    SealLedger,
    SetFrozen,
)
from actors.space.space_id import SpaceId
from actors.store import (
    FENCED,
    ActivateChat,
    ActivateSpace,
    AppendMessages,
    AuditEntry,
    BurnChallenge,
    ChatActivated,
    ClearSpaceSessions,
    EntityRow,
    FindMessages,
    IssueChallenge,
    ListedSpace,
    ListSpaces,
    MessagePage,
    MessageRow,
    NewMessage,
    ReadFacts,
    ReadMessages,
    RecordAudit,
    SaveEntities,
    SaveSessions,
    SaveSettings,
    SessionRow,
    SpaceActivated,
    SpaceRead,
    SpaceSettings,
)
from actors.store_answers import value_of
from actors.store_audibility import ReadAudibility, SaveAudibility
from actors.store_hall import (
    EndAudioSession,
    FindMicrophone,
    ReadQuestions,
    ReadStandings,
    SaveHall,
    StandingRow,
    StartAudioSession,
)
from engine.outcome import Ok, Outcome
from engine.port import Reply
from engine.refusal import BadInput, Refusal
from sim.call_store import CallBooks
from sim.ledger_store import LedgerBooks
from sim.money_store import MoneyBooks
from sim.replica import Document, Post, facts_of, list_spaces
from sim.space_store import SpaceMoneyBooks
from sim.store_audibility import AudibilityTable
from sim.store_hall import HallTables
from sim.subscription_store import SubscriptionBooks
from sim.webhook_store import WebhookBooks

ACCOUNT_LENGTH_MAX = 16  # The widths of the tables' columns, characters.
NAME_LENGTH_MAX = 64
CHALLENGE_LENGTH_MAX = 255
ENTITY_ID_LENGTH_MAX = 128


@dataclass(slots=True)
class _Challenge:
    issued: bool
    expires_us: int
    spent: bool = False


@dataclass(slots=True)
class _SpaceChat:
    rows: list[MessageRow] = field(default_factory=list)  # ids ascend
    at: dict[int, int] = field(default_factory=dict)  # id: index in rows
    by_key: dict[str, int] = field(default_factory=dict)  # key: index in rows


class _Fenced(Refusal):
    code = FENCED


class _NoSuchMessage(Refusal):
    code = "no_such_message"


class MemoryStore:
    """Durable state that lives as long as this object: a crashed node's successor shares it.

    Attributes:
        epochs: actor address to the epoch of its last activation.
        sessions: socket id to row.
        entities: space to entity id to row.
        audit: every entry, in order.
        posts: (author, permlink) to post; add with `add_post`.
        documents: id to document; add with `add_document`.
        hall: rows of audio modes, microphones and questions; standings are set there.
        audibility: the ledger of who could hear whom.

    Args:
        now_us: the clock, microseconds since the Unix epoch.
    """

    def __init__(self, now_us: Callable[[], int]) -> None:
        self.epochs: dict[str, int] = {}
        self.sessions: dict[str, SessionRow] = {}
        self.entities: dict[SpaceId, dict[str, EntityRow]] = {}
        self.audit: list[AuditEntry] = []
        self.posts: dict[tuple[str, str], Post] = {}
        self.documents: dict[str, Document] = {}
        self.hall = HallTables()
        self.audibility = AudibilityTable()
        self._now_us = now_us
        self._settings: dict[tuple[str, str], SpaceSettings] = {}
        self._chats: dict[SpaceId, _SpaceChat] = {}
        self._challenges: dict[tuple[str, str], _Challenge] = {}
        self.ledger = LedgerBooks(self.epochs)
        self.calls = CallBooks(self.ledger)
        self.money = MoneyBooks(self.ledger, self.epochs)
        self.subscriptions = SubscriptionBooks(self.ledger, self.epochs)
        self.space_money = SpaceMoneyBooks(self.ledger, self.epochs, self.money.sales)
        self.webhooks = WebhookBooks(self.ledger, self.epochs)
        self._last_id = 0
        self._answers: dict[type, Callable[[Any], Any]] = {
            ActivateSpace: self._activate_space,
            ActivateChat: self._activate_chat,
            ReadFacts: self._read_facts,
            ListSpaces: self._list_spaces,
            SaveSettings: self._save_settings,
            AppendMessages: self._append,
            FindMessages: self._find,
            ReadMessages: self._read_page,
            SaveSessions: self._save_sessions,
            ClearSpaceSessions: self._clear_sessions,
            SaveEntities: self._save_entities,
            RecordAudit: self._record_audit,
            SaveHall: self._save_hall,
            ReadStandings: self._standings,
            StartAudioSession: lambda request: self.hall.start_session(request, now_us()),
            EndAudioSession: lambda request: self.hall.end_session(request, now_us()),
            FindMicrophone: self.hall.find_microphone,
            ReadQuestions: self.hall.questions,
            SaveAudibility: self._save_audibility,
            ReadAudibility: self.audibility.read,
            IssueChallenge: self._issue,
            BurnChallenge: self._burn,
            OpenLedger: self.ledger.open,
            ReadLedger: self.ledger.read,
            PostBatch: self.ledger.post,
            SetFrozen: self.ledger.set_frozen,
            **self.calls.answers,
            SealLedger: self.ledger.seal,
            AuditLedger: self.ledger.audit,
            CheckSeals: self.ledger.check_seals,
            ReadStatement: self.ledger.statement,
            **self.money.answers(),
            **self.subscriptions.answers(),
            **self.space_money.answers(),
            **self.webhooks.answers(),
        }

    def __repr__(self) -> str:
        messages = sum(len(chat.rows) for chat in self._chats.values())
        return f"<MemoryStore {messages} messages, {len(self.sessions)} sessions>"

    def answer(self, request: Any) -> Outcome:
        """Carry a request out now; the outcome is `Ok` or `Refused`."""
        try:
            return Ok(self._answers[type(request)](request))
        except Refusal as refusal:
            return refusal.value()

    def start(self, request: Any, reply: Reply) -> None:
        """Carry a request out and reply before returning."""
        reply(self.answer(request))

    async def perform(self, request: Any) -> Any:
        """Return the answer to a request.

        Raises:
            RefusedByStore: the refusal.
        """
        return value_of(self.answer(request))

    def _standings(self, request: ReadStandings) -> tuple[StandingRow, ...]:
        """Return what is written down about accounts, and what they were sold."""
        space, now_us = request.space, self._now_us()
        return tuple(
            replace(
                row,
                subscriber=row.subscriber or self.subscriptions.is_subscriber(row.account, now_us),
                tickets=tuple(sorted({*row.tickets, *self._sold(space, row.account)})),
            )
            for row in self.hall.standings_of(request)
        )

    def _sold(self, space: SpaceId, account: str) -> tuple[str, ...]:
        return self.space_money.tickets_of(space.type, space.id, account)

    def messages_of(self, space: SpaceId) -> tuple[MessageRow, ...]:
        """Return every durable message of a space in its order."""
        chat = self._chats.get(space)
        return tuple(chat.rows) if chat else ()

    def settings_of(self, space: SpaceId) -> SpaceSettings:
        """Return a space's durable settings, the defaults where none were saved."""
        return self._settings.get((space.type, space.id)) or SpaceSettings()

    def add_post(self, post: Post) -> None:
        """Put a post into the content replica, in place of one of the same name."""
        self.posts[post.author, post.permlink] = post

    def add_document(self, document: Document) -> None:
        """Put a document into the content replica, in place of one of the same id."""
        self.documents[document.id] = document

    def _check_epoch(self, actor: str, epoch: int) -> None:
        if self.epochs.get(actor) != epoch:
            raise _Fenced(
                f"{actor} was activated again after epoch {epoch}; this activation must stop"
            )

    def _bump(self, actor: str) -> int:
        self.epochs[actor] = self.epochs.get(actor, 0) + 1
        return self.epochs[actor]

    def _activate_space(self, request: ActivateSpace) -> SpaceActivated:
        return SpaceActivated(
            epoch=self._bump(request.actor),
            settings=self._settings.get((request.space.type, request.space.id), request.defaults),
            facts=facts_of(request.space, self.posts, self.documents),
            entities=tuple(self.entities.get(request.space, {}).values()),
            chat_id_last=max((row.id for row in self.messages_of(request.space)), default=0),
            hall=self.hall.read(request.space),
            premium_until_us=self.space_money.premium_of(request.space.type, request.space.id),
        )

    def _activate_chat(self, request: ActivateChat) -> ChatActivated:
        return ChatActivated(epoch=self._bump(request.actor))

    def _read_facts(self, request: ReadFacts) -> SpaceRead:
        return SpaceRead(
            settings=self.settings_of(request.space),
            facts=facts_of(request.space, self.posts, self.documents),
        )

    def _list_spaces(self, request: ListSpaces) -> tuple[ListedSpace, ...]:
        return list_spaces(request, self.posts.values(), self.documents.values())

    def _save_settings(self, request: SaveSettings) -> None:
        self._check_epoch(request.actor, request.epoch)
        _check_text(request.settings.created_by, ACCOUNT_LENGTH_MAX)
        self._settings[request.space.type, request.space.id] = replace(
            request.settings, settings=_stored(request.settings.settings)
        )

    def _append(self, request: AppendMessages) -> tuple[MessageRow, ...]:
        self._check_epoch(request.actor, request.epoch)
        chat = self._chats.setdefault(request.space, _SpaceChat())
        new = [message for message in request.messages if message.key not in chat.by_key]
        for message in new:
            parent = message.parent_message_id
            if parent is not None and parent not in chat.at:
                raise _NoSuchMessage(
                    f"the message this one replies to is not in {request.space}",
                    field="parent_message_id",
                    key=message.key,
                )
        for message in new:
            _check_message(message)
        for message in new:
            if message.key not in chat.by_key:
                self._add(request.space, chat, message)
        return tuple(chat.rows[chat.by_key[message.key]] for message in request.messages)

    def _add(self, space: SpaceId, chat: _SpaceChat, message: NewMessage) -> None:
        self._last_id += 1
        now_us = self._now_us()
        chat.at[self._last_id] = chat.by_key[message.key] = len(chat.rows)
        chat.rows.append(
            MessageRow(
                id=self._last_id,
                space=space,
                key=message.key,
                account=message.account,
                guest_id=message.guest_id,
                message_type=message.message_type,
                content=message.content,
                metadata=_stored(message.metadata),
                parent_message_id=message.parent_message_id,
                thread_count=0,
                is_edited=False,
                is_deleted=False,
                created_at_us=now_us,
                updated_at_us=now_us,
            )
        )
        if message.parent_message_id is not None:
            place = chat.at[message.parent_message_id]
            parent = chat.rows[place]
            chat.rows[place] = replace(parent, thread_count=parent.thread_count + 1)

    def _find(self, request: FindMessages) -> tuple[MessageRow, ...]:
        chat = self._chats.get(request.space, _SpaceChat())
        return tuple(
            chat.rows[chat.by_key[key]] for key in dict.fromkeys(request.keys) if key in chat.by_key
        )

    def _read_page(self, request: ReadMessages) -> MessagePage:
        rows = self.messages_of(request.space)
        end = max(len(rows) - request.offset, 0)
        begin = max(end - request.limit, 0)
        return MessagePage(messages=rows[begin:end], has_more=begin > 0)

    def _save_sessions(self, request: SaveSessions) -> None:
        self._check_epoch(request.actor, request.epoch)
        rows = [
            replace(
                row,
                space=request.space,
                position=_stored(row.position),
                avatar_data=_stored(row.avatar_data),
            )
            for row in request.present
        ]
        for row in rows:
            _check_text(row.account, ACCOUNT_LENGTH_MAX)
            _check_text(row.guest_id, NAME_LENGTH_MAX)
            _check_text(row.socket_id, NAME_LENGTH_MAX)
        self.sessions |= {row.socket_id: row for row in rows if row.socket_id not in request.gone}
        for socket_id in request.gone:
            row_of = self.sessions.get(socket_id)
            if row_of is not None and row_of.space == request.space:
                del self.sessions[socket_id]

    def _clear_sessions(self, request: ClearSpaceSessions) -> None:
        self._check_epoch(request.actor, request.epoch)
        self.sessions = {
            socket_id: row for socket_id, row in self.sessions.items() if row.space != request.space
        }

    def _save_entities(self, request: SaveEntities) -> None:
        self._check_epoch(request.actor, request.epoch)
        rows = [replace(row, components=_stored(row.components)) for row in request.present]
        for row in rows:
            _check_text(row.id, ENTITY_ID_LENGTH_MAX)
            _check_text(row.owner, NAME_LENGTH_MAX)
            _check_text(row.creator, NAME_LENGTH_MAX)
            _check_text(row.parent, ENTITY_ID_LENGTH_MAX)
            _check_text(row.template)
        kept = self.entities.setdefault(request.space, {})
        kept |= {row.id: row for row in rows}
        for entity_id in request.gone:
            kept.pop(entity_id, None)

    def _record_audit(self, request: RecordAudit) -> None:
        self.audit += request.entries

    def _save_hall(self, request: SaveHall) -> None:
        self._check_epoch(request.actor, request.epoch)
        self.audit += (
            AuditEntry(
                action=one.action, account=one.account, space=request.space, details=one.details
            )
            for one in self.hall.save(request)
        )

    def _save_audibility(self, request: SaveAudibility) -> None:
        self._check_epoch(request.actor, request.epoch)
        self.audibility.save(request)

    def _issue(self, request: IssueChallenge) -> None:
        _check_text(request.account, CHALLENGE_LENGTH_MAX)
        _check_text(request.challenge, CHALLENGE_LENGTH_MAX)
        self._challenges.setdefault(
            (request.account, request.challenge),
            _Challenge(issued=True, expires_us=request.expires_us),
        )

    def _burn(self, request: BurnChallenge) -> bool:
        _check_text(request.account, CHALLENGE_LENGTH_MAX)
        _check_text(request.challenge, CHALLENGE_LENGTH_MAX)
        known = self._challenges.get((request.account, request.challenge))
        if request.issued and (
            known is None or not known.issued or known.expires_us <= request.now_us
        ):
            return False
        if known is None:
            known = _Challenge(issued=False, expires_us=request.expires_us)
            self._challenges[request.account, request.challenge] = known
        spent_now, known.spent = not known.spent, True
        return spent_now


def _check_message(message: NewMessage) -> None:
    _check_text(message.account, ACCOUNT_LENGTH_MAX)
    _check_text(message.guest_id, NAME_LENGTH_MAX)
    _check_text(message.message_type, 32)
    _check_text(message.content)
    _check_text(message.key)
    _stored(message.metadata)


def _check_text(text: str | None, length_max: int | None = None) -> None:
    """Refuse what a column of Postgres refuses."""
    if text is None:
        return
    if length_max is not None and len(text) > length_max:
        raise BadInput(f"the database can't hold this: over {length_max} characters")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput("the database can't hold this: text with NUL or half a surrogate pair")


def _stored(value: Any) -> Any:
    """Return a JSON value as it comes back from a jsonb column."""
    if not value:
        return value
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise BadInput(f"the database can't hold this: {error}") from None
    _check_text(text)
    if "\\u0000" in text.replace("\\\\", ""):
        raise BadInput("the database can't hold this: JSON with NUL in a string")
    return json.loads(text)
