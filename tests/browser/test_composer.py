"""What one writes with: completion of names and emoji, and the picker."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import (
    has_nothing_unsent,
    is_connected,
    is_shown,
    message_box,
    messages,
    opens_menu,
)
from tests.browser.conftest import Visitor
from tests.browser.test_axe import is_fine
from tests.cast import Company

pytestmark = pytest.mark.asyncio


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def picker(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Emoji")


async def test_names_and_emoji_are_completed_by_keyboard(
    company: Company, visit: Visitor, room: str
) -> None:
    await company.charlie.web.get(f"/chat/{room}/")
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    box, press = message_box(page), page.keyboard.press
    await page.keyboard.type("Dear @")
    await expect(options(page).first).to_contain_text("@alice")
    # Charlie belongs, is not here and has said nothing: the server knows.
    await page.keyboard.type("ch")
    await expect(options(page)).to_have_count(1)
    await expect(options(page).first).to_contain_text("@charlie")
    chosen = await options(page).first.get_attribute("id")
    await expect(box).to_have_attribute("aria-activedescendant", chosen or "")
    await is_fine(page, "completing")
    await press("Enter")
    await expect(box).to_have_value("Dear @charlie ")
    await expect(options(page)).to_have_count(0)
    await page.keyboard.type(":tad")
    await expect(options(page).first).to_contain_text(":tada:")
    await press("Tab")
    await expect(box).to_have_value("Dear @charlie 🎉")
    await expect(box).to_be_focused()
    await page.keyboard.type(" :smi")
    await expect(options(page).first).to_be_visible()
    await press("ArrowDown")
    await expect(options(page).nth(1)).to_have_attribute("aria-selected", "true")
    await press("Escape")
    await expect(options(page)).to_have_count(0)
    # No list, so Enter sends.
    await press("Enter")
    await is_shown(page, "You", "Dear @charlie 🎉 :smi")
    await has_nothing_unsent(page)


async def test_nothing_is_completed_while_an_input_method_composes(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await page.keyboard.type("@a")
    await expect(options(page).first).to_be_visible()
    await page.keyboard.press("Escape")
    await message_box(page).fill("")
    session = await page.context.new_cdp_session(page)
    composing = {"text": "@a", "selectionStart": 2, "selectionEnd": 2}
    await session.send("Input.imeSetComposition", composing)
    await expect(message_box(page)).to_have_value("@a")
    await expect(options(page)).to_have_count(0)
    await session.send("Input.insertText", {"text": "@a"})
    await expect(options(page).first).to_contain_text("@alice")
    await options(page).first.click()
    await expect(message_box(page)).to_have_value("@alice ")


async def test_the_picker_puts_emoji_into_the_message_and_below_others(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    press = page.keyboard.press
    button = page.get_by_role("button", name="Emoji", exact=True)
    await button.click()
    await expect(picker(page).get_by_role("searchbox", name="Find emoji")).to_be_focused()
    await is_fine(page, "the picker")
    await press("Escape")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await picker(page).get_by_role("radio", name="Dark skin tone", exact=True).check()
    await picker(page).get_by_role("searchbox").fill("waving hand")
    await press("ArrowDown")
    await expect(picker(page).get_by_role("button", name="waving hand")).to_be_focused()
    await press("Enter")
    await expect(message_box(page)).to_have_value("👋🏿")
    await expect(message_box(page)).to_be_focused()

    first = messages(page).filter(has_text="Who waters").first
    menu = await opens_menu(page, first)
    await menu.get_by_role("button", name="More emoji").click()
    # What was used last is on top, in the tone that was chosen.
    recent = picker(page).get_by_role("group", name="Recently used").get_by_role("button")
    await expect(recent).to_have_text(["👋🏿"])
    await press("ArrowDown")
    await expect(recent).to_be_focused()
    await press("ArrowDown")
    await press("ArrowRight")
    face = picker(page).get_by_role("button", name="grinning face with big eyes")
    await expect(face).to_be_focused()
    await press("Enter")
    await expect(picker(page)).to_be_hidden()
    await expect(first.get_by_role("button", name="😃 1: You")).to_be_visible()
    await expect(first.get_by_role("button", name="Message actions")).to_be_focused()

    await page.reload()
    await is_connected(page)
    await button.click()
    await expect(recent).to_have_text(["😃", "👋🏿"])
