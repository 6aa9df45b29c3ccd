"""Who waits until a file is looked at: not too many, and nobody before all others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError
from chat.limits import LOOKED_AT_A_PERSON, LOOKED_AT_ONCE


class Queue:
    """Files that are looked at, or wait for it, each in a thread that answers requests.

    Pictures take their time: with all of these threads waiting nobody would get an answer.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.people: Counter[int] = Counter()

    @contextmanager
    def place(self, user_id: int) -> Iterator[None]:
        """Raises ChatError(unavailable) where there is none."""
        with self.lock:
            if self.people.total() >= LOOKED_AT_ONCE or self.people[user_id] >= LOOKED_AT_A_PERSON:
                detail = _("Too many files come just now. Try again soon.")
                raise ChatError("unavailable", detail, retry_after=2.0)
            self.people[user_id] += 1
        try:
            yield
        finally:
            with self.lock:
                self.people[user_id] -= 1
                self.people += Counter()


queue = Queue()
