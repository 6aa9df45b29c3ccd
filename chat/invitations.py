"""Links that invite: opened by whoever has one, made by moderators and administrators."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from msgspec import Struct

from accounts.adapter import INVITATION_KEY
from accounts.models import Invitation, User
from chat import access, commands, protocol
from chat.access import Invited
from chat.actions.invitations import come_by_link, make_link, revoke_link
from chat.answers import as_page, by_form_or_json, signed_in
from chat.bodies import NewLink, read_body
from chat.errors import ChatError, no_such_room
from chat.members import is_deletion
from chat.models import RoomInvitation
from chat.node import node

# In the session, beside the key of the invitation that was accepted.
ACCEPTED_AT = "invitation_accepted_at"
# To sign up takes some minutes, and to confirm an address some more.
COMES_BACK_SECONDS = 30 * 60

# --- Opened


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Where a link leads, and a button to go there. To open it changes nothing.

    Who pressed the button before they had an account, or were signed in, is not asked again.
    """
    # To open one counts as well: allauth's public function looks at what is posted alone.
    if not ratelimit.consume(request, app="allauth.account", action="link", limit_get=True):
        too_many: HttpResponse = ratelimit.respond_429(request)
        return too_many
    return answer_invitation(request, token=token)


@as_page
def answer_invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        invited = access.invitation(request.user, token)
        if request.method == "POST" or is_coming_back(request, invited):
            return accept(request, invited)
    except ChatError as refusal:
        if refusal.code != "no_such_invitation":
            raise
        return render(request, "registration/join_over.html", status=404)
    if isinstance(request.user, User) and (invited.belongs or not invited.room):
        return arrive(request, invited)
    context = {"invitation": invited.invitation, "room": invited.room}
    return render(request, "registration/join.html", context)


def is_coming_back(request: HttpRequest, invited: Invited) -> bool:
    """From signing up or in, for which the button of this very link was pressed a while ago.

    Whoever is the next at a shared machine, later than that, is asked.
    """
    is_signed_in = request.method == "GET" and isinstance(request.user, User)
    is_the_same = request.session.get(INVITATION_KEY) == invited.invitation.key
    age = time.time() - request.session.get(ACCEPTED_AT, 0)
    return is_signed_in and is_the_same and age < COMES_BACK_SECONDS


def accept(request: HttpRequest, invited: Invited) -> HttpResponse:
    if not isinstance(request.user, User):
        return come_in_first(request, invited)
    commands.hurry_slowly(request.user)
    if invited.room:
        come_by_link(link=invited.invitation, room=invited.room, user=request.user)
    return arrive(request, invited)


def come_in_first(request: HttpRequest, invited: Invited) -> HttpResponse:
    """Sign up or sign in, and come back. The session remembers what opens a closed sign-up."""
    request.session[INVITATION_KEY] = invited.invitation.key
    request.session[ACCEPTED_AT] = time.time()
    door = "account_login" if "has_account" in request.POST else "account_signup"
    return redirect(f"{reverse(door)}?{urlencode({'next': request.path})}")


def arrive(request: HttpRequest, invited: Invited) -> HttpResponse:
    for key in (INVITATION_KEY, ACCEPTED_AT):
        request.session.pop(key, None)
    return redirect("room", invited.room.slug) if invited.room else redirect("first-room")


# --- Made


class LinkAnswer(Struct):
    id: int
    link: str
    expires: str | None
    uses: int | None


def link_answer(request: HttpRequest, link: Invitation) -> LinkAnswer:
    return LinkAnswer(
        id=link.pk,
        link=request.build_absolute_uri(link.get_absolute_url()),
        expires=protocol.timestamp(link.expires_at) if link.expires_at else None,
        uses=link.uses_most,
    )


@require_http_methods(["POST"])
def room_links(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a link into a room; those that are in force stand on its members' page."""

    def make() -> Struct:
        by = access.moderated_room(signed_in(request), slug)
        wanted = read_body(request, NewLink)
        link = make_link(by=by.user, room=by.room, days=wanted.days, uses=wanted.uses)
        return link_answer(request, link)

    return by_form_or_json(
        request,
        make,
        back="members",
        slug=slug,
        notice=_("The link is made: copy it below."),
        status=201,
        buckets=node.invitations,
    )


@require_http_methods(["POST", "DELETE"])
def room_link(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Revoke it; a form, which knows no DELETE, posts `_method`."""

    def revoke() -> Struct:
        by = access.moderated_room(signed_in(request), slug)
        if not is_deletion(request):
            raise ChatError("bad_frame", _("A link can be revoked, and nothing else."))
        revoke_link(link=access.room_link(by, number))
        return protocol.Ok()

    return by_form_or_json(request, revoke, back="members", slug=slug, notice=_("Revoked."))


# --- Made by administrators, to the site


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@as_page
def site_links(request: HttpRequest) -> HttpResponse:
    """Links that open the sign-up and lead to the first room."""
    user = administrator(request)
    if request.method == "POST":
        commands.hurry_slowly(user, node.invitations)
        wanted = read_body(request, NewLink)
        make_link(by=user, room=None, days=wanted.days, uses=wanted.uses)
        return redirect("site-links")
    return render(
        request, "chat/site_links.html", links_of(request, RoomInvitation.links_into(None))
    )


@require_http_methods(["POST"])
@login_required
@as_page
def site_link(request: HttpRequest, number: int) -> HttpResponse:
    commands.hurry_slowly(administrator(request))
    revoke_link(link=access.site_link(number))
    return redirect("site-links")


def administrator(request: HttpRequest) -> User:
    """Absent for everybody else."""
    user = signed_in(request)
    if not user.is_superuser:
        raise no_such_room()
    return user


def links_of(request: HttpRequest, links: Any) -> dict[str, Any]:
    return {"links": links, "here": request.build_absolute_uri("/").rstrip("/")}
