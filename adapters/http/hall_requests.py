"""What clients send about a space's hall. Fields left out stay as they are, or at their default.

The fields are those of the socket events of the same names, which check them (`hall_events`); the
bounds here are for the document.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.space.hearing.looks import POSITIONS_MAX
from adapters.http.requests import Offset, Subspace, Text

Account = Annotated[str, Meta(description="a Hive account name", max_length=80)]
Mode = Annotated[str, Meta(description="announcement, stage, ambient or superambient")]
RangeM = Annotated[float, Meta(description="more than 1 and at most 1000")]
NeighborCount = Annotated[int, Meta(description="1 or 2")]
_WHO = "an account, guest:<id> or a socket id; everybody when left out"
Coordinate = Annotated[float, Meta(description="metres", ge=-1_000_000, le=1_000_000)]


class InSubspace(Struct, kw_only=True):
    subspace: Subspace = "main"


class AudioModeBody(InSubspace, kw_only=True):
    audio_mode: Mode
    spatial_audio_range_meters: RangeM | UnsetType = UNSET
    superambient_neighbor_count: NeighborCount | UnsetType = UNSET
    current_speaker: Account | UnsetType | None = UNSET
    reason: Text | UnsetType | None = UNSET


class OldAudioBody(AudioModeBody, kw_only=True):
    """The data host's form. Who did it is who proved to; `created_by` is a claim."""

    created_by: Text | UnsetType | None = UNSET


class TargetBody(InSubspace, kw_only=True):
    target_user: Account


class BanBody(TargetBody, kw_only=True):
    """`target_user` may also be `guest:<id>`; without `duration_s` it is for good."""

    duration_s: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    reason: Text | UnsetType | None = UNSET


class Place(Struct, kw_only=True):
    x: Coordinate
    y: Coordinate
    z: Coordinate


class StandingAt(Struct, kw_only=True):
    user_account: Account
    position: Place


class PositionsBody(InSubspace, kw_only=True):
    user_positions: Annotated[list[StandingAt], Meta(min_length=1, max_length=POSITIONS_MAX)]


class ConnectionsQuery(Struct, kw_only=True):
    subspace: Subspace = "main"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    offset: Offset = 0


class MicrophoneChanges(Struct, kw_only=True):
    microphone_name: Text | UnsetType = UNSET
    broadcast_mode: (
        Annotated[str, Meta(description="full_volume, spatial_only or mixed")] | UnsetType
    ) = UNSET
    required_permission: (
        Annotated[
            str,
            Meta(description="admin, moderator, premium_ticket, subscriber, ticket or member"),
        ]
        | UnsetType
    ) = UNSET
    price_minor: int | UnsetType = UNSET
    price_currency: Text | UnsetType = UNSET
    price_per: Text | UnsetType = UNSET
    time_limit_seconds: int | UnsetType | None = UNSET
    daily_quota_seconds: int | UnsetType | None = UNSET
    queue_enabled: bool | UnsetType = UNSET


class MicrophoneBody(MicrophoneChanges, kw_only=True):
    microphone_name: Text
    subspace: Subspace = "main"


class PassBody(Struct, kw_only=True):
    target_user: Account


class OpenQuestionsBody(InSubspace, kw_only=True):
    microphone_id: Text
    title: Text | UnsetType = UNSET
    tickets_only: bool | UnsetType = UNSET
    by_votes: bool | UnsetType = UNSET
    running: bool | UnsetType = UNSET


class QuestionBody(InSubspace, kw_only=True):
    text: Text | UnsetType | None = UNSET
    key: Annotated[str, Meta(description="makes a repeat harmless")] | UnsetType | None = UNSET


class VoteBody(InSubspace, kw_only=True):
    vote: bool = True


class RunBody(InSubspace, kw_only=True):
    running: bool = True


class PickBody(InSubspace, kw_only=True):
    number: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET


class ExportQuery(Struct, kw_only=True):
    subspace: Subspace = "main"
    format: Annotated[str, Meta(description="json or csv")] = "json"


class AudibilityQuery(Struct, kw_only=True):
    at: Annotated[
        int, Meta(description="milliseconds since the Unix epoch", ge=0, le=253_402_300_799_999)
    ]
    listener: Annotated[str | None, Meta(description=_WHO)] = None
    source: Annotated[str | None, Meta(description=_WHO)] = None
    subspace: Subspace = "main"
    format: Annotated[str, Meta(description="json or csv")] = "json"


class AudioSessionBody(Struct, kw_only=True):
    space_type: str
    space_id: str
    audio_mode: Mode
    user_account: Account | None = None
    subspace: Subspace = "main"
    listener_count: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class EndSessionBody(Struct, kw_only=True):
    ended_reason: Annotated[str, Meta(max_length=32)] = "manual"
    passed_to: Annotated[str, Meta(max_length=16)] | None = None
