"""Rows become what travels on the wire. The only module that knows both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from msgspec import UNSET

from chat import drawing, protocol
from chat.limits import ATTACHMENTS_A_MESSAGE, FRAME_BYTES, MESSAGE_CHARS
from chat.models import Membership, Message, Room
from chat.protocol import timestamp

if TYPE_CHECKING:
    from accounts.models import User
    from chat.models.message_rows import MessageRow
    from chat.models.own_rooms import OwnRoom
    from chat.realtime.roster import Here


def limits() -> protocol.Limits:
    return protocol.Limits(
        message_chars=MESSAGE_CHARS,
        frame_bytes=FRAME_BYTES,
        upload_bytes=settings.UPLOAD_BYTES,
        attachments=ATTACHMENTS_A_MESSAGE,
    )


def version() -> str:
    """Of the files that pages are made of, where their storage knows one; otherwise empty."""
    known: str = getattr(staticfiles_storage, "version", "")
    return known


def account(user: User) -> protocol.Account:
    return protocol.Account(user.username, user.name, user.picture or UNSET)


def person(here: Here) -> protocol.Person:
    who, state = here
    return protocol.Person(who.username, who.name, state, who.picture or UNSET)


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
        "picture": row.sender.picture or UNSET,
        "message": row.text,
        "html": row.html or UNSET,
        "timestamp": timestamp(row.created_at),
        "client_id": str(row.client_id),
        "reply_to": row.reply_to_id,
        "mentions": row.mentions,
        "edited": timestamp(row.edited_at) if row.edited_at else None,
        "deleted": row.deleted_at is not None,
        "reactions": row.reactions_by_emoji(),
        "attachments": [attachment(each, row.room.slug) for each in row.attachments or []],
        "kind": cast(Literal["text", "system"], row.kind),
    }


def message_of(
    row: MessageRow, slug: str, reactions: dict[str, list[str]] | None
) -> protocol.Message:
    """The same from a row without instances."""
    return protocol.Message(**row_fields(row, slug, reactions))


def row_fields(
    row: MessageRow, slug: str, reactions: dict[str, list[str]] | None
) -> dict[str, Any]:
    return {
        "room": slug,
        "id": row.id,
        "seq": row.seq,
        "tick": row.tick,
        "username": row.username,
        "name": row.display_name or row.username,
        "picture": row.picture or UNSET,
        "message": row.text,
        "html": row.html or UNSET,
        "timestamp": row.created,
        "client_id": row.client_id,
        "reply_to": row.reply_to,
        "mentions": [] if row.mentions == "[]" else msgspec.json.decode(row.mentions),
        "edited": row.edited,
        "deleted": bool(row.is_deleted),
        "reactions": reactions or {},
        "attachments": attachments_of(row, slug) if row.attachments else [],
        "kind": row.kind,
    }


def attachments_of(row: MessageRow, slug: str) -> list[protocol.Attachment]:
    return [attachment(each, slug) for each in msgspec.json.decode(row.attachments or "[]")]


def attachment(told: dict[str, Any], slug: str) -> protocol.Attachment:
    """From what its message keeps of it."""
    url = f"{drawing.address('uploads', slug)}{told['id']}/"
    thumbnail = f"{url}thumbnail/" if told["width"] else None
    return protocol.Attachment(url=url, thumbnail=thumbnail, **told)


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


def change_of(
    row: MessageRow, slug: str, reactions: dict[str, list[str]] | None, *, prev: int
) -> protocol.MessagePosted | protocol.MessageChanged:
    """The same from a row without instances."""
    if row.change == Message.Change.POSTED:
        return protocol.MessagePosted(prev=prev, **row_fields(row, slug, reactions))
    changed = message_of(row, slug, reactions)
    return CHANGES[row.change](room=slug, seq=row.tick, prev=prev, changed=changed)


def ack(row: Message, *, duplicate: bool) -> protocol.Ack:
    return protocol.Ack(
        room=row.room.slug,
        client_id=str(row.client_id),
        id=row.pk,
        seq=row.seq,
        timestamp=timestamp(row.created_at),
        duplicate=duplicate,
    )


def room_summary(own: OwnRoom) -> protocol.RoomSummary:
    return protocol.RoomSummary(**summary_fields(own))


def room_added(own: OwnRoom) -> protocol.RoomAdded:
    return protocol.RoomAdded(**summary_fields(own))


def summary_fields(own: OwnRoom) -> dict[str, Any]:
    return {
        "room": own.slug,
        "name": own.name,
        "kind": own.kind,
        "topic": own.topic,
        "seq": own.tick,
        "read": own.read,
        "unread": own.unread,
        "mentions": own.mentions,
        "role": own.role,
        "archived": bool(own.archived),
        "posting": own.posting,
        "people": partners(own) if own.kind == Room.Kind.DIRECT else UNSET,
    }


def partners(own: OwnRoom) -> list[protocol.Account]:
    return [
        protocol.Account(each.username, each.name, each.picture or UNSET) for each in own.people
    ]


def room_read(own: OwnRoom) -> protocol.RoomRead:
    return protocol.RoomRead(room=own.slug, seq=own.read, unread=own.unread, mentions=own.mentions)


def room_activity(own: OwnRoom) -> protocol.RoomActivity:
    return protocol.RoomActivity(
        room=own.slug, seq=own.tick, unread=own.unread, mentions=own.mentions
    )


def room_removed(room: Room, *, is_open: bool) -> protocol.RoomRemoved:
    return protocol.RoomRemoved(room=room.slug, open=is_open or UNSET)


def room_updated(room: Room | OwnRoom) -> protocol.RoomUpdated:
    """Of a room that has a name; a conversation does not change."""
    return protocol.RoomUpdated(
        room=room.slug,
        name=room.name,
        kind=room.kind,
        topic=room.topic,
        archived=bool(room.archived),
        posting=room.posting,
    )


def room_membership(membership: Membership) -> protocol.RoomMembership:
    return protocol.RoomMembership(
        room=membership.room.slug, role=membership.role, muted_until=None
    )
