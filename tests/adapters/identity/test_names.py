"""Account names and guests' names."""

from __future__ import annotations

import pytest

from adapters.identity.names import checked_guest_name, is_account_name
from engine.refusal import BadInput


@pytest.mark.parametrize("name", ["abc", "alice", "dlux-io", "dlux.user", "a1b", "abc.d-f.ghi"])
def test_hive_account_names(name: str) -> None:
    """3 to 16 characters in labels of at least 3."""
    assert is_account_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 17,
        "Alice",
        "1abc",
        "-abc",
        "abc-",
        "ab.cde",
        "abc.",
        "abc..def",
        "a_c",
        "abc\n",
        "ålice",
        "\uff41lice",
        None,
        5,
        ["abc"],
    ],
)
def test_what_is_no_account_name(name: object) -> None:
    """Anything else in an account's place is refused, look-alike letters included."""
    assert not is_account_name(name)


def test_guests_names_are_tidied_and_must_show() -> None:
    """A name that cannot be seen could pass for nobody, or for somebody else."""
    assert checked_guest_name(None) is None
    assert checked_guest_name("  Ann   Lee ") == "Ann Lee"
    assert checked_guest_name("👩‍👧 Zoë") == "👩‍👧 Zoë"
    for bad in ("", "  ", "x" * 33, "a\u202eb", "\u200d", "a\0b", "\ud800"):
        with pytest.raises(BadInput):
            checked_guest_name(bad)
