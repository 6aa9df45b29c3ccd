"""Many write into one room at once, from many processes: one order, without a gap, for all."""

import pytest

from tests.chatter import Chatter
from tests.checker import Diary, complaints
from tests.faults.people import Size, look_into, whole_history
from tests.faults.writing import Order, diaries_of, write_all, writers
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio

PROCESSES = 3
SOCKETS = 5
PROCESSES_OF_HTTP = 2
BY_HTTP = 15


async def test_many_writers_make_one_order_that_everybody_sees(
    fresh_server: RunningServer, size: Size
) -> None:
    server = fresh_server
    people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
    room = await people[0].make_room("Lobby")
    each_writes = size.of(1500, 6000) // (PROCESSES * SOCKETS)
    orders = [
        Order.of(people[number % 3], room, sockets=SOCKETS, by_socket=each_writes)
        for number in range(PROCESSES)
    ]
    # These two also have a socket each on which they only read.
    orders += [
        Order.of(person, room, sockets=1, by_http=BY_HTTP) for person in people[:PROCESSES_OF_HTTP]
    ]
    async with writers(orders) as clients:
        await write_all(clients)
        stored = look_into(server, room)
        diaries = await diaries_of(clients, stored.tick)
    found = complaints(diaries, stored, await whole_history(people[1], room))
    assert not found, "\n".join([*found[:20], f"{len(found)} complaints"])
    assert len(diaries) == PROCESSES * SOCKETS + 2 * PROCESSES_OF_HTTP
    sent = PROCESSES * SOCKETS * each_writes + PROCESSES_OF_HTTP * BY_HTTP
    assert [row.seq for row in stored.messages] == list(range(1, sent + 1))
    for diary in diaries:
        assert_own_messages_are_in_the_order_in_which_they_were_sent(diary)
        if diary.visits:  # who only has HTTP saw no events
            assert [event["seq"] for event in diary.visits[0].events] == list(range(1, sent + 1))
    assert "Traceback" not in server.text_of_log


def assert_own_messages_are_in_the_order_in_which_they_were_sent(diary: Diary) -> None:
    ticks = {ack["client_id"]: ack["seq"] for ack in diary.acked}
    in_order = [ticks[client_id] for client_id in diary.sent]
    assert in_order == sorted(in_order)
