"""axe finds nothing on any page, whatever happens in it: wide and narrow, light and dark."""

import re

import pytest
from django.template.loader import render_to_string
from playwright.async_api import Route, expect

from tests.browser.acting import (
    chooses,
    chooses_files,
    connection,
    message_box,
    messages,
    opens_menu,
    photograph,
    refuses_posts,
    say,
    without_sockets,
)
from tests.browser.axe import is_fine, seen
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import Chatter

pytestmark = [pytest.mark.asyncio, pytest.mark.parametrize("width", [1280, 320])]

CODE = "Look, @bob, at `line 1` of https://example.org/x:\n\n```python\nprint('long ' * 60)  # " + (
    "long " * 40 + "\n```\n> a quotation\n\n1. and\n2. a list"
)


async def test_nothing_while_somebody_reads_and_writes(
    company: Company, visit: Visitor, room: str, width: int
) -> None:
    async with company.alice.tab(room) as alice:
        await alice.post(CODE)
        await alice.post("🎉")
        page = await visit(company.server, company.bob, f"/chat/{room}/", **seen(width))
        await expect(page.get_by_role("separator", name="New")).to_be_visible()
        await expect(page.locator(".people-count").first).to_have_text("2")
        await alice.send(type="typing.start", room=room)
        await expect(page.get_by_text("alice is typing…")).to_be_visible()
        await is_fine(page, "unread, code, reactions, somebody types")
    press, box = page.keyboard.press, message_box(page)
    first = messages(page).filter(has_text="Who waters").first
    await opens_menu(page, first)
    await is_fine(page, "the menu")
    await press("Escape")
    await chooses(page, first, "Reply")
    await is_fine(page, "replying")
    await say(page, "I do")
    await box.press("ArrowUp")
    await is_fine(page, "editing")
    await box.press("Escape")
    await chooses(page, messages(page).last, "Delete")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await is_fine(page, "the dialog")
    await press("Escape")

    await box.press_sequentially("Dear @al")
    await expect(page.get_by_role("option").first).to_be_visible()
    await is_fine(page, "completing")
    await press("Escape")
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await expect(page.get_by_role("searchbox", name="Find emoji")).to_be_focused()
    await is_fine(page, "the picker")
    await page.get_by_role("searchbox", name="Find emoji").fill("no such thing")
    await is_fine(page, "no such emoji")
    await press("Escape")
    await press("Control+k")
    await expect(page.get_by_role("combobox", name="Go to a room or person")).to_be_focused()
    await is_fine(page, "the switcher")
    await press("Escape")
    await box.fill("")
    await box.blur()
    await press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await is_fine(page, "the keys")
    await press("Escape")
    await page.get_by_role("button", name="Notifications").click()
    await is_fine(page, "of what one is told")
    await press("Escape")
    if width > 400:
        await page.get_by_role("button", name="Formatting").click()
        await is_fine(page, "help with formatting")
        await press("Escape")
    else:
        for drawer in ("Show the rooms", "Show who is here"):
            await page.get_by_role("button", name=drawer).click()
            await is_fine(page, drawer)
            await press("Escape")

    empty = {"name": "Empty.txt", "mimeType": "text/plain", "buffer": b""}
    await chooses_files(page, photograph(), empty)  # type: ignore[arg-type]
    await expect(page.get_by_text("This file is empty.")).to_be_visible()
    await is_fine(page, "files, one of them wrong")
    await page.get_by_role("button", name="Remove Empty.txt").click()
    await page.get_by_role("button", name="Send").click()
    picture = messages(page).last.get_by_role("button", name="Harbour.png")
    await is_fine(page, "a picture")
    await picture.click()
    await expect(page.get_by_role("dialog", name="Picture")).to_be_visible()
    await is_fine(page, "a picture, large")
    await press("Escape")

    async with company.alice.tab(room) as alice:
        for number in range(20):
            await alice.post(f"{number}\n\nand more")
        await page.get_by_role("log").evaluate("log => log.scrollTo(0, 0)")
        await alice.post("down here")
        await expect(page.get_by_role("button", name="1 new message")).to_be_visible()
        await is_fine(page, "news below")


