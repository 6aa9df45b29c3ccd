"""Posting and deleting: one tick for each change, one message for each client id."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from chat.actions.conversations import open_conversation
from chat.actions.messages import delete_message, edit_message
from chat.actions.posting import Batch, Post, Posted, post_message, store_posts
from chat.actions.rooms import open_room
from chat.errors import ChatError, no_such_message
from chat.limits import MESSAGE_CHARS, TokenBuckets
from chat.models import Message, Room
from chat.node import node
from tests.cast import Cast
from tests.listening import listening

T = TypeVar("T")

SENDERS = 4


def all_at_once(jobs: list[Callable[[], T]]) -> list[T]:
    """What each of them returns, started at the same moment in threads of their own."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        start.wait()
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def tick_of(room: Room) -> int:
    return Room.objects.get(pk=room.pk).tick


# --- Posting


class Stumbling(Batch):
    """Fails with several posts."""

    problem: Exception

    def store(self) -> list[Any]:
        if len(self.posts) > 1:
            raise self.problem
        return super().store()


@pytest.fixture
def two_posts(cast: Cast) -> list[Post]:
    return [Post(cast.alice.pk, cast.room.slug, text) for text in ("one", "two")]


def stumble(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    monkeypatch.setattr(Stumbling, "problem", problem, raising=False)
    monkeypatch.setattr("chat.actions.posting.Batch", Stumbling)


def test_a_batch_that_fails_by_a_mistake_is_stored_one_by_one_and_noted(
    two_posts: list[Post], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stumble(monkeypatch, RuntimeError("a mistake of ours"))
    assert all(isinstance(outcome, Posted) for outcome in store_posts(two_posts))
    assert [message.text for message in Message.objects.order_by("seq")] == ["one", "two"]
    [line] = caplog.records
    assert line.getMessage() == "A batch of 2 posts failed; they are stored one by one."
    assert line.exc_info
    assert isinstance(line.exc_info[1], RuntimeError)


@pytest.mark.parametrize(
    "race",
    [IntegrityError(), Room.DoesNotExist(), no_such_message()],
    ids=lambda each: type(each).__name__,
)
def test_what_happened_in_between_is_no_mistake(
    two_posts: list[Post],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    race: Exception,
) -> None:
    stumble(monkeypatch, race)
    assert all(isinstance(outcome, Posted) for outcome in store_posts(two_posts))
    assert not caplog.records


@pytest.mark.parametrize("problem", [OperationalError(), InterfaceError()], ids=repr)
def test_without_a_database_posts_are_not_tried_one_by_one(
    two_posts: list[Post], monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    stumble(monkeypatch, problem)
    with pytest.raises(type(problem)):
        store_posts(two_posts)
    assert not Message.objects.exists()


def test_a_room_that_is_deleted_meanwhile_takes_only_its_own_posts_along(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other, _ = open_room(name="Kitchen", by=cast.alice)
    take_ticks = Batch.take_ticks

    def after_its_end(batch: Batch) -> None:
        Room.objects.filter(pk=other.pk).delete()
        take_ticks(batch)

    monkeypatch.setattr(Batch, "take_ticks", after_its_end)
    gone, stays = store_posts([Post(cast.alice.pk, each.slug, "hi") for each in (other, cast.room)])
    assert isinstance(gone, ChatError)
    assert gone.code == "no_such_room"
    assert isinstance(stays, Posted)
    assert not caplog.records


def test_what_one_person_has_formatted_is_limited_to_what_they_say_to_people(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "formats", TokenBuckets(per_second=0.001, burst=1))
    texts = ["*one* " * 40, "*two* " * 40, "*short*"]
    messages = [post_message(room=cast.room, sender=cast.bob, text=text).message for text in texts]
    assert [bool(message.html) for message in messages] == [True, False, True]
    assert edit_message(message=messages[0], text="*two* " * 200)
    edited = Message.objects.get(pk=messages[0].pk)
    assert (edited.html, edited.text) == ("", ("*two* " * 200).strip())


def test_a_message_takes_the_rooms_next_tick(cast: Cast) -> None:
    first = post_message(room=cast.room, sender=cast.alice, text="one").message
    second = post_message(room=cast.room, sender=cast.bob, text="two").message
    assert [(each.seq, each.tick) for each in (first, second)] == [(1, 1), (2, 2)]
    assert tick_of(cast.room) == 2


def test_ticks_are_dense_however_many_write_at_once(cast: Cast) -> None:
    def write(sender: Any, name: str) -> None:
        for number in range(15):
            message = post_message(room=cast.room, sender=sender, text=f"{name} {number}").message
            if number % 3 == 0:
                delete_message(message=message)

    people = [cast.alice, cast.bob, cast.charlie, cast.alice]
    all_at_once([lambda n=n, p=p: write(p, f"{n}") for n, p in enumerate(people)])
    messages = list(Message.objects.filter(room=cast.room))
    changes = SENDERS * (15 + 5)
    assert tick_of(cast.room) == changes
    # A deleted message has used up two ticks; together they are all there are, each once.
    used = sorted([m.seq for m in messages] + [m.tick for m in messages if m.deleted_at])
    assert used == list(range(1, changes + 1))
    # Everybody's own messages are in the order in which they said them.
    for number in range(SENDERS):
        own = Message.objects.filter(room=cast.room, client_id__isnull=False).order_by("seq")
        said = [m.text for m in own if m.text.startswith(f"{number} ")]
        assert said == sorted(said, key=lambda text: int(text.split()[1]))


def test_what_messages_share_of_their_room_and_sender_is_never_more_than_cannot_change(
    cast: Cast,
) -> None:
    """They are kept for the next post: what was fetched into them would be old by then."""
    talk, _ = open_conversation(by=cast.alice, people=[cast.bob])
    for room in (cast.room, talk):
        message = post_message(room=room, sender=cast.alice, text="*Look*, @bob").message
        for shared, known in (
            (message.room, {"id", "slug", "kind"}),
            (message.sender, {"id", "username", "display_name", "picture"}),
        ):
            everything = {field.attname for field in shared._meta.concrete_fields}
            assert everything - shared.get_deferred_fields() == known


def test_who_was_renamed_writes_under_their_new_name(cast: Cast) -> None:
    for name in ("Bob", "Robert"):
        cast.bob.display_name = name
        cast.bob.save(update_fields=["display_name"])
        message = post_message(room=cast.room, sender=cast.bob, text="hello").message
        assert message.sender.name == name


def test_two_rooms_have_clocks_of_their_own(cast: Cast) -> None:
    other = Room.objects.create(name="Kitchen", identity="kitchen", slug="kitchen")
    for room in (cast.room, other):
        assert post_message(room=room, sender=cast.alice, text="hi").message.seq == 1


def test_a_client_id_sent_by_several_threads_at_once_is_one_message(cast: Cast) -> None:
    client_id = uuid.uuid4()

    def post() -> tuple[int, bool]:
        posted = post_message(room=cast.room, sender=cast.alice, text="once", client_id=client_id)
        return posted.message.pk, posted.duplicate

    answers = all_at_once([post] * 6)
    assert len({pk for pk, _ in answers}) == 1
    assert sorted(duplicate for _, duplicate in answers) == [False] + [True] * 5
    assert Message.objects.count() == tick_of(cast.room) == 1


def test_a_repeated_post_is_answered_with_the_first_one_even_after_it_was_deleted(
    cast: Cast,
) -> None:
    client_id = uuid.uuid4()
    first = post_message(room=cast.room, sender=cast.alice, text="once", client_id=client_id)
    delete_message(message=first.message)
    again = post_message(room=cast.room, sender=cast.alice, text=" once\n", client_id=client_id)
    assert (again.message.pk, again.duplicate) == (first.message.pk, True)
    assert tick_of(cast.room) == 2


def test_a_client_id_stands_for_one_text_in_one_room_of_one_sender(cast: Cast) -> None:
    client_id = uuid.uuid4()
    other = Room.objects.create(name="Kitchen", identity="kitchen", slug="kitchen")
    post_message(room=cast.room, sender=cast.alice, text="this", client_id=client_id)
    for room, text in ((cast.room, "that"), (other, "this")):
        with pytest.raises(ChatError) as refusal:
            post_message(room=room, sender=cast.alice, text=text, client_id=client_id)
        assert refusal.value.code == "conflict"
    assert not post_message(
        room=cast.room, sender=cast.bob, text="that", client_id=client_id
    ).duplicate
    assert (tick_of(cast.room), tick_of(other)) == (2, 0)


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t\u3000", "\u200b", "\u200d\ufeff", "\u202e", "\x00\x1b", "\u00ad"],
    ids=ascii,
)
def test_a_message_in_which_nothing_can_be_seen_is_refused(cast: Cast, text: str) -> None:
    with pytest.raises(ChatError) as refusal:
        post_message(room=cast.room, sender=cast.alice, text=text)
    assert refusal.value.code == "empty"
    assert tick_of(cast.room) == 0


@pytest.mark.parametrize(
    "text",
    ["0", ".", "日", "🎉", "\u0301", "❤️", "👨‍👩‍👧", "\U0001fae8", "\U0001fac8", "\uf8ff", "~~~"],
    ids=ascii,
)
def test_whatever_can_be_seen_is_a_message(cast: Cast, text: str) -> None:
    assert post_message(room=cast.room, sender=cast.alice, text=text).message.text == text


def test_a_message_is_stored_as_typed_but_for_the_space_around_it(cast: Cast) -> None:
    typed = "<b>Ä\u0308</b>\n\n  indented\t\\u0000 \u202e"
    stored = post_message(room=cast.room, sender=cast.alice, text=f"\n {typed}x \n").message
    assert Message.objects.get(pk=stored.pk).text == f"{typed}x"


def test_a_message_has_at_most_10000_characters_once_trimmed(cast: Cast) -> None:
    longest = "🎉" * MESSAGE_CHARS
    assert post_message(room=cast.room, sender=cast.alice, text=f" {longest} ").message.pk
    with pytest.raises(ChatError, match="10,000") as refusal:
        post_message(room=cast.room, sender=cast.alice, text=f"{longest}!")
    assert refusal.value.code == "too_long"
    assert tick_of(cast.room) == 1


# --- Deleting


def test_a_deleted_message_is_emptied_and_keeps_its_place(cast: Cast) -> None:
    post_message(room=cast.room, sender=cast.alice, text="first")
    message = post_message(room=cast.room, sender=cast.bob, text="oops").message
    post_message(room=cast.room, sender=cast.alice, text="third")
    assert delete_message(message=message) is True
    message.refresh_from_db()
    assert (message.text, message.seq, message.tick) == ("", 2, 4)
    assert message.deleted_at is not None
    assert message.sender == cast.bob


def test_deleting_twice_takes_no_second_tick(cast: Cast) -> None:
    message = post_message(room=cast.room, sender=cast.alice, text="oops").message
    assert [delete_message(message=message) for _ in range(3)] == [True, False, False]
    assert tick_of(cast.room) == 2


def test_deleted_by_several_at_once_is_deleted_once(cast: Cast) -> None:
    message = post_message(room=cast.room, sender=cast.alice, text="oops").message
    done = all_at_once([lambda: delete_message(message=message)] * 4)
    assert sorted(done) == [False, False, False, True]
    assert tick_of(cast.room) == 2


# --- Telling


def test_those_in_the_room_are_told_of_each_change_with_its_tick(cast: Cast) -> None:
    with listening() as listener:
        ear = listener.to_room(cast.room)
        message = post_message(room=cast.room, sender=cast.alice, text="oops").message
        delete_message(message=message)
        delete_message(message=message)
        posted, deleted = listener.heard(ear)
    assert (posted["type"], posted["seq"], posted["tick"], posted["prev"]) == (
        "message.posted",
        1,
        1,
        0,
    )
    assert (posted["message"], posted["username"]) == ("oops", "alice")
    assert (deleted["type"], deleted["seq"], deleted["prev"]) == ("message.deleted", 2, 1)
    assert (deleted["changed"]["seq"], deleted["changed"]["tick"]) == (1, 2)
    assert (deleted["changed"]["message"], deleted["changed"]["deleted"]) == ("", True)
    assert "html" not in deleted["changed"]


def test_a_repeated_post_is_not_told_again(cast: Cast) -> None:
    client_id = uuid.uuid4()
    with listening() as listener:
        ear = listener.to_room(cast.room)
        for _ in range(2):
            post_message(room=cast.room, sender=cast.alice, text="once", client_id=client_id)
        assert len(listener.heard(ear)) == 1


def test_events_are_told_in_the_order_of_their_ticks(cast: Cast) -> None:
    with listening() as listener:
        ear = listener.to_room(cast.room)

        def write() -> None:
            for _ in range(20):
                post_message(room=cast.room, sender=cast.alice, text="hi")

        all_at_once([write] * 4)
        events = listener.heard(ear)
    assert [event["seq"] for event in events] == list(range(1, 81))
    assert [event["prev"] for event in events] == list(range(80))


def test_nobody_is_told_of_what_was_taken_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(node.bus, "publish_change", lambda *about, **_: told.append(about[0]))
    with transaction.atomic():
        post_message(room=cast.room, sender=cast.alice, text="never said")
        transaction.set_rollback(True)
    assert (told, tick_of(cast.room)) == ([], 0)
    with transaction.atomic():
        post_message(room=cast.room, sender=cast.alice, text="said")
        assert told == []
    assert len(told) == 1


def test_a_message_is_there_for_everybody_when_they_are_told_of_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[bool] = []

    def look(*about: Any, **_: Any) -> None:
        found.extend(all_at_once([Message.objects.filter(text="said").exists]))

    monkeypatch.setattr(node.bus, "publish_change", look)
    post_message(room=cast.room, sender=cast.alice, text="said")
    assert found == [True]


def test_a_message_that_nobody_can_be_told_of_is_stored_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(node.bus, "publish_change", broken)
    assert post_message(room=cast.room, sender=cast.alice, text="said").message.seq == 1
    assert tick_of(cast.room) == 1
