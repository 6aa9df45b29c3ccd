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
from dataclasses import dataclass, field

from django.conf import settings

from ChatApp import snapshots
from ChatApp.lines import TAKE_NOBODY_NEW
from ChatApp.listening import introduce, listen

log = logging.getLogger("ChatApp.workers")

# How long a new worker may take until it serves.
START_SECONDS = 60.0
# Above the longest orderly end of a worker (ChatApp.on_uvicorn, chat.node).
STOP_SECONDS = 30.0
# A worker that ends sooner after its start has not worked; so many in a row, and none will.
EARLY_SECONDS = 5.0
EARLY_ENDS = 5
# Before the first of them is replaced; twice as long for each further one.
PAUSE_SECONDS = 0.1


@dataclass(eq=False)
class Worker:
    """A process that serves, or will; `line` is our end of what ties it to us."""

    process: Process
    line: socket.socket
    started: float = field(default_factory=time.monotonic)
    has_served: bool = False
    is_deaf: bool = False

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

    def take_nobody_new(self) -> None:
        """Have it keep its lines, and leave new ones to the others."""
        if not self.is_deaf:
            self.is_deaf = True
            self.tell(TAKE_NOBODY_NEW)

    def tell(self, number: int) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)


async def start_process(*options: str, keep: tuple[int, ...] = ()) -> Process:
    """Our launcher in a fresh interpreter.

    In a process group of its own: Ctrl+C reaches the parent alone, and it passes it on.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "ChatApp.server", *options),
        cwd=settings.BASE_DIR,
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=keep,
        process_group=0,
    )


class Supervisor:
    def __init__(self, count: int) -> None:
        self.count = count
        self.listener: socket.socket | None = None
        # Who serves at each place, counted from 1; a place changes hands under its lock.
        self.at: dict[int, Worker] = {}
        self.changing: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        # Those, the ones that start and the ones that leave.
        self.living: set[Worker] = set()
        self.early_ends = 0
        self.is_introduced = False
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
        await self.end.wait()
        self.listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self.living))
        log.info("All workers have ended.")
        return self.exit_code

    @property
    def places(self) -> range:
        return range(1, self.count + 1)

    async def prepare(self) -> int:
        """In a process of its own, which has today's code; its exit code."""
        return await (await start_process("--prepare")).wait()

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
        await self.fill(place)
        while True:
            worker = self.at[place]
            await worker.process.wait()
            if worker is self.at[place]:
                await self.mourn(worker)
            async with self.changing[place]:
                if worker is self.at[place]:
                    snapshots.forget(place)
                    await self.fill(place)

    async def fill(self, place: int) -> None:
        worker = self.at[place] = await self.start_worker(place)
        if not await worker.serves():
            return worker.tell(signal.SIGKILL)
        log.info("Worker %s serves at place %s.", worker.process.pid, place)
        return self.introduce_once()

    async def mourn(self, worker: Worker) -> None:
        """Say that it died, and wait a little if that happens too often."""
        code = worker.process.returncode or 0
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        log.error("Worker %s died (%s) and is replaced.", worker.process.pid, how)
        lived = time.monotonic() - worker.started
        is_early = lived < EARLY_SECONDS or not worker.has_served
        self.early_ends = self.early_ends + 1 if is_early else 0
        if self.early_ends >= EARLY_ENDS:
            self.give_up()
        if self.early_ends:
            await asyncio.sleep(PAUSE_SECONDS * 2**self.early_ends)

    def give_up(self) -> None:
        log.critical(
            "%s workers in a row died within %.0f s of their start: the chat stops. "
            "Why they died stands in the lines above.",
            EARLY_ENDS,
            EARLY_SECONDS,
        )
        self.exit_code = 1
        self.end.set()

    async def start_worker(self, place: int) -> Worker:
        assert self.listener
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        inherited = self.listener.fileno(), theirs.fileno()
        options = ("--place", "--listener-fd", "--parent-fd")
        values = (place, *inherited)
        with theirs:
            words = [f"{name}={value}" for name, value in zip(options, values, strict=True)]
            worker = Worker(await start_process(*words, keep=inherited), ours)
        self.living.add(worker)
        asyncio.create_task(self.bury(worker))  # noqa: RUF006 - the process keeps it alive
        return worker

    async def bury(self, worker: Worker) -> None:
        await worker.process.wait()
        worker.line.close()
        self.living.discard(worker)

    def introduce_once(self) -> None:
        if self.listener and not self.is_introduced:
            introduce(self.listener)
            self.is_introduced = True

    # --- Renewal, one place after the other

    async def renew_when_asked(self) -> None:
        """Asked again meanwhile, it is done once more."""
        while True:
            await self.renewal_is_wanted.wait()
            self.renewal_is_wanted.clear()
            log.info("SIGHUP: the workers are renewed, one after the other.")
            if await self.renew():
                log.info("All workers are new.")

    async def renew(self) -> bool:
        if await self.prepare():
            log.error("The database could not be prepared: the workers stay as they are.")
            return False
        began = time.monotonic()
        for place in self.places:
            if not await self.renew_one(place, began):
                log.error("The new worker does not serve: the workers that are left stay.")
                return False
        return True

    async def renew_one(self, place: int, began: float) -> bool:
        """Put a new worker that serves beside the old one, and only then end the old one.

        From the first new one on, no old one takes anybody: who has to come back once would
        have to do so again.
        """
        async with self.changing[place]:
            new = await self.start_worker(place)
            if not await new.serves():
                await new.stop()
                return False
            old, self.at[place] = self.at[place], new
        log.info("Worker %s serves and replaces %s.", new.process.pid, old.process.pid)
        for worker in self.at.values():
            if worker.started < began:
                worker.take_nobody_new()
        await old.stop()
        return True


def run() -> int:
    """Serve with as many processes as the settings say; the exit code when they have ended."""
    logging.config.dictConfig(settings.LOGGING)
    snapshots.forget_all()
    return asyncio.run(supervise())


async def supervise() -> int:
    return await Supervisor(settings.WEB_CONCURRENCY).run()
