"""Who loses a right loses it on every process: within 2 s, or 15 s where nobody was told."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import psycopg
import pytest

from tests import services
from tests.chatter import PASSWORD, Chatter, Frame, Socket
from tests.faults.several import Redis, own_redis, several_servers
from tests.running import RunningServer
from tests.templates import migrated_postgres

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(240)]

TOLD_SECONDS = 2.0
FOUND_SECONDS = 15.0
NEW_PASSWORD = "another horse and its staple"


@dataclass
class Chat:
    """Two processes, and what is behind them."""

    servers: list[RunningServer]
    redis: Redis
    database_url: str
    owner: Chatter
    root: Chatter

    def ask(self, statement: str, *values: object) -> object:
        """Straight at the database, behind the site's back; the first column of the first row."""
        with psycopg.connect(self.database_url, autocommit=True) as database:
            cursor = database.execute(statement.encode(), values)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    services.require("postgresql")
    with migrated_postgres() as url:
        yield url


@pytest.fixture(scope="module")
async def chat(database_url: str) -> AsyncIterator[Chat]:
    with own_redis() as redis, several_servers(2, database_url, redis.url) as servers:
        owner = await Chatter(servers[0], "olga").sign_up()
        servers[0].manage(
            "createsuperuser",
            "--noinput",
            "--username=root",
            "--email=root@example.org",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
        )
        root = await Chatter(servers[1], "root").sign_in()
        yield Chat(servers, redis, database_url, owner, root)


@dataclass
class Dora:
    """Signed in at a desk and on a phone, with tabs of both on both processes."""

    chat: Chat
    desk: Chatter
    phone: Chatter
    room: str
    desk_tabs: list[Socket]
    phone_tabs: list[Socket]

    @property
    def pk(self) -> object:
        query = "SELECT id FROM accounts_user WHERE username = %s"
        return self.chat.ask(query, self.desk.username)

    @property
    def tabs(self) -> list[Socket]:
        return [*self.desk_tabs, *self.phone_tabs]


# --- What can be taken from somebody: do it, and say which tabs are to be closed


async def sign_out(dora: Dora) -> list[Socket]:
    await dora.desk.sign_out()
    return dora.desk_tabs


async def change_password(dora: Dora) -> list[Socket]:
    await dora.desk.submit(
        "/accounts/password/change/",
        oldpassword=PASSWORD,
        password1=NEW_PASSWORD,
        password2=NEW_PASSWORD,
    )
    return dora.phone_tabs


async def sign_out_elsewhere(dora: Dora) -> list[Socket]:
    page = await dora.desk.web.get("/accounts/")
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    await dora.desk.web.post("/accounts/logout/elsewhere/", data={"csrfmiddlewaretoken": token})
    return dora.phone_tabs


async def sign_out_after_a_new_password(dora: Dora) -> list[Socket]:
    """The desk's session has another key by then, also where its tabs are on other processes."""
    await change_password(dora)
    await dora.desk.sign_out()
    return dora.tabs


async def deactivate(dora: Dora) -> list[Socket]:
    saved = await dora.chat.root.submit(
        f"/admin/accounts/user/{dora.pk}/change/",
        username=dora.desk.username,
        email=f"{dora.desk.username}@example.org",
        # is_active left out: unticked
        date_joined_0="2026-01-01",
        date_joined_1="00:00:00",
    )
    assert saved.url.path == "/admin/accounts/user/", saved.text
    return dora.tabs


async def delete_the_session(dora: Dora) -> list[Socket]:
    key = dora.phone.cookie.partition("=")[2]
    dora.chat.ask("DELETE FROM django_session WHERE session_key = %s", key)
    return dora.phone_tabs


async def deactivate_by_sql(dora: Dora) -> list[Socket]:
    dora.chat.ask("UPDATE accounts_user SET is_active = false WHERE id = %s", dora.pk)
    return dora.tabs


async def remove(dora: Dora) -> list[Socket]:
    owner = dora.chat.owner
    answer = await owner.web.delete(
        f"/chat/{dora.room}/members/{dora.desk.username}/",
        headers={"X-CSRFToken": owner.web.cookies["csrftoken"]},
    )
    assert answer.status_code < 300, answer.text
    return dora.tabs


