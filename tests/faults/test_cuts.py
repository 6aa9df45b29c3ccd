"""However often and wherever a client is cut off, in the end it has the whole room."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from tests.chatter import Chatter, Socket
from tests.checker import Frame
from tests.faults.people import Size, Wanderer, all_is_well, ask_all
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio

EMOJI = ["👍", "🎉", "❤️", "😀"]


async def test_a_client_cut_at_random_points_ends_up_with_the_same_room(
    fresh_server: RunningServer, dice: random.Random, size: Size
) -> None:
    server = fresh_server
    changes, cuts = size.of(1000, 5000), size.of(12, 100)
    alice, bob, charlie = [
        await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")
    ]
    room = await alice.make_room("Lobby")
    async with alice.tab(room) as desk, bob.tab(room) as phone:
        posted = [await desk.post(f"message {number}") for number in range(60)]
        asleep = Wanderer(charlie, room)
        await asleep.visit(frames=40)
        undisturbed, *cut_off = [Wanderer(each, room) for each in (bob, alice, bob, charlie)]
        async with undisturbed.staying():
            wandering = [
                asyncio.create_task(wander(each, random.Random(dice.random()), cuts))
                for each in cut_off
            ]
            await change_at_random(dice, [desk, phone], posted, changes)
            await asyncio.gather(*wandering)
            async with (
                asleep.staying(),
                cut_off[0].staying(),
                cut_off[1].staying(batch=True),
                cut_off[2].staying(),
            ):
                stored = await all_is_well(server, [undisturbed, asleep, *cut_off], bob)
    live = undisturbed.diary.visits[0].events
    assert [event["seq"] for event in live] == list(range(1, stored.tick + 1))
    assert sum(len(each.diary.visits) for each in cut_off) > 3 * cuts
    assert "Traceback" not in server.text_of_log


async def wander(wanderer: Wanderer, dice: random.Random, cuts: int) -> None:
    """Come, say something, and be cut off: at once, while subscribing, before an ack, or later."""
    for number in range(cuts):
        talking = asyncio.create_task(wanderer.say(f"{wanderer.person.username} {number}"))
        frames = dice.choice([0, 1, 2, 3, 5, dice.randrange(200)])
        async with asyncio.timeout(20):
            await cut_after(wanderer, frames, batch=dice.random() < 0.3)
        await talking


async def cut_after(wanderer: Wanderer, frames: int, *, batch: bool) -> None:
    """Cut after so many frames, or when nothing more comes."""
    visit = asyncio.create_task(wanderer.visit(frames=frames, batch=batch))
    while not visit.done():
        visits = wanderer.diary.visits
        before = len(visits[-1].frames) if visits else 0
        await asyncio.wait([visit], timeout=0.2)
        # The first one may not even have begun.
        if not visit.done() and visits and before == len(visits[-1].frames):
            visit.cancel()  # it closes properly, for a change
            await asyncio.wait([visit])


async def change_at_random(
    dice: random.Random, sockets: Sequence[Socket], posted: list[Frame], count: int
) -> None:
    """Edits, deletions and reactions by the room's owner and a member, at the same time."""
    share = [posted[: len(posted) // 2], posted[len(posted) // 2 :]]
    await asyncio.gather(
        *(
            change(random.Random(dice.random()), socket, messages, count // len(sockets))
            for socket, messages in zip(sockets, share, strict=True)
        )
    )


async def change(dice: random.Random, socket: Socket, messages: list[Frame], count: int) -> None:
    answers = await ask_all(socket, [random_change(dice, messages) for _ in range(count)], 10)
    codes = {answer.get("code", answer["type"]) for answer in answers}
    # What was deleted is not to be changed any more, and Bob may not touch Alice's.
    assert codes <= {"ok", "no_such_message", "forbidden"}
    assert "ok" in codes


def random_change(dice: random.Random, messages: list[Frame]) -> Frame:
    message_id = dice.choice(messages)["id"]
    kind = dice.choices(
        ["message.edit", "message.delete", "reaction.add", "reaction.remove"], [6, 0.3, 6, 3]
    )[0]
    command = {"type": kind, "message_id": message_id}
    if kind == "message.edit":
        command["message"] = f"edited {dice.randrange(1000)}"
    elif kind != "message.delete":
        command["emoji"] = dice.choice(EMOJI)
    return command


async def test_a_room_of_one_message_that_always_changes_is_followed_without_a_hole(
    fresh_server: RunningServer, size: Size
) -> None:
    """Between two looks at the log the latest change is always another one."""
    alice, bob = [await Chatter(fresh_server, name).sign_up() for name in ("alice", "bob")]
    room = await alice.make_room("Lobby")
    async with alice.tab(room) as desk:
        message = await desk.post("first")
        stop = asyncio.Event()
        editing = asyncio.create_task(keep_editing(desk, message["id"], stop))
        wanderer = Wanderer(bob, room)
        for _ in range(size.of(60, 600)):
            started = wanderer.view.held
            async with wanderer.staying():
                await wanderer.until(lambda started=started: wanderer.view.held > started + 3)  # type: ignore[misc]
        stop.set()
        await editing
        async with wanderer.staying():
            await all_is_well(fresh_server, [wanderer], bob)


async def keep_editing(socket: Socket, message_id: int, stop: asyncio.Event) -> None:
    number = 0
    while not stop.is_set():
        commands = [
            {"type": "message.edit", "message_id": message_id, "message": f"{number + each}"}
            for each in range(10)
        ]
        number += len(commands)
        await ask_all(socket, commands)
