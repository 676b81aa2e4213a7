"""What a person does at the page, and what they see there."""

from __future__ import annotations

import json
from typing import Protocol

from tests.support.browser import Page

JOINED = "document.querySelector('.status')?.dataset.state === 'joined'"


class LiveServer(Protocol):
    """The running server that the fixture `live_server` gives."""

    url: str

    def new_account(self, name: str) -> tuple[str, str]:
        """Return a fresh account and its private key in wallet import format."""
        ...


async def open_page(page: Page, server: LiveServer, path: str = "/") -> None:
    """Open the page, without the gliding that makes positions a matter of timing."""
    await page.prefer(prefers_reduced_motion="reduce")
    await page.goto(server.url.rstrip("/") + path)


async def be_guest(page: Page, name: str) -> None:
    """Give a name on the first screen and go on."""
    await page.fill("#field-name", name)
    await page.press("Enter")


async def meet(page: Page, server: LiveServer, name: str, space: str) -> None:
    """Follow an invitation to `space` as a guest and wait to be in it."""
    await open_page(page, server, f"/#space={space}")
    await be_guest(page, name)
    await page.until(JOINED)


async def says(page: Page, text: str) -> None:
    """Write something into the chat and press Enter."""
    await page.fill(".chat-input", text)
    await page.press("Enter")


async def sees_message(page: Page, text: str) -> None:
    """Wait until the chat shows a durable message with this text."""
    await page.until(
        "[...document.querySelectorAll('.message:not(.pending) .message-text')]"
        f".some((e) => e.textContent === {json.dumps(text)})"
    )


async def sees_people(page: Page, *names: str) -> None:
    """Wait until the list of people holds exactly these names."""
    await page.until(
        "JSON.stringify([...document.querySelectorAll('.roster-name')].map((e) => e.textContent)"
        f".sort()) === {json.dumps(json.dumps(sorted(names), separators=(',', ':')))}"
    )


def distance_to(name: str) -> str:
    """Return JavaScript for how far somebody is according to the list, in metres."""
    return (
        "parseFloat([...document.querySelectorAll('.roster-row')]"
        f".find((e) => e.querySelector('.roster-name').textContent === {json.dumps(name)})"
        "?.querySelector('.roster-distance').textContent)"
    )
