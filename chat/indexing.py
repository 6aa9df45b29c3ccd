"""What is posted can be searched for a moment later: the index grows beside the posting.

To index a message takes about a third of the time that it takes to store it, so it is not done with
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
# Ids that one question looks through.
SPAN = 50_000
# A commit may bring an id that is smaller than those of the looks before it, but not for so many
# looks, or while there is much, not by so many ids.
LOOKS_BACK = 20
IDS_BACK = 10_000


def begin() -> None:
    node.chores.append((INDEX_SECONDS, Index().grow))


class Index:
    """What one process knows of it: the largest ids at its last looks."""

    def __init__(self) -> None:
        # It begins at the first message: what was there before the index, or was missed when a
        # process ended, is told by no other sign.
        self.heads: deque[int] = deque([0], maxlen=LOOKS_BACK)
        self.head: int | None = None

    async def grow(self) -> None:
        """Everything that is not in it, up to what a second allows while others write."""
        if not await node.read(search_rows.has_index):
            return
        head = await node.read(search_rows.head)
        is_busy = self.head is not None and head - self.head > A_SECOND
        self.head = head
        reached = await self.go_on(self.heads[0], head, A_SECOND if is_busy else head)
        if reached < head:
            self.heads.clear()
            self.heads.append(max(0, reached - IDS_BACK))
        else:
            self.heads.append(head)

    async def go_on(self, at: int, head: int, most: int) -> int:
        """Take in what follows on an id; returns the one up to which nothing is missing."""
        while at < head and most > 0:
            started = time.monotonic()
            until = min(head, at + SPAN)
            missing = await node.read(search_rows.not_yet, at, until, AT_ONCE)
            if missing:
                await node.write(add, missing)
            most -= len(missing)
            at = missing[-1].id if len(missing) == AT_ONCE else until
            # Half of the time is everybody else's.
            await sleep(time.monotonic() - started)
        return at


def add(missing: Sequence[Unindexed]) -> None:
    """On the writer's thread."""
    with transaction.atomic():
        search_rows.add([entry_of(each) for each in missing])
