"""Several processes on one listening socket, and the one that keeps them.

The parent binds the socket and never serves. Each worker is a fresh interpreter that inherits
the socket, so that a renewal loads what is on disk then; the socket stays open all the while,
so that nobody is refused. A pair of connected sockets ties each worker to its parent: it says
there that it serves, and when the parent is gone it ends by itself.
"""

from __future__ import annotations

import asyncio
import logging
import logging.config
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from django.conf import settings

from ChatApp import snapshots
from ChatApp.lines import TAKE_NOBODY_NEW
from ChatApp.listening import introduce, listen

log = logging.getLogger("ChatApp.workers")

# How long a new worker may take until it serves.
START_SECONDS = 60.0
# Above the longest orderly end of a worker (ChatApp.on_uvicorn, chat.node).
STOP_SECONDS = 40.0
# A worker that ends sooner after its start has not worked; so many in a row, and none will.
EARLY_SECONDS = 5.0
EARLY_ENDS = 5
# Before the first of them is replaced; twice as long for each further one.
PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
# What starting a process raises for want of memory, of files, of Python itself; of a thread that
# waits for its end.
NO_ROOM = (OSError, RuntimeError)


@dataclass(eq=False)
class Worker:
    """A process that serves, or will; `line` is our end of what ties it to us."""

    place: int
    process: Process
    line: socket.socket
    started: float = field(default_factory=time.monotonic)
    has_served: bool = False

    @property
    def is_well(self) -> bool:
        return self.has_served and self.process.returncode is None

    async def serves(self) -> bool:
        """Wait until it serves; False when it ended first or takes too long."""
        try:
            async with asyncio.timeout(START_SECONDS):
                said = await asyncio.get_running_loop().sock_recv(self.line, 16)
        except (TimeoutError, OSError):
            said = b""
        self.has_served = bool(said)
        return self.has_served

    async def stop(self) -> None:
        """Ask for its orderly end and wait for it; kill it when it takes too long."""
        self.tell(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            log.warning("Worker %s did not end in time and is killed.", self.process.pid)
            self.tell(signal.SIGKILL)
            await self.process.wait()

    def tell(self, number: int) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)


