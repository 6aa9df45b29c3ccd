"""Formatted messages, as they are typed, seen, copied and edited."""

import pytest
from playwright.async_api import expect

from tests.browser.acting import (
    chooses,
    has_nothing_unsent,
    is_connected,
    is_shown,
    message_box,
    messages,
    say,
)
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = pytest.mark.asyncio

LONG = "x = 1  # " + "long " * 60
CODE = f"**look** @alice:\n```python\n{LONG}\nprint('<img src=x onerror=alert(1)>')\n```"


async def test_what_is_typed_with_signs_is_seen_formatted_and_edited_as_it_was_typed(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    alice = await visit(company.server, company.alice, f"/chat/{room}/")
    bob = await visit(
        company.server,
        company.bob,
        f"/chat/{room}/",
        permissions=["clipboard-read", "clipboard-write"],
    )
    await is_connected(alice)
    await is_connected(bob)
    await bob.get_by_role("button", name="Formatting").click()
    await expect(bob.get_by_role("heading", name="Formatting")).to_be_visible()
    await bob.keyboard.press("Escape")

    await say(bob, CODE)
    mine = await is_shown(bob, "You", "look")
    await has_nothing_unsent(bob)
    theirs = await is_shown(alice, "bob", "look")
    for message in (mine, theirs):
        await expect(message.locator("strong")).to_have_text("look")
        await expect(message.locator(".code .k, .code .nb").first).to_be_visible()
        await expect(message.locator("img")).to_have_count(0)
    await expect(theirs).to_contain_class("message--mentioned")
    await expect(theirs.locator(".mention--me")).to_have_text("@alice")
    await expect(mine).not_to_contain_class("message--mentioned")
    code = theirs.get_by_role("group", name="Code, python")
    assert await code.evaluate("each => each.scrollWidth > each.clientWidth")
    assert await alice.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await mine.get_by_role("button", name="Copy code").click()
    await expect(bob.get_by_text("Code copied.")).to_be_visible()
    copied = await bob.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(LONG)

    link = f"{company.server.address}/chat/{room}/#message-1"
    await say(bob, f"{link} https://example.org/x")
    links = (await is_shown(alice, "bob", "example.org")).get_by_role("link")
    await expect(links.nth(0)).not_to_have_attribute("target", "_blank")
    await expect(links.nth(1)).to_have_attribute("target", "_blank")
    await expect(links.nth(1)).to_have_attribute("rel", "noopener noreferrer nofollow")
    await is_fine(alice, "code")

    await chooses(bob, mine, "Edit")
    await expect(message_box(bob)).to_have_value(CODE)
    await message_box(bob).fill("🎉 👍")
    await message_box(bob).press("Enter")
    emoji = messages(alice).filter(has_text="🎉 👍").locator(".message__body--emoji")
    await expect(emoji).to_be_visible()
    await expect(messages(alice).first.locator(".code")).to_have_count(0)
