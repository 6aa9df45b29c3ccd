"""The pictures that people have of themselves: chosen on the page of their account, and seen by
everybody who is signed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from msgspec import Struct

from accounts.signals import picture_dropped
from chat import access, events, shelf
from chat.actions import portraits as actions
from chat.answers import as_json, by_form_or_json, signed_in
from chat.bodies import read_form
from chat.errors import no_such_portrait
from chat.limits import PORTRAIT_BYTES
from chat.node import node
from chat.uploads import SAFE, file_of

# A new picture has a new address, and whoever may see one may see all.
KEPT = "private, max-age=31536000, immutable"


def begin() -> None:
    picture_dropped.connect(on_picture_dropped)


def on_picture_dropped(picture: str, **_: Any) -> None:
    actions.forget(picture)


@require_safe
@as_json
def portrait(request: HttpRequest, username: str, key: str) -> HttpResponse:
    signed_in(request)
    try:
        content = shelf.portrait_of(access.portrayed(username, key).picture).read_bytes()
    except OSError:
        raise no_such_portrait() from None
    headers = {**SAFE, "Cache-Control": KEPT}
    return HttpResponse(content, content_type="image/webp", headers=headers)


@require_http_methods(["POST", "DELETE"])
def own_portrait(request: HttpRequest) -> HttpResponse:
    """Choose one or have none; a form, which knows no DELETE, posts `_method`."""
    return by_form_or_json(
        request,
        lambda: changed(request),
        back="account_profile",
        notice=_("Saved."),
        buckets=node.portraits,
    )


def changed(request: HttpRequest) -> Struct:
    user = signed_in(request)
    if request.method == "DELETE" or read_form(request).get("_method") == "delete":
        actions.hide(user=user)
    else:
        file = file_of(request, most=min(PORTRAIT_BYTES, settings.UPLOAD_BYTES))
        actions.show(user=user, path=Path(file.temporary_file_path()))
    return events.account(user)
