"""Paid calls at the page: ringing, the meter as both see it, and the bill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET, Customer
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.shop import balance, press, sees, sign_in

BLOCK_S = 10


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with a payment provider, where a block is short."""
    server = LiveServer(tmp_path, payment_secret=SECRET, call_block_s=str(BLOCK_S))
    try:
        yield server.start()
    finally:
        server.stop()


async def _fan_and_creator(shop: LiveServer, ann: Page, cleo: Page) -> tuple[Customer, Customer]:
    creator = await sign_in(cleo, shop, "cleo-moss", "/#calls")
    await creator.done("PUT", "/api/creators/me", {"display_name": "Cleo Moss"})
    fan = await sign_in(ann, shop, "ann-lake", "/#calls")
    await fan.buy(100)
    return fan, creator


async def _ring(page: Page, other: str, rate: int) -> None:
    await press(page, "Ring somebody", ".panel")
    await page.fill("#field-call-to", other)
    await page.fill("#field-call-rate", str(rate))
    await press(page, "Ring", ".call-dialog")
    await sees(page, ".call-card .call-state", "Ringing")


async def test_the_meter_runs_for_both_until_one_hangs_up(
    browser: Browser, shop: LiveServer, tmp_path: Path
) -> None:
    """Rung, taken, metered to the block, paused, resumed, ended: both read the same."""
    ann, cleo = await browser.new_page(), await browser.new_page(width=390, height=844)
    fan, creator = await _fan_and_creator(shop, ann, cleo)
    await _ring(ann, "cleo-moss", 60)
    await sees(cleo, ".call-card .call-head", "The fan pays 60 tokens a minute")
    await press(cleo, "Accept")

    for page in (ann, cleo):
        await sees(page, ".call-card .call-state", "Meter runs")
        await sees(page, ".call-clock", "00:0")
        await page.until("document.querySelector('.call-clock').textContent !== '00:00'")
        await page.until(
            "[...document.querySelectorAll('.presence')]"
            ".every((e) => e.dataset.here === 'true' && e.checkVisibility())"
        )
        await sees(page, ".call-next", "10 tokens in")
    await ann.screenshot(tmp_path / "call-desk.png")
    await cleo.screenshot(tmp_path / "call-phone.png")
    await cleo.click(".call-fold")
    await cleo.until("!document.querySelector('.call-actions').checkVisibility()")
    await sees(cleo, ".call-card .call-clock", ":")
    await cleo.click(".call-fold")
    for page in (ann, cleo):
        await sees(page, ".call-cost", "10 tokens")
    await sees(ann, ".call-left", "tokens")
    await press(cleo, "Pause")
    for page in (ann, cleo):
        await sees(page, ".call-card .call-state", "Paused")
    await sees(ann, ".call-note", "The creator has paused")
    await press(ann, "Resume")
    for page in (ann, cleo):
        await sees(page, ".call-card .call-state", "Meter runs")
    await ann.reload()
    await sees(ann, ".call-card .call-state", "Meter runs")

    await press(ann, "End")
    for page in (ann, cleo):
        await sees(page, ".call-card .call-state", "Over")
    await sees(ann, ".call-note", "You hung up")
    await sees(cleo, ".call-note", "ann-lake hung up")
    cost = (await fan.done("GET", "/api/calls/history"))["calls"][0]["totalCost"]
    assert cost >= 10
    assert (await fan.balance(), await creator.balance()) == (100 - cost, cost)
    await balance(ann, 100 - cost)
    await balance(cleo, cost)
    await press(ann, "Close", ".call-card")
    await ann.until("!document.querySelector('.call-card')")
    await sees(ann, ".call-history .entry", f"{cost} tokens")
    assert await cleo.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_call_ends_where_the_tokens_do(browser: Browser, shop: LiveServer) -> None:
    """Both are warned before the block that cannot be paid, and told why it ended."""
    ann, cleo = await browser.new_page(), await browser.new_page()
    fan, creator = await _fan_and_creator(shop, ann, cleo)
    await _ring(ann, "cleo-moss", 360)
    await press(cleo, "Accept")
    await sees(ann, ".call-warning", "You need 60 tokens for the next block")
    await sees(cleo, ".call-warning", "The fan needs 60 tokens")
    await sees(ann, ".call-note", "Your tokens ran out")
    await sees(cleo, ".call-note", "The fan ran out of tokens")
    assert (await fan.balance(), await creator.balance()) == (40, 60)


async def test_a_call_is_declined_or_taken_back(browser: Browser, shop: LiveServer) -> None:
    """Nobody pays; who was rung, and who rang, are told. A refusal is said in words."""
    ann, cleo = await browser.new_page(), await browser.new_page()
    fan, _ = await _fan_and_creator(shop, ann, cleo)
    await press(cleo, "Ring somebody", ".panel")
    await cleo.fill("#field-call-to", "ann-lake")
    await cleo.evaluate("void (document.querySelector('#field-call-pays').value = 'them')")
    await cleo.fill("#field-call-message", "Shall we talk?")
    await press(cleo, "Ring", ".call-dialog")
    await sees(ann, ".call-card .call-head", "You pay 100 tokens a minute")
    await sees(ann, ".call-message", "Shall we talk?")
    await press(cleo, "Cancel", ".call-card")
    await sees(ann, ".call-note", "cleo-moss hung up")
    await press(ann, "Close", ".call-card")
    await press(cleo, "Close", ".call-card")
    cleo.expect_problem("429")
    await press(cleo, "Ring somebody", ".panel")
    await cleo.fill("#field-call-to", "ann-lake")
    await cleo.evaluate("void (document.querySelector('#field-call-pays').value = 'them')")
    await press(cleo, "Ring", ".call-dialog")
    await cleo.until("document.querySelector('.call-dialog .alert:not([hidden])')?.innerText")
    await press(cleo, "Cancel", ".call-dialog")

    await _ring(ann, "cleo-moss", 60)
    await sees(cleo, ".call-card", "It costs nothing until you accept")
    await press(cleo, "Decline")
    await sees(ann, ".call-note", "The creator declined")
    await sees(ann, ".call-history .entry", "declined")
    await press(ann, "Close", ".call-card")
    ann.expect_problem("400")
    await press(ann, "Ring somebody", ".panel")
    await ann.fill("#field-call-to", "cleo-moss")
    await ann.fill("#field-call-rate", "6000")
    await press(ann, "Ring", ".call-dialog")
    await sees(ann, ".call-dialog .alert", "tokens are needed to begin")
    assert await fan.balance() == 100
