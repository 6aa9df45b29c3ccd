"""A stranger walks over every address of the site, with every method, past a room of others.

To them it is a room that does not exist: the answers are the same, and so is the number of
questions to the database, by which the time of an answer could tell the two apart. The addresses
are those of the URLconf; one with a new kind of parameter, or below a room, needs an entry here.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from chat import indexing
from chat.actions.conversations import open_conversation
from chat.actions.invitations import make_link
from chat.actions.members import remove
from chat.actions.messages import add_reaction
from chat.models import (
    Attachment,
    Membership,
    Message,
    Reaction,
    Room,
    RoomInvitation,
    search_rows,
)
from tests.cast import Cast, make_private
from tests.http.conftest import Browser
from tests.http.test_uploads import content_of, picture

pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
NO_ID = 10**12
NOWHERE = "nowhere"
TEXT = "The key is under the blue pot"
FILE_NAME = "treasure-map.png"
METHODS = ("get", "head", "options", "put", "delete", "post")

# What makes sense at the addresses below a room: queries, and bodies to post.
BELOW_A_ROOM: dict[str, list[Any]] = {
    "room": ["", "?around={message_id}"],
    "messages": [
        "",
        "?before=5",
        "?before=x",
        "?after=0",
        "?around={message_id}",
        "?limit=1000",
        {"message": "Hello?"},
        {"message": ""},
        {"message": "x" * 10_001},
        {"message": "Hello?", "reply_to": 1},
        {"message": "", "attachments": [1]},
        "{",
    ],
    "people": ["", "?q=b"],
    "notify": [{"level": "nothing"}, {"level": "loud"}],
    "room-settings": ["", {"name": "Mine now"}, {"archived": True}],
    "uploads": [{"file": "notes.txt"}],
    "upload": ["", "?save"],
    "thumbnail": [""],
    "members": ["", "?q=b", {"username": "charlie"}, {"username": "nobody"}],
    "member": ["", {"_method": "delete"}],
    "room-links": [{"days": 1, "uses": 1}, {}],
    "room-link": ["", {"_method": "delete"}],
    "room-ban": [{}, {"_method": "delete"}],
}
# Beside those, what stands for anything at all.
ANYTHING = dict.fromkeys(
    ["token", "uidb36", "key", "url", "id", "content_type_id", "object_id"], "1"
)


@dataclass(frozen=True)
class Address:
    name: str
    route: str

    @property
    def parameters(self) -> set[str]:
        return {first or second for first, second in PARAMETER.findall(self.route)}

    def at(self, place: dict[str, Any]) -> str:
        values = {**ANYTHING, "app_label": "chat", **place}
        return PARAMETER.sub(lambda found: str(values[found[1] or found[2]]), self.route)


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/"
) -> Iterator[Address]:
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, route)
        else:
            yield Address(each.name or "", route)


@dataclass(frozen=True)
class Secret:
    """A room with everything in it that could be seen."""

    room: Room
    message: Message
    file: Attachment
    link: RoomInvitation | None

    @property
    def place(self) -> dict[str, Any]:
        number = self.link.pk if self.link else NO_ID
        ids = {"attachment_id": self.file.pk, "number": number, "message_id": self.message.pk}
        return {"slug": self.room.slug, "username": "alice", **ids}

    def rows(self) -> list[Any]:
        room = Room.objects.filter(pk=self.room.pk).values_list().get()
        tables = (Message, Membership, Reaction, Attachment, RoomInvitation)
        return [room, *(table.objects.filter(**self.of(table)).count() for table in tables)]  # type: ignore[attr-defined]

    def of(self, table: type) -> dict[str, Any]:
        return {"message__room" if table is Reaction else "room": self.room}


ABSENT = {
    "slug": NOWHERE,
    "username": "alice",
    **dict.fromkeys(["attachment_id", "number", "message_id"], NO_ID),
}


@pytest.fixture(autouse=True)
def unlimited(root: Path) -> None:
    cache.clear()


def filled(room: Room, cast: Cast, alice: Client, link: RoomInvitation | None) -> Secret:
    """Alice sends a message with a picture, to which Bob reacts."""
    file = SimpleUploadedFile(FILE_NAME, picture(), "image/png")
    uploaded = alice.post(f"/chat/{room.slug}/uploads/", {"file": file}).json()["id"]
    body = {"message": f"{TEXT} @bob", "attachments": [uploaded]}
    posted = alice.post(f"/chat/{room.slug}/messages/", json.dumps(body), "application/json")
    message = Message.objects.get(pk=posted.json()["id"])
    add_reaction(message=message, user=cast.bob, emoji="🗝️")
    indexing.add(search_rows.not_yet(0, message.pk, indexing.AT_ONCE))
    return Secret(room, message, Attachment.objects.get(pk=uploaded), link)


@pytest.fixture
def private(cast: Cast, browser: Browser) -> Secret:
    alice = browser(cast.alice)
    room = Room.objects.get(pk=cast.room.pk)
    room.name, room.topic, room.slug = "Treasure cave", "Who digs where", "treasure-cave"
    room.save()
    make_private(room)
    make_link(by=cast.alice, room=room, days=1, uses=1)
    return filled(room, cast, alice, RoomInvitation.objects.get(room=room))


@pytest.fixture
def direct(cast: Cast, browser: Browser) -> Secret:
    room, _ = open_conversation(by=cast.alice, people=[cast.bob])
    return filled(room, cast, browser(cast.alice), None)


Seen = tuple[int, str, dict[str, str], int]


class Visitor:
    """Somebody in front of a browser."""

    def __init__(self, user: User, browser: Browser) -> None:
        self.client = browser(user)

    def asks(self, method: str, address: str, body: Any = None) -> tuple[HttpResponse, str, int]:
        fields = {"content_type": "application/json"}
        if isinstance(body, dict) and "file" in body:
            body, fields = {"file": SimpleUploadedFile(body["file"], b"words")}, {}
        elif isinstance(body, dict):
            body = json.dumps(body)
        with CaptureQueriesContext(connection) as questions:
            answer: Any = getattr(self.client, method)(
                address, *([] if body is None else [body]), **fields
            )
            content = content_of(answer)
        return answer, content.decode("latin-1"), len(questions)

    def sees(self, method: str, address: str, body: Any, place: dict[str, Any]) -> Seen:
        """Everything of an answer that could tell one room from another."""
        answer, content, questions = self.asks(method, address, body)

        def blank(text: str) -> str:
            return text.replace(address.partition("?")[0], "HERE").replace(place["slug"], "SLUG")

        assert answer.status_code not in {429, 500, 503}, (method, address)
        headers = {name: blank(value) for name, value in answer.items()}
        return answer.status_code, blank(content), headers, questions


def knocks(address: Address, secret: Secret) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """Every method at one address below a room, at the real room and at none."""
    for what in BELOW_A_ROOM[address.name]:
        is_query = isinstance(what, str) and what != "{"
        for method in METHODS if is_query else ("post",):
            for place in (secret.place, ABSENT):
                path = address.at(place) + (what.format(**place) if is_query else "")
                yield method, path, None if is_query else what, place


def below_a_room() -> list[Address]:
    return [each for each in addresses() if "slug" in each.parameters]


def differences(visitor: Visitor, secret: Secret) -> set[str]:
    """The addresses at which the visitor can tell the room from one that does not exist."""
    found = set()
    for address in below_a_room():
        told = [visitor.sees(*knock) for knock in knocks(address, secret)]
        if any(real != none for real, none in zip(told[::2], told[1::2], strict=True)):
            found.add(address.name)
    return found


def mentions(visitor: Visitor, secret: Secret) -> list[str]:
    """The addresses of the whole site, but for those of the room, that say something of it."""
    words = [TEXT, FILE_NAME, secret.room.slug, secret.room.name, secret.room.topic, "🗝️"]
    pattern = "|".join(re.escape(word) for word in words if word)
    found = []
    for address in addresses():
        place = {**ABSENT, **{name: secret.place[name] for name in ("attachment_id", "number")}}
        for query in ("", "?q=t", "?q=treasure", "?q=key", f"?next=/chat/{NOWHERE}/"):
            answer, content, _ = visitor.asks("get", address.at(place) + query)
            text = content.encode("latin-1").decode(errors="replace") + str(dict(answer.items()))
            if re.search(pattern, text):
                found.append(address.route + query)
    return found


def test_every_address_below_a_room_has_its_entry() -> None:
    assert {each.name for each in below_a_room()} == set(BELOW_A_ROOM)


@pytest.mark.parametrize("kind", ["private", "direct"])
def test_a_stranger_meets_nothing_of_a_room_that_is_not_theirs(
    request: pytest.FixtureRequest, cast: Cast, browser: Browser, kind: str
) -> None:
    secret: Secret = request.getfixturevalue(kind)
    before = secret.rows()
    charlie = Visitor(cast.charlie, browser)
    assert differences(charlie, secret) == set()
    assert mentions(charlie, secret) == []
    assert secret.rows() == before


def test_who_was_removed_meets_nothing_any_more(
    cast: Cast, private: Secret, browser: Browser
) -> None:
    bob = Visitor(cast.bob, browser)
    # The tour is a real one: of somebody who belongs, every address of the room knows something.
    assert differences(bob, private) == set(BELOW_A_ROOM)
    assert "/search/?q=key" in mentions(bob, private)
    by = Membership.objects.select_related("user", "room").get(user=cast.alice, room=private.room)
    remove(by=by, user=cast.bob)
    before = private.rows()
    assert differences(bob, private) == set()
    assert mentions(bob, private) == []
    assert private.rows() == before