async def ban(dora: Dora) -> list[Socket]:
    answer = await dora.chat.owner.post_json(f"/chat/{dora.room}/bans/{dora.desk.username}/", {})
    assert answer.status_code < 300, answer.text
    return dora.tabs


async def remove_by_sql(dora: Dora) -> list[Socket]:
    dora.chat.ask(
        "UPDATE chat_membership SET standing = 'removed' WHERE user_id = %s"
        " AND room_id = (SELECT id FROM chat_room WHERE slug = %s)",
        dora.pk,
        dora.room,
    )
    return dora.tabs


Kind = Callable[[Dora], Awaitable[list[Socket]]]
# With the close code of a connection at the room's own address.
TOLD: dict[Kind, int] = {
    sign_out: 4401,
    change_password: 4401,
    sign_out_elsewhere: 4401,
    sign_out_after_a_new_password: 4401,
    deactivate: 4401,
    remove: 4403,
    ban: 4403,
}
NOT_TOLD: dict[Kind, int] = {
    delete_the_session: 4401,
    deactivate_by_sql: 4401,
    remove_by_sql: 4403,
}


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
async def test_what_the_site_does_is_known_to_every_process_in_2_seconds(
    chat: Chat, kind: Kind
) -> None:
    print(await revoke(chat, kind, TOLD[kind], TOLD_SECONDS))


async def test_what_is_done_behind_the_sites_back_is_found_in_15_seconds(chat: Chat) -> None:
    for line in await revoke_all(chat, NOT_TOLD):
        print(line)


async def test_with_the_bus_away_everything_is_found_in_15_seconds(chat: Chat) -> None:
    chat.redis.freeze()
    try:
        for line in await revoke_all(chat, {**TOLD, **NOT_TOLD}):
            print(line)
    finally:
        chat.redis.thaw()


async def revoke_all(chat: Chat, kinds: dict[Kind, int]) -> list[str]:
    """All at once, each on somebody of their own."""
    each = (revoke(chat, kind, code, FOUND_SECONDS) for kind, code in kinds.items())
    return list(await asyncio.gather(*each))


async def revoke(chat: Chat, kind: Kind, code: int, within: float) -> str:
    """Do it while the room is full of talk; how long after the answer the last tab was closed."""
    async with AsyncExitStack() as stack:
        dora = await arrive(chat, stack)
        talking = asyncio.create_task(talk(chat, dora.room))
        stack.callback(talking.cancel)
        ended = await kind(dora)
        done = time.monotonic()
        codes = await asyncio.gather(*(each.is_closed_with(within + 1) for each in ended))
        seconds = time.monotonic() - done
        assert codes == [code] * len(ended)
        assert seconds < within, f"{seconds:.1f} s"
        assert not any(room_frames_after_the_end(each, dora.room) for each in ended)
        for other in dora.tabs:
            if other not in ended:
                assert (await other.asks("ping"))["type"] == "pong"
    return f"{kind.__name__}: closed everywhere after {seconds:.2f} s"


async def arrive(chat: Chat, stack: AsyncExitStack) -> Dora:
    desk = await Chatter(chat.servers[0], f"dora-{uuid.uuid4().hex[:8]}").sign_up()
    phone = await Chatter(chat.servers[1], desk.username).sign_in()
    room = await chat.owner.make_room()
    tabs = [
        await stack.enter_async_context(browser.at(server).tab(room))
        for browser in (desk, phone)
        for server in (*chat.servers, chat.servers[1])
    ]
    return Dora(chat, desk, phone, room, tabs[:3], tabs[3:])


async def talk(chat: Chat, room: str) -> None:
    async with chat.owner.tab(room) as tab:
        while True:
            await tab.post("hello")
            await asyncio.sleep(0.02)


def room_frames_after_the_end(socket: Socket, room: str) -> list[Frame]:
    """What came of the room after it was said that nothing more comes of it."""
    kinds = [frame["type"] for frame in socket.got]
    if "room.removed" not in kinds:
        return []
    later = socket.got[kinds.index("room.removed") + 1 :]
    return [frame for frame in later if frame.get("room") == room]
