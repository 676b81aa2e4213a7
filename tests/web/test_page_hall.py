"""The hall at the page: modes, the speaker, microphones, questions, moderators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, Page
from tests.support.live_server import LiveServer
from tests.web.people import JOINED, meet, open_page, sees_people

ADMIN = "ada-lind"
OTHER_ADMIN = "eve-berg"
SPACE = "global:lobby:hall"


@pytest.fixture
def hall_server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server whose operator named two administrators."""
    server = LiveServer(tmp_path, system_admins=f"{ADMIN},{OTHER_ADMIN}")
    try:
        yield server.start()
    finally:
        server.stop()


async def _sign_in(page: Page, server: LiveServer, name: str) -> None:
    account, wif = server.new_account(name)
    await open_page(page, server, f"/#space={SPACE}")
    await page.click("#tab-account")
    await page.fill("#field-account", account)
    await page.fill("#field-wif", wif)
    await page.press("Enter")
    await page.until(JOINED)


async def _press(page: Page, label: str, within: str = ".hall") -> None:
    """Press the button of this label once it is there."""
    find = (
        f"[...document.querySelectorAll({json.dumps(within + ' button')})].find((e) =>"
        f" e.textContent === {json.dumps(label)} && e.offsetParent !== null)"
    )
    await page.until(f"Boolean({find})")
    await page.evaluate(f"{find}.click()")


async def _sees(page: Page, selector: str, text: str) -> None:
    await page.until(
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        f".some((e) => e.textContent.includes({json.dumps(text)}))"
    )


async def _set_mode(page: Page, mode: str) -> None:
    await page.evaluate(
        "(() => { const e = document.querySelector('.hall-select');"
        f" e.value = {json.dumps(mode)}; e.dispatchEvent(new Event('change')); }})()"
    )


async def _more_about(page: Page, name: str) -> None:
    await page.click(f"[aria-label='More about {name}']")
    await page.until("document.querySelector('.person-menu')?.open")


async def _shown_labels(page: Page) -> list[str]:
    labels: list[str] = await page.evaluate(
        "[...document.querySelectorAll('.hall button, .person-menu button')]"
        ".filter((e) => e.offsetParent !== null).map((e) => e.textContent)"
    )
    return labels


async def test_a_mode_and_a_speaker_are_seen_by_all(
    browser: Browser, hall_server: LiveServer
) -> None:
    """In announcement who is granted the role is heard by the others, and their pages say so."""
    ada, ben, cay = [await browser.new_page() for _ in range(3)]
    await _sign_in(ada, hall_server, ADMIN)
    await _sign_in(ben, hall_server, "ben-holm")
    await meet(cay, hall_server, "Cay", SPACE)
    for page in (ada, ben, cay):
        await page.click(".side-tabs .segment:last-child")
    await _sees(cay, ".hall h2", "Ambient")

    await _set_mode(ada, "announcement")
    for page in (ada, ben, cay):
        await _sees(page, ".hall h2", "Announcement")
    await _press(ben, "Ask to speak")
    await _sees(ada, ".requests", "ben-holm")
    await _press(ada, "Grant")

    await _sees(ben, ".hall-speaker", "You speak")
    for page in (ada, cay):
        await _sees(page, ".heard [data-kind=speaker]", "ben-holm")
        assert await page.texts(".heard .heard-name") == ["ben-holm"]
    assert await cay.text(".floor-mode") == "Announcement · ben-holm speaks"
    await _more_about(ben, ADMIN)
    await _press(ben, "Pass the speaker role", ".person-menu")
    await _sees(cay, ".hall-speaker", ADMIN)
    await _press(ada, "Stop speaking")
    await _sees(cay, ".hall-speaker", "Nobody speaks")


async def test_a_queue_shows_my_place(browser: Browser, hall_server: LiveServer) -> None:
    """Who queues reads their place, gives it up, or has the microphone when it is passed on."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await _sign_in(ada, hall_server, ADMIN)
    await _sign_in(ben, hall_server, "ben-holm")
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    await _press(ada, "Set a microphone up")
    await _press(ada, "Take it")
    await _sees(ben, ".hall-holder", f"{ADMIN} has it")

    await _press(ben, "Queue for it")
    await _sees(ben, ".hall-place", "You are next")
    await _press(ben, "Leave the queue")
    await ben.until("!document.querySelector('.hall-place')")
    await _press(ben, "Queue for it")
    await _sees(ben, ".hall-place", "You are next")
    await _press(ada, "Give back")
    await _sees(ben, ".hall-holder", "You have it")
    assert await ben.texts(".hall-place") == []
    await _press(ada, "Take away")
    await _sees(ben, ".hall-holder", "Free")


async def test_a_question_is_asked_voted_and_answered(
    browser: Browser, hall_server: LiveServer
) -> None:
    """What was asked and voted for is picked and answered, and then stands in the record."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await _sign_in(ada, hall_server, ADMIN)
    await _sign_in(ben, hall_server, "ben-holm")
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    await _press(ada, "Set a microphone up")
    await _press(ada, "Take questions")
    await ben.until("document.querySelector('.question-form')?.offsetParent")
    await ben.fill(".question-form .input", "Who <b>pays</b> for it?")
    await ben.press("Enter")
    await _sees(ada, ".questions-list .question-text", "Who <b>pays</b> for it?")

    await _press(ada, "Vote")
    await _sees(ben, ".question-votes", "1 vote")
    await _press(ada, "Pick next")
    await _sees(ben, ".question.asking", "ben-holm asks now")
    await _sees(ben, ".hall-holder", "You have it")
    await _press(ada, "Answered")
    await ben.until("!document.querySelector('.question')")
    await _press(ada, "Close questions")
    await _sees(ben, ".questions", "No questions are taken now")
    record = await ada.evaluate(
        """new Promise((resolve) => {
          const real = URL.createObjectURL;
          URL.createObjectURL = (file) => (file.text().then(resolve), real(file));
          document.querySelector('.export').click();
        })"""
    )
    assert "Who <b>pays</b> for it?" in record
    assert "answered" in record


