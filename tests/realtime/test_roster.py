"""The list of people that clients were told, and its differences from the truth."""

import random

import pytest

from chat.realtime import roster as module
from chat.realtime.roster import Change, Here, Occupant, Roster, Snapshot, State

FEW = 5


@pytest.fixture(autouse=True)
def few_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_PEOPLE", FEW)


def guest(number: int, state: State = "online", username: str = "") -> Here:
    return Here(Occupant(number, username or f"guest{number}", f"Guest {number}"), state)


def people(*numbers: int) -> dict[int, Here]:
    return {number: guest(number) for number in numbers}


def names(here: tuple[Here, ...]) -> list[str]:
    return [who.username for who, _ in here]


def test_nothing_changed_is_nothing_told() -> None:
    roster = Roster(7)
    here = people(1, 2)
    assert roster.advance(here, [1, 2]) == Change(2, 8, joined=(here[1], here[2]))
    assert roster.advance(here, [1, 2]) is None
    assert roster.advance(here, []) is None
    assert roster.snapshot() == Snapshot(2, 8, (here[1], here[2]))


def test_who_came_and_went_unseen_is_not_told() -> None:
    roster = Roster()
    assert roster.advance({}, [1]) is None
    assert roster.revision == 0


def test_the_told_stay_told_while_others_come() -> None:
    roster = Roster()
    roster.advance(people(*range(1, 6)), range(1, 6))
    # The newcomer stands first in the truth, and is not among the first who were told.
    change = roster.advance(people(9, *range(1, 6)), [9])
    assert change == Change(6, 2)
    assert names(roster.snapshot().here) == [f"guest{n}" for n in range(1, 6)]


def test_a_vacancy_is_filled_by_somebody_who_waited() -> None:
    roster = Roster()
    roster.advance(people(*range(1, 8)), range(1, 8))
    change = roster.advance(people(1, 3, 4, 5, 6, 7), [2])
    assert change is not None
    assert [who.username for who in change.left] == ["guest2"]
    assert names(change.joined) == ["guest6"]
    assert change.count == 6


def test_the_state_of_who_was_not_told_is_not_told() -> None:
    roster = Roster()
    here = people(*range(1, 8))
    roster.advance(here, here)
    here[7] = guest(7, "away")
    assert roster.advance(here, [7]) is None
    here[1] = guest(1, "away")
    change = roster.advance(here, [1])
    assert change is not None
    assert names(change.updated) == ["guest1"]


def test_another_name_or_picture_is_told_of_who_was_told() -> None:
    roster = Roster()
    here = people(*range(1, 8))
    roster.advance(here, here)
    for number in (2, 7):
        here[number] = Here(Occupant(number, f"guest{number}", "Another", "1c"), "online")
    change = roster.advance(here, [2, 7])
    assert change == Change(7, 2, faces=(here[2],))
    assert here[2] in roster.snapshot().here


def test_somebody_with_another_username_left_and_joined() -> None:
    roster = Roster()
    roster.advance(people(1), [1])
    change = roster.advance({1: guest(1, username="renamed")}, [1])
    assert change is not None
    assert ([who.username for who in change.left], names(change.joined)) == (
        ["guest1"],
        ["renamed"],
    )


def test_ones_own_person_is_in_the_snapshot_untold_and_uncounted() -> None:
    roster = Roster()
    roster.advance(people(*range(1, 6)), range(1, 6))
    snapshot = roster.snapshot(guest(9), is_counted=False)
    assert snapshot.count == 6
    assert names(snapshot.here) == ["guest1", "guest2", "guest3", "guest4", "guest9"]
    assert roster.snapshot(guest(3)) == roster.snapshot()


@pytest.mark.parametrize("seed", range(30))
def test_all_differences_together_are_the_list(seed: int) -> None:
    dice = random.Random(seed)
    roster, here = Roster(), people(*range(dice.randrange(9)))
    known: dict[str, str] = {}
    count = revision = 0
    changed = set(here)
    for _ in range(200):
        for _ in range(dice.randrange(4)):
            number = dice.randrange(9)
            changed.add(number)
            match dice.choice(["come", "go", "away", "rename"]):
                case "come":
                    here.setdefault(number, guest(number))
                case "go":
                    here.pop(number, None)
                case "away" if number in here:
                    here[number] = guest(number, dice.choice(["online", "away"]))
                case "rename" if number in here:
                    here[number] = guest(number, username=f"{dice.random()}")
        if dice.random() < 0.3:
            continue
        change = roster.advance(here, sorted(changed))
        changed.clear()
        if change:
            assert change.revision == revision + 1
            revision, count = change.revision, change.count
            for who in change.left:
                del known[who.username]
            assert not known.keys() & {who.username for who, _ in change.joined}
            assert known.keys() >= {who.username for who, _ in change.updated}
            for who, state in (*change.joined, *change.updated):
                known[who.username] = state
        snapshot = roster.snapshot()
        assert known == {who.username: state for who, state in snapshot.here}
        assert known.items() <= {who.username: state for who, state in here.values()}.items()
        assert (len(known), count) == (min(FEW, len(here)), len(here))
        assert (snapshot.count, snapshot.revision) == (count, revision)
