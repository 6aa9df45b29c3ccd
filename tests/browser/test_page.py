"""What the page costs the network; and that it holds still."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Request

from tests.browser.acting import (
    has_nothing_unsent,
    is_connected,
    say,
    texts,
)
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = pytest.mark.asyncio

REQUESTS = 70
COMPRESSED_BYTES = 120 * 1024


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
    asked: dict[str, str] = {}
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")

    def note(event: dict[str, Any]) -> None:
        response = event["response"]
        if not response.get("fromDiskCache") and event["type"] != "WebSocket":
            asked[event["requestId"]] = response["url"]

    session.on("Network.responseReceived", note)
    cached: set[str] = set()
    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    await page.goto(page.url)
    await is_connected(page)
    await page.wait_for_load_state("networkidle")
    return [url for number, url in asked.items() if number not in cached]


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
