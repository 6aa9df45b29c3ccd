"""One process: which connections there are and what each of them hears."""

import pytest

from chat.realtime import topics
from chat.realtime.feed import Feed, Page
from chat.realtime.hub import Hub
from tests.listening import Ear

LOBBY, KITCHEN = 1, 2
ALICE, BOB = 1, 2


@pytest.fixture
def holes() -> list[Feed]:
    return []


@pytest.fixture
def followed() -> set[str]:
    return set()


@pytest.fixture
def hub(holes: list[Feed], followed: set[str]) -> Hub:
    async def never(room_id: int, after: int) -> Page:
        raise AssertionError("Nobody heals here.")

    return Hub(read_log=never, on_hole=holes.append, follow=followed.add, unfollow=followed.discard)


def in_room(hub: Hub, room_id: int, user_id: int = ALICE) -> Ear:
    ear = Ear(user_id)
    hub.add(ear)
    hub.enter(room_id, f"room-{room_id}", ear).go_live(ear, 0)
    return ear


def test_an_event_reaches_those_in_its_room_alone(hub: Hub) -> None:
    alice, bob, in_the_kitchen = (
        in_room(hub, LOBBY),
        in_room(hub, LOBBY, BOB),
        in_room(hub, KITCHEN),
    )
    hub.publish(LOBBY, "hello", 1)
    assert (alice.told, bob.told, in_the_kitchen.told) == (["hello"], ["hello"], [])


def test_everybody_gets_the_very_same_text(hub: Hub) -> None:
    ears = [in_room(hub, LOBBY) for _ in range(3)]
    event = "".join(["encoded ", "once"])
    hub.publish(LOBBY, event, 1)
    assert all(ear.told[0] is event for ear in ears)


def test_a_persons_news_reaches_all_their_tabs_but_the_one_that_said_it(hub: Hub) -> None:
    first, second, bob = Ear(ALICE), Ear(ALICE), Ear(BOB)
    for ear in (first, second, bob):
        hub.add(ear)
    hub.deliver(topics.user(ALICE), "read", skip=first.id)
    assert (first.told, second.told, bob.told) == ([], ["read"], [])


def test_a_connection_that_is_gone_hears_nothing_and_leaves_nothing_behind(hub: Hub) -> None:
    ear = in_room(hub, LOBBY)
    hub.enter(KITCHEN, "kitchen", ear)
    for room_id in (LOBBY, KITCHEN):
        hub.leave(room_id, ear)
    hub.remove(ear)
    for room_id in (LOBBY, KITCHEN):
        hub.publish(room_id, "too late", 1)
    hub.deliver(topics.user(ALICE), "too late")
    assert ear.told == []
    assert (hub.connections, hub.feeds, dict(hub.listeners)) == (set(), {}, {})
    hub.remove(ear)
    assert not hub.listeners


def test_a_room_is_followed_until_the_last_one_leaves(hub: Hub) -> None:
    alice, bob = in_room(hub, LOBBY), in_room(hub, LOBBY, BOB)
    hub.leave(LOBBY, alice)
    hub.publish(LOBBY, "still here", 1)
    hub.leave(LOBBY, bob)
    hub.leave(LOBBY, bob)
    assert (alice.told, bob.told) == ([], ["still here"])
    assert not hub.feeds


def test_nobody_is_disturbed_by_news_that_nobody_wants(hub: Hub) -> None:
    hub.publish(LOBBY, "hello", 1)
    hub.deliver(topics.user(ALICE), "hello")
    assert not hub.feeds
    assert not hub.listeners
    assert hub.listening(topics.user(ALICE)) == ()


def test_one_that_cannot_follow_is_closed_and_the_others_hear_on(hub: Hub) -> None:
    slow, quick = in_room(hub, LOBBY), in_room(hub, LOBBY, BOB)
    for tick in range(1, 301):
        hub.publish(LOBBY, f"{tick}", tick)
        quick.queue.clear()
    assert slow.close_code == 4408
    assert not quick.is_closing


