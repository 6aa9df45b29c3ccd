"""The pages, and the protocol's commands over HTTP (docs/protocol.md, section 6)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import csrf
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from chat import access, commands, events, history, protocol
from chat.actions.members import ban, invite, lift_ban, remove
from chat.actions.rooms import enter_room, open_room
from chat.bodies import (
    Invitation,
    MemberAnswer,
    NewRoom,
    json,
    read_body,
    read_query,
    wants_json,
)
from chat.errors import ChatError
from chat.forms import RoomForm
from chat.limits import FRAME_BYTES, MESSAGE_CHARS
from chat.models import Membership, Message, Room

View = Callable[..., HttpResponse]


# --- Pages


@require_http_methods(["GET", "HEAD", "POST"])
def chat_page(request: HttpRequest) -> HttpResponse:
    """The rooms, and a field to enter or to make one; for scripts, the way to make one."""
    if request.method == "POST" and wants_json(request):
        return make_room(request)
    return rooms_page(request)


@login_required
def rooms_page(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = RoomForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        room, _is_new = open_room(name=form.cleaned_data["name"], by=user)
        return redirect("room", room.slug)
    context = {"form": form, "rooms": rooms_for(user)}
    return render(request, "chat/rooms.html", context, status=400 if form.is_bound else 200)


@login_required
@require_GET
def room_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A room with its newest messages. Entering it makes a first-time visitor its member."""
    user = signed_in(request)
    try:
        room = access.room(user, slug)
        enter_room(room=room, user=user, by_page=True)
    except ChatError as refusal:
        status = refusal.http_status
        return render(request, f"{status}.html", {"detail": refusal.detail}, status=status)
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


def as_json(view: View) -> View:
    """Signed in or 401; refusals become their status with `code` and `detail`."""

    @wraps(view)
    def answering(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise ChatError("not_signed_in", "Sign in first.")
            return view(request, **arguments)
        except Exception as problem:
            refusal = commands.as_refusal(problem)
            if refusal is None:
                raise
            return refused(refusal)

    return answering


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


# --- Members


@require_POST
@as_json
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite somebody, or change what they are in the room."""
    by = access.moderated_room(signed_in(request), slug)
    wanted = read_body(request, Invitation)
    membership = invite(by=by, user=access.person(wanted.username), role=wanted.role)
    return json(member_of(membership, wanted.username), status=201)


@require_http_methods(["DELETE"])
@as_json
def member(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Put somebody out, or leave."""
    user = signed_in(request)
    someone = access.person(username)
    by = access.own_membership(user, slug) if someone == user else None
    remove(by=by or access.moderated_room(user, slug), user=someone)
    return json(protocol.Ok())


@require_http_methods(["POST", "DELETE"])
@as_json
def room_ban(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    by = access.moderated_room(signed_in(request), slug)
    (ban if request.method == "POST" else lift_ban)(by=by, user=access.person(username))
    return json(protocol.Ok())


def member_of(membership: Membership, username: str) -> MemberAnswer:
    return MemberAnswer(room=membership.room.slug, username=username, role=membership.role)


def own_membership(user: User, room: Room) -> Membership:
    return Membership.objects.with_unread().select_related("room").get(room=room, user=user)


def signed_in(request: HttpRequest) -> User:
    """The user, behind a door that lets only signed-in people pass."""
    if not isinstance(request.user, User):
        raise ChatError("not_signed_in", "Sign in first.")
    return request.user


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's page, or JSON for a script (the setting CSRF_FAILURE_VIEW)."""
    if wants_json(request):
        return refused(ChatError("forbidden", "The request lacks this session's CSRF token."))
    return csrf.csrf_failure(request, reason)


def refused(refusal: ChatError) -> HttpResponse:
    body = protocol.Error(
        code=refusal.code,
        detail=refusal.detail,
        retry_after=refusal.retry_after or msgspec.UNSET,
    )
    response = json(body, status=refusal.http_status)
    if refusal.retry_after:
        response["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response
