"""The hall at the page: modes, the speaker, microphones, questions, moderators."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import Browser
from tests.support.live_server import LiveServer
from tests.web.hall import (
    ADMIN,
    OTHER_ADMIN,
    SPACE,
    more_about,
    press,
    sees,
    set_mode,
    shown_labels,
    sign_in,
)
from tests.web.people import meet, sees_people


async def test_a_mode_and_a_speaker_are_seen_by_all(
    browser: Browser, hall_server: LiveServer
) -> None:
    """In announcement who is granted the role is heard by the others, and their pages say so."""
    ada, ben, cay = [await browser.new_page() for _ in range(3)]
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    await meet(cay, hall_server, "Cay", SPACE)
    for page in (ada, ben, cay):
        await page.click(".side-tabs .segment:last-child")
    await sees(cay, ".hall h2", "Ambient")

    await set_mode(ada, "announcement")
    for page in (ada, ben, cay):
        await sees(page, ".hall h2", "Announcement")
    await press(ben, "Ask to speak")
    await sees(ada, ".requests", "ben-holm")
    await press(ada, "Grant")

    await sees(ben, ".hall-speaker", "You speak")
    for page in (ada, cay):
        await sees(page, ".heard [data-kind=speaker]", "ben-holm")
        assert await page.texts(".heard .heard-name") == ["ben-holm"]
    assert await cay.text(".floor-mode") == "Announcement · ben-holm speaks"
    await more_about(ben, ADMIN)
    await press(ben, "Pass the speaker role", ".person-menu")
    await sees(cay, ".hall-speaker", ADMIN)
    await press(ada, "Stop speaking")
    await sees(cay, ".hall-speaker", "Nobody speaks")


async def test_a_queue_shows_my_place(browser: Browser, hall_server: LiveServer) -> None:
    """Who queues reads their place, gives it up, or has the microphone when it is passed on."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    await press(ada, "Set a microphone up")
    await press(ada, "Take it")
    await sees(ben, ".hall-holder", f"{ADMIN} has it")

    await press(ben, "Queue for it")
    await sees(ben, ".hall-place", "You are next")
    await press(ben, "Leave the queue")
    await ben.until("!document.querySelector('.hall-place')")
    await press(ben, "Queue for it")
    await sees(ben, ".hall-place", "You are next")
    await press(ada, "Give back")
    await sees(ben, ".hall-holder", "You have it")
    assert await ben.texts(".hall-place") == []
    await press(ada, "Take away")
    await sees(ben, ".hall-holder", "Free")


async def test_a_question_is_asked_voted_and_answered(
    browser: Browser, hall_server: LiveServer
) -> None:
    """What was asked and voted for is picked and answered, and then stands in the record."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    await press(ada, "Set a microphone up")
    await press(ada, "Take questions")
    await ben.until("document.querySelector('.question-form')?.offsetParent")
    await ben.fill(".question-form .input", "Who <b>pays</b> for it?")
    await ben.press("Enter")
    await sees(ada, ".questions-list .question-text", "Who <b>pays</b> for it?")

    await press(ada, "Vote")
    await sees(ben, ".question-votes", "1 vote")
    await press(ada, "Pick next")
    await sees(ben, ".question.asking", "ben-holm asks now")
    await sees(ben, ".hall-holder", "You have it")
    await press(ada, "Answered")
    await ben.until("!document.querySelector('.question')")
    await press(ada, "Close questions")
    await sees(ben, ".questions", "No questions are taken now")
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
    await sign_in(ada, hall_server, ADMIN)
    await meet(ben, hall_server, "Ben", SPACE)
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    await sees(ben, ".hall h2", "Ambient")
    assert await shown_labels(ben) == []
    assert not await ben.evaluate("document.querySelector('.hall-select')")

    await sees(ben, ".heard .heard-name", ADMIN)
    await more_about(ben, ADMIN)
    assert await shown_labels(ben) == ["Mute for me", "Block", "Close"]
    await press(ben, "Mute for me", ".person-menu")
    await ben.until("!document.querySelector('.heard .heard-name')")
    await more_about(ben, ADMIN)
    await press(ben, "Hear them again", ".person-menu")
    await sees(ben, ".heard .heard-name", ADMIN)

    await press(ada, "Mute everybody")
    await sees(ben, ".hall-note", "Everybody is muted")
    await press(ben, "Unmute myself")
    await sees(ada, ".heard .heard-name", "Ben")
    await more_about(ada, "Ben")
    await press(ada, "Mute and lock", ".person-menu")
    await sees(ben, ".hall-note", "A moderator has muted you")
    assert "Unmute myself" not in await shown_labels(ben)
    await more_about(ada, "Ben")
    await press(ada, "Put out", ".person-menu")
    await sees(ben, ".cover [role=alert]", f"{ADMIN} put you out of this space.")
    await sees_people(ada, ADMIN)


async def test_a_refusal_is_said_in_words(browser: Browser, hall_server: LiveServer) -> None:
    """What the server does not allow is explained in its own words and changes nothing."""
    ada, eve = await browser.new_page(), await browser.new_page()
    await sign_in(ada, hall_server, ADMIN)
    await ada.click(".side-tabs .segment:last-child")
    await sign_in(eve, hall_server, OTHER_ADMIN)
    await more_about(ada, OTHER_ADMIN)
    await press(ada, "Put out", ".person-menu")

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
        await sign_in(page, hall_server, name)
        await page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        await page.click(".side-tabs .segment:last-child")
    await set_mode(ada, "stage")
    await press(ben, "Ask to speak")
    await press(ada, "Grant")
    await press(ada, "Set a microphone up")
    await press(ada, "Take questions")
    await ben.until("document.querySelector('.question-form')?.offsetParent")
    await ben.fill(".question-form .input", "averylongwordwithoutanyspace" * 6)
    await ben.press("Enter")
    await sees(ada, ".questions-list .question-text", "averylong")
    await sees(ada, ".heard [data-kind=speaker]", "ben-holm")
    await ben.until(fits)
    assert await ben.evaluate(
        "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.hall'))"
    )
    await ben.screenshot(tmp_path / "hall-phone.png")
    await ada.screenshot(tmp_path / "hall-desk.png")
    await more_about(ada, "ben-holm")
    await ada.screenshot(tmp_path / "person.png")
    await ben.click(".side-tabs .people-tab")
    await ben.until("document.querySelector('.roster').offsetParent")
    await ben.screenshot(tmp_path / "people-phone.png")
    await more_about(ben, ADMIN)
    await ben.until(fits)
    await ben.screenshot(tmp_path / "person-phone.png")
