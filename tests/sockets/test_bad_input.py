"""Whatever is sent gets the protocol's answer, and nobody else's connection notices."""

import json
import uuid
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.cast import Company

pytestmark = pytest.mark.asyncio

MALFORMED: list[str | bytes] = [
    "",
    "hello",
    "[]",
    "null",
    "5",
    '"text"',
    '{"message": "hi"',
    '{"message": NaN}',
    '{"ref": Infinity, "message": "hi"}',
    '{"type": 5}',
    '{"type": null, "message": "hi"}',
    '{"message": 5}',
    '{"message": null}',
    '{"message": ["hi"]}',
    '{"message": "hi", "client_id": "not a uuid"}',
    '{"message": "hi", "client_id": 7}',
    '{"message": "hi", "reply_to": "x"}',
    '{"message": "hi", "room": {}}',
    '{"message": "hi", "ref": []}',
    '{"message": "NUL \\u0000"}',
    '{"message": "lone \\ud800 surrogate"}',
    '{"type": "message.delete"}',
    '{"type": "message.delete", "message_id": 1.5}',
    '{"type": "message.delete", "message_id": 99999999999999999999999}',
    '{"type": "room.subscribe", "after": -1}',
    '{"type": "room.subscribe", "after": "0"}',
    "[" * 60_000,
    '{"message": ' + "[" * 30_000 + "]" * 30_000 + "}",
    '{"x": ' + "9" * 5000 + ', "message": 1}',
    b"binary",
    b'{"message": "hi"}',
]


@pytest.mark.parametrize("frame", MALFORMED, ids=lambda frame: repr(frame[:40]))
async def test_a_malformed_frame_is_refused_and_the_connection_lives(
    company: Company, frame: str | bytes
) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.bob.tab(room) as bob:
        await bob.send_raw(frame)
        refusal = await bob.sees("error")
        assert refusal["code"] == "bad_frame"
        assert refusal["detail"].endswith(".")
        assert (await bob.asks("ping"))["type"] == "pong"


async def test_the_reference_and_the_client_id_come_back_with_a_refusal(company: Company) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.bob.tab(room) as bob:
        client_id = str(uuid.uuid4())
        await bob.send(message=["no"], client_id=client_id, ref=17)
        refusal = await bob.sees("error")
    assert (refusal["ref"], refusal["client_id"]) == (17, client_id)


@pytest.mark.parametrize(
    ("message", "code"),
    [("", "empty"), (" \n\t ", "empty"), ("\u200b", "empty"), ("x" * 10_001, "too_long")],
    ids=["nothing", "white space", "nothing to see", "10,001 characters"],
)
async def test_a_message_needs_one_to_ten_thousand_characters(
    company: Company, message: str, code: str
) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.bob.tab(room) as bob:
        assert (await bob.post(message))["code"] == code


