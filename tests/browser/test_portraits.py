"""Alice shows a picture of herself; Bob sees it wherever he sees her."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import becomes_true, is_connected, is_shown, people_here, photograph, say
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio

PICTURE = "img.avatar__picture"


async def is_drawn(page: Page, within: Locator) -> None:
    """Loaded, over the whole of its place."""
    image = within.locator(PICTURE)
    await expect(image).to_have_count(1)
    await image.evaluate("image => image.decode()")
    box, around = await image.bounding_box(), await within.locator(".avatar").bounding_box()
    assert box == around


async def test_alice_shows_a_picture_and_bob_sees_it(
    server: RunningServer, company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as tab:
        await tab.post("Before")
    alice = await visit(server, company.alice, "/accounts/")
    await expect(alice.locator(".portrait__face")).to_have_text("A")
    await alice.get_by_label("Profile picture").set_input_files([photograph()])
    await is_drawn(alice, alice.locator(".portrait"))
    await alice.get_by_role("button", name="Use this picture").click()
    await expect(alice.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    await is_drawn(alice, alice.locator(".portrait"))
    await is_fine(alice, "the account")

    await alice.goto(f"/chat/{room}/")
    await is_connected(alice)
    bob = await visit(server, company.bob, f"/chat/{room}/")
    await is_connected(bob)
    await say(alice, "After")
    for text in ("Before", "After"):
        message = await is_shown(bob, "alice", text)
        if text == "Before":
            await is_drawn(bob, message)
    await is_drawn(bob, people_here(bob).filter(has_text="alice"))
    await is_fine(bob, "a room with pictures")

    # Another name comes into what she said before while both look, and goes again.
    for name in ("Alice Liddell", "alice"):
        headers = {"X-CSRFToken": company.alice.web.cookies["csrftoken"]}
        form = {"display_name": name}
        await company.alice.web.post("/accounts/", data=form, headers=headers)
        await is_shown(bob, name, "Before")
        await expect(people_here(bob).filter(has_text=name)).to_have_count(1)

    # Where it cannot be had her initials are there, as they were.
    await bob.context.route("**/picture/**", lambda route: route.abort())
    await bob.reload()
    await is_connected(bob)
    message = await is_shown(bob, "alice", "Before")
    await expect(message.locator(PICTURE)).to_have_count(0)
    await expect(message.locator(".avatar")).to_have_text("A")

    await alice.goto("/accounts/")
    await alice.get_by_role("button", name="Remove picture").click()
    await expect(alice.get_by_role("button", name="Remove picture")).to_have_count(0)
    await expect(alice.locator(".portrait__face")).to_have_text("A")
    await becomes_true(alice, "!document.querySelector('img.avatar__picture')")
