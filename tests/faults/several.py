"""Several servers as one chat: one PostgreSQL, one Redis that can be hurt, a port for each.

Ports of their own, unlike the workers of one launcher, so that a test can say who is where.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from tests import services
from tests.running import QUICK, RunningServer, eventually

# A secret that all processes of one chat share; a server alone makes its own.
SECRET = "one chat, several processes"


class Redis:
    """A private Redis on a loopback port, which it keeps when it is started again."""

    def __init__(self) -> None:
        self.port = services.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = tempfile.TemporaryDirectory(prefix="chat-redis-")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2)

    def start(self) -> Redis:
        program = services.find_program("redis-server", "valkey-server")
        assert program
        command = [program, "--bind", "127.0.0.1", "--port", str(self.port)]
        command += ["--save", "", "--appendonly", "no", "--dir", self.folder.name]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        eventually(self.answers)
        return self

    def answers(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """kill -9: everything that it held is gone."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """It takes connections and bytes, and answers nothing."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.thaw()
            self.kill()
        self.folder.cleanup()


@contextmanager
def own_redis() -> Iterator[Redis]:
    services.require("redis")
    server = Redis()
    try:
        yield server.start()
    finally:
        server.end()


@contextmanager
def several_servers(
    count: int, database_url: str, redis_url: str, **settings: str
) -> Iterator[list[RunningServer]]:
    """`count` processes of one chat, each on a port of its own."""
    settings |= QUICK | {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": SECRET}
    with ExitStack() as stack:
        servers = []
        for _ in range(count):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chat-data-"))
            servers.append(RunningServer(Path(folder), **settings))
            stack.callback(stop, servers[-1])
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(RunningServer.start, servers))
        yield servers


def stop(server: RunningServer) -> None:
    if server.process and server.process.poll() is None:
        os.kill(server.process.pid, signal.SIGCONT)
        server.stop()
