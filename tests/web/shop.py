"""People with money at the page."""

from __future__ import annotations

import json

from tests.server.customers import Customer
from tests.support.browser import Page
from tests.support.live_server import LiveServer
from tests.web.people import open_page


async def sign_in(page: Page, server: LiveServer, name: str, path: str = "/#wallet") -> Customer:
    """Sign in as a fresh account at `path`; return who that is to the server."""
    account, wif = server.new_account(name)
    await open_page(page, server, path)
    await page.click("#tab-account")
    await page.fill("#field-account", account)
    await page.fill("#field-wif", wif)
    await page.press("Enter")
    token = await page.until("JSON.parse(sessionStorage.getItem('presence.identity'))?.token")
    return Customer(server.url, token)


async def go(page: Page, address: str) -> None:
    """Follow a link inside the page, such as `wallet`."""
    await page.evaluate(f"void (location.hash = {json.dumps('#' + address)})")
    await page.until(f"location.hash === {json.dumps('#' + address)}")


def shown(selector: str, text: str) -> str:
    """Return JavaScript for whether something visible that matches holds this text."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})].some((e) =>"
        f" e.checkVisibility() && e.textContent.includes({json.dumps(text)}))"
    )


async def sees(page: Page, selector: str, text: str) -> None:
    """Wait until something visible that matches holds this text."""
    await page.until(shown(selector, text))


async def press(page: Page, label: str, within: str = "body") -> None:
    """Click the visible button or link of this label with the mouse, once it is there."""
    found = (
        f"[...document.querySelectorAll({json.dumps(f'{within} :is(button, a)')})].find((e) =>"
        f" e.textContent.trim() === {json.dumps(label)} && e.checkVisibility() && !e.disabled)"
    )
    await page.until(f"{found} && ({found}.dataset.pressed = 'here')")
    await page.click("[data-pressed]")
    await page.evaluate("document.querySelector('[data-pressed]')?.removeAttribute('data-pressed')")


async def balance(page: Page, tokens: int) -> None:
    """Wait until the page shows this balance."""
    await sees(page, ".balance", f"{tokens:,} token")
