"""Disputes at the page: operators open and decide them, and both sides see what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET
from tests.support.browser import Browser
from tests.support.live_server import LiveServer
from tests.web.shop import balance, go, press, sees, sign_in

OPERATOR = "opal-reed"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with packs, where tips are the creator's at once, and an operator."""
    policies = tmp_path / "money.toml"
    policies.write_text('[token_sale]\npacks = { "90.00 USD" = 1_000 }\ncashout_lock = "0d"\n')
    settings = {"money_policies": str(policies), "payment_secret": SECRET}
    server = LiveServer(tmp_path, **settings, system_admins=OPERATOR)
    try:
        yield server.start()
    finally:
        server.stop()


async def test_an_operator_sees_disputes_through(browser: Browser, shop: LiveServer) -> None:
    """One is lost and stands as reversed in nobody's sum; one is won and is as if nothing was."""
    cleo, opal, ann = [await browser.new_page() for _ in range(3)]
    creator = await sign_in(cleo, shop, "cleo-moss", "/#earnings")
    await creator.done("PUT", "/api/creators/me", {"display_name": "Cleo"})
    fan = await sign_in(ann, shop, "ann-lake")
    await fan.buy(1_000)
    tips = []
    for amount, words in ((300, "For the show"), (200, "Again")):
        tip = {"toCreatorId": "cleo-moss", "amountTokens": amount, "message": words}
        tips.append((await fan.done("POST", "/api/tips/send", tip))["tipId"])

    await sign_in(opal, shop, OPERATOR, "/#operator")
    await sees(opal, ".disputes .empty", "Nobody disputes anything")
    await press(opal, "Freeze the earnings")
    await sees(opal, ".disputed .alert", "Write the id of what was sold")
    await opal.fill("#field-dispute-sale", "no such tip")
    await opal.fill("#field-dispute-reason", "stolen card")
    opal.expect_problem("404")
    await press(opal, "Freeze the earnings")
    await sees(opal, ".disputed .alert", "There is no such dispute")
    for number, (id_, amount) in enumerate(zip(tips, (300, 200), strict=True)):
        await opal.fill("#field-dispute-sale", id_)
        await opal.fill("#field-dispute-reason", f"stolen card {number}")
        await press(opal, "Freeze the earnings")
        await sees(opal, ".disputes .entry", f"{amount} tokens frozen")
    assert await creator.balance() == 0

    first = "[...document.querySelectorAll('.disputes .entry')]"
    await opal.evaluate(
        f"{first}.find((e) => e.textContent.includes('stolen card 0')).id = 'the-first'"
    )
    await press(opal, "Mark as lost", "#the-first")
    await opal.until("document.querySelectorAll('.disputes .entry').length === 1")
    await press(opal, "Mark as won", ".disputes")
    await sees(opal, ".disputes .empty", "Nobody disputes anything")

    await balance(ann, 800)
    await sees(ann, ".history .entry", "Tip given back")
    await go(cleo, "wallet")
    await sees(cleo, ".history .entry", "Frozen: somebody disputes a payment")
    await go(cleo, "earnings")
    await balance(cleo, 200)
    await sees(cleo, ".kinds .figure", "1 tip")
    await sees(cleo, ".earned-tips .entry.reversed", "For the show · reversed")
    await sees(cleo, ".top-tippers .entry", "200 tokens")


@pytest.mark.parametrize("width", [390, 1280])
async def test_disputes_fit_the_window(
    browser: Browser, shop: LiveServer, width: int, tmp_path: Path
) -> None:
    """A long reason and a long id scroll nothing sideways, and every control has a name."""
    page = await browser.new_page()
    operator = await sign_in(page, shop, OPERATOR)
    await page.viewport(width, 844, phone=width < 500)
    cleo = await browser.new_page()
    await (await sign_in(cleo, shop, "cleo-moss")).done(
        "PUT", "/api/creators/me", {"display_name": "Cleo"}
    )
    await operator.buy(1_000)
    tip = {"toCreatorId": "cleo-moss", "amountTokens": 1_000}
    sent = await operator.done("POST", "/api/tips/send", tip)
    wish = {"kind": "tip", "id": sent["tipId"], "reason": "x" * 200}
    await operator.done("POST", "/api/admin/disputes", wish)
    await go(page, "operator")
    await sees(page, ".disputes .entry", "1,000 tokens frozen")
    await page.until("document.documentElement.scrollWidth <= innerWidth")
    assert (
        await page.evaluate(
            "[...document.querySelectorAll('.disputed :is(button, input, select)')]"
            ".filter((e) => !(e.textContent.trim() || e.labels?.length)).length"
        )
        == 0
    )
    await page.screenshot(tmp_path / f"disputes-{width}.png")
