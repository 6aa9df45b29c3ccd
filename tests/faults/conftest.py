"""How large the faults are, and which dice they throw.

CHAT_TEST_LONG=1 makes them as large as docs/guarantees.md says; CHAT_TEST_SEED=NUMBER repeats
what a run threw, which prints it where it fails.
"""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests import services
from tests.faults.people import Size
from tests.running import RunningServer, running_server
from tests.templates import migrated_postgres

# A sender is never told to slow down: these tests are about what is lost, not about how fast.
FAST = {"POSTS_PER_SECOND": "1000000", "CONNECTIONS_PER_USER": "1000"}


@pytest.fixture
def dice() -> random.Random:
    seed = os.environ.get("CHAT_TEST_SEED") or str(random.randrange(10**9))
    print(f"To repeat this: CHAT_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def size() -> Size:
    return Size(is_long=os.environ.get("CHAT_TEST_LONG", "") not in ("", "0"))


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """A server of the test's own, on either database."""
    with ExitStack() as stack:
        settings = dict(FAST)
        if request.param == "postgresql":
            services.require("postgresql")
            settings["DATABASE_URL"] = stack.enter_context(migrated_postgres())
        yield stack.enter_context(running_server(**settings))
