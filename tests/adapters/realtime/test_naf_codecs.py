"""The Networked-A-Frame dialects' pure parts: rooms, and EasyRTC's messages."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.space.space_id import ID_LENGTH_MAX, SpaceId
from adapters.realtime.naf import easyrtc
from adapters.realtime.naf.avatar import avatar_pose
from adapters.realtime.naf.easyrtc_errors import TEXTS, EasyRtcError, error_of
from adapters.realtime.naf.rooms import ROOM_LENGTH_MAX, space_of_room
from engine.refusal import BadInput, Refused

NAME = st.from_regex(r"[a-z]{3,16}", fullmatch=True)
PERMLINK = st.from_regex(r"[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,6}", fullmatch=True)
SUBSPACE = st.from_regex(r"main(-[a-z0-9]{1,10})?", fullmatch=True)
ROOM = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=ROOM_LENGTH_MAX)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(NAME, PERMLINK.filter(lambda text: "main" not in text), SUBSPACE)
def test_a_posts_room_is_the_posts_space(author: str, permlink: str, subspace: str) -> None:
    """So that its page's visitors meet the people on other clients."""
    room = f"{author}-{permlink}-{subspace}"

    if author != "invr":
        assert space_of_room(room) == SpaceId("post", f"{author}/{permlink}", subspace)
    assert space_of_room(room, "dlux-vr").type == "post" or author == "invr"


@given(ROOM, st.sampled_from(["default", "dlux-vr", "shop"]))
def test_every_room_is_a_space_that_can_be_read_back(room: str, app: str) -> None:
    """Up to 300 characters, whatever they are; the address names the same space again."""
    space = space_of_room(room, app)

    assert SpaceId.parse(space.address) == space
    assert len(space.id) <= ID_LENGTH_MAX
    assert space_of_room(room, app) == space


@given(ROOM, ROOM)
def test_different_rooms_are_different_spaces(one: str, other: str) -> None:
    """Nobody lands in a room they did not ask for."""
    assert (space_of_room(one) == space_of_room(other)) == (one == other)


def test_apps_have_rooms_of_their_own() -> None:
    """EasyRTC keeps applications apart; `default` is the name of having none."""
    assert space_of_room("basic") == space_of_room("basic", "default") == SpaceId("naf", "basic")
    assert space_of_room("basic", "shop") == SpaceId("naf", "shop/basic")
    assert space_of_room("ann-first-post-vip", "dlux-vr") == SpaceId(
        "post", "ann/first-post", "vip"
    )
    assert space_of_room("ann-first-post-vip").type == "naf"
    assert space_of_room("invr-ann-post-main").type == "naf"


@pytest.mark.parametrize("room", [None, 7, "", "x" * 301, "a\nb", ["basic"]])
def test_what_is_no_room_is_refused_by_name(room: Any) -> None:
    """The field is named as the page spells it."""
    with pytest.raises(BadInput, match=r"^room: expected"):
        space_of_room(room)


@given(JSON)
def test_no_message_breaks_the_readers(message: Any) -> None:
    """Whatever arrives is understood or refused in EasyRTC's words."""
    for read in (easyrtc.read_login, easyrtc.read_command, easyrtc.read_message):
        with contextlib.suppress(EasyRtcError):
            read(message)


LOGIN = {"apiVersion": "1.1.1-beta", "applicationName": "dlux-vr", "setUserCfg": {}}


