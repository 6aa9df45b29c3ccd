"""Make the pictures of docs/screenshots anew: `python -m tests.browser.take_screenshots`.

A server of its own, four people who talk, and the main pages: wide and phone, light and dark.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

from tests import services
from tests.browser.acting import connection, is_shown
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
        there.set()


async def stay(person: Chatter, room: str, until: asyncio.Event) -> None:
    async with person.tab(room):
        await until.wait()


async def picture(
    server: RunningServer, browser: Browser, ada: Chatter, room: str, size: str, scheme: str
) -> None:
    context = await browser.new_context(
        base_url=server.address,
        viewport=SIZES[size],  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1,
        has_touch=size == "phone",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    suffix = f"{size}-{scheme}.png"
    await page.goto("/accounts/login/")
    await page.screenshot(path=PICTURES / f"entrance-{suffix}")
    await context.add_cookies(
        [{"name": "sessionid", "value": ada.web.cookies["sessionid"], "url": server.address}]
    )
    await page.goto("/chat/")
    await page.screenshot(path=PICTURES / f"rooms-{suffix}")
    await page.goto(f"/chat/{room}/")
    await is_shown(page, "Alan", TALK[-1][1])
    await expect(connection(page)).to_be_empty()
    await expect(page.locator(".people-count").first).to_have_text("4")
    await page.screenshot(path=PICTURES / f"room-{suffix}")
    await context.close()


if __name__ == "__main__":
    Path.mkdir(PICTURES, parents=True, exist_ok=True)
    asyncio.run(main())
