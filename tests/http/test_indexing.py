"""The index of the search takes in everything, whatever else is written meanwhile."""

import pytest
from asgiref.sync import async_to_sync

from chat import indexing
from chat.actions.messages import delete_message, edit_message
from chat.actions.posting import post_message
from chat.indexing import Index
from chat.models import Message, search_rows
from chat.node import node
from tests.cast import Cast
from tests.http.test_searching import in_the_index


def post(cast: Cast, count: int) -> list[Message]:
    return [
        post_message(room=cast.room, sender=cast.alice, text=f"apple {number}").message
        for number in range(count)
    ]


def look(index: Index) -> int:
    """One look of a process; answers with how many messages can be found afterwards."""
    async_to_sync(index.grow)()
    room_id = Message.objects.latest("pk").room_id
    return len(search_rows.hits(["apple"], [room_id], before=None, limit=1000))


def test_what_was_there_before_and_what_comes_can_be_found(cast: Cast) -> None:
    post(cast, 5)
    index = Index()
    assert look(index) == 5
    post(cast, 2)
    assert look(index) == 7


def test_while_much_is_posted_it_takes_its_time_and_catches_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 2)
    monkeypatch.setattr(indexing, "A_SECOND", 4)
    index = Index()
    post(cast, 1)
    look(index)
    post(cast, 10)
    assert look(index) == 5
    assert look(index) == 11


def test_an_id_that_comes_late_is_not_passed_over(cast: Cast) -> None:
    index = Index()
    early = post(cast, 3)[1]
    look(index)
    # As if its commit came only now, while later ones were there.
    search_rows.forget(early.pk)
    assert look(index) == 3


def test_an_edit_between_reading_and_writing_wins(cast: Cast) -> None:
    (message,) = post(cast, 1)
    missing = search_rows.not_yet(0, message.pk, 10)
    edit_message(message=message, text="a pear")
    node.writer.run(lambda: indexing.add(missing))
    assert look(Index()) == 0
    assert search_rows.hits(["pear"], [cast.room.pk], before=None, limit=10)


def test_of_what_was_deleted_between_reading_and_writing_no_word_is_kept(cast: Cast) -> None:
    (message,) = post(cast, 1)
    missing = search_rows.not_yet(0, message.pk, 10)
    delete_message(message=message)
    node.writer.run(lambda: indexing.add(missing))
    assert in_the_index() == 0
