"""A room's stream in this process: who follows it live, and up to which tick it came.

A connection that subscribes is first given what it missed, read from the log page by page; live
events are not kept for it meanwhile, they wait in the log. It goes live as soon as the few
latest events, which are kept for everybody, join on to its last page: both happen in the event
loop, so that nothing can come in between.
"""

from collections import deque

from chat.realtime.connection import QUEUED_EVENTS, Connection

# Lets a newcomer go live in a room that is written to faster than the log can be asked. Fits into
# a connection's queue besides what may still be in it after `Connection.drained()`.
RECENT_EVENTS = QUEUED_EVENTS // 2


class Feed:
    def __init__(self, slug: str) -> None:
        self.slug = slug
        # The latest tick that passed here.
        self.head = 0
        # The latest events with their ticks, without a gap between them.
        self.recent: deque[tuple[int, str]] = deque(maxlen=RECENT_EVENTS)
        # Who follows live, with the tick up to which the log was read for them.
        self.live: dict[Connection, int] = {}
        self.catching_up: set[Connection] = set()

    @property
    def is_followed(self) -> bool:
        return bool(self.live or self.catching_up)

    def begin(self, connection: Connection) -> None:
        """The connection starts, or starts afresh, to catch up."""
        self.live.pop(connection, None)
        self.catching_up.add(connection)

    def go_live(self, connection: Connection, position: int) -> bool:
        """Follow from `position` on, with what passed since. False where too much has passed."""
        if self.head > position:
            if not self.recent or self.recent[0][0] > position + 1:
                return False
            for tick, event in self.recent:
                if tick > position:
                    connection.deliver(event)
        self.head = max(self.head, position)
        self.catching_up.discard(connection)
        self.live[connection] = self.head
        return True

    def leave(self, connection: Connection) -> None:
        self.live.pop(connection, None)
        self.catching_up.discard(connection)

    def publish(self, event: str, tick: int | None = None) -> None:
        """Hand an event to everybody live. Without a tick it is state, such as presence."""
        if tick is not None:
            self.remember(tick, event)
        for connection, position in self.live.items():
            if tick is None or tick > position:
                connection.deliver(event)

    def remember(self, tick: int, event: str) -> None:
        if self.recent and tick != self.recent[-1][0] + 1:
            self.recent.clear()
        self.recent.append((tick, event))
        self.head = max(self.head, tick)
