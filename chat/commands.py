"""A decoded command → access → action → answer. One function a command, one table.

Plain synchronous code that uses the database: `consumers` calls it in a thread, and so do the
views that stand for the same commands over HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext_lazy as _

from chat import access, events, protocol
from chat.actions.messages import add_reaction, delete_message, edit_message, remove_reaction
from chat.actions.posting import Post, store_now
from chat.actions.reading import Reading
from chat.actions.rooms import enter_room
from chat.errors import ChatError, bad_frame, no_such_room, unavailable
from chat.limits import TokenBuckets
from chat.node import node
from chat.realtime.writer import Overloaded
from chat.texts import clean_text

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and on which connection; over HTTP there is none."""

    user: User
    connection_id: str | None = None


# --- Commands that are answered once


def post(sender: Sender, command: protocol.PostMessage) -> protocol.Ack:
    """Not in the event loop: waits for the commit."""
    posted = store_now(as_post(sender, command))
    return events.ack(posted.message, duplicate=posted.duplicate)


def as_post(sender: Sender, command: protocol.PostMessage) -> Post:
    """Raises ChatError: bad_frame, rate_limited, empty, too_long. Does not ask the database."""
    slug = room_of(command)
    files = tuple(dict.fromkeys(command.attachments))
    # A file says enough by itself.
    text = "" if files and not command.message.strip() else clean_text(command.message)
    hurry_slowly(sender.user)
    client_id = command.client_id or uuid.uuid4()
    return Post(sender.user.pk, slug, text, client_id, command.reply_to, attachments=files)


def edit(sender: Sender, command: protocol.EditMessage) -> protocol.Ok:
    message = access.own_message(sender.user, command.message_id)
    edit_message(message=message, text=command.message)
    return protocol.Ok()


def delete(sender: Sender, command: protocol.DeleteMessage) -> protocol.Ok:
    delete_message(message=access.deletable_message(sender.user, command.message_id))
    return protocol.Ok()


def react(sender: Sender, command: protocol.AddReaction) -> protocol.Ok:
    message = access.writable_message(sender.user, command.message_id)
    add_reaction(message=message, user=sender.user, emoji=command.emoji)
    return protocol.Ok()


def take_reaction_back(sender: Sender, command: protocol.RemoveReaction) -> protocol.Ok:
    message = access.writable_message(sender.user, command.message_id)
    remove_reaction(message=message, user=sender.user, emoji=command.emoji)
    return protocol.Ok()


def as_reading(sender: Sender, command: protocol.ReadRoom) -> Reading:
    """Asks the database which room it is. Raises ChatError: bad_frame, no_such_room, forbidden."""
    room = access.room(sender.user, room_of(command))
    return Reading(
        user_id=sender.user.pk,
        room_id=room.pk,
        seq=command.seq,
        unread=command.unread,
        connection_id=sender.connection_id,
    )


WRITES: dict[type[protocol.Command], Callable[[Sender, Any], protocol.Answer]] = {
    protocol.EditMessage: edit,
    protocol.DeleteMessage: delete,
    protocol.AddReaction: react,
    protocol.RemoveReaction: take_reaction_back,
}


def hurry_to_write(user: User, command: protocol.Command) -> None:
    """Raises ChatError(rate_limited). A deletion is small, and often urgent."""
    is_deletion = isinstance(command, protocol.DeleteMessage)
    hurry_slowly(user, node.posts if is_deletion else node.changes)


def as_refusal(problem: Exception) -> ChatError | None:
    """How a problem is told to a client; None where nobody expected it."""
    if isinstance(problem, ChatError):
        return problem
    if isinstance(problem, OperationalError | InterfaceError | Overloaded | TimeoutError):
        return unavailable()
    return None


def hurry_slowly(user: User, buckets: TokenBuckets | None = None) -> None:
    """Count one thing that the user asks for. Raises ChatError(rate_limited)."""
    if wait := (buckets or node.posts).take(user.pk):
        raise ChatError("rate_limited", _("That was very fast. Try again soon."), retry_after=wait)


def room_of(command: protocol.Command) -> str:
    if not command.room:
        raise bad_frame(_("The command does not say which room it is for."))
    if "\0" in command.room:
        raise no_such_room()
    return command.room


# --- What a connection is told when it arrives and when it subscribes


class Entrance(NamedTuple):
    room_id: int
    membership_id: int
    slug: str
    role: str
    head: int


def enter(user: User, slug: str) -> Entrance:
    room = access.room(user, slug)
    membership = enter_room(room=room, user=user)
    return Entrance(room.pk, membership.pk, room.slug, membership.role, room.tick)
