"""The cache in Redis, and in this process for as long as Redis is away.

What it holds are the counters of sign-in limits. Without Redis nobody is kept from signing in,
and nobody gets unlimited tries either: each process counts for itself then.

Whoever can write to Redis can say what they like there, under names that are easy to guess: what
is read is data and never code, and what allauth could not count with is as good as not there.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import Redis, RedisError, ResponseError

log = logging.getLogger("ChatApp.cache")

# How long one question may take, and for how long none is asked after it took longer.
PATIENCE_SECONDS = 1.0
PAUSE_SECONDS = 5.0
# With the usual 300 somebody who tries many names would push everybody's counters out.
LOCAL_ENTRIES = 100_000
# How the names begin under which allauth keeps the times of tries, a list of seconds each.
COUNTERS = "allauth:rl:"
# In seconds since 1970; no number that is none, and none that does not end.
LATEST = 1e12
# What nothing, and something unreadable, is read as.
MISS = object()


class Json:
    """How values are written in Redis; Django's own way, pickle, runs what it reads.

    A tuple comes back as a list. A whole number is written as Redis counts with it.
    """

    def dumps(self, value: Any) -> bytes:
        """Raises TypeError or ValueError for what JSON cannot say."""
        return json.dumps(value, allow_nan=False).encode()

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return MISS


def is_usable(key: Any, value: Any) -> bool:
    if value is MISS:
        return False
    return not str(key).startswith(COUNTERS) or are_times(value)


def read(cache: BaseCache, key: Any, version: int | None) -> Any:
    try:
        return cache.get(key, MISS, version)
    except ResponseError as error:
        # A list or a hash of Redis's own has this name; an outage it is not.
        if str(error).startswith("WRONGTYPE"):
            return MISS
        raise


def are_times(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, int | float) and 0 <= each < LATEST for each in value
    )


def time_limits(url: str) -> dict[str, float]:
    """Options of a connection to `url`."""
    limits = {"socket_timeout": PATIENCE_SECONDS}
    if urlsplit(url).scheme != "unix":
        limits["socket_connect_timeout"] = PATIENCE_SECONDS
    return limits


def why_redis_is_away(url: str) -> str:
    """Empty when it answers. Never tells the URL, which may hold a password."""
    client = Redis.from_url(url, **time_limits(url))
    try:
        client.ping()
    except (RedisError, OSError) as error:
        return type(error).__name__
    finally:
        client.close()
    return ""


class Outage:
    """Since when Redis does not answer; one for all threads, as the cache has an object each."""

    def __init__(self) -> None:
        self.asks_again_at = 0.0
        self.is_away = False

    def is_waited_out(self) -> bool:
        return time.monotonic() < self.asks_again_at

    def begins(self, error: Exception) -> None:
        self.asks_again_at = time.monotonic() + PAUSE_SECONDS
        if not self.is_away:
            log.warning(
                "The cache in Redis does not answer (%s): this process counts by itself.",
                type(error).__name__,
            )
        self.is_away = True

    def is_over(self) -> None:
        if self.is_away:
            log.warning("The cache in Redis answers again.")
        self.is_away = False


outage = Outage()


class RedisOrLocalCache(BaseCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {**params.get("OPTIONS", {}), **time_limits(server), "serializer": Json}
        self.redis = RedisCache(server, {**params, "OPTIONS": options})
        local = {**params, "OPTIONS": {"MAX_ENTRIES": LOCAL_ENTRIES}}
        self.local = LocMemCache("while Redis is away", local)

    def ask(self, question: Callable[[BaseCache], Any]) -> Any:
        if outage.is_waited_out():
            return question(self.local)
        try:
            answer = question(self.redis)
        except (RedisError, OSError) as error:
            outage.begins(error)
            return question(self.local)
        outage.is_over()
        return answer

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return bool(self.ask(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        found = self.ask(lambda cache: read(cache, key, version))
        return found if is_usable(key, found) else default

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self.ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self.ask(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self.ask(lambda cache: cache.delete(key, version)))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self.ask(lambda cache: cache.has_key(key, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self.ask(lambda cache: cache.incr(key, delta, version)))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        several = list(keys)
        found: dict[Any, Any] = self.ask(lambda cache: cache.get_many(several, version))
        return {key: value for key, value in found.items() if is_usable(key, value)}

    def clear(self) -> None:
        self.local.clear()
        self.ask(lambda cache: cache.clear())
