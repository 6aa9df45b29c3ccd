"""What was said."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.limits import EMOJI_CHARS
from chat.models.rooms import Membership, Room

if TYPE_CHECKING:
    from accounts.models import User


class MessageQuerySet(models.QuerySet["Message"]):
    def in_full(self) -> MessageQuerySet:
        """With the rows that an event needs besides."""
        reactions = Reaction.objects.select_related("user").order_by("pk")
        return self.select_related("room", "sender").prefetch_related(
            models.Prefetch("reactions", reactions)
        )

    def visible_to(self, user: User) -> MessageQuerySet:
        # Not `room__in`: SQLite would first make a list of every room that the user may see.
        return self.filter(
            models.Exists(Room.objects.visible_to(user).filter(pk=models.OuterRef("room")))
        )


class Message(models.Model):
    class Kind(models.TextChoices):
        TEXT = "text"
        SYSTEM = "system"

    class Change(models.TextChoices):
        POSTED = "message.posted"
        EDITED = "message.edited"
        DELETED = "message.deleted"
        REACTION_ADDED = "reaction.added"
        REACTION_REMOVED = "reaction.removed"

    # Without an index of its own, as are others below: one of those in Meta begins with it.
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", db_index=False)
    # The room's tick at which it was posted: its place in the timeline, for ever.
    seq = models.PositiveBigIntegerField()
    # The how-manieth of its room: what was posted between two of them is counted by subtracting.
    number = models.PositiveBigIntegerField(editable=False)
    # The latest tick that touched it: its place in the log.
    tick = models.PositiveBigIntegerField()
    # Who said something cannot be deleted, only deactivated: a message keeps its author.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages", db_index=False
    )
    # As it was typed; what is edited.
    text = models.TextField(blank=True)
    # The same with its formatting, safe for a page (chat/markup.py); empty where there is none. The
    # database has the default too: a process of before that still runs knows nothing of it.
    html = models.TextField(blank=True, default="", db_default="", editable=False)
    # Usernames of people of the room whom the text names; `Mention` has the same to be counted.
    mentions = models.JSONField(default=list, blank=True)
    # What is told of its files, in their order; None: there are none, and nobody has to look.
    attachments = models.JSONField(null=True, blank=True, editable=False)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.TEXT)
    client_id = models.UUIDField(default=uuid.uuid4)
    # What `client_id` stood for when it was first used; the text itself may change or go.
    digest = models.BinaryField(max_length=16, editable=False)
    reply_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # What happened at `tick`.
    change = models.CharField(max_length=16, choices=Change.choices, default=Change.POSTED)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_a_seq"),
            models.UniqueConstraint(fields=["room", "tick"], name="one_message_a_tick"),
            # Unique, not merely indexed: a phone that lost the answer retries with the same id.
            models.UniqueConstraint(fields=["sender", "client_id"], name="one_message_a_client_id"),
        ]
        # What is not to be counted as unread; both are small or looked at near their end.
        indexes = [
            models.Index(
                fields=["room", "seq"],
                condition=models.Q(deleted_at__isnull=False),
                name="deleted_behind_a_position",
            ),
            models.Index(
                fields=["sender", "room", "seq"],
                condition=models.Q(deleted_at__isnull=True),
                name="own_behind_a_position",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sender} in {self.room}, {self.seq}"

    def reactions_by_emoji(self) -> dict[str, list[str]]:
        """Who reacted how, in the order in which it happened; needs a row from `in_full()`."""
        found: dict[str, list[str]] = {}
        # Nothing happened to it since it was posted: no need to ask.
        if self.tick != self.seq:
            for reaction in self.reactions.all():
                found.setdefault(reaction.emoji, []).append(reaction.user.username)
        return found

    def can_be_deleted_by(self, user: User, membership: Membership | None) -> bool:
        """By its sender, and by those who moderate its room."""
        if membership is None or not membership.belongs:
            return False
        return self.sender_id == user.pk or membership.can_moderate


class MessageRevision(models.Model):
    """An earlier text of a message that was edited. For moderators; gone with the message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    text = models.TextField()
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.message}, until {self.replaced_at:%Y-%m-%d %H:%M}"


class Reaction(models.Model):
    message = models.ForeignKey(Message, models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=EMOJI_CHARS)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user", "emoji"], name="one_reaction_each")
        ]

    def __str__(self) -> str:
        return f"{self.emoji} of {self.user}"


class Mention(models.Model):
    """Somebody named in a message: what is counted as waiting for them."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    # As in the message: counting looks at this table alone.
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_mention_each")]
        indexes = [models.Index(fields=["user", "room", "seq"], name="mentions_behind_a_position")]

    def __str__(self) -> str:
        return f"{self.user} in {self.message}"


def digest_of(room_id: int, text: str, attachments: Sequence[int] = ()) -> bytes:
    """What a post was, in 16 bytes."""
    # NUL is in no text: no post without files looks like one with them.
    files = f"\0{','.join(map(str, attachments))}" if attachments else ""
    return hashlib.blake2b(f"{room_id}:{text}{files}".encode(), digest_size=16).digest()
