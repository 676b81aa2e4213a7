"""Operators at the page: payments from outside and credit, each said before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET, Customer
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.shop import press, sees, sign_in

OPERATOR = "opal-reed"
SUBSCRIBE = {"purchase_type": "subscription", "tierCode": "basic", "currency": "HIVE"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with an operator."""
    server = LiveServer(tmp_path, payment_secret=SECRET, system_admins=OPERATOR)
    try:
        yield server.start()
    finally:
        server.stop()


async def buys(shop: LiveServer, name: str) -> Customer:
    """Somebody who was quoted a month of basic for 5 HIVE."""
    customer = await Customer.of(shop, name)
    await customer.done("POST", "/api/payments/purchase", SUBSCRIBE)
    return customer


async def confirms(page: Page, amount: str, reference: str) -> None:
    await page.until("document.querySelector('.confirm-dialog')?.open")
    await page.fill("#field-confirm-amount", amount)
    await page.fill("#field-confirm-reference", reference)


async def test_an_operator_confirms_a_payment_and_pays_the_surplus_back(
    browser: Browser, shop: LiveServer, tmp_path: Path
) -> None:
    """Whom it concerns and how much is said first; what the server refuses is shown."""
    ann = await buys(shop, "ann-lake")
    opal = await browser.new_page()
    await sign_in(opal, shop, OPERATOR, "/#operator")
    await sees(opal, ".outside-payments .entry", "5.000 HIVE for the tier basic, monthly")
    await sees(opal, ".credits .empty", "Nobody has overpaid")
    await press(opal, "Confirm payment", ".outside-payments")
    await sees(opal, ".confirm-words", "ann-lake has paid. For 5.000 HIVE they have the tier basic")
    assert await opal.evaluate("document.querySelector('#field-confirm-amount').value") == "5.000"
    await press(opal, "Confirm payment", ".confirm-dialog")
    await sees(opal, ".confirm-dialog .alert", "Write how it was paid")
    await confirms(opal, "7.5001", "tx1")
    opal.expect_problem("400|409")
    await press(opal, "Confirm payment", ".confirm-dialog")
    await sees(opal, ".confirm-dialog .alert", "amount")
    await confirms(opal, "7.500", "tx1")
    await opal.screenshot(tmp_path / "confirm.png")
    await press(opal, "Confirm payment", ".confirm-dialog")
    await sees(opal, ".outside-payments .empty", "No payment from outside")
    assert (await ann.done("GET", "/api/subscriptions/user/ann-lake"))["tier_code"] == "basic"

    await sees(opal, ".credits .entry", "2.500 HIVE")
    await press(opal, "Pay back", ".credits")
    await sees(opal, ".confirm-words", "back to ann-lake, who has 2.500 HIVE of credit")
    await confirms(opal, "3.000", "back1")
    await press(opal, "Record it as paid back", ".confirm-dialog")
    await sees(opal, ".confirm-dialog .alert", "at most 2.500")
    await confirms(opal, "1.000", "back2")
    await press(opal, "Record it as paid back", ".confirm-dialog")
    await sees(opal, ".credits .entry", "1.500 HIVE")
    await opal.screenshot(tmp_path / "operator.png")
    credit = (await ann.done("GET", "/api/wallet"))["credit"]
    assert credit == [{"currency": "HIVE", "available": "1.500", "reserved": "0.000"}]


async def test_an_operator_refuses_a_payment(browser: Browser, shop: LiveServer) -> None:
    """Thought better of it changes nothing; what had come is credit; nobody decides their own."""
    ann = await buys(shop, "ann-lake")
    opal = await browser.new_page()
    own = await sign_in(opal, shop, OPERATOR, "/#operator")
    await press(opal, "Refuse", ".outside-payments")
    await sees(opal, ".confirm-words", "ann-lake will not have the tier basic, monthly")
    await press(opal, "Back", ".confirm-dialog")
    await press(opal, "Confirm payment", ".outside-payments")
    await confirms(opal, "2.000", "tx1")
    await press(opal, "Confirm payment", ".confirm-dialog")
    await sees(opal, ".outside-payments .entry", "2.000 HIVE has come")

    await press(opal, "Refuse", ".outside-payments")
    await sees(opal, ".confirm-words", "2.000 HIVE that has come is their credit")
    await press(opal, "Refuse the payment", ".confirm-dialog")
    await sees(opal, ".outside-payments .empty", "No payment from outside")
    await sees(opal, ".credits .entry", "2.000 HIVE")
    assert (await ann.done("GET", "/api/payments"))["payments"][0]["status"] == "given_back"

    await own.done("POST", "/api/payments/purchase", SUBSCRIBE)
    opal.expect_problem("403")
    await press(opal, "Refuse", ".outside-payments")
    await press(opal, "Refuse the payment", ".confirm-dialog")
    await sees(opal, ".confirm-dialog .alert", "Somebody else must confirm this")
