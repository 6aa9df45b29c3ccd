"""Rooms with their clocks, and who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.limits import NAMESAKES_LOOKED_AT, ROOM_NAME_CHARS, SLUG_CHARS, TOPIC_CHARS

if TYPE_CHECKING:
    from accounts.models import User


def begins(field: str, beginning: str) -> dict[str, str]:
    """The filter for what begins so, along the field's index."""
    if connection.vendor == "sqlite":
        # Its LIKE knows no index.
        return {f"{field}__gte": beginning, f"{field}__lt": f"{beginning}{chr(0x10FFFF)}"}
    return {f"{field}__startswith": beginning}


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: User) -> RoomQuerySet:
        """Public rooms, and those that the user belongs to; none that they were put out of."""
        own = Membership.objects.filter(user=user, room=models.OuterRef("pk"))
        return self.filter(
            (Q(kind=Room.Kind.PUBLIC) & ~models.Exists(own.shut_out()))
            | models.Exists(own.belonging())
        )

    def by_name(self, user: User, beginning: str = "") -> RoomQuerySet:
        """What is `visible_to` the user, with `last_posted_at`, by name; of these names alone.

        Goes along an index and ends with the page: others' private rooms are all that is skipped.
        Conversations have no name of their own and are not among them.
        """
        from chat.models.messages import Message

        last = Message.objects.filter(room=models.OuterRef("pk")).order_by("-seq")
        named = self.exclude(kind=Room.Kind.DIRECT)
        found = named.visible_to(user).that_begin("identity", beginning)
        last_posted_at = models.Subquery(last.values("created_at")[:1])
        return found.annotate(last_posted_at=last_posted_at).order_by("identity", "pk")

    def that_begin(self, field: str, beginning: str) -> RoomQuerySet:
        """Those whose `field` begins so, found by its index."""
        return self.filter(**begins(field, beginning)) if beginning else self.all()


class Room(models.Model):
    class Kind(models.TextChoices):
        PUBLIC = "public", _("public")
        PRIVATE = "private", _("private")
        # A conversation: has no name, is seen by its people alone, and always by the same ones.
        DIRECT = "direct", _("conversation")

    class Posting(models.TextChoices):
        """Who may post."""

        EVERYBODY = "everybody", _("everybody")
        MODERATORS = "moderators", _("only moderators")

    name = models.CharField(_("name"), max_length=ROOM_NAME_CHARS, blank=True)
    # The name folded: NFKC and case folding can make it up to eighteen times as long.
    identity = models.CharField(max_length=ROOM_NAME_CHARS * 18, editable=False)
    slug = models.CharField(_("address"), max_length=SLUG_CHARS, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.PUBLIC)
    topic = models.CharField(_("topic"), max_length=TOPIC_CHARS, blank=True)
    # With the database's defaults: while processes of an older version still make rooms.
    archived = models.BooleanField(_("archived"), default=False, db_default=False)
    posting = models.CharField(
        _("who may post"),
        max_length=10,
        choices=Posting.choices,
        default=Posting.EVERYBODY,
        db_default=Posting.EVERYBODY,
    )
    # Who talks in a conversation, as a digest of their ids; empty elsewhere.
    people_key = models.CharField(
        max_length=32, blank=True, editable=False, default="", db_default=""
    )
    # The room's clock: it advances once for every durable change in the room, without gaps.
    tick = models.PositiveBigIntegerField(_("tick"), default=0, editable=False)
    # How many messages were ever posted in it, deleted ones too.
    posted = models.PositiveBigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            # Two people who type the same name at the same moment meet in one room.
            models.UniqueConstraint(
                fields=["identity"], condition=Q(kind="public"), name="one_public_room_an_identity"
            ),
            # Two people who write to each other at the same moment meet in one conversation.
            models.UniqueConstraint(
                fields=["people_key"], condition=Q(kind="direct"), name="one_conversation_of_these"
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "id"], name="rooms_by_name"),
            # As PostgreSQL wants it to find what begins in some way.
            models.Index(
                fields=["identity"], opclasses=["varchar_pattern_ops"], name="rooms_that_begin"
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("a conversation"))

    @property
    def is_direct(self) -> bool:
        return self.kind == self.Kind.DIRECT

    def advance(self, ticks: int = 1, *, posts: int = 0) -> int:
        """Take the room's next ticks, for so many posts among them; the last of the ticks.

        Within a transaction: the row stays locked until its end, so that ticks become visible in
        order. On PostgreSQL this does not hold up rows that refer to the room.
        """
        self.tick, self.posted = advance({self.pk: (ticks, posts)}).get(self.pk, (0, 0))
        return self.tick


LOCK = "SELECT id FROM chat_room WHERE id IN ({marks}) ORDER BY id FOR NO KEY UPDATE"
ADVANCE = """
WITH step (room_id, ticks, posts) AS (VALUES {steps})
UPDATE chat_room SET tick = tick + step.ticks, posted = posted + step.posts
FROM step WHERE id = step.room_id RETURNING id, tick, posted
"""


