"""What the load generator is told, and the crowd of clients that it makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.dialects import Dialect, dialect
from benchmarks.processes import Usage, usage
from benchmarks.tally import Tally
from benchmarks.websocket import Client

# Handshakes under way at once.
CONNECTING = 32


@dataclass
class Task:
    """`plan` is the workload's own; `roots` are the processes of the whole server side,
    `core` is where they run."""

    load: str
    plan: dict[str, Any]
    dialect: str
    ports: list[int]
    cookies: list[str]
    rooms: list[str]
    roots: list[int]
    core: int
    tally: Tally = field(default_factory=Tally)

    def speak(self, name: str = "") -> Dialect:
        return dialect(name or self.dialect, batch=bool(self.plan.get("batch")))

    def client(self, user: int, speech: Dialect) -> Client:
        """Everybody has a room, the one that people.py put them in."""
        room = self.rooms[user * len(self.rooms) // len(self.cookies)]
        port = self.ports[user % len(self.ports)]
        return Client(self.tally, speech, room, self.cookies[user], port)

    def servers(self) -> Usage:
        return usage(self.roots, self.core)


async def connect_all(clients: Sequence[Client]) -> None:
    waiting = iter(clients)

    async def one_after_the_other() -> None:
        for client in waiting:
            await client.connect()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTING):
            group.create_task(one_after_the_other())
