"""What is measured: each workload with its crowd, its plan, its contestants and its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.contestants import CHAT, FLOOR, PEERS, Contestant, chat
from benchmarks.crowd import Crowd


@dataclass(frozen=True)
class Workload:
    """`columns` are figures of the load; the first is compared with the first contestant's."""

    name: str
    title: str
    load: str
    crowd: Crowd
    columns: tuple[str, ...]
    plan: Mapping[str, Any]
    contestants: tuple[Contestant, ...] = (CHAT,)
    # The same in small: fewer people, shorter.
    quick_crowd: Crowd | None = None
    quick_plan: Mapping[str, Any] = field(default_factory=dict)

    def quick(self) -> Workload:
        plan = {**self.plan, **self.quick_plan}
        return replace(self, crowd=self.quick_crowd or self.crowd, plan=plan)


TWO_PROCESSES = chat(
    "ChatApp, 2 processes, PostgreSQL, Redis", servers=2, postgresql=True, redis=True
)
ON_POSTGRESQL = chat("ChatApp, PostgreSQL", postgresql=True)

TALK = {"warm_up": 2.0, "seconds": 5.0}
SHORT = {"warm_up": 0.7, "seconds": 1.5}
DELIVERY = ("µs/delivery", "deliveries/s", "p50 ms", "p99 ms", "lost")
STORING = ("ms/message", "messages/core s", "messages/s", "p50 ms", "p99 ms", "lost")
COMING = ("ms/connect", "KiB/socket", "connects/s", "lost")
PAGE = ("ms/page", "pages/s", "KiB/page")

WORKLOADS = [
    Workload(
        "fan-out",
        "One room, 500 listen, one speaks with 4 messages in flight; a frame for each event",
        "conversation",
        Crowd(1, 501),
        DELIVERY,
        {"speakers": 1, "in_flight": 4, **TALK},
        (CHAT, *PEERS, FLOOR),
        Crowd(1, 201),
        SHORT,
    ),
    Workload(
        "busy",
        "One busy room: 500 listen, 4 speak with 4 messages in flight each; ChatApp's clients take "
        "several events a frame",
        "conversation",
        Crowd(1, 504),
        ("µs/delivery", "deliveries/s", "events/frame", "p50 ms", "p99 ms", "lost"),
        {"speakers": 4, "in_flight": 4, "batch": True, **TALK},
        (CHAT, *PEERS, FLOOR),
        Crowd(1, 204),
        SHORT,
    ),
    Workload(
        "two-processes",
        "The busy room over two processes, half of the people at each",
        "conversation",
        Crowd(1, 504),
        ("µs/delivery", "deliveries/s", "events/frame", "p50 ms", "p99 ms", "lost"),
        {"speakers": 4, "in_flight": 4, "batch": True, **TALK},
        (CHAT, TWO_PROCESSES),
        Crowd(1, 204),
        SHORT,
    ),
    Workload(
        "rooms-of-two",
        "300 rooms of two, each of the 600 says something every two seconds",
        "conversation",
        Crowd(300, 2),
        ("ms/message", "messages/s", "p50 ms", "p99 ms", "lost"),
        {"speakers": 2, "every": 2.0, "warm_up": 3.0, "seconds": 10.0, "batch": True},
        (CHAT, *PEERS),
        Crowd(100, 2),
        {"warm_up": 2.0, "seconds": 3.0},
    ),
    Workload(
        "storing-one-room",
        "Storing in one room: 8 people with 8 messages in flight each; complete when acknowledged "
        "and on all 8 screens",
        "conversation",
        Crowd(1, 8),
        STORING,
        {"speakers": 8, "in_flight": 8, "batch": True, **TALK},
        (CHAT, ON_POSTGRESQL),
        None,
        SHORT,
    ),
    Workload(
        "storing-50-rooms",
        "Storing in 50 rooms of two, 4 messages in flight each",
        "conversation",
        Crowd(50, 2),
        STORING,
        {"speakers": 2, "in_flight": 4, "batch": True, **TALK},
        (CHAT, ON_POSTGRESQL),
        None,
        SHORT,
    ),
    Workload(
        "connecting",
        "2,000 people connect and are welcomed, each a member of a room of ten",
        "arrivals",
        Crowd(205, 10),
        COMING,
        {"speech": "welcomed", "seconds": 0.0, "batch": True},
        (CHAT,),
        Crowd(35, 10),
    ),
    Workload(
        "idle",
        "2,000 people connect, subscribe to their rooms of ten, and are quiet",
        "arrivals",
        Crowd(205, 10),
        COMING,
        {"seconds": 3.0, "batch": True},
        (CHAT, *PEERS),
        Crowd(35, 10),
        {"seconds": 0.0},
    ),
    Workload(
        "room-page",
        "The page of a room with 50 messages, signed in, over 4 kept connections",
        "pages",
        Crowd(1, 10),
        PAGE,
        {"path": "/chat/{room}/", "missed": 50, **TALK},
        (CHAT,),
        None,
        SHORT,
    ),
    Workload(
        "history-page",
        "50 messages of history by HTTP, signed in",
        "pages",
        Crowd(1, 10),
        PAGE,
        {"path": "/chat/{room}/messages/?limit=50", "missed": 50, **TALK},
        (CHAT,),
        None,
        SHORT,
    ),
    Workload(
        "static-file",
        "A static file, as the room page names it",
        "pages",
        Crowd(1, 10),
        PAGE,
        {"path": "/chat/{room}/", "link": r'"(/static/[^"]+/main\.js)"', "missed": 1, **TALK},
        (CHAT,),
        None,
        SHORT,
    ),
    Workload(
        "latency",
        "From sending to the last of 500 screens, at half of the rate of `fan-out`",
        "conversation",
        Crowd(1, 501),
        ("p50 ms", "p99 ms", "messages/s", "lost"),
        {"speakers": 1, "in_flight": 4, "warm_up": 2.0, "seconds": 3.0, "half": 8.0},
        (CHAT, *PEERS),
        Crowd(1, 201),
        {"warm_up": 0.7, "seconds": 1.0, "half": 2.0},
    ),
    Workload(
        "comeback",
        "2,000 people in rooms of ten lose the line, miss 25 messages and come back at once",
        "comeback",
        Crowd(200, 11),
        ("seconds", "ms/comeback", "tries", "server %"),
        {"missed": 25, "batch": True},
        (CHAT,),
        Crowd(30, 11),
    ),
]
