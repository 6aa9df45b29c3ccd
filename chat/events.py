"""Rows become what travels on the wire. The only module that knows both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from chat import protocol
from chat.models import Membership, Message, Room
from chat.protocol import timestamp

if TYPE_CHECKING:
    from accounts.models import User


def account(user: User) -> protocol.Account:
    return protocol.Account(username=user.username, name=user.name)


def person(user: User) -> protocol.Person:
    return protocol.Person(username=user.username, name=user.name)


def message(row: Message) -> protocol.Message:
    return protocol.Message(**message_fields(row))


def message_fields(row: Message) -> dict[str, Any]:
    return {
        "room": row.room.slug,
        "id": row.pk,
        "seq": row.seq,
        "tick": row.tick,
        "username": row.sender.username,
        "name": row.sender.name,
        "message": row.text,
        "timestamp": timestamp(row.created_at),
        "client_id": str(row.client_id),
        "reply_to": row.reply_to_id,
        "mentions": row.mentions,
        "edited": timestamp(row.edited_at) if row.edited_at else None,
        "deleted": row.deleted_at is not None,
        "reactions": row.reactions_by_emoji(),
        "attachments": [],
        "kind": cast(Literal["text", "system"], row.kind),
    }


CHANGES: dict[str, type[protocol.MessageChanged]] = {
    Message.Change.EDITED: protocol.MessageEdited,
    Message.Change.DELETED: protocol.MessageDeleted,
    Message.Change.REACTION_ADDED: protocol.ReactionAdded,
    Message.Change.REACTION_REMOVED: protocol.ReactionRemoved,
}


def change(row: Message, *, prev: int) -> protocol.MessagePosted | protocol.MessageChanged:
    """The event of the latest change of a message; `prev` is the tick before it in its stream."""
    if row.change == Message.Change.POSTED:
        return protocol.MessagePosted(prev=prev, **message_fields(row))
    kind = CHANGES[row.change]
    return kind(room=row.room.slug, seq=row.tick, prev=prev, changed=message(row))


def ack(row: Message, *, duplicate: bool) -> protocol.Ack:
    return protocol.Ack(
        room=row.room.slug,
        client_id=str(row.client_id),
        id=row.pk,
        seq=row.seq,
        timestamp=timestamp(row.created_at),
        duplicate=duplicate,
    )


def room_summary(membership: Membership) -> protocol.RoomSummary:
    """Needs a membership from `with_unread()`, with its room."""
    return protocol.RoomSummary(**summary_fields(membership))


def room_added(membership: Membership) -> protocol.RoomAdded:
    return protocol.RoomAdded(**summary_fields(membership))


def summary_fields(membership: Membership) -> dict[str, Any]:
    room: Room = membership.room
    return {
        "room": room.slug,
        "name": room.name,
        "kind": room.kind,
        "topic": room.topic,
        "seq": room.tick,
        "read": membership.read,
        "unread": membership.unread,
        "mentions": membership.mentions,
        "role": membership.role,
    }


def room_read(membership: Membership) -> protocol.RoomRead:
    return protocol.RoomRead(
        room=membership.room.slug,
        seq=membership.read,
        unread=membership.unread,
        mentions=membership.mentions,
    )


def room_activity(membership: Membership) -> protocol.RoomActivity:
    return protocol.RoomActivity(
        room=membership.room.slug,
        seq=membership.room.tick,
        unread=membership.unread,
        mentions=membership.mentions,
    )


def room_removed(room: Room) -> protocol.RoomRemoved:
    return protocol.RoomRemoved(room=room.slug)


def room_updated(room: Room) -> protocol.RoomUpdated:
    return protocol.RoomUpdated(
        room=room.slug, name=room.name, kind=room.kind, topic=room.topic, archived=False
    )


def room_membership(membership: Membership) -> protocol.RoomMembership:
    return protocol.RoomMembership(
        room=membership.room.slug, role=membership.role, muted_until=None
    )
