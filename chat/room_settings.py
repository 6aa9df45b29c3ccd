"""What a room is, for everybody in it; what it is called and allows, to change for some."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from msgspec import Struct

from chat import access, events
from chat.actions.settings import change_room
from chat.answers import as_page, by_form_or_json, signed_in
from chat.bodies import RoomSettings, read_body
from chat.limits import ROOM_NAME_CHARS, TOPIC_CHARS
from chat.models import Membership, Room
from chat.models.own_rooms import own_room


@require_http_methods(["GET", "HEAD", "POST"])
def room_settings(request: HttpRequest, slug: str) -> HttpResponse:
    if request.method != "POST":
        return settings_page(request, slug=slug)
    return by_form_or_json(
        request,
        lambda: change(request, slug),
        back="room-settings",
        slug=slug,
        notice=_("Saved."),
    )


def change(request: HttpRequest, slug: str) -> Struct:
    user = signed_in(request)
    by = access.own_membership(user, slug)
    change_room(room=by.room, by=by, **read_body(request, RoomSettings).changes())
    return events.room_summary(own_room(user.pk, by.room_id))


@login_required
@as_page
def settings_page(request: HttpRequest, slug: str) -> HttpResponse:
    user = signed_in(request)
    own = access.own_membership(user, slug)
    belonging = Membership.objects.belonging().filter(room=own.room)
    context = {
        "room": own_room(user.pk, own.room_id),
        "own": own,
        "count": belonging.count(),
        "must_stay": own.is_last_owner_of_others(),
        "posting": Room.Posting.choices,
        "name_chars": ROOM_NAME_CHARS,
        "topic_chars": TOPIC_CHARS,
    }
    return render(request, "chat/room_settings.html", context)
