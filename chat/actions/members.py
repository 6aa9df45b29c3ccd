"""Who belongs to a room, and as what: invite, change a role, remove, leave, ban."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat import events, protocol
from chat.actions.invitations import end_links_of
from chat.actions.publishing import after_commit
from chat.actions.rooms import join
from chat.errors import ChatError
from chat.models import Membership, Room
from chat.node import node
from chat.realtime import topics

if TYPE_CHECKING:
    from accounts.models import User

Standing = Membership.Standing
Role = Membership.Role
MEMBER = Role.MEMBER


def invite(*, by: Membership, user: User, role: str = Role.MEMBER) -> Membership:
    """Make somebody belong to the room, or change what they are in it.

    Moderators invite members; only owners make moderators and owners. Raises ChatError(forbidden).
    """
    return node.writer.run(partial(take_in, by, user, role))


def change_role(*, membership: Membership, role: str) -> None:
    """Make somebody a member, moderator or owner of a room they belong to."""
    node.writer.run(partial(store_role, membership, role))


def remove(*, by: Membership, user: User) -> None:
    """Put somebody out, or leave oneself. Raises ChatError: forbidden, no_such_user."""
    is_leaving = by.user_id == user.pk
    node.writer.run(partial(put_out, by, user, Standing.LEFT if is_leaving else Standing.REMOVED))


def ban(*, by: Membership, user: User) -> None:
    """Keep somebody out, whether they belonged or not. Raises ChatError(forbidden)."""
    node.writer.run(partial(put_out, by, user, Standing.BANNED))


def lift_ban(*, by: Membership, user: User) -> None:
    """From now on they may come in again by the room's page. Raises ChatError(forbidden)."""
    node.writer.run(partial(let_in_again, by, user))


def take_in(by: Membership, user: User, role: str) -> Membership:
    with transaction.atomic():
        room, by = as_it_is(by)
        if room.is_direct:
            raise ChatError("forbidden", _("Start another conversation to talk with more people."))
        known = Membership.objects.filter(room=room, user=user).first()
        if known and known.standing == Standing.BANNED:
            raise ChatError("forbidden", _("They are banned from the room: lift the ban first."))
        if known and known.belongs and known.role == role:
            return known
        rank = known.rank if known else 0
        refuse_unless(by.can_moderate and (by.role == Role.OWNER or not (rank or role != MEMBER)))
        if known and known.belongs:
            keep_an_owner(known, role)
            store_role(known, role)
            return known
        return join(room, user, role)


def put_out(by: Membership, user: User, standing: str) -> None:
    with transaction.atomic():
        room, by = as_it_is(by)
        known = Membership.objects.filter(room=room, user=user).first()
        belongs = bool(known and known.belongs)
        if standing != Standing.LEFT:
            refuse_unless(by.can_moderate and (known.rank if known else 0) < by.rank)
        if not belongs and standing != Standing.BANNED:
            raise ChatError("no_such_user", _("Nobody of that name belongs to the room."))
        if known and belongs:
            keep_an_owner(known, None)
        Membership.objects.update_or_create(
            room=room, user=user, defaults={"standing": standing, "role": MEMBER}
        )
        if belongs:
            end_links_of(user, room)
            is_open = room.kind == Room.Kind.PUBLIC and standing == Standing.LEFT
            text = protocol.encode(events.room_removed(room, is_open=is_open))
            after_commit(node.bus.expel, user.pk, room.pk, room.slug, text)


def let_in_again(by: Membership, user: User) -> None:
    with transaction.atomic():
        room, by = as_it_is(by)
        refuse_unless(by.can_moderate)
        banned = Membership.objects.filter(room=room, user=user, standing=Standing.BANNED)
        banned.update(standing=Standing.LEFT)


def store_role(membership: Membership, role: str) -> None:
    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk).update(role=role)
        membership.role = role
        if not membership.can_moderate:
            end_links_of(membership.user, membership.room)
        text = protocol.encode(events.room_membership(membership))
        after_commit(node.bus.publish, topics.user(membership.user_id), text)


def as_it_is(by: Membership) -> tuple[Room, Membership]:
    """The room, held until the transaction ends, and what the actor is in it by now.

    Two owners cannot both go at once, and who was demoted while this waited has no say.
    """
    room = Room.objects.select_for_update(no_key=True).get(pk=by.room_id)
    return room, Membership.objects.select_related("room").get(pk=by.pk)


def refuse_unless(is_allowed: bool) -> None:
    if not is_allowed:
        raise ChatError("forbidden", _("Only somebody above them in this room can do that."))


def keep_an_owner(leaving: Membership, role: str | None) -> None:
    """A room that others belong to keeps somebody who can look after it."""
    if role != Role.OWNER and leaving.is_last_owner_of_others():
        raise ChatError("forbidden", _("Make somebody else an owner of the room first."))
