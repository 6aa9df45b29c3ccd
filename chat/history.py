"""Pages of a room's timeline and of its log. Read-only; for somebody who may see the room."""

from __future__ import annotations

from chat import access, events, protocol
from chat.limits import HISTORY_PAGE
from chat.models import Message, Room


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
