"""Between two people: edits, reactions, replies, what is read and unread, who is typing."""

import re
import uuid

import pytest
from playwright.async_api import Page, expect

from tests.browser.acting import (
    chooses,
    connection,
    is_connected,
    is_shown,
    log,
    message_box,
    messages,
    opens_menu,
    refuses,
    say,
)
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import Chatter

pytestmark = pytest.mark.asyncio


@pytest.fixture
async def room(company: Company) -> str:
    return await company.alice.make_room()


async def test_up_edits_the_last_message_and_everybody_sees_that_it_was(
    company: Company, visit: Visitor, room: str
) -> None:
    alice = await visit(company.server, company.alice, f"/chat/{room}/")
    bob = await visit(company.server, company.bob, f"/chat/{room}/")
    for page in (alice, bob):
        await is_connected(page)
    await say(alice, "Helo")
    await is_shown(bob, "alice", "Helo")
    await message_box(alice).press("ArrowUp")
    await expect(alice.get_by_text("Editing your message")).to_be_visible()
    await expect(message_box(alice)).to_have_value("Helo")
    await message_box(alice).fill("Hello, Bob")
    await message_box(alice).press("Enter")
    shown = await is_shown(bob, "alice", "Hello, Bob")
    await expect(shown.get_by_text("edited")).to_have_attribute("title", re.compile(r"\d{4}"))
    # Without a mouse it is read in the menu.
    menu = await opens_menu(bob, shown)
    facts = re.compile(r"\b\d{4}\b.* Edited: .*\b\d{4}\b")
    await expect(menu).to_have_accessible_description(facts)
    await expect(message_box(alice)).to_have_value("")
    await expect(messages(bob)).to_have_count(1)


async def test_escape_leaves_the_message_as_it_was_and_brings_the_draft_back(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.alice, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "As it was")
    await message_box(page).fill("half a draft")
    await chooses(page, messages(page).last, "Edit")
    await message_box(page).fill("changed my mind")
    await page.reload()
    await expect(message_box(page)).to_have_value("changed my mind")
    await message_box(page).press("Escape")
    await expect(message_box(page)).to_have_value("half a draft")
    await is_shown(page, "You", "As it was")


async def test_who_edits_a_message_that_is_deleted_meanwhile_may_send_the_words_as_another(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "Mine")
    await chooses(page, await is_shown(page, "You", "Mine"), "Edit")
    await message_box(page).fill("Mine, and better")
    await page.reload()
    await expect(page.get_by_text("Editing your message")).to_be_visible()
    await is_connected(page)
    async with company.alice.tab(room) as alice:
        (message,) = (await company.alice.web.get(f"/chat/{room}/messages/")).json()["messages"]
        await alice.asks("message.delete", message_id=message["id"])
        await expect(page.get_by_text("This message was deleted")).to_be_visible()
    told = page.get_by_role("alert").filter(has_text="The message was deleted meanwhile.")
    await expect(told).to_be_visible()
    await expect(page.get_by_text("Editing your message")).to_be_hidden()
    await page.reload()
    await expect(message_box(page)).to_have_value("Mine, and better")
    await message_box(page).press("Enter")
    await is_shown(page, "You", "Mine, and better")


async def test_an_edit_that_is_refused_loses_nothing(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await refuses(page, "message.edit")
    await page.reload()
    await is_connected(page)
    await say(page, "Mine")
    await chooses(page, await is_shown(page, "You", "Mine"), "Edit")
    await message_box(page).fill("Mine, and better")
    await message_box(page).press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="Not saved.")).to_be_visible()
    await expect(message_box(page)).to_have_value("Mine, and better")