def test_heads_tell_the_latest_tick_of_each_room_by_its_slug(hub: Hub) -> None:
    in_room(hub, LOBBY)
    in_room(hub, KITCHEN)
    hub.publish(LOBBY, "hello", 1)
    assert hub.heads([LOBBY, KITCHEN, 99]) == {"room-1": 1, "room-2": 0}


def test_a_session_is_followed_under_its_new_key(hub: Hub) -> None:
    ear, other = Ear(ALICE, "old"), Ear(ALICE, "another")
    hub.add(ear)
    hub.add(other)
    hub.renew_session("old", "new")
    assert hub.listening(topics.session("old")) == ()
    assert set(hub.listening(topics.session("new"))) == {ear}
    assert set(hub.listening(topics.session("another"))) == {other}
    assert ear.session_key == "new"
    hub.remove(ear)
    assert hub.listening(topics.session("new")) == ()


def test_a_session_without_connections_is_renewed_without_a_trace(hub: Hub) -> None:
    hub.renew_session("old", "new")
    assert not hub.listeners


def test_a_topic_never_holds_the_key_of_a_session() -> None:
    topic = topics.session("s3cret-key")
    assert "s3cret" not in topic
    assert topic == topics.session("s3cret-key") != topics.session("s3cret-kez")
    assert len({topics.room(1), topics.user(1), topics.session("1")}) == 3


def test_a_hole_is_told_once_until_it_is_healed(hub: Hub, holes: list[Feed]) -> None:
    in_room(hub, LOBBY)
    for tick in (1, 3, 4):
        hub.publish(LOBBY, f"{tick}", tick)
    hub.notice(LOBBY, 9)
    assert holes == [hub.feeds[topics.room(LOBBY)]]
    assert hub.heads([LOBBY]) == {"room-1": 9}


def test_a_rooms_state_reaches_those_who_are_live_in_it(hub: Hub) -> None:
    alice, in_the_kitchen = in_room(hub, LOBBY), in_room(hub, KITCHEN)
    hub.deliver(topics.room(LOBBY), "a new topic")
    assert (alice.told, in_the_kitchen.told) == (["a new topic"], [])


def test_other_processes_are_told_what_is_listened_to_here_and_what_is_not_any_more(
    hub: Hub, followed: set[str]
) -> None:
    alice, other_tab, bob = in_room(hub, LOBBY), in_room(hub, LOBBY), in_room(hub, KITCHEN, BOB)
    rooms_and_people = {topics.room(LOBBY), topics.room(KITCHEN)} | {
        topics.user(ALICE),
        topics.user(BOB),
    }
    assert rooms_and_people <= followed
    for ear, room in ((alice, LOBBY), (bob, KITCHEN)):
        hub.leave(room, ear)
        hub.remove(ear)
    assert rooms_and_people & followed == {topics.room(LOBBY), topics.user(ALICE)}
    hub.leave(LOBBY, other_tab)
    hub.remove(other_tab)
    assert followed == set()


def test_somebody_who_said_it_on_a_rooms_topic_is_left_out(hub: Hub) -> None:
    alice, bob = in_room(hub, LOBBY), in_room(hub, LOBBY, BOB)
    hub.deliver(topics.room(LOBBY), "alice types", alice.id)
    assert (alice.told, bob.told) == ([], ["alice types"])


def test_who_has_a_tab_that_does_not_follow_a_room_is_no_onlooker(hub: Hub) -> None:
    in_room(hub, LOBBY)
    in_room(hub, LOBBY, BOB)
    assert hub.onlookers([LOBBY, KITCHEN]) == {(ALICE, LOBBY), (BOB, LOBBY)}
    other_tab = Ear(BOB)
    hub.add(other_tab)
    assert hub.onlookers([LOBBY]) == {(ALICE, LOBBY)}
    assert hub.users() == {ALICE, BOB}
