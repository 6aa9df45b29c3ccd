"""Sizes, rates and times, with their units."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MESSAGE_CHARS = 10_000
FRAME_BYTES = 64 * 1024
# What is gone over letter by letter before it is measured: as much as one frame can bring.
TYPED_CHARS = FRAME_BYTES
ROOM_NAME_CHARS = 80
SLUG_CHARS = 80
TOPIC_CHARS = 250
# No username is longer; accounts has the same number.
USERNAME_CHARS = 64
# In a conversation, with oneself. More of them are a room.
CONVERSATION_PEOPLE = 20
# What calls everybody in a room, behind an @; accounts has the same words.
EVERYBODY = frozenset({"all", "everyone"})
# In a room of more people only moderators may.
EVERYBODY_MOST = 50
# Each of them gets a row, and the event has all their names.
EVERYBODY_OF_MODERATORS = 500
# Of one person. Calling 500 takes the writer as long as many messages do, and is told 500 people.
CROWDS_PER_SECOND = 1 / 20
CROWDS_AT_ONCE = 5
# How many a search for people brings at most.
PEOPLE_FOUND = 20
EMOJI_CHARS = 32
# Different reactions to one message; who wants more says it in words.
EMOJI_A_MESSAGE = 50

HEARTBEAT_SECONDS = 20
# Malformed frames in a row after which a client counts as broken.
MALFORMED_FRAMES = 10
# Commands of one connection that wait for an earlier one to be answered, and how long the next
# one waits for room among them.
WAITING_COMMANDS = 256
WAITING_CHARS = 1024 * 1024
TURN_SECONDS = 5.0
# Posts of one connection that wait for their commit; more of them wait in the line.
POSTS_UNDER_WAY = 128
# Typing is told again after this at the earliest.
TYPING_SECONDS = 1.0
# Looking away and back again is told at once, and then not before this.
IDLE_SECONDS = 5.0
# The heads of many rooms are put together once in this time for one connection, however often it
# pings.
HEADS_SECONDS = 1.0
MANY_ROOMS = 50
# `room.activity` of a room, for who does not look at it.
ACTIVITY_SECONDS = 1.0

# Of one room, or of the site, at the same time; a link that is never used still opens the door.
LINKS_AT_ONCE = 20
LINK_DAYS = 7
LINK_DAYS_MOST = 365
LINK_USES_MOST = 1000
# Files of one message; how many of one person's wait to be sent, and for how long.
ATTACHMENTS_A_MESSAGE = 10
UNSENT_FILES = 50
UNSENT_SECONDS = 24 * 3600
UPLOADS_PER_SECOND = 1
UPLOADS_AT_ONCE = 60
# Looked at in the same moment, each in one of 14 threads that answer everybody; of one person.
LOOKED_AT_ONCE = 8
LOOKED_AT_A_PERSON = 4
# Of the picture that somebody has of themselves: photographs of phones have up to ten.
PORTRAIT_BYTES = 10 * 1024 * 1024
PORTRAITS_PER_SECOND = 1 / 10
PORTRAITS_AT_ONCE = 20
FILE_NAME_CHARS = 160
CONTENT_TYPE_CHARS = 100

LOBBY_PAGE = 50
MEMBERS_PAGE = 100
# That a search by name answers with.
ROOMS_FOUND = 20
# Accounts of one beginning that are looked through for those who belong to a room, and how many
# of these are told: who is not among them needs one more letter.
NAMESAKES_LOOKED_AT = 1_000
NAMESAKES_TOLD = 10
# A search for messages: what it takes, and what it answers with at a time.
SEARCH_CHARS = 200
SEARCH_WORDS = 10
SEARCH_PAGE = 20
# Between two looks at what cannot be searched yet.
INDEX_SECONDS = 1.0
HISTORY_PAGE = 50
HISTORY_PAGE_MOST = 100
# Changes of a room that a replay brings in full; beyond it the client starts afresh.
REPLAY_CHANGES = 10_000
REPLAY_PAGE = 100
# Long messages of one person that are formatted, which may take some ten milliseconds each; more of
# them are shown as they were typed.
FORMATS_PER_SECOND = 5
FORMATS_AT_ONCE = 200
# Of one person, in all their tabs.
REPLAYS_PER_SECOND = 10
REPLAYS_AT_ONCE = 300

# After a change of password the person's own session is saved anew at the end of the request;
# a look at the sessions before that would end it too. So it is looked twice.
RECHECK_DELAY_SECONDS = 0.5
CONFIRM_SECONDS = 0.5
# What was told of somebody is remembered for so long, for connections that are being let in.
TOLD_SECONDS = 60.0
# How often the heads of all followed rooms are compared with the database (one query): a
# broadcast that was lost anywhere heals within 5 s.
RECONCILE_SECONDS = 3.0
# While nothing comes from other processes that is the only way to hear of them.
RECONCILE_DEGRADED_SECONDS = 2.0
# How long an event of another process may be on its way before the log is asked for it.
HOLE_SECONDS = 0.1
# How often it is looked for what was changed behind the site's back (a shell, SQL): with the second
# look it is noticed within 15 s.
SWEEP_SECONDS = 12.0

# A full bucket lasts this long at its steady rate: an outbox sent after a day offline fits.
BURST_SECONDS = 40

# Of one person, as parts of what they may post, and at once: rooms and conversations that they
# make; people whom they take into rooms, and links. All of these come into others' lists.
ROOMS_A_POST = 1 / 50
ROOMS_AT_ONCE = 200
# Edits and reactions: everybody gets the whole message again for a word of a command.
CHANGES_A_POST = 1 / 5
CHANGES_AT_ONCE = 1_000


class TokenBuckets:
    """For each key so many uses at once, and so many a second after that.

    Remembers the `most` keys used last, which bounds its memory; a forgotten key starts full.
    Safe between threads.
    """

    def __init__(
        self,
        *,
        per_second: float,
        burst: float,
        most: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.per_second = per_second
        self.burst = burst
        self.most = most
        self.clock = clock
        self.buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self.lock = threading.Lock()

    @classmethod
    def part_of(cls, posts_per_second: float, part: float, *, at_once: float) -> "TokenBuckets":
        """Follows what may be posted: who lifts that for a load test lifts this too."""
        return cls(per_second=posts_per_second * part, burst=max(at_once, posts_per_second * part))

    def take(self, key: int) -> float:
        """Use one token. Returns 0.0, or the seconds to wait where there is none."""
        with self.lock:
            return self.take_unlocked(key, self.clock())

    def take_unlocked(self, key: int, now: float) -> float:
        tokens, then = self.buckets.pop(key, (self.burst, now))
        tokens = min(self.burst, tokens + (now - then) * self.per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self.per_second
        self.buckets[key] = (tokens if wait else tokens - 1, now)
        if len(self.buckets) > self.most:
            self.buckets.popitem(last=False)
        return wait
