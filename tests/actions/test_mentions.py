"""@all calls everybody in the room: its members, and nobody else of the site."""

import json
import re

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.names import EVERYBODY as RESERVED
from chat import mentions
from chat.actions.messages import edit_message
from chat.actions.posting import post_message
from chat.actions.rooms import enter_room
from chat.limits import EVERYBODY, TokenBuckets
from chat.models import Mention, Message
from chat.node import node
from tests.cast import Cast, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def crowds(monkeypatch: pytest.MonkeyPatch) -> TokenBuckets:
    """Nobody has called anybody yet: ids come again from test to test."""
    crowds = TokenBuckets(per_second=0.001, burst=5)
    monkeypatch.setattr(node, "crowds", crowds)
    return crowds


def waiting(message: Message) -> list[str]:
    found = Mention.objects.filter(message=message).order_by("user__username")
    return list(found.values_list("user__username", flat=True))


@pytest.mark.parametrize("name", ["@all", "@Everyone"])
def test_everybody_in_the_room_is_called_but_for_who_calls(cast: Cast, name: str) -> None:
    enter_room(room=cast.room, user=make_user("zoe"))
    posted, _ = post_message(room=cast.room, sender=cast.bob, text=f"Lunch, {name}?")
    assert posted.mentions == waiting(posted) == ["alice", "zoe"]
    assert posted.html == f'<p>Lunch, <span class="mention">{name}</span>?</p>'
    by_name, _ = post_message(room=cast.room, sender=cast.bob, text="@all, @zoe and @bob")
    assert (by_name.mentions, waiting(by_name)) == (["alice", "bob", "zoe"], ["alice", "zoe"])
    assert 'data-username="zoe">@zoe' in by_name.html


def test_in_a_larger_room_only_moderators_call_everybody_and_in_a_crowd_nobody_does(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "EVERYBODY_MOST", 1)
    word, _ = post_message(room=cast.room, sender=cast.bob, text="@all and @alice")
    assert word.mentions == ["alice"]
    assert word.html == '<p>@all and <span class="mention" data-username="alice">@alice</span></p>'
    call, _ = post_message(room=cast.room, sender=cast.alice, text="@all")
    assert call.mentions == waiting(call) == ["bob"]
    monkeypatch.setattr(mentions, "EVERYBODY_OF_MODERATORS", 1)
    crowd, _ = post_message(room=cast.room, sender=cast.alice, text="@all")
    assert (crowd.mentions, crowd.html) == ([], "")


def test_who_had_the_name_before_keeps_it(cast: Cast) -> None:
    enter_room(room=cast.room, user=make_user("All"))
    posted, _ = post_message(room=cast.room, sender=cast.alice, text="@all")
    assert posted.mentions == waiting(posted) == ["All"]
    assert 'data-username="All"' in posted.html
    other, _ = post_message(room=cast.room, sender=cast.alice, text="@everyone")
    assert other.mentions == ["All", "bob"]


def test_a_name_that_is_taken_elsewhere_keeps_nobody_from_being_called(cast: Cast) -> None:
    make_user("all")
    posted, _ = post_message(room=cast.room, sender=cast.alice, text="@all")
    assert posted.mentions == ["bob"]


def test_an_edit_calls_everybody_or_takes_it_back(cast: Cast) -> None:
    posted, _ = post_message(room=cast.room, sender=cast.alice, text="Hello")
    edit_message(message=posted, text="Hello @all")
    assert waiting(posted) == Message.objects.get().mentions == ["bob"]
    edit_message(message=posted, text="Hello you")
    assert waiting(posted) == Message.objects.get().mentions == []


def test_who_calls_everybody_too_often_only_writes_a_word(cast: Cast, crowds: TokenBuckets) -> None:
    crowds.burst = 1
    for text in ("Hello", "@bob", "@all"):
        post_message(room=cast.room, sender=cast.alice, text=text)
    word, _ = post_message(room=cast.room, sender=cast.alice, text="**@all** and @bob")
    assert word.mentions == ["bob"]
    assert "<strong>@all</strong>" in word.html
    edit_message(message=word, text="@all")
    assert waiting(word) == []
    call, _ = post_message(room=cast.room, sender=cast.bob, text="@all")
    assert call.mentions == ["alice"]


def test_calling_everybody_costs_no_more_statements_than_calling_one(cast: Cast) -> None:
    def statements(text: str) -> int:
        message = Message(room=cast.room, sender=cast.alice, text=text)
        with CaptureQueriesContext(connection) as asked:
            mentions.settle(message, node.crowds)
        return len(asked)

    assert [statements(text) for text in ("Hello", "@bob", "@all")] == [0, 1, 1]


def test_the_words_are_the_ones_that_nobody_new_may_be_called() -> None:
    assert EVERYBODY == RESERVED
    script = (settings.BASE_DIR / "static/js/model/completion.js").read_text()
    (offered,) = re.findall(r"const EVERYBODY = (\[.*\]);", script)
    assert set(json.loads(offered)) == EVERYBODY
