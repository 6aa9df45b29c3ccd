import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.invitations import Invitation, InvitationUse, SetupKey
from accounts.names import (
    DisplayNameField,
    NameKeyField,
    Text,
    UsernameField,
    UsernameKeyField,
    fold,
    plain,
    validate_visible,
)
from accounts.signals import account_changed, face_changed, picture_dropped

__all__ = ["Invitation", "InvitationUse", "SessionRenewal", "SetupKey", "User"]

USERNAME_CHARS = 64
# Folding makes at most three characters of one.
USERNAME_KEY_CHARS = 3 * USERNAME_CHARS
DISPLAY_NAME_CHARS = 80
LANGUAGE_CHARS = 16
THEME_CHARS = 8
PICTURE_CHARS = 32

# What decides whether somebody's sessions are still good.
ACCESS_FIELDS = ("password", "is_active", "sign_in_epoch")

# What others call somebody; of the picture it is told where that is written.
NAME_FIELDS = ("username", "display_name")

TOLD_FIELDS = (*ACCESS_FIELDS, *NAME_FIELDS)

# A process that was cut off from the others for longer has looked at its sessions long since.
RENEWAL_KEPT = timedelta(days=1)


def begins(field: str, beginning: str) -> models.Q:
    if connection.vendor == "sqlite":
        # Its LIKE knows no index.
        end = f"{beginning}{chr(0x10FFFF)}"
        return models.Q(**{f"{field}__gte": beginning, f"{field}__lt": end})
    return models.Q(**{f"{field}__startswith": beginning})


class PeopleManager(UserManager["User"]):
    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=username)

    async def aget_by_natural_key(self, username: str | None) -> "User":
        return await self.aget(username_key=username)

    def called(self, beginning: str) -> "models.QuerySet[User]":
        """Active people whose name or username begins so, by name; found by indexes."""
        people = self.filter(is_active=True).order_by("name_key", "pk")
        if not beginning:
            return people
        return people.filter(
            begins("name_key", plain(beginning)) | begins("username_key", fold(beginning))
        )

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        # allauth stores and looks up addresses in small letters; so must createsuperuser.
        return super().normalize_email(email).lower()


