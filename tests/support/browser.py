"""Headless Chromium for tests: people at their screens.

`open_browser` starts one Chromium with a fresh profile; `Browser.new_page` gives each person a
browser context of their own, so nobody shares storage. Anything a page complains of (an uncaught
exception, a console error, a failed load, a policy violation) fails the test at the end, unless it
was expected with `Page.expect_problem`.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from trio_websocket import open_websocket_url

from tests.support.devtools import DevTools, Json

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--remote-debugging-port=0",
)
_WEBGL_FLAGS = ("--enable-unsafe-swiftshader", "--use-angle=swiftshader")  # drawn by the processor
_MESSAGE_BYTES_MAX = 64 * 1024 * 1024  # a screenshot arrives as one message
_WAIT_S = 20.0

_KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, None),
    "Tab": (9, None),
    "ArrowLeft": (37, None),
    "ArrowUp": (38, None),
    "ArrowRight": (39, None),
    "ArrowDown": (40, None),
}

_AIM = """
(() => {
  const element = %s;
  if (!element || element.disabled) return null;
  element.scrollIntoView({block: 'nearest', behavior: 'instant'});
  const box = element.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const aim = document.elementFromPoint(x, y);
  if (!aim || !(element.contains(aim) || aim.contains(element))) return null;
  let missed = false;
  const kinds = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'];
  const guard = (event) => {
    if (event.target === aim || element.contains(event.target)) return;
    missed = true;
    event.stopImmediatePropagation();
    event.preventDefault();
  };
  for (const kind of kinds) window.addEventListener(kind, guard, true);
  window.hitAsAimed = () => {
    for (const kind of kinds) window.removeEventListener(kind, guard, true);
    delete window.hitAsAimed;
    return !missed;
  };
  return {x, y};
})()
"""
_UNTIL = """
new Promise((resolve, reject) => {
  let observer, timer;
  const look = () => {
    let value;
    try { value = (%s); } catch (error) { value = undefined; }
    if (!value) return;
    observer?.disconnect();
    clearInterval(timer);
    resolve(value);
  };
  observer = new MutationObserver(look);
  observer.observe(
    document, {subtree: true, childList: true, attributes: true, characterData: true}
  );
  timer = setInterval(look, 50);
  look();
})
"""


class PageFailure(AssertionError):
    """Something a person at the screen would have noticed."""


class Page:
    """One tab in a browser context of its own."""

    def __init__(self, devtools: DevTools, session: str, context: str) -> None:
        self._devtools = devtools
        self._session = session
        self._loaded = trio.Event()
        self._expected: list[str] = []
        self.context = context
        self.problems: list[str] = []
        devtools.listeners[session] = self._heard

    def _heard(self, method: str, params: Json) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded.set()
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                thrown = details.get("exception", {}).get("description", details["text"])
                self._complain(f"exception: {thrown}")
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                said = " ".join(
                    str(arg.get("value", arg.get("description"))) for arg in params["args"]
                )
                self._complain(f"console.{params['type']}: {said}")
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                entry = params["entry"]
                self._complain(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")

    def _complain(self, problem: str) -> None:
        if not any(re.search(pattern, problem) for pattern in self._expected):
            self.problems.append(problem)

    def expect_problem(self, pattern: str) -> None:
        """From now on, complaints matching this regular expression are part of the test."""
        self._expected.append(pattern)

    async def call(self, method: str, **params: Any) -> Json:
        """Run one DevTools command on this page."""
        with trio.fail_after(_WAIT_S):
            return await self._devtools.call(method, self._session, **params)

    async def evaluate(self, expression: str) -> Any:
        """Return the JSON value of a JavaScript expression; promises are awaited.

        Raises:
            PageFailure: the expression threw.
        """
        answer = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", details["text"])
            raise PageFailure(f"{expression}\n{thrown}")
        return answer["result"].get("value")

    async def until(self, condition: str, *, within_s: float = _WAIT_S) -> Any:
        """Wait inside the page until a JavaScript expression is true; return its value.

        Raises:
            PageFailure: it did not become true in time; the text shows what the page showed.
        """
        with trio.move_on_after(within_s):
            return await self.evaluate(_UNTIL % condition)
        shown = await self.evaluate("document.body.innerText")
        raise PageFailure(f"not within {within_s} s: {condition}\nthe page shows:\n{shown}")

    async def goto(self, url: str) -> None:
        """Open `url` and wait until it has loaded."""
        self._loaded = trio.Event()
        answer = await self.call("Page.navigate", url=url)
        if "errorText" in answer:
            raise PageFailure(f"{url}: {answer['errorText']}")
        if answer.get("loaderId"):  # absent when only the fragment changed
            await self._load()

    async def reload(self) -> None:
        """Load the page again, as the reload button does."""
        self._loaded = trio.Event()
        await self.call("Page.reload")
        await self._load()

    async def _load(self) -> None:
        with trio.fail_after(_WAIT_S):
            await self._loaded.wait()

    async def text(self, selector: str) -> str:
        """Return what is shown in the first element that matches, once there is one."""
        return str(await self.until(f"{_first(selector)}?.innerText.trim()"))

    async def texts(self, selector: str) -> list[str]:
        """Return what is shown in each element that matches now."""
        found = await self.evaluate(
            f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.innerText.trim())"
        )
        return list(found)

    async def click(self, selector: str) -> None:
        """Click the middle of the first element that matches, once it can be hit there.

        What moves away under the mouse is aimed at again; a click that misses does nothing.

        Raises:
            PageFailure: it never appeared, or something else lies over it.
        """
        while True:
            middle = await self.until(_AIM % _first(selector))
            await self.click_at(middle["x"], middle["y"])
            if await self.evaluate("window.hitAsAimed?.() ?? true"):
                return

    async def click_at(self, x: float, y: float) -> None:
        """Press and release the left button at a point of the viewport, in CSS pixels."""
        await self._mouse("mouseMoved", x, y)
        await self._mouse("mousePressed", x, y)
        await self._mouse("mouseReleased", x, y)

    async def _mouse(self, kind: str, x: float, y: float) -> None:
        button = "none" if kind == "mouseMoved" else "left"
        await self.call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1
        )

    async def fill(self, selector: str, text: str) -> None:
        """Put the cursor into a field and write `text` in place of what it held."""
        await self.click(selector)
        await self.evaluate(f"{_first(selector)}.select()")
        await self.call("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Press and release one key: a letter, or a name such as Enter or ArrowUp."""
        await self.key_down(key)
        await self.key_up(key)

    async def key_down(self, key: str) -> None:
        """Begin to hold a key."""
        await self._key("keyDown", key)

    async def key_up(self, key: str) -> None:
        """Let go of a key."""
        await self._key("keyUp", key)

    async def _key(self, kind: str, key: str) -> None:
        if key in _KEYS:
            number, text = _KEYS[key]
            code = key
        else:
            number, text, code = ord(key.upper()), key, f"Key{key.upper()}"
        params: Json = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        if kind == "keyDown" and text is not None:
            params["text"] = text
        await self.call("Input.dispatchKeyEvent", type=kind, **params)

    async def viewport(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the page a screen of this many CSS pixels; a phone has touch and dense pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        await self.call("Emulation.setTouchEmulationEnabled", enabled=phone, maxTouchPoints=5)

    async def prefer(self, **features: str) -> None:
        """Set media features, such as `prefers_color_scheme="dark"`."""
        await self.call(
            "Emulation.setEmulatedMedia",
            features=[
                {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
            ],
        )

    async def screenshot(self, path: Path) -> None:
        """Write what is on the screen as a PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        await trio.Path(path).write_bytes(base64.b64decode(answer["data"]))

    async def close(self) -> None:
        """Close the tab as a person does, and forget its context."""
        with trio.fail_after(_WAIT_S):
            await self._devtools.call("Target.disposeBrowserContext", browserContextId=self.context)


class Browser:
    """One Chromium and the pages opened in it."""

    def __init__(self, devtools: DevTools) -> None:
        self._devtools = devtools
        self.pages: list[Page] = []

    async def new_page(self, *, width: int = 1280, height: int = 800) -> Page:
        """Return a blank tab that shares nothing with the others."""
        with trio.fail_after(_WAIT_S):
            context = (await self._devtools.call("Target.createBrowserContext"))["browserContextId"]
            target = await self._devtools.call(
                "Target.createTarget", url="about:blank", browserContextId=context
            )
            attached = await self._devtools.call(
                "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
        page = Page(self._devtools, attached["sessionId"], context)
        for domain in ("Page", "Runtime", "Log"):
            await page.call(f"{domain}.enable")
        await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.viewport(width, height)
        self.pages.append(page)
        return page

    def check(self) -> None:
        """Raise when any page complained of anything unexpected.

        Raises:
            PageFailure: lists every complaint.
        """
        problems = [problem for page in self.pages for problem in page.problems]
        if problems:
            raise PageFailure("a page complained:\n" + "\n".join(problems))


def chromium_path() -> str:
    """Return where Chromium is.

    Raises:
        FileNotFoundError: it is not installed; the text says what to do.
    """
    if Path("/usr/bin/chromium").exists():
        return "/usr/bin/chromium"
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise FileNotFoundError(
        "no Chromium at /usr/bin/chromium or on PATH: install the package `chromium`"
    )


@asynccontextmanager
async def open_browser(*, webgl: bool = False) -> AsyncIterator[Browser]:
    """Run Chromium for the body of the block, then stop it and check every page."""
    flags = (*_FLAGS, *(_WEBGL_FLAGS if webgl else ()))
    path = chromium_path()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        async with trio.open_nursery() as nursery:
            process = await trio.lowlevel.open_process(
                [path, *flags, f"--user-data-dir={profile}", "about:blank"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            try:
                assert process.stderr is not None
                with trio.fail_after(_WAIT_S):
                    url = await _devtools_url(process.stderr)
                nursery.start_soon(_drain, process.stderr)
                async with open_websocket_url(
                    url, max_message_size=_MESSAGE_BYTES_MAX
                ) as connection:
                    devtools = DevTools(connection)
                    nursery.start_soon(devtools.listen)
                    browser = Browser(devtools)
                    yield browser
            finally:
                with trio.CancelScope(shield=True):
                    process.kill()
                    await process.wait()
                nursery.cancel_scope.cancel()
        browser.check()


async def _devtools_url(stderr: trio.abc.ReceiveStream) -> str:
    text = b""
    async for chunk in stderr:
        text += chunk
        if found := re.search(rb"DevTools listening on (ws://\S+)\s", text):
            return found[1].decode()
    raise PageFailure(f"Chromium did not start:\n{text.decode(errors='replace')}")


async def _drain(stderr: trio.abc.ReceiveStream) -> None:
    async for _ in stderr:
        pass


def _first(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"
