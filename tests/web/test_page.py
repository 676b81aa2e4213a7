"""The page as people use it: two browsers, one real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.browser import Browser, Page
from tests.web.people import (
    JOINED,
    LiveServer,
    be_guest,
    distance_to,
    meet,
    open_page,
    says,
    sees_message,
    sees_people,
)

LOBBY = "global:lobby:main"


async def test_two_people_meet_and_see_each_other_walk(
    browser: Browser, live_server: LiveServer
) -> None:
    """Walking with keys and with the mouse moves a body on the other's plan as well."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await open_page(ada, live_server)
    await be_guest(ada, "Ada")
    await ada.click(f"[data-space='{LOBBY}']")
    await ada.until(JOINED)
    await meet(ben, live_server, "Ben", LOBBY)
    await sees_people(ada, "Ada", "Ben")
    await sees_people(ben, "Ada", "Ben")

    await ada.click(".floor-canvas")
    await ada.key_down("d")
    await ada.until(f"{distance_to('Ben')} > 9")
    await ada.key_up("d")
    far_m = await ben.until(f"{distance_to('Ada')} > 8.5 && {distance_to('Ada')}")

    box = await ada.evaluate(
        "(({left, top, height}) => ({left, top, height}))"
        "(document.querySelector('.floor-canvas').getBoundingClientRect())"
    )
    await ada.click_at(box["left"] + 120, box["top"] + box["height"] / 2)
    await ben.until(f"{distance_to('Ada')} < {far_m} - 2")

    await ada.click(".room-bar .leave")
    await sees_people(ben, "Ben")
    await ada.until(f"document.querySelector(\"[data-space='{LOBBY}']\")")


async def test_they_talk_and_read_the_same_conversation(
    browser: Browser, live_server: LiveServer
) -> None:
    """What is said is seen by both, in one order, and is still there for who comes later."""
    space = "global:lobby:talk"
    ada, ben = await browser.new_page(), await browser.new_page()
    await meet(ada, live_server, "Ada", space)
    await meet(ben, live_server, "Ben", space)
    lines = ["Hello Ben", "Hello Ada", "Good to see you \U0001f44b", "<b>bold</b> & sons"]
    for speaker, line in zip((ada, ben, ada, ben), lines, strict=True):
        await says(speaker, line)
        await sees_message(ada, line)
        await sees_message(ben, line)

    assert await ada.texts(".message-text") == lines
    assert await ben.texts(".message-text") == lines
    assert await ada.texts(".message.mine .message-text") == lines[0::2]
    assert await ben.texts(".message.mine .message-text") == lines[1::2]

    cleo = await browser.new_page()
    await meet(cleo, live_server, "Cleo", space)
    await sees_message(cleo, lines[-1])
    assert await cleo.texts(".message-text") == lines


async def test_what_others_write_is_text_and_never_markup(
    browser: Browser, live_server: LiveServer
) -> None:
    """A name or a message full of markup is shown as it was written and runs nothing."""
    space = "global:lobby:markup"
    name = "<img src=x onerror=boo()>"
    trap = "<script>window.caught = 1</script><img src=x onerror='window.caught = 1'>"
    mallory, ben = await browser.new_page(), await browser.new_page()
    await meet(mallory, live_server, name, space)
    await meet(ben, live_server, "Ben", space)
    await says(mallory, trap)
    await sees_message(ben, trap)

    await sees_people(ben, "Ben", name)
    assert not await ben.evaluate("document.querySelector('#app img, #app script')")
    assert await ben.evaluate("window.caught") is None


async def test_a_reload_keeps_one_body(browser: Browser, live_server: LiveServer) -> None:
    """Loading the page again is the same guest in the same place, seen once by the others."""
    space = "global:lobby:reload"
    ada, ben = await browser.new_page(), await browser.new_page()
    await meet(ada, live_server, "Ada", space)
    await meet(ben, live_server, "Ben", space)
    await sees_people(ben, "Ada", "Ben")
    before_m = await ben.until(distance_to("Ada"))

    for _ in range(3):
        await ada.reload()
        await ada.until(JOINED)
    await says(ada, "back again")

    await sees_message(ben, "back again")
    await sees_people(ben, "Ada", "Ben")
    await sees_people(ada, "Ada", "Ben")
    assert await ada.texts(".message.mine .message-text") == ["back again"]
    assert await ben.until(distance_to("Ada")) == pytest.approx(before_m, abs=0.11)


