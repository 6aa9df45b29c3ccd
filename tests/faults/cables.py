"""What lies between a server and its database or Redis, for tests that pull it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.running import eventually

CHUNK = 65_536
COMMIT = b"COMMIT\0"


class Cable:
    """A TCP proxy that can be cut, unplugged, or told to lose the answer of a commit.

    Or to swallow everything, which no end of the line gets an error of.
    """

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.answers_to_lose = 0
        self.answers_lost = 0
        self.lost_one = asyncio.Event()
        self.swallows = False
        self.lines: set[asyncio.StreamWriter] = set()
        self.carriers: set[asyncio.Task[None]] = set()
        self.server: asyncio.Server | None = None
        self.port = 0

    async def plug_in(self) -> None:
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    def unplug(self) -> None:
        """Nobody gets through: connections are refused, as by a machine without the program."""
        assert self.server
        self.server.close()
        self.cut()

    def cut(self) -> None:
        """Every line that there is now breaks."""
        for line in list(self.lines):
            line.transport.abort()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrier = asyncio.get_running_loop().create_task(self.connect(reader, writer))
        self.carriers.add(carrier)
        carrier.add_done_callback(self.carriers.discard)

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, there_writer}
        self.lines |= both
        line = Line(self, both)
        try:
            with suppress(OSError):
                await asyncio.gather(
                    line.carry(reader, there_writer, is_question=True),
                    line.carry(there_reader, writer, is_question=False),
                )
        finally:
            self.lines -= both
            for each in both:
                each.transport.abort()


class Line:
    """One connection through the cable."""

    def __init__(self, cable: Cable, ends: set[asyncio.StreamWriter]) -> None:
        self.cable = cable
        self.ends = ends
        self.loses_next_answer = False
        self.is_lost = False

    async def carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_question: bool
    ) -> None:
        while chunk := await source.read(CHUNK):
            if is_question and COMMIT in chunk and self.cable.answers_to_lose:
                self.cable.answers_to_lose -= 1
                self.loses_next_answer = True
            elif not is_question and self.loses_next_answer:
                # The database has committed and says so, but nobody hears it.
                self.cable.answers_lost += 1
                self.cable.lost_one.set()
                break
            if self.cable.swallows or self.is_lost:
                self.is_lost = True
                continue
            target.write(chunk)
            await target.drain()
        for end in self.ends:
            end.transport.abort()


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[tuple[Cable, str]]:
    """A cable to a PostgreSQL or Redis on TCP, and the URL at its other end."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    cable = Cable(parts.hostname, parts.port)
    await cable.plug_in()
    try:
        yield cable, url.replace(f":{parts.port}/", f":{cable.port}/")
    finally:
        cable.unplug()
        for carrier in cable.carriers:
            carrier.cancel()


def end_backends(database_url: str) -> int:
    """Terminate every connection of everybody else; how many there were."""
    with psycopg.connect(database_url, autocommit=True) as database:
        rows = database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchall()
    return len(rows)


def shut_down(database_url: str) -> tuple[list[str], Path]:
    """End PostgreSQL, whoever is connected; its command and its folder, to start it again."""
    with psycopg.connect(database_url) as database:
        ((directory,),) = database.execute("SHOW data_directory").fetchall()
    folder = Path(directory)
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    os.kill(pid, signal.SIGINT)
    eventually(lambda: not (folder / "postmaster.pid").exists())
    return command, folder


@contextmanager
def started_again(command: list[str], folder: Path) -> Iterator[None]:
    """Run PostgreSQL on the data that it had; ready when the block begins."""
    owner = folder.stat()
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder.parent)}
    with (folder.parent / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder.parent,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **account,
        )
    try:
        pid_file = folder / "postmaster.pid"
        eventually(lambda: pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"))
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
