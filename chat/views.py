"""The pages, and the protocol's commands over HTTP (docs/protocol.md, section 6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from msgspec import Struct

from accounts.models import User
from chat import access, commands, drawing, events, finding, history, names, protocol
from chat.actions.conversations import open_conversation
from chat.actions.rooms import enter_room, open_room
from chat.answers import as_json, as_page, compact, json, kept_while_it_is_the_same, signed_in
from chat.bodies import read_body, read_new_room, read_query, wants_json
from chat.errors import ChatError, no_such_room
from chat.forms import RoomForm
from chat.limits import LOBBY_PAGE, ROOM_NAME_CHARS
from chat.models import Membership, Room
from chat.models.own_rooms import OwnRoom, own_room, own_rooms
from chat.models.rooms import MODERATING
from chat.node import node

SHOWN_MOST = 999

# --- Pages


@require_http_methods(["GET", "HEAD", "POST"])
def chat_page(request: HttpRequest) -> HttpResponse:
    """The rooms, and a field to enter or to make one; for scripts, the way to find or make one."""
    if wants_json(request):
        return make_room(request) if request.method == "POST" else finding.rooms(request)
    if request.method == "POST" and request.POST.get("kind") == Room.Kind.DIRECT:
        return start_conversation(request)
    return rooms_page(request)


@login_required
@as_page
def rooms_page(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = RoomForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        commands.hurry_slowly(user, node.rooms)
        kind = Room.Kind.PRIVATE if form.cleaned_data["private"] else Room.Kind.PUBLIC
        room, _is_new = open_room(name=form.cleaned_data["name"], by=user, kind=kind)
        return redirect("room", room.slug)
    own = own_rooms(user.pk)
    context = {
        "form": form,
        "conversations": own_conversations(own),
        "page": drawing.embedded(msgspec.json.encode(start_of_lobby(user, own, request.path))),
        **lobby(user, own, request.GET),
    }
    return render(request, "chat/rooms.html", context)


@login_required
@as_page
def start_conversation(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    try:
        commands.hurry_slowly(user, node.rooms)
        people = access.people(read_new_room(request).people)
        room, _is_new = open_conversation(by=user, people=people)
    except ChatError as refusal:
        notices.error(request, refusal.detail)
        return redirect("people-page")
    return redirect("room", room.slug)


class LobbyPage(Struct):
    """What the script of the page of all rooms starts with."""

    user: protocol.Account
    rooms: list[protocol.RoomSummary]
    urls: dict[str, str]
    notify: dict[str, str]


def start_of_lobby(user: User, own: list[OwnRoom], path: str) -> LobbyPage:
    return LobbyPage(
        user=events.account(user),
        rooms=[events.room_summary(each) for each in own],
        urls=live_urls(path),
        notify=chosen_levels(own),
    )


def own_conversations(own: list[OwnRoom]) -> list[OwnRoom]:
    """By the names of their people."""
    direct = (each for each in own if each.kind == Room.Kind.DIRECT)
    return sorted(direct, key=lambda each: each.name.casefold())


@login_required
@require_safe
@as_page
def first_room(request: HttpRequest) -> HttpResponse:
    """The oldest of the rooms for everybody, or the list of all where there is none."""
    found = Room.objects.visible_to(signed_in(request)).filter(kind=Room.Kind.PUBLIC)
    room = found.order_by("pk").first()
    return redirect("room", room.slug) if room else redirect("chat-page")


def lobby(user: User, known_rooms: list[OwnRoom], query: QueryDict) -> dict[str, Any]:
    """One page of the rooms that a user may enter, with `last_posted_at`, and what waits there."""
    wanted = query.get("q", "").replace("\0", "")[:ROOM_NAME_CHARS].strip()
    number = page_number(query.get("page", ""))
    start = (number - 1) * LOBBY_PAGE
    found = Room.objects.by_name(user, names.identity(wanted))
    *rooms, beyond = [*found[start : start + LOBBY_PAGE + 1], None][: LOBBY_PAGE + 1]
    own = {each.room_id: each for each in known_rooms}
    for room in rooms:
        known = own.get(room.pk)
        room.joined = known is not None
        room.unread, room.calls = (known.unread, known.calls) if known else (0, 0)
        room.level = known.level if known else ""
    return {
        "rooms": rooms,
        "q": wanted,
        "number": number,
        "has_next": beyond is not None,
        "is_long": bool(wanted or beyond or number > 1),
    }


def page_number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return max(1, int(text)) if is_number else 1


class RoomPage(Struct):
    """What the page's script starts with."""

    user: protocol.Account
    room: protocol.RoomSummary
    history: protocol.History
    limits: protocol.Limits
    urls: dict[str, str]
    notify: dict[str, str]


