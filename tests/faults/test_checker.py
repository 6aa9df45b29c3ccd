"""The checker finds what it is there to find: one lie for each of its checks."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.checker import (
    Diary,
    Frame,
    Hole,
    RoomView,
    StoredMessage,
    StoredRoom,
    Visit,
    complaints,
    digest_of,
    message_of,
    read_sqlite,
)

LAST = 4


def message(seq: int, **fields: Any) -> Frame:
    return {
        "room": "lobby",
        "id": 100 + seq,
        "seq": seq,
        "tick": seq,
        "username": "alice",
        "client_id": client_id(seq),
        "message": f"message {seq}",
        "deleted": False,
        "reactions": {},
        **fields,
    }


def client_id(seq: int) -> str:
    return f"00000000-0000-0000-0000-{seq:012}"


def posted(seq: int) -> Frame:
    return {"type": "message.posted", "prev": seq - 1, **message(seq)}


def deleted() -> Frame:
    """The second message, deleted: the room's last change."""
    changed = message(2, tick=LAST, message="", deleted=True)
    return {
        "type": "message.deleted",
        "room": "lobby",
        "seq": LAST,
        "prev": LAST - 1,
        "changed": changed,
    }


def ack(seq: int) -> Frame:
    return {"type": "ack", "client_id": client_id(seq), "id": 100 + seq, "seq": seq}


def subscribed(seq: int) -> Frame:
    return {"type": "room.subscribed", "room": "lobby", "seq": seq, "reset": False}


class Story:
    """Alice posted three messages and deleted one; Bob was away in between. All is well."""

    def __init__(self) -> None:
        self.alice = Diary("alice")
        self.alice.sent = {client_id(seq): f"message {seq}" for seq in (1, 2, 3)}
        self.alice.acked = [ack(1), ack(2), ack(3)]
        live = [subscribed(0), posted(1), posted(2), posted(3), deleted()]
        self.alice.visits = [Visit(0, live)]
        self.bob = Diary("bob")
        replayed = {**deleted(), "prev": 3}
        self.bob.visits = [
            Visit(0, [subscribed(0), posted(1)]),
            Visit(1, [{**posted(3), "prev": 1}, replayed, subscribed(4)]),
        ]
        rows = [stored(1), replace(stored(2), tick=LAST, text="", is_deleted=True), stored(3)]
        self.stored = StoredRoom("lobby", LAST, rows)
        for diary in (self.alice, self.bob):
            for visit in diary.visits:
                for event in visit.events:
                    diary.view.apply(event)
        self.shown = self.alice.view.timeline

    def complaints(self) -> list[str]:
        return complaints([self.alice, self.bob], self.stored, self.shown)


def stored(seq: int) -> StoredMessage:
    plain = client_id(seq).replace("-", "")
    return StoredMessage(100 + seq, "alice", plain, seq, seq, f"message {seq}", False, {})


def test_it_has_nothing_to_say_where_all_is_well() -> None:
    assert Story().complaints() == []


def lose_an_acknowledged_message(story: Story) -> None:
    del story.stored.messages[2]


def store_it_under_another_tick(story: Story) -> None:
    story.alice.acked[0]["seq"] = 9


def acknowledge_what_was_never_sent(story: Story) -> None:
    del story.alice.sent[client_id(1)]


def store_a_client_id_twice(story: Story) -> None:
    story.stored.messages.append(replace(story.stored.messages[0], id=200, seq=9))


def use_a_seq_twice(story: Story) -> None:
    story.stored.messages.append(replace(stored(9), seq=3))


def use_a_tick_twice(story: Story) -> None:
    story.stored.messages.append(replace(stored(9), tick=3))


def let_the_clock_run_ahead(story: Story) -> None:
    story.stored = replace(story.stored, tick=5)


def change_it_before_it_was_posted(story: Story) -> None:
    story.stored.messages[2] = replace(stored(3), tick=2)


def swap_two_events(story: Story) -> None:
    frames = story.alice.visits[0].frames
    frames[1], frames[2] = frames[2], frames[1]


def bring_an_event_twice(story: Story) -> None:
    story.alice.visits[0].frames.append(deleted())


def bring_an_event_without_its_past(story: Story) -> None:
    del story.alice.visits[0].frames[2]


def claim_a_past_that_hides_a_hole(story: Story) -> None:
    del story.bob.visits[1].frames[0]
    story.bob.visits[1].frames[0]["prev"] = 1


def say_that_it_starts_before_what_was_seen(story: Story) -> None:
    story.bob.visits[1].frames[2]["seq"] = 3


def skip_what_came_before_the_subscription(story: Story) -> None:
    story.bob.visits[1].frames[:2] = []


def show_what_was_never_stored(story: Story) -> None:
    story.alice.visits[0].frames.append({**posted(5), "id": 999})


def show_it_as_somebody_elses(story: Story) -> None:
    story.alice.visits[0].frames[1]["username"] = "charlie"