COUNT_PEOPLE = """
window.counts = new Set();
new MutationObserver(() => counts.add(document.querySelectorAll('.roster-name').length))
  .observe(document.body, { childList: true, subtree: true });
"""


async def test_a_lost_connection_is_made_good_without_a_flicker(
    browser: Browser, live_server: LiveServer
) -> None:
    """Nobody is seen to go or come, on either page, and what was said meanwhile arrives."""
    space = "global:lobby:tunnel"
    ada, ben = await browser.new_page(), await browser.new_page()
    await meet(ada, live_server, "Ada", space)
    await meet(ben, live_server, "Ben", space)
    for page in (ada, ben):
        await sees_people(page, "Ada", "Ben")
        await page.evaluate(COUNT_PEOPLE)

    await ada.evaluate("dispatchEvent(new Event('offline'))")  # The stock client heeds it.
    assert not await ada.evaluate(JOINED)
    await says(ben, "in the tunnel?")
    await sees_message(ben, "in the tunnel?")
    await ada.until(JOINED)
    await sees_message(ada, "in the tunnel?")
    await says(ada, "out again")
    await sees_message(ben, "out again")

    for page in (ada, ben):
        assert await page.evaluate("[...counts].every((count) => count === 2)")
        assert len(await page.texts(".message-text")) == 2


async def _fill_in_key(page: Page, account: str, wif: str) -> None:
    await page.click("#tab-account")
    await page.fill("#field-account", account)
    await page.fill("#field-wif", wif)
    await page.press("Enter")


async def test_signing_in_with_a_local_key(browser: Browser, live_server: LiveServer) -> None:
    """The page signs the challenge itself; others see the account, and the key is kept nowhere."""
    account, wif = live_server.new_account("ada-lind")
    space = "global:lobby:keys"
    ada, ben = await browser.new_page(), await browser.new_page()
    await open_page(ada, live_server, f"/#space={space}")
    await _fill_in_key(ada, account, wif)
    await ada.until(JOINED)
    await meet(ben, live_server, "Ben", space)
    await says(ada, "It is really me")

    await sees_people(ben, "Ben", account)
    await sees_message(ben, "It is really me")
    assert await ben.texts(".message-author") == [account]
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}]) + document.body.innerHTML"
    assert wif not in await ada.evaluate(kept)


async def test_a_wrong_key_is_explained(browser: Browser, live_server: LiveServer) -> None:
    """A mistyped key is caught in the page; somebody else's key is refused by the server."""
    account, wif = live_server.new_account("ada-lind")
    _, other_wif = live_server.new_account("otto-berg")
    page = await browser.new_page()
    page.expect_problem("status of 401")
    await open_page(page, live_server)

    typo = wif[:-1] + ("a" if wif[-1] != "a" else "b")
    await _fill_in_key(page, account, typo)
    assert "typing mistake" in await page.text("#panel-account .alert:not([hidden])")

    await _fill_in_key(page, account, other_wif)
    await page.until(
        "!document.querySelector('#panel-account .alert').hidden &&"
        " !document.querySelector('#panel-account .alert').textContent.includes('mistake')"
    )
    assert await page.evaluate("sessionStorage.length") == 0


async def test_any_space_can_be_entered_by_its_name(
    browser: Browser, live_server: LiveServer
) -> None:
    """A space exists from the moment somebody opens it; the address then names it."""
    page = await browser.new_page()
    await open_page(page, live_server)
    await be_guest(page, "Ada")
    await page.until("document.querySelector('.space-card:not(.loading)')")
    await page.fill("[name=address]", "nowhere")
    await page.press("Enter")
    assert "type/id" in await page.text(".any-space .alert:not([hidden])")

    await page.fill("[name=address]", "global/lobby")
    await page.fill("[name=subspace]", "back-room")
    await page.press("Enter")
    await page.until(JOINED)
    assert await page.evaluate("location.hash") == "#space=global:lobby:back-room"
    assert await page.text(".room-subtitle") == "global:lobby:back-room"


async def test_a_message_that_is_too_long_is_held_back(
    browser: Browser, live_server: LiveServer
) -> None:
    """The limit is counted as the server counts it, in UTF-16 units, and shown before sending."""
    page = await browser.new_page()
    await meet(page, live_server, "Ada", "global:lobby:long")
    await page.fill(".chat-input", "\U0001f44b" * 1001)
    assert await page.text(".chat-counter.over") == "2002 / 2000"
    await page.press("Enter")
    assert await page.texts(".message") == []

    await page.fill(".chat-input", "\U0001f44b" * 1000)
    await page.press("Enter")
    await sees_message(page, "\U0001f44b" * 1000)