class PictureField(Text):
    """Stays as it is when an account is saved: whoever holds it may have read it before a new
    picture came, and the file of the one before is gone. `User.change_picture` writes it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else models.F(self.attname)


class User(AbstractUser):
    class Theme(models.TextChoices):
        SYSTEM = "system", _("Same as system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    username = UsernameField(
        _("username"),
        max_length=USERNAME_CHARS,
        unique=True,
        help_text=_("Letters, digits and @ . + - _"),
        validators=[UnicodeUsernameValidator(), validate_visible],
        error_messages={"unique": _("A user with that username already exists.")},
    )
    # A column of its own: SQLite's LOWER knows only ASCII, and ß, ẞ and SS are one to people.
    username_key = UsernameKeyField(
        max_length=USERNAME_KEY_CHARS, unique=True, editable=False, default=""
    )
    display_name = DisplayNameField(
        _("display name"),
        max_length=DISPLAY_NAME_CHARS,
        blank=True,
        help_text=_("What others see beside your messages. Leave it empty to use your username."),
    )

    # A name that no other picture has, new with each; empty: none. Where it lies is not known here.
    picture = PictureField(
        _("picture"),
        max_length=PICTURE_CHARS,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )

    # A code of the setting LANGUAGES; one that is not there any more counts as empty.
    language = models.CharField(
        _("language"), max_length=LANGUAGE_CHARS, blank=True, default="", db_default=""
    )

    theme = models.CharField(
        _("appearance"),
        max_length=THEME_CHARS,
        choices=Theme,
        default=Theme.SYSTEM,
        db_default=Theme.SYSTEM,
    )

    # What they are called, as it is looked for; processes of an older version leave it empty.
    name_key = NameKeyField(
        max_length=DISPLAY_NAME_CHARS, editable=False, default="", db_default=""
    )

    # A sign-in of an earlier epoch is not good any more; the password need not change for that.
    sign_in_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta(AbstractUser.Meta):
        # Whatever is typed at the entrance is looked up as an address too.
        indexes = [
            models.Index(fields=["email"], name="accounts_user_email"),
            models.Index(fields=["name_key", "id"], name="people_by_name"),
            # As PostgreSQL wants it to find what begins in some way.
            models.Index(
                fields=["name_key"], opclasses=["varchar_pattern_ops"], name="people_that_begin"
            ),
        ]

    @property
    def name(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Kept in every session of theirs, which ends when this changes."""
        password_hash: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.sign_in_epoch:
            return password_hash
        salt = f"accounts.sign_in_epoch.{self.sign_in_epoch}"
        return salted_hmac(salt, password_hash, secret=secret, algorithm="sha256").hexdigest()

    def end_sign_ins(self) -> None:
        """Every session of theirs ends, in whichever browser."""
        self.sign_in_epoch += 1
        self.save(update_fields=["sign_in_epoch"])

    def change_picture(self, picture: str) -> None:
        """Empty: none. Of the one before it is told that nobody has it any more."""
        with transaction.atomic():
            row = User.objects.filter(pk=self.pk)
            old = row.select_for_update().values_list("picture", flat=True).get()
            row.update(picture=picture)
            if old:
                picture_dropped.send(sender=User, picture=old)
            self.picture = picture
            face_changed.send(sender=User, user=self)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        user = super().from_db(*args, **kwargs)
        user._stored = user._as_held(TOLD_FIELDS)
        return user

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is not None:
            update_fields = set(update_fields)
            if "username" in update_fields:
                update_fields.add("username_key")
            if update_fields & {"username", "display_name"}:
                update_fields.add("name_key")
        known = not self._state.adding
        super().save(*args, update_fields=update_fields, **kwargs)
        written = self._as_held(
            f for f in TOLD_FIELDS if update_fields is None or f in update_fields
        )
        changed = {f for f, value in written.items() if known and value != self._stored.get(f)}
        self._stored = {**self._stored, **written}
        if not changed.isdisjoint(ACCESS_FIELDS):
            account_changed.send(sender=User, user=self)
        if not changed.isdisjoint(NAME_FIELDS):
            face_changed.send(sender=User, user=self)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        super().validate_unique(exclude)
        if exclude and "username" in exclude:
            return
        if User.objects.filter(username_key=self.username).exclude(pk=self.pk).exists():
            raise ValidationError({"username": self.unique_error_message(User, ["username"])})

    def in_brief(self) -> Self:
        """With what others see of them alone, and the language in which they are answered; the
        rest is fetched where somebody asks for it."""
        fields = ["id", "username", "display_name", "picture", "language"]
        values = [getattr(self, field) for field in fields]
        return type(self).from_db(self._state.db or DEFAULT_DB_ALIAS, fields, values)

    # Never changed in place: the class's own is the one of a user who is not stored yet.
    _stored: Mapping[str, Any] = MappingProxyType({})

    def _as_held(self, fields: Iterable[str]) -> dict[str, Any]:
        # Not getattr: a deferred field would be fetched.
        return {field: self.__dict__.get(field) for field in fields}


@receiver(post_delete, sender=User)
def tell_that_the_account_is_gone(instance: User, **kwargs: object) -> None:
    account_changed.send(sender=User, user=instance)
    if instance.picture:
        picture_dropped.send(sender=User, picture=instance.picture)


class SessionRenewal(models.Model):
    """The same sign-in goes on under another key: for processes that know only the old one.

    The digest and not the key, which by then opens nothing any more but may stand in old logs.
    """

    old_key_digest = models.CharField(max_length=64, primary_key=True)
    new_key = models.CharField(max_length=40)
    renewed_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[models.Manager["SessionRenewal"]]

    def __str__(self) -> str:
        return f"renewed at {self.renewed_at:%Y-%m-%d %H:%M}"

    @classmethod
    def remember(cls, old_key: str, new_key: str) -> None:
        """Note it, and forget those that nobody can be waiting for any more."""
        cls.objects.filter(renewed_at__lt=timezone.now() - RENEWAL_KEPT).delete()
        cls.objects.update_or_create(
            old_key_digest=key_digest(old_key), defaults={"new_key": new_key}
        )

    @classmethod
    def latest_of(cls, old_keys: Iterable[str]) -> dict[str, str]:
        """Under which keys those of these sessions go on that were renewed, perhaps repeatedly."""
        latest = {key: key for key in old_keys}
        while newer := cls.next_of(latest.values()):
            latest = {key: newer.get(last, last) for key, last in latest.items()}
        return {key: last for key, last in latest.items() if key != last}

    @classmethod
    def next_of(cls, keys: Iterable[str]) -> dict[str, str]:
        digests = {key_digest(key): key for key in keys}
        found = cls.objects.in_bulk(list(digests))  # in parts that every database takes
        return {digests[digest]: renewal.new_key for digest, renewal in found.items()}


def key_digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()
