"""Waiting for something without a queue for each who might."""

import asyncio

from chat.realtime.gate import Gate


async def test_an_open_gate_keeps_nobody() -> None:
    await asyncio.wait_for(Gate(is_open=True).wait(), 1)


async def test_everybody_who_waits_goes_on_when_it_opens() -> None:
    gate = Gate(is_open=False)
    waiting = [asyncio.ensure_future(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    gate.open()
    gate.shut()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    late = asyncio.ensure_future(gate.wait())
    await asyncio.sleep(0)
    assert not late.done()
    gate.open()
    await asyncio.wait_for(late, 1)


async def test_who_gives_up_does_not_give_up_for_others() -> None:
    gate = Gate(is_open=False)
    gone, stays = asyncio.ensure_future(gate.wait()), asyncio.ensure_future(gate.wait())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    gate.open()
    await asyncio.wait_for(stays, 1)
    assert gone.cancelled()
