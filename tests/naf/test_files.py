"""What Networked-A-Frame pages load from our server."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/socket.io/socket.io.js", "Socket.IO v4"),
        ("/socket.io/socket.io.min.js", "Socket.IO v4"),
        ("/easyrtc/easyrtc.js", "Priologic"),
    ],
)
async def test_client_libraries_are_where_stock_servers_have_them(
    http: httpx.AsyncClient, path: str, holds: str
) -> None:
    """For script tags of pages anywhere, with a type that browsers run."""
    answer = await http.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert holds in answer.text
    again = await http.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_polling_stays_where_it_was(http: httpx.AsyncClient) -> None:
    """Only scripts are files under its path."""
    answer = await http.get("/socket.io/", params={"EIO": "4", "transport": "polling"})

    assert answer.text.startswith("0{")
    assert (await http.get("/socket.io/other.js")).status_code == 404
    assert (await http.get("/easyrtc/other.js")).status_code == 404


async def test_head_tells_the_time(http: httpx.AsyncClient) -> None:
    """The adapters set their clocks by the Date of the page they are on."""
    answer = await http.head("/")

    assert answer.status_code == 200
    assert parsedate_to_datetime(answer.headers["date"]).tzinfo is not None
    assert not answer.content
