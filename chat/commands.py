"""A decoded command → access → action → answer. One function a command, one table.

Plain synchronous code that uses the database: `consumers` calls it in a thread, the writer's for
what writes, and so do the views that stand for the same commands over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import InterfaceError, OperationalError

from chat import access, events, protocol
from chat.actions.messages import delete_message, post_message
from chat.actions.reading import read_room
from chat.actions.rooms import enter_room
from chat.errors import ChatError, bad_frame, unavailable
from chat.limits import FRAME_BYTES, HEARTBEAT_SECONDS, MESSAGE_CHARS, REPLAY_PAGE
from chat.models import Membership, Message, Room
from chat.node import node
from chat.realtime.writer import Overloaded

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and on which connection; over HTTP there is none."""

    user: User
    connection_id: str | None = None


# --- Commands that are answered once


def post(sender: Sender, command: protocol.PostMessage) -> protocol.Ack:
    room = access.room(sender.user, room_of(command))
    membership = enter_room(room=room, user=sender.user)
    hurry_slowly(sender.user)
    reply_to = command.reply_to and access.message_in(room, command.reply_to)
    posted = post_message(
        room=room,
        sender=membership.user,
        text=command.message,
        client_id=command.client_id,
        reply_to=reply_to or None,
    )
    return events.ack(posted.message, duplicate=posted.duplicate)


def delete(sender: Sender, command: protocol.DeleteMessage) -> protocol.Ok:
    delete_message(message=access.deletable_message(sender.user, command.message_id))
    return protocol.Ok()


def read(sender: Sender, command: protocol.ReadRoom) -> protocol.Ok:
    read_room(
        room=access.room(sender.user, room_of(command)),
        user=sender.user,
        seq=command.seq,
        unread=command.unread,
        connection_id=sender.connection_id,
    )
    return protocol.Ok()


WRITES: dict[type[protocol.Command], Callable[[Sender, Any], protocol.Answer]] = {
    protocol.PostMessage: post,
    protocol.DeleteMessage: delete,
    protocol.ReadRoom: read,
}


def as_refusal(problem: Exception) -> ChatError | None:
    """How a problem is told to a client; None where nobody expected it."""
    if isinstance(problem, ChatError):
        return problem
    if isinstance(problem, OperationalError | InterfaceError | Overloaded | TimeoutError):
        return unavailable()
    return None


def hurry_slowly(user: User) -> None:
    """Count one thing that the user makes. Raises ChatError(rate_limited)."""
    if wait := node.posts.take(user.pk):
        raise ChatError("rate_limited", "That was very fast. Try again soon.", retry_after=wait)


def room_of(command: protocol.Command) -> str:
    if not command.room:
        raise bad_frame("The command does not say which room it is for.")
    return command.room


# --- What a connection is told when it arrives and when it subscribes


class Arrival(NamedTuple):
    welcome: protocol.Welcome
    # The room of a per-room address.
    entrance: Entrance | None


class Entrance(NamedTuple):
    room_id: int
    slug: str
    role: str
    head: int


class Replay(NamedTuple):
    """A page of the log: events with their ticks, and the tick up to which it is complete."""

    events: list[tuple[int, str]]
    until: int


def arrive(user: User, session_key: str, slug: str | None, connection_id: str) -> Arrival:
    """Raises ChatError: not_signed_in where the session ended meanwhile, no_such_room."""
    if access.signed_in([session_key]).get(session_key) != user.pk:
        raise ChatError("not_signed_in", "You are signed out.")
    entrance = enter(user, slug) if slug is not None else None
    return Arrival(welcome(user, connection_id), entrance)


def welcome(user: User, connection_id: str) -> protocol.Welcome:
    memberships = Membership.objects.with_unread().select_related("room").filter(user=user)
    return protocol.Welcome(
        protocol=protocol.VERSION,
        connection=connection_id,
        user=events.account(user),
        heartbeat=HEARTBEAT_SECONDS,
        limits=protocol.Limits(message_chars=MESSAGE_CHARS, frame_bytes=FRAME_BYTES),
        rooms=[events.room_summary(each) for each in memberships.order_by("room__name")],
    )


def enter(user: User, slug: str) -> Entrance:
    room = access.room(user, slug)
    membership = enter_room(room=room, user=user)
    return Entrance(room.pk, room.slug, membership.role, room.tick)


def replay(room_id: int, after: int) -> Replay:
    """The next page of what changed after a tick, in the order of the latest changes."""
    head = Room.objects.values_list("tick", flat=True).get(pk=room_id)
    log = Message.objects.in_full().filter(room=room_id)
    rows = log.touched_between(after, head, REPLAY_PAGE)
    page = []
    prev = after
    for row in rows:
        page.append((row.tick, protocol.encode(events.change(row, prev=prev))))
        prev = row.tick
    return Replay(page, prev if len(rows) == REPLAY_PAGE else head)
