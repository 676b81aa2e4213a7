"""What one has, on a screen that asks for it once a minute; and what an owner sees of premium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET, Customer
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.people import JOINED
from tests.web.shop import balance, go, press, sees, sign_in

OWNER = "ann-lake"
SPACE = "global:lobby:hall"
COUNT_READS = """
(() => {
  const real = window.fetch;
  window.reads = 0;
  window.fetch = (path, how) => {
    if (String(path).includes('tokens/balance')) window.reads += 1;
    return real(path, how);
  };
})()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with a payment provider, and somebody who may say whose a space is."""
    server = LiveServer(tmp_path, payment_secret=SECRET, system_admins=OWNER)
    try:
        yield server.start()
    finally:
        server.stop()


async def reads(page: Page) -> int:
    return int(await page.evaluate("window.reads"))


async def test_a_balance_changes_by_itself_and_nobody_asks_for_it(
    browser: Browser, shop: LiveServer
) -> None:
    """Tokens are bought and given away elsewhere: the figure follows, on each of one's pages."""
    ann = await browser.new_page()
    customer = await sign_in(ann, shop, OWNER, "/#calls")
    await balance(ann, 0)
    await ann.evaluate(COUNT_READS)

    await customer.buy(100)
    await balance(ann, 100)
    bob = await browser.new_page()
    creator = await sign_in(bob, shop, "bob-moss", "/#calls")
    await creator.done("PUT", "/api/creators/me", {"display_name": "Bob"})
    await balance(bob, 0)
    await bob.evaluate(COUNT_READS)
    tip = {"toCreatorId": "bob-moss", "amountTokens": 30}
    await customer.done("POST", "/api/tips/send", tip, key="t1")
    await balance(ann, 70)
    await balance(bob, 30)
    before = await reads(ann), await reads(bob)  # A page looks once when its line is there.

    await customer.done("POST", "/api/tips/send", tip, key="t2")

    await balance(ann, 40)
    await balance(bob, 60)
    assert (await reads(ann), await reads(bob)) == before


async def test_an_owner_sees_until_when_the_space_is_premium(
    browser: Browser, shop: LiveServer
) -> None:
    """In the hall of their own space; visitors are not told."""
    ann, bob = await browser.new_page(), await browser.new_page()
    owner = await sign_in(ann, shop, OWNER, f"/#space={SPACE}")
    sharing = {"space_owner": OWNER, "platform_fee_percent": 10, "creator_share_percent": 85}
    await owner.done("PUT", "/api/spaces/global/lobby/profit-sharing", sharing)
    await owner.buy(100)
    bought = {"purchase_type": "space_premium", "space_type": "global", "space_id": "lobby"}
    await owner.done("POST", "/api/payments/purchase", bought, key="p1")
    await ann.reload()
    await sign_in(bob, shop, "bob-moss", f"/#space={SPACE}")

    for page in (ann, bob):
        await page.until(JOINED)
        await press(page, "Hall", ".side-tabs")
    await sees(ann, ".hall-premium", "This space is premium until")
    await sees(bob, ".hall", "Ambient")
    assert not await bob.evaluate("document.querySelector('.hall-premium').checkVisibility()")


async def test_a_stream_s_ticket_is_paid_with_hive(browser: Browser, shop: LiveServer) -> None:
    """The page says what to send where, also loaded again; once it is confirmed, one may watch."""
    bob = await Customer.of(shop, "bob-moss")
    await bob.done("PUT", "/api/creators/me", {"display_name": "Bob"})
    made = {"type": "private", "title": "Concert", "ticketPrice": 20}
    stream = (await bob.done("POST", "/api/streams/create", made, key="s1"))["stream"]["id"]
    ann = await browser.new_page()
    await sign_in(ann, shop, "cay-reed", f"/#stream={stream}")

    await press(ann, "Pay 6.667 HIVE")
    await sees(ann, ".quote", "Send 6.667 HIVE to dlux-io with this memo")
    await ann.reload()
    await sees(ann, ".quote", "Waiting for payment")
    memo = await ann.text(".quote .reference")
    operator = await Customer.of(shop, OWNER)
    path = f"/api/admin/payments/{memo.removeprefix('inv:')}/confirm"
    await operator.done("POST", path, {"reference": "tx1"})

    await sees(ann, ".stage-words", "It has not begun yet")
    await ann.until("!document.querySelector('.outside').checkVisibility()")


WATCH_READS = """
(() => {
  const real = window.fetch;
  window.reads = 0;
  window.fetch = (path, how) => {
    if (/api\\/wallet$/.test(String(path))) window.reads += 1;
    return real(path, how);
  };
  const every = window.setInterval;
  window.rhythms = [];
  window.setInterval = (work, ms) => {
    window.rhythms.push(ms);
    return every(work, ms);
  };
})()
"""


async def test_the_wallet_reads_again_when_something_has_moved_and_only_then(
    browser: Browser, shop: LiveServer
) -> None:
    """It has no clock of its own: tokens, credit and a new connection make it look."""
    ann = await browser.new_page()
    customer = await sign_in(ann, shop, "cay-reed", "/#calls")
    await balance(ann, 0)
    await ann.evaluate(WATCH_READS)
    await go(ann, "wallet")
    await sees(ann, ".history .empty", "Nothing has moved yet")
    assert await ann.evaluate("window.rhythms.filter((ms) => ms >= 1000)") == []

    await customer.buy(100)
    await sees(ann, ".purse-figure", "100")
    await sees(ann, ".history .entry", "Tokens bought")
    operator = await Customer.of(shop, OWNER)
    order = {"purchase_type": "subscription", "tierCode": "basic", "currency": "HIVE"}
    channel = (await customer.done("POST", "/api/payments/purchase", order))["payment_channel_id"]
    await sees(ann, ".begun .entry", "5.000 HIVE for the tier basic, monthly")
    await sees(ann, ".begun .reference", f"inv:{channel}")
    paid = {"reference": "tx1", "amount": "7.500"}
    await operator.done("POST", f"/api/admin/payments/{channel}/confirm", paid)
    await sees(ann, ".purse .figure", "2.500 HIVE")
    await ann.until("!document.querySelector('.begun').checkVisibility()")
    back = {"account": "cay-reed", "amount": "1.000", "currency": "HIVE", "reference": "b1"}
    await operator.done("POST", "/api/admin/credits/paid-back", back)
    await sees(ann, ".purse .figure", "1.500 HIVE")

    before = await reads(ann)
    assert shop.terminate() == 0
    ann.expect_problem("ERR_|WebSocket|503|Failed to load")
    shop.start()
    await ann.until(f"window.reads > {before}")
    await ann.until("!document.querySelector('main > .alert:not([hidden])')")
