"""Nothing covers what one came for: on low windows, on phones, on the pages beside the chat."""

import uuid

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import (
    connection,
    is_connected,
    message_box,
    messages,
    refuses_posts,
    say,
)
from tests.browser.axe import is_fine, seen
from tests.browser.conftest import Visitor
from tests.browser.test_navigation import PHONE
from tests.cast import Company
from tests.chatter import Chatter

pytestmark = pytest.mark.asyncio

BANNER = ".connection__panel"


async def top_of(place: Locator) -> float:
    box = await place.bounding_box()
    assert box
    return box["y"]


async def foot_of(place: Locator) -> float:
    box = await place.bounding_box()
    assert box
    return box["y"] + box["height"]


async def says(page: Page, count: int) -> None:
    for number in range(count):
        await say(page, f"message {number}")
    await expect(messages(page)).to_have_count(count)


@pytest.mark.parametrize("height", [800, 400])
async def test_the_banner_stands_above_the_messages_and_moves_no_line_that_is_read(
    company: Company, visit: Visitor, height: int
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        for number in range(30):
            await alice.post(f"message {number}")
    size = {"width": 700, "height": height}
    page = await visit(company.server, company.alice, f"/chat/{room}/", viewport=size)
    await expect(connection(page)).to_be_empty()
    log = page.get_by_role("log")
    read = messages(page).filter(has_text="message 9")
    await log.evaluate("log => log.scrollTo(0, log.scrollHeight / 3)")
    place = await top_of(read)
    await page.context.set_offline(offline=True)
    await expect(page.locator(BANNER)).to_be_visible()
    assert await top_of(log) >= await foot_of(page.locator(BANNER))
    assert await top_of(read) == pytest.approx(place, abs=1)
    await page.context.set_offline(offline=False)
    await expect(connection(page)).to_be_empty()
    assert await top_of(read) == pytest.approx(place, abs=1)
    assert await log.evaluate("log => log.scrollWidth <= log.clientWidth")


async def test_what_failed_is_not_shown_as_waiting(company: Company, visit: Visitor) -> None:
    room = await company.bob.make_room()
    page = await visit(company.server, company.bob, "/chat/")
    await refuses_posts(page)
    await page.goto(f"/chat/{room}/")
    await is_connected(page)
    await says(page, 2)
    bar = page.get_by_role("group", name="Unsent messages")
    await expect(bar.locator(".unsent__icon--failed")).to_be_visible()
    await expect(bar.locator(".unsent__icon--waiting")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 360])
async def test_members_have_one_line_of_buttons_and_the_bar_an_account(
    company: Company, visit: Visitor, room: str, width: int
) -> None:
    await company.alice.post_json(
        f"/chat/{room}/members/", {"username": "bob", "role": "moderator"}
    )
    page = await visit(company.server, company.alice, f"/chat/{room}/members/", **seen(width))
    row = page.get_by_role("listitem").filter(has_text="@bob")
    change = row.get_by_role("button", name="Change")
    await expect(change).to_be_hidden()
    await row.get_by_role("combobox").select_option("member")
    await expect(change).to_be_visible()
    tops = {await top_of(each) for each in await row.get_by_role("button").all()}
    assert len(tops) == 1
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    await expect(page.get_by_role("link", name="alice")).to_be_visible()
    await is_fine(page, "members")


async def test_on_a_phone_what_is_written_has_the_whole_width_and_no_button_moves(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    page = await visit(company.server, company.alice, f"/chat/{room}/", **PHONE)
    box = message_box(page)
    form = page.locator(".composer__form")
    at_rest = await centres(page)
    await box.fill("three words only")
    (field, around) = (await box.bounding_box(), await form.bounding_box())
    assert field
    assert around
    assert field["width"] > 0.9 * around["width"]
    assert (in_use := await centres(page)) == at_rest
    # Pressing it takes the focus from an empty box, and is meant for it all the same.
    await box.fill("")
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(page.get_by_role("dialog", name="Emoji")).to_be_visible()
    assert await centres(page) == in_use


async def centres(page: Page) -> list[tuple[int, int]]:
    """Of the composer's buttons that are always there."""
    names = ("Attach files", "Emoji", "Send")
    boxes = [
        await page.get_by_role("button", name=name, exact=True).bounding_box() for name in names
    ]
    return [(round(box["x"]), round(box["y"])) for box in boxes if box]


async def test_the_time_of_a_message_reads_the_same_beside_any_script(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    page = await visit(company.server, company.alice, f"/chat/{room}/")
    await say(page, "שלום לכולם")
    message = messages(page).last
    await expect(message.locator(".message__bubble")).to_have_css("direction", "rtl")
    await expect(message.locator("time")).to_have_css("direction", "ltr")


async def test_a_theme_goes_with_the_person_and_not_with_the_browser(
    company: Company, visit: Visitor, room: str
) -> None:
    """Before any of the page's own code runs: nothing flashes."""
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    dora = await Chatter(company.server, f"dora-{uuid.uuid4().hex[:8]}").sign_up()
    page = await visit(company.server, dora, f"/chat/{room}/")
    assert await page.evaluate(scheme) == "light dark"
    async with page.expect_response("**/accounts/theme/"):
        await page.get_by_role("radio", name="Dark").check(force=True)
    assert await page.evaluate(scheme) == "dark"
    plain = await visit(company.server, dora, "/chat/", java_script_enabled=False)
    await expect(plain.locator("html")).to_have_attribute("data-theme", "dark")

    # Bob, in the browser in which Dora sat.
    cookie = {"name": "sessionid", "value": company.bob.web.cookies["sessionid"]}
    await page.context.add_cookies([{**cookie, "url": company.server.address}])
    await page.goto(f"/chat/{room}/")
    assert await page.evaluate(scheme) == "light dark"
    await expect(page.get_by_role("radio", name="Same as system")).to_be_checked()
    await page.context.clear_cookies()
    await page.goto("/accounts/login/")
    assert await page.evaluate(scheme) == "dark"
    await dora.web.aclose()