def advance(steps: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """`Room.advance` for many: by room, ticks and posts to take, and `tick` and `posted` then.

    Their rows are locked in one order everywhere: two processes never wait for each other's
    second one.
    """
    values = [value for room_id, step in steps.items() for value in (room_id, *step)]
    with connection.cursor() as cursor:
        if len(steps) > 1 and connection.vendor != "sqlite":
            cursor.execute(LOCK.format(marks=", ".join(["%s"] * len(steps))), list(steps))
        cursor.execute(ADVANCE.format(steps=", ".join(["(%s, %s, %s)"] * len(steps))), values)
        return {pk: (tick, posted) for pk, tick, posted in cursor.fetchall()}


def hold(room_ids: Iterable[int]) -> None:
    """Nobody else changes these rooms, nor puts somebody out of one, until the transaction ends.

    In the same order as `advance` locks them.
    """
    if connection.vendor != "sqlite":  # where one transaction writes at a time
        rooms = Room.objects.filter(pk__in=room_ids).order_by("pk")
        list(rooms.select_for_update(no_key=True).values_list("pk"))


class MembershipQuerySet(models.QuerySet["Membership"]):
    def belonging(self) -> MembershipQuerySet:
        return self.filter(standing=Membership.Standing.BELONGS)

    def called(self, beginning: str) -> MembershipQuerySet:
        """Those whose usernames begin so, whatever the case; of the first accounts of that kind.

        Bounded, however many belong to the room or have accounts.
        """
        accounts = get_user_model().objects.filter(is_active=True)
        # Folded here: a lookup of beginnings does not do it by itself.
        key = get_user_model()._meta.get_field("username_key").to_python(beginning)
        namesakes = accounts.filter(**begins("username_key", key)).order_by("username_key")
        looked_at = namesakes.values("pk")[:NAMESAKES_LOOKED_AT]
        return self.filter(user__in=looked_at).order_by("user__username_key")

    def shut_out(self) -> MembershipQuerySet:
        return self.filter(standing__in=[Membership.Standing.REMOVED, Membership.Standing.BANNED])


class Membership(models.Model):
    class Role(models.TextChoices):
        MEMBER = "member", _("Member")
        MODERATOR = "moderator", _("Moderator")
        OWNER = "owner", _("Owner")

    class Standing(models.TextChoices):
        BELONGS = "belongs", _("belongs")
        # Went by themselves; may come in again by the room's page. In a conversation: does not have
        # it in their list, until somebody writes.
        LEFT = "left", _("left")
        # Was put out; a moderator has to ask them in again.
        REMOVED = "removed", _("removed")
        BANNED = "banned", _("banned")

    class Notify(models.TextChoices):
        """Of what somebody wants to be told while they look elsewhere."""

        EVERYTHING = "everything"
        MENTIONS = "mentions"
        NOTHING = "nothing"

    room = models.ForeignKey(
        Room, models.CASCADE, related_name="memberships", verbose_name=_("room")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        db_index=False,
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=9, choices=Role.choices, default=Role.MEMBER)
    standing = models.CharField(
        _("standing"), max_length=7, choices=Standing.choices, default=Standing.BELONGS
    )
    # The tick up to which the user has seen everything.
    read = models.PositiveBigIntegerField(_("read up to"), default=0)
    # Empty: as the room's kind has it.
    notify = models.CharField(
        max_length=10, choices=Notify.choices, blank=True, default="", db_default=""
    )
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="one_membership")]

    def __str__(self) -> str:
        return _("%(person)s in %(room)s") % {"person": self.user, "room": self.room}

    @property
    def belongs(self) -> bool:
        return self.standing == self.Standing.BELONGS

    @property
    def is_shut_out(self) -> bool:
        return self.standing in {self.Standing.REMOVED, self.Standing.BANNED}

    @property
    def can_moderate(self) -> bool:
        return self.belongs and self.role in MODERATING

    @property
    def is_owner(self) -> bool:
        return self.belongs and self.role == self.Role.OWNER

    def is_last_owner_of_others(self) -> bool:
        """Whether nobody could look after those who are left. Asks the database."""
        others = Membership.objects.belonging().filter(room=self.room_id).exclude(pk=self.pk)
        owners = others.filter(role=self.Role.OWNER, user__is_active=True)
        return self.is_owner and others.exists() and not owners.exists()

    @property
    def rank(self) -> int:
        """Members are below moderators, and these below owners; who does not belong is nobody."""
        return ROLES.index(self.role) + 1 if self.belongs else 0


MODERATING: set[str] = {Membership.Role.MODERATOR, Membership.Role.OWNER}
ROLES: list[str] = [Membership.Role.MEMBER, Membership.Role.MODERATOR, Membership.Role.OWNER]