async def start_process(
    *options: str, keep: tuple[int, ...] = (), stdout: int | None = None
) -> Process:
    """Our launcher in a fresh interpreter.

    In a process group of its own: Ctrl+C reaches the parent alone, and it passes it on.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "ChatApp.server", *options),
        cwd=settings.BASE_DIR,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        pass_fds=keep,
        process_group=0,
    )


class Supervisor:
    def __init__(self, count: int) -> None:
        self.places = range(1, count + 1)
        self.listener: socket.socket | None = None
        # Who serves at each place, or will; whoever ends there is put among its fallen. A place is
        # filled and changes hands under its lock.
        self.at: dict[int, Worker] = {}
        self.fallen: defaultdict[int, asyncio.Queue[Worker]] = defaultdict(asyncio.Queue)
        self.changing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Those, the ones that start and the ones that leave.
        self.living: set[Worker] = set()
        self.early_ends = 0
        self.is_introduced = False
        # How one is made, while there is none.
        self.administrator = ""
        self.end = asyncio.Event()
        self.exit_code = 0
        self.renewal_is_wanted = asyncio.Event()

    async def run(self) -> int:
        """Prepare, then keep the workers until somebody asks for the end; the exit code."""
        self.listen_to_signals()
        if code := await self.prepare():
            return code
        self.listener = listen(settings.HOST, settings.PORT)
        work = [self.keep(place) for place in self.places]
        tasks = [asyncio.create_task(each) for each in (*work, self.renew_when_asked())]
        for task in tasks:
            task.add_done_callback(self.look_at)
        await self.end.wait()
        self.listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self.living))
        log.info("All workers have ended.")
        return self.exit_code

    def look_at(self, task: asyncio.Task[None]) -> None:
        """Without one of its tasks the chat would go on unattended: the end of all instead."""
        if not task.cancelled() and (error := task.exception()):
            log.critical("The keeping of the workers failed: the chat stops.", exc_info=error)
            self.exit_code = 1
            self.end.set()

    async def prepare(self) -> int:
        """In a process of its own, which has today's code; its exit code."""
        try:
            process = await start_process("--prepare", stdout=asyncio.subprocess.PIPE)
            said, _ = await process.communicate()
            self.administrator = said.decode().strip()
            return process.returncode or 0
        except NO_ROOM as error:
            log.error("The preparation could not be started: %s.", error)
            return 1

    def listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        # A terminal says by SIGHUP that it is gone.
        on_hang_up = self.stop if os.isatty(0) else self.renewal_is_wanted.set
        loop.add_signal_handler(signal.SIGHUP, on_hang_up)

    def stop(self) -> None:
        if self.end.is_set():
            log.warning("Asked again to stop: the workers are killed.")
            for worker in self.living:
                worker.tell(signal.SIGKILL)
        self.end.set()

    # --- One place

    async def keep(self, place: int) -> None:
        """Have a worker at this place at all times."""
        while True:
            async with self.changing[place]:
                is_taken = place in self.at or await self.fill(place)
            if is_taken:
                self.mourn(await self.fallen[place].get())
            if self.early_ends:
                pause = PAUSE_SECONDS * 2**self.early_ends
                await asyncio.sleep(min(pause, LONGEST_PAUSE_SECONDS))

    async def fill(self, place: int) -> bool:
        """Start a worker there and wait until it serves; False when none could be started."""
        snapshots.forget(place)
        try:
            worker = self.at[place] = await self.start_worker(place)
        except NO_ROOM as error:
            log.error("No worker could be started at place %s: %s.", place, error)
            self.count(is_early=True)
            return False
        if await worker.serves():
            log.info("Worker %s serves at place %s.", worker.process.pid, place)
            self.introduce_once()
        else:
            worker.tell(signal.SIGKILL)
        return True

    def mourn(self, worker: Worker) -> None:
        how = ending(worker.process.returncode or 0)
        log.error("Worker %s died (%s) and is replaced.", worker.process.pid, how)
        lived = time.monotonic() - worker.started
        self.count(is_early=lived < EARLY_SECONDS or not worker.has_served)

    def count(self, *, is_early: bool) -> None:
        """Too many early ends are the end of all; but whoever still serves is left to it."""
        self.early_ends = self.early_ends + 1 if is_early else 0
        if self.early_ends >= EARLY_ENDS and not any(each.is_well for each in self.at.values()):
            self.give_up()

    def give_up(self) -> None:
        log.critical(
            "The last %s workers could not be started or died within %.0f s of their start, and "
            "none serves: the chat stops. Why stands in the lines above.",
            self.early_ends,
            EARLY_SECONDS,
        )
        self.exit_code = 1
        self.end.set()

    async def start_worker(self, place: int) -> Worker:
        """Raises what is in NO_ROOM when the machine has no room for it."""
        assert self.listener
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        inherited = self.listener.fileno(), theirs.fileno()
        options = ("--place", "--listener-fd", "--parent-fd")
        values = (place, *inherited)
        words = [f"{name}={value}" for name, value in zip(options, values, strict=True)]
        try:
            with theirs:
                process = await start_process(*words, keep=inherited)
        except NO_ROOM:
            ours.close()
            raise
        worker = Worker(place, process, ours)
        self.living.add(worker)
        asyncio.create_task(self.bury(worker))  # noqa: RUF006 - the process keeps it alive
        return worker

    async def bury(self, worker: Worker) -> None:
        await worker.process.wait()
        worker.line.close()
        self.living.discard(worker)
        if self.at.get(worker.place) is worker:
            del self.at[worker.place]
            self.fallen[worker.place].put_nowait(worker)

    def introduce_once(self) -> None:
        if self.listener and not self.is_introduced:
            introduce(self.listener, self.administrator)
            self.is_introduced = True

    # --- Renewal

    async def renew_when_asked(self) -> None:
        """Asked again meanwhile, it is done once more."""
        while True:
            await self.renewal_is_wanted.wait()
            self.renewal_is_wanted.clear()
            log.info("SIGHUP: the workers are renewed.")
            if await self.renew():
                log.info("All workers are new.")

    async def renew(self) -> bool:
        """Put a new worker that serves beside each old one; only then end any old one.

        Nothing is taken from the old ones before: they may have to go on.
        """
        if await self.prepare():
            log.error("The database could not be prepared: the workers stay as they are.")
            return False
        async with AsyncExitStack() as places:
            for place in self.places:
                await places.enter_async_context(self.changing[place])
            successors = await self.start_successors()
            if not successors:
                log.error("A new worker does not serve: the workers stay as they are.")
                return False
            old = self.hand_over(successors)
        for worker in old:
            await worker.stop()
        return True

    async def start_successors(self) -> list[Worker]:
        """One for each place, one after the other; none at all unless all of them serve."""
        started: list[Worker] = []
        try:
            for place in self.places:
                started.append(await self.start_worker(place))
                if not await started[-1].serves():
                    break
        except NO_ROOM as error:
            log.error("No new worker could be started: %s.", error)
        if len(started) == len(self.places) and all(each.is_well for each in started):
            return started
        await asyncio.gather(*(worker.stop() for worker in started))
        return []

    def hand_over(self, successors: list[Worker]) -> list[Worker]:
        """The old ones, which take nobody any more.

        All at once: who has to come back once would otherwise have to do so again.
        """
        old = [self.at[place] for place in self.places if place in self.at]
        for new in successors:
            self.at[new.place] = new
            log.info("Worker %s serves and takes over place %s.", new.process.pid, new.place)
        for worker in old:
            worker.tell(TAKE_NOBODY_NEW)
        return old


def ending(code: int) -> str:
    """How a process ended; real-time signals have no names."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def run() -> int:
    """Serve with as many processes as the settings say; the exit code when they have ended."""
    logging.config.dictConfig(settings.LOGGING)
    snapshots.forget_all()
    return asyncio.run(supervise())


async def supervise() -> int:
    return await Supervisor(settings.WEB_CONCURRENCY).run()
