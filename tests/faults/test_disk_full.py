"""On a full disk nothing is promised that is not kept; reading goes on; all it needs is room."""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests import services
from tests.chatter import Chatter
from tests.faults.conftest import FAST
from tests.faults.people import RETRY, Wanderer, all_is_well, look_into, whole_history
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.asyncio

DISK = "size=24m"
BLOCK = b"\0" * 65_536


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder on a disk of its own. Only root can make one."""
    with tempfile.TemporaryDirectory(prefix="chat-disk-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", folder]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode:
            reason = f"a small disk cannot be made here, for which one is root: {made.stderr}"
            if services.must_be_complete():
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


@pytest.fixture
def server_on_it(small_disk: Path) -> Iterator[RunningServer]:
    with running_server(DATA_DIR=str(small_disk), **FAST) as server:
        server.data = small_disk
        yield server


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (BLOCK, b"\0" * 512, b"\0"):
            try:
                while file.write(block):
                    pass
            except OSError:
                continue
    return filler


async def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_stored(
    server_on_it: RunningServer,
) -> None:
    server = server_on_it
    people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
    alice, _, charlie = people
    room = await alice.make_room("Lobby")
    wanderers = [Wanderer(person, room) for person in people]
    async with AsyncExitStack() as stack:
        for each in wanderers:
            await stack.enter_async_context(each.staying())
        talking = [asyncio.create_task(keep_talking(each)) for each in wanderers]
        await wanderers[0].until(lambda: all(len(each.diary.acked) > 50 for each in wanderers))

        filler = fill(server.data)
        for each in wanderers:
            await each.until(lambda each=each: len(each.refusals) > 20)  # type: ignore[misc]
        for task in talking:
            task.cancel()
        codes = {refusal["code"] for each in wanderers for refusal in each.refusals}
        assert codes <= RETRY
        # Whoever reads notices nothing.
        stored = {row.client_id for row in look_into(server, room).messages}
        shown = await whole_history(charlie, room)
        assert {message["client_id"].replace("-", "") for message in shown} == stored
        async with charlie.tab(room) as late:
            again = await late.asks("room.subscribe", room=room, after=0)
            assert again["seq"] == len(stored)
            assert len(late.of("message.posted")) == len(stored)
        acked = {ack["client_id"].replace("-", "") for w in wanderers for ack in w.diary.acked}
        assert acked <= stored

        filler.unlink()
        for each in wanderers:
            await each.say("There is room again")
        after = await all_is_well(server, wanderers, charlie)
    assert len(after.messages) == sum(len(each.diary.sent) for each in wanderers)
    assert server.rows("PRAGMA integrity_check") == [("ok",)]
    assert server.process
    assert server.process.poll() is None


async def keep_talking(wanderer: Wanderer) -> None:
    number = 0
    while True:
        await wanderer.until(lambda: len(wanderer.outbox) < 30, within=60)
        await wanderer.say(f"{wanderer.person.username} {number} {'x' * 500}")
        number += 1
