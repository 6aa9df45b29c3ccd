"""The servers that are measured: the chat, and its peers.

A contestant is started for one run, with a crowd of its own, and is then gone with its data.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks import chat_server, peer_servers
from benchmarks.crowd import Crowd, Running


@dataclass
class Contestant:
    name: str
    dialect: str
    start: Callable[[Crowd], AbstractContextManager[Running]]
    # The reason why it cannot run here, or an empty string.
    missing: Callable[[], str] = lambda: ""


def chat(name: str = "ChatApp", **parts: object) -> Contestant:
    served = chat_server.Chat(**parts)  # type: ignore[arg-type]
    return Contestant(name, "chat", served.start, served.missing)


CHAT = chat()
TUTORIAL = Contestant("Channels tutorial, daphne", "tutorial", peer_servers.tutorial)
TUTORIAL_REDIS = Contestant(
    "Channels tutorial, daphne, Redis",
    "tutorial",
    peer_servers.tutorial_with_redis,
    peer_servers.without_redis,
)
PYTHON_SOCKETIO = Contestant(
    "python-socketio, uvicorn",
    "socket.io",
    peer_servers.python_socketio,
    peer_servers.without_python_socketio,
)
NODE_SOCKETIO = Contestant(
    "Socket.IO, Node", "socket.io", peer_servers.node_socketio, peer_servers.without_node_socketio
)
MOSQUITTO = Contestant("mosquitto", "mqtt", peer_servers.mosquitto, peer_servers.without_mosquitto)
FLOOR = Contestant(
    "C, one send() for each delivery", "tutorial", peer_servers.floor, peer_servers.without_compiler
)
PEERS = (TUTORIAL, TUTORIAL_REDIS, PYTHON_SOCKETIO, NODE_SOCKETIO, MOSQUITTO)
