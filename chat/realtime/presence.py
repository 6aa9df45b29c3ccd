"""Who is in a room now.

Truth is the set of a user's connections that are subscribed to the room, never a counter. Only
the first to come and the last to go are told; going is held back a little and forgotten when the
user comes back, so that a reload shows nothing.

This is the twin for one process, in memory. It belongs to the event loop.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

LEAVE_GRACE_SECONDS = 5.0
SNAPSHOT_PEOPLE = 200

State = Literal["online", "away"]


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody as others see them."""

    user_id: int
    username: str
    name: str


@dataclass(slots=True)
class Stay:
    """One user in one room. `told` is the state that others know of."""

    occupant: Occupant
    connections: set[str] = field(default_factory=set)
    told: State = "online"
    leaving: "Timer | None" = None


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from what was told last; `revision` counts these without gaps."""

    count: int
    revision: int
    joined: tuple[tuple[Occupant, State], ...] = ()
    left: tuple[Occupant, ...] = ()
    updated: tuple[tuple[Occupant, State], ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    count: int
    revision: int
    here: tuple[tuple[Occupant, State], ...]


class Timer(Protocol):
    def cancel(self) -> None: ...


class MemoryPresence:
    """`announce` is told of every change; `call_later(seconds, function)` is the loop's."""

    def __init__(
        self,
        *,
        announce: Callable[[int, Change], None],
        call_later: Callable[..., Timer],
    ) -> None:
        self.announce = announce
        self.call_later = call_later
        self.rooms: dict[int, dict[int, Stay]] = {}
        # Outlives an empty room, so that a revision never repeats within a process.
        self.revisions: dict[int, int] = {}
        self.idle: set[str] = set()
        # Where a connection is, as (room, user).
        self.places: dict[str, set[tuple[int, int]]] = {}

    def enter(self, room_id: int, occupant: Occupant, connection_id: str) -> None:
        """A connection of theirs is subscribed."""
        self.places.setdefault(connection_id, set()).add((room_id, occupant.user_id))
        stays = self.rooms.setdefault(room_id, {})
        stay = stays.get(occupant.user_id)
        if stay is None:
            stay = stays[occupant.user_id] = Stay(occupant, {connection_id})
            stay.told = self.state_of(stay)
            self.tell(room_id, joined=((occupant, stay.told),))
            return
        stay.connections.add(connection_id)
        stay.occupant = occupant
        if stay.leaving:
            stay.leaving.cancel()
            stay.leaving = None
        self.tell_state(room_id, stay)

    def leave(self, room_id: int, user_id: int, connection_id: str) -> None:
        """That connection is not subscribed any more."""
        self.places.get(connection_id, set()).discard((room_id, user_id))
        stay = self.rooms.get(room_id, {}).get(user_id)
        if stay is None or connection_id not in stay.connections:
            return
        stay.connections.discard(connection_id)
        if stay.connections:
            self.tell_state(room_id, stay)
        else:
            stay.leaving = self.call_later(LEAVE_GRACE_SECONDS, self.depart, room_id, user_id)

    def remove(self, room_id: int, user_id: int) -> None:
        """Somebody was put out: gone at once, however many connections they have."""
        if stay := self.rooms.get(room_id, {}).get(user_id):
            stay.connections.clear()
            if stay.leaving:
                stay.leaving.cancel()
            self.depart(room_id, user_id)

    def depart(self, room_id: int, user_id: int) -> None:
        """The grace is over and nobody came back."""
        stays = self.rooms.get(room_id, {})
        stay = stays.get(user_id)
        if stay is None or stay.connections:
            return
        del stays[user_id]
        self.tell(room_id, left=(stay.occupant,))
        if not stays:
            del self.rooms[room_id]

    def set_idle(self, connection_id: str, *, idle: bool) -> None:
        """Nobody looks at that connection's tab; or somebody does again."""
        (self.idle.add if idle else self.idle.discard)(connection_id)
        for room_id, user_id in self.places.get(connection_id, ()):
            if stay := self.rooms.get(room_id, {}).get(user_id):
                self.tell_state(room_id, stay)

    def forget(self, connection_id: str) -> None:
        """The connection is gone; it has left its rooms before."""
        self.idle.discard(connection_id)
        self.places.pop(connection_id, None)

    def snapshot(self, room_id: int) -> Snapshot:
        """Everybody in the room, or the first 200, as of the revision told last."""
        stays = self.rooms.get(room_id, {})
        here = tuple((stay.occupant, stay.told) for stay in list(stays.values())[:SNAPSHOT_PEOPLE])
        return Snapshot(len(stays), self.revisions.get(room_id, 0), here)

    def state_of(self, stay: Stay) -> State:
        return "away" if stay.connections and stay.connections <= self.idle else "online"

    def tell_state(self, room_id: int, stay: Stay) -> None:
        state = self.state_of(stay)
        if state != stay.told:
            stay.told = state
            self.tell(room_id, updated=((stay.occupant, state),))

    def tell(self, room_id: int, **what: Any) -> None:
        revision = self.revisions[room_id] = self.revisions.get(room_id, 0) + 1
        count = len(self.rooms.get(room_id, ()))
        self.announce(room_id, Change(count=count, revision=revision, **what))