async def test_only_moderators_see_moderators_controls(
    browser: Browser, hall_server: LiveServer
) -> None:
    """A guest is offered their own ears; a moderator mutes and puts out, and it is said why."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await _sign_in(ada, hall_server, ADMIN)
    await meet(ben, hall_server, "Ben", SPACE)
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    await _sees(ben, ".hall h2", "Ambient")
    assert await _shown_labels(ben) == []
    assert not await ben.evaluate("document.querySelector('.hall-select')")

    await _sees(ben, ".heard .heard-name", ADMIN)
    await _more_about(ben, ADMIN)
    assert await _shown_labels(ben) == ["Mute for me", "Block", "Close"]
    await _press(ben, "Mute for me", ".person-menu")
    await ben.until("!document.querySelector('.heard .heard-name')")
    await _more_about(ben, ADMIN)
    await _press(ben, "Hear them again", ".person-menu")
    await _sees(ben, ".heard .heard-name", ADMIN)

    await _press(ada, "Mute everybody")
    await _sees(ben, ".hall-note", "Everybody is muted")
    await _press(ben, "Unmute myself")
    await _sees(ada, ".heard .heard-name", "Ben")
    await _more_about(ada, "Ben")
    await _press(ada, "Mute and lock", ".person-menu")
    await _sees(ben, ".hall-note", "A moderator has muted you")
    assert "Unmute myself" not in await _shown_labels(ben)
    await _more_about(ada, "Ben")
    await _press(ada, "Put out", ".person-menu")
    await _sees(ben, ".cover [role=alert]", f"{ADMIN} put you out of this space.")
    await sees_people(ada, ADMIN)


async def test_a_refusal_is_said_in_words(browser: Browser, hall_server: LiveServer) -> None:
    """What the server does not allow is explained in its own words and changes nothing."""
    ada, eve = await browser.new_page(), await browser.new_page()
    await _sign_in(ada, hall_server, ADMIN)
    await ada.click(".side-tabs .segment:last-child")
    await _sign_in(eve, hall_server, OTHER_ADMIN)
    await _more_about(ada, OTHER_ADMIN)
    await _press(ada, "Put out", ".person-menu")

    await ada.until("document.querySelector('.toast')?.textContent.length > 20")
    await sees_people(ada, ADMIN, OTHER_ADMIN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_hall_fits_a_phone(
    browser: Browser, hall_server: LiveServer, tmp_path: Path, scheme: str
) -> None:
    """With every part of it shown the hall scrolls downwards only, and so does a person's menu."""
    ada, ben = await browser.new_page(), await browser.new_page()
    fits = "document.documentElement.scrollWidth <= innerWidth && innerWidth === 390"
    await ben.viewport(390, 844, phone=True)
    for page, name in ((ada, ADMIN), (ben, "ben-holm")):
        await _sign_in(page, hall_server, name)
        await page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        await page.click(".side-tabs .segment:last-child")
    await _set_mode(ada, "stage")
    await _press(ben, "Ask to speak")
    await _press(ada, "Grant")
    await _press(ada, "Set a microphone up")
    await _press(ada, "Take questions")
    await ben.until("document.querySelector('.question-form')?.offsetParent")
    await ben.fill(".question-form .input", "averylongwordwithoutanyspace" * 6)
    await ben.press("Enter")
    await _sees(ada, ".questions-list .question-text", "averylong")
    await _sees(ada, ".heard [data-kind=speaker]", "ben-holm")
    await ben.until(fits)
    assert await ben.evaluate(
        "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.hall'))"
    )
    await ben.screenshot(tmp_path / "hall-phone.png")
    await ada.screenshot(tmp_path / "hall-desk.png")
    await _more_about(ada, "ben-holm")
    await ada.screenshot(tmp_path / "person.png")
    await ben.click(".side-tabs .people-tab")
    await ben.until("document.querySelector('.roster').offsetParent")
    await ben.screenshot(tmp_path / "people-phone.png")
    await _more_about(ben, ADMIN)
    await ben.until(fits)
    await ben.screenshot(tmp_path / "person-phone.png")
