"""What a screen reader is told of by itself: new messages, each once, and nothing else."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.acting import (
    chooses,
    connection,
    has_nothing_unsent,
    is_connected,
    is_shown,
    message_box,
    messages,
    say,
    without_sockets,
)
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = pytest.mark.asyncio

# What is added inside of a live region is spoken, unless something nearer to it says "off". From
# the first moment of each page on; of a whole message, its words.
LISTEN = """
  window.spoken = [];
  const liveliness = (element) => element.closest("[aria-live]")?.getAttribute("aria-live");
  const listen = (log) => new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records) {
      for (const node of type === "characterData" ? [target] : addedNodes) {
        const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
        if (!element?.isConnected || liveliness(element) === "off") continue;
        if (!element.checkVisibility()) continue;
        const words = element.querySelector?.(".message__body") ?? node;
        if (words.textContent.trim()) window.spoken.push(words.textContent.trim());
      }
    }
  }).observe(log, { childList: true, characterData: true, subtree: true });
  const wait = new MutationObserver(() => {
    const log = document.querySelector("[role=log]");
    if (!log) return;
    wait.disconnect();
    listen(log);
  });
  wait.observe(document, { childList: true, subtree: true });
"""


async def spoken(page: Page) -> list[str]:
    said: list[str] = await page.evaluate("window.spoken.splice(0)")
    return said


async def test_the_log_speaks_new_messages_once_and_nothing_that_was_there_or_changes(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        for number in range(130):
            await alice.post(f"history {number}")
        old = await alice.post("**history**, formatted")
        page = await visit(company.server, company.bob, "/accounts/")
        await page.context.add_init_script(LISTEN)
        await page.goto(f"/chat/{room}/")
        await is_connected(page)
        # Older messages are loaded, and thrown away again on the way down.
        await page.get_by_role("log").evaluate("log => log.scrollTo(0, 0)")
        await expect(messages(page).filter(has_text="history 50")).to_be_attached()
        await page.get_by_role("log").evaluate("log => log.scrollTo(0, log.scrollHeight)")
        assert await spoken(page) == []

        first = await alice.post("Who waters the tomatoes?")
        await is_shown(page, "alice", "Who waters the tomatoes?")
        await alice.post("and the **basil**", reply_to=first["id"])
        await is_shown(page, "alice", "and the basil")
        await say(page, "I do")
        await has_nothing_unsent(page)
        await say(page, "with _care_")
        await expect(messages(page).last.locator("em")).to_be_visible()
        async with company.bob.tab(room) as phone:
            await phone.post("from another device")
        await is_shown(page, "You", "from another device")
        assert await spoken(page) == [
            "Who waters the tomatoes?",
            "and the basil",
            "I do",
            "with care",
            "from another device",
        ]

        # Changes of old and new ones are seen, and left to be read.
        await alice.asks("message.edit", message_id=old["id"], message="_history_, anew")
        await alice.asks("message.edit", message_id=first["id"], message="Who waters them?")
        await alice.asks("reaction.add", message_id=first["id"], emoji="🍅")
        await alice.asks("reaction.add", message_id=old["id"], emoji="🍅")
        await expect(page.get_by_role("list", name="Reactions")).to_have_count(2)
        await message_box(page).press("ArrowUp")
        await message_box(page).fill("from my phone")
        await message_box(page).press("Enter")
        await is_shown(page, "You", "from my phone")
        gone = messages(page).filter(has_text="I do")
        await chooses(page, gone, "Delete")
        await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        await expect(messages(page).filter(has_text="This message was deleted")).to_be_visible()
        async with company.charlie.tab(room):
            await expect(page.locator(".movement")).to_have_count(1)
        assert await spoken(page) == []

        # What was missed: a few are spoken, a flood is not; nor is what waited, or another room.
        await page.context.set_offline(True)
        await expect(connection(page)).not_to_be_empty()
        await say(page, "written without a line")
        for number in range(3):
            await alice.post(f"missed {number}")
        await page.context.set_offline(False)
        await is_shown(page, "alice", "missed 2")
        await has_nothing_unsent(page)
        assert sorted(await spoken(page)) == [
            *(f"missed {number}" for number in range(3)),
            "written without a line",
        ]
        await page.context.set_offline(True)
        await expect(connection(page)).not_to_be_empty()
        for number in range(40):
            await alice.post(f"flood {number}")
        await page.context.set_offline(False)
        await is_shown(page, "alice", "flood 39")
        assert await spoken(page) == []
        await alice.post("after the flood")
        await is_shown(page, "alice", "after the flood")
        assert await spoken(page) == ["after the flood"]

    await without_sockets(page)
    await page.reload()
    await say(page, "waits")
    assert await spoken(page) == ["waits"]
    await page.reload()
    await is_shown(page, "You", "waits")
    assert await spoken(page) == []
