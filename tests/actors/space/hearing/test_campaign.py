"""A slice of the campaign of random operations; `make soak` runs the million."""

from __future__ import annotations

import pytest

from tests.actors.space.hearing.campaign import Campaign

OPERATIONS = 4_000

pytestmark = pytest.mark.usefixtures("either_way")


@pytest.mark.parametrize("seed", [1, 2])
def test_random_operations_break_no_property(seed: int) -> None:
    """Join, leave, walk, mute, permit, block, microphones, role, mode and crash, in any order."""
    campaign = Campaign(seed)
    campaign.run(OPERATIONS)

    assert len(campaign.counts) == 10
