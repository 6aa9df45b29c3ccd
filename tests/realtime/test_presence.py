"""Who is here: the first to come and the last to go are told, and a reload is not."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chat.realtime.presence import (
    LEAVE_GRACE_SECONDS,
    SNAPSHOT_PEOPLE,
    Change,
    MemoryPresence,
    Occupant,
)

LOBBY, KITCHEN = 1, 2
ALICE = Occupant(1, "alice", "Alice")
BOB = Occupant(2, "bob", "Bob")

Known = dict[str, str]


@dataclass
class Timer:
    due: float
    call: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class World:
    """A presence whose clock stands still until `wait`, and all that it announced."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []
        self.told: dict[int, list[Change]] = {LOBBY: [], KITCHEN: []}
        self.presence = MemoryPresence(announce=self.hear, call_later=self.call_later)

    def hear(self, room_id: int, change: Change) -> None:
        self.told[room_id].append(change)

    def call_later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> Timer:
        timer = Timer(self.now + seconds, lambda: function(*arguments))
        self.timers.append(timer)
        return timer

    def wait(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.due <= self.now]
        self.timers = [timer for timer in self.timers if timer.due > self.now]
        for timer in sorted(due, key=lambda timer: timer.due):
            if not timer.is_cancelled:
                timer.call()

    def news(self, room_id: int = LOBBY) -> list[str]:
        """What was announced since the last time it was asked, in words."""
        changes, self.told[room_id] = self.told[room_id], []
        return [word for change in changes for word in words(change)]

    def here(self, room_id: int = LOBBY) -> Known:
        snapshot = self.presence.snapshot(room_id)
        assert snapshot.count == len(snapshot.here)
        return {who.username: state for who, state in snapshot.here}


def words(change: Change) -> list[str]:
    return [
        *(f"+{who.username} {state}" for who, state in change.joined),
        *(f"-{who.username}" for who in change.left),
        *(f"{who.username} {state}" for who, state in change.updated),
    ]


def applied(known: Known, change: Change) -> Known:
    """What a client makes of an announcement."""
    now = {**known, **{who.username: state for who, state in (*change.joined, *change.updated)}}
    for who in change.left:
        del now[who.username]
    assert all(who.username in known for who, _ in change.updated)
    assert not any(who.username in known for who, _ in change.joined)
    return now


@pytest.fixture
def world() -> World:
    return World()


