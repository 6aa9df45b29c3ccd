"""Shares who is here with other processes, through Redis.

Each process writes only its own entries, all of them under one lease: when that ends, they are
void. What is written is state, and is written again until it stands there; what others wrote is
read when its revision differs from the one read last, and kept while Redis is away. One task does
all of it, one step after the other; nobody waits for Redis but where it is said, and then not for
long.

An epoch is the time since Redis last forgot, or since somebody's lease ended while they lived. In
a new one everybody writes everything anew, and for a while nobody is gone for not standing there.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from chat.realtime.ledger import Lapsed, Ledger, Page, Unreachable, as_value
from chat.realtime.roster import Here

log = logging.getLogger("chat.presence")

# Entries in one step: about a millisecond of Redis's time.
WRITTEN_AT_ONCE = 500
ROOMS_READ_AT_ONCE = 10
ROOMS_LOOKED_AT_ONCE = 5_000
# Where more stands than this, reading it is paced like the telling of it.
SMALL_ROOM_ENTRIES = 50
# Questions on behalf of a request or a handshake that Redis is asked at the same time.
ASKED_AT_ONCE = 8
GONE = b""


@dataclass(frozen=True)
class Timing:
    """In seconds."""

    lease: float = 20.0
    renew: float = 5.0
    look: float = 2.0
    # How long a new epoch excuses whoever does not stand in it yet.
    settle: float = 10.0
    # How long the entries of a process outlive its orderly end.
    hand_over: float = 15.0
    call: float = 2.0
    retry: float = 1.0
    # What happens within this is written and read in one step.
    gather: float = 0.05
    large_room: float = 1.0
    # Everything is written again this often: heals what was taken from Redis one by one.
    rewrite: float = 60.0
    # For what somebody waits for: a first snapshot, an answer over HTTP.
    patience: float = 1.0


@dataclass(slots=True)
class Followed:
    """A room with people in this process. `revision` is None unless `people` is exact."""

    revision: bytes | None = None
    people: dict[int, Here] = field(default_factory=dict)
    size: int = 0
    read_at: float = -1e9
    is_known: bool = False
    has_been_tried: asyncio.Event = field(default_factory=asyncio.Event)


class RedisShare:
    """Belongs to the event loop; connects and begins to work with the first call.

    `hint(room_ids)` tells other processes that something changed in rooms; they then call
    `look_soon`. `on_people(room_id, people)` is told what was read of a room.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        hint: Callable[[list[int]], None] = lambda room_ids: None,
        timing: Timing = Timing(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hint = hint
        self.timing = timing
        self.clock = clock
        self.process = secrets.token_hex(8)
        self.url, self.prefix = url, prefix
        self.ledger = self.open_ledger()
        self.connects = 0
        # For questions beside the task, which has one line for itself.
        self.answers = self.open_ledger()
        self.on_people: Callable[[int, dict[int, Here]], None] = lambda room_id, people: None
        # What this process says, by the name of the entry; and what of it has to be written.
        self.mine: dict[str, bytes] = {}
        self.dirty: dict[str, None] = {}
        self.followed: dict[int, Followed] = {}
        # Rooms to be read, each with the time from which on.
        self.wanted: dict[int, float] = {}
        self.epoch = ""
        # Until then nobody is gone because they do not stand there.
        self.quiet_until = -1e9
        self.renew_at = self.flush_at = self.look_at = self.retry_at = -1e9
        self.rewrite_at = clock() + timing.rewrite
        self.woken = asyncio.Event()
        self.asking = asyncio.Semaphore(ASKED_AT_ONCE)
        self.task: asyncio.Task[None] | None = None
        self.is_over = False
        # For the metrics.
        self.is_reachable = True
        self.flush_failures = 0
        self.reads = 0
        self.reaped = 0

    def open_ledger(self) -> Ledger:
        return Ledger(
            self.url,
            prefix=self.prefix,
            process=self.process,
            lease_seconds=self.timing.lease,
            settle_seconds=self.timing.settle,
            call_seconds=self.timing.call,
        )

    # --- What this process says

    def put(self, room_id: int, user_id: int, here: Here | None) -> None:
        """Somebody is in a room through this process; or, with None, no longer."""
        self.say(f"r.{room_id}.{user_id}", as_value(here) if here else GONE)

    def set_connections(self, user_id: int, count: int) -> None:
        self.say(f"c.{user_id}", b"%d" % count if count else GONE)

    def say(self, name: str, value: bytes) -> None:
        if self.is_over or self.mine.get(name, GONE) == value:
            return
        if value:
            self.mine[name] = value
        else:
            del self.mine[name]
        self.dirty[name] = None
        self.wake()

    # --- What others say

    def follow(self, room_id: int) -> None:
        if not self.is_over and room_id not in self.followed:
            self.followed[room_id] = Followed()
            self.want(room_id)

    def unfollow(self, room_id: int) -> None:
        if room := self.followed.pop(room_id, None):
            room.has_been_tried.set()
        self.wanted.pop(room_id, None)

    async def first_read(self, room_id: int) -> None:
        """Wait until a room that is followed has been read once, or that failed; at most 1 s."""
        room = self.followed.get(room_id)
        if room and self.task and self.is_reachable:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.timing.patience):
                    await room.has_been_tried.wait()

    def look_soon(self, room_id: int) -> None:
        """Somebody says that something changed in a room."""
        if room_id in self.followed:
            self.want(room_id)

    def knows(self, room_id: int) -> bool:
        room = self.followed.get(room_id)
        return bool(room and room.is_known)

    async def people(self, room_id: int) -> dict[int, Here] | None:
        """Who is in a room elsewhere, read now; None where Redis does not answer soon."""
        if not self.is_reachable:
            return None
        with suppress(Unreachable, TimeoutError):
            async with asyncio.timeout(self.timing.patience), self.asking:
                return await self.answers.people(room_id)
        return None

    async def people_from_outside(self, room_id: int) -> dict[int, Here] | None:
        """As `people`, in an event loop that is not this share's own."""
        ledger = self.open_ledger()
        try:
            with suppress(Unreachable, TimeoutError):
                async with asyncio.timeout(self.timing.patience):
                    return await ledger.people(room_id)
            return None
        finally:
            await ledger.close()

    async def connections_elsewhere(self, user_id: int) -> int:
        """How many connections somebody has on other processes; 0 if Redis does not say soon."""
        if not self.is_reachable:
            return 0
        with suppress(Unreachable, TimeoutError):
            async with asyncio.timeout(self.timing.patience), self.asking:
                return await self.answers.connections(user_id)
        return 0

    # --- The end

    async def hand_over(self) -> None:
        """An orderly end: entries stay for a while, for those who come back elsewhere meanwhile."""
        if self.is_over:
            return
        self.is_over = True
        await self.end_task()
        # A handshake elsewhere must not count what is about to be closed here.
        for name in [name for name in self.mine if name.startswith("c.")]:
            del self.mine[name]
            self.dirty[name] = None
        with suppress(Unreachable, Lapsed, TimeoutError):
            async with asyncio.timeout(self.timing.call):
                await self.flush()
                await self.ledger.renew(self.epoch, seconds=self.timing.hand_over, may_reap=False)

    async def close(self) -> None:
        self.is_over = True
        await self.end_task()
        with suppress(Exception):
            async with asyncio.timeout(self.timing.call):
                await self.ledger.close()
                await self.answers.close()

    async def end_task(self) -> None:
        task, self.task = self.task, None
        if task:
            task.cancel()
            await asyncio.wait([task])
        for room in self.followed.values():
            room.has_been_tried.set()

    # --- The task

    def wake(self) -> None:
        if self.task is None and not self.is_over:
            self.task = asyncio.get_running_loop().create_task(self.work())
        self.woken.set()

    def want(self, room_id: int) -> None:
        """Read a room, soon; a crowded one not too often."""
        room = self.followed[room_id]
        is_small = room.size <= SMALL_ROOM_ENTRIES
        pause = self.timing.gather if is_small else self.timing.large_room
        self.wanted.setdefault(room_id, room.read_at + pause)
        self.wake()

    async def work(self) -> None:
        while True:
            await self.wait_until_due()
            try:
                await self.step()
            except Lapsed:
                self.renew_at = -1e9
                self.retry_at = self.clock() + self.timing.gather
            except Unreachable as error:
                self.lost(error)
            except Exception as error:
                log.exception("Sharing presence failed.")
                self.lost(error)

    async def wait_until_due(self) -> None:
        while (seconds := self.due_at() - self.clock()) > 0:
            self.woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.woken.wait()

    def due_at(self) -> float:
        due = min(self.renew_at, self.look_at, self.rewrite_at, *self.wanted.values())
        return max(self.retry_at, min(due, self.flush_at) if self.dirty else due)

    async def step(self) -> None:
        """Do what is due. Raises Unreachable, Lapsed."""
        now = self.clock()
        if now >= self.renew_at:
            await self.renew()
        if now >= self.rewrite_at:
            await self.rewrite()
        if self.dirty and now >= self.flush_at:
            await self.flush()
            self.flush_at = self.clock() + self.timing.gather
        if now >= self.look_at:
            await self.look()
        await self.read_wanted()

    async def renew(self) -> None:
        while True:
            # Not in the first step after Redis was away: others were cut off as we were.
            may_reap = self.is_reachable and self.clock() >= self.quiet_until
            renewal = await self.ledger.renew(
                self.epoch, seconds=self.timing.lease, may_reap=may_reap
            )
            self.reached()
            self.adopt(renewal.epoch)
            if renewal.ended:
                self.reaped += renewal.ended
                log.info("Cleared away what %s processes left behind.", renewal.ended)
            self.tell_others(renewal.rooms)
            for room_id in renewal.rooms:
                self.look_soon(room_id)
            if not renewal.has_more:
                break
        self.renew_at = self.clock() + self.timing.renew

    def adopt(self, epoch: str) -> None:
        if epoch == self.epoch:
            return
        if self.epoch:
            log.warning("A new epoch began in Redis: writing down anew who is here.")
            self.be_quiet()
        self.epoch = epoch
        self.begin_anew()

    def begin_anew(self) -> None:
        """What was written and read so far may be of a past that Redis does not know."""
        self.rewrite_at = -1e9
        for room_id, room in self.followed.items():
            room.revision = None
            self.want(room_id)

    async def rewrite(self) -> None:
        # A server that came back with old data knows of people who have left since.
        names = await self.ledger.names()
        self.reached()
        self.dirty |= dict.fromkeys([*names, *self.mine])
        self.rewrite_at = self.clock() + self.timing.rewrite

    async def flush(self) -> None:
        """Write what changed. What changes meanwhile is written again after that."""
        while self.dirty:
            names = list(islice(self.dirty, WRITTEN_AT_ONCE))
            for name in names:
                del self.dirty[name]
            try:
                changed = await self.ledger.write(
                    [(name, self.mine.get(name, GONE)) for name in names]
                )
            except BaseException as error:
                self.dirty |= dict.fromkeys(names)
                self.flush_failures += isinstance(error, Unreachable)
                raise
            self.reached()
            self.note_written(changed)

    def note_written(self, changed: dict[int, tuple[bytes, bytes]]) -> None:
        for room_id, (before, now) in changed.items():
            room = self.followed.get(room_id)
            if room and room.revision == before:
                room.revision = now  # nothing but our own changed
        self.tell_others(list(changed))

    def tell_others(self, room_ids: list[int]) -> None:
        if room_ids:
            self.hint(room_ids)

    async def look(self) -> None:
        """Whether something changed that nobody told us of."""
        rest = iter(list(self.followed))
        while True:
            room_ids = list(islice(rest, ROOMS_LOOKED_AT_ONCE))
            look = await self.ledger.look(room_ids)
            self.reached()
            self.check(look.epoch)
            for room_id, revision in zip(room_ids, look.revisions, strict=True):
                room = self.followed.get(room_id)
                if room and room.revision != revision:
                    self.want(room_id)
            if len(room_ids) < ROOMS_LOOKED_AT_ONCE:
                break
        if look.ended:
            self.renew_at = -1e9
        self.look_at = self.clock() + self.timing.look

    def check(self, epoch: str) -> None:
        if epoch != self.epoch:
            raise Lapsed

    async def read_wanted(self) -> None:
        now = self.clock()
        due = [room_id for room_id, at in self.wanted.items() if at <= now]
        for part in batches(due):
            # The last of them may have left one while another part was read.
            room_ids = [room_id for room_id in part if room_id in self.followed]
            # Before it is read: what is said meanwhile is not in what is read.
            for room_id in room_ids:
                self.wanted.pop(room_id, None)
                self.followed[room_id].read_at = now
            try:
                epoch, pages = await self.ledger.read(room_ids)
                self.reached()
                self.check(epoch)
            except BaseException:
                for room_id in room_ids:
                    self.look_soon(room_id)
                raise
            self.reads += len(pages)
            for room_id, page in pages.items():
                self.apply(room_id, page)

    def apply(self, room_id: int, page: Page) -> None:
        room = self.followed.get(room_id)
        if room is None:
            return
        people = page.people
        if self.clock() < self.quiet_until:
            people = {**room.people, **people}
        is_exact = len(people) == len(page.people)
        room.people, room.size = people, page.size
        room.revision = page.revision if is_exact else None
        room.is_known = True
        self.on_people(room_id, people)
        room.has_been_tried.set()

    # --- Whether Redis is there

    def reached(self) -> None:
        if self.connects != self.ledger.connects:
            self.connects = self.ledger.connects
            self.begin_anew()
        if not self.is_reachable:
            log.warning("Redis answers again: presence is shared.")
            self.is_reachable = True
            # Others may have been cut off for longer, and their leases may have ended.
            self.be_quiet()

    def be_quiet(self) -> None:
        self.quiet_until = self.clock() + self.timing.settle

    def lost(self, error: Exception) -> None:
        if self.is_reachable:
            log.warning("Presence is not shared with other processes: %s", error)
        self.is_reachable = False
        now = self.clock()
        self.retry_at, self.renew_at, self.look_at = now + self.timing.retry, now, now
        for room in self.followed.values():
            room.has_been_tried.set()


def batches(room_ids: list[int]) -> Iterator[list[int]]:
    rest = iter(room_ids)
    while part := list(islice(rest, ROOMS_READ_AT_ONCE)):
        yield part
