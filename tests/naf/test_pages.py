"""Stock Networked-A-Frame pages in Chromium, through its adapters, on our server."""

from __future__ import annotations

import pytest

from tests.naf.people import new_room, space_of
from tests.naf.site import CONNECTED, OTHERS, Site
from tests.server.people import Crowd, Payload
from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer

ADAPTERS = ["wseasyrtc", "socketio", "uws", "easyrtc", "webrtc"]


def query(server: LiveServer, adapter: str, room: str) -> dict[str, str]:
    """Return what a page is asked to do; its address is used as it stands in `websocket_url`."""
    url = f"ws{server.url.removeprefix('http')}/socket.io/"
    return {"server": server.url, "url": url, "adapter": adapter, "room": room}


async def new_page(browser: Browser) -> Page:
    """Return a tab that is quickly drawn."""
    page = await browser.new_page()
    await page.viewport(160, 120)
    page.expect_problem("socket not created yet")  # Its scene begins to sync at once.
    return page


@pytest.mark.parametrize("adapter", ADAPTERS)
async def test_two_pages_see_each_other_move_and_go(
    server: LiveServer, browser: Browser, site: Site, adapter: str
) -> None:
    """An entity appears at the other page, moves there as here, and leaves with its page."""
    asked = query(server, adapter, f"ann-{adapter}-".ljust(295, "x") + "-main")
    ada, ben = await new_page(browser), await new_page(browser)
    for page in (ada, ben):
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


@pytest.mark.parametrize("adapter", ["socketio", "wseasyrtc"])
async def test_people_on_stock_clients_see_where_a_visitor_stands(
    server: LiveServer, browser: Browser, site: Site, crowd: Crowd, adapter: str
) -> None:
    """An avatar's entity moves its visitor's body too; the room's name is the post's."""
    room = new_room()
    stock = await crowd.connect("stock", server.url)
    await stock.join(**space_of(room))
    ada = await new_page(browser)
    await site.enter(ada, **query(server, adapter, room))
    joined = await stock.hear("user-joined")
    await ada.evaluate("document.querySelector('#me').setAttribute('position', '3 2 -1')")
    seen: list[Payload] = []
    while {"x": 3, "y": 2, "z": -1} not in [it["entityData"].get("position") for it in seen]:
        await stock.hear("aframe-update", nth=len(seen) + 1)
        seen = stock.all("aframe-update")
    assert {it["socketId"] for it in seen} == {joined["socketId"]}


@pytest.mark.parametrize("adapter", ["socketio", "wseasyrtc"])
async def test_pages_are_together_again_after_the_server_was_killed(
    live_server: LiveServer, browser: Browser, site: Site, adapter: str
) -> None:
    """The socketio adapter comes back by itself, the other with its page: it never joins twice."""
    asked = query(live_server, adapter, "ann-comeback-main")
    ada, ben = await new_page(browser), await new_page(browser)
    for page in (ada, ben):
        page.expect_problem("WebSocket|ERR_|poll error|connection failure")
    before = [await site.enter(page, **asked) for page in (ada, ben)]
    for page in (ada, ben):
        await page.until(f"{OTHERS}.length === 1")

    live_server.kill()
    for page in (ada, ben):
        await page.until(f"{OTHERS}.length === 0")
    live_server.start()
    if adapter == "wseasyrtc":
        for page in (ada, ben):
            await page.reload()
    after = []
    for page, old in zip((ada, ben), before, strict=True):
        after.append(await page.until(f"{CONNECTED} !== '{old}' && NAF.clientId"))
    for page, other in zip((ada, ben), reversed(after), strict=True):
        await page.until(
            f"{OTHERS}.length === 1 && {OTHERS}[0].components.networked.data.owner === '{other}'"
        )
    await ada.evaluate("document.querySelector('#me').setAttribute('position', '3 2 -1')")
    await ben.until(f"Math.abs({OTHERS}[0].object3D.position.x - 3) < 0.01")
