"""The page in every state: for those who listen, for those without a mouse, for the network."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser.acting import (
    has_nothing_unsent,
    is_connected,
    is_shown,
    message_box,
    messages,
    say,
    texts,
)
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = pytest.mark.asyncio

REQUESTS = 70
COMPRESSED_BYTES = 120 * 1024


async def test_the_keyboard_alone_sends_edits_replies_reacts_and_deletes(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    press = page.keyboard.press
    await expect(message_box(page)).to_be_focused()
    await page.keyboard.type("Frist")
    await press("Enter")
    await is_shown(page, "You", "Frist")
    await has_nothing_unsent(page)
    await press("ArrowUp")
    for _ in range(4):
        await press("Backspace")
    await page.keyboard.type("irst")
    await press("Enter")
    await is_shown(page, "You", "First")

    await press("Shift+Tab")
    await press("Shift+Tab")
    await expect(messages(page).last).to_be_focused()
    await press("Home")
    await expect(messages(page).first).to_be_focused()
    await opens_by_keyboard(page)
    await press("Enter")
    await expect(page.get_by_role("button", name="👍 1: You")).to_be_visible()

    await opens_by_keyboard(page)
    await chooses_by_keyboard(page, "Reply")
    await expect(message_box(page)).to_be_focused()
    await page.keyboard.type("An answer")
    await press("Enter")
    await is_shown(page, "You", "An answer")
    await has_nothing_unsent(page)

    await press("Shift+Tab")
    await press("Shift+Tab")
    await opens_by_keyboard(page)
    await chooses_by_keyboard(page, "Delete")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await press("Tab")
    await press("Enter")
    await expect(messages(page).last).to_contain_text("This message was deleted")


async def opens_by_keyboard(page: Page) -> None:
    """From a message, or something in it, on to its button."""
    menu = page.get_by_role("group", name="Message actions")
    for _ in range(6):
        focused = await page.evaluate("document.activeElement.getAttribute('aria-label')")
        if focused == "Message actions":
            break
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(menu).to_be_visible()


async def chooses_by_keyboard(page: Page, action: str) -> None:
    for _ in range(10):
        if action in await page.evaluate("document.activeElement.innerText"):
            break
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")


async def test_the_first_load_keeps_its_budget_and_the_second_fetches_the_page_alone(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.charlie, "about:blank")
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    await page.goto(f"/chat/{room}/")
    await is_connected(page)
    await page.wait_for_load_state("networkidle")
    assert len(requests) < REQUESTS, [request.url for request in requests]
    sizes = await asyncio.gather(*(compressed(company, request.url) for request in requests))
    assert sum(sizes) < COMPRESSED_BYTES, sum(sizes)
    requests.clear()
    fetched = await fetches(page)
    assert fetched == [page.url]


async def fetches(page: Page) -> list[str]:
    """What a second visit asks the network for."""
    asked: list[str] = []
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")

    def note(event: dict[str, Any]) -> None:
        response = event["response"]
        if not response.get("fromDiskCache") and event["type"] != "WebSocket":
            asked.append(response["url"])

    session.on("Network.responseReceived", note)
    cached: set[str] = set()
    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    await page.goto(page.url)
    await is_connected(page)
    await page.wait_for_load_state("networkidle")
    return [url for url in asked if "/static/" not in url or not cached]


async def compressed(company: Company, url: str) -> int:
    if not url.startswith("http"):
        return 0
    headers = {"Accept-Encoding": "gzip"}
    async with company.charlie.web.stream("GET", url, headers=headers) as answer:
        return sum([len(chunk) async for chunk in answer.aiter_raw()])


async def test_nothing_jumps_when_a_message_is_sent(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "hold still")
    await has_nothing_unsent(page)
    keys = await page.locator("article").evaluate_all("each => each.map((one) => one.dataset.key)")
    assert len(set(keys)) == len(keys) == 4
    assert (await texts(page))[-1] == "hold still"
    assert re.fullmatch(r"own:[0-9a-f-]{36}", keys[-1])
