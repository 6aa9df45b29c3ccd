"""What processes write down for each other in Redis: one atomic step for each call.

Here are the calls alone (their scripts are in lua/); when they are made, and what follows from
their answers, is in leases.py. Any server that speaks as Redis 6 or Valkey will do, but no
cluster: a script touches keys of many names.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from chat.realtime.roster import Here, Occupant, State

# What nobody has touched for so long is garbage: processes renew and rewrite theirs.
KEPT_SECONDS = 3600
# Entries of a dead process that are cleared away in one step.
CLEARED_AT_ONCE = 1000

SCRIPTS = Path(__file__).parent / "lua"


class Unreachable(Exception):
    """Redis does not answer, or not in time, or not in words of ours."""


class Lapsed(Exception):
    """This process has no lease, or what it knows is of another epoch."""


class Renewal(NamedTuple):
    epoch: str
    ended: int
    has_more: bool
    rooms: list[int]


class Look(NamedTuple):
    """The revisions of rooms, in the order in which they were asked for."""

    epoch: str
    ended: int
    revisions: list[bytes]


class Page(NamedTuple):
    """A room as the others see it. `size` counts our own entries too."""

    revision: bytes
    people: dict[int, Here]
    size: int


class Said(NamedTuple):
    """What a process says of somebody in a room."""

    state: State
    username: str
    name: str
    picture: str = ""


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Said)


def as_value(here: Here) -> bytes:
    who = here.occupant
    # Three parts where three will do: processes of an older version know no more.
    picture = (who.picture,) if who.picture else ()
    return ENCODER.encode((here.state, who.username, who.name, *picture))


class Ledger:
    """One process's door to it. Belongs to one event loop, in which it connects by itself.

    Every call raises Unreachable after `call_seconds` at the latest.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        process: str,
        lease_seconds: float,
        settle_seconds: float,
        call_seconds: float,
    ) -> None:
        self.url = url
        self.prefix = f"{prefix}:presence:"
        self.process = process
        self.lease = milliseconds(lease_seconds)
        self.settle = milliseconds(settle_seconds)
        self.call_seconds = call_seconds
        self.step = 0
        # Counts the lines to Redis: at the end of a new one may be another server than before.
        self.connects = 0
        self.client: Redis | None = None
        self.scripts: dict[str, Any] = {}

    # --- Writing

    async def renew(self, known: str, *, seconds: float, may_reap: bool) -> Renewal:
        """Have a lease for so long from now, and clear away a process whose lease has ended.

        `known` is the epoch known so far, or "" before the first.
        """
        fresh = secrets.token_hex(8)
        _, epoch, ended, has_more, *rooms = await self.write_step(
            "renew",
            *(known, fresh, milliseconds(seconds), self.lease, self.settle),
            *(int(may_reap), CLEARED_AT_ONCE, KEPT_SECONDS),
        )
        return Renewal(epoch.decode(), ended, bool(has_more), [int(room) for room in rooms])

    async def write(self, entries: Iterable[tuple[str, bytes]]) -> dict[int, tuple[bytes, bytes]]:
        """Write entries by name, or take them away where empty. Raises Lapsed.

        Returns the rooms that changed, with their revisions before and now.
        """
        flat = [part for entry in entries for part in entry]
        _, *changed = await self.write_step("write", self.lease, KEPT_SECONDS, *flat)
        return {
            int(changed[at]): (changed[at + 1], changed[at + 2]) for at in range(0, len(changed), 3)
        }

    async def write_step(self, script: str, *arguments: Any) -> list[Any]:
        self.step += 1
        return await self.ask(script, self.process, self.step, *arguments)

    # --- Reading

    async def names(self) -> list[str]:
        """What this process wrote, by the name of the entry, as Redis remembers it."""
        _, names = await self.ask("names", self.process)
        return [name.decode("ascii", "replace") for name in names]

    async def look(self, room_ids: Sequence[int]) -> Look:
        """Raises Lapsed."""
        _, epoch, ended, *revisions = await self.ask("look", self.process, self.lease, *room_ids)
        return Look(epoch.decode(), ended, revisions)

    async def read(self, room_ids: Sequence[int]) -> tuple[str, dict[int, Page]]:
        """The epoch, and rooms as processes other than this one see them. Raises Lapsed."""
        answer = await self.ask("read", self.process, self.lease, "room:", *room_ids)
        live = {process.decode() for process in answer[2]} - {self.process}
        rest = answer[3:]
        pages = {
            room_id: page(rest[2 * number], rest[2 * number + 1], live)
            for number, room_id in enumerate(room_ids)
        }
        return answer[1].decode(), pages

    async def people(self, room_id: int) -> dict[int, Here]:
        """Who is in a room elsewhere, asked without a lease of one's own."""
        answer = await self.ask("read", "", self.lease, "room:", room_id)
        live = {process.decode() for process in answer[2]} - {self.process}
        return page(answer[3], answer[4], live).people

    async def connections(self, user_id: int) -> int:
        """How many connections somebody has on other processes."""
        answer = await self.ask("read", "", self.lease, "user:", user_id)
        live = set(answer[2]) - {self.process.encode()}
        return sum(
            int(count) for process, count in pairs(answer[4]) if process in live and count.isdigit()
        )

    # --- Asking

    async def ask(self, script: str, *arguments: Any) -> list[Any]:
        """Run a script. Raises Unreachable, Lapsed."""
        try:
            async with asyncio.timeout(self.call_seconds):
                answer: list[Any] = await self.script(script)(
                    keys=[self.prefix], args=list(arguments)
                )
        except (RedisError, OSError, TimeoutError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        if answer[0] == b"lapsed":
            raise Lapsed
        if answer[0] == b"late":
            # Of a command that was given up before; or somebody else has our name.
            raise Unreachable("a later step was carried out before this one")
        return answer

    def script(self, name: str) -> Callable[..., Awaitable[Any]]:
        if self.client is None:
            # Given a connection that the server has closed meanwhile, it takes another one.
            self.client = Redis.from_url(
                self.url,
                socket_connect_timeout=self.call_seconds,
                socket_timeout=None,
                retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
                redis_connect_func=self.connect,
            )
        if name not in self.scripts:
            common, own = (
                (SCRIPTS / f"{part}.lua").read_text("utf-8") for part in ("common", name)
            )
            self.scripts[name] = self.client.register_script(common + own)
        found: Callable[..., Awaitable[Any]] = self.scripts[name]
        return found

    async def connect(self, line: AbstractConnection) -> None:
        self.connects += 1
        await line.on_connect()

    async def close(self) -> None:
        client, self.client = self.client, None
        self.scripts.clear()
        if client:
            await client.aclose()


def page(revision: bytes, entries: list[bytes], live: set[str]) -> Page:
    people: dict[int, Here] = {}
    for field, value in pairs(entries):
        user, _, process = field.decode("ascii", "replace").partition(".")
        if process not in live or not user.isdigit():
            continue
        try:
            said = DECODER.decode(value)
        except msgspec.MsgspecError:
            continue  # written by nobody of ours
        user_id = int(user)
        if user_id not in people or said.state == "online":
            occupant = Occupant(user_id, said.username, said.name, said.picture)
            people[user_id] = Here(occupant, said.state)
    return Page(revision, people, len(entries) // 2)


def pairs(flat: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
