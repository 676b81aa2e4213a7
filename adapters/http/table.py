"""Every route of the HTTP face, once. The document, the router and the tests read this table."""

from __future__ import annotations

from dataclasses import replace

from adapters.http import answers, requests
from adapters.http.call_table import CALLS
from adapters.http.hall_table import HALL_ROUTES
from adapters.http.handlers import auth, chat, health, spaces, webrtc
from adapters.http.routing import AnyRoute, Nothing, Proof, Route
from adapters.http.space_money_table import SPACE_MONEY
from adapters.http.subscription_table import SUBSCRIPTIONS
from adapters.http.table_money import MONEY
from adapters.http.webhook_table import WEBHOOKS

_SPACE = "{space_type}/{space_id...}"

_OPTIONAL: Proof = "optional"
_PERSON: Proof = "person"

_HEALTH: list[AnyRoute] = [
    Route(
        method="GET",
        path="/health",
        handler=health.health,
        query=Nothing,
        body=Nothing,
        answers={200: answers.Health},
        summary="The process serves requests",
        tag="Health",
        unlimited=True,
    ),
    Route(
        method="GET",
        path="/livez",
        handler=health.livez,
        query=Nothing,
        body=Nothing,
        answers={200: answers.Alive},
        summary="The process is alive; restart it when this fails",
        tag="Health",
        unlimited=True,
    ),
    Route(
        method="GET",
        path="/ready",
        handler=health.ready,
        query=Nothing,
        body=Nothing,
        answers={200: answers.Readiness, 503: answers.Readiness},
        summary="People may be sent here; otherwise every reason why not",
        tag="Health",
        unlimited=True,
    ),
    Route(
        method="GET",
        path="/api/test-connections",
        handler=health.connections,
        query=Nothing,
        body=Nothing,
        answers={200: answers.Connections, 500: answers.Connections},
        summary="Whether what the server depends on answers",
        tag="Health",
    ),
]

_SPACES: list[AnyRoute] = [
    Route(
        method="GET",
        path="/api/spaces",
        handler=spaces.list_spaces,
        query=requests.SpacesQuery,
        body=Nothing,
        answers={200: answers.SpaceList},
        summary="Spaces with how many people are there: lobby, posts newest first, documents",
        tag="Spaces",
        refusals=(400, 401, 503),
        proof=_OPTIONAL,
    ),
    Route(
        method="GET",
        path=f"/api/spaces/{_SPACE}",
        handler=spaces.space_details,
        query=requests.SpaceQuery,
        body=Nothing,
        answers={200: answers.SpaceAnswer},
        summary="One space and who is in it",
        tag="Spaces",
        refusals=(400, 401, 404, 503),
        proof=_OPTIONAL,
    ),
    Route(
        method="POST",
        path=f"/api/spaces/{_SPACE}/join",
        handler=spaces.join,
        query=Nothing,
        body=requests.JoinBody,
        answers={200: answers.Joined},
        summary="Be let in: token, TURN credentials, WebSocket address and the present state",
        tag="Spaces",
        refusals=(400, 401, 403, 404, 413, 415, 429, 503),
        proof=_OPTIONAL,
    ),
]

_CHAT: list[AnyRoute] = [
    Route(
        method="GET",
        path=f"/api/chat/{_SPACE}/messages",
        handler=chat.read_messages,
        query=requests.MessagesQuery,
        body=Nothing,
        answers={200: answers.Messages},
        summary="A page of a space's chat, the newest first page, oldest first within it",
        tag="Chat",
        refusals=(400, 401, 403, 404, 503),
        proof=_OPTIONAL,
    ),
    Route(
        method="POST",
        path=f"/api/chat/{_SPACE}/messages",
        handler=chat.post_message,
        query=Nothing,
        body=requests.MessageBody,
        answers={200: answers.Posted},
        summary="Post a message; answered when it is durable",
        tag="Chat",
        refusals=(400, 401, 403, 404, 409, 413, 415, 429, 503),
        proof=_OPTIONAL,
        idempotent_by_key=True,
    ),
    Route(
        method="POST",
        path="/api/presence/chat/messages",
        handler=chat.post_addressed_message,
        query=Nothing,
        body=requests.AddressedMessageBody,
        answers={200: answers.Posted},
        summary="Post a message to the space named in the body",
        tag="Chat",
        refusals=(400, 401, 403, 404, 409, 413, 415, 429, 503),
        proof=_OPTIONAL,
        any_origin=True,
        idempotent_by_key=True,
    ),
]

