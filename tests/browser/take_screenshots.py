"""Make the pictures of docs/screenshots anew: `python -m tests.browser.take_screenshots`.

A server of its own, four people who talk, and the main pages: wide and phone, light and dark. What
opens above a page, and a conversation of two, are taken once.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests import services
from tests.browser.acting import connection, is_shown, message_box
from tests.chatter import Chatter
from tests.running import CHECKOUT, RunningServer, running_server

PICTURES = CHECKOUT / "docs" / "screenshots"
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")

TALK = [
    ("grace", "Morning! Is anybody else up for moving the release to Thursday?"),
    ("alan", "Thursday works. I would rather ship it rested than fast."),
    ("ada", "Then Thursday it is. I'll move the announcement."),
    ("edsger", "The last test that still failed was a clock, not us 🕰️"),
    ("grace", "Found it on the train, under my coat. Patch is in."),
    ("grace", "Who brings the cake?"),
    ("ada", "I do 🎂 Lemon, unless somebody objects."),
    ("alan", "Nobody has ever objected to lemon."),
]

DRAFT = """Here is the part that everybody asks about. **Two things** to check:

1. the clock is read _once_ a batch
2. nobody reads it anywhere else

```python
def next_ticks(room: Room, count: int) -> range:
    # One row, locked: two writers never get the same tick.
    clock = Clock.objects.select_for_update().get(room=room)
    clock.value += count
    clock.save(update_fields=["value"])
    return range(clock.value - count + 1, clock.value + 1)
```"""
CONVERSATION = [
    ("grace", "Have you got five minutes for the patch?"),
    ("ada", "Always. Is it the one from under your coat?"),
    ("grace", DRAFT),
    ("ada", "> nobody reads it anywhere else\n\nI looked: `history.py` does, line 40."),
    ("grace", "Good eyes 👀 Gone in a minute."),
]


async def main() -> None:
    with running_server() as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=services.find_chromium(), args=["--disable-gpu"]
            )
            await picture_everything(server, browser)
            await browser.close()


async def picture_everything(server: RunningServer, browser: Browser) -> None:
    people = {
        name: await Chatter(server, name).sign_up() for name in ("ada", "grace", "alan", "edsger")
    }
    for name, display in [
        ("ada", "Ada"),
        ("grace", "Grace"),
        ("alan", "Alan"),
        ("edsger", "Edsger"),
    ]:
        await people[name].submit("/accounts/", display_name=display)
    room = await people["ada"].make_room("Release day")
    for other in ("Größe & Höhe", "Espace café", "Lemon cake 🍋", "Random"):
        await people["grace"].make_room(other)
    for other in ("Espace café", "Random"):
        await people["ada"].make_room(other)
    body = {"kind": "direct", "people": ["grace"]}
    answer = await people["ada"].post_json("/chat/", body)
    conversation = answer.json()["room"]
    for name, text in CONVERSATION:
        async with people[name].tab(conversation) as tab:
            await tab.post(text)
    async with asyncio.TaskGroup() as group:
        there = asyncio.Event()
        for name in ("grace", "alan", "edsger"):
            group.create_task(stay(people[name], room, there))
        for name, text in TALK:
            async with people[name].tab(room) as tab:
                await tab.post(text)
        for size in SIZES:
            for scheme in SCHEMES:
                await picture(server, browser, people["ada"], room, size, scheme)
        await picture_details(server, browser, people["ada"], room, conversation)
        there.set()


async def stay(person: Chatter, room: str, until: asyncio.Event) -> None:
    async with person.tab(room):
        await until.wait()


async def picture(
    server: RunningServer, browser: Browser, ada: Chatter, room: str, size: str, scheme: str
) -> None:
    context = await window(server, browser, size, scheme)
    page = await context.new_page()
    suffix = f"{size}-{scheme}.png"
    await page.goto("/accounts/login/")
    await page.screenshot(path=PICTURES / f"entrance-{suffix}")
    await sign_in(context, ada)
    await page.goto("/chat/")
    await page.screenshot(path=PICTURES / f"rooms-{suffix}")
    await page.goto(f"/chat/{room}/")
    await everybody_is_here(page)
    await page.screenshot(path=PICTURES / f"room-{suffix}")
    await context.close()


async def picture_details(
    server: RunningServer, browser: Browser, ada: Chatter, room: str, conversation: str
) -> None:
    context = await window(server, browser, "wide", "light")
    await sign_in(context, ada)
    page = await context.new_page()
    await page.goto(f"/chat/{conversation}/")
    await is_shown(page, "Grace", CONVERSATION[-1][1])
    await expect(connection(page)).to_be_empty()
    await page.screenshot(path=PICTURES / "conversation.png")
    await page.goto(f"/chat/{room}/")
    await everybody_is_here(page)
    await message_box(page).fill("Lemon it is")
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await page.get_by_role("searchbox", name="Find emoji").fill("cake")
    await expect(page.get_by_role("group", name="Found")).to_be_visible()
    await page.screenshot(path=PICTURES / "emoji.png")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Go to a room").fill("e")
    await page.screenshot(path=PICTURES / "switcher.png")
    await context.close()


async def everybody_is_here(page: Page) -> None:
    await is_shown(page, "Alan", TALK[-1][1])
    await expect(connection(page)).to_be_empty()
    await expect(page.locator(".people-count").first).to_have_text("4")


async def window(server: RunningServer, browser: Browser, size: str, scheme: str) -> BrowserContext:
    return await browser.new_context(
        base_url=server.address,
        viewport=SIZES[size],  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1,
        has_touch=size == "phone",
        is_mobile=size == "phone",
        reduced_motion="reduce",
    )


async def sign_in(context: BrowserContext, person: Chatter) -> None:
    cookie = person.web.cookies["sessionid"]
    address = person.server.address
    await context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])


if __name__ == "__main__":
    Path.mkdir(PICTURES, parents=True, exist_ok=True)
    asyncio.run(main())
