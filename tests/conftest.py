"""What tests of all kinds share."""

from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_django import Settings

from tests.cast import Cast, Company
from tests.running import RunningServer, running_server


@pytest.fixture
def cast(transactional_db: None, settings: Settings) -> Cast:
    """Rows are committed: the writer's thread looks at them over a connection of its own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return Cast.gather()


@pytest.fixture(scope="session", params=["uvicorn", "daphne"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """One for all tests of its kind; a test that hurts it starts one of its own."""
    with running_server(SERVER=request.param) as server:
        yield server


@pytest.fixture(scope="session")
async def company(server: RunningServer) -> AsyncIterator[Company]:
    company = await Company.gather(server)
    yield company
    await company.leave()
