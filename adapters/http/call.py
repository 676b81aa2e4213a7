"""One request as handlers see it, and how its query and body are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from actors.ledger.transfer import derived_id
from actors.limits import AUTH, CHAT, REQUESTS
from actors.person import Person
from actors.space.space_id import SpaceId
from adapters.http.answers import TurnCredentials
from adapters.http.problems import BadJson, UnsupportedMediaType
from adapters.http.routing import Nothing
from adapters.http.services import Services
from adapters.http.turn import offered_turn, reached_at
from adapters.identity.service import Caller
from adapters.network import client_address, network_of
from engine.refusal import BadInput

S = TypeVar("S", bound=msgspec.Struct)

QUERY_FIELDS_MAX = 50

_JSON_TYPE = re.compile(r"application/([a-z0-9.-]+\+)?json\s*(;.*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with another status than 200, or with headers."""

    status: int
    body: msgspec.Struct | msgspec.Raw
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file instead of a JSON body."""

    text: str
    media_type: str
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that found its route.

    Attributes:
        headers: by lower-case name.
        parameters: of the path, decoded.
        peer: the network address it came from.
        scheme: http or https, as the socket or a trusted proxy says.
        raw: the body as it was sent.
        request_id: of what it does; a retry with the same Idempotency-Key has the same.
    """

    services: Services
    method: str
    path: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    query_string: str
    peer: str
    scheme: str
    caller_box: list[Caller] = field(default_factory=list)
    raw: bytes = b""
    request_id: str = ""

    @property
    def user_agent(self) -> str:
        return self.headers.get("user-agent", "")[:512]

    @property
    def client_address(self) -> str:
        """Where the client is: the peer, or what a proxy of ours says stands behind it."""
        trusted = self.services.settings.trust_forwarded
        return client_address(self.peer, self.headers.get("x-forwarded-for", "") if trusted else "")

    @property
    def base_url(self) -> str:
        """What the browser reaches us as: scheme and host, no closing slash."""
        settings = self.services.settings
        if settings.public_url is not None:
            return settings.public_url.rstrip("/")
        scheme = self.scheme
        if settings.trust_forwarded and self.headers.get("x-forwarded-proto") in {"http", "https"}:
            scheme = self.headers["x-forwarded-proto"]
        return f"{scheme}://{reached_at(self.headers.get('host', ''))}"

    @property
    def websocket_url(self) -> str:
        return f"ws{self.base_url.removeprefix('http')}/socket.io/"

    def limit_auth(self) -> None:
        """Count this as a request that costs us a signature check or a row.

        Raises:
            RateLimited: too many from this place.
        """
        self._take(AUTH, network_of(self.client_address))

    def limit_requests(self) -> None:
        """Count this as an operation, whatever it is.

        Raises:
            RateLimited: too many from this place.
        """
        self._take(REQUESTS, network_of(self.client_address))

    def limit_chat(self, person: Person) -> None:
        """Count this as a chat message, together with those that come over sockets.

        Raises:
            RateLimited: too many by this person.
        """
        self._take(CHAT, person.key)

    def limit_account(self, limit: str, account: str) -> None:
        """Count this as something that an account may do so often.

        Raises:
            RateLimited: too many by this account.
        """
        self._take(limit, account)

    def new_id(self) -> str:
        """Return an id that nothing else has."""
        return derived_id(self.services.entropy(16).hex(), "request")

    def _take(self, limit: str, key: str) -> None:
        self.services.limits.take(limit, key, self.services.now_us())

    def space(self, subspace: str = "main") -> SpaceId:
        """Return the space that the path names.

        Raises:
            BadInput: it cannot be one; the text says which part.
        """
        return SpaceId.checked(self.parameters["space_type"], self.parameters["space_id"], subspace)

    async def caller(self, *, account: str | None = None, challenge: str | None = None) -> Caller:
        """Return who sent this, verifying the proof once.

        Raises:
            Unauthorized: a proof was offered that proves nothing.
            KeysUnavailable: it cannot be verified now.
        """
        if not self.caller_box:
            found = await self.services.identity.authenticate(
                self.headers, account=account, challenge=challenge
            )
            self.caller_box.append(found)
        return self.caller_box[0]

    def guest(self, caller: Caller) -> Person:
        """Return the caller's person; a passer-by gets the id of their address and browser."""
        person = caller.person
        if person.account is not None or person.guest_id is not None:
            return person
        guest_id = self.services.identity.guest_id_of(self.client_address, self.user_agent)
        return Person(guest_id=guest_id, name=person.name, claimed=person.claimed)

    def turn_credentials(self, account: str | None) -> TurnCredentials:
        """Return TURN credentials for this caller, for our coturn or the configured servers."""
        return offered_turn(
            self.services.settings,
            base_url=self.base_url,
            account=account,
            now_us=self.services.now_us(),
        )

    def read_query(self, kind: type[S]) -> S:
        """Return the query as a `kind`. Unknown and empty fields are passed over.

        Raises:
            BadInput: a field does not fit, named.
        """
        try:
            pairs = parse_qsl(self.query_string, errors="strict", max_num_fields=QUERY_FIELDS_MAX)
        except ValueError as error:
            raise BadInput("query: expected UTF-8 fields, at most 50", field="query") from error
        return _converted(dict(pairs), kind, strict=False)

    def read_body(self, kind: type[S], body: bytes) -> S:
        """Return the body as a `kind`; no body counts as an empty object.

        Raises:
            UnsupportedMediaType: it says to be something else than JSON.
            BadJson: not JSON, or not an object.
            BadInput: a field does not fit, named.
        """
        if kind is Nothing or not body.strip():
            return _converted({}, kind, strict=True)
        media_type = self.headers.get("content-type")
        if media_type is not None and not _JSON_TYPE.fullmatch(media_type.strip()):
            raise UnsupportedMediaType
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadJson(f"body: expected JSON ({error})") from error
        if not isinstance(value, dict):
            raise BadJson("body: expected one JSON object")
        return _converted(value, kind, strict=True)


_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")


def _converted(value: dict[str, Any], kind: type[S], *, strict: bool) -> S:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise _bad_input(str(error), kind) from error


def _bad_input(text: str, kind: type[msgspec.Struct]) -> BadInput:
    """Turn msgspec's `Expected `int` >= 1 - at `$.limit`` into a refusal of ours."""
    at = _AT.search(text)
    place = at["path"] if at else ""
    reason = _AT.sub("", text).replace("`", "")
    if missing := _MISSING.match(text):
        name = f"{place}.{missing['name']}".strip(".")
        return BadInput(f"{name}: required", field=name)
    if reason.startswith("Invalid enum value") and (known := _choices(kind, place)):
        got = reason.removeprefix("Invalid enum value")
        return BadInput(f"{place}: expected one of {', '.join(known)}; got{got}", field=place)
    sentence = f"{place}: {reason[:1].lower()}{reason[1:]}" if place else reason
    return BadInput(sentence, field=place or None)


def _choices(kind: type[msgspec.Struct], name: str) -> list[str]:
    """Return what a field with a closed set of values takes; nothing for any other."""
    types = [f.type for f in msgspec.structs.fields(kind) if f.encode_name == name]
    infos = [msgspec.inspect.type_info(one) for one in types]
    flat = [
        part
        for info in infos
        for part in (info.types if isinstance(info, msgspec.inspect.UnionType) else [info])
    ]
    return [
        str(value)
        for part in flat
        if isinstance(part, msgspec.inspect.LiteralType)
        for value in part.values
    ]
