"""Parts of a page that do not come."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import connection
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = pytest.mark.asyncio

SWITCHING = "**/js/model/switcher.js"


def trouble(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="This part of the page could not be loaded.")


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
