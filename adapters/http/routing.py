"""Which route a path names, on the path as it was sent.

Ids may hold slashes, sent raw or as %2F. So a path is split at its raw slashes first and decoded
after that: `{space_id...}` takes one or more segments, and an encoded slash can never make a
segment look like the end of a route. `author%2Fjoin` is an id; `author/join` is one and an action.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec

from adapters.http.answers import Problem
from adapters.http.problems import MethodNotAllowed, NotFound
from engine.refusal import BadInput

if TYPE_CHECKING:
    from adapters.http.call import Call

PATH_LENGTH_MAX = 4096


class Nothing(msgspec.Struct):
    """A route's query or body when it has none."""


Proof = Literal["none", "optional", "person", "required", "speaker", "operator"]

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[Q, B]):
    """One operation: how it is reached, what it takes and what it answers.

    Attributes:
        path: literal segments, `{name}` for one segment, `{name...}` for one or more.
        handler: called with the request and its parsed query and body.
        answers: body type by status.
        also: media types that 200 may be asked in besides JSON.
        refusals: the statuses of its own refusals, for the document.
        proof: who may call it (see `gates`): an account (required), an account in a hall (speaker),
            an operator, a person with a token or an account; optional and none let everybody pass.
        seal: checks what a machine proves with the body itself, before the body is read.
        unlimited: it does not count for the limit of requests; machines ask for it.
        any_origin: pages of every origin may call it, without credentials (the data host's rule).
        problem: the body of its refusals.
        same_as: the path of the route this is another name for.
    """

    method: str
    path: str
    handler: Callable[[Call, Q, B], Awaitable[Any]]
    query: type[Q]
    body: type[B]
    answers: Mapping[int, type[msgspec.Struct]]
    summary: str
    tag: str
    also: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()
    proof: Proof = "none"
    seal: Callable[[Call], None] | None = None
    unlimited: bool = False
    any_origin: bool = False
    idempotent_by_key: bool = False
    same_as: str | None = None
    problem: type[msgspec.Struct] = Problem

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters, in order."""
        return [
            part.strip("{}").removesuffix("...")
            for part in self.path.split("/")
            if part.startswith("{")
        ]


AnyRoute = Route[Any, Any]


@dataclass(slots=True)
class Router:
    """Finds routes. Literal segments win over parameters, longer endings over shorter."""

    routes: Sequence[AnyRoute]
    _ordered: list[tuple[list[str], AnyRoute]] = field(init=False)

    def __post_init__(self) -> None:
        split = [(route.path.strip("/").split("/"), route) for route in self.routes]
        self._ordered = sorted(split, key=lambda each: _literals(each[0]), reverse=True)

    def find(self, method: str, segments: Sequence[str]) -> tuple[AnyRoute, dict[str, str]]:
        """Return the route and its path parameters.

        Raises:
            NotFound: no route has such a path.
            MethodNotAllowed: some have, for other methods.
        """
        allowed: set[str] = set()
        for template, route in self._ordered:
            values = _match(template, segments)
            if values is None:
                continue
            if route.method == method or (method == "HEAD" and route.method == "GET"):
                return route, values
            allowed.add(route.method)
        if allowed:
            raise MethodNotAllowed(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
        raise NotFound

    def at(self, segments: Sequence[str]) -> Iterable[AnyRoute]:
        """Return the routes of every method that have such a path."""
        return (
            route for template, route in self._ordered if _match(template, segments) is not None
        )


def segments_of(raw_path: bytes) -> list[str]:
    """Return the decoded segments of a path as it was sent.

    Raises:
        BadInput: too long, or not UTF-8.
    """
    if len(raw_path) > PATH_LENGTH_MAX:
        raise BadInput(f"path: expected at most {PATH_LENGTH_MAX} bytes", field="path")
    if not raw_path.startswith(b"/"):  # `GET http://host/path`, as proxies send it, or `*`
        raw_path = b"/" + raw_path.partition(b"://")[2].partition(b"/")[2]
    parts = raw_path.removeprefix(b"/").split(b"/")
    if len(parts) > 1 and not parts[-1]:
        parts.pop()  # A closing slash changes nothing.
    try:
        return [unquote_to_bytes(part).decode() for part in parts]
    except UnicodeDecodeError as error:
        raise BadInput("path: expected UTF-8, percent-encoded", field="path") from error


def _literals(template: list[str]) -> tuple[int, int]:
    return sum(not part.startswith("{") for part in template), len(template)


def _match(template: list[str], segments: Sequence[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    spare = len(segments) - len(template)
    position = 0
    for part in template:
        if position >= len(segments):
            return None
        if part.endswith("...}"):
            taken = segments[position : position + spare + 1]
            if spare < 0 or not all(taken):
                return None
            values[part[1:-4]] = "/".join(taken)
            position += spare + 1
            continue
        if part.startswith("{"):
            if not segments[position]:
                return None
            values[part[1:-1]] = segments[position]
        elif part != segments[position]:
            return None
        position += 1
    return values if position == len(segments) else None
