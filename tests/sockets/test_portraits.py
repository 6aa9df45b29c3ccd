"""A picture of oneself on the wire: there with the next message, and with the next coming."""

import httpx
import pytest

from tests.cast import Company
from tests.chatter import Chatter
from tests.http.test_uploads import picture

pytestmark = pytest.mark.asyncio


async def choose(person: Chatter) -> httpx.Response:
    headers = {
        "X-CSRFToken": person.web.cookies.get("csrftoken") or "",
        "Accept": "application/json",
    }
    # Larger than any other request: such a body is taken here.
    files = {"file": ("me.png", picture(size=(900, 900)) + b"x" * 3_000_000)}
    return await person.web.post("/accounts/picture/", files=files, headers=headers)


async def test_a_new_picture_comes_with_the_next_message_and_the_next_coming(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.bob.tab(room) as bob:
        async with company.alice.tab(room) as alice:
            came = await bob.sees("presence.changed")
            assert came["joined"] == [{"username": "alice", "name": "alice", "state": "online"}]
            await alice.post("Nobody knows what I look like")
            assert "picture" not in await bob.sees("message.posted")
            answer = await choose(company.alice)
            assert answer.status_code == 200, answer.text
            face = answer.json()
            await alice.post("Now they do")
            posted = await bob.sees("message.posted")
            assert {name: posted[name] for name in face} == face
            await alice.asks("message.edit", message_id=posted["id"], message="Now you do")
            assert (await bob.sees("message.edited"))["changed"]["picture"] == face["picture"]
        await bob.sees("presence.changed", where=lambda event: bool(event["left"]))
        async with company.alice.tab(room) as alice:
            assert alice.of("welcome")[0]["user"] == face
            came = await bob.sees("presence.changed")
            assert came["joined"] == [{**face, "state": "online"}]
            here = alice.of("room.subscribed")[0]["here"]
            assert [who.get("picture") for who in here] == [None, face["picture"]]
    # What was said before has it too, from now on.
    history = (await company.bob.web.get(f"/chat/{room}/messages/")).json()["messages"]
    assert {message["picture"] for message in history} == {face["picture"]}
    stored = await company.bob.web.get(f"/people/alice/picture/{face['picture']}/")
    assert stored.content[8:12] == b"WEBP"
