"""Nothing covers what one came for: on low windows, on phones, on the pages beside the chat."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import (
    connection,
    is_connected,
    messages,
    refuses_posts,
    say,
    without_sockets,
)
from tests.browser.conftest import Visitor
from tests.browser.test_axe import is_fine, seen
from tests.cast import Company

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


async def test_on_a_low_window_the_banner_stands_above_the_messages(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(
        company.server, company.bob, "/chat/", viewport={"width": 640, "height": 400}
    )
    await without_sockets(page)
    await page.goto(f"/chat/{room}/")
    await expect(connection(page)).to_contain_text("Next try in")
    assert await top_of(page.get_by_role("log")) >= await foot_of(page.locator(BANNER))


async def test_the_first_message_can_be_moved_out_from_under_the_banner(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    page = await visit(
        company.server, company.alice, f"/chat/{room}/", viewport={"width": 700, "height": 520}
    )
    await is_connected_phone(page)
    await says(page, 12)
    await without_sockets(page)
    await page.reload()
    await expect(page.locator(BANNER)).to_be_visible()
    await page.get_by_role("log").evaluate("log => log.scrollTo(0, 0)")
    beginning = page.locator(".message-list__beginning")
    assert await top_of(beginning) >= await foot_of(page.locator(BANNER))


async def is_connected_phone(page: Page) -> None:
    """Where the list of people is behind a button."""
    await expect(connection(page)).to_be_empty()
    await expect(page.locator(".room__people-button .people-count")).to_have_text("1")


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_members_have_one_line_of_buttons_and_the_bar_an_account(
    company: Company, visit: Visitor, room: str, width: int, scheme: str
) -> None:
    await company.alice.post_json(
        f"/chat/{room}/members/", {"username": "bob", "role": "moderator"}
    )
    page = await visit(
        company.server, company.alice, f"/chat/{room}/members/", **seen(width, scheme)
    )
    row = page.get_by_role("listitem").filter(has_text="@bob")
    tops = {await top_of(each) for each in await row.get_by_role("button").all()}
    assert len(tops) == 1
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    await expect(page.get_by_role("link", name="alice")).to_be_visible()
    await expect(row.get_by_role("button", name="Change")).to_be_visible()
    await is_fine(page, "members")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
async def test_axe_finds_nothing_on_the_account_page(
    company: Company, visit: Visitor, width: int, scheme: str
) -> None:
    page = await visit(company.server, company.charlie, "/accounts/", **seen(width, scheme))
    await expect(page.get_by_role("button", name="Sign out everywhere else")).to_be_visible()
    await is_fine(page, "account")
