"""Tips and streams at the page: a fan gives, the creator and all who watch see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET, Customer
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.people import JOINED, be_guest, meet, open_page
from tests.web.shop import balance, go, press, sees, sign_in

SPACE = "global:lobby:fair"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with a payment provider."""
    server = LiveServer(tmp_path, payment_secret=SECRET)
    try:
        yield server.start()
    finally:
        server.stop()


async def _enrolled(page: Page, shop: LiveServer, name: str, path: str) -> Customer:
    customer = await sign_in(page, shop, name, path)
    await customer.done("PUT", "/api/creators/me", {"display_name": "Cleo Moss"})
    return customer


async def test_a_tip_in_a_space_is_seen_by_everybody_there(
    browser: Browser, shop: LiveServer, tmp_path: Path
) -> None:
    """A fan chooses whom, how much and what to say; the creator and a guest see it happen."""
    cleo, ann, gil = [await browser.new_page() for _ in range(3)]
    await _enrolled(cleo, shop, "cleo-moss", f"/#space={SPACE}")
    fan = await sign_in(ann, shop, "ann-lake", f"/#space={SPACE}")
    await fan.buy(100)
    await meet(gil, shop, "Gil", SPACE)
    for page in (cleo, ann):
        await page.until(JOINED)
    await ann.until("document.querySelectorAll('.roster-name').length === 3")
    assert not await gil.evaluate("document.querySelector('.give-tip')")

    await ann.click(".give-tip")
    await ann.until("document.querySelector('.tip-dialog')?.open")
    assert await ann.evaluate("document.querySelector('#field-tip-to').value") == "cleo-moss"
    ann.expect_problem("402|404")
    await ann.fill("#field-tip-amount", "500")
    await press(ann, "Give tip")
    await sees(ann, ".tip-dialog .alert", "100")
    await ann.fill("#field-tip-to", "nobody-here")
    await ann.fill("#field-tip-amount", "25")
    await press(ann, "Give tip")
    await sees(ann, ".tip-dialog .alert", "nobody-here")
    await ann.fill("#field-tip-to", "cleo-moss")
    await ann.fill("#field-tip-message", "<b>Bravo</b>")
    await ann.screenshot(tmp_path / "tip-dialog.png")
    await ann.evaluate(
        "(() => { const e = document.querySelector('.tip-dialog [type=submit]');"
        " e.click(); e.click(); })()"
    )

    for page in (cleo, ann, gil):
        await sees(page, ".tips .tip-line", "ann-lake tipped cleo-moss")
        await sees(page, ".tips .tip-message", "<b>Bravo</b>")
        await sees(page, ".tips .tip-amount", "25 tokens")
    await cleo.screenshot(tmp_path / "tip-overlay.png")
    await ann.until("!document.querySelector('.tip-dialog')")
    assert await fan.balance() == 75
    await go(cleo, "wallet")
    await balance(cleo, 25)
    await sees(cleo, ".history .entry", "Tip from ann-lake")


async def test_a_person_is_tipped_from_their_menu(browser: Browser, shop: LiveServer) -> None:
    """Whoever stands there can be tipped or rung; oneself and guests cannot."""
    cleo, ann, gil = [await browser.new_page() for _ in range(3)]
    await _enrolled(cleo, shop, "cleo-moss", f"/#space={SPACE}")
    fan = await sign_in(ann, shop, "ann-lake", f"/#space={SPACE}")
    await fan.buy(100)
    await meet(gil, shop, "Gil", SPACE)
    await ann.click("[aria-label='More about Gil']")
    await ann.until("document.querySelector('.person-menu')?.open")
    assert not await ann.evaluate("document.querySelector('[data-group=Money]')")
    await press(ann, "Close", ".person-menu")
    await ann.until("!document.querySelector('.person-menu')")

    await ann.click("[aria-label='More about cleo-moss']")
    await press(ann, "Tip cleo-moss", ".person-menu")
    await press(ann, "50", ".tip-dialog")
    await press(ann, "Give tip")

    await sees(cleo, ".tips .tip-amount", "50 tokens")
    assert await fan.balance() == 50


