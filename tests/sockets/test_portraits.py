"""A picture of oneself on the wire: told where one is, there with each message and each coming."""

import httpx
import pytest

from tests.cast import Company
from tests.chatter import Chatter
from tests.http.test_uploads import picture

pytestmark = pytest.mark.asyncio


def headers_of(person: Chatter) -> dict[str, str]:
    token = person.web.cookies.get("csrftoken") or ""
    return {"X-CSRFToken": token, "Accept": "application/json"}


async def choose(person: Chatter) -> httpx.Response:
    # Larger than any other request: such a body is taken here.
    files = {"file": ("me.png", picture(size=(900, 900)) + b"x" * 3_000_000)}
    return await person.web.post("/accounts/picture/", files=files, headers=headers_of(person))


async def test_a_new_picture_or_name_is_told_where_one_is_and_comes_with_what_one_says(
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
            told = await bob.sees("presence.changed", where=lambda event: "faces" in event)
            assert told["faces"] == [{**face, "state": "online"}]
            assert (told["joined"], told["left"], told["updated"]) == ([], [], [])
            # The same line goes into another room with it.
            await alice.asks("room.subscribe", room=room)
            here = alice.of("room.subscribed")[-1]["here"]
            assert {**face, "state": "online"} in here
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
    # As other tests know her.
    gone = await company.alice.web.delete("/accounts/picture/", headers=headers_of(company.alice))
    assert "picture" not in gone.json()