_WEBRTC: list[AnyRoute] = [
    Route(
        method="GET",
        path="/api/webrtc/turn-config",
        handler=webrtc.turn_config,
        query=Nothing,
        body=Nothing,
        answers={200: answers.TurnConfig},
        summary="Configuration for RTCPeerConnection, with fresh TURN credentials",
        tag="WebRTC",
        refusals=(401, 503),
        proof=_OPTIONAL,
    ),
    Route(
        method="GET",
        path="/api/turn-credentials",
        handler=webrtc.turn_credentials,
        query=Nothing,
        body=Nothing,
        answers={200: answers.TurnCredentials},
        summary="Fresh TURN credentials",
        tag="WebRTC",
        refusals=(401, 503),
        proof=_OPTIONAL,
    ),
]

_AUTH: list[AnyRoute] = [
    Route(
        method="GET",
        path="/api/auth/challenge",
        handler=auth.challenge,
        query=requests.ChallengeQuery,
        body=Nothing,
        answers={200: answers.Challenge},
        summary="A text to sign, good once and for five minutes",
        tag="Login",
        refusals=(400, 429, 503),
    ),
    Route(
        method="POST",
        path="/api/auth/login",
        handler=auth.log_in,
        query=Nothing,
        body=requests.LoginBody,
        answers={200: answers.LoggedIn},
        summary="Exchange a signed challenge for a session token",
        tag="Login",
        refusals=(400, 401, 413, 415, 429, 503),
        proof=_OPTIONAL,
    ),
    Route(
        method="GET",
        path="/api/auth/me",
        handler=auth.me,
        query=Nothing,
        body=Nothing,
        answers={200: answers.Me},
        summary="Who the token or signature says you are",
        tag="Login",
        refusals=(401, 503),
        proof=_PERSON,
    ),
    Route(
        method="POST",
        path="/api/auth/guest",
        handler=auth.guest,
        query=Nothing,
        body=requests.GuestBody,
        answers={200: answers.GuestAdmitted},
        summary="An id and a token for a guest",
        tag="Login",
        refusals=(400, 413, 415, 429),
    ),
    Route(
        method="GET",
        path="/api/onboarding/auth/challenge",
        handler=auth.old_challenge,
        query=Nothing,
        body=Nothing,
        answers={200: answers.OldChallenge},
        summary="The data host's challenge: Unix seconds",
        tag="Login",
        any_origin=True,
    ),
    Route(
        method="GET",
        path="/api/onboarding/auth/whoami",
        handler=auth.whoami,
        query=Nothing,
        body=Nothing,
        answers={200: answers.WhoAmI},
        summary="Which account the headers prove",
        tag="Login",
        refusals=(401, 503),
        proof=_PERSON,
        any_origin=True,
    ),
]

_OTHER_NAMES = {
    "/api/health": "/health",
    "/api/presence/health": "/health",
    "/readyz": "/ready",
    "/api/presence/spaces": "/api/spaces",
    f"/api/presence/spaces/{_SPACE}": f"/api/spaces/{_SPACE}",
    f"/api/presence/spaces/{_SPACE}/join": f"/api/spaces/{_SPACE}/join",
    "/api/presence/turn-credentials": "/api/turn-credentials",
}
"""Paths of the data host and of the seeds, and what they are other names for."""


def _with_other_names(routes: list[AnyRoute]) -> tuple[AnyRoute, ...]:
    others = [
        replace(
            route,
            path=path,
            same_as=original,
            any_origin=path.startswith("/api/presence/"),
        )
        for path, original in _OTHER_NAMES.items()
        for route in routes
        if route.path == original
    ]
    return (*routes, *others)


ROUTES = (
    *_with_other_names(_HEALTH + _SPACES + HALL_ROUTES + _CHAT + _WEBRTC + _AUTH),
    *MONEY,
    *SPACE_MONEY,
    *CALLS,
    *SUBSCRIPTIONS,
    *WEBHOOKS,
)
