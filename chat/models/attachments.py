"""Files that were sent, or will be; what is in them lies on the disk (chat/shelf.py)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from chat.limits import CONTENT_TYPE_CHARS, FILE_NAME_CHARS
from chat.models.messages import Message
from chat.models.rooms import Room


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def unsent(self) -> AttachmentQuerySet:
        return self.filter(message__isnull=True)


class Attachment(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    # None until it is sent.
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="files"
    )
    # Where it lies on the disk; nobody outside learns it.
    key = models.CharField(max_length=32, unique=True, editable=False)
    name = models.CharField(max_length=FILE_NAME_CHARS)
    # For a picture what was found in it; for anything else what its sender said.
    content_type = models.CharField(max_length=CONTENT_TYPE_CHARS)
    size = models.PositiveBigIntegerField()
    # As it is looked at; only of pictures that could be read.
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        indexes = [
            # What was never sent: of one person, and the oldest of all.
            models.Index(
                fields=["uploader"],
                condition=models.Q(message__isnull=True),
                name="unsent_of_a_person",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(message__isnull=True),
                name="unsent_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.room}"

    @property
    def is_picture(self) -> bool:
        return self.width is not None

    @property
    def told(self) -> dict[str, Any]:
        """What its message keeps of it, so that no page of history has to look here."""
        return {
            "id": self.pk,
            "name": self.name,
            "content_type": self.content_type,
            "size": self.size,
            "width": self.width,
            "height": self.height,
        }
