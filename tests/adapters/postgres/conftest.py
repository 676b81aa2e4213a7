from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data() -> Iterator[Path]:
    """A short and private path, as a data directory under somebody's home would be."""
    path = Path(tempfile.mkdtemp(prefix="presence-test-"))
    yield path
    shutil.rmtree(path)
