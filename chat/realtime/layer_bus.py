"""The bus between processes: one channel of a channel layer, one group for each topic.

Nothing waits for the layer. A task of its own publishes what has gathered, one message a group;
what cannot be published within seconds is dropped and counted, and the others find it in the
database. A heartbeat that does not come back tells that the line is dead, though no error was
seen: then the process is degraded, and tries with a new layer until it hears itself again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from chat.realtime import orders, topics
from chat.realtime.bus import LocalBus, is_between_processes
from chat.realtime.link import PATIENCE_SECONDS, Layer, Link

log = logging.getLogger("chat.bus")

MESSAGE_TYPE = "node.letter"
# What nobody took is not kept for ever: orders, and the characters of their events.
OUTGOING_ORDERS = 10_000
OUTGOING_CHARS = 16 * 1024 * 1024
LETTER_CHARS = 256 * 1024
# A silent line is found within 10 s: three heartbeats missing, and the look at it.
TICK_SECONDS = 0.5
BEAT_SECONDS = 2.0
SILENCE_SECONDS = 7.0
RENEWAL_SECONDS = 4.0
RETRY_SECONDS = 1.0
COMPLAINT_SECONDS = 30.0
# Who leaves a room and comes back soon costs nothing.
LINGER_SECONDS = 10.0
# A newcomer waits no longer for the layer; what is missed then heals.
FOLLOW_SECONDS = 1.0


@dataclass(slots=True)
class Counts:
    """Since the start of the process."""

    sent: int = 0
    received: int = 0
    dropped: int = 0
    forged: int = 0
    failed: int = 0
    renewed: int = 0


class LayerBus(LocalBus):
    """`keep(work)` runs a task; `on_recovery()` is called when the line is well again."""

    is_shared = True

    def __init__(
        self,
        carry_out: Callable[[orders.AnyOrder], None],
        *,
        make_layer: Callable[[], Layer],
        sealer: orders.Sealer,
        keep: Callable[[Coroutine[Any, Any, None]], object],
        on_recovery: Callable[[], None],
    ) -> None:
        super().__init__(carry_out)
        self.make_layer = make_layer
        self.sealer = sealer
        self.keep = keep
        self.on_recovery = on_recovery
        self.origin = secrets.token_hex(8)
        self.counts = Counts()
        self.outgoing: dict[str, list[orders.AnyOrder]] = {}
        self.outgoing_orders = self.outgoing_chars = 0
        self.news: set[int] = set()
        # What is listened to here, and since when something is not any more.
        self.wanted: set[str] = {topics.EVERYBODY}
        self.unwanted: dict[str, float] = {}
        self.arrivals: dict[str, asyncio.Future[None]] = {}
        self.link: Link | None = None
        self.heard_at = self.renewed_at = 0.0
        self.complained_at = -COMPLAINT_SECONDS

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        super().attach(loop)
        self.has_outgoing = asyncio.Event()
        self.has_wishes = asyncio.Event()
        self.is_said = asyncio.Event()
        self.heard_at = self.renewed_at = loop.time()
        for work in (self.publish_all, self.join_all, self.watch):
            self.keep(work())

    async def close(self) -> None:
        """Say what waits to be said."""
        self.post_news()
        if self.outgoing:
            self.is_said.clear()
            await asyncio.wait(
                [asyncio.ensure_future(self.is_said.wait())], timeout=PATIENCE_SECONDS
            )
        if self.link:
            await self.link.close()

    def figures(self) -> dict[str, float]:
        counts = {f"bus_{name}_total": float(count) for name, count in asdict(self.counts).items()}
        return {"bus_degraded": float(self.is_degraded), **counts}

    # --- Out

    def send(self, order: orders.AnyOrder) -> None:
        self.steer(self.carry_out_everywhere, order)

    def carry_out_everywhere(self, order: orders.AnyOrder) -> None:
        """Local connections first. In the loop."""
        self.carry_out(order)
        if isinstance(order, orders.News):
            # As often as it is told to people; a busy room would send it with every message.
            self.news.add(order.room_id)
        else:
            self.post(order)

    def post(self, order: orders.AnyOrder) -> None:
        chars = len(getattr(order, "event", ""))
        is_full = self.outgoing_orders >= OUTGOING_ORDERS
        if is_full or self.outgoing_chars + chars > OUTGOING_CHARS:
            self.counts.dropped += 1
            return
        self.outgoing_orders += 1
        self.outgoing_chars += chars
        for group in order.groups:
            self.outgoing.setdefault(group, []).append(order)
        self.has_outgoing.set()

    async def publish_all(self) -> None:
        while True:
            await self.has_outgoing.wait()
            self.has_outgoing.clear()
            outgoing, self.outgoing = self.outgoing, {}
            self.outgoing_orders = self.outgoing_chars = 0
            await self.publish_each(outgoing)
            self.is_said.set()

    async def publish_each(self, outgoing: dict[str, list[orders.AnyOrder]]) -> None:
        """Give all of it up with the first that fails: the line is broken, and time passes."""
        waiting = sum(map(len, outgoing.values()))
        try:
            for group, letter in letters(outgoing):
                await self.publish_letter(group, letter)
                waiting -= len(letter)
                self.counts.sent += len(letter)
        except Exception as error:
            self.counts.failed += 1
            self.counts.dropped += waiting
            self.complain("Other processes could not be told", error)
            # Nothing else tells of these: rooms that nobody looks at are not compared.
            self.news |= {
                order.room_id
                for letter in outgoing.values()
                for order in letter
                if isinstance(order, orders.News)
            }

    async def publish_letter(self, group: str, letter: list[orders.AnyOrder]) -> None:
        if self.link is None:
            raise ConnectionError("there is no line yet")
        message = {"type": MESSAGE_TYPE, "letter": self.sealer.seal(self.origin, letter)}
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.link.layer.group_send(group, message)

    def post_news(self) -> None:
        for room_id in self.news:
            self.post(orders.News(room_id))
        self.news.clear()

    # --- In

    def receive(self, message: object) -> None:
        """Carry out what another process says; what is not ours is only counted."""
        try:
            if not isinstance(message, dict) or message.get("type") != MESSAGE_TYPE:
                raise orders.Forged
            letter = self.sealer.open(message.get("letter"))
        except orders.Forged:
            self.counts.forged += 1
            return
        if letter.origin == self.origin:
            # What we said ourselves is done; that it came back tells that the line is well.
            self.hear()
            return
        self.counts.received += len(letter.orders)
        for order in letter.orders:
            self.carry_out(order)

    # --- What is listened to

    def follow(self, topic: str) -> None:
        if is_between_processes(topic):
            self.unwanted.pop(topic, None)
            if topic not in self.wanted:
                self.wanted.add(topic)
                self.wish()

    def unfollow(self, topic: str) -> None:
        if topic in self.wanted and self.loop:
            self.unwanted[topic] = self.loop.time()

    async def is_followed(self, topic: str) -> None:
        if self.is_degraded or self.loop is None or (self.link and topic in self.link.joined):
            return
        arrival = self.arrivals.get(topic)
        if arrival is None:
            arrival = self.arrivals[topic] = self.loop.create_future()
        await asyncio.wait([arrival], timeout=FOLLOW_SECONDS)

    def wish(self) -> None:
        if self.loop:
            self.has_wishes.set()

    async def join_all(self) -> None:
        """Be in the group of every topic that is listened to."""
        while True:
            try:
                link = self.link = self.link or await Link.open(self.make_layer(), self.receive)
                for topic in self.wanted - link.joined:
                    await link.join(topic)
                    self.arrive(topic)
                for topic in link.joined - self.wanted:
                    await link.leave(topic)
            except Exception as error:
                self.complain("The line to the other processes is not ready", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self.has_wishes.wait()
            self.has_wishes.clear()

    def arrive(self, topic: str) -> None:
        if arrival := self.arrivals.pop(topic, None):
            arrival.set_result(None)

    def forget_unwanted(self, now: float) -> None:
        gone = [topic for topic, since in self.unwanted.items() if now - since > LINGER_SECONDS]
        for topic in gone:
            del self.unwanted[topic]
            self.wanted.discard(topic)
            self.arrive(topic)
            self.wish()

    # --- The heartbeat

    async def watch(self) -> None:
        assert self.loop
        beaten_at = 0.0
        while True:
            now = self.loop.time()
            if now - beaten_at >= BEAT_SECONDS:
                beaten_at = now
                self.post(orders.Heartbeat())
            self.post_news()
            self.forget_unwanted(now)
            if now - self.heard_at > SILENCE_SECONDS:
                await self.be_degraded(now)
            await asyncio.sleep(TICK_SECONDS)

    def complain(self, what: str, error: Exception) -> None:
        """Into the log, but not with every message while the line is broken."""
        assert self.loop
        if self.loop.time() - self.complained_at > COMPLAINT_SECONDS:
            self.complained_at = self.loop.time()
            log.warning("%s: %s", what, str(error) or type(error).__name__)

    def hear(self) -> None:
        assert self.loop
        self.heard_at = self.loop.time()
        if self.is_degraded:
            self.is_degraded = False
            log.warning("The line to the other processes is well again.")
            self.on_recovery()

    async def be_degraded(self, now: float) -> None:
        if not self.is_degraded:
            self.is_degraded = True
            log.warning(
                "Nothing comes over the line to the other processes (REDIS_URL): until it does, "
                "the rooms are read from the database every 2 s."
            )
        if now - self.renewed_at > RENEWAL_SECONDS:
            self.renewed_at = now
            self.counts.renewed += 1
            # An open line may lead nowhere, and no error ever comes of it: begin with a new one.
            link, self.link = self.link, None
            self.wish()
            if link:
                self.keep(link.close())


def letters(
    outgoing: dict[str, list[orders.AnyOrder]],
) -> Iterator[tuple[str, list[orders.AnyOrder]]]:
    """What is told to each group, in parts of a bearable size."""
    for group, waiting in outgoing.items():
        letter: list[orders.AnyOrder] = []
        chars = 0
        for order in waiting:
            letter.append(order)
            chars += len(getattr(order, "event", ""))
            if chars > LETTER_CHARS:
                yield group, letter
                letter, chars = [], 0
        if letter:
            yield group, letter
