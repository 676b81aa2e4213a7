"""The hall at the page: modes, the speaker, microphones, questions, moderators."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.browser import Browser
from tests.support.live_server import LiveServer
from tests.web.hall import (
    ADMIN,
    OTHER_ADMIN,
    SPACE,
    fill_form,
    more_about,
    press,
    sees,
    set_microphone_up,
    set_mode,
    shown_labels,
    sign_in,
    take_questions,
)
from tests.web.people import JOINED, meet, sees_people


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
    await set_microphone_up(ada)
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
    await set_microphone_up(ada)
    await take_questions(ada)
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
          document.querySelector('.export[data-format=csv]').click();
        })"""
    )
    assert "Who <b>pays</b> for it?" in record
    assert "answered" in record
    assert await ada.texts(".export") == ["Save the record (CSV)", "Save the record (JSON)"]
    record = await ada.evaluate(
        """new Promise((resolve) => {
          const real = URL.createObjectURL;
          URL.createObjectURL = (file) => (file.text().then(resolve), real(file));
          document.querySelector('.export[data-format=json]').click();
        })"""
    )
    (asked,) = json.loads(record)["questions"]
    assert (asked["text"], asked["status"]) == ("Who <b>pays</b> for it?", "answered")


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


async def test_who_is_banned_can_be_let_in_again(browser: Browser, hall_server: LiveServer) -> None:
    """A moderator reads who is banned, why and for how long, and ends it; then they come in."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    await ada.click(".side-tabs .segment:last-child")
    await more_about(ada, "ben-holm")
    await press(ada, "Ban for good", ".person-menu")
    await sees(ben, ".cover [role=alert]", f"{ADMIN} banned you from this space.")
    ben.expect_problem("status of 403")
    await press(ben, "Try again", ".cover")
    await sees(ben, ".cover h2", "You cannot enter this space")

    await press(ada, "Banned people")
    await sees(ada, ".bans .banned", "ben-holm")
    await sees(ada, ".bans .banned", f"By {ADMIN}, for good")
    await press(ada, "Let in again", ".bans")
    await sees(ada, ".hall-form .hint:not([hidden])", "Nobody is banned.")
    await press(ben, "Try again", ".cover")
    await ben.until(JOINED)


async def test_who_comes_later_sees_what_is_open(browser: Browser, hall_server: LiveServer) -> None:
    """Requests, mutes, one's place and one's votes outlive a reload and reach a new moderator."""
    ada, ben, eve = [await browser.new_page() for _ in range(3)]
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    await sign_in(eve, hall_server, OTHER_ADMIN)
    for page in (ada, ben, eve):
        await page.click(".side-tabs .segment:last-child")
    await set_mode(ada, "stage")
    await set_microphone_up(ada)
    await press(ada, "Take it")
    await press(ben, "Queue for it")
    await press(ben, "Ask to speak")
    await sees(ada, ".requests", "ben-holm")
    await more_about(ada, "ben-holm")
    await press(ada, "Mute for everybody", ".person-menu")
    await sees(ben, ".hall-note", "A moderator has muted you")

    for page in (ben, eve):
        await page.reload()
        await page.until(JOINED)
        await page.click(".side-tabs .segment:last-child")
    await sees(eve, ".requests", "ben-holm")
    await more_about(eve, "ben-holm")
    assert "Unmute" in await shown_labels(eve)
    await sees(ben, ".hall-note", "A moderator has muted you")
    await sees(ben, ".hall-place", "You are next")
    await press(ben, "Unmute myself")
    await press(ben, "Take my request back")


async def test_a_microphone_is_set_up_changed_and_removed(
    browser: Browser, hall_server: LiveServer
) -> None:
    """Every option that the server knows is in the form; what it refuses is said there."""
    ada, ben = await browser.new_page(), await browser.new_page()
    await sign_in(ada, hall_server, ADMIN)
    await sign_in(ben, hall_server, "ben-holm")
    for page in (ada, ben):
        await page.click(".side-tabs .segment:last-child")
    choices = {
        "microphone_name": "Front row",
        "broadcast_mode": "mixed",
        "required_permission": "subscriber",
        "time_limit_seconds": "90",
        "daily_quota_seconds": "600",
        "price_minor": "25",
        "price_currency": "HBD",
        "queue_enabled": "",
    }
    await set_microphone_up(ada, **choices)
    await sees(ben, ".hall-name", "Front row")
    kept = await ada.evaluate(
        """fetch('api/spaces/global/lobby/microphones?subspace=hall', { headers: { Authorization:
          `Bearer ${JSON.parse(sessionStorage.getItem('presence.identity')).token}` } })
          .then((answer) => answer.json()).then(({ microphones }) => microphones[0])"""
    )
    assert {name: str(kept[name]) for name in choices} == choices | {"queue_enabled": "False"}

    await press(ada, "Change")
    await fill_form(ada, broadcast_mode="full_volume", price_currency="x" * 17)
    await press(ada, "Change", ".hall-form")
    await sees(ada, ".hall-form .alert", "price_currency")
    await fill_form(ada, price_currency="HBD", microphone_name="Back row", queue_enabled="on")
    await press(ada, "Change", ".hall-form")
    await sees(ben, ".hall-name", "Back row")
    await press(ada, "Change")
    await press(ada, "Remove", ".hall-form")
    await ben.until("!document.querySelector('.hall-microphone')")


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
    await set_microphone_up(ada)
    await take_questions(ada)
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
