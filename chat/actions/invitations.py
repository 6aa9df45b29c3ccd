"""Links that invite whoever has them: make, revoke, come in by one.

A link is worth what its maker may do: who does not moderate the room any more has none there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.invitations import Invitation
from chat import access
from chat.actions.rooms import join
from chat.errors import ChatError, no_such_invitation
from chat.limits import LINKS_AT_ONCE
from chat.models import Membership, Room, RoomInvitation
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User


def make_link(*, by: User, room: Room | None, days: int, uses: int) -> Invitation:
    """A new link into the room, or to the site; 0 days or uses: no limit. Raises ChatError."""
    return node.writer.run(partial(store_link, by, room, days, uses))


def revoke_link(*, link: Invitation) -> None:
    """From now on it lets nobody in; who came by it stays."""
    node.writer.run(partial(revoke, link))


def come_by_link(*, link: Invitation, room: Room, user: User) -> Membership:
    """Belong to the room into which the link leads. Raises ChatError, as `access.invitation`."""
    return node.writer.run(partial(let_in, link, room, user))


def store_link(by: User, room: Room | None, days: int, uses: int) -> Invitation:
    with transaction.atomic():
        if room:
            # Held: the maker's role, which was looked at before, may be on its way out.
            Room.objects.select_for_update(no_key=True).get(pk=room.pk)
            own = access.membership(by, room)
            if not own or not own.can_moderate:
                raise ChatError("forbidden", _("That is for the room's moderators and owners."))
        if RoomInvitation.links_into(room).count() >= LINKS_AT_ONCE:
            raise ChatError(
                "forbidden",
                _("There are %(count)s links already: revoke one."),
                count=LINKS_AT_ONCE,
            )
        link = Invitation.new(by, days=days, uses=uses)
        link.save()
        if room:
            RoomInvitation.objects.create(invitation=link, room=room)
    return link


def revoke(link: Invitation) -> None:
    Invitation.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def let_in(link: Invitation, room: Room, user: User) -> Membership:
    with transaction.atomic():
        # Held, so that a ban comes before or after this, and not in between.
        room = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        known = access.membership(user, room)
        if known and known.belongs:
            return known
        if known and known.is_shut_out:
            raise access.shut_out()
        if not link.use(user):
            raise no_such_invitation()
        return join(room, user, Membership.Role.MEMBER)


def end_links_of(user: User, room: Room) -> None:
    """Within the transaction in which they cease to moderate."""
    links = Invitation.objects.filter(into__room=room, made_by=user, revoked_at=None)
    links.update(revoked_at=timezone.now())
