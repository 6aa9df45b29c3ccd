"""Files over HTTP: uploaded, and handed to those who may see the room, checked each time."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chat import access, commands, events, shelf
from chat.actions.rooms import enter_room
from chat.actions.uploading import take_back
from chat.actions.uploading import upload as store_upload
from chat.answers import as_json, json, signed_in
from chat.bodies import read_form
from chat.errors import ChatError, bad_frame, no_such_message
from chat.limits import CONTENT_TYPE_CHARS, FILE_NAME_CHARS
from chat.node import node
from chat.protocol import Ok
from chat.sending import pieces

UNKNOWN = "application/octet-stream"
CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
# What a browser is told of every file: it is no page, and runs nothing.
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Its own reader may keep it, but asks each time whether it is still theirs to see.
    "Cache-Control": "private, no-cache",
}


class DiskHandler(TemporaryFileUploadHandler):
    """Files of a request straight to the disk; one that has no room left says so by itself."""

    def new_file(self, *arguments: Any, **named: Any) -> None:
        try:
            shelf.incoming()
            super().new_file(*arguments, **named)
        except OSError:
            self.give_up()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            self.file.write(raw_data)
        except OSError:
            self.give_up()

    def give_up(self) -> None:
        # The view, which comes behind the reading of the form, tells what happened.
        self.request.has_no_space = True  # type: ignore[union-attr]
        raise StopUpload(connection_reset=False)


@require_POST
@as_json
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """A file for a message that will be posted in the room, by somebody who may."""
    user = signed_in(request)
    commands.hurry_slowly(user, node.uploads)
    room = access.room(user, slug)
    access.refuse_unless_open(room, enter_room(room=room, user=user))
    file = file_of(request, most=settings.UPLOAD_BYTES)
    attachment = store_upload(
        room=room,
        uploader=user,
        path=Path(file.temporary_file_path()),
        name=clean_name(file.name or ""),
        content_type=clean_type(file.content_type or ""),
    )
    return json(events.attachment(attachment.told, room.slug), status=201)


def file_of(request: HttpRequest, *, most: int) -> TemporaryUploadedFile:
    """Of at most so many bytes. Raises ChatError: bad_frame, empty, too_long, unavailable."""
    read_form(request)
    if getattr(request, "has_no_space", False):
        raise shelf.no_space()
    file = request.FILES.get("file")
    if file is None:
        raise bad_frame(_("The request has no file in a field of that name."))
    if not file.size:
        raise ChatError("empty", _("This file is empty."))
    if file.size > most:
        raise ChatError("too_long", _("A file has at most %(most)s MB."), most=most // 2**20)
    shelf.check_space(file.size)
    return cast(TemporaryUploadedFile, file)


@require_http_methods(["GET", "HEAD", "DELETE"])
@as_json
def file(request: HttpRequest, slug: str, attachment_id: int) -> HttpResponse:
    user = signed_in(request)
    if request.method == "DELETE":
        take_back(attachment=access.own_upload(user, slug, attachment_id))
        return json(Ok())
    attachment = access.attachment(user, slug, attachment_id)
    content_type = attachment.content_type if attachment.is_picture else UNKNOWN
    response = sent(request, shelf.place_of(attachment.key), content_type, attachment.key)
    is_saved = not attachment.is_picture or "save" in request.GET
    response["Content-Disposition"] = content_disposition_header(is_saved, attachment.name) or ""
    return response


@require_safe
@as_json
def thumbnail(request: HttpRequest, slug: str, attachment_id: int) -> HttpResponse:
    attachment = access.attachment(signed_in(request), slug, attachment_id)
    if not attachment.is_picture:
        raise no_such_message()
    return sent(request, shelf.thumbnail_of(attachment.key), "image/webp", f"{attachment.key}-t")


def sent(request: HttpRequest, path: Path, content_type: str, etag: str) -> HttpResponse:
    """Raises ChatError(no_such_message) where the file is gone."""
    etag = f'"{etag}"'
    response: HttpResponse
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponseNotModified()
    else:
        try:
            size = path.stat().st_size
        except OSError:
            raise no_such_message() from None
        body = [b""] if request.method == "HEAD" else pieces(path)
        response = cast(HttpResponse, StreamingHttpResponse(body, content_type=content_type))
        response["Content-Length"] = str(size)
    response["ETag"] = etag
    for name, value in SAFE.items():
        response[name] = value
    return response


# --- What somebody calls their file


def clean_name(name: str) -> str:
    """On one line, without a path and without what cannot be seen or turns the direction."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    stem, dot, ending = " ".join(seen.split()).strip(". ").rpartition(".")
    if not dot or len(ending) > FILE_NAME_CHARS // 4:
        return (stem + dot + ending)[:FILE_NAME_CHARS] or "file"
    return f"{stem[: FILE_NAME_CHARS - len(ending) - 1]}.{ending}"


def clean_type(content_type: str) -> str:
    told = content_type.partition(";")[0].strip().lower()[:CONTENT_TYPE_CHARS]
    return told if CONTENT_TYPE.fullmatch(told) else UNKNOWN
