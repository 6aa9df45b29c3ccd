"""Sign-in limits are counted in Redis, and by the process itself while Redis is away."""

import asyncio
import os
import pickle
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from ChatApp.cache import RedisOrLocalCache
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


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


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
        # Perhaps with 429: what was asked of the frozen Redis is done now, the lock of a limit too.
        await Chatter(limited, "alice").submit("/accounts/login/", login="alice", password=PASSWORD)
        await asyncio.sleep(0.5)


async def test_a_start_without_redis_is_one_with_a_warning(tmp_path: Path) -> None:
    with running_server(REDIS_URL=f"redis://:hush@127.0.0.1:{services.free_port()}/0") as server:
        eventually(lambda: "Redis does not answer" in server.text_of_log)
        assert "hush" not in server.text_of_log
        await Chatter(server, "alice").sign_up()


VALUES = ["word", "7", "", 0, 7, -7, 2**70, 0.5, True, False, None, [], [1.5, 2], {"a": [1]}]


async def test_values_come_back_as_they_were(redis: PrivateRedis) -> None:
    cache = RedisOrLocalCache(redis.url, {})
    for number, value in enumerate(VALUES):
        cache.set(f"{number}", value)
        found = cache.get(f"{number}", "nothing")
        assert (found, type(found)) == (value, type(value))
    assert cache.get_many(str(number) for number in range(len(VALUES))) == {
        str(number): value for number, value in enumerate(VALUES)
    }
    cache.set("pair", (1, "two"))
    assert cache.get("pair") == [1, "two"]
    assert cache.get("absent", "nothing") == "nothing"
    assert len(redis.keys()) == len(VALUES) + 1


async def test_whole_numbers_are_counted_by_redis(redis: PrivateRedis) -> None:
    cache = RedisOrLocalCache(redis.url, {})
    assert cache.add("visits", 1)
    assert not cache.add("visits", 5)
    assert cache.incr("visits") == 2
    assert cache.decr("visits", 2) == 0
    assert cache.get("visits") == 0
    assert redis.client.get(":1:visits") == b"0"
    with pytest.raises(ValueError, match="not found"):
        cache.incr("absent")


async def test_what_json_cannot_say_is_refused(redis: PrivateRedis) -> None:
    cache = RedisOrLocalCache(redis.url, {})
    for value in (b"bytes", {1, 2}, object(), float("nan")):
        with pytest.raises((TypeError, ValueError)):
            cache.set("key", value)
    assert redis.keys() == []


async def test_what_is_in_redis_is_never_run(redis: PrivateRedis, tmp_path: Path) -> None:
    cache = RedisOrLocalCache(redis.url, {})
    redis.client.set(":1:key", pickle.dumps(Bomb(tmp_path / "made")))
    assert cache.get("key", "nothing") == "nothing"
    assert cache.get_many(["key"]) == {}
    assert not (tmp_path / "made").exists()


FORGED = [
    b"\x80\x05garbage",
    b"[" * 200_000,
    b"",
    b"7",
    b"9" * 5_000,
    b"true",
    b"null",
    b'"word"',
    b'{"a": 1}',
    b'["word"]',
    b"[null]",
    b"[[1]]",
    b"[NaN]",
    b"[1e999]",
    b"[1" + b"0" * 400 + b"]",
]


async def test_a_forged_counter_counts_as_none(redis: PrivateRedis) -> None:
    cache = RedisOrLocalCache(redis.url, {})
    for forged in FORGED:
        redis.client.set(":1:allauth:rl:account:login", forged)
        assert cache.get("allauth:rl:account:login", "nothing") == "nothing", forged[:20]
        assert cache.get_many(["allauth:rl:account:login"]) == {}, forged[:20]
    redis.client.delete(":1:allauth:rl:account:login")
    redis.client.lpush(":1:allauth:rl:account:login", "1")
    assert cache.get("allauth:rl:account:login", "nothing") == "nothing"


async def test_people_sign_in_whatever_is_forged_in_redis(
    limited: RunningServer, alice: Chatter, redis: PrivateRedis, tmp_path: Path
) -> None:
    await try_wrong_passwords(limited)
    bomb = pickle.dumps(Bomb(tmp_path / "made"))
    for forged in (bomb, b'["word"]', b"true", b"7"):
        counters = [name for name in redis.client.scan_iter() if b"allauth:rl:" in name]
        assert counters
        for name in counters:
            redis.client.set(name, forged)
        await Chatter(limited, "alice").sign_in(PASSWORD)
    assert not (tmp_path / "made").exists()
    assert "Traceback" not in limited.text_of_log
    assert "does not answer" not in limited.text_of_log
