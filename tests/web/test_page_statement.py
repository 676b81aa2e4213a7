"""A statement that one file does not hold, at the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.customers import SECRET
from tests.support.browser import Browser
from tests.support.live_server import LiveServer
from tests.web.shop import press, sees, sign_in

ANOTHER_PART = """
(() => {
  const real = window.fetch;
  window.asked = [];
  window.fetch = async (path, how) => {
    const answer = await real(path, how);
    if (!String(path).includes('billing/statement')) return answer;
    window.asked.push(String(path));
    if (String(path).includes('after=1') || String(path).includes('csv')) return answer;
    const said = await answer.json();
    said.statement.next_after = 1;
    return new Response(JSON.stringify(said), answer);
  };
})()
"""
"""As if there were more lines than a file holds: the server is told to go on behind row 1."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with a payment provider."""
    server = LiveServer(tmp_path, payment_secret=SECRET)
    try:
        yield server.start()
    finally:
        server.stop()


async def test_a_long_statement_is_saved_in_parts(browser: Browser, shop: LiveServer) -> None:
    """The first press saves what a file holds and says how to get the rest, the next saves that."""
    ann = await browser.new_page()
    customer = await sign_in(ann, shop, "ann-lake")
    await customer.buy(100)
    await sees(ann, ".purse-figure", "100")
    await ann.evaluate(ANOTHER_PART)
    await ann.evaluate(
        """(() => {
          window.names = [];
          const real = HTMLAnchorElement.prototype.click;
          HTMLAnchorElement.prototype.click = function () {
            if (this.download) window.names.push(this.download);
            real.call(this);
          };
        })()"""
    )

    await press(ann, "Save as CSV")
    await sees(ann, ".statement-note", "part 1")
    await sees(ann, ".statement-note", "choose a shorter period")
    await press(ann, "Save as CSV")
    await ann.until("document.querySelector('.statement-note').hidden")

    assert await ann.evaluate("window.names") == [
        "statement-ann-lake-part-1.csv", "statement-ann-lake-part-2.csv",
    ]  # fmt: skip
    asked = await ann.evaluate("window.asked.map((path) => path.includes('after=1'))")
    assert asked == [False, False, True, True]
