"""The chat as bin/run serves it, in one process or several."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crowd import SECRET, Crowd, Running, data, make_people
from tests import services
from tests.running import RunningServer

PROJECT = "ChatApp.settings"
# The limits of one person; here few people do the work of many.
LIFTED = {
    "POSTS_PER_SECOND": "1000000",
    "CONNECTIONS_PER_USER": "10000",
    "SIGNIN_LIMITS": "0",
    "SECRET_KEY": SECRET,
}


@dataclass(frozen=True)
class Chat:
    """`settings` are added to the environment, in which bin/run finds them."""

    servers: int = 1
    postgresql: bool = False
    redis: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)

    def missing(self) -> str:
        wanted = {"postgresql": self.postgresql, "redis": self.redis}
        absent = [
            name for name, is_wanted in wanted.items() if is_wanted and services.is_missing(name)
        ]
        return f"{' and '.join(absent)} is not installed" if absent else ""

    @contextmanager
    def start(self, crowd: Crowd) -> Iterator[Running]:
        with ExitStack() as stack:
            settings = {**LIFTED, **self.settings}
            if self.redis:
                settings["REDIS_URL"] = stack.enter_context(services.redis())
            if self.postgresql:
                settings["DATABASE_URL"] = stack.enter_context(services.postgres(durable=True))
                folder = Path(
                    stack.enter_context(tempfile.TemporaryDirectory(prefix="chat-bench-"))
                )
                keys = make_people(PROJECT, crowd, settings | {"DATA_DIR": str(folder)})
            else:
                folder, keys = stack.enter_context(data.copy(PROJECT, crowd))
            ports = [
                stack.enter_context(chat_server(folder, settings)) for _ in range(self.servers)
            ]
            yield Running(ports, keys)


@contextmanager
def chat_server(folder: Path, settings: Mapping[str, str]) -> Iterator[int]:
    server = RunningServer(folder, **settings).start()
    try:
        yield int(server.address.rpartition(":")[2])
    finally:
        server.kill()
