"""The end of a session ends its connections, and no others."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

import pytest

from tests.cast import Company
from tests.chatter import PASSWORD, Chatter
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio

NEW_PASSWORD = "another horse and its staple"


@pytest.fixture
async def dora(server: RunningServer) -> AsyncIterator[Chatter]:
    """Somebody new for each test: what is done to her account harms no other."""
    dora = await Chatter(server, f"dora-{uuid.uuid4().hex[:8]}").sign_up()
    yield dora
    await dora.web.aclose()


@pytest.fixture
async def doras_phone(server: RunningServer, dora: Chatter) -> AsyncIterator[Chatter]:
    phone = await Chatter(server, dora.username).sign_in()
    yield phone
    await phone.web.aclose()


async def test_signing_out_closes_that_sessions_connections_at_once(
    dora: Chatter, doras_phone: Chatter
) -> None:
    async with dora.socket() as one, dora.socket() as two, doras_phone.socket() as phone:
        for socket in (one, two, phone):
            await socket.sees("welcome")
        await dora.sign_out()
        assert await one.is_closed_with(2) == 4401
        assert await two.is_closed_with(2) == 4401
        assert (await phone.asks("ping"))["type"] == "pong"


async def test_a_new_password_ends_the_other_sessions_alone(
    dora: Chatter, doras_phone: Chatter
) -> None:
    async with dora.socket() as desk, doras_phone.socket() as phone:
        for socket in (desk, phone):
            await socket.sees("welcome")
        await dora.submit(
            "/accounts/password/change/",
            oldpassword=PASSWORD,
            password1=NEW_PASSWORD,
            password2=NEW_PASSWORD,
        )
        changed = time.monotonic()
        assert await phone.is_closed_with(2) == 4401
        # Her own session goes on under another key; wait until it would have been ended too.
        await asyncio.sleep(max(0.0, changed + 2 - time.monotonic()))
        assert (await desk.asks("ping"))["type"] == "pong"
        await dora.sign_out()
        assert await desk.is_closed_with(2) == 4401


async def test_an_administrator_who_deactivates_somebody_ends_all_their_sessions(
    company: Company, dora: Chatter, doras_phone: Chatter
) -> None:
    server = company.server
    name = f"root-{uuid.uuid4().hex[:8]}"
    server.manage(
        "createsuperuser",
        "--noinput",
        f"--username={name}",
        f"--email={name}@example.org",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    root = await Chatter(server, name).sign_in()
    ((dora_id,),) = server.rows("SELECT id FROM accounts_user WHERE username=?", dora.username)
    async with dora.socket() as desk, doras_phone.socket() as phone, company.bob.socket() as bob:
        for socket in (desk, phone, bob):
            await socket.sees("welcome")
        saved = await root.submit(
            f"/admin/accounts/user/{dora_id}/change/",
            username=dora.username,
            email=f"{dora.username}@example.org",
            # is_active left out: unticked
            date_joined_0="2026-01-01",
            date_joined_1="00:00:00",
        )
        assert saved.url.path == "/admin/accounts/user/", saved.text
        assert await desk.is_closed_with(2) == 4401
        assert await phone.is_closed_with(2) == 4401
        assert (await bob.asks("ping"))["type"] == "pong"
    async with dora.socket() as desk:
        assert await desk.is_closed_with(2) == 4401
    await root.web.aclose()


async def test_what_is_done_behind_the_sites_back_is_noticed_within_15_seconds(
    company: Company, dora: Chatter
) -> None:
    async with dora.socket() as socket, company.bob.socket() as bob:
        await socket.sees("welcome")
        await bob.sees("welcome")
        company.server.change(
            "UPDATE accounts_user SET is_active = 0 WHERE username = ?", dora.username
        )
        assert await socket.is_closed_with(15) == 4401
        assert (await bob.asks("ping"))["type"] == "pong"


async def test_a_deleted_session_row_is_noticed_within_15_seconds(
    company: Company, dora: Chatter
) -> None:
    async with dora.socket() as socket:
        await socket.sees("welcome")
        key = dora.cookie.partition("=")[2]
        company.server.change("DELETE FROM django_session WHERE session_key = ?", key)
        assert await socket.is_closed_with(15) == 4401
