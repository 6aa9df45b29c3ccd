"""Large bodies at the door, before Django has them; and a file's way through the room."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from ChatApp.bodies import LARGE_A_PERSON
from tests.cast import Company
from tests.chatter import Chatter

pytestmark = pytest.mark.asyncio

MEGABYTE = 1024 * 1024


async def test_a_large_file_goes_through_the_room_and_comes_back_whole(company: Company) -> None:
    room = await company.alice.make_room()
    content = bytes(range(256)) * (10 * MEGABYTE // 256)
    answer = await company.alice.upload(room, content)
    assert answer.status_code == 201, answer.text
    file = answer.json()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.bob.tab(room) as bob, company.alice.tab(room) as alice:
        await alice.send(type="message.post", attachments=[file["id"]])
        posted = await bob.sees("message.posted")
        assert (posted["message"], posted["attachments"]) == ("", [file])
        assert (await company.bob.web.get(file["url"])).content == content
        await alice.asks("message.delete", message_id=posted["id"])
        deleted = await bob.sees("message.deleted")
        assert deleted["changed"]["attachments"] == []
    assert (await company.bob.web.get(file["url"])).status_code == 404
    assert (await company.charlie.web.get(file["url"])).status_code == 404


async def test_a_large_body_is_taken_from_nobody_who_is_not_signed_in(company: Company) -> None:
    room = await company.alice.make_room()
    address = f"/chat/{room}/uploads/"

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * MEGABYTE

    for cookies in ({}, {"sessionid": "madeup"}):
        async with httpx.AsyncClient(base_url=company.server.address, cookies=cookies) as stranger:
            for content in (b"x" * 5 * MEGABYTE, chunks()):
                try:
                    refused = await stranger.post(address, content=content)
                except httpx.TransportError:
                    # The line was closed while the rest was still on its way.
                    continue
                assert refused.status_code == 413
    # Nor anything larger than a file may be.
    with suppress(httpx.TransportError):
        assert (await company.alice.upload(room, b"x" * 26 * MEGABYTE)).status_code == 413


# daphne takes all of a body before anybody is asked.
@pytest.mark.parametrize("server", ["uvicorn"], indirect=True, scope="session")
async def test_one_person_brings_few_large_files_at_once_however_often_signed_in(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    again = await Chatter(company.server, "alice").sign_in()
    everybody = [company.alice] * LARGE_A_PERSON + [again]
    lines = [await begin_upload(person, room) for person in everybody]
    answers = [asyncio.create_task(reader.readline()) for reader, _ in lines]
    refused, waiting = await asyncio.wait(answers, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert [answer.result()[:12] for answer in refused] == [b"HTTP/1.1 503"]
    assert (await company.bob.upload(room, b"x" * 4 * MEGABYTE)).status_code == 201
    for answer in waiting:
        answer.cancel()
    for _, writer in lines:
        writer.close()
    await again.web.aclose()


async def begin_upload(person: Chatter, room: str) -> tuple[StreamReader, StreamWriter]:
    """The beginning of a large one, the rest of which never comes."""
    host, _, port = person.server.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = (
        f"POST /chat/{room}/uploads/ HTTP/1.1",
        f"Host: {host}:{port}",
        f"Cookie: {person.cookie}",
        f"Content-Length: {4 * MEGABYTE}",
    )
    writer.write("".join(f"{line}\r\n" for line in (*lines, "", "x")).encode())
    await writer.drain()
    return reader, writer
