"""What the page costs a browser: `python -m tests.browser.measure` prints the table.

Speed is shown here and asserted nowhere. What is not a matter of speed, such as how many elements
a message adds, is asserted by test_budget.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from tests import services
from tests.browser.acting import is_connected, is_shown, messages
from tests.chatter import Chatter, Socket
from tests.faults.test_stampede import crowd
from tests.running import RunningServer, running_server

FREE = {"POSTS_PER_SECOND": "1000000", "CONNECTIONS_PER_USER": "1000"}
CROWDS = (1, 50, 500)
LONG = 10_000
TIMES = 20

# From the first moment of each page on: which elements come into the timeline, in which frame.
WATCH = """
  window.drawn = [];
  window.longTasks = [];
  let frame = 0;
  const count = () => { frame += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
  new PerformanceObserver((list) => {
    longTasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask", buffered: true });
  const watch = (items) => new MutationObserver((records) => {
    const added = records.flatMap(({ addedNodes }) => [...addedNodes]);
    const removed = records.flatMap(({ removedNodes }) => [...removedNodes]);
    const is = (each) => each.localName === "article";
    const entry = { frame, at: performance.now(), added: added.length, removed: removed.length,
      articles: added.filter(is).length, nodes: items.querySelectorAll("article").length };
    drawn.push(entry);
    requestAnimationFrame(() => setTimeout(() => { entry.painted = performance.now(); }));
  }).observe(items, { childList: true });
  const wait = new MutationObserver(() => {
    const items = document.querySelector(".message-list__items");
    if (!items) return;
    wait.disconnect();
    watch(items);
  });
  wait.observe(document, { childList: true, subtree: true });
"""

# Upwards, a window's height a frame, until the beginning is in sight or so many frames are over.
SCROLL = """async (most) => {
  const log = document.querySelector("[role=log]");
  const beginning = document.querySelector(".message-list__beginning");
  const frames = [];
  longTasks.length = 0;
  let last = await new Promise(requestAnimationFrame);
  while (beginning.hidden && frames.length < most) {
    log.scrollTop -= log.clientHeight;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  await new Promise((done) => setTimeout(done, 100));
  return { frames, tasks: longTasks };
}"""

# The same jumps in the middle of what is drawn already: what the browser's own painting takes.
JUMP = """async (times) => {
  const log = document.querySelector("[role=log]");
  const middle = log.scrollHeight / 2;
  const frames = [];
  let last;
  for (let number = -2; number < times; number += 1) {
    log.scrollTop = middle + (((number + 2) % 5) - 2) * log.clientHeight;
    const now = await new Promise(requestAnimationFrame);
    if (number >= 0) frames.push(now - last);
    last = now;
  }
  return frames;
}"""

TO_BUBBLE = """() => { window.bubble = new Promise((tell) => {
  const before = drawn.length;
  addEventListener("keydown", ({ timeStamp }) => {
    const look = () => {
      const entry = drawn.slice(before).find(({ articles }) => articles);
      if (entry?.painted) tell(entry.painted - timeStamp);
      else requestAnimationFrame(look);
    };
    look();
  }, { once: true, capture: true });
}); }"""


async def fill(tab: Socket, count: int) -> None:
    """So many messages, as fast as they are taken."""
    for start in range(0, count, 500):
        numbers = range(start, min(start + 500, count))
        for number in numbers:
            await tab.send(message=f"message {number}: {'some words ' * (number % 9)}")
        for _ in numbers:
            await tab.sees("ack", within=60)
        for kept in (tab.got, tab.frames, tab.unseen):
            kept.clear()


@asynccontextmanager
async def everybody(people: list[Chatter], room: str) -> AsyncIterator[None]:
    """All of them in the room."""
    sockets = [await each.connect(f"{room}/") for each in people]
    try:
        for socket in sockets:
            await socket.sees("room.subscribed", within=60)
        yield
    finally:
        for socket in sockets:
            socket.line.transport.abort()


async def watched(browser: Browser, person: Chatter) -> Page:
    context = await browser.new_context(
        base_url=person.server.address, viewport={"width": 1280, "height": 800}
    )
    key = person.web.cookies["sessionid"]
    address = person.server.address
    await context.add_cookies([{"name": "sessionid", "value": key, "url": address}])
    await context.add_init_script(WATCH)
    return await context.new_page()


async def drawn(page: Page) -> list[dict[str, Any]]:
    """What came into the timeline since this was asked last."""
    entries: list[dict[str, Any]] = await page.evaluate("drawn.splice(0)")
    return entries


async def first_drawing(page: Page, room: str) -> tuple[list[dict[str, Any]], float]:
    """What was drawn when the page opened; and milliseconds from the HTML to the drawn room."""
    await page.goto(f"/chat/{room}/")
    await expect(messages(page).last).to_be_visible()
    await page.evaluate("new Promise((done) => setTimeout(done, 100))")
    entries = [entry for entry in await drawn(page) if entry["articles"]]
    arrived = await page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    return entries, entries[0]["painted"] - arrived


async def key_to_bubble(page: Page, number: int) -> float:
    """Milliseconds from pressing Enter to the painted bubble."""
    await page.keyboard.type(f"typed {number}")
    await page.evaluate(TO_BUBBLE)
    await page.keyboard.press("Enter")
    took: float = await page.evaluate("bubble")
    return took


async def cost_of_messages(page: Page, tab: Socket, count: int) -> dict[str, float]:
    """Milliseconds of the page's thread for each new message of somebody else."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    before = await metrics(session)
    for number in range(count):
        await tab.post(f"news {number}, for everybody here")
        await is_shown(page, tab.username, f"news {number},")
    after = await metrics(session)
    parts = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
    return {part: (after[part] - before[part]) / count * 1000 for part in parts}


async def metrics(session: Any) -> dict[str, float]:
    answer = await session.send("Performance.getMetrics")
    return {each["name"]: each["value"] for each in answer["metrics"]}


# --- The table


async def main() -> None:
    with running_server(**FREE) as server:
        people = await asyncio.to_thread(crowd, server, max(CROWDS) + 1)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=services.find_chromium(), args=["--disable-gpu"]
            )
            print("| | |\n| --- | --- |")
            await measure(server, browser, people)
            await browser.close()


async def measure(server: RunningServer, browser: Browser, people: list[Chatter]) -> None:
    reader, writer = people[:2]
    await writer.web.get("/chat/")
    room = await writer.make_room("Many words")
    async with AsyncExitStack() as stack:
        tab = await stack.enter_async_context(writer.tab(room))
        await fill(tab, LONG)
        page = await watched(browser, reader)
        openings = [(await first_drawing(page, room))[1] for _ in range(TIMES)]
        tell("HTML to drawn room, 50 messages", spread(openings))
        await is_connected(page)
        await page.get_by_role("textbox", name="Message").focus()
        typed = [await key_to_bubble(page, number) for number in range(TIMES)]
        tell("key press to bubble", spread(typed))
        found = await page.evaluate(SCROLL, 100_000)
        frames, tasks = found["frames"], found["tasks"]
        tell(f"{LONG:,} messages scrolled through, frames", f"{len(frames):,}")
        tell("of them longer than 33 ms", str(sum(each > 33 for each in frames)))
        tell("frame", spread(frames))
        jumps = await page.evaluate(JUMP, 60)
        tell("frame of such a jump where everything is drawn already", spread(jumps))
        tell("longest task", f"{max(tasks, default=0):.0f} ms" if tasks else "below 50 ms")
        for count in CROWDS:
            async with everybody(people[2:count], room):
                await page.goto(f"/chat/{room}/")
                here = re.compile(rf"^{count + (count == 1)}$")
                await expect(page.locator(".people-count").first).to_have_text(here)
                parts = await cost_of_messages(page, tab, TIMES)
                script, layout, style = parts.values()
                words = f"{script:.1f} + {style:.1f} + {layout:.1f} ms"
                tell(f"a new message, {count} here: script + style + layout", words)


def spread(times: list[float]) -> str:
    return f"{median(times):.0f} ms ({min(times):.0f}–{max(times):.0f})"


def tell(what: str, words: str) -> None:
    print(f"| {what} | {words} |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
