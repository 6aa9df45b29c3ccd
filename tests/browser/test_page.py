"""What the page costs the network; and that it holds still."""

import asyncio
import json
import re
from typing import Any, Self

import pytest
from playwright.async_api import Page, Request, WebSocketRoute, expect

from tests.browser.acting import (
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


LONG = "hold still " * 40
FORMATTED = f"""**{LONG.strip()}** and `so` it *is*, @bob:
- one
- two, at https://example.com/a_b

> quoted
```
print("plain")
```"""
COLOURED = f"look: ```python\nprint('in colour')  # {LONG}\n```"
# With how many of these, before the server has said a word.
SAID = {LONG: 0, FORMATTED: 9, COLOURED: 1}
FORMAT = "strong, em, code, li, a, blockquote, .mention--me"
SIZES = {"phone": (390, 844), "wide": (1280, 800)}
RECTS = """each => each.map((one) => {
  const bubble = one.querySelector(".message__bubble");
  return [one, bubble].map((part) => JSON.stringify(part.getBoundingClientRect()));
})"""


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_jumps_when_a_message_is_sent(
    company: Company, visit: Visitor, room: str, size: str
) -> None:
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    phone = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
    options = {"viewport": viewport, "reduced_motion": "reduce", **phone}
    page = await visit(company.server, company.bob, "about:blank", **options)
    line = await HeldLine.before(page)
    await page.goto(f"/chat/{room}/")
    # On a phone they stand behind a button.
    await expect(page.locator(".person").first).to_be_attached()
    line.hold()
    body = page.locator("article .message__body").last
    for text, formats in SAID.items():
        await say(page, text)
        await expect(page.locator("[data-state=sending]")).to_have_count(1)
        await expect(body.locator(FORMAT)).to_have_count(formats)
        await body.evaluate("each => { each.firstChild.isFirst = true }")
        before = await rects(page)
        await line.let_through("ack")
        await expect(page.locator("[data-state=sending]")).to_have_count(0)
        assert await rects(page) == before
        await line.let_through("message.posted")
        line.say({"type": "typing.started", "room": room, "username": "alice"})
        await expect(page.get_by_text("alice is typing…")).to_be_visible()
        assert await rects(page) == before
        # Only for its colours it is drawn again.
        assert await body.evaluate("each => each.firstChild.isFirst ?? false") == (text != COLOURED)
        line.say({"type": "typing.stopped", "room": room, "username": "alice"})
        await expect(page.get_by_text("alice is typing…")).to_be_hidden()
    await expect(body.locator(".code .nb")).to_have_text("print")
    assert (await texts(page))[-3] == LONG.strip()
    keys = await page.locator("article").evaluate_all("each => each.map((one) => one.dataset.key)")
    assert len(set(keys)) == len(keys) == 6
    assert re.fullmatch(r"own:[0-9a-f-]{36}", keys[-1])


async def rects(page: Page) -> list[list[str]]:
    """Where each message and its bubble stand, once the next frame is drawn."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return await page.locator("article").evaluate_all(RECTS)


class HeldLine:
    """What the server says is held back, and let through by its kind."""

    def __init__(self) -> None:
        self.socket: WebSocketRoute | None = None
        self.is_held = False
        self.held: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @classmethod
    async def before(cls, page: Page) -> Self:
        line = cls()
        await page.route_web_socket(re.compile("/ws/"), line.stand_between)
        return line

    def stand_between(self, socket: WebSocketRoute) -> None:
        self.socket = socket
        socket.connect_to_server().on_message(self.hear)

    def hear(self, frame: str | bytes) -> None:
        said = json.loads(frame)
        for event in said if isinstance(said, list) else [said]:
            if self.is_held:
                self.held.put_nowait(event)
            else:
                self.say(event)

    def hold(self) -> None:
        self.is_held = True

    def say(self, event: dict[str, Any]) -> None:
        assert self.socket
        self.socket.send(json.dumps(event))

    async def let_through(self, kind: str) -> None:
        """The first of that kind, as soon as it comes; others wait on."""
        others = []
        while (event := await asyncio.wait_for(self.held.get(), 10))["type"] != kind:
            others.append(event)
        for other in others:
            self.held.put_nowait(other)
        self.say(event)


async def test_things_are_found_by_names_that_stay(
    company: Company, visit: Visitor, room: str
) -> None:
    """Scripts, aids and tests that are not ours go by them."""
    page = await visit(company.server, company.alice, "/chat/")
    await expect(page.get_by_role("textbox", name="Room name", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Enter room", exact=True)).to_be_visible()
    await page.goto(f"/chat/{room}/")
    await is_connected(page)
    await expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    await expect(page.get_by_role("list", name="People here", exact=True)).to_be_visible()
    await expect(page.get_by_role("navigation", name="Rooms", exact=True)).to_be_visible()
    await expect(page.get_by_role("status", name="Connection", exact=True)).to_be_empty()
    log = page.get_by_role("log", name="Messages", exact=True)
    own = log.get_by_role("article").first
    await expect(own).to_have_accessible_name(re.compile("^You"))
    await own.hover()
    await own.get_by_role("button", name="Message actions", exact=True).click()
    menu = page.get_by_role("group", name="Message actions", exact=True)
    for name in ("Edit", "Delete", "Reply", "React", "Copy link"):
        await expect(menu.get_by_role("button", name=name, exact=True)).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Search messages", exact=True).click()
    await expect(page.get_by_role("searchbox", name="Search messages", exact=True)).to_be_focused()