def show_another_text(story: Story) -> None:
    story.alice.visits[0].frames[1]["message"] = "not what was said"


def show_a_change_that_was_rolled_back(story: Story) -> None:
    story.stored.messages[1] = replace(story.stored.messages[1], tick=2)


def keep_a_deleted_text(story: Story) -> None:
    story.bob.view.messages[102]["message"] = "message 2"


def miss_a_reaction(story: Story) -> None:
    story.stored.messages[0].reactions["👍"] = ["bob"]


def forget_a_message_in_the_end(story: Story) -> None:
    del story.bob.view.messages[103]


def leave_one_out_of_the_history(story: Story) -> None:
    story.shown = story.shown[1:]


def differ_in_what_is_not_in_the_table(story: Story) -> None:
    story.bob.view.messages[101] = {**message(1), "timestamp": "another"}


LIES: list[tuple[Callable[[Story], None], str]] = [
    (lose_an_acknowledged_message, "was acked and is stored 0 times"),
    (store_it_under_another_tick, "was acked as 9"),
    (acknowledge_what_was_never_sent, "never sent"),
    (store_a_client_id_twice, "The client id"),
    (use_a_seq_twice, "The seq 3"),
    (use_a_tick_twice, "The tick 3"),
    (let_the_clock_run_ahead, "The clock stands at 5"),
    (change_it_before_it_was_posted, "changed before it was posted"),
    (swap_two_events, "1 came after 2"),
    (bring_an_event_twice, "4 came after 4"),
    (bring_an_event_without_its_past, "3 follows 2, but 1 was held"),
    (claim_a_past_that_hides_a_hole, "3 was never seen"),
    (say_that_it_starts_before_what_was_seen, "subscribed at 3, below 4"),
    (skip_what_came_before_the_subscription, "3 was never seen"),
    (show_what_was_never_stored, "saw 999, which is not stored"),
    (show_it_as_somebody_elses, "but stored is"),
    (show_another_text, "saw another text"),
    (show_a_change_that_was_rolled_back, "saw 102 at 4"),
    (keep_a_deleted_text, "the text of 2 is shown as 'message 2'"),
    (miss_a_reaction, "the reactions of 1"),
    (forget_a_message_in_the_end, "is not shown"),
    (leave_one_out_of_the_history, "GET messages/"),
    (differ_in_what_is_not_in_the_table, "is not the one that is shown"),
]


@pytest.mark.parametrize(("lie", "complaint"), LIES, ids=lambda each: getattr(each, "__name__", ""))
def test_it_notices_every_lie(lie: Callable[[Story], None], complaint: str) -> None:
    story = Story()
    lie(story)
    found = story.complaints()
    assert any(complaint in each for each in found), found


def test_a_missing_tick_of_a_room_of_posts_alone_is_noticed() -> None:
    gap = StoredRoom("lobby", 3, [stored(1), stored(3)])
    assert complaints([], gap) == ["Ticks are missing: [2]"]


def test_a_client_notices_a_hole_drops_what_is_old_and_keeps_the_newer_message() -> None:
    view = RoomView()
    view.apply(posted(1))
    with pytest.raises(Hole):
        view.apply(posted(3))
    view.apply(posted(2))
    before = view.digest
    view.apply({**posted(2), "message": "old"})
    view.load({"seq": 2, "messages": [message(1, tick=0, message="older")]})
    assert view.digest == before == digest_of([message_of(posted(1)), message_of(posted(2))])


def test_frames_of_another_room_are_not_looked_at() -> None:
    visit = Visit(0, [posted(1), {**posted(7), "room": "elsewhere"}], room="lobby")
    assert [event["seq"] for event in visit.events] == [1]
    assert visit.reached == 1


def test_it_reads_a_room_from_the_file(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "chat.sqlite3")) as database:
        database.executescript("""
            CREATE TABLE accounts_user (id, username);
            CREATE TABLE chat_room (id, slug, tick);
            CREATE TABLE chat_message
                (id, room_id, sender_id, client_id, seq, tick, text, deleted_at);
            CREATE TABLE chat_reaction (id, message_id, user_id, emoji);
            INSERT INTO accounts_user VALUES (1, 'alice'), (2, 'bob');
            INSERT INTO chat_room VALUES (1, 'lobby', 2), (2, 'other', 9);
            INSERT INTO chat_message VALUES (5, 1, 1, 'AB-CD', 1, 2, 'hi', NULL);
            INSERT INTO chat_message VALUES (6, 2, 1, 'EF', 1, 1, 'elsewhere', NULL);
            INSERT INTO chat_reaction VALUES (1, 5, 2, '👍'), (2, 5, 1, '👍');
        """)
    room = read_sqlite(tmp_path / "chat.sqlite3", "lobby")
    reactions = {"👍": ["bob", "alice"]}
    assert room.tick == 2
    assert room.messages == [StoredMessage(5, "alice", "abcd", 1, 2, "hi", False, reactions)]
