"""A socket's way in, and what goes on after it.

Whatever lies between the server and the consumer (proxies, origin, session, user, addresses) has
done its work when the consumer is called. Its frames, and the copies of the scope that it made,
would stay for as long as the socket is open: two thirds of the memory of an idle connection. So the
consumer only notes down how it goes on, and goes on when all of these have returned.
"""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Visit:
    """Stands in the scope as "visit", and in every copy of it as the same.

    `send` is the server's own, without what others wrapped around it.
    """

    __slots__ = ("goes_on", "send")

    def __init__(self, send: Any) -> None:
        self.send = send
        # What the consumer wants to do; None where the socket did not come that far.
        self.goes_on: Callable[[Receive], Awaitable[None]] | None = None
