"""Pages of a room's timeline and of its log. Read-only; for somebody who may see the room."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from chat import access, events, protocol
from chat.limits import HISTORY_PAGE, REPLAY_PAGE
from chat.models import Membership, Message, Room


def newest(room: Room, *, before: int | None = None, limit: int = HISTORY_PAGE) -> protocol.History:
    """The last messages, or the last before the tick `before`; oldest first."""
    # The clock is read first: what changes while the page is read is then replayed on top of it.
    head = clock(room)
    return page(
        room, head, Message.objects.in_full().filter(room=room).newest_before(before, limit)
    )


def around(room: Room, message_id: int, *, limit: int = HISTORY_PAGE) -> protocol.History:
    """A message with what was said before and after it. Raises ChatError(no_such_message)."""
    head = clock(room)
    middle = access.message_in(room, message_id)
    rows = Message.objects.in_full().filter(room=room)
    earlier = rows.newest_before(middle.seq, limit // 2)
    later = rows.oldest_after(middle.seq, limit - len(earlier) - 1)
    return page(room, head, [*earlier, middle, *later])


def since(room: Room, after: int, *, limit: int = HISTORY_PAGE) -> protocol.History:
    """The log after a tick: messages by their latest change. `next` is there while it goes on."""
    head = clock(room)
    rows = Message.objects.in_full().filter(room=room).touched_between(after, head, limit)
    answer = page(room, head, rows)
    if len(rows) == limit and rows[-1].tick < head:
        answer.next = rows[-1].tick
    return answer


def clock(room: Room) -> int:
    return Room.objects.values_list("tick", flat=True).get(pk=room.pk)


def page(room: Room, head: int, rows: list[Message]) -> protocol.History:
    return protocol.History(
        room=room.slug, seq=head, messages=[events.message(row) for row in rows]
    )


# --- The log, as events


class LogPage(NamedTuple):
    """Events with the tick before them and their own, in order; complete up to `until`."""

    events: list[tuple[int, int, str]]
    until: int


def read_log(room_id: int, after: int) -> LogPage:
    """The next page of what changed after a tick, in the order of the latest changes."""
    head = Room.objects.values_list("tick", flat=True).get(pk=room_id)
    rows = Message.objects.in_full().filter(room=room_id)
    told = []
    prev = after
    # Not up to `head` alone: a message that changed since then is beyond it, and what comes next
    # would follow a tick that nobody was told of.
    for row in rows.touched_after(after, REPLAY_PAGE):
        told.append((prev, row.tick, protocol.encode(events.change(row, prev=prev))))
        prev = row.tick
    return LogPage(told, prev if len(told) == REPLAY_PAGE else max(prev, head))


def waiting(room_ids: Collection[int], user_ids: Collection[int]) -> list[Membership]:
    """What waits in these rooms for those of these users who belong to them."""
    belonging = Membership.objects.belonging().filter(room__in=room_ids, user__in=user_ids)
    return list(belonging.with_rooms())


def clocks(room_ids: Collection[int]) -> dict[int, int]:
    """The ticks of rooms; one query."""
    return dict(Room.objects.filter(pk__in=room_ids).values_list("pk", "tick"))


def written_since(message_id: int | None) -> tuple[set[int], int]:
    """The rooms of the messages with a larger id, and the largest id; no rooms without an id."""
    latest = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if message_id is None:
        return set(), latest
    rows = Message.objects.filter(pk__gt=message_id, pk__lte=latest)
    return set(rows.order_by().values_list("room", flat=True).distinct()), latest
