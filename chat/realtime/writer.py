"""The one thread of this process that writes messages: group commit.

What waits is taken in natural batches: whatever gathered while the last commit ran, nothing is
waited for. Items that are handed in with the same function are stored by one call of it, in one
transaction; every other job has its turn in between, alone. So on SQLite nobody waits for a lock
that is handed out at random, and events are published in the order of their commits. It is also
the only connection that checkpoints SQLite's log (see DATABASES in the settings).
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from django.db import close_old_connections, connection

from chat.realtime.together import settle

I = TypeVar("I")  # noqa: E741 - an item
O = TypeVar("O")  # noqa: E741 - its outcome
T = TypeVar("T")

Store = Callable[[Sequence[I]], Sequence[O | Exception]]
# Is told an outcome or what went wrong, in the writer's thread, and raises nothing.
Settled = Callable[[O | Exception], None]

# Waiting for their turn; beyond it the answer is "later" instead of a queue that grows.
WAITING_JOBS = 4096
BATCH_ITEMS = 256
# Then it goes through the pool, which replaces old ones: none stays that is of no use any more.
KEPT_SECONDS = 60.0
CHECKPOINT_PAGES = 1000


class Overloaded(Exception):
    """Too much waits to be written."""


@dataclass(slots=True)
class Job:
    """`store` with an item that goes into a batch; or, without a store, a function of its own."""

    store: Callable[[Sequence[Any]], Sequence[Any]] | None
    item: Any
    settled: Settled[Any]
    # Where somebody waits who may have gone.
    future: "Future[Any] | None" = None
    is_settled: bool = False

    def claim(self) -> bool:
        """Whether it is to be done; once, before it is: from here on nobody can withdraw it."""
        return self.future is None or self.future.set_running_or_notify_cancel()

    def settle(self, outcome: Any) -> None:
        if not self.is_settled:
            self.is_settled = True
            self.settled(outcome)


class Writer:
    def __init__(self) -> None:
        self.waiting: deque[Job] = deque()
        self.has_work = threading.Condition()
        self.thread: threading.Thread | None = None
        self.is_closed = False
        # Since when its thread keeps its connection; `time.monotonic()`.
        self.kept_since = 0.0

    def run(self, job: Callable[[], T]) -> T:
        """Do the job and wait for it: for code that is not in the event loop.

        Within a transaction, or within another job, it is done right here as a part of that.
        Raises what the job raises, and Overloaded.
        """
        return job() if self.must_be_here else self.expect(None, job).result()

    def store(self, store: Store[I, O], item: I) -> O:
        """Hand one item in and wait for its outcome, as `run` does. Raises an outcome's error."""
        if not self.must_be_here:
            future: Future[O] = self.expect(store, item)
            return future.result()
        (outcome,) = store([item])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def submit(self, job: Callable[[], T]) -> T:
        """Do the job and wait for it in the event loop. Raises as `run` does."""
        return await asyncio.wrap_future(self.expect(None, job))

    def gather(self, store: Store[I, O], item: I, settled: Settled[O]) -> None:
        """Hand in an item for the next batch. Any thread. Raises Overloaded.

        No future: to make one takes an eighth of all that a message costs.
        """
        self.enqueue(Job(store, item, settled))

    async def outcome(self, store: Store[I, O], item: I) -> O:
        """The same, waited for in the event loop. Raises an outcome's error as well."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[O] = loop.create_future()

        def settled(outcome: O | Exception) -> None:
            with suppress(RuntimeError):  # the loop has been closed: the process ends
                loop.call_soon_threadsafe(settle, future, outcome)

        self.gather(store, item, settled)
        return await future

    @property
    def must_be_here(self) -> bool:
        return threading.current_thread() is self.thread or connection.in_atomic_block

    def expect(self, store: Any, item: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.enqueue(Job(store, item, lambda outcome: tell(future, outcome), future))
        return future

    def enqueue(self, job: Job) -> None:
        with self.has_work:
            if self.is_closed or len(self.waiting) >= WAITING_JOBS:
                raise Overloaded
            self.waiting.append(job)
            if self.thread is None:
                self.thread = threading.Thread(target=self.work, name="writer", daemon=True)
                self.thread.start()
            self.has_work.notify()

    def close(self, patience: float = 3.0) -> None:
        """Finish what waits, for `patience` seconds; what is left then is told to come again.

        Nothing is taken any more.
        """
        with self.has_work:
            self.is_closed = True
            self.has_work.notify()
        if self.thread:
            self.thread.join(patience)
        with self.has_work:
            left, self.waiting = list(self.waiting), deque()
        for job in left:
            if job.claim():
                job.settle(Overloaded())

    # --- In the writer's thread

    def work(self) -> None:
        while jobs := self.next_jobs():
            # Whose socket is gone waits no more, and an outcome for them would end this thread.
            wanted = [job for job in jobs if job.claim()]
            try:
                self.perform(wanted)
            except Exception as problem:  # no database: for these to hear, not for the next ones
                for job in wanted:
                    job.settle(problem)
        connection.close()

    def perform(self, jobs: list[Job]) -> None:
        self.prepare_connection()
        for store, group in groupby(jobs, key=lambda job: job.store):
            if store is None:
                for job in group:
                    perform_alone(job)
            else:
                perform_batch(store, list(group))
        if connection.errors_occurred:
            close_old_connections()

    def prepare_connection(self) -> None:
        """One that stays for a while: from a pool it would be another each time, and each has its
        own prepared statements. On SQLite it is the one that checkpoints."""
        if connection.vendor == "sqlite":
            if connection.connection is None:
                with connection.cursor() as cursor:
                    cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        elif (now := time.monotonic()) - self.kept_since > KEPT_SECONDS:
            close_old_connections()
            self.kept_since = now

    def next_jobs(self) -> list[Job]:
        """All that waits, up to a batch; nothing when the end has come."""
        with self.has_work:
            while not self.waiting and not self.is_closed:
                self.has_work.wait()
            count = min(len(self.waiting), BATCH_ITEMS)
            return [self.waiting.popleft() for _ in range(count)]


def perform_batch(store: Callable[[Sequence[Any]], Sequence[Any]], jobs: list[Job]) -> None:
    try:
        outcomes = store([job.item for job in jobs])
    except Exception as problem:
        outcomes = [problem] * len(jobs)
    for job, outcome in zip(jobs, outcomes, strict=True):
        job.settle(outcome)


def perform_alone(job: Job) -> None:
    try:
        outcome = job.item()
    except Exception as problem:
        outcome = problem
    job.settle(outcome)


def tell(future: "Future[Any]", outcome: Any) -> None:
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
