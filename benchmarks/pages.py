"""Somebody signed in opens the same page again and again over kept connections."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.comeback import say_what_is_missed
from benchmarks.conversation import Figures, over
from benchmarks.tally import now
from benchmarks.task import Task, connect_all

CONNECTIONS = 4
REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: sessionid={cookie}\r\n"
    "Accept-Encoding: {encoding}\r\n\r\n"
)


async def run(task: Task) -> Figures:
    """`plan["path"]` may name the {room}; `plan["link"]` finds a path in what that answers."""
    clients = [task.client(0, task.speak())]
    await connect_all(clients)
    await say_what_is_missed(task, clients)
    clients[0].transport.close()
    path = task.plan["path"].format(room=task.rooms[0])
    if link := task.plan.get("link"):
        async with reader(task, path, encoding="identity") as read:
            found = re.search(link, (await read()).decode())
        assert found, f"{path} names nothing like {link}."
        path = found[1]
    return await measured(task, path)


async def measured(task: Task, path: str) -> Figures:
    counts = [0] * CONNECTIONS
    sizes = [0] * CONNECTIONS
    readers = [
        asyncio.create_task(again_and_again(task, path, place, counts, sizes))
        for place in range(CONNECTIONS)
    ]
    await asyncio.sleep(task.plan["warm_up"])
    before, began, load, first = task.servers(), now(), time.process_time(), sum(counts)
    await asyncio.sleep(task.plan["seconds"])
    pages, seconds = sum(counts) - first, now() - began
    used = task.servers() - before
    load = time.process_time() - load
    for each in readers:
        each.cancel()
    ended = await asyncio.gather(*readers, return_exceptions=True)
    for problem in ended:
        if isinstance(problem, Exception):
            raise problem
    return {
        "ms/page": over(1e3 * used.cpu, pages),
        "pages/s": pages / seconds,
        "KiB/page": sizes[0] / 1024,
        "server %": 100 * used.cpu / seconds,
        "others %": 100 * used.others / seconds,
        "load %": 100 * load / seconds,
    }


async def again_and_again(
    task: Task, path: str, place: int, counts: list[int], sizes: list[int]
) -> None:
    async with reader(task, path) as read:
        while True:
            sizes[place] = len(await read())
            counts[place] += 1


@asynccontextmanager
async def reader(task: Task, path: str, encoding: str = "gzip") -> AsyncIterator:  # type: ignore[type-arg]
    """A function that gets the path once more; raises AssertionError for any answer but 200."""
    source, sink = await asyncio.open_connection("127.0.0.1", task.ports[0], limit=1 << 22)
    values = {"path": path, "port": task.ports[0], "cookie": task.cookies[0]}
    request = REQUEST.format(**values, encoding=encoding).encode()

    async def read() -> bytes:
        sink.write(request)
        head = await source.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), f"{path}: {head.partition(bytes([13]))[0]!r}"
        size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        return await (source.readexactly(int(size[1])) if size else chunked(source))

    try:
        yield read
    finally:
        sink.close()


async def chunked(source: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await source.readline(), 16):
        body += (await source.readexactly(size + 2))[:-2]
    await source.readline()
    return body
