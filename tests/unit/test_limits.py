"""Token buckets, so many at once and so many a second after that; and a limit kept twice."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import models as accounts
from accounts.models import User
from chat import limits, protocol
from chat.consumers import ChatConsumer
from chat.errors import ChatError
from chat.limits import TokenBuckets
from chat.node import node

ALICE, BOB, CHARLIE = 1, 2, 3


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def buckets(clock: Clock, *, per_second: float = 2, burst: float = 4, most: int = 100):
    return TokenBuckets(per_second=per_second, burst=burst, most=most, clock=clock)


def test_a_full_bucket_lets_a_burst_through_and_then_says_how_long_to_wait() -> None:
    posts = buckets(Clock())
    assert [posts.take(ALICE) for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_who_waits_as_long_as_was_said_may_go_on() -> None:
    clock = Clock()
    posts = buckets(clock)
    while not (wait := posts.take(ALICE)):
        pass
    clock.now += wait
    assert posts.take(ALICE) == 0
    assert posts.take(ALICE) == 0.5


def test_asking_in_vain_does_not_make_the_wait_longer() -> None:
    clock = Clock()
    posts = buckets(clock)
    for _ in range(10):
        wait = posts.take(ALICE)
    clock.now += 0.25
    assert wait == 0.5
    assert posts.take(ALICE) == 0.25


def test_a_bucket_does_not_fill_beyond_its_burst() -> None:
    clock = Clock()
    posts = buckets(clock)
    posts.take(ALICE)
    clock.now += 1_000_000
    assert [posts.take(ALICE) == 0 for _ in range(6)] == [True] * 4 + [False] * 2


def test_what_one_uses_up_is_not_taken_from_another() -> None:
    posts = buckets(Clock())
    while not posts.take(ALICE):
        pass
    assert posts.take(BOB) == 0


def test_only_so_many_are_remembered_and_whoever_was_quiet_longest_is_forgotten() -> None:
    posts = buckets(Clock(), burst=1, most=2)
    for person in (ALICE, BOB, ALICE, CHARLIE):
        posts.take(person)
    assert len(posts.buckets) == 2
    assert posts.take(ALICE) > 0
    assert posts.take(BOB) == 0


def test_a_part_of_the_rate_of_posts_is_lifted_with_it() -> None:
    rooms = TokenBuckets.part_of(50, 1 / 50, at_once=200)
    assert (rooms.per_second, rooms.burst) == (1, 200)
    lifted = TokenBuckets.part_of(1_000_000, 1 / 50, at_once=200)
    assert (lifted.per_second, lifted.burst) == (20_000, 20_000)


@pytest.mark.parametrize(
    ("command", "wait"),
    [
        (protocol.EditMessage(message_id=1, message="x"), 4),
        (protocol.AddReaction(message_id=1, emoji="x"), 4),
        (protocol.RemoveReaction(message_id=1, emoji="x"), 4),
        (protocol.DeleteMessage(message_id=1), 2),
    ],
)
async def test_edits_and_reactions_have_a_rate_of_their_own(
    command: protocol.Command, wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "posts", buckets(Clock(), per_second=0.5, burst=0))
    monkeypatch.setattr(node, "changes", buckets(Clock(), per_second=0.25, burst=0))
    consumer = ChatConsumer()
    consumer.user = User(pk=ALICE)
    with pytest.raises(ChatError) as refused:
        await consumer.perform(command)
    assert (refused.value.code, refused.value.retry_after) == ("rate_limited", wait)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 3), max_size=80), st.integers(1, 20), st.integers(1, 10))
def test_no_pattern_of_asking_gets_more_than_the_rate(
    pauses: list[float], per_second: int, burst: int
) -> None:
    clock = Clock()
    posts = buckets(clock, per_second=per_second, burst=burst)
    allowed = 0
    for pause in pauses:
        clock.now += pause
        allowed += posts.take(ALICE) == 0
    assert allowed <= burst + sum(pauses) * per_second + 1e-6


def test_many_threads_share_one_bucket() -> None:
    posts = buckets(Clock(), burst=100)
    allowed: list[int] = []

    def hurry() -> None:
        allowed.append(sum(posts.take(ALICE) == 0 for _ in range(50)))

    threads = [threading.Thread(target=hurry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 100


def test_a_username_may_be_as_long_here_as_it_is_there() -> None:
    """The limits know no models, and accounts know nothing of the chat: both say it."""
    assert limits.USERNAME_CHARS == accounts.USERNAME_CHARS
