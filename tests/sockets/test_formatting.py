"""Formatting is made once, when a message is stored, and told to everybody alike."""

import pytest

from tests.cast import Company

pytestmark = pytest.mark.asyncio

TEXT = "**Hello** @Bob, @charlie and `@alice`"
HTML = (
    '<p><strong>Hello</strong> <span class="mention" data-username="bob">@Bob</span>, @charlie '
    "and <code>@alice</code></p>"
)


async def test_everybody_gets_the_same_html_live_late_and_from_the_page(company: Company) -> None:
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        posted = await alice.post(TEXT)
        event = await bob.sees("message.posted")
        assert (event["message"], event["html"], event["mentions"]) == (TEXT, HTML, ["bob"])
        assert await alice.sees("message.posted") == event
        await alice.asks("room.subscribe", room=room, after=0)
        assert (await alice.sees("message.posted"))["html"] == HTML
        page = await company.bob.web.get(f"/chat/{room}/")
        assert "\\u003Cstrong\\u003EHello" in page.text
        await alice.asks("reaction.add", message_id=posted["id"], emoji="👍")
        assert (await bob.sees("reaction.added"))["changed"]["html"] == HTML
    history = (await company.bob.web.get(f"/chat/{room}/messages/")).json()
    assert history["messages"][0]["html"] == HTML
    assert (await company.charlie.web.get(f"/chat/{room}/messages/")).status_code == 200
    async with company.bob.socket() as bob:
        welcome = await bob.sees("welcome")
        assert next(each["mentions"] for each in welcome["rooms"] if each["room"] == room) == 1


async def test_a_plain_message_has_none_and_neither_has_a_deleted_one(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        await alice.post("plain, and @nobody is named")
        assert "html" not in await alice.sees("message.posted")
        posted = await alice.post("_hi_")
        assert (await alice.sees("message.posted"))["html"] == "<p><em>hi</em></p>"
        await alice.asks("message.delete", message_id=posted["id"])
        assert "html" not in (await alice.sees("message.deleted"))["changed"]
    rows = company.server.rows("SELECT text, html FROM chat_message WHERE id = ?", posted["id"])
    assert rows == [("", "")]


async def test_an_edit_is_formatted_anew_and_its_source_is_kept(company: Company) -> None:
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        posted = await alice.post("**one**")
        await alice.asks("message.edit", message_id=posted["id"], message="~~two~~ @bob")
        changed = (await alice.sees("message.edited"))["changed"]
        assert (changed["message"], changed["mentions"]) == ("~~two~~ @bob", ["bob"])
        assert changed["html"] == (
            '<p><s>two</s> <span class="mention" data-username="bob">@bob</span></p>'
        )
        await alice.asks("message.edit", message_id=posted["id"], message="three")
        changed = (await alice.sees("message.edited"))["changed"]
        assert "html" not in changed
        assert changed["mentions"] == []


async def test_messages_of_one_sender_keep_their_order_whatever_they_cost(company: Company) -> None:
    room = await company.alice.make_room()
    texts = [text for number in range(10) for text in (f"*{number}* " * 300, f"plain {number}")]
    async with company.alice.tab(room) as alice:
        for text in texts:
            await alice.send(message=text.strip())
        seen = [(await alice.sees("message.posted"))["message"] for _ in texts]
    assert seen == [text.strip() for text in texts]


async def test_http_formats_as_well(company: Company) -> None:
    room = await company.alice.make_room()
    await company.alice.post_json(f"/chat/{room}/messages/", {"message": "[x](javascript:1) *y*"})
    (message,) = (await company.alice.web.get(f"/chat/{room}/messages/")).json()["messages"]
    assert message["html"] == "<p>[x](javascript:1) <em>y</em></p>"
