"""Posting and deleting over a socket, with a server that really runs."""

import asyncio
import uuid

import pytest

from tests.cast import Company

pytestmark = pytest.mark.asyncio


async def test_a_message_reaches_everybody_in_the_room_with_its_author(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        ack = await alice.post("Hello, Bob")
        seen = await bob.sees("message.posted")
        own = await alice.sees("message.posted")
    assert (seen["message"], seen["username"], seen["name"]) == ("Hello, Bob", "alice", "alice")
    assert (seen["seq"], seen["tick"], seen["prev"]) == (1, 1, 0)
    assert (ack["id"], ack["seq"], ack["duplicate"]) == (seen["id"], 1, False)
    assert ack["timestamp"] == seen["timestamp"]
    assert own == seen


async def test_the_smallest_client_needs_nothing_but_a_message(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.bob.tab(room) as bob:
        await bob.send(message="hi")
        assert (await bob.sees("message.posted"))["message"] == "hi"


async def test_a_username_that_a_client_claims_is_ignored(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.bob.tab(room) as bob:
        await bob.send(message="I am Alice", username="alice", name="Alice", user="alice")
        assert (await bob.sees("message.posted"))["username"] == "bob"


async def test_ticks_are_dense_and_in_one_order_for_everybody(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:

        async def talk(socket, name: str) -> None:  # type: ignore[no-untyped-def]
            for number in range(40):
                await socket.send(message=f"{name} {number}", client_id=str(uuid.uuid4()))

        await asyncio.gather(talk(alice, "a"), talk(bob, "b"))
        for socket in (alice, bob):
            await socket.sees("message.posted", where=lambda frame: frame["seq"] == 80)
        heard = [
            [(frame["seq"], frame["prev"], frame["message"]) for frame in s.of("message.posted")]
            for s in (alice, bob)
        ]
    assert heard[0] == heard[1]
    assert [seq for seq, _, _ in heard[0]] == list(range(1, 81))
    assert all(prev == seq - 1 for seq, prev, _ in heard[0])


async def test_a_repeated_client_id_is_answered_with_the_first_ack(company: Company) -> None:
    room = await company.alice.make_room()
    client_id = str(uuid.uuid4())
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        first = await alice.post("once", client_id=client_id)
        again = await alice.post("once", client_id=client_id)
        by_http = await company.alice.post_json(
            f"/chat/{room}/messages/", {"message": "once", "client_id": client_id}
        )
        await alice.post("the end")
        await bob.sees("message.posted", where=lambda frame: frame["message"] == "the end")
    assert again == {**first, "duplicate": True}
    assert (by_http.status_code, by_http.json()) == (200, {**first, "duplicate": True})
    assert [frame["message"] for frame in bob.of("message.posted")] == ["once", "the end"]


async def test_a_client_id_stands_for_one_text_in_one_room(company: Company) -> None:
    room, other = await company.alice.make_room(), await company.alice.make_room()
    client_id = str(uuid.uuid4())
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        await alice.post("this", client_id=client_id)
        for fields in ({"message": "that"}, {"message": "this", "room": other}):
            refusal = await alice.post(**fields, client_id=client_id)
            assert refusal["code"] == "conflict"
        # The same id of somebody else is another one.
        assert (await bob.post("that", client_id=client_id))["duplicate"] is False


async def test_a_deleted_message_is_emptied_for_everybody(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        posted = await bob.post("oops")
        assert (await bob.asks("message.delete", message_id=posted["id"]))["type"] == "ok"
        event = await alice.sees("message.deleted")
        assert (event["seq"], event["prev"]) == (2, 1)
        assert event["changed"]["message"] == ""
        assert event["changed"]["deleted"] is True
        assert (event["changed"]["seq"], event["changed"]["tick"]) == (1, 2)
        # Once more changes nothing and takes no tick.
        assert (await bob.asks("message.delete", message_id=posted["id"]))["type"] == "ok"
        assert (await bob.post("next"))["seq"] == 3
    history = (await company.alice.web.get(f"/chat/{room}/messages/")).json()
    assert history["messages"][0]["message"] == ""
    assert history["messages"][0]["deleted"] is True


async def test_only_its_author_and_the_rooms_owner_delete_a_message(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        of_alice, of_bob = await alice.post("hers"), await bob.post("his")
        async with company.charlie.tab(room) as charlie:
            for message in (of_alice, of_bob):
                refusal = await charlie.asks("message.delete", message_id=message["id"])
                assert refusal["code"] == "forbidden"
        assert (await bob.asks("message.delete", message_id=of_alice["id"]))["code"] == "forbidden"
        assert (await alice.asks("message.delete", message_id=of_bob["id"]))["type"] == "ok"


async def test_a_reply_names_a_message_of_the_same_room(company: Company) -> None:
    room, other = await company.alice.make_room(), await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(other) as bob:
        question = await alice.post("Well?")
        await alice.post("Yes.", reply_to=question["id"])
        answer = await alice.sees("message.posted", where=lambda f: f["message"] == "Yes.")
        assert answer["reply_to"] == question["id"]
        elsewhere = await bob.post("No.", reply_to=question["id"])
        assert elsewhere["code"] == "no_such_message"


async def test_a_batching_client_gets_what_is_due_together_in_one_frame(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room, batch=True) as bob:
        for number in range(50):
            await alice.send(message=f"{number}")
        await bob.sees("message.posted", where=lambda frame: frame["seq"] == 50)
        assert [f["message"] for f in bob.of("message.posted")] == [str(n) for n in range(50)]
        # Whether any two were due together depends on the moment; a replay always is.
        await bob.send(type="room.subscribe", room=room, after=0)
        await bob.sees("room.subscribed")
    assert any(frame.startswith("[") for frame in bob.frames)
    assert not any(frame.startswith("[") for frame in alice.frames)


async def test_a_refusal_is_said_in_the_language_of_whoever_asked(company: Company) -> None:
    room = await company.alice.make_room()
    long = {"type": "message.post", "message": "x" * 10_001}
    await company.bob.submit("/accounts/", language="de")
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        # Both at once, in one process: nobody's language is left behind for somebody else.
        for _ in range(3):
            await asyncio.gather(alice.send(**long), bob.send(**long))
        for _ in range(3):
            english, german = await alice.sees("error"), await bob.sees("error")
            assert (english["code"], german["code"]) == ("too_long", "too_long")
            assert english["detail"].startswith("A message has at most 10,000 characters")
            assert german["detail"].startswith("Eine Nachricht hat höchstens 10.000 Zeichen")
    await company.bob.submit("/accounts/", language="")