async def test_nothing_while_the_line_is_cut(
    company: Company, visit: Visitor, room: str, width: int
) -> None:
    page = await visit(company.server, company.bob, "/chat/", **seen(width))
    await without_sockets(page)
    await page.goto(f"/chat/{room}/")
    await chooses(page, messages(page).filter(has_text="Who waters").first, "Reply")
    await say(page, "Is anybody there?")
    await say(page, "I will wait.")
    await expect(connection(page)).to_contain_text("2 messages are waiting to be sent.")
    await expect(connection(page)).to_contain_text("Next try in")
    await is_fine(page, "the line is cut")
    await page.context.set_offline(True)
    await expect(connection(page)).to_contain_text("You are offline.")
    await is_fine(page, "offline")


async def test_nothing_after_a_message_failed(
    company: Company, visit: Visitor, room: str, width: int
) -> None:
    page = await visit(company.server, company.bob, "/chat/", **seen(width))
    await refuses_posts(page)
    await page.goto(f"/chat/{room}/")
    await say(page, "Never mind the weeds")
    await say(page, "and the " + "very " * 40 + "long grass")
    await expect(page.locator(".message--failed")).to_have_count(2)
    await expect(page.get_by_role("group", name="Unsent messages")).to_be_visible()
    await is_fine(page, "two failed")
    await page.locator(".message--failed").first.get_by_role("button", name="Edit").click()
    await expect(message_box(page)).to_have_value("Never mind the weeds")
    await is_fine(page, "one is edited")


async def test_nothing_at_the_entrance(company: Company, visit: Visitor, width: int) -> None:
    page = await visit(company.server, path="/accounts/login/", **seen(width))
    await is_fine(page, "signing in")
    await page.get_by_label(re.compile("Username")).fill("alice")
    await page.get_by_label("Password", exact=True).fill("not hers")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert").first).to_be_visible()
    await is_fine(page, "a wrong password")
    await page.goto("/accounts/signup/")
    await is_fine(page, "signing up")
    await page.get_by_label("Username").fill("bob")
    await page.get_by_label("Password", exact=True).fill("123")
    await page.get_by_role("button", name="Sign up").evaluate("each => each.form.noValidate = true")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_text("A user with that username already exists.")).to_be_visible()
    await is_fine(page, "signing up in vain")
    await page.goto("/accounts/password/reset/")
    await is_fine(page, "forgotten")
    await page.get_by_label("Email").fill("charlie@example.org")
    await page.get_by_role("button").last.click()
    await expect(page.get_by_role("heading", name="Ask for the link")).to_be_visible()
    await is_fine(page, "the mail is printed")
    link = re.findall(r"/accounts/password/reset/key/\S+", company.server.text_of_log)[-1]
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    await is_fine(page, "a new password")
    for path in (
        "/accounts/password/reset/key/1-x/",
        "/accounts/password/reset/key/done/",
        "/accounts/inactive/",
    ):
        await page.goto(path)
        await is_fine(page, path)


async def test_nothing_on_the_pages_beside_the_chat(
    company: Company, visit: Visitor, width: int
) -> None:
    dora = await Chatter(company.server, f"dora-{width}").sign_up()
    company.server.change(
        "UPDATE accounts_user SET is_staff = 1, is_superuser = 1 WHERE username = ?", dora.username
    )
    room = await dora.make_room(f"Nothing here {width}")
    made = await dora.post_json(f"/chat/{room}/invitations/", {"days": 1, "uses": 1})
    await dora.post_json("/invitations/", {"days": 1, "uses": 1})
    page = await visit(company.server, dora, f"/chat/{room}/", **seen(width))
    await expect(page.get_by_role("heading", name="Nobody has said a word yet")).to_be_visible()
    await expect(connection(page)).to_be_empty()
    await is_fine(page, "an empty room")
    for path in (
        "/chat/",
        "/invitations/",
        f"/chat/{room}/members/",
        f"/chat/{room}/settings/",
        "/accounts/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/logout/",
        "/welcome/",
    ):
        await page.goto(path)
        await is_fine(page, path)
    stranger = await visit(company.server, path=made.json()["link"], **seen(width))
    await is_fine(stranger, "an invitation")
    await dora.web.aclose()


async def test_nothing_where_something_went_wrong(
    company: Company, visit: Visitor, width: int
) -> None:
    """Refusals and faults, as they are rendered for nobody in particular."""
    page = await visit(company.server, **seen(width))

    async def show(route: Route) -> None:
        template = route.request.url.partition("/shown/")[2]
        await route.fulfill(body=render_to_string(template), content_type="text/html")

    await page.route("**/shown/**", show)
    for template in (
        *("403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html"),
        *("registration/join_over.html", "registration/setup_over.html"),
    ):
        await page.goto(f"/shown/{template}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await is_fine(page, template)
