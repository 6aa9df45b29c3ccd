"""The one thread of this process that writes messages.

Whatever takes a tick runs here, one job after the other, each in a transaction of its own: on
SQLite nobody then waits for a lock that is handed out at random, and events are published in the
order of their commits. It is also the only connection that checkpoints SQLite's log (see
DATABASES in the settings).
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connection

T = TypeVar("T")

# Jobs that wait; beyond it the answer is "later" instead of a queue that grows.
WAITING_JOBS = 1000
CHECKPOINT_PAGES = 1000


class Overloaded(Exception):
    """Too much waits to be written."""


class Writer:
    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self.is_here = threading.local()
        self.slots = threading.BoundedSemaphore(WAITING_JOBS)

    def run(self, job: Callable[[], T]) -> T:
        """Do the job and wait for it: for code that is not in the event loop.

        Within a transaction, or within another job, it is done right here as a part of that.
        Raises what the job raises, and Overloaded.
        """
        if getattr(self.is_here, "yes", False) or connection.in_atomic_block:
            return job()
        return self.enqueue(job).result()

    async def submit(self, job: Callable[[], T]) -> T:
        """Do the job and wait for it in the event loop. Raises as `run` does."""
        return await asyncio.wrap_future(self.enqueue(job))

    def enqueue(self, job: Callable[[], T]) -> "Future[T]":
        if not self.slots.acquire(blocking=False):
            raise Overloaded
        try:
            future = self.thread.submit(self.perform, job)
        except RuntimeError:  # the process ends
            self.slots.release()
            raise Overloaded from None
        future.add_done_callback(lambda _: self.slots.release())
        return future

    def perform(self, job: Callable[[], T]) -> T:
        self.is_here.yes = True
        prepare_connection()
        try:
            return job()
        finally:
            if connection.vendor != "sqlite":
                close_old_connections()

    def close(self) -> None:
        """Finish what waits. Nothing is taken any more."""
        self.thread.shutdown(wait=True)


def prepare_connection() -> None:
    """A connection that works; on SQLite the one that is kept and that checkpoints."""
    if connection.vendor != "sqlite":
        close_old_connections()
    elif connection.connection is None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
