"""This process: which connections there are, and what each of them listens to.

Belongs to the event loop; other threads come in through the bus.
"""

from collections import defaultdict
from collections.abc import Iterable

from chat.realtime import topics
from chat.realtime.connection import Connection
from chat.realtime.feed import Feed


class Hub:
    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.feeds: dict[str, Feed] = {}
        self.listeners: defaultdict[str, set[Connection]] = defaultdict(set)

    def add(self, connection: Connection) -> None:
        self.connections.add(connection)
        for topic in own_topics(connection):
            self.listeners[topic].add(connection)

    def remove(self, connection: Connection) -> None:
        self.connections.discard(connection)
        for topic in own_topics(connection):
            self.listeners[topic].discard(connection)
            if not self.listeners[topic]:
                del self.listeners[topic]
        for topic, feed in list(self.feeds.items()):
            if connection in feed.live or connection in feed.catching_up:
                self.leave(topic, connection)

    def listening(self, topic: str) -> set[Connection]:
        return set(self.listeners.get(topic, ()))

    def enter(self, topic: str, slug: str, connection: Connection) -> Feed:
        """Begin to follow a room's feed, which starts here with its first follower."""
        feed = self.feeds.get(topic)
        if feed is None:
            feed = self.feeds[topic] = Feed(slug)
        feed.begin(connection)
        return feed

    def leave(self, topic: str, connection: Connection) -> None:
        if feed := self.feeds.get(topic):
            feed.leave(connection)
            if not feed.is_followed:
                del self.feeds[topic]

    def deliver(
        self, topic: str, event: str, tick: int | None = None, skip: str | None = None
    ) -> None:
        """The same text to every connection of a topic, but for the one of the id `skip`."""
        if feed := self.feeds.get(topic):
            feed.publish(event, tick)
        for connection in self.listening(topic):
            if connection.id != skip:
                connection.deliver(event)

    def renew_session(self, old_key: str, new_key: str) -> None:
        """The same sign-in goes on under a new key."""
        for connection in self.listening(topics.session(old_key)):
            self.listeners[topics.session(old_key)].discard(connection)
            connection.session_key = new_key
            self.listeners[topics.session(new_key)].add(connection)
        self.listeners.pop(topics.session(old_key), None)

    def heads(self, rooms: Iterable[str]) -> dict[str, int]:
        """The latest tick of each of the rooms (by topic), by slug."""
        feeds = (self.feeds.get(topic) for topic in rooms)
        return {feed.slug: feed.head for feed in feeds if feed}


def own_topics(connection: Connection) -> list[str]:
    return [topics.user(connection.user_id), topics.session(connection.session_key)]
