"""What clients saw, held against what the database has. Knows the protocol, not the server.

A test lets its clients keep a `Diary` each (what they sent, what was acknowledged, every frame in
order), reads the room from the database with `read_sqlite` or `read_postgresql`, and asserts that
`complaints` has none. Each complaint is a sentence that names who, what and where.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

Frame = dict[str, Any]

CHANGES = ("message.edited", "message.deleted", "reaction.added", "reaction.removed")
EVENTS = ("message.posted", *CHANGES)


# --- What a client knows


class Hole(Exception):
    """An event came whose predecessor was never seen."""


class RoomView:
    """A room as a client puts it together from events, by section 4 of the protocol."""

    def __init__(self) -> None:
        # The tick below which nothing is missing.
        self.held = 0
        self.messages: dict[int, Frame] = {}

    def apply(self, event: Frame) -> None:
        """Take one event in. Raises Hole where something before it is missing."""
        if event["seq"] <= self.held:
            return
        if event["prev"] > self.held:
            raise Hole(f"{event['prev']} came before {event['seq']}, but {self.held} is held")
        self.keep(message_of(event))
        self.held = event["seq"]

    def keep(self, message: Frame) -> None:
        known = self.messages.get(message["id"])
        if known is None or known["tick"] < message["tick"]:
            self.messages[message["id"]] = message

    def load(self, page: Frame) -> None:
        """History that arrived, as `GET messages/` answers it: merged by the same rule."""
        for message in page["messages"]:
            self.keep(message)
        self.held = max(self.held, page["seq"])

    @property
    def timeline(self) -> list[Frame]:
        return sorted(self.messages.values(), key=itemgetter("seq"))

    @property
    def digest(self) -> str:
        return digest_of(self.timeline)


def message_of(event: Frame) -> Frame:
    """The whole message that an event carries."""
    if event["type"] == "message.posted":
        return {name: value for name, value in event.items() if name not in ("type", "prev")}
    changed: Frame = event["changed"]
    return changed


def digest_of(timeline: Sequence[Frame]) -> str:
    """The same for two rooms that look the same."""
    text = json.dumps(timeline, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Visit:
    """One subscription to the room, on one connection: what came after the tick `after`."""

    after: int
    frames: list[Frame] = field(default_factory=list)
    # The room it is of; frames of others are not looked at.
    room: str = ""

    @property
    def events(self) -> list[Frame]:
        """The changes that were seen, in order."""
        return [frame for frame in self.frames if frame["type"] in EVENTS and self.is_here(frame)]

    @property
    def reached(self) -> int:
        """The last tick that the client held when it ended."""
        seen: list[int] = [
            frame["seq"]
            for frame in self.frames
            if frame["type"] in (*EVENTS, "room.subscribed") and self.is_here(frame)
        ]
        return max([self.after, *seen])

    @property
    def was_reset(self) -> bool:
        return any(
            frame["type"] == "room.subscribed" and frame["reset"] and self.is_here(frame)
            for frame in self.frames
        )

    def is_here(self, frame: Frame) -> bool:
        return not self.room or frame.get("room", frame.get("changed", {}).get("room")) == self.room


@dataclass
class Diary:
    """What one client sent, what was acknowledged, and what it saw on its visits, in order."""

    username: str
    sent: dict[str, str] = field(default_factory=dict)
    acked: list[Frame] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    view: RoomView = field(default_factory=RoomView)


# --- What the database has


@dataclass(frozen=True)
class StoredMessage:
    id: int
    username: str
    client_id: str
    seq: int
    tick: int
    text: str
    is_deleted: bool
    reactions: dict[str, list[str]]


@dataclass(frozen=True)
class StoredRoom:
    slug: str
    tick: int
    messages: list[StoredMessage]


Ask = Callable[[str, str], list[tuple[Any, ...]]]

ROOM = "SELECT tick FROM chat_room WHERE slug = {slug}"
MESSAGES = """
    SELECT m.id, u.username, CAST(m.client_id AS text), m.seq, m.tick, m.text,
           m.deleted_at IS NOT NULL
    FROM chat_message m
    JOIN chat_room r ON r.id = m.room_id
    JOIN accounts_user u ON u.id = m.sender_id
    WHERE r.slug = {slug} ORDER BY m.seq"""
REACTIONS = """
    SELECT x.message_id, x.emoji, u.username
    FROM chat_reaction x
    JOIN chat_message m ON m.id = x.message_id
    JOIN chat_room r ON r.id = m.room_id
    JOIN accounts_user u ON u.id = x.user_id
    WHERE r.slug = {slug} ORDER BY x.id"""


def read_sqlite(file: Path, slug: str) -> StoredRoom:
    with closing(sqlite3.connect(file, timeout=10)) as database:
        return read_room(
            lambda query, slug: database.execute(query.format(slug="?"), [slug]).fetchall(), slug
        )


def read_postgresql(url: str, slug: str) -> StoredRoom:
    import psycopg

    with psycopg.connect(url) as database:

        def ask(query: str, slug: str) -> list[tuple[Any, ...]]:
            return database.execute(query.format(slug="%s"), [slug]).fetchall()

        return read_room(ask, slug)


def read_room(ask: Ask, slug: str) -> StoredRoom:
    reactions: dict[int, dict[str, list[str]]] = {}
    for message_id, emoji, username in ask(REACTIONS, slug):
        reactions.setdefault(message_id, {}).setdefault(emoji, []).append(username)
    ((tick,),) = ask(ROOM, slug)
    messages = [
        StoredMessage(
            id, username, plain(client_id), seq, tick, text, bool(deleted), reactions.get(id, {})
        )
        for id, username, client_id, seq, tick, text, deleted in ask(MESSAGES, slug)
    ]
    return StoredRoom(slug, tick, messages)


def plain(client_id: str) -> str:
    """A UUID in one spelling: SQLite keeps it without hyphens."""
    return client_id.replace("-", "").lower()


# --- The checks


def complaints(
    diaries: Iterable[Diary], stored: StoredRoom, shown: Sequence[Frame] | None = None
) -> list[str]:
    """Everything that is wrong. `shown`: the whole room, as `GET messages/` shows it at the end.

    To be asked in the quiet after the fault, when every client has caught up and stays.
    """
    diaries = list(diaries)
    found = [*not_once(stored), *not_dense(stored)]
    for diary in diaries:
        found += not_durable(diary, stored)
        found += out_of_order(diary)
        found += ghosts(diary, stored)
        found += silent_holes(diary, stored)
        found += not_as_stored(diary.username, diary.view.timeline, stored)
    if shown is not None:
        found += not_as_stored("GET messages/", shown, stored)
        found += [
            f"{diary.username}: the room that it put together is not the one that is shown"
            for diary in diaries
            if diary.view.digest != digest_of(shown)
        ]
    return found


def not_durable(diary: Diary, stored: StoredRoom) -> Iterator[str]:
    """G1: every acknowledged client id is stored, once, under the tick that was acknowledged."""
    rows: dict[str, list[StoredMessage]] = {}
    for row in stored.messages:
        if row.username == diary.username:
            rows.setdefault(row.client_id, []).append(row)
    for ack in diary.acked:
        found = rows.get(plain(ack["client_id"]), [])
        if len(found) != 1:
            yield f"{diary.username}: {ack['client_id']} was acked and is stored {len(found)} times"
        elif (found[0].seq, found[0].id) != (ack["seq"], ack["id"]):
            yield f"{diary.username}: {ack['client_id']} was acked as {ack['seq']}: {found[0]}"
        if ack["client_id"] not in diary.sent:
            yield f"{diary.username}: {ack['client_id']} was acked and never sent"


def not_once(stored: StoredRoom) -> Iterator[str]:
    """G3: no sender's client id twice, no tick twice."""
    ids = Counter((row.username, row.client_id) for row in stored.messages)
    seqs = Counter(row.seq for row in stored.messages)
    ticks = Counter(row.tick for row in stored.messages)
    for name, counts in (("client id", ids), ("seq", seqs), ("tick", ticks)):
        for value, count in counts.items():
            if count > 1:
                yield f"The {name} {value} is stored {count} times"


