"""Paths as they are sent, and the routes they name."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.problems import MethodNotAllowed, NotFound
from adapters.http.routing import PATH_LENGTH_MAX, Router, segments_of
from adapters.http.table import ROUTES
from engine.refusal import BadInput

ROUTER = Router(ROUTES)


def found(method: str, path: str) -> tuple[str, dict[str, str]]:
    route, values = ROUTER.find(method, segments_of(path.encode()))
    return route.path, values


SPACE = "/api/spaces/{space_type}/{space_id...}"


@pytest.mark.parametrize(
    ("method", "path", "route", "space_id"),
    [
        ("GET", "/api/spaces/post/ada%2Fharbour", SPACE, "ada/harbour"),
        ("GET", "/api/spaces/post/ada/harbour", SPACE, "ada/harbour"),
        ("GET", "/api/spaces/post/ada%2fharbour/", SPACE, "ada/harbour"),
        ("POST", "/api/spaces/post/ada/harbour/join", f"{SPACE}/join", "ada/harbour"),
        ("POST", "/api/spaces/post/ada%2Fharbour/join", f"{SPACE}/join", "ada/harbour"),
        ("POST", "/api/spaces/post/ada%2Fjoin/join", f"{SPACE}/join", "ada/join"),
        ("POST", "/api/spaces/post/ada/join/join", f"{SPACE}/join", "ada/join"),
        ("GET", "/api/spaces/post/ada/join", SPACE, "ada/join"),
        ("GET", "/api/spaces/post/ada%2Fjoin", SPACE, "ada/join"),
        ("HEAD", "/api/spaces/document/123", SPACE, "123"),
        ("GET", "/api/spaces/document/a%20b%3F%23", SPACE, "a b?#"),
        ("GET", "/api/spaces/post/d%C3%A9", SPACE, "dé"),
        ("GET", "http://host.example/api/spaces/post/ada/harbour", SPACE, "ada/harbour"),
    ],
)
def test_ids_with_raw_and_encoded_slashes(
    method: str, path: str, route: str, space_id: str
) -> None:
    """Both name the same space, also when the id ends in a word that is an action."""
    where, values = found(method, path)

    assert where == route
    assert values["space_id"] == space_id


def test_an_encoded_slash_is_never_the_start_of_an_action() -> None:
    """`ada%2Fjoin` is an id and nothing else, so it cannot be joined by its own name."""
    with pytest.raises(MethodNotAllowed):
        found("POST", "/api/spaces/post/ada%2Fjoin")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/chat/post/ada/messages/messages", "/api/chat/{space_type}/{space_id...}/messages"),
        ("/api/presence/spaces/post/x", "/api/presence/spaces/{space_type}/{space_id...}"),
        ("/api/presence/spaces", "/api/presence/spaces"),
        ("/api/presence/health", "/api/presence/health"),
        ("/api/presence/turn-credentials", "/api/presence/turn-credentials"),
    ],
)
def test_fixed_paths_win_over_ids(path: str, route: str) -> None:
    """The old data host swallowed /api/presence/health in a catch-all; this one does not."""
    assert found("GET", path)[0] == route


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/api",
        "/api/",
        "/api/spaces/post",
        "/api/spaces/post/",
        "/api/spaces//x",
        "/api/spaces/post//x",
        "/api/spaces/post/x//y",
        "/api/chat/post/messages",
        "/api/SPACES",
        "/api%2Fspaces",
        "/health/x",
    ],
)
def test_other_paths_name_nothing(path: str) -> None:
    """Empty segments are no ids, and encoded slashes make no routes."""
    with pytest.raises(NotFound):
        found("GET", path)


def test_a_wrong_method_names_the_right_ones() -> None:
    """So a client can tell a wrong verb from a wrong address."""
    with pytest.raises(MethodNotAllowed) as caught:
        found("DELETE", "/api/chat/global/lobby/messages")
    assert caught.value.allowed == ["GET", "HEAD", "POST"]


@pytest.mark.parametrize("path", ["/%ff", "/api/spaces/post/%C3", "/" + "a" * PATH_LENGTH_MAX])
def test_paths_that_cannot_be_read_are_bad_input(path: str) -> None:
    """Not UTF-8, or longer than any id of ours."""
    with pytest.raises(BadInput) as caught:
        segments_of(path.encode())
    assert caught.value.field == "path"


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=4))
def test_an_encoded_id_arrives_as_it_was(parts: list[str]) -> None:
    """Whatever characters it has, slashes and dots included."""
    space_id = "/".join(parts)
    path = f"/api/spaces/post/{quote(space_id, safe='')}/join"
    if len(path) <= PATH_LENGTH_MAX:
        assert found("POST", path)[1]["space_id"] == space_id


def test_every_route_finds_itself() -> None:
    """No route hides another."""
    for route in ROUTES:
        filled = route.path.replace("{space_type}", "post").replace("{space_id...}", "a/b")
        assert ROUTER.find(route.method, segments_of(filled.encode()))[0] is route
