"""Rooms with their clocks, and who belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.limits import ROOM_NAME_CHARS, SLUG_CHARS, TOPIC_CHARS

if TYPE_CHECKING:
    from accounts.models import User


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User) -> RoomQuerySet:
        """Public rooms, and those that the user belongs to."""
        belongs = Membership.objects.filter(user=user, room=models.OuterRef("pk"))
        return self.filter(Q(kind=Room.Kind.PUBLIC) | models.Exists(belongs))


class Room(models.Model):
    class Kind(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"
        DIRECT = "direct"

    name = models.CharField(max_length=ROOM_NAME_CHARS)
    # The name folded: NFKC and case folding can make it up to eighteen times as long.
    identity = models.CharField(max_length=ROOM_NAME_CHARS * 18, editable=False)
    slug = models.CharField(max_length=SLUG_CHARS, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PUBLIC)
    topic = models.CharField(max_length=TOPIC_CHARS, blank=True)
    # The room's clock: it advances once for every durable change in the room, without gaps.
    tick = models.PositiveBigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        constraints = [
            # Two people who type the same name at the same moment meet in one room.
            models.UniqueConstraint(
                fields=["identity"], condition=Q(kind="public"), name="one_public_room_an_identity"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def advance(self) -> int:
        """Take the room's next tick. Within a transaction: the row stays locked until its end."""
        Room.objects.filter(pk=self.pk).update(tick=F("tick") + 1)
        self.tick = Room.objects.values_list("tick", flat=True).get(pk=self.pk)
        return self.tick


class MembershipQuerySet(models.QuerySet["Membership"]):
    def with_unread(self) -> MembershipQuerySet:
        """With `unread`: others' messages behind the read position, deleted ones not counted."""
        from chat.models.messages import Message

        behind = (
            Message.objects.filter(
                room=models.OuterRef("room"), seq__gt=models.OuterRef("read"), deleted_at=None
            )
            .exclude(sender=models.OuterRef("user"))
            .order_by()
            .values("room")
            .annotate(count=models.Count("pk"))
            .values("count")
        )
        return self.annotate(
            unread_count=Coalesce(models.Subquery(behind, output_field=models.IntegerField()), 0)
        )


class Membership(models.Model):
    class Role(models.TextChoices):
        MEMBER = "member"
        MODERATOR = "moderator"
        OWNER = "owner"

    room = models.ForeignKey(Room, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role.choices, default=Role.MEMBER)
    # The tick up to which the user has seen everything.
    read = models.PositiveBigIntegerField(default=0)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"

    @property
    def unread(self) -> int:
        """How many messages of others are behind the read position; only from `with_unread()`."""
        return int(self.__dict__["unread_count"])

    @property
    def can_moderate(self) -> bool:
        return self.role in {self.Role.MODERATOR, self.Role.OWNER}
