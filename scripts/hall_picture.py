"""Take the README's picture of the hall: a real server, real pages, several people in them.

PYTHONPATH=. python scripts/hall_picture.py docs/pictures/hall.png [phone.png]
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from pathlib import Path

import trio

from tests.support.browser import Page, open_browser
from tests.support.live_server import LiveServer
from tests.web.hall import ADMIN, SPACE, press, sees, set_microphone_up, set_mode, sign_in
from tests.web.hall import take_questions as take
from tests.web.people import meet, says

PLACES = {
    ADMIN: (0.2, -2.6, 180), "leo-berg": (-2.2, -1.6, 230), "nora-diaz": (0.4, 1.2, 20),
    "tariq-aziz": (2.6, 2.1, 40), "Ines": (-2.6, 2.9, 330), "Kofi": (4.4, -2.2, 90),
}  # fmt: skip


async def _place(page: Page, name: str) -> None:
    x, z, yaw = PLACES[name]
    pose = json.dumps({"x": x, "z": z, "yaw": yaw})
    script = f"sessionStorage.setItem('presence.pose.{SPACE}', '{pose}')"
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=script)


async def _ask(page: Page, text: str) -> None:
    await page.until("document.querySelector('.question-form')?.offsetParent")
    await page.fill(".question-form .input", text)
    await page.press("Enter")
    await sees(page, ".questions-list .question-text", text)


async def take_pictures(server: LiveServer, wide: Path, phone: Path | None) -> None:
    """Have the people meet, speak, queue and ask; then look at what one of them sees."""
    async with open_browser() as browser:
        pages: dict[str, Page] = {}
        for name in PLACES:
            page = pages[name] = await browser.new_page(width=1280, height=1100)
            await _place(page, name)
            if name.islower():
                await sign_in(page, server, name)
            else:
                await meet(page, server, name, SPACE)
            await page.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
            await page.click(".side-tabs .segment:last-child")
        ada, leo, nora, tariq = (pages[one] for one in (*PLACES,)[:4])
        await set_microphone_up(
            ada, microphone_name="Audience", broadcast_mode="mixed", time_limit_seconds="120"
        )
        await press(tariq, "Take it")
        await press(nora, "Queue for it")
        await set_microphone_up(ada, microphone_name="Questions")
        await take(ada, title="Questions to Leo", microphone_id=await _id_of(ada, "Questions"))
        await set_mode(ada, "stage")
        await press(leo, "Ask to speak")
        await press(ada, "Grant")
        await _ask(nora, "How far does a voice carry here?")
        await _ask(tariq, "Who decides when the mode changes?")
        await sees(nora, ".questions-list .question-text", "Who decides")
        await press(nora, "Vote")
        for page in (leo, tariq):
            await page.click(".voice")
        await sees(nora, ".question-votes", "1 vote")
        await leo.click(".side-tabs .segment:first-child")
        await says(leo, "Welcome! Questions at the end, please.")
        await nora.until("document.querySelectorAll('.roster-voice').length === 2")
        await nora.until("!document.querySelector('.toast')")
        await _shoot(nora, wide)
        if phone is not None:
            await nora.viewport(390, 844, phone=True)
            await _shoot(nora, phone)


async def _shoot(page: Page, path: Path) -> None:
    await page.evaluate("document.querySelector('.hall-chips').parentElement.scrollIntoView()")
    shot = await page.call("Page.captureScreenshot", format="webp", quality=85)
    await trio.Path(path).write_bytes(base64.b64decode(shot["data"]))


async def _id_of(page: Page, name: str) -> str:
    await press(page, "Take questions")
    found: str = await page.until(
        "[...document.querySelectorAll('.hall-form [name=microphone_id] option')]"
        f".find((one) => one.textContent === {json.dumps(name)})?.value"
    )
    await press(page, "Cancel", ".hall-form")
    await page.until("!document.querySelector('.hall-form')")
    return found


def main() -> None:
    """Take the pictures that the arguments name."""
    wide, *phone = (Path(each) for each in sys.argv[1:])
    with tempfile.TemporaryDirectory() as directory:
        server = LiveServer(Path(directory), system_admins=ADMIN)
        try:
            trio.run(take_pictures, server.start(), wide, phone[0] if phone else None)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
