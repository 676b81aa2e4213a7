"""Which signed texts are fresh, ours and meant for whom."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.identity.challenge import (
    AHEAD_US_MAX,
    LENGTH_MAX,
    LIFETIME_US,
    new_challenge,
    read_challenge,
    site_name,
)
from adapters.identity.errors import BadChallenge, ChallengeExpired
from tests.support.http_server import Entropy

NOW_US = 1_763_690_000_123_000
SITE = "presence.example"


def issued(account: str = "alice", site: str = SITE) -> str:
    return new_challenge(account, site=site, now_us=NOW_US, entropy=Entropy()).text


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (issued(), True),
        ("dlux_vr_1763690000123_k3j9x0q2z", False),
        ("dlux_vr_1763690000123_i", False),
        ("1763690000", False),
    ],
)
def test_the_three_forms_are_read(text: str, *, ours: bool) -> None:
    """Our own, the VR client's and Unix seconds; only our own has to be remembered."""
    challenge = read_challenge(text, "alice", site=SITE, now_us=NOW_US)

    assert challenge.issued is ours
    assert NOW_US < challenge.expires_us <= NOW_US + LIFETIME_US


@pytest.mark.parametrize(
    ("age_us", "fresh"),
    [
        (LIFETIME_US - 1, True),
        (LIFETIME_US, False),
        (-AHEAD_US_MAX, True),
        (-AHEAD_US_MAX - 1, False),
        (86_400_000_000, False),
    ],
)
def test_five_minutes_and_thirty_seconds_ahead(age_us: int, *, fresh: bool) -> None:
    """To the microsecond: the store forgets a spent challenge when its age refuses it."""
    text, now_us = "dlux_vr_1763690000123_abc", NOW_US + age_us
    if fresh:
        challenge = read_challenge(text, "alice", site=SITE, now_us=now_us)
        assert challenge.expires_us == NOW_US + LIFETIME_US > now_us
    else:
        with pytest.raises(ChallengeExpired):
            read_challenge(text, "alice", site=SITE, now_us=now_us)


@pytest.mark.parametrize("text", [issued("bob"), issued(site="other.example")])
def test_a_challenge_for_somebody_else_or_another_site_is_refused(text: str) -> None:
    """A signature caught elsewhere opens nothing here."""
    with pytest.raises(BadChallenge, match="another account or site"):
        read_challenge(text, "alice", site=SITE, now_us=NOW_US)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "17636900001",
        "176369000",
        "1763690000 ",
        "\u0661763690000",
        "dlux_vr_1763690000_abc",
        "dlux_vr_1763690000123_ABC",
        "dlux_vr_1763690000123_",
        "dlux_vr_1763690000123_k3j9x0q2z\n",
        f"{issued()}x",
        issued().replace("login", "logout"),
    ],
)
def test_other_texts_are_no_challenges(text: str) -> None:
    """A signature under something else was not made to log in here."""
    with pytest.raises(BadChallenge):
        read_challenge(text, "alice", site=SITE, now_us=NOW_US)


@given(st.text(max_size=300))
def test_reading_any_text_raises_nothing_else(text: str) -> None:
    """The two errors are the ones callers handle."""
    with suppress(BadChallenge, ChallengeExpired):
        read_challenge(text, "alice", site=SITE, now_us=NOW_US)


def test_challenges_differ_and_fit_a_header_and_the_store() -> None:
    """Even for the longest names: one line of visible ASCII within the column's width."""
    entropy = Entropy()
    made = [
        new_challenge("a" * 16, site="s" * 500, now_us=NOW_US, entropy=entropy) for _ in range(2)
    ]

    assert made[0].text != made[1].text
    assert all(each.text.isascii() and each.text.isprintable() for each in made)
    assert len(made[0].text) <= LENGTH_MAX
    assert read_challenge(made[0].text, "a" * 16, site="s" * 500, now_us=NOW_US) == made[0]


def test_a_site_keeps_its_host_and_port() -> None:
    """What the person reads in the wallet is where they are."""
    assert site_name("presence.example:8080") == "presence.example:8080"
    assert site_name("[::1]:8080") == "::1:8080"
    assert site_name("née") == "ne"
    assert site_name("☃") == "presence"
