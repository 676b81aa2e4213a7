"""The routes of a space's hall: audio, connections, speaker, microphones, questions (WIRE 1.6)."""

from __future__ import annotations

from msgspec import Struct

from adapters.http import hall_answers as answers
from adapters.http import hall_requests as requests
from adapters.http.handlers import audio_sessions, hall
from adapters.http.requests import SpaceQuery
from adapters.http.routing import AnyRoute, Nothing, Proof, Route

_SPACE = "/api/spaces/{space_type}/{space_id...}"
_MICROPHONE = "/api/microphones/{microphone_id}"

_READS = (400, 401, 403, 404, 429, 503)
_ACTS = (400, 401, 403, 404, 409, 413, 415, 429, 503)


def _act(
    path: str,
    event: str,
    body: type[Struct],
    answer: type[Struct],
    summary: str,
    *,
    method: str = "POST",
    any_origin: bool = False,
) -> AnyRoute:
    about_one = path.startswith(_MICROPHONE)
    does = hall.does_with_microphone if about_one else hall.does
    return Route(
        method=method,
        path=path if about_one or any_origin else f"{_SPACE}/{path}",
        handler=does(event, answer),
        query=Nothing,
        body=body,
        answers={200: answer},
        summary=summary,
        tag=_TAGS[event.partition("-")[0]],
        refusals=_ACTS,
        # An unknown mode is answered with those there are, whoever asks; the space refuses.
        proof="optional" if event == "audio-mode" else "speaker",
        any_origin=any_origin,
    )


_TAGS = {
    "audio": "Audio", "speaker": "Audio", "microphone": "Microphones", "questions": "Questions",
    "question": "Questions", "moderate": "Moderation",
}  # fmt: skip


def _read(
    path: str,
    handler: hall.Handler,
    query: type[Struct],
    answer: type[Struct],
    summary: str,
    tag: str,
    *,
    proof: Proof = "optional",
) -> AnyRoute:
    return Route(
        method="GET",
        path=f"{_SPACE}/{path}",
        handler=handler,
        query=query,
        body=Nothing,
        answers={200: answer},
        summary=summary,
        tag=tag,
        refusals=_READS,
        proof=proof,
    )


_AUDIO: list[AnyRoute] = [
    _read(
        "audio",
        hall.does("audio-state", answers.Hall),
        SpaceQuery,
        answers.Hall,
        "The audio mode, microphones, questions, and what the caller may do",
        "Audio",
    ),
    _act(
        "audio/mode",
        "audio-mode",
        requests.AudioModeBody,
        answers.AudioModeSet,
        "Change how people hear each other; for administrators",
    ),
    _act(
        "/api/presence/spaces/{space_type}/{space_id...}/audio",
        "audio-mode",
        requests.OldAudioBody,
        answers.AudioModeSet,
        "Change how people hear each other: the data host's form",
        method="PUT",
        any_origin=True,
    ),
    _read(
        "audio/connections",
        hall.does("audio-connections", answers.AudioConnections),
        requests.ConnectionsQuery,
        answers.AudioConnections,
        "Whom the caller hears now; administrators see everybody's",
        "Audio",
    ),
    Route(
        method="GET",
        path=f"{_SPACE}/audio/audibility",
        handler=hall.read_audibility,
        query=requests.AudibilityQuery,
        body=Nothing,
        answers={200: answers.Audibility},
        also=("text/csv",),
        summary="Who could hear whom at a moment, as JSON or CSV; for administrators",
        tag="Audio",
        refusals=_READS,
        proof="speaker",
    ),
    _act(
        "audio/calculate-connections",
        "audio-calculate",
        requests.PositionsBody,
        answers.CalculatedConnections,
        "Who would hear whom if people stood so; changes nothing",
    ),
    _act(
        "audio/speaker/request",
        "speaker-request",
        requests.InSubspace,
        answers.Speaker,
        "Have the speaker role, or wait for a grant",
    ),
    _act(
        "audio/speaker/grant",
        "speaker-grant",
        requests.TargetBody,
        answers.Speaker,
        "Give the free role to somebody; for moderators",
    ),
    _act(
        "audio/speaker/decline",
        "speaker-decline",
        requests.TargetBody,
        answers.Done,
        "Take somebody, or oneself, off the list of those who asked",
    ),
    _act(
        "audio/speaker/pass",
        "speaker-pass",
        requests.TargetBody,
        answers.Speaker,
        "Hand the role on; by the speaker or an administrator",
    ),
    _act(
        "audio/speaker/release",
        "speaker-release",
        requests.InSubspace,
        answers.Done,
        "Give the role up; administrators end another's",
    ),
    _act(
        "audio/speaker/take",
        "speaker-take",
        requests.InSubspace,
        answers.Speaker,
        "Have the role whoever has it; for administrators",
    ),
    Route(
        method="POST",
        path="/api/presence/audio/sessions",
        handler=audio_sessions.start_session,
        query=Nothing,
        body=requests.AudioSessionBody,
        answers={200: answers.AudioSessionAnswer},
        summary="Record that the caller begins to speak; decides nothing",
        tag="Audio",
        refusals=_ACTS,
        proof="speaker",
        any_origin=True,
    ),
    Route(
        method="PUT",
        path="/api/presence/audio/sessions/{session_id}/end",
        handler=audio_sessions.end_session,
        query=Nothing,
        body=requests.EndSessionBody,
        answers={200: answers.AudioSessionAnswer},
        summary="Record that the caller has finished speaking",
        tag="Audio",
        refusals=_ACTS,
        proof="speaker",
        any_origin=True,
    ),
]

