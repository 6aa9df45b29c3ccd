"""Who belongs to a room, over HTTP: JSON for scripts, and a plain page with the same in forms."""

from __future__ import annotations

from typing import Annotated

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from msgspec import Meta, Struct

from chat import access, commands, events, mentions, protocol
from chat.actions import members as actions
from chat.answers import as_json, as_page, by_form_or_json, json, signed_in
from chat.bodies import Invitation, convert, read_body
from chat.limits import MEMBERS_PAGE, NAMESAKES_TOLD, USERNAME_CHARS
from chat.models import Membership, RoomInvitation
from chat.node import node
from chat.protocol import Ok


class MemberAnswer(Struct):
    room: str
    username: str
    role: str


class NamesakeQuery(Struct):
    q: Annotated[str, Meta(min_length=1, max_length=USERNAME_CHARS)]


class MembersQuery(Struct):
    """`after` is a username as it is compared, of whom the page before ended with."""

    find: Annotated[str, Meta(max_length=USERNAME_CHARS + 1)] = ""
    after: Annotated[str, Meta(max_length=USERNAME_CHARS * 3)] = ""


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite somebody, or change what they are in the room; the page lists who belongs."""
    if request.method != "POST" and "q" in request.GET:
        return namesakes(request, slug=slug)
    if request.method != "POST":
        return members_page(request, slug=slug)
    return by_form_or_json(
        request,
        lambda: invite(request, slug),
        back="members",
        slug=slug,
        notice=_("Saved."),
        status=201,
        buckets=node.invitations,
    )


@require_http_methods(["POST", "DELETE"])
def member(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Put somebody out, or leave oneself. A form, which knows no DELETE, posts `_method`."""
    if not is_deletion(request):
        return HttpResponseNotAllowed(["DELETE"])
    is_leaving = request.user.get_username() == username
    return by_form_or_json(
        request,
        lambda: put_out(request, slug, username),
        back="room-settings" if is_leaving else "members",
        slug=slug,
        notice=_("It is gone from your list.") if is_leaving else _("Removed."),
    )


@require_http_methods(["POST", "DELETE"])
def ban(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    return by_form_or_json(
        request,
        lambda: set_ban(request, slug, username),
        back="members",
        slug=slug,
        notice=_("The ban is lifted.") if is_deletion(request) else _("Banned."),
    )


@as_json
def namesakes(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom to mention: the first of those who belong to the room whose usernames begin so."""
    user = signed_in(request)
    commands.hurry_slowly(user, node.replays)
    own = access.own_membership(user, slug)
    query = convert(request.GET.dict(), NamesakeQuery)
    belonging = Membership.objects.filter(room=own.room).belonging().select_related("user")
    found = [each.user for each in belonging.called(query.q)[:NAMESAKES_TOLD]]
    people = [events.account(each) for each in found]
    everybody = mentions.may_call_everybody(own)
    return json(protocol.Namesakes(room=own.room.slug, people=people, everybody=everybody))


@login_required
@as_page
def members_page(request: HttpRequest, slug: str) -> HttpResponse:
    user = signed_in(request)
    own = access.own_membership(user, slug)
    if own.room.is_direct:
        return redirect("room-settings", slug)
    everybody = Membership.objects.filter(room=own.room).select_related("user")
    found = everybody.belonging().order_by("user__username_key")
    query = convert(request.GET.dict(), MembersQuery)
    if wanted := query.find.strip().removeprefix("@"):
        found = found.called(wanted)
    if query.after:
        found = found.filter(user__username_key__gt=query.after)
    page = list(found[: MEMBERS_PAGE + 1])
    context = {
        "room": own.room,
        "own": own,
        "members": page[:MEMBERS_PAGE],
        "has_more": len(page) > MEMBERS_PAGE,
        "wanted": wanted,
        "is_long": bool(wanted or query.after) or len(page) > MEMBERS_PAGE,
        "banned": everybody.filter(standing=Membership.Standing.BANNED),
        "must_stay": own.is_last_owner_of_others(),
        "roles": Membership.Role.choices,
        "links": RoomInvitation.links_into(own.room) if own.can_moderate else (),
        "here": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "chat/members.html", context)


# --- What is done


def invite(request: HttpRequest, slug: str) -> Struct:
    by = access.moderated_room(signed_in(request), slug)
    wanted = read_body(request, Invitation)
    membership = actions.invite(by=by, user=access.person(wanted.username), role=wanted.role)
    return MemberAnswer(room=by.room.slug, username=wanted.username, role=membership.role)


def put_out(request: HttpRequest, slug: str, username: str) -> Struct:
    user = signed_in(request)
    own = access.own_membership(user, slug)
    someone = own.user if username == user.username else access.person(username)
    if someone != user:
        own = access.moderated_room(user, slug)
    actions.remove(by=own, user=someone)
    return Ok()


def set_ban(request: HttpRequest, slug: str, username: str) -> Struct:
    by = access.moderated_room(signed_in(request), slug)
    is_lifted = is_deletion(request)
    (actions.lift_ban if is_lifted else actions.ban)(by=by, user=access.person(username))
    return Ok()


def is_deletion(request: HttpRequest) -> bool:
    return request.method == "DELETE" or request.POST.get("_method") == "delete"
