"""A page author's site: stock A-Frame and Networked-A-Frame, and pages as their guide has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import trio

from tests.support.browser import Page
from tests.support.http_server import served
from tests.support.node import node_project

_SCRIPTS = {
    "/aframe.js": "aframe/dist/aframe-master.min.js",
    "/naf.js": "networked-aframe/dist/networked-aframe.js",
}
_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Together</title>
<script src="/aframe.js"></script>
<script src="{server}/socket.io/socket.io.js"></script>
<script src="{server}/easyrtc/easyrtc.js"></script>
<script src="/naf.js"></script>
</head><body>
<a-scene loading-screen="enabled: false" xr-mode-ui="enabled: false" embedded
    networked-scene="serverURL: {url}; app: {app}; room: {room}; adapter: {adapter}">
  <a-assets>
    <template id="avatar"><a-sphere radius="0.3"></a-sphere></template>
  </a-assets>
  <a-entity id="me" networked="template: #avatar; attachTemplateToLocal: false"></a-entity>
  <a-entity camera position="0 1.6 4"></a-entity>
</a-scene>
</body></html>"""

OTHERS = "[...document.querySelectorAll('[networked]')].filter((e) => e.id !== 'me')"
CONNECTED = "NAF.clientId && NAF.clientId"


class Site:
    """Where the pages are; `url` has no slash at its end."""

    def __init__(self) -> None:
        self.url = ""
        self.heads = 0

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the scripts, and a page for what the query asks for."""
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.heads += scope["method"] == "HEAD"
        status, kind, body = 404, "text/plain", b""
        if scope["path"] in _SCRIPTS:
            file = node_project() / "node_modules" / _SCRIPTS[scope["path"]]
            status, kind = 200, "text/javascript"
            body = await trio.Path(file).read_bytes()
        elif scope["path"] == "/page":
            query = dict(parse_qsl(scope["query_string"].decode()))
            status, kind, body = 200, "text/html", _page(query)
        elif scope["path"] == "/favicon.ico":
            status = 204
        headers = [(b"content-type", kind.encode()), (b"cache-control", b"max-age=600")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def enter(self, page: Page, **query: str) -> str:
        """Open a page in a room and wait until it is connected; return its client id."""
        await page.goto(f"{self.url}/page?{urlencode(query)}")
        return str(await page.until(CONNECTED))


@asynccontextmanager
async def open_site() -> AsyncIterator[Site]:
    """Serve the site on a port of its own."""
    site = Site()
    async with served(site.asgi) as site.url:
        yield site


def _page(query: dict[str, str]) -> bytes:
    asked = {key: escape(value) for key, value in query.items()}
    return _PAGE.format(**{"app": "dlux-vr", **asked}).encode()
