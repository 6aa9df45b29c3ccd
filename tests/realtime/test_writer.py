"""The one thread that writes: one job after the other, each with its own outcome."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.models import User
from chat.realtime import writer as module
from chat.realtime.writer import Overloaded, Writer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 10.0


def leave_the_database() -> None:
    """The thread that calls this closes its connection."""
    connection.close()


@pytest.fixture
def writer() -> Iterator[Writer]:
    writer = Writer()
    yield writer
    writer.run(leave_the_database)
    writer.close()


class Gate:
    """A job that holds the writer up until it is opened."""

    def __init__(self) -> None:
        self.is_entered = threading.Event()
        self.is_open = threading.Event()

    def __call__(self) -> None:
        self.is_entered.set()
        assert self.is_open.wait(PATIENCE_SECONDS)


async def hold_up(writer: Writer) -> Gate:
    """From here on the writer is busy until the gate is opened."""
    gate = Gate()
    hand_in(writer, gate)
    assert await asyncio.to_thread(gate.is_entered.wait, PATIENCE_SECONDS)
    return gate


def hand_in(writer: Writer, *jobs: Callable[[], Any]) -> list["asyncio.Task[Any]"]:
    """Jobs that wait for their turn, in this order, as soon as the loop has had one."""
    return [asyncio.create_task(writer.submit(job)) for job in jobs]


async def test_jobs_are_done_one_at_a_time_and_in_order(writer: Writer) -> None:
    begun: list[int] = []
    ended: list[int] = []

    def job(number: int) -> Callable[[], int]:
        def work() -> int:
            assert begun == ended, "Another job is still running."
            begun.append(number)
            ended.append(number)
            return number

        return work

    answers = await asyncio.gather(*(writer.submit(job(number)) for number in range(200)))
    assert answers == begun == ended == list(range(200))


def test_all_jobs_are_done_in_one_thread_that_is_not_the_callers(writer: Writer) -> None:
    threads = {writer.run(threading.current_thread) for _ in range(5)}
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_a_job_within_a_job_is_a_part_of_it(writer: Writer) -> None:
    outer, inner = writer.run(
        lambda: (threading.current_thread(), writer.run(threading.current_thread))
    )
    assert outer is inner


def test_within_a_transaction_a_job_is_a_part_of_that(writer: Writer) -> None:
    with transaction.atomic():
        assert writer.run(threading.current_thread) is threading.current_thread()


async def test_the_error_of_a_job_reaches_its_caller_alone(writer: Writer) -> None:
    gate = await hold_up(writer)
    jobs = hand_in(writer, lambda: "before", lambda: 1 / 0, lambda: "after")
    await asyncio.sleep(0)
    gate.is_open.set()
    before, problem, after = await asyncio.gather(*jobs, return_exceptions=True)
    assert (before, type(problem), after) == ("before", ZeroDivisionError, "after")


def test_what_one_job_breaks_the_next_one_does_not_find(writer: Writer) -> None:
    def half() -> None:
        with transaction.atomic():
            User.objects.create(username="half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        writer.run(half)
    writer.run(lambda: User.objects.create(username="whole"))
    assert [user.username for user in User.objects.all()] == ["whole"]


async def test_with_too_much_waiting_the_answer_is_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "WAITING_JOBS", 3)
    writer = Writer()
    gate = await hold_up(writer)
    answers = asyncio.gather(*hand_in(writer, *[int] * 10), return_exceptions=True)
    await asyncio.sleep(0)
    gate.is_open.set()
    done = [answer for answer in await answers if answer == 0]
    refused = [answer for answer in await answers if isinstance(answer, Overloaded)]
    assert len(done) in {2, 3}
    assert len(done) + len(refused) == 10
    for _ in range(10):
        assert await writer.submit(lambda: "again") == "again"
    await writer.submit(leave_the_database)
    writer.close()


async def test_a_job_that_nobody_waits_for_any_more_stops_nobody(writer: Writer) -> None:
    gate = await hold_up(writer)
    gone, there = hand_in(writer, lambda: "nobody wants it", lambda: "wanted")
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait({gone})
    assert gone.cancelled()
    gate.is_open.set()
    assert await asyncio.wait_for(there, PATIENCE_SECONDS) == "wanted"
    assert await asyncio.wait_for(writer.submit(lambda: "next"), PATIENCE_SECONDS) == "next"


async def test_a_database_that_is_away_is_told_to_those_who_wait_and_to_nobody_later(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(writer, "prepare_connection", away)
        with pytest.raises(OperationalError):
            await asyncio.wait_for(writer.submit(int), PATIENCE_SECONDS)
    assert await asyncio.wait_for(writer.submit(lambda: "back"), PATIENCE_SECONDS) == "back"


async def test_at_the_end_what_waits_is_finished_and_nothing_more_is_taken() -> None:
    writer = Writer()
    gate = await hold_up(writer)
    (last,) = hand_in(writer, lambda: leave_the_database() or "done")
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(writer.close))
    gate.is_open.set()
    assert await asyncio.wait_for(last, PATIENCE_SECONDS) == "done"
    await asyncio.wait_for(closing, PATIENCE_SECONDS)
    for _ in range(2):
        with pytest.raises(Overloaded):
            await writer.submit(int)


def test_the_writers_connection_stays_until_it_is_old_or_failed(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def used() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return connection.connection

    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing")

    def seen() -> object:
        return connection.connection

    first = writer.run(used)
    # SQLite's is closed by nothing: to open the file anew takes longer than most questions.
    gone = first if connection.vendor == "sqlite" else None
    assert writer.run(seen) is first
    with pytest.raises(DatabaseError):
        writer.run(fail)
    assert writer.run(seen) is gone
    second = writer.run(used)
    assert writer.run(seen) is second
    monkeypatch.setattr(module, "KEPT_SECONDS", -1.0)
    assert writer.run(seen) is (second if gone else None)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="This is about SQLite.")
def test_the_writers_connection_is_the_only_one_that_checkpoints(writer: Writer) -> None:
    def pages() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_autocheckpoint")
            return int(cursor.fetchone()[0])

    assert pages() == 0
    assert writer.run(pages) > 0
    writer.run(leave_the_database)
    assert writer.run(pages) > 0, "A new connection of the writer's checkpoints too."


def test_what_is_to_happen_on_commit_happens_after_it_and_not_after_a_rollback(
    writer: Writer,
) -> None:
    seen_elsewhere: list[bool] = []

    def look() -> None:
        # From another connection, which sees only what was committed.
        asked = threading.Thread(target=ask)
        asked.start()
        asked.join()

    def ask() -> None:
        seen_elsewhere.append(User.objects.filter(username="ada").exists())
        connection.close()

    def job(*, fails: bool) -> None:
        with transaction.atomic():
            User.objects.create(username="ada")
            transaction.on_commit(look)
            if fails:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        writer.run(lambda: job(fails=True))
    assert seen_elsewhere == []
    writer.run(lambda: job(fails=False))
    assert seen_elsewhere == [True]