def test_who_comes_is_told_and_is_here(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    assert world.news() == ["+alice online"]
    assert world.here() == {"alice": "online"}
    assert world.here(KITCHEN) == {}


def test_three_tabs_are_one_person(world: World) -> None:
    for tab in ("a1", "a2", "a3"):
        world.presence.enter(LOBBY, ALICE, tab)
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.leave(LOBBY, ALICE.user_id, "a3")
    world.wait(60)
    assert world.news() == ["+alice online"]
    assert world.presence.snapshot(LOBBY).count == 1


def test_the_going_of_the_last_tab_is_told_after_the_grace(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, ALICE, "a2")
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.leave(LOBBY, ALICE.user_id, "a2")
    world.wait(LEAVE_GRACE_SECONDS - 0.01)
    assert world.news() == ["+alice online"]
    assert world.here() == {"alice": "online"}
    world.wait(0.01)
    assert world.news() == ["-alice"]
    assert world.here() == {}


def test_a_reload_shows_nothing(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "tab 0")
    for reload in range(1, 11):
        world.presence.leave(LOBBY, ALICE.user_id, f"tab {reload - 1}")
        world.wait(LEAVE_GRACE_SECONDS / 2)
        world.presence.enter(LOBBY, ALICE, f"tab {reload}")
        world.wait(LEAVE_GRACE_SECONDS / 2)
    world.wait(60)
    assert world.news() == ["+alice online"]


def test_each_going_has_a_grace_of_its_own(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.wait(4)
    world.presence.enter(LOBBY, ALICE, "a2")
    world.presence.leave(LOBBY, ALICE.user_id, "a2")
    world.wait(4)
    assert world.news() == ["+alice online"]
    world.wait(1)
    assert world.news() == ["-alice"]


def test_who_comes_back_after_the_grace_is_told_again(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.wait(LEAVE_GRACE_SECONDS)
    world.presence.enter(LOBBY, ALICE, "a2")
    assert world.news() == ["+alice online", "-alice", "+alice online"]


def test_leaving_twice_or_without_having_come_is_nothing(world: World) -> None:
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.leave(LOBBY, ALICE.user_id, "another's")
    world.presence.leave(KITCHEN, ALICE.user_id, "a1")
    world.wait(60)
    assert world.news() == ["+alice online"]
    assert world.here() == {"alice": "online"}


def test_a_second_subscription_of_one_tab_is_still_one_tab(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.wait(LEAVE_GRACE_SECONDS)
    assert world.news() == ["+alice online", "-alice"]


def test_somebody_is_away_only_while_nobody_looks_at_any_of_their_tabs(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, ALICE, "a2")
    world.presence.set_idle("a1", idle=True)
    assert world.news() == ["+alice online"]
    world.presence.set_idle("a2", idle=True)
    world.presence.set_idle("a2", idle=True)
    assert world.news() == ["alice away"]
    assert world.here() == {"alice": "away"}
    world.presence.set_idle("a1", idle=False)
    assert world.news() == ["alice online"]


def test_when_the_only_watched_tab_closes_the_person_is_away(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, ALICE, "a2")
    world.presence.set_idle("a1", idle=True)
    world.presence.leave(LOBBY, ALICE.user_id, "a2")
    assert world.news() == ["+alice online", "alice away"]


def test_a_watched_tab_brings_somebody_back_from_being_away(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.set_idle("a1", idle=True)
    world.presence.enter(LOBBY, ALICE, "a2")
    assert world.news() == ["+alice online", "alice away", "alice online"]


def test_an_unwatched_tab_comes_in_as_away(world: World) -> None:
    world.presence.set_idle("a1", idle=True)
    world.presence.enter(LOBBY, ALICE, "a1")
    assert world.news() == ["+alice away"]


def test_one_tab_in_two_rooms_is_away_in_both(world: World) -> None:
    for room in (LOBBY, KITCHEN):
        world.presence.enter(room, ALICE, "a1")
    world.presence.set_idle("a1", idle=True)
    assert world.here(LOBBY) == world.here(KITCHEN) == {"alice": "away"}


def test_a_reload_of_somebody_who_was_away_says_what_is_true_then(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.set_idle("a1", idle=True)
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.forget("a1")
    assert world.here() == {"alice": "away"}
    world.presence.enter(LOBBY, ALICE, "a2")
    assert world.news() == ["+alice online", "alice away", "alice online"]


def test_a_forgotten_tab_leaves_nothing_behind(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.set_idle("a1", idle=True)
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.forget("a1")
    world.wait(LEAVE_GRACE_SECONDS)
    assert not world.presence.rooms
    assert not world.presence.idle


def test_revisions_have_no_gaps_and_outlive_an_empty_room(world: World) -> None:
    for person, tab in ((ALICE, "a1"), (BOB, "b1")):
        world.presence.enter(LOBBY, person, tab)
        world.presence.leave(LOBBY, person.user_id, tab)
        world.wait(LEAVE_GRACE_SECONDS)
    assert [change.revision for change in world.told[LOBBY]] == [1, 2, 3, 4]
    assert [change.count for change in world.told[LOBBY]] == [1, 0, 1, 0]
    assert world.presence.snapshot(LOBBY).revision == 4


def test_a_snapshot_of_a_crowd_counts_all_and_names_the_first(world: World) -> None:
    for number in range(SNAPSHOT_PEOPLE + 50):
        world.presence.enter(LOBBY, Occupant(number, f"guest {number}", ""), f"tab {number}")
    snapshot = world.presence.snapshot(LOBBY)
    assert (snapshot.count, len(snapshot.here)) == (SNAPSHOT_PEOPLE + 50, SNAPSHOT_PEOPLE)


@pytest.mark.parametrize("seed", range(25))
def test_whatever_happens_at_rest_everybody_knows_the_truth(seed: int) -> None:
    world, dice = World(), random.Random(seed)
    people = [Occupant(number, f"user{number}", f"User {number}") for number in range(4)]
    tabs = {f"{who.username} {n}": who for who in people for n in range(3)}
    # The truth: which tab is in which room, and which are not watched.
    inside: set[tuple[int, str]] = set()
    idle: set[str] = set()
    # Somebody looked at this moment, and hears every change from then on.
    watched = {room: (world.here(room), len(world.told[room])) for room in world.told}

    for step in range(300):
        room, tab = dice.choice([LOBBY, KITCHEN]), dice.choice(list(tabs))
        match dice.choice(["enter", "enter", "leave", "leave", "idle", "wait", "gone"]):
            case "enter":
                world.presence.enter(room, tabs[tab], tab)
                inside.add((room, tab))
            case "leave":
                world.presence.leave(room, tabs[tab].user_id, tab)
                inside.discard((room, tab))
            case "idle":
                is_idle = dice.random() < 0.5
                world.presence.set_idle(tab, idle=is_idle)
                (idle.add if is_idle else idle.discard)(tab)
            case "wait":
                world.wait(dice.choice([0.5, 2.0, LEAVE_GRACE_SECONDS]))
            case "gone":
                for each in (LOBBY, KITCHEN):
                    world.presence.leave(each, tabs[tab].user_id, tab)
                    inside.discard((each, tab))
                world.presence.forget(tab)
                idle.discard(tab)
        if step == 100:
            watched = {room: (world.here(room), len(world.told[room])) for room in world.told}
        for room, changes in world.told.items():
            assert [change.revision for change in changes] == list(range(1, len(changes) + 1))
            assert world.presence.snapshot(room).revision == len(changes)

    world.wait(LEAVE_GRACE_SECONDS)
    for room, (known, heard) in watched.items():
        for change in world.told[room][heard:]:
            known = applied(known, change)
            assert change.count == len(known)
        assert known == world.here(room) == truth(room, inside, idle, tabs)


def truth(
    room: int, inside: set[tuple[int, str]], idle: set[str], tabs: dict[str, Occupant]
) -> Known:
    states: dict[str, str] = {}
    for where, tab in inside:
        if where == room:
            username = tabs[tab].username
            is_watched = tab not in idle or states.get(username) == "online"
            states[username] = "online" if is_watched else "away"
    return states
