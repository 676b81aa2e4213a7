"""What may be posted, and what a message looks like on the wire."""

from __future__ import annotations

from typing import Any

from actors.store import MessageRow
from actors.wire_time import iso_utc
from engine.refusal import BadInput

CONTENT_LENGTH_MAX = 2000
"""UTF-16 code units, as JavaScript counts and old clients check."""

MESSAGE_TYPES = ("text", "emoji", "image", "file")
"""What people may send; `system` and `voice_transcription` are the server's own."""


def utf16_length(text: str) -> int:
    """Return the length JavaScript reports: characters outside the first plane count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def check_content(content: str, message_type: str) -> None:
    """Check a message before it is posted.

    Raises:
        BadInput: empty or blank, too long, not text, or of a type that people may not send.
    """
    if not content.strip():
        raise BadInput("content: expected some text", field="content")
    length = utf16_length(content)
    if length > CONTENT_LENGTH_MAX:
        raise BadInput(
            f"content: expected at most {CONTENT_LENGTH_MAX} characters, got {length}",
            field="content",
        )
    if "\x00" in content or any("\ud800" <= character <= "\udfff" for character in content):
        raise BadInput("content: expected text without NUL or unpaired surrogates", field="content")
    if message_type not in MESSAGE_TYPES:
        raise BadInput(
            f"message_type: expected one of {', '.join(MESSAGE_TYPES)}", field="message_type"
        )


def message_view(row: MessageRow) -> dict[str, Any]:
    """Return a message as HTTP and `chat-message` show it (WIRE 1.2b)."""
    guest_name = row.metadata.get("guest_name")
    if row.account is not None:
        display_name = row.account
    elif guest_name:
        display_name = f"{guest_name} (guest)"
    else:
        display_name = f"Guest-{row.guest_id}"
    return {
        "id": row.id,
        "space_type": row.space.type,
        "space_id": row.space.id,
        "subspace": row.space.subspace,
        "user_account": row.account,
        "guest_id": row.guest_id,
        "display_name": display_name,
        "message_type": row.message_type,
        "content": row.content,
        "metadata": row.metadata,
        "parent_message_id": row.parent_message_id,
        "thread_count": row.thread_count,
        "is_edited": row.is_edited,
        "is_deleted": row.is_deleted,
        "reactions": [{"reaction": name, "count": count} for name, count in row.reactions],
        "created_at": iso_utc(row.created_at_us),
        "updated_at": iso_utc(row.updated_at_us),
        "key": row.key.rpartition(":")[2],
    }
