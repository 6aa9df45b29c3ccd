"""Everybody with an account, found by the beginning of their name: whom to write to."""

from __future__ import annotations

from typing import Annotated

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec import Meta, Struct

from chat import access, commands, events
from chat.answers import as_json, as_page, json, signed_in
from chat.bodies import convert, wants_json
from chat.limits import USERNAME_CHARS
from chat.node import node
from chat.protocol import Found


class NameQuery(Struct):
    q: Annotated[str, Meta(max_length=USERNAME_CHARS)] = ""


@require_safe
def people_page(request: HttpRequest) -> HttpResponse:
    """For scripts who is found; for people the page on which a conversation begins."""
    return found_people(request) if wants_json(request) else new_conversation(request)


@as_json
def found_people(request: HttpRequest) -> HttpResponse:
    return json(found(request, convert(request.GET.dict(), NameQuery).q))


@login_required
@as_page
def new_conversation(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("q", "").replace("\0", "")[:USERNAME_CHARS]
    context = {"q": wanted, "found": found(request, wanted), "username_chars": USERNAME_CHARS}
    return render(request, "chat/people.html", context)


def found(request: HttpRequest, wanted: str) -> Found:
    commands.hurry_slowly(signed_in(request), node.replays)
    people, more = access.people_called(wanted.strip().removeprefix("@"))
    return Found(people=[events.account(each) for each in people], more=more)