async def _announce(cleo: Page, title: str, *, price: int | None) -> str:
    await sees(cleo, ".live-streams", "Nobody streams")
    await cleo.fill("#field-stream-title", title)
    if price is not None:
        await cleo.evaluate(
            "(() => { const e = document.querySelector('#field-stream-type');"
            " e.value = 'private'; e.dispatchEvent(new Event('change')); })()"
        )
        await cleo.fill("#field-stream-price", str(price))
        await cleo.fill("#field-stream-seats", "2")
    await press(cleo, "Announce")
    await sees(cleo, ".stream-status", "Announced")
    return str(await cleo.evaluate("location.hash.slice(1)"))


async def test_a_ticketed_stream_from_announcement_to_its_end(
    browser: Browser, shop: LiveServer, tmp_path: Path
) -> None:
    """Without a ticket nobody is let in; with one they watch, tip, and hear that it is over."""
    cleo, ann = await browser.new_page(), await browser.new_page(width=390, height=844)
    creator = await _enrolled(cleo, shop, "cleo-moss", "/#streams")
    fan = await sign_in(ann, shop, "ann-lake", "/#streams")
    await fan.buy(100)
    stream = await _announce(cleo, "Night concert", price=40)
    await press(cleo, "Go live")
    await sees(cleo, ".stage-words", "You are live")

    await sees(ann, ".live-streams .entry", "Night concert")
    await press(ann, "Open")
    await sees(ann, ".stage-words", "You need a ticket")
    await press(ann, "Buy a ticket for 40 tokens")
    await sees(ann, ".stage-words", "You are watching")
    await balance(ann, 60)
    await sees(cleo, ".viewers", "2")
    await press(ann, "Tip")
    await ann.fill("#field-tip-amount", "10")
    await press(ann, "Give tip")
    for page in (cleo, ann):
        await sees(page, ".stage .tip-amount", "10 tokens")
        await sees(page, ".tip-feed .tip-line", "ann-lake tipped cleo-moss")
    await ann.screenshot(tmp_path / "stream-phone.png")
    await cleo.screenshot(tmp_path / "stream-desk.png")
    assert await ann.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await press(cleo, "End the stream")
    await sees(ann, ".stage-words", "This stream is over")
    await go(cleo, "earnings")
    await sees(cleo, ".earned-streams .entry", "Night concert")
    await sees(cleo, ".kinds .figure", "40")
    await cleo.screenshot(tmp_path / "earnings.png")
    assert await creator.balance() == 50
    assert (await fan.done("GET", f"/api/streams/{stream.removeprefix('stream=')}/access"))[
        "reason"
    ] == "ticket_purchased"


async def test_a_guest_watches_an_open_stream(browser: Browser, shop: LiveServer) -> None:
    """Guests see tips as they come; to tip they are asked to sign in, and come back here."""
    cleo, gil = await browser.new_page(), await browser.new_page()
    await _enrolled(cleo, shop, "cleo-moss", "/#streams")
    stream = await _announce(cleo, "Open rehearsal", price=None)
    await press(cleo, "Go live")
    await open_page(gil, shop, f"/#{stream}")
    await be_guest(gil, "Gil")
    await sees(gil, ".stage-words", "You are watching")
    await sees(cleo, ".viewers", "2")
    ann = await Customer.of(shop, "ann-lake")
    await ann.buy(100)
    channel = (await ann.done("GET", f"/api/streams/{stream.removeprefix('stream=')}"))["stream"][
        "channel"
    ]
    body = {"toCreatorId": "cleo-moss", "amountTokens": 5, "context": {"channel": channel}}
    await ann.done("POST", "/api/tips/send", body)
    await sees(gil, ".tip-feed .tip-line", "ann-lake tipped cleo-moss")

    await press(gil, "Sign in to tip or buy a ticket")
    await gil.until("document.querySelector('#tab-account')")
    assert await gil.evaluate("location.hash") == f"#{stream}"
