"""A really running server: our launcher in a process of its own, with its own data."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.templates import CHECKOUT, migrated_sqlite

# See there.
QUICK = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
START_SECONDS = 90  # a start itself takes two; the rest is for a machine that has more to do
STOP_SECONDS = 25


class RunningServer:
    """`address` is such as http://127.0.0.1:43211; it stays the same over restarts."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.environment = {
            "DATA_DIR": str(data),
            "PORT": "0",
            # Every test signs its people in from one address.
            "SIGNIN_LIMITS": "0",
            **environment,
        }
        self.log: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> "RunningServer":
        """Return as soon as it answers. Raises RuntimeError with its log where it does not."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ChatApp.server"],
            cwd=CHECKOUT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        found = threading.Event()
        threading.Thread(target=self.follow_log, args=(self.process, found), daemon=True).start()
        if not found.wait(START_SECONDS) or not self.address:
            self.kill()
            raise RuntimeError("".join(self.log))
        self.environment["PORT"] = self.address.rpartition(":")[2]
        return self

    def follow_log(self, process: "subprocess.Popen[str]", found: threading.Event) -> None:
        for line in process.stdout or ():
            self.log.append(line)
            if match := re.search(r"ChatApp is on (http://\S+)/", line):
                self.address = match[1]
                found.set()
        found.set()

    @property
    def socket_address(self) -> str:
        return self.address.replace("http", "ws", 1) + "/ws/chat/"

    @property
    def text_of_log(self) -> str:
        return "".join(self.log)

    def kill(self) -> None:
        """kill -9: nothing is said, nothing is finished."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code. Raises subprocess.TimeoutExpired where it does not."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into its SQLite database from outside."""
        database = sqlite3.connect(self.data / "chat.sqlite3", timeout=10)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()

    def change(self, statement: str, *values: Any) -> None:
        """Change its database behind its back."""
        database = sqlite3.connect(self.data / "chat.sqlite3", timeout=10)
        try:
            with database:
                database.execute("PRAGMA wal_autocheckpoint=0")
                database.execute(statement, values)
        finally:
            database.close()

    def manage(self, *arguments: str, **environment: str) -> str:
        """Run a management command on its data; what it printed."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, **self.environment, **environment},
            check=True,
            capture_output=True,
            text=True,
        ).stdout


@contextmanager
def running_server(**environment: str) -> Iterator[RunningServer]:
    """One with nothing in it. Its tables are there already, since to make them takes longer than
    a start; RunningServer itself makes them in a folder that is empty.
    """
    with tempfile.TemporaryDirectory(prefix="chat-data-") as folder:
        if environment.keys().isdisjoint({"DATABASE_URL", "DATA_DIR"}):
            shutil.copyfile(migrated_sqlite(), Path(folder, "chat.sqlite3"))
        server = RunningServer(Path(folder), **{**QUICK, **environment}).start()
        try:
            yield server
        finally:
            if server.process and server.process.poll() is None:
                server.stop()


def eventually(question: Any, seconds: float = 10.0) -> Any:
    """Ask again and again until the answer is true, and return it."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"It did not become true within {seconds} s."
        time.sleep(0.02)
    return answer
