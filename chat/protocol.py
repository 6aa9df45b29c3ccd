"""Every command and event on the wire. The contract in words is docs/protocol.md."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.utils.translation import gettext_lazy as _
from msgspec import UNSET, Meta, Struct, UnsetType

from chat.errors import ChatError, Sentence, bad_frame
from chat.limits import ATTACHMENTS_A_MESSAGE

VERSION = 1

# What fits a database's integer; a larger number is no id of ours.
Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Tick = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Ref = str | int | float
Reference = Ref | UnsetType | None


# --- Commands -------------------------------------------------------------------------------


class Command(Struct, kw_only=True):
    """What every command may carry. Fields that it does not know are ignored."""

    room: str | None = None
    ref: Ref | None = None


class PostMessage(Command):
    message: str = ""
    client_id: UUID | None = None
    reply_to: Id | None = None
    attachments: Annotated[list[Id], Meta(max_length=ATTACHMENTS_A_MESSAGE)] = []


class DeleteMessage(Command):
    message_id: Id


class EditMessage(Command):
    message_id: Id
    message: str = ""


class AddReaction(Command):
    message_id: Id
    emoji: str


class RemoveReaction(Command):
    message_id: Id
    emoji: str


class StartTyping(Command):
    pass


class StopTyping(Command):
    pass


class Subscribe(Command):
    after: Tick | None = None


class Unsubscribe(Command):
    pass


class ReadRoom(Command):
    seq: Tick
    unread: bool = False


class Ping(Command):
    pass


class BecomeIdle(Command):
    pass


class BecomeActive(Command):
    pass


COMMANDS: dict[str, type[Command]] = {
    "message.post": PostMessage,
    "message.edit": EditMessage,
    "message.delete": DeleteMessage,
    "reaction.add": AddReaction,
    "reaction.remove": RemoveReaction,
    "room.subscribe": Subscribe,
    "room.unsubscribe": Unsubscribe,
    "room.read": ReadRoom,
    "typing.start": StartTyping,
    "typing.stop": StopTyping,
    "presence.idle": BecomeIdle,
    "presence.active": BecomeActive,
    "ping": Ping,
}


class Envelope(Struct):
    """What has to be known of a frame before its command is: what to call it in an answer."""

    type: str = "message.post"
    ref: Ref | None = None
    client_id: Any = None


ENVELOPES = msgspec.json.Decoder(Envelope)
DECODERS = {name: msgspec.json.Decoder(command) for name, command in COMMANDS.items()}

# An escaped NUL, and not an escaped backslash before "u0000".
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def decode_envelope(frame: str) -> Envelope:
    """What the frame calls itself. Raises ChatError(bad_frame) where it is not one at all."""
    # The first look costs a tenth of the second, and is all that most frames need.
    if "\\u0000" in frame and ESCAPED_NUL.search(frame):
        raise bad_frame(_("A text cannot hold the NUL character."))
    try:
        return ENVELOPES.decode(frame)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise bad_frame(_("The frame cannot be read: %(why)s."), why=why(error)) from None


def decode_command(envelope: Envelope, frame: str) -> Command:
    """The command in a frame. Raises ChatError(unknown_type or bad_frame)."""
    decoder = DECODERS.get(envelope.type)
    if decoder is None:
        raise ChatError("unknown_type", _("There is no command of that type."))
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise bad_frame(_("The command cannot be read: %(why)s."), why=why(error)) from None


def why(error: Exception) -> Sentence:
    if isinstance(error, RecursionError):
        return _("it is nested too deeply")
    if isinstance(error, UnicodeError):
        return _("it is not UTF-8")
    return str(error).rstrip(".")


# --- Events and answers ---------------------------------------------------------------------


class Event(Struct, kw_only=True, tag_field="type"):
    """The same for every viewer, so that it is encoded once."""


class Answer(Event):
    """Goes to the connection alone whose command it answers."""

    ref: Reference = UNSET


class Person(Struct):
    username: str
    name: str
    state: Literal["online", "away"] = "online"
    picture: str | UnsetType = UNSET


class PersonState(Struct):
    username: str
    state: Literal["online", "away"]


class Account(Struct):
    username: str
    name: str
    picture: str | UnsetType = UNSET


class Limits(Struct):
    message_chars: int
    frame_bytes: int
    upload_bytes: int
    attachments: int


class RoomSummary(Struct):
    room: str
    name: str
    kind: str
    topic: str
    seq: int
    read: int
    unread: int
    mentions: int
    role: str
    archived: bool
    posting: str
    # Of a conversation: the others in it.
    people: list[Account] | UnsetType = UNSET


class Attachment(Struct, kw_only=True):
    """A file. `width` and `height` as it is looked at, and `thumbnail`, of pictures alone."""

    id: int
    name: str
    content_type: str
    size: int
    url: str
    width: int | None
    height: int | None
    thumbnail: str | None


class Message(Struct, kw_only=True):
    room: str
    id: int
    seq: int
    tick: int
    username: str
    name: str
    picture: str | UnsetType = UNSET
    message: str
    html: str | UnsetType = UNSET
    timestamp: str
    client_id: str
    reply_to: int | None
    mentions: list[str]
    edited: str | None
    deleted: bool
    reactions: dict[str, list[str]]
    attachments: list[Attachment]
    kind: Literal["text", "system"]


class MessagePosted(Message, tag="message.posted", tag_field="type"):
    prev: int


class MessageChanged(Event):
    room: str
    seq: int
    prev: int
    changed: Message


class MessageEdited(MessageChanged, tag="message.edited"):
    pass


class MessageDeleted(MessageChanged, tag="message.deleted"):
    pass


class ReactionAdded(MessageChanged, tag="reaction.added"):
    pass


class ReactionRemoved(MessageChanged, tag="reaction.removed"):
    pass


class Welcome(Event, tag="welcome"):
    protocol: int
    connection: str
    user: Account
    heartbeat: int
    limits: Limits
    version: str
    rooms: list[RoomSummary]


class RoomSubscribed(Answer, tag="room.subscribed", kw_only=True):
    room: str
    seq: int
    role: str
    muted_until: str | None
    count: int
    here: list[Person]
    revision: int
    reset: bool


class RoomRead(Event, tag="room.read"):
    room: str
    seq: int
    unread: int
    mentions: int


class RoomActivity(Event, tag="room.activity"):
    room: str
    seq: int
    unread: int
    mentions: int


class RoomRemoved(Event, tag="room.removed"):
    room: str
    # The user may come back by its page.
    open: bool | UnsetType = UNSET


class TypingStarted(Event, tag="typing.started"):
    room: str
    username: str


class TypingStopped(Event, tag="typing.stopped"):
    room: str
    username: str


class RoomAdded(RoomSummary, tag="room.added", tag_field="type"):
    """As in `welcome`."""


class RoomUpdated(Event, tag="room.updated"):
    room: str
    name: str
    kind: str
    topic: str
    archived: bool
    posting: str


class RoomMembership(Event, tag="room.membership"):
    room: str
    role: str
    muted_until: str | None


class PresenceChanged(Event, tag="presence.changed"):
    room: str
    count: int
    revision: int
    joined: list[Person]
    left: list[str]
    updated: list[PersonState]
    # Who has another name or picture.
    faces: list[Person] | UnsetType = UNSET


class Ack(Answer, tag="ack", kw_only=True):
    room: str
    client_id: str
    id: int
    seq: int
    timestamp: str
    duplicate: bool


class Ok(Answer, tag="ok"):
    pass


class Error(Answer, tag="error", kw_only=True):
    code: str
    detail: str
    client_id: Any = UNSET
    retry_after: float | UnsetType = UNSET


class Pong(Answer, tag="pong", kw_only=True):
    time: str
    heads: dict[str, int]


class History(Struct, kw_only=True):
    """A page of the timeline over HTTP. `next` is a tick, there while a replay has more."""

    room: str
    seq: int
    messages: list[Message]
    next: int | UnsetType = UNSET


class Found(Struct, kw_only=True):
    """Who was found by the beginning of a name, over HTTP; `more`: not all of them."""

    people: list[Account]
    more: bool


class People(Struct, kw_only=True):
    """A page of who is here over HTTP, by name. `next` is what the next one comes `after`."""

    room: str
    count: int
    people: list[Person]
    next: str | None


class Namesakes(Struct, kw_only=True):
    """Who belongs to a room and has a username that begins in some way, over HTTP.

    `everybody`: whether the asker's @all calls them all.
    """

    room: str
    people: list[Account]
    everybody: bool


ENCODER = msgspec.json.Encoder()


def encode(event: Struct) -> str:
    return ENCODER.encode(event).decode()


def timestamp(moment: datetime) -> str:
    """UTC, ISO 8601, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
