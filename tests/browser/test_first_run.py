"""From an empty data folder to two people who talk, as whoever starts the server does it."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.acting import is_connected, is_shown, messages, say
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.chatter import PASSWORD
from tests.running import running_server

pytestmark = pytest.mark.asyncio


async def signs_up(page: Page, name: str, button: str) -> None:
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Email").fill(f"{name}@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password (again)").fill(PASSWORD)
    await page.get_by_role("button", name=button).click()


async def test_the_link_of_the_start_leads_to_an_administrator_a_lobby_and_a_guest(
    visit: Visitor,
) -> None:
    with running_server(SIGNUP_OPEN="0") as server:
        page = await visit(server, path="/")
        await expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
        await is_fine(page, "the empty entrance")
        begin = next(line.strip() for line in server.log if "/setup/" in line)
        await page.goto(begin)
        await is_fine(page, "the setup")
        await signs_up(page, "ada", "Open the chat")
        await expect(page).to_have_url(re.compile("/chat/lobby/$"))
        await is_connected(page)
        await is_shown(page, "You", "Welcome!")
        assert await messages(page).count() == 2

        await page.get_by_role("link", name="Invite people").click()
        await page.get_by_role("button", name="Create link").click()
        field = page.get_by_role("textbox", name="Invitation link 1")
        link = await field.input_value()
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == link
        await is_fine(page, "the members")

        guest = await visit(server, path=link)
        await expect(guest.get_by_role("heading", name="Join Lobby")).to_be_visible()
        await is_fine(guest, "the invitation")
        await guest.get_by_role("button", name="Create an account").click()
        await signs_up(guest, "grace", "Sign up")
        await expect(guest).to_have_url(re.compile("/chat/lobby/$"))
        await is_connected(guest)
        await page.goto("/chat/lobby/")
        await is_connected(page)
        await say(guest, "Is the door open already?")
        await is_shown(page, "grace", "Is the door open already?")
        await say(page, "It is. Come in!")
        await is_shown(guest, "ada", "It is. Come in!")
