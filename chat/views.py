"""The pages, and the protocol's commands over HTTP (docs/protocol.md, section 6)."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from chat import access, commands, events, history, protocol
from chat.actions.rooms import enter_room, open_room
from chat.answers import as_json, as_page, json, signed_in
from chat.bodies import NewRoom, read_body, read_query, wants_json
from chat.forms import RoomForm
from chat.limits import FRAME_BYTES, MESSAGE_CHARS
from chat.models import Membership, Message, Room

# --- Pages


@require_http_methods(["GET", "HEAD", "POST"])
def chat_page(request: HttpRequest) -> HttpResponse:
    """The rooms, and a field to enter or to make one; for scripts, the way to make one."""
    if request.method == "POST" and wants_json(request):
        return make_room(request)
    return rooms_page(request)


@login_required
@as_page
def rooms_page(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = RoomForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        commands.hurry_slowly(user)
        kind = Room.Kind.PRIVATE if form.cleaned_data["private"] else Room.Kind.PUBLIC
        room, _is_new = open_room(name=form.cleaned_data["name"], by=user, kind=kind)
        return redirect("room", room.slug)
    context = {"form": form, "rooms": rooms_for(user)}
    return render(request, "chat/rooms.html", context)


@login_required
@require_GET
@as_page
def room_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A room with its newest messages. Entering it makes a first-time visitor its member."""
    user = signed_in(request)
    room = access.room(user, slug)
    enter_room(room=room, user=user, by_page=True)
    page = {
        "user": events.account(user),
        "room": events.room_summary(own_membership(user, room)),
        "history": history.newest(room),
        "limits": protocol.Limits(message_chars=MESSAGE_CHARS, frame_bytes=FRAME_BYTES),
        "urls": {
            "socket": "/ws/chat/?batch=1",
            "history": reverse("messages", args=[room.slug]),
            "login": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
        },
    }
    context = {"room": room, "rooms": rooms_for(user), "page": msgspec.to_builtins(page)}
    return render(request, "chat/room.html", context)


def rooms_for(user: User) -> list[Room]:
    """The rooms that a user may enter, with `joined`, `unread` and `last_posted_at`."""
    memberships = Membership.objects.belonging().with_unread().filter(user=user)
    unread = {each.room_id: each.unread for each in memberships}
    last = Message.objects.filter(room=OuterRef("pk")).order_by("-seq").values("created_at")[:1]
    rooms = list(Room.objects.visible_to(user).annotate(last_posted_at=Subquery(last)))
    for room in rooms:
        room.joined = room.pk in unread  # type: ignore[attr-defined]
        room.unread = unread.get(room.pk, 0)  # type: ignore[attr-defined]
    return sorted(rooms, key=lambda room: room.identity)


# --- The protocol over HTTP


@require_http_methods(["GET", "HEAD", "POST"])
@as_json
def messages(request: HttpRequest, slug: str) -> HttpResponse:
    """Pages of history, and `message.post`."""
    if request.method == "POST":
        return post_message(request, slug)
    return read_history(request, slug)


def read_history(request: HttpRequest, slug: str) -> HttpResponse:
    room = access.room(signed_in(request), slug)
    query = read_query(request)
    if query.around is not None:
        return json(history.around(room, query.around, limit=query.page))
    if query.after is not None:
        return json(history.since(room, query.after, limit=query.page))
    return json(history.newest(room, before=query.before, limit=query.page))


def post_message(request: HttpRequest, slug: str) -> HttpResponse:
    command = read_body(request, protocol.PostMessage)
    command.room = slug
    ack = commands.post(commands.Sender(signed_in(request)), command)
    return json(ack, status=200 if ack.duplicate else 201)


@as_json
def make_room(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    commands.hurry_slowly(user)
    wanted = read_body(request, NewRoom)
    room, is_new = open_room(name=wanted.name, by=user, kind=wanted.kind)
    enter_room(room=room, user=user)
    return json(events.room_summary(own_membership(user, room)), status=201 if is_new else 200)


def own_membership(user: User, room: Room) -> Membership:
    return Membership.objects.with_unread().select_related("room").get(room=room, user=user)
