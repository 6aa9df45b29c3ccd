"""uvicorn with our protocol, and behind it an application that only listens."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from websockets.frames import Frame

from ChatApp.websockets import FairProtocol

PATIENCE_SECONDS = 30


class Watched(FairProtocol):
    """Remembers how much it did in each turn of the loop, and what came while something waited."""

    made: list["Watched"] = []
    turn = 0
    after_slice: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.frames_in_turn: Counter[int] = Counter()
        self.came_too_early = 0
        Watched.made.append(self)

    def data_received(self, data: bytes) -> None:
        self.came_too_early += len(self.waiting) and len(data)
        super().data_received(data)

    def take_slice(self) -> None:
        super().take_slice()
        Watched.after_slice()

    def handle_cont(self, event: Frame) -> None:
        self.frames_in_turn[Watched.turn] += 1
        super().handle_cont(event)

    @classmethod
    async def count_turns(cls) -> None:
        while True:
            cls.turn += 1
            await asyncio.sleep(0)


class Site:
    """An application that hears, and closes with 4000 when it is asked to."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.ends: list[int] = []
        self.problems: list[dict[str, Any]] = []
        self.listens = asyncio.Event()
        self.listens.set()
        self.something_came = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await self.listens.wait()
        while (event := await receive())["type"] == "websocket.receive":
            self.heard.append(event["text"])
            self.something_came.set()
            if event["text"] == "close!":
                await send({"type": "websocket.close", "code": 4000})
        self.ends.append(event["code"])
        self.something_came.set()

    async def until(self, question: Callable[[], bool]) -> None:
        while not question():
            self.something_came.clear()
            await self.something_came.wait()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Site, str, uvicorn.Server]]:
    site = Site()
    Watched.made.clear()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, problem: site.problems.append(problem))
    config = uvicorn.Config(
        site, ws=Watched, ws_per_message_deflate=False, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        task = asyncio.create_task(server.serve(sockets=[listener]))
        turns = asyncio.create_task(Watched.count_turns())
        await becomes_true(lambda: server.started)
        yield site, address, server
        turns.cancel()
        server.should_exit = True
        await task
    assert not site.problems


async def becomes_true(question: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 100):
        if question():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
