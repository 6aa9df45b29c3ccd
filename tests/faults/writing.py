"""One client program of several: `python -m tests.faults.writing`, started by `Writers`.

It is told on its input what to do, and writes what it saw on its output, a line of JSON for each
client that it is. When its input ends, because the test did, it ends as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from tests.chatter import Chatter
from tests.checker import EVENTS, Diary, Frame, Visit
from tests.faults.people import Wanderer, whole_history
from tests.running import CHECKOUT, RunningServer

UNDER_WAY = 20
LINE_BYTES = 256 * 1024 * 1024
STARTS_WITHIN_SECONDS = 30
WRITES_WITHIN_SECONDS = 120


class Order(NamedTuple):
    """What one process does, as whom: so many messages over each socket, or over HTTP."""

    address: str
    username: str
    cookies: dict[str, str]
    room: str
    sockets: int
    by_socket: int
    by_http: int

    @classmethod
    def of(
        cls, person: Chatter, room: str, *, sockets: int = 0, by_socket: int = 0, by_http: int = 0
    ) -> Order:
        cookies = dict(person.web.cookies)
        address = person.server.address
        return cls(address, person.username, cookies, room, sockets, by_socket, by_http)


# --- The test's side


class Writer:
    """One client process that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def is_told(self, word: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(word).encode() + b"\n")
        await self.process.stdin.drain()

    async def says(self, within: float) -> Any:
        """Its next line. Raises EOFError where it ended instead; it told why on our stderr."""
        assert self.process.stdout
        async with asyncio.timeout(within):
            line = await self.process.stdout.readline()
        if not line:
            raise EOFError(f"A writer ended with {await self.process.wait()}.")
        return json.loads(line)

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def writers(orders: list[Order]) -> AsyncIterator[list[Writer]]:
    """A process for each order, connected and waiting for its start; gone after the block."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in orders:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "tests.faults.writing"),
                cwd=CHECKOUT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE_BYTES,
            )
            found.append(Writer(process))
            stack.push_async_callback(found[-1].end)
        for writer, order in zip(found, orders, strict=True):
            await writer.is_told(order)
        for writer in found:
            assert await writer.says(STARTS_WITHIN_SECONDS) == "ready"
        yield found


async def write_all(found: list[Writer]) -> None:
    """All begin in the same moment; return when everything is acknowledged."""
    for writer in found:
        await writer.is_told("write")
    for writer in found:
        assert await writer.says(WRITES_WITHIN_SECONDS) == "written"


async def diaries_of(found: list[Writer], tick: int) -> list[Diary]:
    """What each client saw, once it has seen everything up to the tick."""
    for writer in found:
        await writer.is_told(tick)
    diaries = []
    for writer in found:
        diaries += [read_diary(line) for line in await writer.says(WRITES_WITHIN_SECONDS)]
        assert await writer.process.wait() == 0
    return diaries


def read_diary(line: dict[str, Any]) -> Diary:
    """The room is put together here, from the frames as they came."""
    visits = [Visit(**visit) for visit in line["visits"]]
    diary = Diary(line["username"], line["sent"], line["acked"], visits)
    for visit in visits:
        for frame in visit.frames:
            if frame["type"] == "room.subscribed" and visit.is_here(frame):
                diary.view.held = max(diary.view.held, frame["seq"])
            elif frame["type"] in EVENTS:
                diary.view.apply(frame)
    for message in line["history"]:
        diary.view.keep(message)
    return diary


# --- The process's own side


async def main() -> None:
    told = await lines_of_input()
    order = Order(*await told())
    server = RunningServer(Path(os.devnull))
    server.address = order.address
    person = Chatter(server, order.username)
    person.web.cookies.update(order.cookies)
    clients = [Wanderer(person, order.room) for _ in range(order.sockets)]
    by_http = Diary(order.username)
    async with AsyncExitStack() as stack:
        for number, each in enumerate(clients):
            await stack.enter_async_context(each.staying(batch=number % 2 == 0))
        say("ready")
        assert await told() == "write"
        async with asyncio.TaskGroup() as group:
            for each in clients:
                group.create_task(write(each, order.by_socket))
            group.create_task(write_by_http(person, order, by_http))
        say("written")
        tick = await told()
        for each in clients:
            await each.knows(tick)
    lines = [line_of(each.diary, []) for each in clients]
    if order.by_http:
        lines.append(line_of(by_http, await whole_history(person, order.room)))
    say(lines)


async def lines_of_input() -> Callable[[], Any]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    async def read() -> None:
        while line := await reader.readline():
            lines.put_nowait(line)
        os._exit(1)  # whoever started us is gone

    # Kept by the function that uses the queue.
    reading = asyncio.create_task(read())

    async def told() -> Any:
        assert not reading.done()
        return json.loads(await lines.get())

    return told


def say(word: Any) -> None:
    print(json.dumps(word), flush=True)


def line_of(diary: Diary, history: list[Frame]) -> dict[str, Any]:
    visits = [asdict(visit) for visit in diary.visits]
    return {
        "username": diary.username,
        "sent": diary.sent,
        "acked": diary.acked,
        "visits": visits,
        "history": history,
    }


async def write(client: Wanderer, count: int) -> None:
    for number in range(count):
        await client.until(lambda: len(client.outbox) < UNDER_WAY)
        await client.say(f"{number}")
    await client.until(lambda: not client.outbox)
    assert not client.refusals, client.refusals[:3]


async def write_by_http(person: Chatter, order: Order, diary: Diary) -> None:
    """One after the other, as a script does."""
    for number in range(order.by_http):
        client_id = str(uuid.uuid4())
        diary.sent[client_id] = text = f"by HTTP {number}"
        body = {"message": text, "client_id": client_id}
        answer = await person.post_json(f"/chat/{order.room}/messages/", body)
        assert answer.status_code == 201, answer.text
        diary.acked.append(answer.json())


if __name__ == "__main__":
    asyncio.run(main())