def not_dense(stored: StoredRoom) -> Iterator[str]:
    """G2: the room's clock counts its changes, and nothing is beyond it.

    A tick that is no message's any more was one of a message that changed again: only then may
    the rows have gaps.
    """
    latest = max((row.tick for row in stored.messages), default=0)
    if latest != stored.tick:
        yield f"The clock stands at {stored.tick}, and the latest change is {latest}"
    if all(row.seq == row.tick for row in stored.messages):
        missing = set(range(1, stored.tick + 1)) - {row.seq for row in stored.messages}
        if missing:
            yield f"Ticks are missing: {sorted(missing)[:5]}"
    yield from (
        f"{row} changed before it was posted" for row in stored.messages if row.tick < row.seq
    )


def out_of_order(diary: Diary) -> Iterator[str]:
    """G2: ticks only go up, and the tick before each was held: no event has an unknown past."""
    for number, visit in enumerate(diary.visits, 1):
        who = f"{diary.username}, visit {number}"
        held = visit.after
        for frame in visit.frames:
            if not visit.is_here(frame):
                continue
            if frame["type"] == "room.subscribed":
                if frame["seq"] < held and not frame["reset"]:
                    yield f"{who}: subscribed at {frame['seq']}, below {held}, which it has seen"
                held = frame["seq"]
            elif frame["type"] in EVENTS:
                if frame["seq"] <= held:
                    yield f"{who}: {frame['seq']} came after {held}"
                if frame["prev"] > held:
                    yield f"{who}: {frame['seq']} follows {frame['prev']}, but {held} was held"
                if frame["prev"] >= frame["seq"]:
                    yield f"{who}: {frame['seq']} follows {frame['prev']}"
                held = max(held, frame["seq"])