async def test_what_is_changed_while_the_line_is_away_is_done_when_it_is_back(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    other = await visit(company.server, company.alice, f"/chat/{room}/")
    await is_connected(page)
    await is_connected(other)
    for text in ("Teh tomatoes", "Never mind", "Keep this"):
        await say(page, text)
        await is_shown(other, "bob", text)
    gone = await is_shown(page, "You", "Never mind")
    kept = await is_shown(page, "You", "Keep this")
    remark = page.get_by_text(re.compile("when the connection is back"))
    await page.context.set_offline(True)
    await expect(connection(page)).not_to_be_empty()

    await chooses(page, kept, "👍")
    await expect(remark).to_have_text("Will be done when the connection is back.")
    await chooses(page, gone, "Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    # One's mind can be changed as long as it was not told.
    await chooses(page, kept, "Edit")
    await message_box(page).fill("Throw this away")
    await page.keyboard.press("Enter")
    await expect(remark).to_have_text("Will be saved when the connection is back.")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Saving…")).to_be_hidden()
    await chooses(page, await is_shown(page, "You", "Teh tomatoes"), "Edit")
    await message_box(page).fill("The tomatoes")
    await page.keyboard.press("Enter")
    # What is written meanwhile is not taken for saved.
    await message_box(page).fill("The tomatoes, the beans")

    await page.context.set_offline(False)
    await is_shown(other, "bob", "The tomatoes")
    seen = await is_shown(other, "bob", "Keep this")
    await expect(seen.get_by_role("button", name=re.compile("👍 1")).first).to_be_visible()
    await expect(other.get_by_text("Never mind")).to_have_count(0)
    await expect(other.get_by_text("Throw this away")).to_have_count(0)
    await expect(page.get_by_text("Editing your message")).to_be_visible()
    await expect(message_box(page)).to_have_value("The tomatoes, the beans")
    await page.keyboard.press("Enter")
    await is_shown(other, "bob", "The tomatoes, the beans")
    await expect(page.get_by_text("Editing your message")).to_be_hidden()


async def test_who_is_put_out_of_a_room_can_write_nothing_that_would_be_sent_later(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await message_box(page).fill("half a sentence")
    await company.alice.post_json(f"/chat/{room}/bans/bob/", {})
    await expect(page.get_by_text("You cannot write here any more.")).to_be_visible()
    await expect(message_box(page)).to_be_hidden()


async def test_reactions_are_seen_by_both_counted_named_and_taken_back(
    company: Company, visit: Visitor, room: str
) -> None:
    alice = await visit(company.server, company.alice, f"/chat/{room}/")
    bob = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(alice)
    await is_connected(bob)
    await say(alice, "Cake at four")
    menu = await opens_menu(bob, await is_shown(bob, "alice", "Cake at four"))
    await menu.get_by_role("button", name="React", exact=True).click()
    await expect(menu.get_by_role("button", name="👍")).to_be_focused()
    await bob.keyboard.press("ArrowRight")
    await bob.keyboard.press("Enter")
    chip = alice.get_by_role("button", name="❤️ 1: bob")
    await expect(chip).to_have_attribute("aria-pressed", "false")
    await chip.click()
    both = bob.get_by_role("button", name="❤️ 2: You and alice")
    await expect(both).to_have_attribute("aria-pressed", "true")
    await both.click()
    await expect(alice.get_by_role("button", name="❤️ 1: You")).to_be_visible()
    await alice.get_by_role("button", name="❤️ 1: You").click()
    await expect(bob.get_by_role("list", name="Reactions")).to_have_count(0)


async def test_a_reply_shows_what_it_answers_and_leads_there(
    company: Company, visit: Visitor, room: str
) -> None:
    async with company.alice.tab(room) as alice:
        first = await alice.post("The very first question")
        for number in range(130):
            await alice.post(f"chatter {number}")
        await alice.post("It is answered below", reply_to=first["id"])
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    quote = page.get_by_role("button", name="alice: The very first question")
    await quote.click()
    original = messages(page).filter(has_text="The very first question").first
    await expect(original).to_be_in_viewport()
    await expect(original).to_be_focused()
    await chooses(page, original, "Reply")
    await expect(page.get_by_text("Replying to alice")).to_be_visible()
    await message_box(page).press("Escape")
    await expect(page.get_by_text("Replying to alice")).to_be_hidden()
    await chooses(page, original, "Reply")
    await say(page, "It was a good one")
    mine = await is_shown(page, "You", "It was a good one")
    await expect(mine).to_contain_text("The very first question")
    await expect(mine).to_be_in_viewport()
    await company.alice.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        await alice.asks("message.delete", message_id=first["id"])
    await expect(mine.get_by_role("button", name="This message was deleted")).to_be_visible()


async def test_a_link_to_a_message_leads_to_it_and_marks_nothing_as_read(
    company: Company, visit: Visitor, room: str
) -> None:
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        target = [await alice.post(f"line {number}") for number in range(160)][30]
    page = await visit(company.server, company.bob, f"/chat/{room}/#message-{target['id']}")
    await is_connected(page)
    found = messages(page).filter(has_text=re.compile(r"line 30\D"))
    await expect(found).to_be_in_viewport()
    await expect(found).to_be_focused()
    jump = page.get_by_role("button", name="160 unread")
    await expect(jump).to_be_visible()
    await page.get_by_role("button", name="Dismiss").press("Enter")
    await expect(jump).to_be_hidden()
    await expect(message_box(page)).to_be_focused()
    assert await unread(company.bob, room) == 160
    await (
        page.get_by_role("button", name="Newest messages")
        .or_(page.get_by_role("button", name=re.compile("new messages")))
        .click()
    )
    await is_shown(page, "alice", "line 159")
    await expect(messages(page).filter(has_text="line 159")).to_be_in_viewport()
    await has_read(page, company.bob, room)


# To the end of what is drawn, again and again: what comes then is below it.
TO_THE_END = """async () => {
  const log = document.querySelector("[role=log]");
  const articles = () => [...log.querySelectorAll("article")];
  const numberOf = (each) => Number(each.textContent.match(/line (\\d+)/)[1]);
  const edge = log.getBoundingClientRect().top + 1;
  const isSeen = (each) => each.getBoundingClientRect().bottom > edge;
  const pause = () => new Promise((done) => setTimeout(done, 50));
  const lastDrawn = () => numberOf(articles().at(-1));
  const leaps = [];
  for (let last = lastDrawn(); last < 399; last = lastDrawn()) {
    log.scrollTop = log.scrollHeight;
    for (let waited = 0; lastDrawn() === last; waited += 1) {
      if (waited > 200) return [...leaps, `stuck at ${last}`];
      await pause();
    }
    await pause();
    const first = numberOf(articles().find(isSeen));
    if (first > last) leaps.push([last, first]);
  }
  return leaps;
}"""


async def test_reading_on_from_the_past_leaves_nothing_out_and_never_sticks(
    company: Company, visit: Visitor, room: str
) -> None:
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        lines = [await alice.post(f"line {number}") for number in range(400)]
        page = await visit(company.server, company.bob, f"/chat/{room}/#message-{lines[60]['id']}")
        await is_connected(page)
        await expect(messages(page).filter(has_text=re.compile(r"line 60\D"))).to_be_in_viewport()
        assert await page.evaluate(TO_THE_END) == []
        # From there on what comes is scrolled to, also after a look at what is in sight anyway.
        await alice.post("See above", reply_to=lines[398]["id"])
        await expect(messages(page).last).to_contain_text("See above")
        await messages(page).last.get_by_role("button", name="line 398").click()
        await expect(messages(page).filter(has_text="line 398").first).to_be_focused()
        await alice.post("And this is new")
        await expect(messages(page).last).to_contain_text("And this is new")
        await expect(messages(page).last).to_be_in_viewport()
        await expect(page.get_by_role("button", name=re.compile("new message"))).to_be_hidden()


async def test_copying_a_link_says_so(company: Company, visit: Visitor, room: str) -> None:
    page = await visit(
        company.server,
        company.alice,
        f"/chat/{room}/",
        permissions=["clipboard-read", "clipboard-write"],
    )
    await is_connected(page)
    await say(page, "Remember this one")
    await expect(page.locator(".message--sending")).to_have_count(0)
    await chooses(page, messages(page).last, "Copy link")
    await expect(page.get_by_text("Link copied.")).to_be_visible()
    link = await page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf".*/chat/{room}/#message-\d+", link)


async def test_new_stands_above_what_was_not_seen_until_the_room_is_left(
    company: Company, visit: Visitor, room: str
) -> None:
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        for number in range(200):
            await alice.post(f"line {number}")
        page = await visit(company.server, company.bob, f"/chat/{room}/")
        await is_connected(page)
        await page.get_by_role("button", name="200 unread").click()
        await expect(messages(page).filter(has_text=re.compile(r"line 0\D"))).to_be_in_viewport()
        divider = page.get_by_role("separator", name="New")
        await expect(divider).to_be_in_viewport()
        await message_box(page).press("Escape")
        await expect(messages(page).last).to_be_in_viewport()
        await is_shown(page, "alice", "line 199")
        await has_read(page, company.bob, room)
        await alice.post("one more")
        await is_shown(page, "alice", "one more")
        await has_read(page, company.bob, room)
    await page.reload()
    await is_connected(page)
    await expect(divider).to_have_count(0)


async def test_reading_in_one_tab_is_known_in_the_others_and_can_be_taken_back(
    company: Company, visit: Visitor, room: str
) -> None:
    name = f"Elsewhere {uuid.uuid4().hex[:6]}"
    elsewhere = await company.alice.make_room(name)
    for slug in (room, elsewhere):
        await company.bob.web.get(f"/chat/{slug}/")
    away = await visit(company.server, company.bob, f"/chat/{elsewhere}/")
    await is_connected(away)
    link = away.get_by_role("navigation", name="Rooms").locator(f'[data-room="{room}"]')
    async with company.alice.tab(room) as alice:
        for text in ("one", "two", "three"):
            await alice.post(text)
        await expect(link).to_contain_text("3 unread")
        reader = await away.context.new_page()
        await reader.goto(f"/chat/{room}/")
        await is_shown(reader, "alice", "three")
        await expect(link).not_to_contain_text("unread")
        await chooses(reader, await is_shown(reader, "alice", "two"), "Mark unread from here")
        await expect(link).to_contain_text("2 unread")
        # Also where it was done.
        own = reader.get_by_role("navigation", name="Rooms").locator(f'[data-room="{room}"]')
        await expect(own).to_contain_text("2 unread")
        await alice.post("four")
        await is_shown(reader, "alice", "four")
        await expect(link).to_contain_text("3 unread")
        await expect(own).to_contain_text("3 unread")
        await message_box(reader).press("Escape")
        await expect(own).not_to_contain_text("unread")
        await expect(link).not_to_contain_text("unread")


async def test_rooms_come_and_go_in_the_list_as_they_happen(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    name = f"Secret {uuid.uuid4().hex[:6]}"
    made = await company.alice.post_json("/chat/", {"name": name, "kind": "private"})
    secret = made.json()["room"]
    rooms = page.get_by_role("navigation", name="Rooms")
    await company.alice.post_json(f"/chat/{secret}/members/", {"username": "bob"})
    link = rooms.get_by_role("link", name=name)
    await link.click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await is_connected(page)
    await company.alice.web.delete(
        f"/chat/{secret}/members/bob/",
        headers={"X-CSRFToken": company.alice.web.cookies["csrftoken"]},
    )
    await expect(connection(page)).to_contain_text("You were removed from this room.")
    await expect(link).to_have_count(0)
    await expect(page).to_have_url(re.compile("/chat/$"))


async def test_the_menu_offers_what_ones_standing_allows_at_once(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    async with company.alice.tab(room) as alice:
        await alice.post("Not Bob's")
    menu = await opens_menu(page, await is_shown(page, "alice", "Not Bob's"))
    delete = menu.get_by_role("button", name="Delete", exact=True)
    await expect(menu.get_by_role("button", name="Reply", exact=True)).to_be_visible()
    await expect(delete).to_be_hidden()
    await expect(menu.get_by_role("button", name="Edit", exact=True)).to_be_hidden()
    body = {"username": "bob", "role": "moderator"}
    await company.alice.post_json(f"/chat/{room}/members/", body)
    await expect(delete).to_be_visible()
    await delete.click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(log(page)).to_contain_text("This message was deleted")


async def test_who_is_typing_is_told_to_the_others_and_forgotten(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    theirs = await visit(company.server, company.alice, f"/chat/{room}/")
    for each in (page, theirs):
        await is_connected(each)
    await message_box(theirs).press_sequentially("Hm")
    await expect(page.get_by_text("alice is typing…")).to_be_visible()
    await expect(theirs.get_by_text("is typing…")).to_be_hidden()
    async with company.charlie.tab(room) as charlie:
        await charlie.send(type="typing.start")
        await expect(page.get_by_text("alice and charlie are typing…")).to_be_visible()
        await message_box(theirs).press("Enter")
        await expect(page.get_by_text("charlie is typing…")).to_be_visible()
        await expect(page.get_by_text("is typing…")).to_be_hidden()


async def unread(person: Chatter, room: str) -> int:
    """As the server counts, for that person's next connection."""
    async with person.socket() as socket:
        welcome = await socket.sees("welcome")
        return int(next(each["unread"] for each in welcome["rooms"] if each["room"] == room))


async def has_read(page: Page, person: Chatter, room: str) -> None:
    for _ in range(50):
        if await unread(person, room) == 0:
            return
        await page.wait_for_timeout(100)
    raise AssertionError("It still counts as unread.")
