"""Figures for Prometheus: what this installation does, one line for each of its processes.

The hot path counts in plain integers (`chat.node.node.figures()`); they are looked at when
somebody asks. With several processes on one socket whoever is asked answers for all, from
what each of them writes down every few seconds (ChatApp.snapshots).
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from chat.node import node
from ChatApp import snapshots
from ChatApp.snapshots import Figures

COPY_SECONDS = 5.0
ALONE = 1

HELP = {
    "connections": "Open WebSocket connections.",
    "users": "People with at least one open connection.",
    "rooms": "Rooms that at least one connection follows.",
    "writer_waiting": "Jobs that wait for the writer's thread.",
    "bus_degraded": "1 while the bus is not heard and the database is asked instead.",
    "bus_sent_total": "Orders published to the other processes.",
    "bus_received_total": "Orders taken from the bus.",
    "bus_dropped_total": "Orders given up because too many waited or none could be published.",
    "bus_forged_total": "Orders ignored because their signature was wrong.",
    "bus_failed_total": "Publishes that failed or took too long.",
    "bus_renewed_total": "New lines to the layer after one that was not heard any more.",
    "presence_reachable": "0 while the others' presence cannot be asked for.",
    "presence_write_failures_total": "Own presence that could not be written.",
    "presence_reads_total": "Looks at the others' presence.",
    "presence_processes_reaped_total": "Dead processes whose people were said to be gone.",
    "event_loop_lag_seconds": "How late the event loop came to its last regular look.",
    "process_cpu_seconds_total": "CPU time of the process.",
    "process_resident_memory_bytes": "Memory of the process; 0 where the system does not tell.",
    "process_start_time_seconds": "When the process started, in Unix time.",
    "process_threads": "Threads of the process.",
}


class Place:
    """Which of the installation's processes this is, counted from 1."""

    def __init__(self) -> None:
        self.number = ALONE
        self.has_neighbours = False
        self.started = time.time()
        self.lag = 0.0

    def take(self, number: int) -> None:
        self.number, self.has_neighbours = number, True


place = Place()
# Keeps the task alive; the event loop alone would forget it.
copying: set[asyncio.Task[None]] = set()


def keep_copying(loop: asyncio.AbstractEventLoop) -> None:
    """Copy this process's figures for its neighbours from now on. In the loop's thread."""
    if settings.METRICS_TOKEN:
        import prometheus_client  # noqa: F401 - now, and not while the first one waits who asks

        copying.add(loop.create_task(copy_again_and_again()))


async def copy_again_and_again() -> None:
    while True:
        if place.has_neighbours:
            await asyncio.to_thread(snapshots.write, place.number, figures())
        before = time.monotonic()
        await asyncio.sleep(COPY_SECONDS)
        place.lag = max(0.0, time.monotonic() - before - COPY_SECONDS)


def figures() -> Figures:
    return {
        **node.figures(),
        "event_loop_lag_seconds": place.lag,
        "process_cpu_seconds_total": time.process_time(),
        "process_resident_memory_bytes": resident_bytes(),
        "process_start_time_seconds": place.started,
        "process_threads": threading.active_count(),
    }


def resident_bytes() -> int:
    """Where there is /proc; elsewhere 0."""
    if not sys.platform.startswith("linux"):
        return 0
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


# --- As Prometheus reads them


def content_type() -> bytes:
    from prometheus_client import CONTENT_TYPE_LATEST

    return CONTENT_TYPE_LATEST.encode()


def exposition() -> bytes:
    """The figures of all processes. Raises ValueError for a name that Prometheus cannot have."""
    everybody = {place.number: figures()}
    if place.has_neighbours:
        everybody = {**snapshots.read_all(), **everybody}
    return as_text(everybody)


def as_text(everybody: dict[int, Figures]) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(Collector(everybody))
    return generate_latest(registry)


class Collector:
    def __init__(self, everybody: dict[int, Figures]) -> None:
        self.everybody = everybody

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        for name in sorted({name for each in self.everybody.values() for name in each}):
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            family = kind(f"chatapp_{name}", HELP.get(name, name), labels=["worker"])
            for number, each in sorted(self.everybody.items()):
                if name in each:
                    family.add_metric([str(number)], each[name])
            yield family
