"""What the documentation tells strangers to verify with verifies what we sign."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.webhooks.events import EVENT_TYPES
from actors.webhooks.signing import signature_header

PAGE = (Path(__file__).parents[3] / "docs" / "rules" / "webhooks.md").read_text("utf-8")
BODY = '{"id":"1","data":{"from":"zoë"},"seq":1}'.encode()


def recipe(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def in_python(secret: str, header: str, body: bytes) -> bool:
    names: dict[str, Any] = {}
    exec(recipe("python"), names)
    return bool(names["is_ours"](secret, header, body))


def in_node(secret: str, header: str, body: bytes) -> bool:
    asked = json.dumps([secret, header, body.decode()])
    script = (
        f"{recipe('js')}\nconst [s, h, b] = {asked};\nconsole.log(isOurs(s, h, Buffer.from(b)))"
    )
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "true"


@pytest.mark.parametrize("is_ours", [in_python, in_node])
def test_the_recipes_take_what_is_ours_and_nothing_else(
    is_ours: Callable[[str, str, bytes], bool],
) -> None:
    """Either secret while one is rotated; not another body, another secret or another time."""
    now_s = int(time.time())
    one, both = (signature_header(each, now_s, BODY) for each in (["old"], ["new", "old"]))

    assert is_ours("old", one, BODY)
    assert is_ours("old", both, BODY)
    assert is_ours("new", both, BODY)
    assert not is_ours("new", one, BODY)
    assert not is_ours("old", one, BODY + b" ")
    assert not is_ours("old", signature_header(["old"], now_s - 301, BODY), BODY)


def test_the_page_lists_every_type() -> None:
    """And none that does not exist."""
    table = PAGE.partition("\n## Events")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]

    assert sorted(re.findall(r"`([a-z_.]+)`", " ".join(rows))) == sorted(EVENT_TYPES)
