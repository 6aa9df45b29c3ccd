"""Clients as the protocol wants them: they resume, resend, and keep a diary for the checker."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.chatter import Chatter, Socket
from tests.checker import (
    EVENTS,
    Diary,
    Frame,
    RoomView,
    StoredRoom,
    Visit,
    complaints,
    read_postgresql,
    read_sqlite,
)
from tests.running import RunningServer

PATIENCE_SECONDS = 15.0
PAGE = 100
# What may be sent again unchanged.
RETRY = {"unavailable", "rate_limited"}


class Size(NamedTuple):
    """How large a fault is."""

    is_long: bool

    def of(self, normal: int, long: int) -> int:
        return long if self.is_long else normal


class Wanderer:
    """One client in one room, over any number of connections, one after another.

    It keeps what is not acknowledged and sends it again: resume first, then resend.
    """

    def __init__(self, person: Chatter, room: str) -> None:
        self.person = person
        self.room = room
        self.diary = Diary(person.username)
        self.outbox: dict[str, str] = {}
        self.refusals: list[Frame] = []
        self.close_codes: list[int | None] = []
        self.socket: Socket | None = None
        self.something_came = asyncio.Event()

    def __str__(self) -> str:
        state = "connected" if self.socket else f"closed with {self.close_codes}"
        return (
            f"{self.person.username} ({state}; at tick {self.view.held}, {len(self.outbox)} unsent,"
            f" refused: {[refusal['code'] for refusal in self.refusals]})"
        )

    @property
    def view(self) -> RoomView:
        return self.diary.view

    # --- Saying something

    async def say(self, text: str, client_id: str | None = None) -> str:
        """Send it now if there is a line, and again on each line until it is acknowledged."""
        client_id = client_id or str(uuid.uuid4())
        self.outbox[client_id] = self.diary.sent[client_id] = text
        if self.socket:
            with suppress(ConnectionClosed):
                await self.post(self.socket, client_id, text)
        return client_id

    async def post(self, socket: Socket, client_id: str, text: str) -> None:
        await socket.send(message=text, client_id=client_id, room=self.room)

    # --- One connection

    async def visit(self, *, frames: int | None = None, batch: bool = False) -> None:
        """Connect, resume, resend, and read on; the line is cut after so many frames, if any."""
        async with self.person.socket("?batch=1" if batch else "") as socket:
            held = self.view.held
            self.diary.visits.append(Visit(held, socket.got, self.room))
            try:
                await socket.send(type="room.subscribe", room=self.room, after=held)
                while frames is None or len(socket.got) < frames:
                    before = len(socket.got)
                    await socket.read()
                    for frame in socket.got[before:]:
                        await self.take(socket, frame)
                    self.something_came.set()
                cut(socket)
            except ConnectionClosed:
                self.close_codes.append(socket.line.close_code)
            finally:
                self.socket = None

    async def take(self, socket: Socket, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "ack":
            self.diary.acked.append(frame)
            self.outbox.pop(frame["client_id"], None)
        elif kind == "error":
            self.refusals.append(frame)
            if frame["code"] in RETRY:
                asyncio.get_running_loop().call_later(frame["retry_after"], self.again, frame)
        elif kind == "room.subscribed" and frame["room"] == self.room:
            self.view.held = max(self.view.held, frame["seq"])
            self.socket = socket
            for client_id, text in list(self.outbox.items()):
                await self.post(socket, client_id, text)
        elif kind in EVENTS:
            self.view.apply(frame)

    def again(self, refusal: Frame) -> None:
        """Send once more what was refused for the moment, if that is still to be done."""
        client_id = refusal.get("client_id", "")
        if self.socket and (text := self.outbox.get(client_id)):
            self.resending = asyncio.create_task(self.repeat(self.socket, client_id, text))

    async def repeat(self, socket: Socket, client_id: str, text: str) -> None:
        with suppress(ConnectionClosed):
            await self.post(socket, client_id, text)

    # --- Staying

    @asynccontextmanager
    async def staying(self, *, batch: bool = False) -> AsyncIterator[Wanderer]:
        """Connected until the end of the block; subscribed at its beginning."""
        visit = asyncio.create_task(self.visit(batch=batch))
        try:
            await self.until(lambda: self.socket is not None or visit.done())
            yield self
        finally:
            visit.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await visit

    async def keep_coming_back(self, is_open: asyncio.Event, **how: bool) -> None:
        """Connect whenever the door is open; whoever waits for this cancels it."""
        while True:
            await is_open.wait()
            with suppress(OSError, InvalidHandshake, EOFError, TimeoutError):
                await self.visit(**how)
            await asyncio.sleep(0.05)  # as every client: not a hammer

    async def until(self, question: Callable[[], bool], within: float = PATIENCE_SECONDS) -> None:
        """Wait for what comes until the answer is true."""
        try:
            async with asyncio.timeout(within):
                while not question():
                    self.something_came.clear()
                    await self.something_came.wait()
        except TimeoutError:
            raise AssertionError(f"It did not come about for {self}.") from None

    async def knows(self, tick: int, within: float = PATIENCE_SECONDS) -> None:
        """Wait until everything up to the tick was seen and everything said is acknowledged."""
        await self.until(lambda: self.view.held >= tick and not self.outbox, within)


def cut(socket: Socket) -> None:
    """The cable is pulled: no goodbye."""
    socket.line.transport.abort()


def look_into(server: RunningServer, room: str) -> StoredRoom:
    """The room as the server's database has it."""
    if url := server.environment.get("DATABASE_URL"):
        return read_postgresql(url, room)
    return read_sqlite(server.data / "chat.sqlite3", room)


async def whole_history(reader: Chatter, room: str) -> list[Frame]:
    """The room as `GET messages/` shows it, from its first message to its last."""
    timeline: list[Frame] = []
    before = ""
    while True:
        page = await reader.web.get(f"/chat/{room}/messages/?limit={PAGE}{before}")
        messages: list[Frame] = page.json()["messages"]
        timeline[:0] = messages
        if len(messages) < PAGE:
            return timeline
        before = f"&before={messages[0]['seq']}"


async def all_is_well(
    server: RunningServer, wanderers: Iterable[Wanderer], reader: Chatter
) -> StoredRoom:
    """In the quiet period, everybody there: wait until all have caught up, then check it all."""
    wanderers = list(wanderers)
    room = wanderers[0].room
    for each in wanderers:
        await each.until(lambda each=each: not each.outbox)  # type: ignore[misc]
    stored = look_into(server, room)
    for each in wanderers:
        await each.knows(stored.tick)
    shown = await whole_history(reader, room)
    found = complaints([each.diary for each in wanderers], stored, shown)
    assert not found, "\n".join([*found[:20], f"{len(found)} complaints"])
    return stored


async def ask_all(socket: Socket, commands: list[Frame], window: int = 50) -> list[Frame]:
    """Send many commands, some of them under way at once; their answers in the same order."""
    answers: list[Frame] = []
    for start in range(0, len(commands), window):
        refs = []
        for command in commands[start : start + window]:
            refs.append(uuid.uuid4().hex)
            await socket.send(**command, ref=refs[-1])
        answers += [await socket.sees(where=answers_to(ref)) for ref in refs]
    return answers


def answers_to(ref: str) -> Callable[[Frame], bool]:
    return lambda frame: frame.get("ref") == ref
