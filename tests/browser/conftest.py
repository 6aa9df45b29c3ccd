"""Real browsers, one for each person, in front of a really running server."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from tests import services
from tests.cast import Company
from tests.chatter import Chatter
from tests.running import RunningServer, running_server

# Longer than the grace after which somebody has left.
expect.set_options(timeout=10_000)

# Where a person sits: a context, signed in or not, whose page is watched for errors.
Visitor = Callable[..., Awaitable[Page]]

# What a browser itself says of a line that a test cut on purpose.
CUT_LINE = re.compile(r"WebSocket connection to .* failed|net::ERR_|Failed to load resource: net::")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """One kind is enough for what pages show; a test of the whole way asks for both.

    With the settings as they are: real people's passwords are hashed here.
    """
    kind = getattr(request, "param", "uvicorn")
    with running_server(SERVER=kind, DJANGO_SETTINGS_MODULE="ChatApp.settings") as server:
        yield server
        assert "Traceback" not in server.text_of_log


@pytest.fixture(scope="session")
async def company(server: RunningServer) -> AsyncIterator[Company]:
    """At this server: one that is there already may be at another, which pytest does not notice."""
    company = await Company.gather(server)
    yield company
    await company.leave()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    services.require("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=services.find_chromium(),
            args=["--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def visit(chromium: Browser) -> AsyncIterator[Visitor]:
    """Sit somebody down: `await visit(server, chatter, "/chat/")`.

    Afterwards the test fails for any error in a console, which is where a breach of the
    Content Security Policy shows.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not CUT_LINE.search(message.text):
            errors.append(message.text)

    async def sit_down(
        server: RunningServer, person: Chatter | None = None, path: str = "/", **options: Any
    ) -> Page:
        context = await chromium.new_context(
            base_url=server.address, **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if person:
            key = person.web.cookies["sessionid"]
            await context.add_cookies([{"name": "sessionid", "value": key, "url": server.address}])
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", note)
        page.on("dialog", lambda dialog: errors.append(f"a dialog said {dialog.message}"))
        await page.goto(path)
        return page

    yield sit_down
    for context in contexts:
        await context.close()
    assert not errors, errors


@pytest.fixture
async def room(company: Company) -> str:
    """Of Alice's, with a reply, a reaction and a deletion; new to Bob."""
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.alice.tab(room) as alice:
        first = await alice.post("Who waters the tomatoes?")
        await alice.post("Somebody should", reply_to=first["id"])
        await alice.asks("reaction.add", message_id=first["id"], emoji="🍅")
        gone = await alice.post("never mind")
        await alice.asks("message.delete", message_id=gone["id"])
    return room
