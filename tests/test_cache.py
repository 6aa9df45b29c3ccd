"""Sign-in limits are counted in Redis, and by the process itself while Redis is away."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from tests import services
from tests.chatter import PASSWORD, Chatter
from tests.running import RunningServer, eventually, running_server

pytestmark = pytest.mark.asyncio

# allauth's limit of failed sign-ins for one name within five minutes.
WRONG_TRIES = 5


class PrivateRedis:
    """A Redis that can be stopped, frozen and started again at the same address."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.url = self.stack.enter_context(services.redis())
        self.client = Redis.from_url(self.url)
        self.pid = int(self.client.info("server")["process_id"])

    def send(self, number: int) -> None:
        os.kill(self.pid, number)

    def keys(self) -> list[bytes]:
        return list(self.client.scan_iter())


@contextmanager
def private_redis() -> Iterator[PrivateRedis]:
    services.require("redis")
    redis = PrivateRedis()
    with redis.stack:
        yield redis


@pytest.fixture
def redis() -> Iterator[PrivateRedis]:
    with private_redis() as redis:
        yield redis


@pytest.fixture
def limited(redis: PrivateRedis) -> Iterator[RunningServer]:
    with running_server(
        REDIS_URL=redis.url, REDIS_PREFIX="the-office", SIGNIN_LIMITS="1"
    ) as server:
        yield server


@pytest.fixture
async def alice(limited: RunningServer) -> Chatter:
    return await Chatter(limited, "alice").sign_up()


async def try_wrong_passwords(server: RunningServer) -> str:
    """Until the limit is reached and a little beyond; what the last page says."""
    stranger = Chatter(server, "alice")
    text = ""
    for _ in range(WRONG_TRIES + 1):
        answer = await stranger.submit("/accounts/login/", login="alice", password="wrong")
        assert answer.status_code in {200, 429}
        text = answer.text
    return text


async def test_the_counters_are_in_redis_under_our_prefix(
    limited: RunningServer, alice: Chatter, redis: PrivateRedis
) -> None:
    await try_wrong_passwords(limited)
    names = redis.keys()
    assert names
    assert all(name.startswith(b"the-office") for name in names)


@pytest.mark.parametrize("fault", [signal.SIGSTOP, signal.SIGKILL])
async def test_people_sign_in_and_tries_are_counted_without_redis(
    limited: RunningServer, alice: Chatter, redis: PrivateRedis, fault: signal.Signals
) -> None:
    redis.send(fault)
    try:
        started = time.monotonic()
        await Chatter(limited, "alice").sign_in(PASSWORD)
        assert time.monotonic() - started < 10
        assert "Too many" in await try_wrong_passwords(limited)
        assert "does not answer" in limited.text_of_log
        assert "Traceback" not in limited.text_of_log
    finally:
        if fault == signal.SIGSTOP:
            redis.send(signal.SIGCONT)


async def test_it_is_said_when_redis_is_back(
    limited: RunningServer, alice: Chatter, redis: PrivateRedis
) -> None:
    redis.send(signal.SIGSTOP)
    try:
        await Chatter(limited, "alice").sign_in(PASSWORD)
    finally:
        redis.send(signal.SIGCONT)
    while "The cache in Redis answers again." not in limited.text_of_log:
        await Chatter(limited, "alice").sign_in(PASSWORD)
        await asyncio.sleep(0.5)


async def test_a_start_without_redis_is_one_with_a_warning(tmp_path: Path) -> None:
    with running_server(REDIS_URL=f"redis://:hush@127.0.0.1:{services.free_port()}/0") as server:
        eventually(lambda: "Redis does not answer" in server.text_of_log)
        assert "hush" not in server.text_of_log
        await Chatter(server, "alice").sign_up()
