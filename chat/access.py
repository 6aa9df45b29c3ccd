"""The only door from an id that somebody sent to a row.

Absent and forbidden look the same from outside. Everything here reads fresh state and runs in a
thread that may use the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.invitations import Invitation
from chat.errors import (
    ChatError,
    bad_frame,
    no_such_invitation,
    no_such_message,
    no_such_portrait,
    no_such_room,
    read_only,
)
from chat.limits import PEOPLE_FOUND, USERNAME_CHARS
from chat.models import Attachment, Membership, Message, Room, RoomInvitation
from chat.models.own_rooms import own_rooms, room_and_standing

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from accounts.models import User
    from chat.models.own_rooms import OwnRoom

K = TypeVar("K")


class Invited(NamedTuple):
    """Room: None where the link leads to the site alone."""

    invitation: Invitation
    room: Room | None
    belongs: bool


class Place(NamedTuple):
    """A room as somebody knows it; a conversation that they put away has no name."""

    slug: str
    name: str


def room(user: User, slug: str | None) -> Room:
    """The room of that slug.

    Raises ChatError: no_such_room; forbidden for a public one that the user was put out of.
    """
    if not slug or "\0" in slug:
        # PostgreSQL takes no NUL, not even to compare with.
        raise no_such_room()
    found, standing = room_and_standing(user.pk, slug) or (None, None)
    if found and (standing == Membership.Standing.BELONGS or is_put_away(found, standing)):
        return found
    if found is None or found.kind != Room.Kind.PUBLIC:
        raise no_such_room()
    if standing in {Membership.Standing.REMOVED, Membership.Standing.BANNED}:
        raise shut_out()
    return found


def is_put_away(room: Room, standing: str | None) -> bool:
    """A conversation that is theirs still; they only have not got it in their list."""
    return room.is_direct and standing == Membership.Standing.LEFT


def why_closed(archived: bool | None, posting: str | None, role: str | None) -> str:
    """Why somebody of that role cannot post in a room: archived, moderators; empty if they can."""
    if archived:
        return "archived"
    is_closed = posting == Room.Posting.MODERATORS and role == Membership.Role.MEMBER
    return "moderators" if is_closed else ""


def refuse_unless_open(room: Room, own: Membership) -> None:
    """Raises ChatError(read_only)."""
    if closed := why_closed(room.archived, room.posting, own.role):
        raise read_only(closed)


def among(rooms: Iterable[OwnRoom], slug: str) -> OwnRoom | None:
    """The room of that slug among those that somebody belongs to."""
    return next((each for each in rooms if each.slug == slug), None)


def shut_out() -> ChatError:
    return ChatError("forbidden", _("You were removed from this room; a moderator can let you in."))


def membership(user: User, room: Room) -> Membership | None:
    """What ties the user to the room, whatever their standing, with the user as they are now."""
    # Not first(): to sort by ids, PostgreSQL may go through all of them.
    found = Membership.objects.select_related("user").filter(user=user, room=room)
    return next(iter(found), None)


def follows(user_id: int, room_id: int) -> bool:
    """Whether the user still belongs to a room that they were let into before."""
    return Membership.objects.belonging().filter(user=user_id, room=room_id).exists()


def moderated_room(user: User, slug: str) -> Membership:
    """The membership of a moderator or owner. Raises ChatError: no_such_room, forbidden."""
    own = own_membership(user, slug)
    if not own.can_moderate:
        raise ChatError("forbidden", _("That is for the room's moderators and owners."))
    return own


def own_membership(user: User, slug: str) -> Membership:
    """What the user is in a room that they belong to. Raises ChatError(no_such_room)."""
    belonging = Membership.objects.belonging().select_related("room", "user")
    own = belonging.filter(user=user, room=room(user, slug)).first()
    if own is None:
        raise no_such_room()
    return own


def invitation(user: User | AnonymousUser, token: str) -> Invited:
    """Into what a link lets this person. Raises ChatError: no_such_invitation, forbidden.

    Who was put out of a room is not let in again by a link, and reads why.
    """
    found = Invitation.of_token(token, user)
    if found is None:
        raise no_such_invitation()
    into = RoomInvitation.objects.filter(invitation=found).select_related("room").first()
    leads_nowhere = into.room is None if into else not found.made_by.is_superuser
    room = into.room if into else None
    own = membership(user, room) if room and isinstance(user, get_user_model()) else None
    if leads_nowhere:
        raise no_such_invitation()
    if own and own.is_shut_out:
        raise shut_out()
    return Invited(found, room, belongs=bool(own and own.belongs))


def room_link(by: Membership, number: int) -> Invitation:
    """A link into a room, by its number there. Raises ChatError(no_such_invitation)."""
    return one_link(RoomInvitation.links_into(by.room).filter(pk=number))


def site_link(number: int) -> Invitation:
    """A link into no room; the caller knows an administrator. Raises ChatError."""
    return one_link(RoomInvitation.links_into(None).filter(pk=number))


def one_link(found: QuerySet[Invitation]) -> Invitation:
    link = found.first()
    if link is None:
        raise no_such_invitation()
    return link


def person(username: str) -> User:
    """The active account of that name. Raises ChatError(no_such_user)."""
    return people([username])[0]


def people(usernames: Sequence[str]) -> list[User]:
    """The active accounts of these names, each once.

    Raises ChatError: no_such_user, and bad_frame where nobody is named.
    """
    if not usernames:
        raise bad_frame(_("Choose somebody to talk with."))
    # Folding takes time with the square of the length, and PostgreSQL takes no NUL.
    is_possible = all(len(name) <= USERNAME_CHARS and "\0" not in name for name in usernames)
    active = get_user_model().objects.filter(is_active=True)
    found = list(active.filter(username_key__in=usernames)) if is_possible else []
    if not covers(found, usernames):
        raise ChatError("no_such_user", _("There is nobody of that name."))
    return found


def people_called(beginning: str) -> tuple[list[User], bool]:
    """The first active people whose name or username begins so, and whether there are more."""
    found = list(get_user_model().objects.called(beginning)[: PEOPLE_FOUND + 1])
    return found[:PEOPLE_FOUND], len(found) > PEOPLE_FOUND


def portrayed(username: str, key: str) -> User:
    """Who has this picture of themselves now. Raises ChatError(no_such_portrait)."""
    if not key or "\0" in username + key:
        # PostgreSQL takes no NUL, not even to compare with.
        raise no_such_portrait()
    person = get_user_model().objects.filter(username=username, picture=key).first()
    if person is None:
        raise no_such_portrait()
    return person


def covers(found: Iterable[User], usernames: Sequence[str]) -> bool:
    """Whether everybody was found; the same person may be named in two spellings."""
    field = get_user_model()._meta.get_field("username_key")
    return {each.username_key for each in found} >= {field.to_python(name) for name in usernames}


def message(user: User, message_id: int) -> Message:
    """The message of that id. Raises ChatError(no_such_message)."""
    found = Message.objects.in_full().visible_to(user).filter(pk=message_id).first()
    if found is None:
        raise no_such_message()
    return found


def place_in(room: Room, message_id: int) -> int:
    """Where a message stands in a room that the user may see. Raises ChatError(no_such_message)."""
    found = Message.objects.filter(room=room, pk=message_id).values_list("seq", flat=True).first()
    if found is None:
        raise no_such_message()
    return found


def own_message(user: User, message_id: int) -> Message:
    """A message that the user wrote and may edit. Raises ChatError: no_such_message, forbidden."""
    found = writable_message(user, message_id)
    if found.sender_id != user.pk:
        raise ChatError("forbidden", _("Only its author can edit a message."))
    return found


def writable_message(user: User, message_id: int) -> Message:
    """A message of a room that the user belongs to, not deleted.

    Raises ChatError: no_such_message; forbidden where the user only may look.
    """
    found = message(user, message_id)
    if not follows(user.pk, found.room_id):
        raise ChatError("forbidden", _("Enter the room first."))
    if found.deleted_at is not None:
        raise no_such_message()
    return found


def deletable_message(user: User, message_id: int) -> Message:
    """A message that the user may delete. Raises ChatError(no_such_message or forbidden)."""
    found = message(user, message_id)
    if not found.can_be_deleted_by(user, membership(user, found.room)):
        raise ChatError("forbidden", _("Only its author or a moderator can delete a message."))
    return found


def attachment(user: User, slug: str, attachment_id: int) -> Attachment:
    """A file of a room that the user may see; one that was not sent is its uploader's alone.

    Raises ChatError: no_such_room, forbidden, no_such_message.
    """
    inside = Attachment.objects.filter(room=room(user, slug), pk=attachment_id)
    found = inside.filter(Q(message__isnull=False) | Q(uploader=user)).first()
    if found is None:
        raise no_such_message()
    return found


def own_upload(user: User, slug: str, attachment_id: int) -> Attachment:
    """A file of one's own that was not sent. Raises ChatError: no_such_room, no_such_message."""
    found = attachment(user, slug, attachment_id)
    if found.message_id is not None or found.uploader_id != user.pk:
        raise no_such_message()
    return found


def searched(user: User, slug: str) -> dict[int, Place]:
    """The rooms in which a search by the user looks, by id: one, or without a slug all their own.

    Raises ChatError: no_such_room, forbidden.
    """
    if slug:
        found = room(user, slug)
        return {found.pk: Place(found.slug, found.name)}
    return {each.room_id: Place(each.slug, each.name) for each in own_rooms(user.pk)}


# As many parameters as every database takes.
KEYS_A_QUERY = 500


def belonging(membership_ids: Iterable[int]) -> set[int]:
    """Those of these memberships that still let somebody into their room; a query for 500."""
    rows = Membership.objects.belonging()
    return {
        pk
        for part in batches(membership_ids)
        for pk in rows.filter(pk__in=part).values_list("pk", flat=True)
    }


def batches(keys: Iterable[K]) -> Iterator[list[K]]:
    rest = iter(keys)
    while part := list(islice(rest, KEYS_A_QUERY)):
        yield part
