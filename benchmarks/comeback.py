"""Everybody loses the line in the same moment, misses something, and comes back at once."""

from __future__ import annotations

import asyncio
import time

from benchmarks.conversation import Figures, Speaker
from benchmarks.tally import now
from benchmarks.task import Task, connect_all
from benchmarks.websocket import Client

CALM_SECONDS = 60.0
AGAIN_SECONDS = 0.5


async def run(task: Task) -> Figures:
    """The last member of each room stays and speaks; all others are cut."""
    users = range(len(task.cookies))
    speech = task.speak()
    clients = [task.client(user, speech) for user in users]
    await connect_all(clients)
    members = len(clients) // len(task.rooms)
    staying = [
        client for user, client in zip(users, clients, strict=True) if (user + 1) % members == 0
    ]
    for client in clients:
        if client not in staying:
            client.transport.abort()
    await asyncio.sleep(1.0)
    await say_what_is_missed(task, staying)

    leavers = [user for user in users if (user + 1) % members]
    before, began, load = task.servers(), now(), time.process_time()
    tries = await asyncio.gather(*(come_back(task, user) for user in leavers))
    seconds, used = now() - began, task.servers() - before
    return {
        "seconds": seconds,
        "clients": float(len(leavers)),
        "ms/comeback": 1e3 * used.cpu / len(leavers),
        "tries": sum(tries) / len(leavers),
        "server %": 100 * used.cpu / seconds,
        "others %": 100 * used.others / seconds,
        "load %": 100 * (time.process_time() - load) / seconds,
    }


async def say_what_is_missed(task: Task, staying: list[Client]) -> None:
    """One after the other, for a server may refuse what it cannot store soon."""
    speakers = [Speaker(client, screens=1) for client in staying]
    for _ in range(task.plan["missed"]):
        for speaker in speakers:
            speaker.say(now())
        await task.tally.is_quiet(CALM_SECONDS)


async def come_back(task: Task, user: int) -> int:
    """How many tries it took. Raises AssertionError where something was not caught up."""
    tries = 1
    while True:
        client = task.client(user, task.speak("returning"))
        try:
            await client.connect()
        except OSError:
            tries += 1
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            assert client.marks == task.plan["missed"], f"{client.marks} messages were caught up."
            return tries
