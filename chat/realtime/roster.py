"""What this process last told its clients of the people in a room.

Differences are computed against this list and never taken over from another process, so that one
that was lost repairs itself with the next. Whoever is told stays told while they are here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

# As many are told by name; the others are counted, and found over HTTP.
SNAPSHOT_PEOPLE = 200

State = Literal["online", "away"]


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody as others see them."""

    user_id: int
    username: str
    name: str
    picture: str = ""


class Here(NamedTuple):
    occupant: Occupant
    state: State


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from what was told last; `revision` counts these without gaps."""

    count: int
    revision: int
    joined: tuple[Here, ...] = ()
    left: tuple[Occupant, ...] = ()
    updated: tuple[Here, ...] = ()
    # Who has another name or picture.
    faces: tuple[Here, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    count: int
    revision: int
    here: tuple[Here, ...]


class Roster:
    """Of one room. `revision` goes on from where an earlier roster of the room ended."""

    def __init__(self, revision: int = 0) -> None:
        self.told: dict[int, Here] = {}
        self.count = 0
        self.revision = revision

    def advance(self, here: Mapping[int, Here], changed: Iterable[int]) -> Change | None:
        """The difference between `here`, the truth, and what was told; None if there is none.

        `changed` names at least everybody who came, went or changed since the last time.
        """
        changed = list(changed)
        left, updated, faces = self.revise(here, changed)
        joined = self.fill(here, changed)
        if not (left or updated or faces or joined or len(here) != self.count):
            return None
        self.count = len(here)
        self.revision += 1
        return Change(
            self.count, self.revision, tuple(joined), tuple(left), tuple(updated), tuple(faces)
        )

    def revise(
        self, here: Mapping[int, Here], changed: list[int]
    ) -> tuple[list[Occupant], list[Here], list[Here]]:
        """Who of those told left, who is in another state now, and who looks otherwise."""
        left, updated, faces = [], [], []
        for user_id in changed:
            was, now = self.told.get(user_id), here.get(user_id)
            if was is None:
                continue
            if now is None or now.occupant.username != was.occupant.username:
                # With another username they are somebody else to clients.
                left.append(was.occupant)
                del self.told[user_id]
                continue
            if now.state != was.state:
                updated.append(now)
            if now.occupant != was.occupant:
                faces.append(now)
            self.told[user_id] = now
        return left, updated, faces

    def fill(self, here: Mapping[int, Here], changed: list[int]) -> list[Here]:
        """Tell of those who came, or of others who are here, as long as there is a place."""
        joined = []
        places = min(SNAPSHOT_PEOPLE, len(here))
        for user_id in chain(changed, here):
            if len(self.told) >= places:
                break
            if user_id in here and user_id not in self.told:
                self.told[user_id] = here[user_id]
                joined.append(here[user_id])
        return joined

    def snapshot(self, own: Here | None = None, *, is_counted: bool = True) -> Snapshot:
        """Everybody told, as of `revision`, for a client whose own person is `own`.

        Their own coming may not have been told yet: then they are not counted yet either.
        """
        told = list(self.told.values())
        if own and own.occupant.user_id not in self.told:
            told = [*told[: SNAPSHOT_PEOPLE - 1], own]
        return Snapshot(self.count + (not is_counted), self.revision, tuple(told))
