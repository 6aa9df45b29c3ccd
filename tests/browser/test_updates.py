"""A page that stays open while its server is updated, and parts of a page that do not come."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import connection, is_connected, log, message_box, messages
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import Chatter
from tests.running import CHECKOUT, RunningServer, running_server

pytestmark = pytest.mark.asyncio

SWITCHING = "**/js/model/switcher.js"


def update(page: Page) -> Locator:
    return page.get_by_role("status", name="Update")


def trouble(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="This part of the page could not be loaded.")


def change(server: RunningServer) -> None:
    """The dialog of keys needs, from now on, something that the model of keys did not have."""
    files = {
        name: CHECKOUT / "static/js" / name for name in ("model/keys.js", "elements/keys-dialog.js")
    }
    newer = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    newer["model/keys.js"] += "export const SINCE = 2;\n"
    imports = "import { keyCaps }"
    assert imports in newer["elements/keys-dialog.js"]
    newer["elements/keys-dialog.js"] = newer["elements/keys-dialog.js"].replace(
        imports, "import { SINCE, keyCaps }"
    )
    for name, text in newer.items():
        place = server.data / "newer/js" / name
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
    server.environment["DJANGO_SETTINGS_MODULE"] = "tests.updated"


async def test_an_open_page_tells_of_an_update_and_is_loaded_anew_when_its_reader_says_so(
    visit: Visitor,
) -> None:
    with running_server() as server:
        alice = await Chatter(server, "alice").sign_up()
        room = await alice.make_room()
        async with alice.tab(room) as tab:
            for number in range(30):
                await tab.post(f"message {number}")
        page = await visit(server, alice, f"/chat/{room}/")
        lobby = await page.context.new_page()
        await lobby.goto("/chat/")
        await expect(connection(lobby)).to_be_empty()
        await page.bring_to_front()
        await is_connected(page)
        await message_box(page).fill("half a sen")
        await log(page).evaluate("log => log.scrollTo(0, log.scrollHeight / 3)")
        read = messages(page).filter(has_text="message 12")
        place = await read.bounding_box()

        server.stop()
        change(server)
        server.start()
        for each in (page, lobby):
            await expect(update(each)).to_contain_text("ChatApp was updated.")
            await expect(connection(each)).to_be_empty()
            await is_fine(each, "updated")
        await expect(message_box(page)).to_be_focused()
        assert await read.bounding_box() == place

        # What comes now is of the other version, and may not fit.
        await page.get_by_role("button", name="Keyboard shortcuts").click()
        await expect(trouble(page)).to_contain_text("or reload the page")

        # What is put off stays so, whatever becomes of the line.
        await update(lobby).get_by_role("button", name="Later").click()
        await expect(update(lobby)).to_be_empty()
        await expect(lobby.get_by_role("main")).to_be_focused()
        await page.context.set_offline(True)
        await expect(connection(lobby)).not_to_be_empty()
        await page.context.set_offline(False)
        await expect(connection(lobby)).to_be_empty()
        await expect(update(lobby)).to_be_empty()

        await message_box(page).press_sequentially("tence")
        await update(page).get_by_role("button", name="Reload").click()
        await expect(update(page)).to_be_empty()
        await is_connected(page)
        await expect(message_box(page)).to_have_value("half a sentence")
        await page.get_by_role("button", name="Keyboard shortcuts").click()
        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        await alice.web.aclose()


async def test_a_part_that_does_not_come_is_told_of_and_comes_with_the_next_try(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, "/chat/")
    for path in (f"/chat/{room}/", "/chat/"):
        await page.goto(path)
        await expect(connection(page)).to_be_empty()
        await page.context.route(SWITCHING, lambda route: route.abort())
        await page.keyboard.press("Control+k")
        await expect(trouble(page)).to_be_visible()
        await is_fine(page, f"in trouble on {path}")
        await page.context.unroute(SWITCHING)
        await page.keyboard.press("Control+k")
        await expect(page.get_by_role("dialog", name="Go to a room")).to_be_visible()
        await expect(trouble(page)).to_have_count(0)
