"""The page of all rooms, as it stays open while others talk."""

import uuid

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import becomes_true, connection, is_connected
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.browser.test_navigation import NOTICES, expect_teller, notices
from tests.cast import Company
from tests.chatter import Chatter

pytestmark = pytest.mark.asyncio


# What is played, kept where a test sees it.
SOUNDS = """
  window.notes = [];
  window.OscillatorNode = class extends OscillatorNode {
    constructor(audio, options) {
      super(audio, options);
      window.notes.push(options.frequency);
    }
  };
"""


def card(page: Page, room: str) -> Locator:
    return page.locator(f'a.room-card[data-room="{room}"]')


def waiting(page: Page, room: str) -> Locator:
    return card(page, room).locator(".unread")


def is_marked(page: Page, calls: int) -> str:
    """A number on the icon is a picture of its own."""
    icon = "decodeURIComponent(document.querySelector('link[rel=icon]').href)"
    return f"{icon}.includes('>{calls}<')"


async def put_out(by: Chatter, room: str, whom: Chatter) -> None:
    """Oneself: one leaves."""
    path = f"/chat/{room}/members/{whom.username}/"
    headers = {"X-CSRFToken": by.web.cookies["csrftoken"]}
    await by.web.request("DELETE", path, headers=headers)


async def test_what_happens_elsewhere_shows_on_the_page_of_all_rooms(
    company: Company, visit: Visitor
) -> None:
    bob = company.bob
    # Nothing of other tests waits for her.
    dora = await Chatter(company.server, f"dora-{uuid.uuid4().hex[:6]}").sign_up()
    room = await dora.make_room(f"Atrium {uuid.uuid4().hex[:6]}")
    await bob.web.get(f"/chat/{room}/")
    page = await visit(company.server, dora, "/accounts/")
    choice = '{"desktop": true, "sound": true}'
    await page.evaluate(f"""localStorage.setItem("notices:{dora.username}", '{choice}')""")
    await page.context.add_init_script(NOTICES + SOUNDS)
    await page.goto("/chat/")
    # Before somebody touches a page it makes no sound.
    await page.keyboard.press("Home")
    await expect_teller(page, of=dora.username)
    line = card(page, room).locator(".room-card__line")
    await expect(line).to_have_text("No messages yet", use_inner_text=True)
    await expect(waiting(page, room)).to_be_hidden()
    await expect(page).to_have_title("Rooms – ChatApp")

    async with bob.tab(room) as tab:
        await tab.post("Is anybody there?")
        await expect(waiting(page, room)).to_have_text("1 unread")
        await expect(line).to_have_text("Last message just now", use_inner_text=True)
        await expect(page).to_have_title("(1) Rooms – ChatApp")
        await tab.post(f"You, @{dora.username}?")
        await expect(waiting(page, room)).to_have_text("1 for you, 2 unread")
        await expect(page).to_have_title("(2) Rooms – ChatApp")
        await becomes_true(page, is_marked(page, 1))
        await becomes_true(page, "window.notices.length === 1")
        assert (await notices(page))[0]["body"] == f"bob: You, @{dora.username}?"
        await becomes_true(page, "window.notes.length === 2")
        await is_fine(page, "with news")

        # What one reads in another tab is read here too.
        other = await page.context.new_page()
        await other.goto(f"/chat/{room}/")
        await is_connected(other)
        await expect(waiting(page, room)).to_be_hidden()
        await expect(page).to_have_title("Rooms – ChatApp")
        await other.close()

        # What is new in the list, and what it is called; a conversation with its first message.
        vault = {"name": f"Vault {room}", "kind": "private"}
        hidden = (await bob.post_json("/chat/", vault)).json()["room"]
        await bob.post_json(f"/chat/{hidden}/members/", {"username": dora.username})
        await expect(card(page, hidden)).to_contain_text("Vault")
        changed = {"name": f"Cellar {room}", "topic": "Jam"}
        await bob.post_json(f"/chat/{hidden}/settings/", changed)
        await expect(card(page, hidden)).to_contain_text("Cellar")
        await expect(card(page, hidden)).to_contain_text("Jam")
        between = {"kind": "direct", "people": [dora.username]}
        talk = (await bob.post_json("/chat/", between)).json()["room"]
        async with bob.tab(talk) as beside:
            await beside.post("Psst")
        await expect(waiting(page, talk)).to_have_text("1 unread")
        await expect(page).to_have_title("(1) Rooms – ChatApp")

        # What came while the line was cut is there when it is back.
        await page.context.set_offline(True)
        await expect(connection(page)).to_contain_text("You are offline.")
        await is_fine(page, "offline")
        await tab.post("Still there?")
        await page.context.set_offline(False)
        await expect(connection(page)).to_be_empty()
        await expect(waiting(page, room)).to_have_text("1 unread")
    await put_out(bob, hidden, dora)
    await expect(card(page, hidden)).to_have_count(0)

    # A public room that one left may be entered again; not one that one was banned from.
    yard = await bob.make_room(f"Yard {room}")
    await dora.web.get(f"/chat/{yard}/")
    await expect(card(page, yard)).to_contain_text("No messages yet")
    await put_out(dora, yard, dora)
    await expect(card(page, yard)).to_contain_text("Not joined")
    await dora.web.get(f"/chat/{yard}/")
    await expect(card(page, yard)).to_contain_text("No messages yet")
    await bob.post_json(f"/chat/{yard}/bans/{dora.username}/", {})
    await expect(card(page, yard)).to_have_count(0)
    await page.reload()
    await expect(waiting(page, room)).to_have_text("1 unread")
    await dora.web.aclose()
