"""The page's files: what is in them before any browser sees them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "adapters" / "web" / "static"
VENDOR = STATIC / "vendor"
OWN = sorted(
    path
    for path in STATIC.rglob("*")
    if path.suffix in {".html", ".js", ".css"} and VENDOR not in path.parents
)


def test_vendored_files_are_those_listed() -> None:
    """Nothing was changed by hand, nothing is unlisted, and every package brings its licence."""
    listing = json.loads((VENDOR / "vendor.json").read_text())
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }

    assert found == {entry["file"]: entry["sha256"] for entry in listing}
    assert {Path(file).parent for file in found} == {
        Path(file).parent for file in found if Path(file).name == "LICENSE"
    }


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_a_file_is_one_idea_and_names_no_other_host(path: Path) -> None:
    """The page loads nothing from elsewhere, and no file outgrows a reader."""
    text = path.read_text()

    assert not re.search(r"https?://|wss?://|//cdn", text)
    assert text.count("\n") <= 400


@pytest.mark.parametrize("path", [p for p in OWN if p.suffix == ".js"], ids=lambda path: path.name)
def test_scripts_never_turn_text_into_markup(path: Path) -> None:
    """What other people write becomes text nodes, so none of these is ever needed."""
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc",
        path.read_text(),
    )


def test_the_document_holds_no_inline_script_or_style() -> None:
    """The content security policy allows neither, so one would silently not run."""
    html = (STATIC / "index.html").read_text()

    assert "Content-Security-Policy" in html
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert "unsafe" not in html
