"""The peers: how each is started here, and what says that it cannot be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from benchmarks.crowd import SECRET, Crowd, Running, data
from tests import services
from tests.running import CHECKOUT

# bin/bench installs benchmarks/requirements.txt there.
PACKAGES = CHECKOUT / ".bench-packages"
PROJECT = "benchmarks.peers.tutorial_settings"
START_SECONDS = 30.0
STOP_SECONDS = 30.0


@contextmanager
def tutorial(crowd: Crowd, *, redis: bool = False) -> Iterator[Running]:
    with ExitStack() as stack:
        folder, keys = stack.enter_context(data.copy(PROJECT, crowd))
        environment = project_environment(folder)
        if redis:
            environment["REDIS_URL"] = stack.enter_context(services.redis(tcp=True))
        port = services.free_port()
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
        command.append("benchmarks.peers.tutorial:application")
        stack.enter_context(listening(port, command, **environment))
        yield Running([port], keys)


def tutorial_with_redis(crowd: Crowd) -> AbstractContextManager[Running]:
    return tutorial(crowd, redis=True)


@contextmanager
def python_socketio(crowd: Crowd) -> Iterator[Running]:
    with data.copy(PROJECT, crowd) as (folder, keys):
        port = services.free_port()
        environment = {**project_environment(folder), "PYTHONPATH": str(PACKAGES)}
        command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "warning"]
        command += ["--loop", "uvloop", "--ws-per-message-deflate", "false"]
        command.append("benchmarks.peers.python_socketio:application")
        with listening(port, command, **environment):
            yield Running([port], keys)


def project_environment(folder: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "SECRET_KEY": SECRET,
        "DJANGO_SETTINGS_MODULE": PROJECT,
    }


@contextmanager
def node_socketio(crowd: Crowd) -> Iterator[Running]:
    port = services.free_port()
    with listening(port, ["node", "benchmarks/peers/socketio.js", str(port)]):
        yield Running([port], ["nobody"] * crowd.rooms * crowd.members)


@contextmanager
def mosquitto(crowd: Crowd) -> Iterator[Running]:
    port, unused = services.free_port(), services.free_port()
    settings = [
        f"listener {port}",
        "protocol websockets",
        "socket_domain ipv4",
        # Version 2.0 counts only sockets of this kind, and does not start without one.
        f"listener {unused} 127.0.0.1",
        "allow_anonymous true",
        # As the others do it: small frames are not kept for company, and none is dropped.
        "set_tcp_nodelay true",
        "max_queued_messages 0",
    ]
    with tempfile.TemporaryDirectory(prefix="chat-bench-") as folder:
        file = Path(folder, "mosquitto.conf")
        file.write_text("\n".join([*settings, ""]))
        with listening(port, [str(services.find_program("mosquitto")), "-c", str(file)]):
            yield Running([port], ["nobody"] * crowd.rooms * crowd.members)


@contextmanager
def floor(crowd: Crowd) -> Iterator[Running]:
    port = services.free_port()
    with tempfile.TemporaryDirectory(prefix="chat-bench-") as folder:
        program = str(Path(folder, "floor"))
        source = "benchmarks/peers/floor.c"
        subprocess.run([compiler(), "-O2", "-o", program, source], cwd=CHECKOUT, check=True)
        with listening(port, [program, str(port)]):
            yield Running([port], ["nobody"] * crowd.rooms * crowd.members)


def compiler() -> str:
    """Of C; an empty string where there is none."""
    return services.find_program("cc", "gcc", "clang") or ""


@contextmanager
def listening(port: int, command: list[str], **environment: str) -> Iterator[None]:
    """The program from the moment in which it takes connections to its end."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not is_listening(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"{command[0]} did not start:\n{log.read()}")
                time.sleep(0.05)
            yield
        finally:
            process.kill()
            process.wait(STOP_SECONDS)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# --- What is there


def without_redis() -> str:
    return "redis is not installed" if services.is_missing("redis") else ""


def without_python_socketio() -> str:
    there = (PACKAGES / "socketio").is_dir()
    return "" if there else "python-socketio could not be installed"


def without_node_socketio() -> str:
    if not services.find_program("node"):
        return "node is not installed"
    found = subprocess.run(["node", "-e", "require('socket.io')"], capture_output=True, check=False)
    return "NODE_PATH names no folder with the package socket.io" if found.returncode else ""


def without_mosquitto() -> str:
    return "" if services.find_program("mosquitto") else "mosquitto is not installed"


def without_compiler() -> str:
    return "" if compiler() else "there is no C compiler"
