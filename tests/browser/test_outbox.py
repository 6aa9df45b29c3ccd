"""What was written is sent once and in order, whatever happens to the line, the tab, the server."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Error, Page, expect

from tests.browser.acting import (
    connection,
    has_nothing_unsent,
    is_connected,
    is_shown,
    log,
    message_box,
    refuses_posts,
    say,
    texts,
    without_sockets,
)
from tests.browser.conftest import Visitor
from tests.chatter import PASSWORD, Chatter
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.asyncio

FIVE = [f"{number} of five" for number in range(1, 6)]
STORED = (
    "SELECT text FROM chat_message WHERE deleted_at IS NULL AND room_id ="
    " (SELECT id FROM chat_room WHERE slug = ?) ORDER BY seq"
)


@pytest.fixture(scope="module")
def breakable() -> Iterator[RunningServer]:
    """A server that these tests stop and start."""
    with running_server() as server:
        yield server


@pytest.fixture
async def ada(breakable: RunningServer) -> AsyncIterator[Chatter]:
    if breakable.process and breakable.process.poll() is not None:
        breakable.start()
    ada = await Chatter(breakable, f"ada-{uuid.uuid4().hex[:8]}").sign_up()
    yield ada
    await ada.web.aclose()


async def starts_again(server: RunningServer) -> None:
    await asyncio.to_thread(server.start)


def stored(server: RunningServer, room: str) -> list[str]:
    return [text for (text,) in server.rows(STORED, room)]


async def goes(page: Page, path: str) -> None:
    """Where the server is away, the browser shows its own page of regret."""
    try:
        await page.goto(path)
    except Error as error:
        if "net::ERR_" not in error.message:
            raise


async def test_five_written_offline_survive_reload_and_closing_and_are_sent_once_in_order(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(breakable, ada, f"/chat/{room}/")
    await is_connected(page)
    await say(page, "before")
    await has_nothing_unsent(page)
    breakable.kill()
    await expect(connection(page)).not_to_be_empty()
    for text in FIVE:
        await say(page, text)
    await expect(page.locator(".message--sending")).to_have_count(5)
    await message_box(page).fill("a sixth that is still being written")
    await goes(page, page.url)
    await page.close()
    again = await page.context.new_page()
    await goes(again, f"/chat/{room}/")
    await starts_again(breakable)
    await again.goto(f"/chat/{room}/")
    await is_connected(again)
    await is_shown(again, "You", FIVE[-1])
    await has_nothing_unsent(again)
    await expect(message_box(again)).to_have_value("a sixth that is still being written")
    assert await texts(again) == ["before", *FIVE]
    assert stored(breakable, room) == ["before", *FIVE]
    await again.reload()
    await is_connected(again)
    assert await texts(again) == ["before", *FIVE]


async def test_what_waits_is_shown_after_a_reload_and_says_so(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(breakable, ada, "/chat/")
    await without_sockets(page)
    await page.goto(f"/chat/{room}/")
    for text in FIVE[:3]:
        await say(page, text)
    await expect(connection(page)).to_contain_text("3 messages are waiting to be sent.")
    await page.reload()
    await expect(page.locator(".message--sending")).to_have_count(3)
    assert await texts(page) == FIVE[:3]
    await expect(page.get_by_role("group", name="Unsent messages")).to_contain_text(
        "3 unsent", timeout=15_000
    )
    online = await page.context.new_page()
    await online.goto(f"/chat/{room}/")
    await is_connected(online)
    await has_nothing_unsent(online)
    assert await texts(online) == FIVE[:3]
    # The tab without a line learns it from the other one.
    await has_nothing_unsent(page)
    assert await texts(page) == FIVE[:3]


async def test_two_tabs_with_a_waiting_outbox_send_each_message_once(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    await sends_from_two_tabs(breakable, room, await visit(breakable, ada, f"/chat/{room}/"))


async def test_two_tabs_take_turns_also_where_the_browser_has_no_locks(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(breakable, ada, "/chat/")
    await page.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})"
    )
    await page.goto(f"/chat/{room}/")
    await sends_from_two_tabs(breakable, room, page)


async def sends_from_two_tabs(server: RunningServer, room: str, page: Page) -> None:
    other = await page.context.new_page()
    posts: list[str] = []
    for each in (page, other):
        each.on("websocket", lambda socket: socket.on("framesent", lambda frame: note(frame)))

    def note(frame: str | bytes) -> None:
        if '"message.post"' in str(frame):
            posts.append(str(frame))

    await other.goto(f"/chat/{room}/")
    await page.reload()
    for each in (page, other):
        await is_connected(each)
    server.kill()
    written = []
    for number in range(3):
        for name, each in (("one", page), ("other", other)):
            written.append(f"{number} from {name}")
            await say(each, written[-1])
            await expect(page.locator(".message--sending")).to_have_count(len(written))
    posts.clear()
    await starts_again(server)
    for each in (page, other):
        await is_connected(each)
        await has_nothing_unsent(each)
        assert await texts(each) == written
    assert stored(server, room) == written
    assert len(posts) == len(written)


async def test_ten_reloads_while_another_tab_posts_leave_no_gap_and_no_double(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    poster = await visit(breakable, ada, f"/chat/{room}/")
    await is_connected(poster)
    reader = await poster.context.new_page()
    written = []
    for number in range(10):
        await reader.goto(f"/chat/{room}/")
        for part in "ab":
            written.append(f"{number} {part}")
            await say(poster, written[-1])
        await say(reader, f"reader {number}")
        written.append(f"reader {number}")
    await is_connected(reader)
    for page in (reader, poster):
        await expect(log(page).get_by_role("article")).to_have_count(len(written))
        await has_nothing_unsent(page)
    assert await texts(reader) == await texts(poster) == stored(breakable, room)
    assert sorted(stored(breakable, room)) == sorted(written)


async def test_another_account_in_the_same_browser_sees_and_sends_nothing_of_it(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    ben = await Chatter(breakable, f"ben-{uuid.uuid4().hex[:8]}").sign_up()
    page = await visit(breakable, ada, "/chat/")
    await without_sockets(page)
    await page.goto(f"/chat/{room}/")
    await say(page, "a secret of Ada's")
    await message_box(page).fill("a draft of Ada's")
    await page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("1 message is not sent yet")
    await dialog.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/accounts/login/"))

    theirs = await page.context.new_page()
    await signs_in(theirs, ben, room)
    await is_connected(theirs)
    await expect(message_box(theirs)).to_have_value("")
    await say(theirs, "Ben was here")
    await has_nothing_unsent(theirs)
    assert await texts(theirs) == ["Ben was here"]
    await theirs.get_by_role("button", name="Sign out").click()
    await expect(theirs).to_have_url(re.compile("/accounts/login/"))

    await signs_in(theirs, ada, room)
    await is_shown(theirs, "You", "a secret of Ada's")
    await has_nothing_unsent(theirs)
    await expect(message_box(theirs)).to_have_value("a draft of Ada's")
    assert stored(breakable, room) == ["Ben was here", "a secret of Ada's"]
    await ben.web.aclose()


async def signs_in(page: Page, person: Chatter, room: str) -> None:
    await page.goto(f"/accounts/login/?next=/chat/{room}/")
    await page.get_by_label(re.compile("Username")).fill(person.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile(f"/chat/{room}/$"))


async def test_who_is_signed_out_comes_back_to_the_draft_and_what_waits(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(breakable, ada, f"/chat/{room}/")
    await is_connected(page)
    breakable.kill()
    await expect(connection(page)).not_to_be_empty()
    await say(page, "still waiting")
    await message_box(page).fill("half a thought")
    breakable.change("DELETE FROM django_session")
    await starts_again(breakable)
    await expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))
    await page.get_by_label(re.compile("Username")).fill(ada.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await is_connected(page)
    await is_shown(page, "You", "still waiting")
    await has_nothing_unsent(page)
    await expect(message_box(page)).to_have_value("half a thought")
    assert stored(breakable, room) == ["still waiting"]


async def test_what_was_left_unsent_in_one_room_is_sent_from_the_next(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room, next_room = await ada.make_room(), await ada.make_room()
    page = await visit(breakable, ada, "/chat/")
    await without_sockets(page)
    await page.goto(f"/chat/{room}/")
    await say(page, "said in passing")
    await expect(page.locator(".message--sending")).to_have_count(1)
    await page.close()
    elsewhere = await page.context.new_page()
    await elsewhere.goto(f"/chat/{next_room}/")
    await is_connected(elsewhere)
    await elsewhere.goto(f"/chat/{room}/")
    await is_shown(elsewhere, "You", "said in passing")
    await has_nothing_unsent(elsewhere)
    assert stored(breakable, room) == ["said in passing"]


async def test_where_the_browser_keeps_nothing_it_says_so_and_still_sends(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(breakable, ada, "/chat/")
    await page.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }"
    )
    await page.goto(f"/chat/{room}/")
    await expect(page.get_by_text("This browser keeps nothing for the chat")).to_be_visible()
    await is_connected(page)
    await say(page, "all the same")
    await has_nothing_unsent(page)
    assert stored(breakable, room) == ["all the same"]


async def test_a_message_that_failed_can_be_retried_edited_and_deleted(
    breakable: RunningServer, ada: Chatter, visit: Visitor
) -> None:
    owner = await Chatter(breakable, f"olga-{uuid.uuid4().hex[:8]}").sign_up()
    room = await owner.make_room()
    page = await visit(breakable, ada, f"/chat/{room}/")
    await is_connected(page)
    await refuses_posts(page)
    await page.goto(f"/chat/{room}/")
    await is_connected(page)
    for text in ("one", "two", "three"):
        await say(page, text)
    failed = page.locator(".message--failed")
    await expect(failed).to_have_count(3)
    await expect(failed.first).to_contain_text("Failed. This room is read-only just now.")
    bar = page.get_by_role("group", name="Unsent messages")
    await expect(bar).to_contain_text("3 unsent")

    await failed.nth(1).get_by_role("button", name="Delete").click()
    await expect(failed).to_have_count(2)
    await failed.nth(1).get_by_role("button", name="Edit").click()
    await message_box(page).fill("three, **better**")
    await page.keyboard.press("Enter")
    # Kept, tried, and failed once more.
    await expect(failed.nth(1)).to_contain_text("three, better")
    await page.unroute_all()
    await page.close()

    again = await page.context.new_page()
    await again.goto(f"/chat/{room}/")
    await is_connected(again)
    await expect(again.locator(".message--failed")).to_have_count(2)
    await expect(again.locator(".message--failed strong")).to_have_text("better")
    await again.get_by_role("button", name="Retry all").click()
    await has_nothing_unsent(again)
    assert stored(breakable, room) == ["one", "three, **better**"]
    await owner.web.aclose()
