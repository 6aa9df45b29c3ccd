"""People talk in rooms: as fast as they are heard (closed loop), or at a pace (open loop)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from benchmarks.figures import percentile
from benchmarks.processes import Usage
from benchmarks.tally import Tally, now
from benchmarks.task import Task, connect_all
from benchmarks.websocket import Client

SETTLE_SECONDS = 1.0
LOST_SECONDS = 60.0
CALM_SECONDS = 20.0

Figures = dict[str, float | None]


class Speaker:
    """Says messages through one client, which everybody in its room has to see."""

    def __init__(self, client: Client, screens: int) -> None:
        self.client = client
        self.screens = screens
        self.is_closed_loop = False
        self.timer: asyncio.TimerHandle | None = None

    def say(self, due: float) -> None:
        client = self.client
        number = client.tally.add(
            self.screens,
            needs_ack=client.dialect.acknowledges,
            due=due,
            on_complete=self.heard,
        )
        client.say(client.dialect.post(client.room, number))

    def heard(self) -> None:
        if self.is_closed_loop:
            self.say(now())

    def talk_as_heard(self, in_flight: int) -> None:
        self.is_closed_loop = True
        for _ in range(in_flight):
            self.say(now())

    def talk_every(self, seconds: float, due: float) -> None:
        """A message that is sent late counts from the moment at which it was due."""
        loop = asyncio.get_running_loop()

        def say_one() -> None:
            nonlocal due
            self.say(due)
            due += seconds
            self.timer = loop.call_later(max(0.0, due - now()), say_one)

        self.timer = loop.call_later(max(0.0, due - now()), say_one)

    def be_quiet(self) -> None:
        self.is_closed_loop = False
        if self.timer:
            self.timer.cancel()


async def run(task: Task) -> Figures:
    plan = task.plan
    speakers = await gather(task)
    await asyncio.sleep(SETTLE_SECONDS)
    if every := plan.get("every"):
        start_at_pace(speakers, every)
    else:
        for speaker in speakers:
            speaker.talk_as_heard(plan["in_flight"])
    figures = await measured(task, plan["warm_up"], plan["seconds"])
    if plan.get("half"):
        figures |= await at_half(task, speakers, figures)
    return figures


async def gather(task: Task) -> list[Speaker]:
    """Everybody into their rooms; who came last into each speaks."""
    speech = task.speak()
    clients = [task.client(user, speech) for user in range(len(task.cookies))]
    await connect_all(clients)
    members = len(clients) // len(task.rooms)
    listening = members - task.plan["speakers"]
    return [
        Speaker(client, members)
        for place, client in enumerate(clients)
        if place % members >= listening
    ]


def start_at_pace(speakers: Sequence[Speaker], every: float) -> None:
    """Spread over the pace, and not in the order of rooms."""
    begin = now()
    for number, speaker in enumerate(speakers):
        speaker.talk_every(every, begin + every * (number * 0.618034 % 1))


async def at_half(task: Task, speakers: Sequence[Speaker], closed: Figures) -> Figures:
    """Quiet first, then each speaker at half of the rate that the closed loop reached."""
    for speaker in speakers:
        speaker.be_quiet()
    await task.tally.is_quiet(CALM_SECONDS)
    rate = (closed["messages/s"] or 0) / 2
    if not rate:
        return {}
    start_at_pace(speakers, len(speakers) / rate)
    half = await measured(task, task.plan["warm_up"], task.plan["half"])
    return {
        name: half[name]
        for name in ("messages/s", "p50 ms", "p99 ms", "lost", "others %", "load %")
    }


async def measured(task: Task, warm_up: float, seconds: float) -> Figures:
    tally = task.tally
    await asyncio.sleep(warm_up)
    tally.latencies.clear()
    before = Moment(tally, task.servers())
    end = now() + seconds
    while (left := end - now()) > 0:
        await asyncio.sleep(min(left, 0.5))
        tally.give_up(LOST_SECONDS)
    return Moment(tally, task.servers()).since(before, tally.latencies)


class Moment:
    """All counters at once."""

    def __init__(self, tally: Tally, servers: Usage) -> None:
        self.time = now()
        self.load = time.process_time()
        self.servers = servers
        self.deliveries = tally.deliveries
        self.frames = tally.frames
        self.messages = tally.completed
        self.lost = tally.lost + tally.closed

    def since(self, earlier: Moment, latencies: Sequence[float]) -> Figures:
        seconds = self.time - earlier.time
        used = self.servers - earlier.servers
        cpu = used.cpu
        deliveries = self.deliveries - earlier.deliveries
        messages = self.messages - earlier.messages
        return {
            "µs/delivery": over(1e6 * cpu, deliveries),
            "deliveries/s": deliveries / seconds,
            "events/frame": over(deliveries, self.frames - earlier.frames),
            "ms/message": over(1e3 * cpu, messages),
            "messages/s": messages / seconds,
            "messages/core s": over(messages, cpu),
            "p50 ms": milliseconds(percentile(latencies, 0.5)),
            "p99 ms": milliseconds(percentile(latencies, 0.99)),
            "lost": float(self.lost - earlier.lost),
            "server %": 100 * cpu / seconds,
            "others %": 100 * used.others / seconds,
            "load %": 100 * (self.load - earlier.load) / seconds,
        }


def over(amount: float, units: float) -> float | None:
    return amount / units if units else None


def milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else 1e3 * seconds
