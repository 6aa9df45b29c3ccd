"""Pages of a room's timeline and of its log. Read-only; for somebody who may see the room.

A room's clock is read before what is on the page, so that what changes in between is then replayed
on top of it. A page takes the clock that came with the room.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from chat import access, events, protocol
from chat.access import Place
from chat.limits import HISTORY_PAGE, REPLAY_PAGE
from chat.models import Message, Room, message_rows, own_rooms
from chat.models.message_rows import MessageRow
from chat.models.own_rooms import OwnRoom
from chat.models.search_rows import Hit


def newest(
    room: Room | OwnRoom, *, before: int | None = None, limit: int = HISTORY_PAGE
) -> protocol.History:
    """The last messages, or the last before the tick `before`; oldest first."""
    return page(room, message_rows.newest_before(room.pk, before, limit))


def around(room: Room, message_id: int, *, limit: int = HISTORY_PAGE) -> protocol.History:
    """A message with what was said before and after it. Raises ChatError(no_such_message)."""
    middle = access.place_in(room, message_id)
    earlier = message_rows.newest_before(room.pk, middle, limit // 2)
    later = message_rows.oldest_from(room.pk, middle, limit - len(earlier))
    return page(room, [*earlier, *later])


def since(room: Room, after: int, *, limit: int = HISTORY_PAGE) -> protocol.History:
    """The log after a tick: messages by their latest change. `next` is there while it goes on."""
    found = message_rows.touched_after(room.pk, after, limit, until=room.tick)
    answer = page(room, found)
    if len(found) == limit and found[-1].tick < room.tick:
        answer.next = found[-1].tick
    return answer


def page(room: Room | OwnRoom, found: list[MessageRow]) -> protocol.History:
    reactions = message_rows.reactions_to(found)
    messages = [events.message_of(row, room.slug, reactions.get(row.id)) for row in found]
    return protocol.History(room=room.slug, seq=room.tick, messages=messages)


def found(hits: Sequence[Hit], places: Mapping[int, Place]) -> list[protocol.Message]:
    """What a search found, in its order, of rooms that the reader may see."""
    known = message_rows.these([hit.message_id for hit in hits])
    shown = [
        (known[hit.message_id], places[hit.room_id].slug)
        for hit in hits
        if hit.message_id in known and not known[hit.message_id].is_deleted
    ]
    reactions = message_rows.reactions_to([row for row, _ in shown])
    return [events.message_of(row, slug, reactions.get(row.id)) for row, slug in shown]


# --- The log, as events


class LogPage(NamedTuple):
    """Events with the tick before them and their own, in order; complete up to `until`."""

    events: list[tuple[int, int, str]]
    until: int


def read_log(room_id: int, after: int) -> LogPage:
    """The next page of what changed after a tick, in the order of the latest changes."""
    slug, head = Room.objects.values_list("slug", "tick").get(pk=room_id)
    # Not up to `head` alone: a message that changed since then is beyond it, and what comes next
    # would follow a tick that nobody was told of.
    found = message_rows.touched_after(room_id, after, REPLAY_PAGE)
    reactions = message_rows.reactions_to(found)
    told = []
    prev = after
    for row in found:
        event = events.change_of(row, slug, reactions.get(row.id), prev=prev)
        told.append((prev, row.tick, protocol.encode(event)))
        prev = row.tick
    return LogPage(told, prev if len(told) == REPLAY_PAGE else max(prev, head))


def waiting(pairs: Iterable[tuple[int, int]]) -> list[OwnRoom]:
    """What waits for users in rooms, given as (user, room), where they belong to them."""
    return [own for part in access.batches(pairs) for own in own_rooms.waiting(part)]


def beside(
    room_ids: Collection[int], user_ids: set[int], onlookers: set[tuple[int, int]]
) -> list[OwnRoom]:
    """What waits in these rooms for those of these users who belong to them and do not look."""
    belonging = own_rooms.belonging(room_ids, user_ids)
    return waiting(pair for pair in belonging if pair not in onlookers)


def clocks(room_ids: Collection[int]) -> dict[int, int]:
    """The ticks of rooms; a query for 500."""
    parts = map(own_rooms.clocks, access.batches(room_ids))
    return {room_id: tick for part in parts for room_id, tick in part.items()}


def written_since(message_id: int | None) -> tuple[set[int], int]:
    """The rooms of the messages with a larger id, and the largest id; no rooms without an id."""
    latest = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if message_id is None:
        return set(), latest
    found = Message.objects.filter(pk__gt=message_id, pk__lte=latest)
    return set(found.order_by().values_list("room", flat=True).distinct()), latest