@login_required
@require_safe
@as_page
def room_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A room with its newest messages. Entering it makes a first-time visitor its member."""
    user = signed_in(request)
    rooms = own_rooms(user.pk)
    own = access.among(rooms, slug)
    if own is None:
        enter_room(room=access.room(user, slug), user=user, by_page=True)
        rooms = own_rooms(user.pk)
        own = access.among(rooms, slug)
    if own is None:
        # Put out in this very moment.
        raise no_such_room()
    drawn = drawing.room_page(
        own.kind,
        closed=access.why_closed(own.archived, own.posting, own.role),
        is_alone=own.is_alone,
        is_staff=user.is_staff,
        has_topic=bool(own.topic),
        invites=own.role in MODERATING,
    )
    named = [each for each in rooms if each.kind != Room.Kind.DIRECT]
    text = drawn.fill(
        name=own.name,
        topic=own.topic,
        links=links(named, own),
        conversations=links(own_conversations(rooms), own),
        members=drawing.address("members", slug),
        settings=drawing.address("room-settings", slug),
        level=own.level,
        theme=user.theme,
        username=user.username,
        person=user.name,
        portrait=user.picture,
        csrf_token=get_token(request),
        page=drawing.embedded(msgspec.json.encode(start_of(user, own, rooms, request.path))),
    )
    return compact(request, text)


def start_of(user: User, own: OwnRoom, rooms: list[OwnRoom], path: str) -> RoomPage:
    return RoomPage(
        user=events.account(user),
        room=events.room_summary(own),
        history=history.newest(own),
        limits=events.limits(),
        urls={
            **live_urls(path),
            "history": drawing.address("messages", own.slug),
            "people": drawing.address("people", own.slug),
            "members": drawing.address("members", own.slug),
            "notify": drawing.address("notify", own.slug),
            "uploads": drawing.address("uploads", own.slug),
        },
        notify=chosen_levels(rooms),
    )


def live_urls(path: str) -> dict[str, str]:
    """What every page needs that hears news: where from, and where to sign in and come back."""
    login = f"{reverse('account_login')}?{urlencode({'next': path})}"
    return {"socket": "/ws/chat/?batch=1", "login": login}


def chosen_levels(rooms: list[OwnRoom]) -> dict[str, str]:
    """Of what their reader wants to be told, by room, where it differs from what its kind has."""
    return {each.slug: each.notify for each in rooms if each.notify}


def links(rooms: list[OwnRoom], current: OwnRoom) -> SafeString:
    """To rooms, for the sidebar."""
    return mark_safe("".join(link(each, is_current=each is current) for each in rooms))  # noqa: S308


def link(own: OwnRoom, *, is_current: bool) -> SafeString:
    is_quiet = own.level == Membership.Notify.NOTHING
    drawn = drawing.room_link(
        own.kind,
        archived=bool(own.archived),
        has_unread=own.unread > 0 and not is_quiet,
        has_calls=own.calls > 0,
        is_quiet=is_quiet,
        is_current=is_current,
    )
    face = own.face
    return drawn.fill(
        slug=own.slug,
        address=drawing.address("room", own.slug),
        name=_("%(name)s (you)") % {"name": own.name} if own.is_alone else own.name,
        person=face.username,
        face=face.name,
        picture=face.picture,
        count=shown(own.calls or own.unread),
    )


def shown(count: int) -> str:
    """As the page itself goes on to write it (elements/room-list.js)."""
    return str(count) if count <= SHOWN_MOST else f"{SHOWN_MOST}+"


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
        page = history.around(room, query.around, limit=query.page)
    elif query.after is not None:
        page = history.since(room, query.after, limit=query.page)
    else:
        page = history.newest(room, before=query.before, limit=query.page)
    return kept_while_it_is_the_same(request, page)


def post_message(request: HttpRequest, slug: str) -> HttpResponse:
    command = read_body(request, protocol.PostMessage)
    command.room = slug
    ack = commands.post(commands.Sender(signed_in(request)), command)
    return json(ack, status=200 if ack.duplicate else 201)


@as_json
def make_room(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    commands.hurry_slowly(user, node.rooms)
    wanted = read_new_room(request)
    if wanted.kind == "direct":
        room, is_new = open_conversation(by=user, people=access.people(wanted.people))
    else:
        room, is_new = open_room(name=wanted.name, by=user, kind=wanted.kind)
        enter_room(room=room, user=user)
    own = own_room(user.pk, room.pk)
    return json(events.room_summary(own), status=201 if is_new else 200)
