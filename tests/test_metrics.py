"""/metrics, /readyz and /healthz: what a watcher hears, and who may ask."""

import asyncio
import dataclasses
import re

import httpx
import pytest

from chat.realtime.layer_bus import Counts
from ChatApp import metrics, snapshots
from tests.chatter import Chatter
from tests.running import running_server

TOKEN = "0123456789abcdef0123456789abcdef"


def test_without_a_token_in_the_settings_there_are_no_figures() -> None:
    with running_server() as server:
        for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {TOKEN}"}):
            assert httpx.get(f"{server.address}/metrics", headers=headers).status_code == 404


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
async def test_whoever_has_the_token_reads_the_figures(name: str) -> None:
    with running_server(SERVER=name, METRICS_TOKEN=TOKEN) as server:
        alice = await Chatter(server, "alice").sign_up()
        room = await alice.make_room("Lobby")
        async with alice.tab(room) as tab:
            await tab.post("hello")
            text = await ask(alice.web, f"Bearer {TOKEN}")
        assert 'chatapp_connections{worker="1"} 1.0' in text
        assert 'chatapp_rooms{worker="1"} 1.0' in text
        assert "# TYPE chatapp_process_cpu_seconds_total counter" in text
        assert "# TYPE chatapp_connections gauge" in text
        assert re.search(r"^# HELP chatapp_connections \w+", text, re.M)
        assert "Traceback" not in server.text_of_log


async def ask(web: httpx.AsyncClient, authorization: str) -> str:
    for wrong in ("", "Bearer wrong", TOKEN, "Basic " + TOKEN, authorization + "x"):
        refused = await web.get("/metrics", headers={"Authorization": wrong})
        assert refused.status_code == 401
        assert "chatapp_" not in refused.text
    answer = await web.get("/metrics", headers={"Authorization": authorization})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def test_every_figure_has_its_words() -> None:
    of_a_shared_bus = {f"bus_{field.name}_total" for field in dataclasses.fields(Counts)}
    assert {*metrics.figures(), *of_a_shared_bus} <= set(metrics.HELP)


def test_a_process_knows_what_its_neighbours_wrote_down(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path
    snapshots.write(2, {"connections": 7.0})
    snapshots.write(3, {"connections": 8.0})
    assert snapshots.read_all() == {2: {"connections": 7.0}, 3: {"connections": 8.0}}
    snapshots.file_of(3).write_text("{")  # a full disk
    snapshots.forget(2)
    assert snapshots.read_all() == {}
    snapshots.forget_all()
    assert not list(snapshots.folder().iterdir())


def test_figures_of_several_processes_are_told_apart() -> None:
    text = metrics.as_text({1: {"connections": 7.0}, 2: {"connections": 8.0, "bus_sent_total": 3}})
    assert b'chatapp_connections{worker="1"} 7.0' in text
    assert b'chatapp_connections{worker="2"} 8.0' in text
    assert b'chatapp_bus_sent_total{worker="2"} 3.0' in text


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
async def test_a_process_that_ends_says_that_nobody_should_be_sent_to_it(name: str) -> None:
    with running_server(SERVER=name) as server:
        alice = await Chatter(server, "alice").sign_up()
        # One line that is kept, as a proxy keeps its own; connections make the end take longer.
        async with alice.socket(), alice.socket():
            assert (await alice.web.get("/readyz")).status_code == 200
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            while (answer := await alice.web.get("/readyz")).status_code == 200:
                assert not stopping.done()
            assert (answer.status_code, answer.text) == (503, "draining\n")
        assert await stopping == 0
