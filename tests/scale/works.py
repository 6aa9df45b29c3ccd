"""Everything that asks the database while people chat, each as one piece of work."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from accounts.models import SessionRenewal, User
from accounts.sign_ins import sign_ins
from chat import access, arrivals, commands, history
from chat.actions.messages import bury, react, rewrite, take_back
from chat.actions.posting import Post, store_posts
from chat.actions.reading import Reading, move_all
from chat.actions.rooms import come_in, find_or_make_room
from chat.models import Message, Room, search_rows
from tests.scale.data import FIRST


class Stage:
    """Somebody with many rooms, and the first of these, in which much was said."""

    def __init__(self) -> None:
        self.user = User.objects.get(pk=FIRST + 1)
        self.room = Room.objects.get(pk=FIRST + 1)
        self.message = Message.objects.get(room=self.room, seq=self.room.posted // 2)
        own = Message.objects.filter(sender=self.user, room__memberships__user=self.user)
        as_posted = own.filter(change=Message.Change.POSTED)
        self.own_message = as_posted.latest("pk").pk
        self.latest = Message.objects.latest("pk").pk
        belonging = self.user.memberships.values("room")
        public = Room.objects.filter(kind=Room.Kind.PUBLIC)
        self.new_room = public.exclude(pk__in=belonging)[0]
        self.memberships = list(self.user.memberships.order_by("room").values_list("pk", flat=True))
        self.client = Client()
        self.client.force_login(self.user)

    def get(self, path: str, **query: object) -> None:
        answer = self.client.get(path, query)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.content

    def history(self, **query: object) -> None:
        self.get(f"/chat/{self.room.slug}/messages/", **query)

    def post(self, text: str, reply_to: int | None = None) -> None:
        [outcome] = store_posts([Post(self.user.pk, self.room.slug, text, reply_to=reply_to)])
        assert not isinstance(outcome, Exception), outcome


PEOPLE = range(FIRST + 2, FIRST + 22)
ROOMS = range(FIRST + 1, FIRST + 51)

WORKS: dict[str, Callable[[Stage], object]] = {
    # Pages
    "room page": lambda s: s.get(f"/chat/{s.room.slug}/"),
    "lobby": lambda s: s.get("/chat/"),
    "a later page of the lobby": lambda s: s.get("/chat/", page=3),
    "a search in the lobby": lambda s: s.get("/chat/", q="Room 00011"),
    "history": lambda s: s.history(),
    "history before": lambda s: s.history(before=s.room.posted // 2),
    "the beginning of history": lambda s: s.history(before=20),
    "history after": lambda s: s.history(after=s.room.posted // 2),
    "history around": lambda s: s.history(around=s.message.pk),
    "a search for messages": lambda s: s.get("/search/", q=f"said number {s.message.text[-4:]}"),
    "a search in one room": lambda s: s.get("/search/", q="said number", room=s.room.slug),
    # Sockets
    "welcome": lambda s: arrivals.welcomes([arrivals.Newcomer(s.user, "c")]),
    "subscription": lambda s: arrivals.entrances([arrivals.Visitor(s.user, s.room.slug)]),
    "first visit": lambda s: commands.enter(s.user, s.room.slug),
    "replay": lambda s: arrivals.replays(
        [arrivals.Reader(s.memberships[0], s.room.pk, s.room.posted // 2)]
    ),
    "activity": lambda s: history.beside([s.room.pk], set(PEOPLE), set()),
    "activity of all rooms of somebody": lambda s: history.beside(ROOMS, {s.user.pk}, set()),
    "what somebody read": lambda s: history.waiting((s.user.pk, room) for room in ROOMS),
    "clocks": lambda s: history.clocks(range(FIRST + 1, FIRST + 101)),
    "news of others": lambda s: history.written_since(s.latest - 100),
    "messages that cannot be searched yet": lambda s: search_rows.not_yet(
        s.latest - 100, s.latest, 100
    ),
    "the newest message": lambda s: search_rows.head(),
    "the latest message": lambda s: history.written_since(None),
    # Writing
    "post": lambda s: s.post("Good morning"),
    "mention": lambda s: s.post("@person5 @person7 and @nobody"),
    "reply": lambda s: s.post("Yes", reply_to=s.message.pk),
    "edit": lambda s: rewrite(access.own_message(s.user, s.own_message).pk, "@person9", ""),
    "delete": lambda s: bury(access.deletable_message(s.user, s.own_message).pk),
    "react": lambda s: react(access.writable_message(s.user, s.message.pk).pk, s.user, "👍"),
    "take back": lambda s: take_back(s.message.pk, s.user, "👍"),
    "read": lambda s: move_all([Reading(s.user.pk, s.room.pk, 10)]),
    "join": lambda s: come_in(s.new_room, s.user, True),
    "open a room": lambda s: find_or_make_room("Another", s.user, Room.Kind.PUBLIC),
    # The sweep
    "sessions": lambda s: sign_ins(f"session{pk}" for pk in PEOPLE),
    "renewals": lambda s: SessionRenewal.latest_of([f"session{pk}" for pk in PEOPLE]),
    "followers": lambda s: access.belonging(s.memberships),
}