_MICROPHONES: list[AnyRoute] = [
    _read(
        "microphones",
        hall.does("microphone-list", answers.Microphones),
        SpaceQuery,
        answers.Microphones,
        "The space's microphones, who has them and the caller's place in their queues",
        "Microphones",
    ),
    _act(
        "microphones",
        "microphone-create",
        requests.MicrophoneBody,
        answers.MicrophoneAnswer,
        "Set a microphone up; for administrators",
    ),
    _act(
        _MICROPHONE,
        "microphone-configure",
        requests.MicrophoneChanges,
        answers.MicrophoneAnswer,
        "Change a microphone; for administrators",
        method="PUT",
    ),
    _act(
        f"{_MICROPHONE}/request",
        "microphone-request",
        Nothing,
        answers.MicrophoneAnswer,
        "Have the microphone, or a place in its queue",
    ),
    _act(
        f"{_MICROPHONE}/pass",
        "microphone-pass",
        requests.PassBody,
        answers.MicrophoneAnswer,
        "Hand the microphone on; by its holder or a moderator",
    ),
    _act(
        f"{_MICROPHONE}/revoke",
        "microphone-revoke",
        Nothing,
        answers.Done,
        "Take the microphone from its holder; for moderators",
    ),
    _act(
        f"{_MICROPHONE}/release",
        "microphone-release",
        Nothing,
        answers.Done,
        "Give the microphone back, or leave its queue",
    ),
    _act(
        _MICROPHONE,
        "microphone-delete",
        Nothing,
        answers.Done,
        "Take a microphone away; its uses stay on record",
        method="DELETE",
    ),
]

_QUESTIONS: list[AnyRoute] = [
    _read(
        "questions",
        hall.read_questions,
        SpaceQuery,
        answers.Questions,
        "The open Q&A session and its queue",
        "Questions",
    ),
    _act(
        "questions/open",
        "questions-open",
        requests.OpenQuestionsBody,
        answers.Questions,
        "Open a Q&A session on a microphone; for moderators",
    ),
    _act(
        "questions",
        "question-ask",
        requests.QuestionBody,
        answers.QuestionAnswer,
        "Queue with or without a written question",
    ),
    _act(
        "questions/{number}/vote",
        "question-vote",
        requests.VoteBody,
        answers.Votes,
        "Vote for a question, or take the vote back",
    ),
    _act(
        "questions/pick",
        "question-pick",
        requests.PickBody,
        answers.QuestionAnswer,
        "Give the microphone to an asker, the first by default; for the host",
    ),
    _act(
        "questions/done",
        "question-done",
        requests.InSubspace,
        answers.Done,
        "The present question is answered; the microphone returns to the host",
    ),
    _act(
        "questions/{number}/withdraw",
        "question-withdraw",
        requests.InSubspace,
        answers.Done,
        "Take a waiting question back",
    ),
    _act(
        "questions/run",
        "questions-run",
        requests.RunBody,
        answers.Running,
        "Let the queue run by itself, or no longer; for the host",
    ),
    _act(
        "questions/close",
        "questions-close",
        requests.InSubspace,
        answers.Done,
        "End the Q&A session; for the host",
    ),
    Route(
        method="GET",
        path=f"{_SPACE}/questions/{{round_id}}/export",
        handler=hall.export_questions,
        query=requests.ExportQuery,
        body=Nothing,
        answers={200: answers.QuestionsRecord},
        also=("text/csv",),
        summary="The record of a Q&A session in the order in which it was asked, as JSON or CSV",
        tag="Questions",
        refusals=_READS,
        proof="optional",
    ),
]

_MODERATION: list[AnyRoute] = [
    _act(
        "bans",
        "moderate-ban",
        requests.BanBody,
        answers.Banned,
        "Put somebody out for a time, or for good; for moderators",
    ),
    _read(
        "bans",
        hall.does("moderate-bans", answers.Bans),
        SpaceQuery,
        answers.Bans,
        "Who may not come in, and why; for moderators",
        "Moderation",
        proof="speaker",
    ),
    _act(
        "bans/lift",
        "moderate-unban",
        requests.TargetBody,
        answers.Done,
        "Let somebody in again; for moderators",
    ),
]

HALL_ROUTES = _AUDIO + _MICROPHONES + _QUESTIONS + _MODERATION
