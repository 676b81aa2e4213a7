"""The rule looks at few people one and all, and at many by a grid; it is to find the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.space.hearing import nearby


@pytest.fixture(scope="module", params=["few", "many"])
def either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a module's tests once as is, and once with the grid however few there are."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many":
            patch.setattr(nearby, "FEW_PAIRS", 0)
        yield
