"""A room's stream in this process: in order, and with its holes filled from the log.

A broadcast is only a hint that carries its payload along. What comes in order is handed on; what
is old is dropped; a hole, or a head in the database beyond ours, is read from the log and handed
on from there.

A connection that subscribes is first given what it missed, read from the log page by page; live
events are not kept for it meanwhile, they wait in the log. It goes live as soon as the few
latest events, which are kept for everybody, join on to its last page: both happen in the event
loop, so that nothing can come in between.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from chat.realtime.connection import QUEUED_BYTES, QUEUED_EVENTS, Connection, give
from chat.realtime.parcel import Parcel

# Lets a newcomer go live in a room that is written to faster than the log can be asked. Fits into
# a connection's queue besides what may still be in it after `Connection.drained()`.
RECENT_EVENTS = QUEUED_EVENTS // 2
RECENT_BYTES = QUEUED_BYTES // 2
# What comes even earlier is read from the log.
EARLY_EVENTS = 64


class Page(Protocol):
    """Of the log: (tick before, tick, event) in order, complete up to `until`."""

    @property
    def events(self) -> list[tuple[int, int, str]]: ...

    @property
    def until(self) -> int: ...


class Feed:
    """`read_log(after)` reads the next page of the room's log.

    Whoever finds that it `needs_healing` sets `is_to_heal` and runs `heal()`: at once, or a moment
    later where what is missing may still be on its way from another process.
    """

    def __init__(self, topic: str, slug: str, read_log: Callable[[int], Awaitable[Page]]) -> None:
        self.topic = topic
        self.slug = slug
        self.read_log = read_log
        # The latest tick that was handed on here, and the latest that is known to exist.
        self.head = 0
        self.known = 0
        self.is_to_heal = False
        self.is_healing = False
        # Events that came before the one that goes before them, by tick.
        self.early: dict[int, str] = {}
        # The latest events, each with the tick before it and its own; without a gap.
        self.recent: deque[tuple[int, int, Parcel]] = deque()
        self.recent_bytes = 0
        # Who follows live, with the tick up to which the log was read for them.
        self.live: dict[Connection, int] = {}
        # No position is beyond this.
        self.furthest = 0
        self.catching_up: set[Connection] = set()

    @property
    def is_followed(self) -> bool:
        return bool(self.live or self.catching_up)

    @property
    def needs_healing(self) -> bool:
        return bool(self.live) and self.known > self.head and not self.is_to_heal

    @property
    def followers(self) -> list[Connection]:
        return [*self.live, *self.catching_up]

    def has(self, connection: Connection) -> bool:
        return connection in self.live or connection in self.catching_up

    # --- Followers

    def begin(self, connection: Connection) -> None:
        """The connection starts, or starts afresh, to catch up."""
        self.live.pop(connection, None)
        self.catching_up.add(connection)

    def go_live(self, connection: Connection, position: int) -> bool:
        """Follow from `position` on, with what passed since. False where too much has passed."""
        if not self.live:
            # Nobody was told anything yet: the stream begins here.
            self.head = max(self.head, position)
        if self.head > position:
            if not self.joins_on(position):
                return False
            for _prev, tick, parcel in self.recent:
                if tick > position:
                    connection.take(parcel)
            position = self.head
        self.catching_up.discard(connection)
        self.live[connection] = position
        self.furthest = max(self.furthest, position)
        return True

    def joins_on(self, position: int) -> bool:
        """Whether the recent events are all that passed since."""
        reaches_head = bool(self.recent) and self.recent[-1][1] == self.head
        return reaches_head and self.recent[0][0] <= position

    def leave(self, connection: Connection) -> None:
        self.live.pop(connection, None)
        self.catching_up.discard(connection)

    # --- The stream

    def tell(self, event: str, *, skip: str | None = None) -> None:
        """State, such as presence, to all but the connection `skip`: it takes no tick."""
        parcel = Parcel(event, self.topic)
        give(parcel, [connection for connection in self.live if connection.id != skip])

    def publish(self, event: str, tick: int) -> None:
        """A change that was committed. Handed on if it is the next one.

        What two processes commit one after the other may arrive the other way round.
        """
        self.notice(tick)
        if tick <= self.head or self.is_healing:
            return
        if tick > self.head + 1:
            if self.live and len(self.early) < EARLY_EVENTS:
                self.early[tick] = event
            return
        self.hand_on(tick - 1, tick, event)
        while self.early and (follower := self.early.pop(self.head + 1, None)):
            self.hand_on(self.head, self.head + 1, follower)

    def notice(self, tick: int) -> None:
        """The room's clock stands at `tick` at least."""
        self.known = max(self.known, tick)

    async def heal(self) -> None:
        """Read what is missing from the log. Raises what `read_log` raises."""
        self.is_healing = True
        self.early.clear()
        try:
            while self.live and self.known > self.head:
                page = await self.read_log(self.head)
                for prev, tick, event in page.events:
                    self.hand_on(prev, tick, event)
                self.head = max(self.head, page.until)
                if not page.events:
                    self.known = self.head  # the clock went back: restored from a backup
        finally:
            self.is_healing = self.is_to_heal = False

    def hand_on(self, prev: int, tick: int, event: str) -> None:
        if self.recent and self.recent[-1][1] != prev:
            self.recent.clear()
            self.recent_bytes = 0
        parcel = Parcel(event, self.topic)
        self.recent.append((prev, tick, parcel))
        self.recent_bytes += parcel.weight
        while len(self.recent) > RECENT_EVENTS or self.recent_bytes > RECENT_BYTES:
            self.recent_bytes -= self.recent.popleft()[2].weight
        self.head = tick
        if tick > self.furthest:
            give(parcel, self.live)
        else:
            give(parcel, [each for each, position in self.live.items() if tick > position])
