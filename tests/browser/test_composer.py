"""What one writes with: completion of names and emoji, the picker, and files."""

import re

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.acting import (
    chooses,
    chooses_files,
    has_nothing_unsent,
    is_connected,
    is_shown,
    message_box,
    messages,
    opens_menu,
    photograph,
    say,
)
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
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
    # What was offered for a text that is sent is offered no more, however it was sent.
    await box.fill("Dear @ali")
    await expect(options(page).first).to_contain_text("@alice")
    await page.get_by_role("button", name="Send").click()
    await is_shown(page, "You", "Dear @ali")
    await expect(options(page)).to_have_count(0)


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
    await press("Escape")
    # And first in the row of a message.
    menu = await opens_menu(page, first)
    quick = menu.get_by_role("group", name="Quick reactions").get_by_role("button")
    for place, emoji in enumerate(("😃", "👋", "👍", "❤️")):
        await expect(quick.nth(place)).to_have_accessible_name(emoji)
    await expect(quick).to_have_count(7)


def tray(page: Page) -> Locator:
    return page.get_by_role("group", name="Files to send")


async def test_files_are_chosen_removed_sent_and_looked_at(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    other = await visit(company.server, company.alice, f"/chat/{room}/")
    await is_connected(page)
    notes: FilePayload = {"name": "Notes.txt", "mimeType": "text/plain", "buffer": b"soil, sun"}
    empty: FilePayload = {"name": "Empty.txt", "mimeType": "text/plain", "buffer": b""}
    await chooses_files(page, photograph(), notes, {**empty, "name": "Also empty.txt"}, empty)
    await expect(tray(page).get_by_role("listitem")).to_have_count(4)
    await expect(tray(page)).to_contain_text("This file is empty.")
    await is_fine(page, "the tray")
    # With one in trouble nothing is sent by accident.
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_have_text(
        ["2 files cannot be sent. Remove them, then send."]
    )
    # The next file moves to where the second click of a double one comes down.
    await tray(page).get_by_role("button", name="Remove Also empty.txt").dblclick()
    await expect(tray(page).get_by_role("listitem")).to_have_count(3)
    await tray(page).get_by_role("button", name="Remove Empty.txt").click()
    await expect(message_box(page)).to_be_focused()
    await expect(tray(page).get_by_role("status")).to_have_text("2 files ready to be sent")
    # What is ready survives a reload, as the text does.
    await page.reload()
    await is_connected(page)
    await expect(tray(page).get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("button", name="Send").click()
    await expect(tray(page)).to_be_hidden()
    await has_nothing_unsent(page)

    for reader, author in ((page, "You"), (other, "bob")):
        message = messages(reader).last
        await expect(message).to_have_accessible_name(re.compile(f"^{author}"))
        await expect(message.get_by_role("img", name="Harbour.png")).to_be_visible()
        await expect(message.get_by_role("link", name="Notes.txt")).to_be_visible()
    await is_fine(other, "a message with files")
    await other.get_by_role("button", name="Harbour.png").click()
    await expect(other.get_by_role("dialog", name="Picture")).to_be_visible()
    await is_fine(other, "a picture, large")
    await other.keyboard.press("Escape")
    await expect(other.get_by_role("button", name="Harbour.png")).to_be_focused()
    async with other.expect_download() as download:
        await messages(other).last.get_by_role("link", name="Notes.txt").click()
    assert (await (await download.value).path()).read_bytes() == b"soil, sun"

    # Words may be added, and taken away again: the files say enough.
    editing = page.get_by_text("Editing your message")
    for before, words in (("", ""), ("", "The plan"), ("The plan", "")):
        await message_box(page).press("ArrowUp")
        await expect(message_box(page)).to_have_value(before)
        await message_box(page).fill(words)
        await message_box(page).press("Enter")
        await expect(editing).to_be_hidden()
        if words:
            await is_shown(other, "bob", words)
    await expect(other.get_by_text("The plan")).to_have_count(0)


async def test_a_file_that_is_pasted_without_a_line_waits_for_it(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await chooses_files(page, photograph("First.png"))
    await expect(tray(page).get_by_role("status")).to_have_text("1 file ready to be sent")
    await page.context.set_offline(True)
    await message_box(page).evaluate(
        """(field) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File(["pasted"], "Second.txt", { type: "text/plain" }));
          field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData }));
        }"""
    )
    await expect(tray(page)).to_contain_text("Waiting for the connection.")
    await message_box(page).fill("Both of them")
    await page.keyboard.press("Enter")
    await expect(message_box(page)).to_have_value("Both of them")
    await page.context.set_offline(False)
    sent = await is_shown(page, "You", "Both of them")
    await expect(sent.get_by_role("img", name="First.png")).to_be_visible()
    await expect(sent.get_by_role("link", name="Second.txt")).to_be_visible()
    await expect(message_box(page)).to_have_value("")
    await has_nothing_unsent(page)


async def test_an_edit_in_one_tab_leaves_the_draft_of_another_alone(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "To be mended")
    sent = await is_shown(page, "You", "To be mended")
    other = await page.context.new_page()
    await other.goto(f"/chat/{room}/")
    await is_connected(other)
    await chooses(page, sent, "Edit")
    await message_box(other).fill("A long draft")
    await expect(page.get_by_text("Editing your message")).to_be_visible()
    await message_box(page).press("Escape")
    await expect(message_box(page)).to_have_value("A long draft")
    await expect(message_box(other)).to_have_value("A long draft")


async def test_an_edit_that_a_reload_brings_back_can_be_saved_and_taken_back_again(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "A")
    await has_nothing_unsent(page)
    await message_box(page).press("ArrowUp")
    await message_box(page).fill("A better one")
    await page.reload()
    await is_connected(page)
    await expect(message_box(page)).to_have_value("A better one")
    await message_box(page).press("Enter")
    await is_shown(page, "You", "A better one")
    await expect(message_box(page)).to_have_value("")
    # What it was at first is another text by now, also while that is still on its way.
    await message_box(page).press("ArrowUp")
    await message_box(page).fill("B")
    await message_box(page).press("Enter")
    await message_box(page).fill("A better one")
    await expect(messages(page).last.locator(".message__body")).to_have_text("B")
    await message_box(page).press("Enter")
    await expect(messages(page).last.locator(".message__body")).to_have_text("A better one")


async def test_two_tabs_that_are_written_in_at_once_lose_no_word_and_share_their_files(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await chooses_files(page, photograph())
    await expect(tray(page).get_by_role("status")).to_have_text("1 file ready to be sent")
    other = await page.context.new_page()
    await other.goto(f"/chat/{room}/")
    await is_connected(other)
    await expect(tray(other).get_by_role("status")).to_have_text("1 file ready to be sent")
    await message_box(page).type("I owe you")
    await message_box(other).type("and thirty")
    for each in (page, other):
        await expect(message_box(each)).to_have_value(re.compile("I owe you"))
        await expect(message_box(each)).to_have_value(re.compile("and thirty"))
    await message_box(page).press("Enter")
    await is_shown(other, "You", "and thirty")
    await expect(message_box(other)).to_have_value("")
    await expect(tray(other)).to_be_hidden()
    # And it does not come back by the other's way of keeping it.
    await page.reload()
    await is_connected(page)
    await expect(message_box(page)).to_have_value("")
    await expect(message_box(other)).to_have_value("")
    await say(other, "Nothing is attached to this")
    await is_shown(page, "You", "Nothing is attached to this")
    await has_nothing_unsent(other)