async def test_ten_thousand_characters_beyond_the_basic_plane_are_one_message(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    async with company.bob.tab(room) as bob:
        await bob.line.send(json.dumps({"message": "🚀" * 10_000}, ensure_ascii=False))
        assert (await bob.sees("message.posted"))["message"] == "🚀" * 10_000


async def test_white_space_around_a_message_is_trimmed(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.bob.tab(room) as bob:
        await bob.post("  two\n\nlines \n")
        assert (await bob.sees("message.posted"))["message"] == "two\n\nlines"


async def test_an_unknown_type_is_named_as_such(company: Company) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.bob.tab(room) as bob:
        for kind in ("message.explode", "send", "websocket.disconnect", "__init__", ""):
            assert (await bob.asks(kind))["code"] == "unknown_type"


async def test_a_command_without_a_room_is_refused_on_the_address_for_all_rooms(
    company: Company,
) -> None:
    async with company.bob.socket() as bob:
        await bob.sees("welcome")
        for command in ({"message": "hi"}, {"type": "room.subscribe"}):
            await bob.send(**command)
            assert (await bob.sees("error"))["code"] == "bad_frame"


async def test_ten_malformed_frames_in_a_row_end_the_connection(company: Company) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        for _ in range(9):
            await bob.send_raw("?")
        assert (await bob.asks("ping"))["type"] == "pong"
        for _ in range(10):
            await bob.send_raw("?")
        assert await bob.is_closed_with() == 4400
        assert len(bob.of("error")) == 19
        assert (await alice.post("I did not notice"))["type"] == "ack"


async def test_a_frame_of_64_kib_is_taken_and_one_more_byte_ends_the_connection(
    company: Company,
) -> None:
    room = await company.alice.make_room("Bad input")
    padding = json.dumps({"type": "ping", "padding": ""})
    async with company.bob.tab(room) as bob:
        await bob.send_raw(padding.replace('""', f'"{"x" * (65_536 - len(padding))}"'))
        assert (await bob.sees())["type"] == "pong"
        await bob.send_raw(padding.replace('""', f'"{"x" * (65_537 - len(padding))}"'))
        # daphne cannot send 1009.
        assert await bob.is_closed_with() in {1009, 4409}


async def test_bytes_count_for_a_frame_and_not_characters(company: Company) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.bob.tab(room) as bob:
        await bob.send_raw(json.dumps({"message": "ж" * 33_000}, ensure_ascii=False))
        assert await bob.is_closed_with() in {1009, 4409}


async def test_invalid_utf_8_ends_the_connection(company: Company) -> None:
    room = await company.alice.make_room("Bad input")
    async with company.bob.tab(room) as bob:
        await bob.line.send(b'{"message": "\xff"}', text=True)
        # daphne drops the line, which a client sees as 1006.
        assert await bob.is_closed_with() in {1006, 1007}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "file://",
        "",
    ],
)
async def test_the_page_of_another_origin_is_refused_in_the_handshake(
    company: Company, origin: str
) -> None:
    origin = origin.format(port=company.server.address.rpartition(":")[2])
    with pytest.raises(InvalidStatus) as refused:
        async with connect(
            company.server.socket_address,
            additional_headers={"Cookie": company.alice.cookie, "Origin": origin},
        ):
            pass
    # autobahn, under daphne, answers an origin that is none with 400 before it asks us.
    is_an_origin = origin and not origin.endswith(".evil.example")
    assert refused.value.response.status_code in ({403} if is_an_origin else {400, 403})


async def test_our_own_origin_is_let_in(company: Company) -> None:
    async with company.alice.socket(origin=company.server.address) as alice:
        assert (await alice.sees())["type"] == "welcome"


async def test_an_unknown_address_is_refused_without_a_traceback(company: Company) -> None:
    address = company.server.socket_address.replace("/chat/", "/nothing/")
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Cookie": "sessionid=expired"}, {"Cookie": "sessionid="}], ids=str
)
async def test_who_is_not_signed_in_is_told_so(company: Company, headers: dict[str, Any]) -> None:
    async with connect(company.server.socket_address, additional_headers=headers) as line:
        await line.wait_closed()
    assert line.close_code == 4401


async def test_an_absent_room_closes_the_per_room_address_alone(company: Company) -> None:
    async with company.alice.socket("no-such-room/") as alice:
        assert await alice.is_closed_with() == 4404
    async with company.alice.socket() as alice:
        await alice.sees("welcome")
        refusal = await alice.asks("room.subscribe", room="no-such-room")
        assert refusal["code"] == "no_such_room"
        assert (await alice.asks("ping"))["type"] == "pong"


async def test_the_twenty_first_connection_of_a_user_is_refused(company: Company) -> None:
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:
        for _ in range(20):
            socket = await stack.enter_async_context(company.charlie.socket())
            await socket.sees("welcome")
        one_more = await stack.enter_async_context(company.charlie.socket())
        assert await one_more.is_closed_with() == 4429
        assert (await socket.asks("ping"))["type"] == "pong"


async def test_nothing_of_all_this_left_a_traceback_in_the_log(company: Company) -> None:
    assert "Traceback" not in company.server.text_of_log
