"""Tickets of a space at the page: for tokens, and for money from outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.customers import SECRET, Customer
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.people import JOINED, meet
from tests.web.shop import press, sees, sign_in

OWNER = "ann-lake"
SPACE = "global:lobby:hall"
PATH = f"/#space={SPACE}"
QNA = "/api/spaces/global/lobby/tickets/qna_access"
SHORT = '[subscriptions]\nquote = "2s"\nlate = "1s"\n'


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with a payment provider and an operator."""
    server = LiveServer(tmp_path, payment_secret=SECRET, system_admins=OWNER)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def hasty_shop(tmp_path: Path) -> Iterator[LiveServer]:
    """One whose quotes are over after three seconds."""
    policies = tmp_path / "money.toml"
    policies.write_text(SHORT)
    settings = {"payment_secret": SECRET, "money_policies": str(policies)}
    server = LiveServer(tmp_path, system_admins=OWNER, **settings)
    try:
        yield server.start()
    finally:
        server.stop()


async def on_sale(shop: LiveServer, seats: int) -> Customer:
    operator = await Customer.of(shop, OWNER)
    sharing = {"space_owner": "cleo-moss", "platform_fee_percent": 10, "creator_share_percent": 85}
    await operator.done("PUT", "/api/spaces/global/lobby/profit-sharing", sharing)
    await operator.done("PUT", QNA, {"price_tokens": 20, "max_tickets": seats})
    return operator


async def confirm(operator: Customer, page: Page, **fields: Any) -> None:
    """Say that something has come for the quote that the page shows."""
    memo = await page.text(".quote .reference")
    path = f"/api/admin/payments/{memo.removeprefix('inv:')}/confirm"
    await operator.done("POST", path, {"reference": f"tx{fields}", **fields})


async def hall(page: Page) -> None:
    await page.until(JOINED)
    await press(page, "Hall", ".side-tabs")


async def test_a_ticket_is_paid_from_outside(
    browser: Browser, shop: LiveServer, tmp_path: Path
) -> None:
    """One sees the prices, chooses, is told what to send, and sees it come; loaded again too."""
    operator = await on_sale(shop, seats=1)
    bob, gil = await browser.new_page(), await browser.new_page(width=390, height=844)
    await sign_in(bob, shop, "bob-moss", PATH)
    await hall(bob)
    await sees(bob, ".hall-ticket", "20 tokens · 1 of 1 left")
    for price in ("Pay 6.667 HIVE", "Pay 2.000 HBD", "Pay 0.800 DLUX", "Pay $2.00"):
        await sees(bob, ".outside-ways .button", price)

    await press(bob, "Pay 6.667 HIVE", ".hall")
    await sees(bob, ".quote", "Send 6.667 HIVE to dlux-io with this memo")
    await sees(bob, ".quote", "Your seat is kept until")
    await sees(bob, ".quote .tag", "Waiting for payment")
    await bob.screenshot(tmp_path / "quote.png")
    await confirm(operator, bob, amount="1.000")
    await sees(bob, ".quote .tag", "Partly paid")
    await sees(bob, ".quote", "1.000 HIVE has come. Send 5.667 HIVE")
    await bob.reload()
    await hall(bob)
    await sees(bob, ".quote", "1.000 HIVE has come. Send 5.667 HIVE")
    await confirm(operator, bob, amount="5.667")

    await sees(bob, ".hall-ticket", "You have it")
    await sees(bob, ".hall-ticket", "Sold out")
    await bob.until("!document.querySelector('.outside').checkVisibility()")
    await meet(gil, shop, "Gil", SPACE)
    await hall(gil)
    await sees(gil, ".hall-ticket", "Sign in with an account")
    await gil.screenshot(tmp_path / "guest.png")
    assert await gil.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_quote_is_called_off_and_the_ticket_bought_with_tokens(
    browser: Browser, shop: LiveServer
) -> None:
    """Who changes their mind has the seat back at once, and may pay in another way."""
    await on_sale(shop, seats=1)
    bob = await browser.new_page()
    customer = await sign_in(bob, shop, "bob-moss", PATH)
    await customer.buy(100)
    await hall(bob)
    await press(bob, "Pay 0.800 DLUX", ".hall")
    await sees(bob, ".quote", "Send 0.800 DLUX")
    await press(bob, "Call it off", ".hall")
    await sees(bob, ".quote .tag", "Called off")

    await press(bob, "Buy for 20 tokens", ".hall")
    await sees(bob, ".hall-ticket", "You have it")
    assert await customer.balance() == 80


async def test_a_quote_that_nobody_pays_expires(browser: Browser, hasty_shop: LiveServer) -> None:
    """The page says so, also loaded again, and offers a new one."""
    await on_sale(hasty_shop, seats=1)
    bob = await browser.new_page()
    await sign_in(bob, hasty_shop, "bob-moss", PATH)
    await hall(bob)
    await press(bob, "Pay 6.667 HIVE", ".hall")

    await sees(bob, ".quote .tag", "Expired")
    await bob.reload()
    await hall(bob)
    await sees(bob, ".quote .tag", "Expired")
    await press(bob, "Pay 2.000 HBD", ".hall")
    await sees(bob, ".quote", "Send 2.000 HBD")


async def test_a_refusal_is_shown_where_it_was_asked(browser: Browser, shop: LiveServer) -> None:
    """The last seat is reserved for who was first; the other reads why there is none."""
    await on_sale(shop, seats=1)
    bob, eve = await browser.new_page(), await browser.new_page()
    await sign_in(bob, shop, "bob-moss", PATH)
    await sign_in(eve, shop, "eve-berg", PATH)
    await hall(bob)
    await hall(eve)
    await press(bob, "Pay 6.667 HIVE", ".hall")
    await sees(bob, ".quote .tag", "Waiting for payment")

    eve.expect_problem("409|402")
    await press(eve, "Pay 6.667 HIVE", ".hall")
    await sees(eve, ".outside .alert", "no tickets left")
    await press(eve, "Buy for 20 tokens", ".hall")
    await sees(eve, ".hall-ticket > .alert", "no tickets left")
