"""What people do and see on the room's page, by the names that assistive technology knows."""

import io
import json
import re

from PIL import Image
from playwright.async_api import FilePayload, Locator, Page, WebSocketRoute, expect


def message_box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def log(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def messages(page: Page) -> Locator:
    return log(page).get_by_role("article")


def people_here(page: Page) -> Locator:
    return page.get_by_role("list", name="People here").get_by_role("listitem")


def connection(page: Page) -> Locator:
    return page.get_by_role("status", name="Connection")


async def say(page: Page, text: str) -> None:
    await message_box(page).fill(text)
    await page.get_by_role("button", name="Send").click()


async def is_shown(page: Page, by: str, text: str) -> Locator:
    """The message of that author with that text, once it is there."""
    article = messages(page).filter(has_text=text).last
    await expect(article).to_be_visible()
    await expect(article).to_have_accessible_name(re.compile(rf"^{re.escape(by)}(,|$)"))
    return article


async def is_connected(page: Page) -> None:
    await expect(connection(page)).to_be_empty()
    await expect(people_here(page).first).to_be_visible()


async def opens_menu(page: Page, message: Locator) -> Locator:
    """The menu of that message, by mouse."""
    await message.hover()
    await message.get_by_role("button", name="Message actions").click()
    menu = page.get_by_role("group", name="Message actions")
    await expect(menu).to_be_visible()
    return menu


async def chooses(page: Page, message: Locator, action: str) -> None:
    menu = await opens_menu(page, message)
    await menu.get_by_role("button", name=action, exact=True).click()


def photograph(name: str = "Harbour.png") -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (800, 500), "teal").save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


async def chooses_files(page: Page, *files: FilePayload) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach files").click()
    await (await chooser.value).set_files(list(files))


async def texts(page: Page) -> list[str]:
    """What stands in the timeline, from top to bottom."""
    return await log(page).locator(".message__body").all_inner_texts()


async def becomes_true(page: Page, expression: str) -> None:
    """Playwright's wait_for_function asks again by eval, which the page's policy forbids."""
    for _ in range(500):
        if await page.evaluate(expression):
            return
        await page.evaluate("new Promise((done) => setTimeout(done, 20))")
    raise AssertionError(f"{expression} does not become true.")


async def has_nothing_unsent(page: Page) -> None:
    await expect(page.locator(".message--sending, .message--failed")).to_have_count(0)


# --- What stands between a page and its server


async def without_sockets(page: Page) -> None:
    """Pages load, but no socket is let through."""

    async def refuse(socket: WebSocketRoute) -> None:
        await socket.close(code=4503)

    await page.route_web_socket(re.compile("/ws/"), refuse)


async def refuses_posts(page: Page) -> None:
    await refuses(page, "message.post")


async def refuses(page: Page, type_: str) -> None:
    """From the next load on, a server in between refuses these commands."""

    def answer(socket: WebSocketRoute, frame: str | bytes, server: WebSocketRoute) -> None:
        command = json.loads(frame)
        if command["type"] != type_:
            server.send(frame)
            return
        refusal = {
            "type": "error",
            "code": "read_only",
            "detail": "This room is read-only just now.",
        }
        told = {key: command[key] for key in ("client_id", "ref") if key in command}
        socket.send(json.dumps(refusal | told))

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda frame: answer(socket, frame, server))

    await page.route_web_socket(re.compile("/ws/"), between)
