"""People connect and stay without a word: what coming costs, and what being there takes."""

from __future__ import annotations

import asyncio
import time

from benchmarks.conversation import Figures
from benchmarks.tally import now
from benchmarks.task import Task, connect_all

# Sockets that warm a server up before anything is measured.
FIRST = 50
SETTLE_SECONDS = 2.0


async def run(task: Task) -> Figures:
    speech = task.speak(task.plan.get("speech", ""))
    clients = [task.client(user, speech) for user in range(len(task.cookies))]
    await connect_all(clients[:FIRST])
    await asyncio.sleep(SETTLE_SECONDS)
    before, began, load = task.servers(), now(), time.process_time()
    await connect_all(clients[FIRST:])
    arrived, seconds = task.servers() - before, now() - began
    load = time.process_time() - load
    await asyncio.sleep(SETTLE_SECONDS + task.plan["seconds"])
    settled = task.servers() - before
    count = len(clients) - FIRST
    return {
        "ms/connect": 1e3 * arrived.cpu / count,
        "connects/s": count / seconds,
        "KiB/socket": settled.rss / count,
        "others %": 100 * arrived.others / seconds,
        "lost": float(task.tally.closed),
        "load %": 100 * load / seconds,
    }
