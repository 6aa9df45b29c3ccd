"""This process: which connections there are, and what each of them listens to.

Belongs to the event loop; other threads come in through the bus.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from chat.realtime import topics
from chat.realtime.connection import Connection, give
from chat.realtime.feed import Feed, Page
from chat.realtime.pace import Pace
from chat.realtime.parcel import Parcel


class Hub:
    """`on_hole(feed)` is told of a feed that has to be healed.

    `follow(topic)` is called with every connection that begins to listen to it, `unfollow(topic)`
    when the last one is gone.
    """

    def __init__(
        self,
        *,
        read_log: Callable[[int, int], Awaitable[Page]],
        on_hole: Callable[[Feed], None],
        follow: Callable[[str], None],
        unfollow: Callable[[str], None],
    ) -> None:
        self.read_log = read_log
        self.on_hole = on_hole
        self.follow = follow
        self.unfollow = unfollow
        self.pace = Pace()
        self.connections: set[Connection] = set()
        self.feeds: dict[str, Feed] = {}
        # Mostly one of each: a set of one weighs four times as much as a tuple.
        self.listeners: dict[str, tuple[Connection, ...]] = {}

    # --- Connections

    def add(self, connection: Connection) -> None:
        self.connections.add(connection)
        for topic in own_topics(connection):
            self.listen(topic, connection)

    def remove(self, connection: Connection) -> None:
        """The connection is gone; it has left its rooms before."""
        self.connections.discard(connection)
        for topic in own_topics(connection):
            self.unlisten(topic, connection)

    def listen(self, topic: str, connection: Connection) -> None:
        self.listeners[topic] = (*self.listeners.get(topic, ()), connection)
        self.follow(topic)

    def unlisten(self, topic: str, connection: Connection) -> None:
        left = tuple(each for each in self.listeners.get(topic, ()) if each is not connection)
        if left:
            self.listeners[topic] = left
        else:
            self.listeners.pop(topic, None)
            self.unfollow(topic)

    def count_users(self) -> int:
        return sum(topic.startswith(topics.USER) for topic in self.listeners)

    def users(self) -> set[int]:
        return {each.user_id for each in self.connections}

    def onlookers(self, room_ids: Iterable[int]) -> set[tuple[int, int]]:
        """Who follows which of these rooms with every connection, as (user, room)."""
        return {
            (user_id, room_id)
            for room_id in room_ids
            if (feed := self.feeds.get(topics.room(room_id)))
            for user_id in self.wholly_in(feed)
        }

    def wholly_in(self, feed: Feed) -> set[int]:
        following = Counter(each.user_id for each in feed.followers)
        return {
            user_id
            for user_id, count in following.items()
            if count == len(self.listeners.get(topics.user(user_id), ()))
        }

    def listening(self, topic: str) -> tuple[Connection, ...]:
        return self.listeners.get(topic, ())

    def renew_session(self, old_key: str, new_key: str) -> None:
        """The same sign-in goes on under a new key."""
        for connection in self.listening(topics.session(old_key)):
            self.unlisten(topics.session(old_key), connection)
            connection.session_key = new_key
            self.listen(topics.session(new_key), connection)

    # --- Rooms

    def enter(self, room_id: int, slug: str, connection: Connection) -> Feed:
        """Begin to follow a room's feed, which starts here with its first follower."""
        topic = topics.room(room_id)
        feed = self.feeds.get(topic)
        if feed is None:
            feed = Feed(topic, slug, lambda after: self.read_log(room_id, after))
            self.feeds[topic] = feed
            self.follow(topic)
        feed.begin(connection)
        return feed

    def leave(self, room_id: int, connection: Connection) -> None:
        topic = topics.room(room_id)
        if feed := self.feeds.get(topic):
            feed.leave(connection)
            if not feed.is_followed:
                del self.feeds[topic]
                self.unfollow(topic)

    def heads(self, room_ids: Iterable[int]) -> dict[str, int]:
        """The latest tick known of each of the rooms, by slug."""
        feeds = (self.feeds.get(topics.room(room_id)) for room_id in room_ids)
        return {feed.slug: max(feed.head, feed.known) for feed in feeds if feed}

    # --- What the bus brings

    def publish(self, room_id: int, event: str, tick: int) -> None:
        """A room's change that was committed."""
        if feed := self.feeds.get(topics.room(room_id)):
            feed.publish(event, tick)
            self.check(feed)

    def notice(self, room_id: int, tick: int) -> None:
        """A room's clock as it stands in the database."""
        if feed := self.feeds.get(topics.room(room_id)):
            feed.notice(tick)
            self.check(feed)

    def check(self, feed: Feed) -> None:
        if feed.needs_healing:
            feed.is_to_heal = True
            self.on_hole(feed)

    def deliver(self, topic: str, event: str, skip: str | None = None) -> None:
        """State, to every connection of a topic but the one of the id `skip`."""
        if feed := self.feeds.get(topic):
            feed.tell(event, skip=skip)
        parcel = Parcel(event)
        give(parcel, [each for each in self.listening(topic) if each.id != skip])


def own_topics(connection: Connection) -> list[str]:
    return [topics.user(connection.user_id), topics.session(connection.session_key)]
