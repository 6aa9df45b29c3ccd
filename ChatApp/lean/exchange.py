"""What all lines of one server share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ChatApp.lean.rounds import Rounds

if TYPE_CHECKING:
    from ChatApp.lean.line import Line


class Exchange:
    """Times are in seconds; 0 is never."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        message_bytes: int,
        ping_seconds: float,
        pong_seconds: float,
    ) -> None:
        self.loop = loop
        self.message_bytes = message_bytes
        self.pings: Rounds[Line] | None = None
        self.pongs: Rounds[Line] | None = None
        if ping_seconds:
            self.pings = Rounds(loop, ping_seconds, lambda line: line.ping())
        if pong_seconds:
            self.pongs = Rounds(loop, pong_seconds, lambda line: line.judge())