def login(**changes: Any) -> dict[str, Any]:
    return {"msgType": "authenticate", "msgData": {**LOGIN, **changes}}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (None, "LOGIN_BAD_AUTH"),
        ({"msgType": "token", "msgData": LOGIN}, "LOGIN_BAD_AUTH"),
        ({"msgType": "authenticate"}, "LOGIN_BAD_STRUCTURE"),
        ({"msgType": "authenticate", "msgData": {}}, "LOGIN_BAD_STRUCTURE"),
        (login(roomJoin=[]), "LOGIN_BAD_STRUCTURE"),
        (login(apiVersion="no spaces"), "MSG_REJECT_BAD_STRUCTURE"),
        (login(applicationName="x" * 33), "MSG_REJECT_BAD_STRUCTURE"),
        (login(username=""), "MSG_REJECT_BAD_STRUCTURE"),
        (login(credential={}), "MSG_REJECT_BAD_STRUCTURE"),
        (login(easyrtcsid="a b"), "MSG_REJECT_BAD_STRUCTURE"),
        (login(roomJoin={"a b": {"roomName": "a b"}}), "MSG_REJECT_BAD_STRUCTURE"),
        (login(roomJoin={"a": {"roomName": "b"}}), "MSG_REJECT_BAD_STRUCTURE"),
        (login(setPresence={}), "MSG_REJECT_BAD_STRUCTURE"),
        (login(setPresence={"show": "here"}), "MSG_REJECT_BAD_STRUCTURE"),
    ],
)
def test_a_bad_login_has_its_code(message: Any, code: str) -> None:
    """The codes are those of open-easyrtc for the same message."""
    with pytest.raises(EasyRtcError) as caught:
        easyrtc.read_login(message)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ([], "MSG_REJECT_BAD_STRUCTURE"),
        ({}, "MSG_REJECT_BAD_TYPE"),
        ({"msgType": "fly"}, "MSG_REJECT_BAD_TYPE"),
        ({"msgType": "offer", "targetEasyrtcid": "x"}, "MSG_REJECT_BAD_DATA"),
        ({"msgType": "offer", "msgData": {"sdp": ""}}, "MSG_REJECT_BAD_STRUCTURE"),
        ({"msgType": "hangup", "msgData": {"a": 1}, "targetEasyrtcid": "x"}, "MSG_REJECT_BAD_DATA"),
        ({"msgType": "reject", "targetEasyrtcid": "a b"}, "MSG_REJECT_BAD_STRUCTURE"),
        ({"msgType": "getRoomList", "msgData": {"a": 1}}, "MSG_REJECT_BAD_DATA"),
        ({"msgType": "roomJoin"}, "MSG_REJECT_BAD_DATA"),
        ({"msgType": "roomJoin", "msgData": {"roomJoin": {}}}, "MSG_REJECT_BAD_STRUCTURE"),
        (
            {"msgType": "roomJoin", "msgData": {"roomJoin": {"x" * 301: {"roomName": "x" * 301}}}},
            "MSG_REJECT_BAD_STRUCTURE",
        ),
        (
            {"msgType": "setRoomApiField", "msgData": {"setRoomApiField": {"field": {}}}},
            "MSG_REJECT_BAD_ROOM",
        ),
        (
            {
                "msgType": "setRoomApiField",
                "msgData": {"setRoomApiField": {"roomName": "a", "field": {"a": "x" * 4096}}},
            },
            "MSG_REJECT_BAD_SIZE",
        ),
        ({"msgType": "setUserCfg", "msgData": {}}, "MSG_REJECT_BAD_STRUCTURE"),
    ],
)
def test_a_bad_command_has_its_code(message: Any, code: str) -> None:
    """The codes are those of open-easyrtc for the same message."""
    with pytest.raises(EasyRtcError) as caught:
        easyrtc.read_command(message)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"msgType": 7, "targetRoom": "a"}, "MSG_REJECT_BAD_TYPE"),
        ({"msgType": "u", "targetEasyrtcid": 7}, "MSG_REJECT_TARGET_EASYRTCID"),
        ({"msgType": "u", "targetGroup": "a"}, "MSG_REJECT_TARGET_GROUP"),
        ({"msgType": "u", "targetRoom": "a b"}, "MSG_REJECT_TARGET_ROOM"),
        ({"msgType": "u"}, "MSG_REJECT_BAD_STRUCTURE"),
    ],
)
def test_a_bad_message_has_its_code(fields: dict[str, Any], code: str) -> None:
    """A message for nobody is refused rather than left without an answer."""
    with pytest.raises(EasyRtcError) as caught:
        easyrtc.read_message(fields)

    assert caught.value.code == code


def test_a_login_token_is_taken_from_the_credential() -> None:
    """The one way for an EasyRTC page to say who is there."""
    read = easyrtc.read_login(login(credential={"token": "t"}, username="Ann"))

    assert (read.token, read.username, read.rooms) == ("t", "Ann", ())


@given(st.text(min_size=20, max_size=20))
def test_an_easyrtc_id_is_one_for_each_socket(socket_id: str) -> None:
    """16 characters of EasyRTC's alphabet, not the socket's id, always the same."""
    naf_id = easyrtc.easyrtc_id(socket_id)

    assert len(naf_id) == 16
    assert naf_id.isalnum()
    assert naf_id == easyrtc.easyrtc_id(socket_id) != socket_id


def test_every_refusal_has_a_code_with_a_text() -> None:
    """Unforeseen ones keep their own sentence under the general code."""
    assert error_of(Refused(code="no_such_member", text="x")).code == "MSG_REJECT_TARGET_EASYRTCID"
    assert error_of(Refused(code="not_in_space", text="x")).code == "MSG_REJECT_TARGET_ROOM"
    other = error_of(Refused(code="unavailable", text="later"))
    assert (other.code, other.text) == ("MSG_REJECT_GEN_FAIL", "later")
    assert all(text for text in TEXTS.values())


def entity(**changes: Any) -> dict[str, Any]:
    components = {"0": {"x": 1, "y": 2, "z": 3}, "1": {"x": 0, "y": 90, "z": 0}, "2": "red"}
    whole = {"networkId": "n", "owner": "me", "creator": "me", "parent": None}
    return {**whole, "template": "#avatar-template", "components": components, **changes}


def test_the_avatar_says_where_somebody_stands() -> None:
    """Alone or among other entities; a change of one of the two says that one."""
    pose = {"position": {"x": 1, "y": 2, "z": 3}, "rotation": {"x": 0, "y": 90, "z": 0}}
    turned = entity(components={"1": {"x": 0, "y": 90, "z": 0}})

    assert avatar_pose("me", "u", entity()) == pose
    assert avatar_pose("me", "um", {"d": [entity(template="#ball"), entity()]}) == pose
    assert avatar_pose("me", "um", {"d": [turned]}) == {"rotation": pose["rotation"]}


@pytest.mark.parametrize(
    "other",
    [
        entity(owner="you"),
        entity(creator="you"),
        entity(parent="cart"),
        entity(template="#ball-template"),
        entity(template=None),
        entity(components=None),
        entity(components={"0": {"x": 1, "y": 2}}),
        entity(components={"0": {"x": 1e9, "y": 2, "z": 3}}),
        entity(components={"0": "red", "2": {"x": 1, "y": 2, "z": 3}}),
    ],
)
def test_no_other_entity_moves_its_owner(other: dict[str, Any]) -> None:
    """Balls, hands, others' avatars and places that cannot be."""
    assert avatar_pose("me", "u", other) is None
    assert avatar_pose("me", "um", {"d": [other]}) is None
    assert avatar_pose("me", "note", entity()) is None


@given(JSON, st.sampled_from(["u", "um"]))
def test_no_update_breaks_the_avatars_reader(data: Any, type_: str) -> None:
    """Page authors send what they like."""
    assert avatar_pose("me", type_, data) is None
