"""Post and delete."""

from __future__ import annotations

import unicodedata
import uuid
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import events, protocol
from chat.errors import ChatError
from chat.limits import MESSAGE_CHARS
from chat.models import Membership, Message, Room
from chat.models.messages import digest_of
from chat.node import node
from chat.realtime import topics

if TYPE_CHECKING:
    from accounts.models import User


class Posted(NamedTuple):
    message: Message
    # It had been stored before, under the same client id.
    duplicate: bool


def post_message(
    *,
    room: Room,
    sender: User,
    text: str,
    client_id: uuid.UUID | None = None,
    reply_to: Message | None = None,
) -> Posted:
    """Store a message and tell the room, once for each `client_id` of a sender.

    Raises ChatError: empty, too_long, or conflict where the id was used for something else.
    """
    text = trimmed(text)
    client_id = client_id or uuid.uuid4()
    store = partial(store_message, room, sender, text, client_id, reply_to)
    return node.writer.run(store)


def delete_message(*, message: Message) -> bool:
    """Empty a message for everybody. False where that had been done before."""
    return node.writer.run(partial(bury_message, message.pk))


def trimmed(text: str) -> str:
    text = text.strip()
    if not any(is_visible(character) for character in text):
        raise ChatError("empty", "A message needs some text.")
    if len(text) > MESSAGE_CHARS:
        raise ChatError(
            "too_long",
            f"A message has at most {MESSAGE_CHARS:,} characters; this one has {len(text):,}.",
        )
    return text


def is_visible(character: str) -> bool:
    """Neither white space nor a control or format character, such as a zero-width space."""
    return unicodedata.category(character)[0] not in "ZC"


def store_message(
    room: Room, sender: User, text: str, client_id: uuid.UUID, reply_to: Message | None
) -> Posted:
    digest = digest_of(room.pk, text)
    if earlier := posted_before(sender, client_id):
        return same_post(earlier, digest)
    try:
        with transaction.atomic():
            tick = room.advance()
            message = Message.objects.create(
                room=room,
                sender=sender,
                seq=tick,
                tick=tick,
                text=text,
                client_id=client_id,
                digest=digest,
                reply_to=reply_to,
            )
            Membership.objects.filter(room=room, user=sender, read__lt=tick).update(read=tick)
            publish_on_commit(message)
    except IntegrityError:
        # Another process stored the same id between our look and our insert.
        if earlier := posted_before(sender, client_id):
            return same_post(earlier, digest)
        raise
    return Posted(message, duplicate=False)


def posted_before(sender: User, client_id: uuid.UUID) -> Message | None:
    return Message.objects.in_full().filter(sender=sender, client_id=client_id).first()


def same_post(earlier: Message, digest: bytes) -> Posted:
    if bytes(earlier.digest) != digest:
        raise ChatError("conflict", "This client_id was used before for another message.")
    return Posted(earlier, duplicate=True)


def bury_message(message_id: int) -> bool:
    with transaction.atomic():
        # no_key: other messages that point to the room are not kept waiting.
        room = Room.objects.select_for_update(no_key=True).get(messages=message_id)
        message = Message.objects.in_full().get(pk=message_id)
        if message.deleted_at is not None:
            return False
        message.text = ""
        message.deleted_at = timezone.now()
        message.tick = room.advance()
        message.save(update_fields=["text", "deleted_at", "tick"])
        publish_on_commit(message)
        return True


def publish_on_commit(message: Message) -> None:
    """Tell the room of the latest change of a message, once it can be read by everybody.

    Robust: whatever goes wrong here, the message is stored, and its sender is told so.
    """
    event = events.change(message, prev=message.tick - 1)
    text = protocol.encode(event)
    topic = topics.room(message.room_id)
    transaction.on_commit(partial(node.bus.publish, topic, text, tick=message.tick), robust=True)
