"""Keys that let somebody in: the one of the first start, and those by which people are invited.

A link is a key and a seal. The key stands in the database, the seal is made from it with
SECRET_KEY: the link can be shown again at any time, and whoever reads the database alone, or a
backup of it, has no link. A link that was made up is refused without asking the database.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

# 128 bits in letters, digits, - and _.
KEY_OCTETS = 16
KEY_CHARS = 22


def new_key() -> str:
    return secrets.token_urlsafe(KEY_OCTETS)


def seal(purpose: str, key: str) -> str:
    """128 bits that nobody without SECRET_KEY can tell from chance."""
    digest = salted_hmac(f"accounts.{purpose}", key, algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:KEY_OCTETS]).rstrip(b"=").decode()


def sealed(purpose: str, key: str) -> str:
    return key + seal(purpose, key)


def key_of(purpose: str, token: str) -> str | None:
    """The key in a token that we made ourselves; None for any other text."""
    key = token[:KEY_CHARS]
    # Compares in a time that does not tell how much was right; knows ASCII alone.
    is_ours = token.isascii() and constant_time_compare(token, sealed(purpose, key))
    return key if is_ours else None


class SetupKey(models.Model):
    """The key by which the first administrator comes in; there is one at most, and then none."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    key = models.CharField(max_length=KEY_CHARS, default=new_key, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager[SetupKey]]

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number=1), name="one_setup_key")]

    def __str__(self) -> str:
        return f"made at {self.made_at:%Y-%m-%d %H:%M}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def in_force(self) -> InvitationQuerySet:
        """Neither taken back nor too old, from somebody who may still come in themselves."""
        is_fresh = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(is_fresh, revoked_at=None, made_by__is_active=True)

    def not_used_up(self) -> InvitationQuerySet:
        return self.filter(Q(uses_most=None) | Q(uses__lt=F("uses_most")))


class Invitation(models.Model):
    """A link that opens the sign-up for whoever has it; into what else it leads says the chat."""

    key = models.CharField(max_length=KEY_CHARS, unique=True, default=new_key, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations", editable=False
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    # None: never by itself.
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # How many people may come by it (None: any number), and how many did.
    uses_most = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0, editable=False)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"by {self.made_by}, {self.made_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("join", args=[self.token])

    @classmethod
    def new(cls, by: User, *, days: int, uses: int) -> Self:
        """Not stored yet; 0 days or uses: no limit."""
        expires_at = timezone.now() + timedelta(days=days) if days else None
        return cls(made_by=by, expires_at=expires_at, uses_most=uses or None)

    @classmethod
    def of_token(cls, token: str, user: User | AnonymousUser | None = None) -> Invitation | None:
        """The one that lets this person in; None when it is made up, revoked, too old, used up."""
        return cls.of_key(key_of("invitation", token), user)

    @classmethod
    def of_key(cls, key: str | None, user: User | AnonymousUser | None = None) -> Invitation | None:
        found = cls.objects.in_force().filter(key=key).select_related("made_by").first()
        return found if found and (not found.is_used_up or found.was_used_by(user)) else None

    @property
    def token(self) -> str:
        return sealed("invitation", self.key)

    @property
    def is_used_up(self) -> bool:
        return self.uses_most is not None and self.uses >= self.uses_most

    def was_used_by(self, user: User | AnonymousUser | None) -> bool:
        return bool(user and user.pk and self.people.filter(user=user.pk).exists())

    def use(self, user: User) -> bool:
        """Count this person, once; False when it is in force no more or used up."""
        with transaction.atomic():
            same = Invitation.objects.in_force().filter(pk=self.pk)
            if self.was_used_by(user):
                return same.exists()
            # Of two who want its last use at the same moment one waits here for the other.
            if not same.not_used_up().update(uses=F("uses") + 1):
                return False
            _, is_new = InvitationUse.objects.get_or_create(invitation=self, user=user)
            if not is_new:
                same.update(uses=F("uses") - 1)
            return True


class InvitationUse(models.Model):
    """Who came by an invitation."""

    invitation = models.ForeignKey(
        Invitation, models.CASCADE, related_name="people", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    used_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[InvitationUse]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "user"], name="one_use_of_an_invitation")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.used_at:%Y-%m-%d %H:%M}"
