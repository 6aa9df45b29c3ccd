"""Links by which people come into a room."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.invitations import Invitation, InvitationQuerySet
from chat.models.rooms import Room


class RoomInvitation(models.Model):
    """Into which room an invitation leads; one without leads to the site alone."""

    invitation = models.OneToOneField(Invitation, models.CASCADE, related_name="into")
    # Stays when the room goes: into the site alone it does not lead then either.
    room = models.ForeignKey(Room, models.SET_NULL, null=True, related_name="invitations")

    objects: ClassVar[models.Manager[RoomInvitation]]

    def __str__(self) -> str:
        return f"into {self.room}, {self.invitation}"

    @staticmethod
    def links_into(room: Room | None) -> InvitationQuerySet:
        """Those that let somebody in, newest first; without a room, those of the site."""
        links = Invitation.objects.in_force().not_used_up().select_related("made_by")
        into = {"into__room": room} if room else {"into": None, "made_by__is_superuser": True}
        return links.filter(**into).order_by("-pk")
