"""Several processes on one listening socket: how they come, are replaced, and end."""

import asyncio
import os
import re
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from ChatApp import workers
from ChatApp.workers import Supervisor
from tests import services
from tests.chatter import Chatter
from tests.running import RunningServer, eventually, running_server
from tests.templates import migrated_postgres
from tests.test_server import start_in_vain

SECONDS_TO_VANISH = 25
NAMELESS_SIGNAL = 40
GOODBYE = {"uvicorn": 1012, "daphne": 4503}
TOKEN = "a token of sixteen or more".replace(" ", "-")


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Redis, empty or not: nothing here looks at what is in them."""
    services.require("postgresql")
    services.require("redis")
    with services.postgres() as database_url, services.redis() as redis_url:
        yield {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "WEB_CONCURRENCY": "2",
            "METRICS_TOKEN": TOKEN,
        }


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def lasting_two(
    request: pytest.FixtureRequest, settings: dict[str, str]
) -> Iterator[RunningServer]:
    """For tests after which there are two as before."""
    with running_server(**settings, SERVER=request.param) as server:
        eventually(lambda: len(serving(server)) == 2, 30)
        yield server


@pytest.fixture(params=["uvicorn", "daphne"])
def two(request: pytest.FixtureRequest, settings: dict[str, str]) -> Iterator[RunningServer]:
    with running_server(**settings, SERVER=request.param) as server:
        eventually(lambda: len(serving(server)) == 2, 30)
        yield server


def serving(server: RunningServer) -> list[int]:
    """The workers that said that they serve, in that order, as far as they live."""
    said = re.findall(r"Worker (\d+) serves", server.text_of_log)
    return [int(pid) for pid in said if is_alive(int(pid))]


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def parent_of(server: RunningServer) -> int:
    assert server.process
    return server.process.pid


def who_answer(server: RunningServer) -> dict[str, float]:
    """When each of the workers started, by its place, as one of them tells for all."""
    answer = httpx.get(f"{server.address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = re.findall(r'chatapp_process_start_time_seconds\{worker="(\d+)"\} (\S+)', answer.text)
    return {place: float(started) for place, started in found}


@contextmanager
def asking_all_the_time(server: RunningServer) -> Iterator[list[str]]:
    """Ask over new lines, again and again; what went wrong meanwhile."""
    wrong: list[str] = []
    asked = [0]
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            try:
                answer = httpx.get(f"{server.address}/accounts/login/", timeout=20)
                if answer.status_code != 200:
                    wrong.append(str(answer.status_code))
            except httpx.HTTPError as error:
                wrong.append(repr(error))
            asked[0] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        eventually(lambda: asked[0] >= 3)
        yield wrong
        before = asked[0]
        eventually(lambda: asked[0] >= before + 3)
    finally:
        is_over.set()
        thread.join()


def test_every_figure_of_several_processes_has_its_words(lasting_two: RunningServer) -> None:
    answer = httpx.get(
        f"{lasting_two.address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    helps = dict(re.findall(r"^# HELP chatapp_(\w+) (.*)$", answer.text, re.M))
    assert {"bus_degraded", "bus_sent_total", "connections"} <= set(helps)
    assert not [name for name, words in helps.items() if name == words]


def test_both_serve_on_one_port_and_one_answers_for_all(lasting_two: RunningServer) -> None:
    assert lasting_two.text_of_log.count("ChatApp is on ") == 1
    assert lasting_two.text_of_log.count("/setup/") == 1
    assert eventually(lambda: len(who_answer(lasting_two)) == 2 and who_answer(lasting_two))
    for pid in serving(lasting_two):
        assert_the_other_hears(lasting_two, pid)


def assert_the_other_hears(two: RunningServer, pid: int) -> None:
    # Whoever still runs has the socket alone.
    os.kill(pid, signal.SIGSTOP)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=2), timeout=10) as web:
            assert web.get(f"{two.address}/healthz").text == "ok\n"
    finally:
        os.kill(pid, signal.SIGCONT)


def test_one_that_is_killed_is_replaced_and_the_port_never_refuses(
    lasting_two: RunningServer,
) -> None:
    first, second = serving(lasting_two)
    with asking_all_the_time(lasting_two) as wrong:
        os.kill(first, signal.SIGKILL)
        eventually(lambda: len(serving(lasting_two)) == 2, 30)
    assert second in serving(lasting_two)
    assert f"Worker {first} died (SIGKILL)" in lasting_two.text_of_log
    # What the dead one had already taken is lost, and nothing else.
    assert all("Connect" not in each for each in wrong)
    assert len(wrong) <= 1


def test_one_that_dies_of_a_signal_without_a_name_is_replaced(settings: dict[str, str]) -> None:
    with running_server(**settings) as server:
        eventually(lambda: len(serving(server)) == 2, 30)
        first, second = serving(server)
        os.kill(first, NAMELESS_SIGNAL)
        eventually(lambda: f"Worker {first} died (signal 40)" in server.text_of_log)
        eventually(lambda: len(serving(server)) == 2, 30)
        assert second in serving(server)
        assert server.stop() == 0


def test_when_no_process_can_be_started_for_a_while_it_is_tried_until_one_can(
    settings: dict[str, str],
) -> None:
    with running_server(**settings) as server:
        eventually(lambda: len(serving(server)) == 2, 30)
        first, second = serving(server)
        with without_files(parent_of(server)):
            os.kill(first, signal.SIGKILL)
            eventually(lambda: server.text_of_log.count("No worker could be started") > 5, 30)
            os.kill(parent_of(server), signal.SIGHUP)
            eventually(lambda: "the workers stay as they are" in server.text_of_log)
            assert serving(server) == [second]
            assert httpx.get(f"{server.address}/healthz").text == "ok\n"
        eventually(lambda: len(serving(server)) == 2, 30)
        os.kill(parent_of(server), signal.SIGHUP)
        eventually(lambda: "All workers are new." in server.text_of_log, 60)
        assert second not in serving(server)
        assert server.stop() == 0


@contextmanager
def without_files(pid: int) -> Iterator[None]:
    """The process cannot open anything, so that it can start nothing either."""
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)


class Absent(Supervisor):
    """Everything as it is, but for nobody who keeps the workers."""

    def listen_to_signals(self) -> None:
        pass

    async def prepare(self) -> int:
        return 0

    async def keep(self, place: int) -> None:
        raise LookupError("nobody keeps them")


def test_when_the_keeping_fails_all_ends_with_a_sentence(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    monkeypatch.setattr("django.conf.settings.PORT", 0)
    monkeypatch.setattr(workers.log, "propagate", True)
    assert asyncio.run(Absent(2).run()) == 1
    said = {each.levelname for each in caplog.records if "the chat stops" in each.message}
    assert said == {"CRITICAL"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_them_all_cleanly(settings: dict[str, str], number: int) -> None:
    with running_server(**settings) as server:
        eventually(lambda: len(serving(server)) == 2, 30)
        workers = serving(server)
        assert server.stop(number) == 0
        assert not any(is_alive(pid) for pid in workers)
        assert "Traceback" not in server.text_of_log
        assert "died" not in server.text_of_log


def test_none_outlives_a_parent_that_is_killed(two: RunningServer) -> None:
    workers = serving(two)
    two.kill()
    eventually(lambda: not any(is_alive(pid) for pid in workers), SECONDS_TO_VANISH)
    with pytest.raises(httpx.ConnectError):
        httpx.get(two.address)


def test_a_renewal_replaces_them_all_and_refuses_nobody(two: RunningServer) -> None:
    old = set(serving(two))
    with asking_all_the_time(two) as wrong:
        os.kill(parent_of(two), signal.SIGHUP)
        eventually(lambda: "All workers are new." in two.text_of_log, 60)
    assert not any(is_alive(pid) for pid in old)
    assert len(set(serving(two)) - old) == 2
    assert not wrong
    assert "Traceback" not in two.text_of_log


@pytest.mark.asyncio
async def test_in_a_renewal_everybody_comes_back_once(two: RunningServer) -> None:
    alice = await Chatter(two, f"alice-{two.environment['SERVER']}").sign_up()
    reconnects = [0] * 12
    is_over = asyncio.Event()
    visits = [asyncio.create_task(stay(alice, reconnects, tab, is_over)) for tab in range(12)]
    os.kill(parent_of(two), signal.SIGHUP)
    await asyncio.to_thread(eventually, lambda: "All workers are new." in two.text_of_log, 60)
    assert await asyncio.wait_for(asyncio.to_thread(eventually, lambda: all(reconnects)), 20)
    is_over.set()
    assert {await visit for visit in visits} == {GOODBYE[two.environment["SERVER"]]}
    assert reconnects == [1] * 12


async def stay(person: Chatter, reconnects: list[int], tab: int, is_over: asyncio.Event) -> int:
    """Be connected until it is over; the code of the last close that came from the server."""
    code = 0
    while True:
        async with person.socket() as socket:
            await socket.sees("welcome")
            closed = asyncio.create_task(socket.is_closed_with(60))
            over = asyncio.create_task(is_over.wait())
            await asyncio.wait([closed, over], return_when=asyncio.FIRST_COMPLETED)
            if not closed.done():
                closed.cancel()
                return code
            over.cancel()
            code = closed.result() or 0
            reconnects[tab] += 1


def test_a_renewal_that_is_asked_for_meanwhile_is_done_afterwards(
    settings: dict[str, str],
) -> None:
    with running_server(**settings) as server:
        eventually(lambda: len(serving(server)) == 2, 30)
        os.kill(parent_of(server), signal.SIGHUP)
        eventually(lambda: "SIGHUP" in server.text_of_log)
        os.kill(parent_of(server), signal.SIGHUP)
        eventually(lambda: server.text_of_log.count("All workers are new.") == 2, 90)
        assert len(serving(server)) == 2
        assert server.stop() == 0


def test_a_renewal_that_cannot_be_leaves_the_old_ones(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with migrated_postgres() as database_url:
        server = RunningServer(tmp_path, **{**settings, "DATABASE_URL": database_url}).start()
    # Its database is gone.
    try:
        eventually(lambda: len(serving(server)) == 2, 30)
        before = serving(server)
        os.kill(parent_of(server), signal.SIGHUP)
        eventually(lambda: "the workers stay as they are" in server.text_of_log, 60)
        assert serving(server) == before
        assert httpx.get(f"{server.address}/healthz").text == "ok\n"
    finally:
        assert server.stop() == 0


def test_a_renewal_that_fails_half_way_leaves_the_old_ones_hearing(two: RunningServer) -> None:
    before = serving(two)
    os.kill(parent_of(two), signal.SIGHUP)
    (successor,) = eventually(lambda: newcomers(two, 1, before), 30)
    (failing,) = eventually(lambda: newcomers(two, 2, before), 30)
    os.kill(failing, signal.SIGKILL)
    eventually(lambda: "the workers stay as they are" in two.text_of_log, 60)
    assert not is_alive(successor)
    assert serving(two) == before
    for pid in before:
        assert_the_other_hears(two, pid)


def newcomers(server: RunningServer, place: int, before: list[int]) -> list[int]:
    """Processes at this place that were not there before."""
    children = Path(f"/proc/{parent_of(server)}/task/{parent_of(server)}/children")
    pids = map(int, children.read_text().split())
    return [pid for pid in pids if pid not in before and is_at(pid, place)]


def is_at(pid: int, place: int) -> bool:
    with suppress(OSError):
        return f"--place={place}" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return False


def test_when_none_can_live_it_stops_with_a_sentence(settings: dict[str, str]) -> None:
    with running_server(**settings) as server:
        assert server.process
        ended = threading.Event()
        thread = threading.Thread(target=lambda: (server.process.wait(60), ended.set()))
        thread.start()
        while not ended.wait(0.05):
            for pid in serving(server):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        thread.join()
        assert server.process.returncode == 1
        assert "the chat stops" in server.text_of_log


def test_two_processes_on_sqlite_are_refused(tmp_path: Path) -> None:
    sentence = start_in_vain(tmp_path, WEB_CONCURRENCY="2", REDIS_URL="redis://127.0.0.1:1/0")
    assert "DATABASE_URL=postgres://" in sentence
    assert "lock" in sentence


def test_a_start_without_its_database_ends_with_a_sentence(tmp_path: Path) -> None:
    port = services.free_port()
    server = RunningServer(
        tmp_path,
        WEB_CONCURRENCY="2",
        REDIS_URL="redis://127.0.0.1:1/0",
        DATABASE_URL=f"postgres://chat@127.0.0.1:{port}/chat",
    )
    with pytest.raises(RuntimeError, match="The database cannot be used"):
        server.start()


def test_a_port_that_is_taken_ends_the_start(settings: dict[str, str], tmp_path: Path) -> None:
    with running_server() as other:
        port = other.address.rpartition(":")[2]
        assert port in start_in_vain(tmp_path, **settings, PORT=port)


def test_one_process_alone_says_that_it_is_not_renewed() -> None:
    with running_server() as server:
        os.kill(parent_of(server), signal.SIGHUP)
        eventually(lambda: "restart it" in server.text_of_log)
        assert httpx.get(f"{server.address}/healthz").text == "ok\n"
        assert server.stop() == 0
