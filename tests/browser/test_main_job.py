"""The main job: sign up, enter a room, chat, see who is here; two people, two browsers."""

import re
import uuid

import pytest
from playwright.async_api import expect

from tests.browser.acting import connection, is_connected, is_shown, log, people_here, say
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import PASSWORD
from tests.running import RunningServer

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.parametrize("server", ["uvicorn", "daphne"], indirect=True, scope="session"),
]


async def test_two_people_sign_up_meet_in_a_room_talk_and_see_each_other_come_and_go(
    server: RunningServer, visit: Visitor
) -> None:
    suffix = uuid.uuid4().hex[:6]
    ada, grace = f"ada-{suffix}", f"grace-{suffix}"
    pages = {}
    for name in (ada, grace):
        page = pages[name] = await visit(server, path="/")
        await expect(page).to_have_url(re.compile("/accounts/login/"))
        await page.get_by_role("link", name="Create an account").click()
        await page.get_by_label("Username").fill(name)
        await page.get_by_label("Email").fill(f"{name}@example.org")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_label("Password (again)").fill(PASSWORD)
        await page.get_by_role("button", name="Sign up").click()
        await expect(page).to_have_url(re.compile("/chat/$"))
        await page.get_by_role("textbox", name="Room name").fill(f"Größe & Höhe {suffix}")
        await page.get_by_role("button", name="Enter room").click()
        await expect(page.get_by_role("heading", name=f"Größe & Höhe {suffix}")).to_be_visible()
        await is_connected(page)

    hers, theirs = pages[ada], pages[grace]
    await expect(people_here(hers)).to_have_count(2)
    await expect(people_here(theirs)).to_have_count(2)
    await expect(log(hers)).to_contain_text(f"{grace} joined")
    await say(hers, "Is the door open already?")
    await is_shown(hers, "You", "Is the door open already?")
    await is_shown(theirs, ada, "Is the door open already?")
    await say(theirs, "It is. Come in!")
    await is_shown(hers, grace, "It is. Come in!")
    await theirs.close()
    await expect(people_here(hers)).to_have_count(1)
    await expect(log(hers)).to_contain_text(f"{grace} left")


async def test_who_is_not_signed_in_signs_in_and_comes_back_to_the_room(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    page = await visit(company.server, path=f"/chat/{room}/")
    await expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    await page.get_by_label(re.compile("Username")).fill("BOB")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile(f"/chat/{room}/$"))
    await is_connected(page)


async def test_what_was_said_is_still_there_after_a_reload(
    company: Company, visit: Visitor
) -> None:
    room = await company.alice.make_room()
    page = await visit(company.server, company.alice, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "Remember me")
    await expect(await is_shown(page, "You", "Remember me")).to_be_visible()
    await expect(page.locator(".message--sending")).to_have_count(0)
    await page.reload()
    await is_shown(page, "You", "Remember me")
    await expect(connection(page)).to_be_empty()


async def test_signing_out_in_one_tab_sends_the_other_to_the_entrance(
    company: Company, visit: Visitor
) -> None:
    from tests.chatter import Chatter

    dora = await Chatter(company.server, f"dora-{uuid.uuid4().hex[:8]}").sign_up()
    room = await company.alice.make_room()
    page = await visit(company.server, dora, f"/chat/{room}/")
    await is_connected(page)
    await dora.sign_out()
    await expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    await dora.web.aclose()


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{ 7*7 }} {% csrf_token %} ${7*7}",
    "</script><script>alert(1)</script>",
    "<!--",
    "&lt;b&gt; &amp;",
]


async def test_hostile_text_is_shown_as_text(company: Company, visit: Visitor) -> None:
    name = f"</title><script>alert(1)</script> {uuid.uuid4().hex[:6]}"
    room = await company.alice.make_room(name)
    await company.alice.submit("/accounts/", display_name="<b>Ali</b><script>alert(2)</script>")
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await is_connected(page)
    async with company.alice.tab(room) as alice:
        for text in HOSTILE:
            await alice.post(text)
            shown = await is_shown(page, "<b>Ali</b><script>alert(2)</script>", text)
            await expect(shown).to_contain_text(text)
        await expect(people_here(page)).to_have_count(2)
    await page.reload()
    for text in HOSTILE:
        await expect(log(page)).to_contain_text(text)
    await page.goto("/chat/")
    await expect(page.get_by_text(name)).to_be_visible()
    await company.alice.submit("/accounts/", display_name="")
