"""Edit, delete, react. Posting, which is done for many at once, is in `posting`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import mentions, shelf, texts
from chat.actions.formatting import html_of
from chat.actions.publishing import after_commit, publish_on_commit
from chat.errors import ChatError, no_such_message, read_only
from chat.limits import EMOJI_A_MESSAGE
from chat.models import (
    Attachment,
    Mention,
    Message,
    MessageRevision,
    Reaction,
    Room,
    search_rows,
)
from chat.node import node
from chat.searchable import entry_of_message

if TYPE_CHECKING:
    from accounts.models import User


def edit_message(*, message: Message, text: str) -> bool:
    """Give a message another text; the earlier one is kept for moderators.

    False where the text is the same. Raises ChatError: empty, too_long, read_only, no_such_message
    where it was deleted meanwhile.
    """
    # As in posting: a file says enough by itself.
    text = "" if message.attachments and not text.strip() else texts.clean_text(text)
    html = html_of(text, by=message.sender_id)
    return node.writer.run(partial(rewrite, message.pk, text, html))


def delete_message(*, message: Message) -> bool:
    """Empty a message for everybody. False where that had been done before."""
    return message.deleted_at is None and node.writer.run(partial(bury, message.pk))


def add_reaction(*, message: Message, user: User, emoji: str) -> bool:
    """False where the user had reacted so before.

    Raises ChatError: bad_frame, forbidden, read_only.
    """
    return node.writer.run(partial(react, message.pk, user, texts.clean_emoji(emoji)))


def remove_reaction(*, message: Message, user: User, emoji: str) -> bool:
    """False where there was none to take back."""
    return node.writer.run(partial(take_back, message.pk, user, emoji))


# --- On the writer's thread


def rewrite(message_id: int, text: str, html: str) -> bool:
    with transaction.atomic():
        message = changeable(message_id)
        if message.text == text:
            return False
        MessageRevision.objects.create(message=message, text=message.text)
        message.text = text
        message.html = html
        message.edited_at = timezone.now()
        mentioned = mentions.settle(message, node.crowds)
        Mention.objects.filter(message=message).delete()
        Mention.objects.bulk_create(mentions.rows(message, mentioned))
        search_rows.forget(message.pk)
        search_rows.add([entry_of_message(message)])
        record(message, Message.Change.EDITED, "text", "html", "mentions", "edited_at")
    return True


def bury(message_id: int) -> bool:
    with transaction.atomic():
        message = locked(message_id)
        if message.deleted_at is not None:
            return False
        message.text = message.html = ""
        message.mentions = []
        message.deleted_at = timezone.now()
        if message.attachments:
            drop_files(message)
        for traces in (MessageRevision, Mention, Reaction):
            traces.objects.filter(message=message).delete()
        search_rows.forget(message.pk)
        fields = ("text", "html", "mentions", "attachments", "deleted_at")
        record(message, Message.Change.DELETED, *fields)
    return True


def drop_files(message: Message) -> None:
    """From the disk when nobody can be told of them any more."""
    files = Attachment.objects.filter(message=message)
    keys = list(files.values_list("key", flat=True))
    files.delete()
    message.attachments = None
    after_commit(shelf.drop, keys)


def react(message_id: int, user: User, emoji: str) -> bool:
    with transaction.atomic():
        message = changeable(message_id)
        known = message.reactions_by_emoji()
        if emoji not in known and len(known) >= EMOJI_A_MESSAGE:
            raise ChatError(
                "forbidden", _("A message has at most %(most)s reactions."), most=EMOJI_A_MESSAGE
            )
        _reaction, is_new = Reaction.objects.get_or_create(message=message, user=user, emoji=emoji)
        if is_new:
            record(message, Message.Change.REACTION_ADDED)
    return is_new


def take_back(message_id: int, user: User, emoji: str) -> bool:
    with transaction.atomic():
        message = changeable(message_id)
        count, _counts = Reaction.objects.filter(message=message, user=user, emoji=emoji).delete()
        if count:
            record(message, Message.Change.REACTION_REMOVED)
    return bool(count)


def changeable(message_id: int) -> Message:
    """The message, locked, unless somebody deleted it in the meantime, or its room is over."""
    message = locked(message_id)
    if message.room.archived:
        raise read_only("archived")
    if message.deleted_at is not None:
        raise no_such_message()
    return message


def locked(message_id: int) -> Message:
    """The message as it is now, its room's row held until the transaction ends."""
    # no_key: on PostgreSQL rows that refer to the room are not kept waiting.
    Room.objects.select_for_update(no_key=True).get(messages=message_id)
    return Message.objects.in_full().get(pk=message_id)


def record(message: Message, change: str, *fields: str) -> None:
    """The change takes the room's next tick, and everybody is told of it on commit."""
    message.tick = message.room.advance()
    message.change = change
    message.save(update_fields=["tick", "change", *fields])
    publish_on_commit(Message.objects.in_full().get(pk=message.pk))
