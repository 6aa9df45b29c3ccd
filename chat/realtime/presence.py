"""Who is in a room now.

Truth is the set of a user's connections that are subscribed to the room, never a counter. Going
is held back a little and forgotten when the user comes back, so that a reload shows nothing.

What is so in this process counts at once; what is so in others is what was read of them last
(leases.py). Clients are told the differences from what they were told before (roster.py). All of
it belongs to the event loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chat.realtime.roster import Change, Here, Occupant, Roster, Snapshot

if TYPE_CHECKING:
    # A process that is the only one needs no client of Redis.
    from chat.realtime.leases import RedisShare

LEAVE_GRACE_SECONDS = 5.0
# Up to here everybody is told at once: when all come together, 50 clients get 50 frames each,
# which is nothing. 500 would get 500 each; above this a room is told once a second.
SMALL_ROOM_PEOPLE = 50
LARGE_ROOM_SECONDS = 1.0


@dataclass(slots=True)
class Stay:
    """One user in one room, through this process."""

    occupant: Occupant
    connections: set[str] = field(default_factory=set)
    here: Here | None = None
    leaving: Timer | None = None


@dataclass(slots=True)
class Crowd:
    """Everybody in one room that somebody in this process is in."""

    roster: Roster
    stays: dict[int, Stay] = field(default_factory=dict)
    remote: dict[int, Here] = field(default_factory=dict)
    # The truth: `stays` and `remote` together.
    here: dict[int, Here] = field(default_factory=dict)
    # Who came, went or changed since the last telling, and whether they were counted in it.
    changed: dict[int, bool] = field(default_factory=dict)
    told_at: float = -1e9
    telling: Timer | None = None
    has_heard: bool = False


class Timer(Protocol):
    def cancel(self) -> None: ...


class Presence:
    """`announce` is told of every change; `call_later(seconds, function)` is the loop's.

    Without a share this process is the only one.
    """

    def __init__(
        self,
        *,
        announce: Callable[[int, Change], None],
        call_later: Callable[..., Timer],
        clock: Callable[[], float] = time.monotonic,
        share: RedisShare | None = None,
        grace: float = LEAVE_GRACE_SECONDS,
        pause: float = LARGE_ROOM_SECONDS,
    ) -> None:
        self.announce = announce
        self.call_later = call_later
        self.clock = clock
        self.share = share
        self.grace = grace
        self.pause = pause
        self.rooms: dict[int, Crowd] = {}
        # No roster of the past had a higher revision: they do not repeat within a process.
        self.latest_revision = 0
        self.idle: set[str] = set()
        # Where a connection is, as (room, user).
        self.places: dict[str, set[tuple[int, int]]] = {}
        self.is_leaving = False
        if share:
            share.on_people = self.hear

    # --- In this process

    def enter(self, room_id: int, occupant: Occupant, connection_id: str) -> None:
        """A connection of theirs is subscribed."""
        self.places.setdefault(connection_id, set()).add((room_id, occupant.user_id))
        crowd = self.rooms.get(room_id) or self.open(room_id)
        stay = crowd.stays.setdefault(occupant.user_id, Stay(occupant))
        stay.connections.add(connection_id)
        stay.occupant = occupant
        if stay.leaving:
            stay.leaving.cancel()
            stay.leaving = None
        self.revise(room_id, occupant.user_id)

    def leave(self, room_id: int, user_id: int, connection_id: str) -> None:
        """That connection is not subscribed any more."""
        self.places.get(connection_id, set()).discard((room_id, user_id))
        stay = self.stay(room_id, user_id)
        if stay is None or connection_id not in stay.connections:
            return
        stay.connections.discard(connection_id)
        if stay.connections:
            self.revise(room_id, user_id)
        else:
            stay.leaving = self.call_later(self.grace, self.depart, room_id, user_id)

    def remove(self, room_id: int, user_id: int) -> None:
        """Somebody was put out: gone at once, however many connections they have."""
        if stay := self.stay(room_id, user_id):
            stay.connections.clear()
            if stay.leaving:
                stay.leaving.cancel()
            self.depart(room_id, user_id)

    def depart(self, room_id: int, user_id: int) -> None:
        """The grace is over and nobody came back."""
        stay = self.stay(room_id, user_id)
        if stay is None or stay.connections or self.is_leaving:
            return
        crowd = self.rooms[room_id]
        del crowd.stays[user_id]
        if self.share:
            self.share.put(room_id, user_id, None)
        self.refresh(room_id, crowd, user_id)
        if not crowd.stays:
            self.tell_soon(room_id, crowd)

    def set_idle(self, connection_id: str, *, idle: bool) -> None:
        """Nobody looks at that connection's tab; or somebody does again."""
        (self.idle.add if idle else self.idle.discard)(connection_id)
        for room_id, user_id in self.places.get(connection_id, ()):
            self.revise(room_id, user_id)

    def recognise(self, occupant: Occupant, connection_ids: Iterable[str]) -> None:
        """Somebody has another name or picture, wherever these connections of theirs are."""
        places = {place for each in connection_ids for place in self.places.get(each, ())}
        for room_id, user_id in places:
            if stay := self.stay(room_id, user_id):
                stay.occupant = occupant
                self.revise(room_id, user_id)

    def forget(self, connection_id: str) -> None:
        """The connection is gone; it has left its rooms before."""
        self.idle.discard(connection_id)
        self.places.pop(connection_id, None)

    def stay(self, room_id: int, user_id: int) -> Stay | None:
        crowd = self.rooms.get(room_id)
        return crowd.stays.get(user_id) if crowd else None

    def open(self, room_id: int) -> Crowd:
        crowd = self.rooms[room_id] = Crowd(Roster(self.latest_revision))
        if self.share:
            self.share.follow(room_id)
        return crowd

    def revise(self, room_id: int, user_id: int) -> None:
        """Somebody in a room may be in another state now, or have another name."""
        stay = self.stay(room_id, user_id)
        if stay is None or not stay.connections:
            return  # while they are leaving nothing changes
        here = Here(stay.occupant, "away" if stay.connections <= self.idle else "online")
        if here != stay.here:
            stay.here = here
            if self.share:
                self.share.put(room_id, user_id, here)
            self.refresh(room_id, self.rooms[room_id], user_id)

    # --- In all processes

    def hear(self, room_id: int, remote: dict[int, Here]) -> None:
        """Who is in a room through other processes."""
        crowd = self.rooms.get(room_id)
        if crowd is None:
            return
        before, crowd.remote = crowd.remote, remote
        for user_id in {**before, **remote}:
            if before.get(user_id) != remote.get(user_id):
                self.refresh(room_id, crowd, user_id)
        if not crowd.has_heard:
            # Whoever waits for their first snapshot does not wait for the pace of the room.
            crowd.has_heard = True
            self.tell_now(room_id, crowd)

    def refresh(self, room_id: int, crowd: Crowd, user_id: int) -> None:
        stay = crowd.stays.get(user_id)
        now = merged(stay.here if stay else None, crowd.remote.get(user_id))
        was = crowd.here.get(user_id)
        if was == now:
            return
        crowd.changed.setdefault(user_id, was is not None)
        if now:
            crowd.here[user_id] = now
        else:
            del crowd.here[user_id]
        self.tell_soon(room_id, crowd)

    async def follow(self, room_id: int) -> None:
        """Wait for what others say of a room somebody entered here: at most a second."""
        if self.share:
            await self.share.first_read(room_id)

    def look_soon(self, room_id: int) -> None:
        """Another process says that something changed in a room."""
        if self.share:
            self.share.look_soon(room_id)

    # --- Telling

    def snapshot(self, room_id: int, user_id: int | None = None) -> Snapshot:
        """Everybody in the room, or the first 200, as of the revision told last.

        With that user among them if they are here, whether their coming was told yet or not.
        """
        crowd = self.rooms.get(room_id)
        if crowd is None:
            return Snapshot(0, self.latest_revision, ())
        own = None if user_id is None else crowd.here.get(user_id)
        is_counted = own is None or crowd.changed.get(own.occupant.user_id, True)
        return crowd.roster.snapshot(own, is_counted=is_counted)

    def tell_soon(self, room_id: int, crowd: Crowd) -> None:
        """Not now: what changes in the same turn of the loop is told together."""
        if crowd.telling is None:
            is_small = len(crowd.here) <= SMALL_ROOM_PEOPLE
            pause = 0.0 if is_small else max(0.0, crowd.told_at + self.pause - self.clock())
            crowd.telling = self.call_later(pause, self.tell, room_id, crowd)

    def tell_now(self, room_id: int, crowd: Crowd) -> None:
        if crowd.telling:
            crowd.telling.cancel()
            self.tell(room_id, crowd)

    def tell(self, room_id: int, crowd: Crowd) -> None:
        crowd.telling = None
        changed, crowd.changed = crowd.changed, {}
        if change := crowd.roster.advance(crowd.here, changed):
            crowd.told_at = self.clock()
            self.announce(room_id, change)
        if not crowd.stays:
            self.close_room(room_id, crowd)

    def close_room(self, room_id: int, crowd: Crowd) -> None:
        """Nobody here is in the room any more: what others say of it is not followed."""
        self.latest_revision = max(self.latest_revision, crowd.roster.revision)
        del self.rooms[room_id]
        if self.share:
            self.share.unfollow(room_id)

    # --- Asked for

    async def people(self, room_id: int) -> list[Here]:
        """Everybody in the room, by name. Asks the others, for a second, about a room unknown."""
        crowd = self.rooms.get(room_id)
        here = dict(crowd.here) if crowd else {}
        if self.share and not self.share.knows(room_id):
            remote = await self.share.people(room_id) or {}
            here = {user_id: both(here, remote, user_id) for user_id in {**here, **remote}}
        return sorted(here.values(), key=by_name)

    async def people_from_outside(self, room_id: int) -> list[Here]:
        """As `people`, where the event loop of this process has not begun yet."""
        remote = await self.share.people_from_outside(room_id) if self.share else None
        return sorted((remote or {}).values(), key=by_name)

    async def connections_elsewhere(self, user_id: int) -> int:
        """How many connections of theirs other processes have; 0 if that is not known soon."""
        return await self.share.connections_elsewhere(user_id) if self.share else 0

    def set_connections(self, user_id: int, count: int) -> None:
        """How many connections of theirs this process has."""
        if self.share:
            self.share.set_connections(user_id, count)

    def figures(self) -> dict[str, float]:
        """Names that end in _total only grow."""
        if self.share is None:
            return {}
        return {
            "presence_reachable": float(self.share.is_reachable),
            "presence_write_failures_total": self.share.flush_failures,
            "presence_reads_total": self.share.reads,
            "presence_processes_reaped_total": self.share.reaped,
        }

    # --- The end

    async def hand_over(self) -> None:
        """Connections are about to be closed, and come back to another process, or to the next.

        From here on nobody leaves; those who are not back soon are gone for the others then.
        """
        self.is_leaving = True
        if self.share:
            await self.share.hand_over()

    async def close(self) -> None:
        for crowd in self.rooms.values():
            if crowd.telling:
                crowd.telling.cancel()
            for stay in crowd.stays.values():
                if stay.leaving:
                    stay.leaving.cancel()
        if self.share:
            await self.share.close()


def merged(mine: Here | None, remote: Here | None) -> Here | None:
    """One person, through this process and through others: who looks anywhere is online."""
    if mine and remote and mine.state != remote.state:
        return Here(mine.occupant, "online")
    return mine or remote


def both(mine: dict[int, Here], remote: dict[int, Here], user_id: int) -> Here:
    here = merged(mine.get(user_id), remote.get(user_id))
    assert here
    return here


def by_name(here: Here) -> tuple[str, str]:
    return here.occupant.name.casefold(), here.occupant.username
