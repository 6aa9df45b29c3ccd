"""What a request over HTTP carries, and its answer, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from msgspec import Meta, Struct
from msgspec.structs import asdict

from chat.errors import ChatError, bad_frame
from chat.limits import (
    FRAME_BYTES,
    HISTORY_PAGE,
    HISTORY_PAGE_MOST,
    LINK_DAYS,
    LINK_DAYS_MOST,
    LINK_USES_MOST,
)
from chat.protocol import ESCAPED_NUL, Id, Tick, why

T = TypeVar("T", bound=Struct)

# Somebody may be named twice; how many people there are is counted afterwards.
PEOPLE_NAMED = 100

JSON = "application/json"


class NewRoom(Struct):
    name: str = ""
    kind: Literal["public", "private", "direct"] = "public"
    # Usernames; of a conversation.
    people: Annotated[list[str], Meta(max_length=PEOPLE_NAMED)] = []


class Invitation(Struct):
    username: str
    role: Literal["member", "moderator", "owner"] = "member"


class NewLink(Struct):
    """An invitation link; 0 means that there is no limit."""

    days: Annotated[int, Meta(ge=0, le=LINK_DAYS_MOST)] = LINK_DAYS
    uses: Annotated[int, Meta(ge=0, le=LINK_USES_MOST)] = 0


class RoomSettings(Struct):
    """What is left out stays as it is."""

    name: str | None = None
    topic: str | None = None
    posting: Literal["everybody", "moderators"] | None = None
    archived: bool | None = None

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


class HistoryQuery(Struct):
    """`limit` is brought into its range rather than refused."""

    before: Tick | None = None
    after: Tick | None = None
    around: Id | None = None
    limit: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] = HISTORY_PAGE

    @property
    def page(self) -> int:
        return max(1, min(self.limit, HISTORY_PAGE_MOST))


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks rather than a page's form."""
    return request.content_type == JSON or (
        request.accepts(JSON) and not request.accepts("text/html")
    )


def read_body(request: HttpRequest, kind: type[T]) -> T:
    """A JSON or form body as a struct. Raises ChatError: bad_frame, too_long."""
    if request.content_type != JSON:
        return convert(read_form(request), kind)
    body = read_bytes(request)
    try:
        text = body.decode()
        if ESCAPED_NUL.search(text):
            raise bad_frame(_("A text cannot hold the NUL character."))
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise bad_frame(_("The request cannot be read: %(why)s."), why=why(error)) from None


def read_new_room(request: HttpRequest) -> NewRoom:
    """The same for a new room, whose form may name several people. Raises ChatError."""
    if request.content_type == JSON:
        return read_body(request, NewRoom)
    fields = read_form(request)
    return convert({**fields, "people": request.POST.getlist("people")}, NewRoom)


def read_bytes(request: HttpRequest) -> bytes:
    too_long = ChatError("too_long", _("A request has at most %(most)s bytes."), most=FRAME_BYTES)
    try:
        body = request.body
    except RequestDataTooBig:
        raise too_long from None
    if len(body) > FRAME_BYTES:
        raise too_long
    return body


def read_form(request: HttpRequest) -> dict[str, Any]:
    """Raises ChatError: bad_frame, too_long."""
    try:
        fields = request.POST
    except RequestDataTooBig:
        raise ChatError("too_long", _("The form is too large.")) from None
    except (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError):
        raise bad_frame(_("The form cannot be read.")) from None
    # As a frame or JSON may have: what reads them goes over them letter by letter.
    if any(len(value) > FRAME_BYTES for __, values in fields.lists() for value in values):
        raise ChatError("too_long", _("The form is too large."))
    return fields.dict()


def read_query(request: HttpRequest) -> HistoryQuery:
    return convert(request.GET.dict(), HistoryQuery)


def convert(fields: dict[str, Any], kind: type[T]) -> T:
    """A form's fields, which are all text."""
    if any("\0" in value for value in fields.values()):
        raise bad_frame(_("A text cannot hold the NUL character."))
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.MsgspecError as error:
        raise bad_frame(_("The request cannot be read: %(why)s."), why=why(error)) from None
