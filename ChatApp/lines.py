"""What holds for the lines to browsers, whichever server keeps them."""

import asyncio
import signal
from collections.abc import Callable

BACKLOG = 1024
# A peer whose line is full and that takes nothing for so long is given up by the kernel: the
# server's own ping cannot get through to it either.
TCP_USER_TIMEOUT_MS = 20_000
PING_SECONDS = 20
PONG_SECONDS = 15
# How long peers may take to answer their close, and how often that is looked at.
ANSWER_SECONDS = 2.0
ANSWER_POLLS = 100
# At the end: how long the first request of a line that was just taken may be on its way, and
# how long a request may take to be answered.
FIRST_REQUEST_SECONDS = 0.3
GRACE_SECONDS = 10
# What ChatApp.workers says to an old worker when there is a new one; 0 where there is no such.
TAKE_NOBODY_NEW: int = getattr(signal, "SIGUSR1", 0)


async def answered(is_open: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
    """Wait, but not for long, until all peers have answered their close.

    A line that is dropped with something unread in it is reset, and its peer never sees the code.
    """
    for _ in range(ANSWER_POLLS):
        if not is_open():
            return
        await asyncio.sleep(seconds / ANSWER_POLLS)