def ghosts(diary: Diary, stored: StoredRoom) -> Iterator[str]:
    """Nothing is seen that is not stored, or not so."""
    rows = {row.id: row for row in stored.messages}
    for visit in diary.visits:
        for event in visit.events:
            message = message_of(event)
            row = rows.get(message["id"])
            if row is None:
                yield f"{diary.username}: saw {message['id']}, which is not stored"
                continue
            seen = (message["username"], plain(message["client_id"]), message["seq"])
            if seen != (row.username, row.client_id, row.seq):
                yield f"{diary.username}: saw {seen}, but stored is {row}"
            if message["tick"] > row.tick or event["seq"] != message["tick"]:
                yield f"{diary.username}: saw {message['id']} at {event['seq']}, not {row.tick}"
            if message["tick"] == row.tick and message["message"] != row.text:
                yield f"{diary.username}: saw another text of {row}"


def silent_holes(diary: Diary, stored: StoredRoom) -> Iterator[str]:
    """G4: whatever changed for the last time while a visit lasted was seen on that visit."""
    for number, visit in enumerate(diary.visits, 1):
        if visit.was_reset:
            continue
        seen = {event["seq"] for event in visit.events}
        reached = visit.reached
        for row in stored.messages:
            if visit.after < row.tick <= reached and row.tick not in seen:
                yield f"{diary.username}, visit {number}: {row.tick} was never seen ({row})"


def not_as_stored(who: str, timeline: Sequence[Frame], stored: StoredRoom) -> Iterator[str]:
    """What is shown in the end is what is stored: all of it, and as it is now."""
    shown = {message["id"]: message for message in timeline}
    for row in stored.messages:
        message = shown.pop(row.id, None)
        if message is None:
            yield f"{who}: {row} is not shown"
            continue
        for name, is_shown, is_stored in (
            ("seq", message["seq"], row.seq),
            ("tick", message["tick"], row.tick),
            ("text", message["message"], row.text),
            ("author", message["username"], row.username),
            ("deleted", message["deleted"], row.is_deleted),
            ("reactions", message["reactions"], row.reactions),
        ):
            if is_shown != is_stored:
                yield f"{who}: the {name} of {row.seq} is shown as {is_shown!r}: {row}"
    for message in shown.values():
        yield f"{who}: {message['seq']} is shown and not stored"
