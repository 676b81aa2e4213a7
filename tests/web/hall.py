"""What people do in a space's hall at the page, and the space they do it in."""

from __future__ import annotations

import json

from tests.support.browser import Page
from tests.web.people import JOINED, LiveServer, open_page

ADMIN = "ada-lind"
OTHER_ADMIN = "eve-berg"
SPACE = "global:lobby:hall"


async def sign_in(page: Page, server: LiveServer, name: str) -> None:
    """Come in with an account made for this."""
    account, wif = server.new_account(name)
    await open_page(page, server, f"/#space={SPACE}")
    await page.click("#tab-account")
    await page.fill("#field-account", account)
    await page.fill("#field-wif", wif)
    await page.press("Enter")
    await page.until(JOINED)


async def press(page: Page, label: str, within: str = ".hall") -> None:
    """Press the button of this label once it is there."""
    find = (
        f"[...document.querySelectorAll({json.dumps(within + ' button')})].find((e) =>"
        f" e.textContent === {json.dumps(label)} && e.offsetParent !== null)"
    )
    await page.until(f"Boolean({find})")
    await page.evaluate(f"{find}.click()")


async def sees(page: Page, selector: str, text: str) -> None:
    """Wait until an element that matches says this, among other things."""
    await page.until(
        f"[...document.querySelectorAll({json.dumps(selector)})]"
        f".some((e) => e.textContent.includes({json.dumps(text)}))"
    )


async def set_mode(page: Page, mode: str) -> None:
    """Choose an audio mode, as an administrator does."""
    await page.evaluate(
        "(() => { const e = document.querySelector('.hall-select');"
        f" e.value = {json.dumps(mode)}; e.dispatchEvent(new Event('change')); }})()"
    )


async def more_about(page: Page, name: str) -> None:
    """Open the menu of what can be done about somebody."""
    await page.click(f"[aria-label='More about {name}']")
    await page.until("document.querySelector('.person-menu')?.open")


async def shown_labels(page: Page) -> list[str]:
    """Return what the buttons say that are seen now."""
    labels: list[str] = await page.evaluate(
        "[...document.querySelectorAll('.hall button, .person-menu button')]"
        ".filter((e) => e.offsetParent !== null).map((e) => e.textContent)"
    )
    return labels


async def set_microphone_up(page: Page, **choices: str) -> None:
    """Fill in the form of a microphone, as an administrator does, and send it."""
    await press(page, "Set a microphone up")
    await fill_form(page, **choices)
    await press(page, "Set up", ".hall-form")
    await page.until("!document.querySelector('.hall-form')")


async def take_questions(page: Page, **choices: str) -> None:
    """Open a Q&A session, as a moderator does."""
    await press(page, "Take questions")
    await fill_form(page, **choices)
    await press(page, "Open", ".hall-form")
    await page.until("!document.querySelector('.hall-form')")


async def fill_form(page: Page, **choices: str) -> None:
    """Fill in fields of the open form by name; "on" and "" tick and untick a box."""
    await page.until("document.querySelector('.hall-form')?.open")
    for name, value in choices.items():
        await page.evaluate(
            f"""(() => {{
              const field = document.querySelector('.hall-form [name={name}]');
              if (field.type === 'checkbox') field.checked = {json.dumps(bool(value))};
              else field.value = {json.dumps(value)};
            }})()"""
        )
