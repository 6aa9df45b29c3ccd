"""What was said."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

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
        TEXT = "text", _("text")
        SYSTEM = "system", _("of the system")

    class Change(models.TextChoices):
        POSTED = "message.posted", _("posted")
        EDITED = "message.edited", _("edited")
        DELETED = "message.deleted", _("deleted")
        REACTION_ADDED = "reaction.added", _("reaction added")
        REACTION_REMOVED = "reaction.removed", _("reaction removed")

    # Without an index of its own, as are others below: one of those in Meta begins with it.
    room = models.ForeignKey(
        Room, models.CASCADE, related_name="messages", db_index=False, verbose_name=_("room")
    )
    # The room's tick at which it was posted: its place in the timeline, for ever.
    seq = models.PositiveBigIntegerField(_("place"))
    # The how-manieth of its room: what was posted between two of them is counted by subtracting.
    number = models.PositiveBigIntegerField(editable=False)
    # The latest tick that touched it: its place in the log.
    tick = models.PositiveBigIntegerField(_("tick"))
    # Who said something cannot be deleted, only deactivated: a message keeps its author.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="messages",
        db_index=False,
        verbose_name=_("sender"),
    )
    # As it was typed; what is edited.
    text = models.TextField(_("text"), blank=True)
    # The same with its formatting, safe for a page (chat/markup.py); empty where there is none. The
    # database has the default too: a process of before that still runs knows nothing of it.
    html = models.TextField(blank=True, default="", db_default="", editable=False)
    # Usernames of people of the room whom the text names; `Mention` has the same to be counted.
    mentions = models.JSONField(_("mentions"), default=list, blank=True)
    # What is told of its files, in their order; None: there are none, and nobody has to look.
    attachments = models.JSONField(null=True, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices, default=Kind.TEXT)
    client_id = models.UUIDField(_("client id"), default=uuid.uuid4)
    # What `client_id` stood for when it was first used; the text itself may change or go.
    digest = models.BinaryField(max_length=16, editable=False)
    reply_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("reply to"),
    )
    created_at = models.DateTimeField(_("posted at"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    # What happened at `tick`.
    change = models.CharField(
        _("latest change"), max_length=16, choices=Change.choices, default=Change.POSTED
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
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
        named = {"person": self.sender, "room": self.room, "place": self.seq}
        return _("%(person)s in %(room)s, %(place)s") % named

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
    text = models.TextField(_("text"))
    replaced_at = models.DateTimeField(_("replaced at"), default=timezone.now)

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")
        ordering = ["pk"]

    def __str__(self) -> str:
        until = date_format(timezone.localtime(self.replaced_at), "SHORT_DATETIME_FORMAT")
        return _("%(message)s, until %(time)s") % {"message": self.message, "time": until}


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
