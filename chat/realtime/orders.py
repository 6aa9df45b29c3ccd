"""What one process tells another: the bus's words, and their seal.

An order is carried out by every process whom it concerns, the one that gives it first. The bus is
a place where others may write: only what bears the installation's seal is opened.
"""

import hashlib
import hmac
from collections.abc import Iterable

import msgspec

from chat.realtime import topics

SEAL_BYTES = 16


class Order(msgspec.Struct, array_like=True):
    @property
    def groups(self) -> tuple[str, ...]:
        """Who has to hear of it."""
        return (topics.EVERYBODY,)


class Change(Order, tag="change"):
    """A room's change that was committed."""

    room_id: int
    tick: int
    event: str

    @property
    def groups(self) -> tuple[str, ...]:
        return (topics.room(self.room_id),)


class News(Order, tag="news"):
    """There is something new in a room, for those who do not look at it."""

    room_id: int


class RoomChanged(Order, tag="room-changed"):
    """What a room is called or allows has changed, for those who do not look at it."""

    room_id: int


class Tell(Order, tag="tell"):
    """State, for all connections of a topic but the one of the id `skip`."""

    topic: str
    event: str
    skip: str | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.topic,)


class Read(Order, tag="read"):
    """A user's position in a room moved; the connection `skip` said it."""

    user_id: int
    room_id: int
    skip: str | None = None

    @property
    def groups(self) -> tuple[str, ...]:
        return (topics.user(self.user_id),)


class Expel(Order, tag="expel"):
    """Cut a user's connections off from a room; `event` tells them."""

    user_id: int
    room_id: int
    slug: str
    event: str

    @property
    def groups(self) -> tuple[str, ...]:
        return (topics.user(self.user_id),)


class EndSession(Order, tag="end-session"):
    """The sign-in of this topic is over."""

    topic: str


class RenewSession(Order, tag="renew-session"):
    """The sign-in of this topic goes on under another key, which the database knows."""

    topic: str


class Recheck(Order, tag="recheck"):
    """A user's sessions may have become invalid.

    For everybody: a process to which they are just coming has read their session, and is not in
    their group yet.
    """

    user_id: int


class FaceChanged(Order, tag="face-changed"):
    """Somebody has another name or picture, which the database knows."""

    user_id: int

    @property
    def groups(self) -> tuple[str, ...]:
        return (topics.user(self.user_id),)


class LookAround(Order, tag="look-around"):
    """Who is in a room has changed."""

    room_id: int

    @property
    def groups(self) -> tuple[str, ...]:
        return (topics.room(self.room_id),)


class Heartbeat(Order, tag="heartbeat"):
    """The line between the processes carries what is put on it."""


AnyOrder = (
    Change
    | News
    | RoomChanged
    | Tell
    | Read
    | Expel
    | EndSession
    | RenewSession
    | Recheck
    | FaceChanged
    | LookAround
    | Heartbeat
)


class Letter(msgspec.Struct, array_like=True):
    """The orders that one process gives at a time; `origin` is its id."""

    origin: str
    orders: list[AnyOrder]


class Forged(Exception):
    """Not one of ours: no seal, the wrong one, or not what is said under it."""


class Sealer:
    """`key` is the installation's, at most 64 bytes; processes with different ones are deaf."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.encoder = msgspec.msgpack.Encoder()
        self.decoder = msgspec.msgpack.Decoder(Letter)

    def seal(self, origin: str, orders: Iterable[AnyOrder]) -> bytes:
        body = self.encoder.encode(Letter(origin, list(orders)))
        return self.seal_of(body) + body

    def open(self, sealed: object) -> Letter:
        """Raises Forged."""
        if not isinstance(sealed, bytes):
            raise Forged
        seal, body = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        if not hmac.compare_digest(seal, self.seal_of(body)):
            raise Forged
        try:
            return self.decoder.decode(body)
        except msgspec.MsgspecError as error:
            # Sealed by another version of ours: as good as lost, which is provided for.
            raise Forged from error

    def seal_of(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self.key, digest_size=SEAL_BYTES).digest()
