"""What is posted can be searched for a moment later: the index grows beside the posting.

To index a message takes a quarter of the time that it takes to store it, so it is not done with
every commit but by a chore, which does less while there is much else to write.
"""

from __future__ import annotations

import time
from asyncio import sleep
from collections import deque
from collections.abc import Sequence

from django.db import transaction

from chat.limits import INDEX_SECONDS
from chat.models import search_rows
from chat.models.search_rows import Unindexed
from chat.node import node
from chat.searchable import entry_of

# In one transaction, during which nobody can post; and in a second in which as many were posted.
AT_ONCE = 100
A_SECOND = 500
# A commit may bring an id that is smaller than those of the looks before it, but not for so many.
LOOKS_BACK = 20
# The same, for the first look of a process.
IDS_BACK = 10_000


def begin() -> None:
    node.chores.append((INDEX_SECONDS, Index().grow))


class Index:
    """What one process knows of it: the largest ids at its last looks."""

    def __init__(self) -> None:
        self.heads: deque[int] = deque(maxlen=LOOKS_BACK)

    async def grow(self) -> None:
        """Everything that is not in it, up to what a second allows while others write."""
        if not await node.read(search_rows.has_index):
            return
        started = time.monotonic()
        written = 0
        head = await node.read(search_rows.head)
        is_busy = bool(self.heads) and head - self.heads[-1] > A_SECOND
        since = self.heads[0] if self.heads else await node.read(first_place)
        while missing := await node.read(search_rows.not_yet, since, AT_ONCE):
            await node.write(add, missing)
            written += len(missing)
            if is_busy and written >= A_SECOND:
                return
            since = max(since, missing[0].id - 1)
            # Half of the time is everybody else's.
            await sleep(time.monotonic() - started)
            started = time.monotonic()
        self.heads.append(head)


def first_place() -> int:
    return max(0, search_rows.latest() - IDS_BACK)


def add(missing: Sequence[Unindexed]) -> None:
    """On the writer's thread."""
    with transaction.atomic():
        search_rows.add([entry_of(each) for each in missing])
