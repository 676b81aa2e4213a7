"""The wallet at the page: packs and their payment, history, statements, cashing out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.people import be_guest, open_page
from tests.web.shop import balance, go, press, sees, sign_in

OPERATOR = "opal-reed"
POLICIES = """
[token_sale]
packs = { "9.99 USD" = 100, "90.00 USD" = 1_000 }
cashout_lock = "0d"
"""
NAMELESS = """
[...document.querySelectorAll('button, a, input, select')].filter((e) => e.checkVisibility())
  .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length))
  .map((e) => e.outerHTML)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with two packs, a payment provider and an operator."""
    policies = tmp_path / "money.toml"
    policies.write_text(POLICIES)
    settings = {"money_policies": str(policies), "payment_secret": SECRET}
    server = LiveServer(tmp_path, **settings, system_admins=OPERATOR)
    try:
        yield server.start()
    finally:
        server.stop()


async def saved_file(page: Page, label: str) -> str:
    """Press a button that saves a file; return what is in it."""
    await page.evaluate(
        """window.saved = new Promise((resolve) => {
          const real = URL.createObjectURL;
          URL.createObjectURL = (file) => (file.text().then(resolve), real(file));
        }), null"""
    )
    await press(page, label)
    return str(await page.evaluate("window.saved"))


async def test_a_pack_waits_for_its_payment_and_is_there(
    browser: Browser, shop: LiveServer
) -> None:
    """Who buys sees it wait, an operator confirms, and the tokens come by themselves."""
    ann, opal = await browser.new_page(), await browser.new_page()
    await sign_in(ann, shop, "ann-lake")
    await sees(ann, ".history .empty", "Nothing has moved yet")
    await sees(ann, ".purse-figure", "0")
    await ann.click(".pack[data-tokens='100']")
    await sees(ann, ".waiting .entry", "100 tokens for $9.99")
    await sees(ann, ".waiting .tag", "Waiting for payment")
    reference = await ann.text(".waiting .reference")

    await sign_in(opal, shop, OPERATOR)
    await press(opal, "Operators", ".money-nav")
    await sees(opal, ".purchases .entry", reference)
    await sees(opal, ".payouts .empty", "Nobody has asked to cash out")
    await press(opal, "Confirm payment", ".purchases")
    await sees(opal, ".confirm-words", "ann-lake has paid $9.99. They get 100 tokens at once")
    await press(opal, "Confirm payment", ".confirm-dialog")
    await sees(opal, ".confirm-dialog .alert", "Write how it was paid")
    await opal.fill("#field-confirm-reference", "wire 12")
    await press(opal, "Confirm payment", ".confirm-dialog")
    await sees(opal, ".purchases .empty", "Nothing waits for a payment")

    await sees(ann, ".purse-figure", "100")
    await balance(ann, 100)
    await sees(ann, ".purse-worth", "$5.00")
    await ann.until("!document.querySelector('.waiting .entry')")
    await sees(ann, ".history .entry", "Tokens bought")
    table = await saved_file(ann, "Save as CSV")
    assert "purchase" in table
    assert table.splitlines()[-1].endswith("100")
    statement = json.loads(await saved_file(ann, "Save as JSON"))
    assert (statement["opening"], statement["closing"]) == ("0", "100")


async def test_pressing_twice_buys_once(browser: Browser, shop: LiveServer) -> None:
    """A double click, and a retry while the answer is lost, are one purchase."""
    ann = await browser.new_page()
    customer = await sign_in(ann, shop, "ann-lake")
    await ann.until("document.querySelector('.pack')")
    ann.expect_problem("ERR_INTERNET_DISCONNECTED|Failed to load|ERR_FAILED")
    await ann.evaluate(
        """(() => {
          const real = window.fetch;
          let lost = false;
          window.fetch = async (path, how) => {
            const answer = await real(path, how);
            if (!lost && String(path).endsWith('tokens/purchase')) {
              lost = true;
              throw new TypeError('the answer is lost');
            }
            return answer;
          };
        })()"""
    )
    await ann.click(".pack[data-tokens='100']")
    await sees(ann, ".buy .alert", "The server does not answer")
    await ann.click(".pack[data-tokens='100']")
    await ann.until("document.querySelector('.buy .alert').hidden")
    await sees(ann, ".waiting .entry", "100 tokens")
    assert (await customer.done("GET", "/api/tokens/purchases"))["count"] == 1

    await ann.evaluate(
        "(() => { const e = document.querySelector('.pack[data-tokens=\"1000\"]');"
        " e.click(); e.click(); })()"
    )
    await sees(ann, ".waiting .entry", "1,000 tokens")
    assert (await customer.done("GET", "/api/tokens/purchases"))["count"] == 2


async def test_a_creator_cashes_out_and_an_operator_pays(
    browser: Browser, shop: LiveServer
) -> None:
    """Asked for, approved, paid: each is seen by the creator; a request can be taken back."""
    cleo, opal = await browser.new_page(), await browser.new_page()
    creator = await sign_in(cleo, shop, "cleo-moss", "/#earnings")
    await sees(cleo, "h2", "Become a creator")
    await cleo.fill("#field-creator-name", "Cleo Moss")
    await press(cleo, "Become a creator")
    await sees(cleo, ".totals .figure", "Earned")
    await sees(cleo, ".earned-tips .empty", "No tips yet")
    operator = await sign_in(opal, shop, OPERATOR, "/#operator")
    await operator.buy(1_000)
    await operator.buy(1_000)
    tip = {"toCreatorId": "cleo-moss", "amountTokens": 2_000, "message": "For the show"}
    await operator.done("POST", "/api/tips/send", tip)
    await sees(cleo, ".kinds .figure", "2,000")
    await sees(cleo, ".earned-tips .entry", "For the show")
    await sees(cleo, ".top-tippers .entry", OPERATOR)

    await cleo.fill("#field-cash-out", "1500")
    await press(cleo, "Ask to cash out")
    await sees(cleo, ".payouts [data-status]", "Waiting for approval")
    await press(cleo, "Take back")
    await sees(cleo, ".payouts [data-status]", "Cancelled")
    await go(cleo, "wallet")
    cleo.expect_problem("402")
    await cleo.fill("#field-cash-out", "999999")
    await press(cleo, "Ask to cash out")
    await sees(cleo, ".cash .alert", "can be cashed out")
    await cleo.fill("#field-cash-out", "1000")
    await press(cleo, "Ask to cash out")
    await sees(cleo, ".payouts [data-status]", "Waiting for approval")

    await press(opal, "Approve", ".payouts")
    await sees(opal, ".confirm-words", "cleo-moss asks for $50.00 for 1,000 tokens")
    await press(opal, "Approve", ".confirm-dialog")
    await sees(cleo, ".payouts [data-status]", "Approved, to be paid")
    await press(opal, "Mark as paid", ".payouts")
    await sees(opal, ".confirm-words", "cleo-moss was paid $50.00")
    await opal.fill("#field-confirm-reference", "wire 7")
    await press(opal, "Mark as paid", ".confirm-dialog")
    await sees(opal, ".payouts .entry", "wire 7")
    await sees(cleo, ".payouts .entry", "wire 7")
    await balance(cleo, 1_000)
    assert await creator.balance() == 1_000


async def test_money_is_for_accounts(browser: Browser, shop: LiveServer) -> None:
    """A guest is told what to do; one who is no operator sees no panel and gets no list."""
    guest, ann = await browser.new_page(), await browser.new_page()
    await open_page(guest, shop, "/#wallet")
    await be_guest(guest, "Gil")
    await sees(guest, ".alert", "Money needs an account")
    assert not await guest.evaluate("document.querySelector('.balance')")

    await sign_in(ann, shop, "ann-lake")
    await balance(ann, 0)
    assert await ann.texts(".money-nav a") == ["Wallet", "Streams", "Calls", "Earnings"]
    ann.expect_problem("403")
    await go(ann, "operator")
    await sees(ann, ".alert", "Only operators may do this")


@pytest.mark.parametrize("width", [390, 1280])
async def test_no_screen_of_money_is_wider_than_its_window(
    browser: Browser, shop: LiveServer, tmp_path: Path, width: int
) -> None:
    """On a phone as on a desk everything scrolls downwards only, and every control has a name."""
    page = await browser.new_page()
    customer = await sign_in(page, shop, OPERATOR)
    await page.viewport(width, 844, phone=width < 500)
    await customer.done("PUT", "/api/creators/me", {"display_name": "Opal"})
    await customer.done("POST", "/api/tokens/purchase", {"tokenAmount": 100})
    await customer.buy(1_000)  # What moves makes the wallet look.
    await sees(page, ".waiting .entry", "100 tokens")
    for address in ("wallet", "streams", "calls", "earnings", "operator"):
        await go(page, address)
        await page.until(f"document.querySelector('[href=\"#{address}\"][aria-current]')")
        await page.until("!document.querySelector('[aria-busy=true]')")
        await page.until(
            f"document.documentElement.scrollWidth <= innerWidth && innerWidth === {width}"
        )
        assert await page.evaluate(NAMELESS) == []
        await page.screenshot(tmp_path / f"{address}-{width}.png")