async def test_scrolling_up_reads_what_was_said_before(
    browser: Browser, live_server: LiveServer
) -> None:
    """Older pages come in above, each message once and in order, and the reader's place stays."""
    page = await browser.new_page()
    await meet(page, live_server, "Ada", "global:lobby:history")
    await page.evaluate(
        """(async () => {
          const { token } = JSON.parse(sessionStorage.getItem('presence.identity'));
          for (let i = 1; i <= 70; i += 1) {
            const answer = await fetch('api/chat/global/lobby/messages', {
              method: 'POST',
              headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
              body: JSON.stringify({ content: `line ${i}`, subspace: 'history' }),
            });
            if (!answer.ok) throw new Error(await answer.text());
          }
        })()"""
    )
    await page.reload()
    await sees_message(page, "line 70")
    assert (await page.texts(".message-text"))[0] == "line 21"

    await page.evaluate("document.querySelector('.chat-scroll').scrollTop = 0")
    await sees_message(page, "line 1")
    assert await page.texts(".message-text") == [f"line {i}" for i in range(1, 71)]
    assert await page.evaluate("document.querySelector('.chat-scroll').scrollTop") > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_wider_than_a_phone(
    browser: Browser, live_server: LiveServer, tmp_path: Path, scheme: str
) -> None:
    """On a narrow screen every screen of the page fits and scrolls only downwards."""
    page = await browser.new_page()
    await page.viewport(390, 844, phone=True)
    await page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    fits = "document.documentElement.scrollWidth <= innerWidth && innerWidth === 390"
    await page.goto(live_server.url)
    await page.until(fits)
    await page.screenshot(tmp_path / "welcome.png")
    await be_guest(page, "A name of exactly 32 characters!")
    await page.until("document.querySelector('.space-card:not(.loading)')")
    await page.until(fits)
    await page.screenshot(tmp_path / "spaces.png")
    await page.click(f"[data-space='{LOBBY}']")
    await page.until(JOINED)
    await says(page, "averylongwordwithoutanyspace" * 12)
    await page.until(fits)
    await page.click(".side-tabs .segment:nth-child(2)")
    await page.until("document.querySelector('.roster').offsetParent !== null")
    await page.until(fits)
    await page.screenshot(tmp_path / "room.png")

    assert re.fullmatch(rb"\x89PNG", (tmp_path / "room.png").read_bytes()[:4])


_COUNT_CONNECTIONS = """
window.calls = [];
const Real = RTCPeerConnection;
window.RTCPeerConnection = function (...args) {
  const call = new Real(...args);
  window.calls.push(call);
  return call;
};
"""
_PACKETS_HEARD = """
Promise.all(window.calls.map(async (call) => [...(await call.getStats()).values()]))
  .then((all) => all.flat().filter((s) => s.type === 'inbound-rtp')
  .reduce((sum, s) => sum + s.packetsReceived, 0))
"""


async def test_they_hear_each_other_when_near(browser: Browser, live_server: LiveServer) -> None:
    """One connection carries both voices, ends when the microphones are off, and never doubles."""
    space = "global:lobby:voice"
    ada, ben = await browser.new_page(), await browser.new_page()
    for page in (ada, ben):
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=_COUNT_CONNECTIONS)
    await meet(ada, live_server, "Ada", space)
    await meet(ben, live_server, "Ben", space)
    await ada.click("[aria-label='Walk to Ben']")
    await ada.until(f"{distance_to('Ben')} < 2")

    await ada.click(".voice")
    await ben.until("window.calls.some((call) => call.connectionState === 'connected')")
    await ben.until("document.querySelector('.roster-voice')")
    await ben.click(".voice")
    for page in (ada, ben):
        await _hears_more(page)
        assert len(await page.evaluate("window.calls.map(() => 1)")) == 1

    await ada.click(".voice")
    await ben.click(".voice")
    for page in (ada, ben):
        await page.until("window.calls.every((call) => call.connectionState === 'closed')")


async def _hears_more(page: Page) -> None:
    await page.evaluate(
        f"""(async () => {{
          const heard = () => {_PACKETS_HEARD};
          const before = await heard();
          while (await heard() < before + 10) await new Promise(requestAnimationFrame);
        }})()"""
    )
