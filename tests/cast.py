"""The people of the tests: Alice owns, Bob belongs, Charlie is a stranger."""

from dataclasses import dataclass

from accounts.models import User
from chat.actions.rooms import enter_room, open_room
from chat.models import Membership, Room
from tests.chatter import PASSWORD, Chatter
from tests.running import RunningServer


@dataclass(frozen=True)
class Cast:
    """In the tests' own database: Alice made the room, Bob entered it, Charlie did not."""

    alice: User
    bob: User
    charlie: User
    room: Room

    @classmethod
    def gather(cls) -> "Cast":
        alice, bob, charlie = map(make_user, ["alice", "bob", "charlie"])
        room, _ = open_room(name="Lobby", by=alice)
        enter_room(room=room, user=bob)
        return cls(alice, bob, charlie, room)


def make_user(username: str, **fields: str) -> User:
    return User.objects.create_user(username, f"{username}@example.org", PASSWORD, **fields)


def make_private(room: Room) -> Room:
    """Only those who belong to it may see the room from now on."""
    room.kind = Room.Kind.PRIVATE
    room.save(update_fields=["kind"])
    return room


def role_of(user: User, room: Room) -> str:
    return Membership.objects.get(user=user, room=room).role


@dataclass(frozen=True)
class Company:
    """Signed up at a running server; Alice makes the rooms."""

    server: RunningServer
    alice: Chatter
    bob: Chatter
    charlie: Chatter

    @classmethod
    async def gather(cls, server: RunningServer) -> "Company":
        people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
        return cls(server, *people)

    async def leave(self) -> None:
        for person in (self.alice, self.bob, self.charlie):
            await person.web.aclose()
