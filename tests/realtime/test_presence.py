"""Who is here: the first to come and the last to go are told, and a reload is not."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chat.realtime.presence import (
    LARGE_ROOM_SECONDS,
    LEAVE_GRACE_SECONDS,
    SMALL_ROOM_PEOPLE,
    Presence,
)
from chat.realtime.roster import SNAPSHOT_PEOPLE, Change, Occupant

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
        self.presence = Presence(
            announce=self.hear, call_later=self.call_later, clock=lambda: self.now
        )

    def hear(self, room_id: int, change: Change) -> None:
        self.told[room_id].append(change)

    def call_later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> Timer:
        timer = Timer(self.now + seconds, lambda: function(*arguments))
        self.timers.append(timer)
        return timer

    def wait(self, seconds: float = 0.0) -> None:
        """Let so much time pass; 0 is the rest of this turn of the loop."""
        until = self.now + seconds
        while due := [timer for timer in self.timers if timer.due <= until]:
            timer = min(due, key=lambda timer: timer.due)
            self.timers.remove(timer)
            self.now = max(self.now, timer.due)
            if not timer.is_cancelled:
                timer.call()
        self.now = until

    def news(self, room_id: int = LOBBY) -> list[str]:
        """What was announced since the last time it was asked, in words."""
        self.wait()
        changes, self.told[room_id] = self.told[room_id], []
        return [word for change in changes for word in words(change)]

    def here(self, room_id: int = LOBBY) -> Known:
        self.wait()
        snapshot = self.presence.snapshot(room_id)
        assert snapshot.count == len(snapshot.here)
        return {who.username: state for who, state in snapshot.here}

    def crowd(self, people: int, room_id: int = LOBBY) -> list[Occupant]:
        """So many guests enter at this moment."""
        guests = [Occupant(100 + n, f"guest{n}", f"Guest {n}") for n in range(people)]
        for guest in guests:
            self.presence.enter(room_id, guest, f"tab of {guest.username}")
        return guests

    def goes(self, guest: Occupant, room_id: int = LOBBY) -> None:
        self.presence.leave(room_id, guest.user_id, f"tab of {guest.username}")


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
    assert world.news() == ["+alice online"]
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.wait(LEAVE_GRACE_SECONDS)
    world.presence.enter(LOBBY, ALICE, "a2")
    assert world.news() == ["-alice", "+alice online"]


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
    assert world.news() == ["+alice online"]
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.wait(LEAVE_GRACE_SECONDS)
    assert world.news() == ["-alice"]


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
    assert world.news() == ["+alice online"]
    world.presence.leave(LOBBY, ALICE.user_id, "a2")
    assert world.news() == ["alice away"]


def test_a_watched_tab_brings_somebody_back_from_being_away(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.set_idle("a1", idle=True)
    assert world.news() == ["+alice away"]
    world.presence.enter(LOBBY, ALICE, "a2")
    assert world.news() == ["alice online"]


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
    assert world.news() == ["+alice away", "alice online"]


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
        world.wait()
        world.presence.leave(LOBBY, person.user_id, tab)
        world.wait(LEAVE_GRACE_SECONDS)
    assert [change.revision for change in world.told[LOBBY]] == [1, 2, 3, 4]
    assert [change.count for change in world.told[LOBBY]] == [1, 0, 1, 0]
    assert world.presence.snapshot(LOBBY).revision == 4


def test_rooms_that_nobody_is_in_any_more_cost_nothing(world: World) -> None:
    for room_id in range(3, 50):
        world.told[room_id] = []
        world.presence.enter(room_id, ALICE, "a1")
        world.presence.leave(room_id, ALICE.user_id, "a1")
    world.wait(LEAVE_GRACE_SECONDS)
    assert world.presence.rooms == {}


def test_what_happens_in_one_turn_is_told_together(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, BOB, "b1")
    world.presence.set_idle("b1", idle=True)
    world.wait()
    [change] = world.told[LOBBY]
    assert words(change) == ["+alice online", "+bob away"]
    assert (change.count, change.revision) == (2, 1)


def test_who_comes_and_is_put_out_in_one_turn_was_never_there(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.wait()
    world.presence.enter(LOBBY, BOB, "b1")
    world.presence.remove(LOBBY, BOB.user_id)
    assert world.news() == ["+alice online"]
    assert world.here() == {"alice": "online"}


def test_who_is_put_out_is_gone_at_once_and_for_good(world: World) -> None:
    for tab in ("a1", "a2"):
        world.presence.enter(LOBBY, ALICE, tab)
    world.presence.enter(LOBBY, BOB, "b1")
    world.presence.leave(LOBBY, ALICE.user_id, "a2")
    assert world.news() == ["+alice online", "+bob online"]
    world.presence.remove(LOBBY, ALICE.user_id)
    assert world.news() == ["-alice"]
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.wait(60)
    assert world.news() == []
    assert world.here() == {"bob": "online"}


def test_who_is_put_out_in_the_grace_does_not_leave_twice(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, BOB, "b1")
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.remove(LOBBY, ALICE.user_id)
    world.presence.enter(LOBBY, ALICE, "a2")
    world.wait(60)
    assert world.here() == {"bob": "online", "alice": "online"}


def test_a_new_name_is_shown_with_the_next_snapshot(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.wait()
    world.presence.enter(LOBBY, Occupant(1, "alice", "Dr. Alice"), "a2")
    assert world.news() == ["+alice online"]
    assert [who.name for who, _ in world.presence.snapshot(LOBBY).here] == ["Dr. Alice"]


def test_with_another_username_somebody_is_another_person(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    assert world.news() == ["+alice online"]
    world.presence.enter(LOBBY, Occupant(1, "alicia", "Alice"), "a2")
    assert sorted(world.news()) == ["+alicia online", "-alice"]


# --- Large rooms


def test_a_snapshot_of_a_crowd_counts_all_and_names_the_first(world: World) -> None:
    world.crowd(SNAPSHOT_PEOPLE + 50)
    world.wait()
    snapshot = world.presence.snapshot(LOBBY)
    assert (snapshot.count, len(snapshot.here)) == (SNAPSHOT_PEOPLE + 50, SNAPSHOT_PEOPLE)


def test_a_newcomer_is_in_their_own_snapshot_before_the_others_are_told(world: World) -> None:
    world.crowd(SMALL_ROOM_PEOPLE + 1)
    world.wait(LARGE_ROOM_SECONDS / 2)
    world.presence.enter(LOBBY, ALICE, "a1")
    world.wait()
    assert world.presence.snapshot(LOBBY).count == SMALL_ROOM_PEOPLE + 1
    own = world.presence.snapshot(LOBBY, ALICE.user_id)
    assert own.count == SMALL_ROOM_PEOPLE + 2 == len(own.here)
    assert own.here[-1].occupant == ALICE
    world.wait(LARGE_ROOM_SECONDS)
    [_, change] = world.told[LOBBY]
    assert (change.revision, change.count) == (own.revision + 1, own.count)
    assert world.presence.snapshot(LOBBY, ALICE.user_id).count == own.count


def test_a_newcomer_beyond_the_first_200_is_in_their_own_snapshot(world: World) -> None:
    world.crowd(SNAPSHOT_PEOPLE)
    world.wait(60)
    world.presence.enter(LOBBY, ALICE, "a1")
    for seconds in (0, LARGE_ROOM_SECONDS):
        world.wait(seconds)
        own = world.presence.snapshot(LOBBY, ALICE.user_id)
        assert (own.count, len(own.here)) == (SNAPSHOT_PEOPLE + 1, SNAPSHOT_PEOPLE)
        assert ALICE in [who for who, _ in own.here]


def test_a_place_among_the_first_200_is_taken_by_somebody_else(world: World) -> None:
    guests = world.crowd(SNAPSHOT_PEOPLE + 2)
    world.wait(60)
    world.told[LOBBY].clear()
    world.goes(guests[7])
    world.wait(60)
    [change] = world.told[LOBBY]
    assert words(change) == [f"+guest{SNAPSHOT_PEOPLE} online", "-guest7"]
    assert change.count == SNAPSHOT_PEOPLE + 1
    assert len(world.presence.snapshot(LOBBY).here) == SNAPSHOT_PEOPLE


def test_beyond_the_first_200_only_the_count_changes(world: World) -> None:
    guests = world.crowd(SNAPSHOT_PEOPLE + 5)
    world.wait(60)
    world.told[LOBBY].clear()
    world.goes(guests[-1])
    world.wait(60)
    [change] = world.told[LOBBY]
    assert words(change) == []
    assert (change.count, change.revision) == (SNAPSHOT_PEOPLE + 4, 2)


def test_a_large_room_is_told_once_a_second(world: World) -> None:
    world.crowd(SMALL_ROOM_PEOPLE + 1)
    world.wait()
    began = world.now
    for _ in range(100):
        world.presence.set_idle("tab of guest1", idle=True)
        world.wait(0.05)
        world.presence.set_idle("tab of guest1", idle=False)
        world.presence.enter(LOBBY, ALICE, "a1")
        world.wait(0.05)
        world.presence.remove(LOBBY, ALICE.user_id)
    seconds = world.now - began
    assert len(world.told[LOBBY]) <= seconds / LARGE_ROOM_SECONDS + 1


def test_in_a_quiet_large_room_a_change_is_told_at_once(world: World) -> None:
    world.crowd(SMALL_ROOM_PEOPLE + 1)
    world.wait(LARGE_ROOM_SECONDS)
    world.told[LOBBY].clear()
    world.presence.enter(LOBBY, ALICE, "a1")
    assert world.news() == ["+alice online"]


@pytest.mark.parametrize("seconds", [0.0, 2.0])
def test_500_who_enter_together_are_told_in_few_events(world: World, seconds: float) -> None:
    for number in range(500):
        world.presence.enter(LOBBY, Occupant(number, f"guest{number}", ""), f"tab {number}")
        world.wait(seconds / 500)
    world.wait(LARGE_ROOM_SECONDS)
    assert world.told[LOBBY][-1].count == 500
    # One at a time as long as the room is small, and from then on once a second.
    assert len(world.told[LOBBY]) <= SMALL_ROOM_PEOPLE + seconds / LARGE_ROOM_SECONDS + 2


# --- An orderly end


async def test_after_handing_over_nobody_leaves(world: World) -> None:
    world.presence.enter(LOBBY, ALICE, "a1")
    world.presence.enter(LOBBY, BOB, "b1")
    world.presence.leave(LOBBY, BOB.user_id, "b1")
    world.news()
    await world.presence.hand_over()
    world.presence.leave(LOBBY, ALICE.user_id, "a1")
    world.presence.forget("a1")
    world.wait(60)
    assert world.news() == []


# --- Whatever happens


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
        if dice.random() < 0.5:
            world.wait()

    world.wait(LEAVE_GRACE_SECONDS)
    for changes in world.told.values():
        revisions = [change.revision for change in changes]
        assert revisions == sorted(set(revisions))
    for room, (known, heard) in watched.items():
        for change in world.told[room][heard:]:
            known = applied(known, change)
            assert change.count == len(known)
        assert known == world.here(room) == truth(room, inside, idle, tabs)
        assert bool(known) == (room in world.presence.rooms)


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
