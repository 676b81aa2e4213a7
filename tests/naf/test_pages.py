"""Stock Networked-A-Frame pages in Chromium, through its adapters, on our server."""

from __future__ import annotations

import pytest

from tests.naf.site import CONNECTED, OTHERS, Site
from tests.support.browser import Browser
from tests.support.live_server import LiveServer

ADAPTERS = ["wseasyrtc", "socketio", "uws", "easyrtc", "webrtc"]


@pytest.mark.parametrize("adapter", ADAPTERS)
async def test_two_pages_see_each_other_move_and_go(
    server: LiveServer, browser: Browser, site: Site, adapter: str
) -> None:
    """An entity appears at the other page, moves there as here, and leaves with its page."""
    url = f"ws{server.url.removeprefix('http')}/socket.io/"
    asked = {
        "server": server.url,
        "url": url,
        "adapter": adapter,
        "room": f"ann-{adapter}-main",
    }
    ada, ben = await browser.new_page(), await browser.new_page()
    for page in (ada, ben):
        await page.viewport(160, 120)
        page.expect_problem("socket not created yet")  # Its scene begins to sync at once.
        page.expect_problem("channel.onerror")  # WebRTC's word for a page that has gone.
    ada_id = await site.enter(ada, **asked)
    ben_id = await site.enter(ben, **asked)
    assert ada_id != ben_id
    for page, other in ((ada, ben_id), (ben, ada_id)):
        await page.until(f"{OTHERS}.length === 1")
        assert await page.evaluate(f"{OTHERS}[0].components.networked.data.owner") == other

    await ada.evaluate("document.querySelector('#me').setAttribute('position', '3 2 -1')")
    await ben.until(f"Math.abs({OTHERS}[0].object3D.position.x - 3) < 0.01")
    assert abs(await ben.evaluate(f"{OTHERS}[0].object3D.position.z") + 1) < 0.01

    await ada.reload()
    again = await ada.until(CONNECTED)
    assert again != ada_id
    await ben.until(
        f"{OTHERS}.length === 1 && {OTHERS}[0].components.networked.data.owner === '{again}'"
    )
    await ada.until(f"{OTHERS}.length === 1")

    await ben.goto("about:blank")
    await ada.until(f"{OTHERS}.length === 0")
    assert site.heads > 0
