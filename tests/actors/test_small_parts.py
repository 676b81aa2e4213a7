"""Names, times and persons."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.person import Person
from actors.space.space_id import ID_LENGTH_MAX, SpaceId
from actors.wire_time import iso_utc, milliseconds
from adapters.identity.names import checked_guest_name, is_account_name
from engine.refusal import BadInput

types = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
subspaces = st.from_regex(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII), fullmatch=True)
ids = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(types, ids | st.just("author/perm:link"), subspaces)
def test_a_space_id_reads_back_from_every_form_it_is_written_in(
    kind: str, name: str, subspace: str
) -> None:
    """SPEC 1: `type:id:subspace`; the id may hold slashes and colons."""
    space = SpaceId.checked(kind, name, subspace)

    for text in (str(space), space.address, space.chat_address):
        if kind not in ("space", "chat"):
            assert SpaceId.parse(text) == space


@given(json_values, json_values, json_values)
def test_what_is_no_space_id_is_refused_by_field(kind: object, name: object, sub: object) -> None:
    """SPEC 1: whatever a client sends, it gets an id or the field that is wrong."""
    field = "spaceId"
    try:
        assert len(SpaceId.checked(kind, name, sub).id) <= ID_LENGTH_MAX
    except BadInput as refusal:
        field = refusal.field or ""
    assert field in {"spaceType", "spaceId", "subspace"}


def test_documents_may_be_named_by_number() -> None:
    """WIRE 2.1: documents have integer ids."""
    assert SpaceId.checked("document", 123, "editing") == SpaceId("document", "123", "editing")


@pytest.mark.parametrize("text", ["", "post", "post:x", "post::main", "Post:a:main", "a:b\n:main"])
def test_text_that_names_no_space_is_refused(text: str) -> None:
    """An address that cannot be read must not start an actor."""
    with pytest.raises(BadInput):
        SpaceId.parse(text)


@given(st.integers(0, 4_000_000_000_000_000))
def test_times_are_written_to_the_millisecond_in_utc(time_us: int) -> None:
    """WIRE 1.0: ISO-8601 with Z; socket events carry whole milliseconds."""
    moment = datetime.strptime(iso_utc(time_us), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)

    assert round(moment.timestamp() * 1000) == milliseconds(time_us) == time_us // 1000


@given(st.text(max_size=20), st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True))
def test_a_guest_cannot_be_taken_for_an_account(wish: str, guest_id: str) -> None:
    """WIRE 5: what a guest is called is never the name of an account."""
    try:
        name = checked_guest_name(wish)
    except BadInput:
        name = None
    guest = Person(guest_id=guest_id, name=name, claimed="ada")

    assert not is_account_name(guest.display_name)
    assert guest.display_name != "ada"
