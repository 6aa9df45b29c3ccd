"""The life of rooms and conversations, on the screens of several people."""

import asyncio
import re
import uuid

import pytest
from playwright.async_api import Route, expect

from tests.browser.acting import (
    is_connected,
    is_shown,
    message_box,
    messages,
    people_here,
    say,
)
from tests.browser.axe import is_fine, seen
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import Chatter
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="module")
def server() -> object:
    """Another one than that of all tests: here people have names."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
async def company(server: RunningServer) -> object:
    company = await Company.gather(server)
    for person, name in ((company.alice, "Alice Ada"), (company.bob, "Bob Byte")):
        await person.submit("/accounts/", display_name=name)
    yield company
    await company.leave()


async def test_two_people_find_each_other_and_talk(company: Company, visit: Visitor) -> None:
    room = await company.bob.make_room("Greenhouse")
    bob = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(bob)
    alice = await visit(company.server, company.alice, f"/chat/{room}/")
    await is_connected(alice)
    await alice.get_by_role("link", name="New conversation").click()
    field = alice.get_by_role("combobox", name="With whom?")
    await expect(field).to_be_focused()
    await expect(alice.get_by_role("button", name="Start")).to_be_disabled()
    await field.press_sequentially("bob b")
    await expect(alice.get_by_role("option")).to_have_count(1)
    await field.press("Enter")
    await expect(alice.get_by_role("button", name="Remove Bob Byte")).to_be_visible()
    await field.press("Backspace")
    await expect(alice.get_by_role("button", name="Remove Bob Byte")).to_have_count(0)
    await field.press_sequentially("BOB")
    await expect(alice.get_by_role("option")).to_have_count(1)
    await field.press("ArrowDown")
    await field.press("Enter")
    await expect(alice.get_by_role("button", name="Remove Bob Byte")).to_be_visible()
    await field.press("Enter")
    await expect(alice.get_by_role("heading", level=1)).to_have_text("Bob Byte")
    assert "bob" not in alice.url.lower()
    await is_connected(alice)
    # Who is here, and beside it who of the two is not.
    absent = alice.get_by_role("list", name="Not here").get_by_role("listitem")
    await expect(people_here(alice)).to_have_count(1)
    await expect(absent).to_contain_text("Bob Byte")
    await is_fine(alice, "alone in a conversation")
    theirs = bob.get_by_role("region", name="Conversations").get_by_role("link", name="Alice Ada")
    await expect(theirs).to_have_count(0)

    await say(alice, "Is the kettle yours?")
    await expect(theirs).to_have_accessible_name(re.compile("1 unread"))
    await theirs.click()
    await is_shown(bob, "Alice Ada", "Is the kettle yours?")
    await expect(people_here(alice)).to_have_count(2)
    await expect(absent).to_have_count(0)
    await expect(alice.get_by_role("heading", name="Not here")).to_be_hidden()
    await say(bob, "It was.")
    await is_shown(alice, "Bob Byte", "It was.")

    await bob.get_by_role("link", name="About this conversation").click()
    await bob.get_by_role("button", name="Put the conversation away").click()
    await expect(
        bob.get_by_role("status").filter(has_text="It is gone from your list.")
    ).to_be_visible()
    await expect(bob.get_by_role("link", name="Alice Ada")).to_have_count(0)

    assert (await company.charlie.web.get(alice.url)).status_code == 404


async def test_the_switcher_finds_people_and_begins_the_conversation(
    company: Company, visit: Visitor
) -> None:
    sign = uuid.uuid4().hex[:6]
    grace = await Chatter(company.server, f"grace-{sign}").sign_up()
    room = await company.alice.make_room(f"Grace notes {sign}")
    page = await visit(company.server, company.alice, f"/chat/{room}/")
    await is_connected(page)
    field = page.get_by_role("combobox", name="Go to a room or person")
    said = page.locator(".switcher__words")
    person = page.get_by_role("option", name=f"grace-{sign}")
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    # One's rooms are there at once. Who comes later comes below, and what is marked stays so.
    await page.route(re.compile(r"/people/\?q="), hold)
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type("grace")
    own = page.get_by_role("option", name=f"Grace notes {sign}")
    await expect(own).to_have_attribute("aria-selected", "true")
    await expect(person).to_have_count(0)
    before = await own.bounding_box()
    held.set()
    await expect(person).to_be_visible()
    await expect(own).to_have_attribute("aria-selected", "true")
    assert await own.bounding_box() == before
    assert await field.get_attribute("aria-activedescendant") == await own.get_attribute("id")
    await is_fine(page, "the switcher with people")

    # Without the server it says what it can do; typed on, it asks again.
    await page.unroute_all()
    await page.context.set_offline(True)
    await field.fill(f"grace-{sign[:3]}")
    await expect(said).to_have_text("There is no connection: only your own rooms can be found.")
    await page.context.set_offline(False)
    await field.fill("nobody at all")
    await expect(said).to_have_text("No room and nobody of that name.")
    await field.fill(f"@grace-{sign}")
    await expect(person).to_have_attribute("aria-selected", "true")
    await expect(person).to_contain_text("New conversation")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"grace-{sign}")
    await is_connected(page)
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type(f"grace-{sign}")
    await expect(person).to_have_count(1)
    await expect(person).to_contain_text("You are here")
    await grace.web.aclose()


async def test_somebody_in_the_room_is_written_to_at_once(company: Company, visit: Visitor) -> None:
    room = await company.bob.make_room("Orangery")
    await company.alice.web.get(f"/chat/{room}/")
    async with company.bob.tab(room):
        alice = await visit(company.server, company.alice, f"/chat/{room}/")
        await expect(people_here(alice)).to_have_count(2)
        me = people_here(alice).filter(has_text="Alice Ada")
        await expect(me.get_by_role("button")).to_have_count(0)
        await people_here(alice).filter(has_text="Bob Byte").hover()
        await alice.get_by_role("button", name="Message Bob Byte").click()
        await expect(alice.get_by_role("heading", level=1)).to_have_text("Bob Byte")
        await expect(message_box(alice)).to_be_focused()


async def test_settings_take_effect_on_every_screen(company: Company, visit: Visitor) -> None:
    room = await company.alice.make_room("Shed")
    bob = await visit(company.server, company.bob, f"/chat/{room}/")
    other = await company.bob.make_room("Elsewhere")
    beside = await visit(company.server, company.bob, f"/chat/{other}/")
    for page in (bob, beside):
        await is_connected(page)
    await say(bob, "Who has the key?")
    await message_box(bob).fill("It hung here")
    alice = await visit(company.server, company.alice, f"/chat/{room}/")
    await alice.get_by_role("link", name="About this room").click()
    await alice.get_by_role("textbox", name="Name").fill("Old shed")
    await alice.get_by_role("textbox", name="Topic").fill("Rakes & rust")
    await alice.get_by_role("radio", name="Only moderators").check()
    await alice.get_by_role("button", name="Save").click()
    await expect(alice.get_by_text("Saved.")).to_be_visible()
    await expect(bob.get_by_role("heading", level=1)).to_have_text("Old shed")
    await expect(bob.get_by_text("Rakes & rust")).to_be_visible()
    await expect(bob.get_by_text("Only moderators post here.")).to_be_visible()
    await expect(message_box(bob)).to_be_hidden()
    await expect(beside.get_by_role("link", name="Old shed")).to_be_visible()

    await alice.get_by_role("button", name="Archive the room").click()
    await expect(bob.get_by_text("This room is archived.")).to_be_visible()
    await messages(bob).last.hover()
    await messages(bob).last.get_by_role("button", name="Message actions").click()
    menu = bob.get_by_role("group", name="Message actions")
    await expect(menu.get_by_role("button", name="Delete")).to_be_visible()
    await expect(menu.get_by_role("button", name="Edit")).to_be_hidden()
    await bob.keyboard.press("Escape")
    await bob.get_by_role("main").focus()
    await alice.get_by_role("button", name="Bring the room back").click()
    await alice.get_by_role("radio", name="Everybody").check()
    await alice.get_by_role("button", name="Save").click()
    await expect(message_box(bob)).to_have_value("It hung here")
    await expect(message_box(bob)).to_be_focused()
    await bob.keyboard.press("Enter")
    await is_shown(bob, "You", "It hung here")


async def test_who_leaves_is_asked_first(company: Company, visit: Visitor) -> None:
    room = await company.alice.make_room("Cellar")
    bob = await visit(company.server, company.bob, f"/chat/{room}/")
    await bob.get_by_role("link", name="About this room").click()
    await bob.get_by_role("button", name="Leave the room").click()
    dialog = bob.get_by_role("dialog", name="Leave Cellar?")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Cancel").click()
    await bob.get_by_role("button", name="Leave the room").click()
    await dialog.get_by_role("button", name="Leave").click()
    await expect(bob.get_by_text("It is gone from your list.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
async def test_axe_finds_nothing(company: Company, visit: Visitor, width: int) -> None:
    room = await company.alice.make_room("Attic")
    talk = await company.alice.post_json("/chat/", {"kind": "direct", "people": ["bob", "charlie"]})
    page = await visit(company.server, company.alice, "/people/", **seen(width))
    field = page.get_by_role("combobox")
    await field.press_sequentially("b")
    await expect(page.get_by_role("option")).to_have_count(1)
    await is_fine(page, "somebody found")
    await field.press("Enter")
    await is_fine(page, "somebody chosen")
    for path in (
        f"/chat/{room}/settings/",
        f"/chat/{room}/members/",
        f"/chat/{talk.json()['room']}/settings/",
        f"/chat/{talk.json()['room']}/",
        "/chat/",
    ):
        await page.goto(path)
        await is_fine(page, path)
    await company.alice.post_json(f"/chat/{room}/settings/", {"archived": True})
    await page.goto(f"/chat/{room}/")
    await expect(page.get_by_text("This room is archived.")).to_be_visible()
    await is_fine(page, "archived")
    await company.alice.post_json(f"/chat/{room}/settings/", {"archived": False})
