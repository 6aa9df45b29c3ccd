"""Make the pictures of docs/screenshots anew: `python -m tests.browser.take_screenshots [NAME …]`.

A server of its own, four people who talk, and every page and state: wide and phone, light and dark.
With names, such as `room` or `menu`, only those.
"""

import asyncio
import io
import random
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.async_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Page,
    WebSocketRoute,
    async_playwright,
    expect,
)

from tests import services
from tests.browser.acting import (
    chooses,
    chooses_files,
    connection,
    is_shown,
    message_box,
    messages,
    opens_menu,
    refuses_posts,
    say,
    without_sockets,
)
from tests.chatter import Chatter
from tests.running import CHECKOUT, RunningServer, running_server

PICTURES = CHECKOUT / "docs" / "screenshots"
SIZES = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
# It is morning where they sit, for the first of them says so.
HOUR = 9

TALK = [
    ("grace", "Morning! Is anybody else up for moving the release to Thursday?"),
    ("alan", "Thursday works. I would rather ship it rested than fast."),
    ("ada", "Then Thursday it is. I'll move the announcement."),
    ("edsger", "The last test that still failed was a clock, not us 🕰️"),
    ("grace", "Found it on the train, under my coat. Patch is in."),
    ("grace", "Who brings the cake?"),
    ("ada", "I do 🎂 Lemon, unless somebody objects."),
    ("alan", "Nobody has ever objected to lemon."),
]

DRAFT = """Here is the part that everybody asks about. **Two things** to check:

1. the clock is read _once_ a batch
2. nobody reads it anywhere else

```python
def next_ticks(room: Room, count: int) -> range:
    # One row, locked: two writers never get the same tick.
    clock = Clock.objects.select_for_update().get(room=room)
    clock.value += count
    clock.save(update_fields=["value"])
    return range(clock.value - count + 1, clock.value + 1)
```"""
CONVERSATION = [
    ("grace", "Have you got five minutes for the patch?"),
    ("ada", "Always. Is it the one from under your coat?"),
    ("grace", DRAFT),
    ("ada", "> nobody reads it anywhere else\n\nI looked: `history.py` does, line 40."),
    ("grace", "Good eyes 👀 Gone in a minute."),
]


@dataclass(frozen=True)
class Scene:
    """The people, the rooms, and how somebody sits in front of them."""

    server: RunningServer
    people: dict[str, Chatter]
    room: str
    conversation: str
    garden: str
    empty: str
    shed: str
    invitation: str
    size: str


State = Callable[[Page, Scene], Awaitable[None]]
SIGNED_OUT: dict[str, State] = {}
SIGNED_IN: dict[str, State] = {}


def state(states: dict[str, State]) -> Callable[[State], State]:
    def note(lead: State) -> State:
        states[lead.__name__.replace("_", "-")] = lead
        return lead

    return note


# --- Before somebody is signed in


@state(SIGNED_OUT)
async def entrance(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/login/")


@state(SIGNED_OUT)
async def signup(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/signup/")


@state(SIGNED_OUT)
async def signup_in_vain(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/signup/")
    await page.get_by_label("Username").fill("ada")
    await page.get_by_label("Email").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill("12345678")
    await page.get_by_label("Password (again)").fill("12345678")
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_text("already exists")).to_be_visible()


@state(SIGNED_OUT)
async def forgotten(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/password/reset/")


@state(SIGNED_OUT)
async def invitation(page: Page, scene: Scene) -> None:
    await page.goto(scene.invitation)


@state(SIGNED_OUT)
async def invitation_over(page: Page, scene: Scene) -> None:
    await page.goto("/join/over/")


# --- The pages


@state(SIGNED_IN)
async def rooms(page: Page, scene: Scene) -> None:
    await page.goto("/chat/")


@state(SIGNED_IN)
async def people(page: Page, scene: Scene) -> None:
    await page.goto("/people/")
    await page.get_by_role("combobox").press_sequentially("a")
    await expect(page.get_by_role("option").first).to_be_visible()


@state(SIGNED_IN)
async def members(page: Page, scene: Scene) -> None:
    await page.goto(f"/chat/{scene.room}/members/")


@state(SIGNED_IN)
async def settings(page: Page, scene: Scene) -> None:
    await page.goto(f"/chat/{scene.room}/settings/")


@state(SIGNED_IN)
async def account(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/")


@state(SIGNED_IN)
async def email(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/email/")


@state(SIGNED_IN)
async def password(page: Page, scene: Scene) -> None:
    await page.goto("/accounts/password/change/")


@state(SIGNED_IN)
async def links(page: Page, scene: Scene) -> None:
    await page.goto("/invitations/")


@state(SIGNED_IN)
async def not_found(page: Page, scene: Scene) -> None:
    await page.goto("/chat/nowhere/")


# --- The room


@state(SIGNED_IN)
async def room(page: Page, scene: Scene) -> None:
    await page.goto(f"/chat/{scene.room}/")
    await everybody_is_here(page)


@state(SIGNED_IN)
async def conversation(page: Page, scene: Scene) -> None:
    await page.goto(f"/chat/{scene.conversation}/")
    await is_shown(page, "Grace", CONVERSATION[-1][1])
    await expect(connection(page)).to_be_empty()


@state(SIGNED_IN)
async def empty(page: Page, scene: Scene) -> None:
    await page.goto(f"/chat/{scene.empty}/")
    await expect(connection(page)).to_be_empty()


@state(SIGNED_IN)
async def unread(page: Page, scene: Scene) -> None:
    async with scene.people["alan"].tab(scene.garden) as alan:
        for number in range(1, 40):
            await alan.post(f"Bed {number} is dug over.")
        await page.goto(f"/chat/{scene.garden}/")
        await page.get_by_role("button", name=re.compile("unread$")).click()
        await expect(page.get_by_role("separator", name="New")).to_be_in_viewport()
        await page.get_by_role("log").evaluate("log => log.scrollBy(0, -40)")
        await alan.post("Who has the rake?")
        await expect(page.get_by_role("button", name="1 new message")).to_be_visible()


@state(SIGNED_IN)
async def menu(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await opens_menu(page, messages(page).filter(has_text="Who brings").last)


@state(SIGNED_IN)
async def emoji(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await message_box(page).fill("Lemon it is")
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await page.get_by_role("searchbox", name="Find emoji").fill("cake")
    await expect(page.get_by_role("group", name="Found")).to_be_visible()


@state(SIGNED_IN)
async def completion(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await message_box(page).press_sequentially("Thank you @")
    await expect(page.get_by_role("option").first).to_be_visible()


@state(SIGNED_IN)
async def switcher(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Go to a room or person").fill("e")
    await expect(page.get_by_role("option").first).to_be_visible()


@state(SIGNED_IN)
async def search(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await page.get_by_role("button", name="Search messages").click()
    await page.get_by_role("searchbox", name="Search messages").fill("thurs")
    await expect(page.get_by_role("list", name="Found messages").get_by_role("link")).to_have_count(
        3
    )


@state(SIGNED_IN)
async def changes(page: Page, scene: Scene) -> None:
    """A quote, a mention, an edit, a deletion, a picture, somebody who types."""
    await page.goto(f"/chat/{scene.shed}/")
    await is_shown(page, "Alan", "Five past")
    await expect(connection(page)).to_be_empty()
    async with scene.people["alan"].tab(scene.shed) as alan:
        await expect(page.locator(".people-count").first).to_have_text("2")
        await alan.send(type="typing.start")
        await expect(page.locator(".typing")).to_be_visible()


@state(SIGNED_IN)
async def keys(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await message_box(page).blur()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


@state(SIGNED_IN)
async def confirm(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await chooses(page, messages(page).filter(has_text="I do").last, "Delete")
    await expect(page.get_by_role("dialog")).to_be_visible()


@state(SIGNED_IN)
async def reply(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await chooses(page, messages(page).filter(has_text="Nobody has ever").last, "Reply")
    await message_box(page).fill("Then lemon it stays.")


@state(SIGNED_IN)
async def edit(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await chooses(page, messages(page).filter(has_text="I do").last, "Edit")


@state(SIGNED_IN)
async def files(page: Page, scene: Scene) -> None:
    await room(page, scene)
    notes = FilePayload(name="Notes for Thursday.txt", mimeType="text/plain", buffer=b"soil, sun")
    empty = FilePayload(name="Empty.txt", mimeType="text/plain", buffer=b"")
    harbour = FilePayload(name="Harbour.png", mimeType="image/png", buffer=painting(2))
    await chooses_files(page, harbour, notes, empty)
    await expect(page.get_by_text("This file is empty.")).to_be_visible()


@state(SIGNED_IN)
async def notifications(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await page.get_by_role("button", name="Notifications").click()


@state(SIGNED_IN)
async def formatting(page: Page, scene: Scene) -> None:
    await room(page, scene)
    await message_box(page).fill("How do I write **bold**?")
    await page.get_by_role("button", name="Formatting").click()


@state(SIGNED_IN)
async def failed(page: Page, scene: Scene) -> None:
    await refuses_posts(page)
    await room(page, scene)
    await say(page, "Is the oven free on Wednesday?")
    await say(page, "Otherwise I bake at home.")
    await expect(page.locator(".message--failed")).to_have_count(2)


@state(SIGNED_IN)
async def offline(page: Page, scene: Scene) -> None:
    await without_sockets(page)
    await page.goto(f"/chat/{scene.room}/")
    await say(page, "Written in the tunnel, sent behind it")
    await expect(connection(page)).to_contain_text("Next try in")
    await expect(page.locator(".people-list--stale")).to_have_count(1)


@state(SIGNED_IN)
async def updated(page: Page, scene: Scene) -> None:
    def renew(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda frame: socket.send(VERSION.sub('"version":"newer"', str(frame))))

    await page.route_web_socket(re.compile("/ws/"), renew)
    await room(page, scene)
    await expect(page.get_by_role("status", name="Update")).to_contain_text("was updated")


@state(SIGNED_IN)
async def drawer_of_rooms(page: Page, scene: Scene) -> None:
    await room(page, scene)
    if scene.size == "phone":
        await page.get_by_role("button", name="Show the rooms").click()


@state(SIGNED_IN)
async def drawer_of_people(page: Page, scene: Scene) -> None:
    await room(page, scene)
    if scene.size == "phone":
        await page.get_by_role("button", name="Show who is here").click()


VERSION = re.compile('"version":"[^"]*"')
ONLY_ON_PHONES = {"drawer-of-rooms", "drawer-of-people"}


# --- Taking them


async def main(wanted: set[str]) -> None:
    with running_server() as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=services.find_chromium(), args=["--disable-gpu"]
            )
            await picture_everything(server, browser, wanted)
            await browser.close()


async def picture_everything(server: RunningServer, browser: Browser, wanted: set[str]) -> None:
    names = ("ada", "grace", "alan", "edsger")
    people = {name: await Chatter(server, name).sign_up() for name in names}
    for name in names:
        await people[name].submit("/accounts/", display_name=name.capitalize())
    await shows_a_face(people["alan"], 3)
    server.change("UPDATE accounts_user SET is_superuser = 1 WHERE username = 'ada'")
    room = await people["ada"].make_room("Release day")
    await people["ada"].post_json(f"/chat/{room}/settings/", {"topic": "Thursday, with cake"})
    for other in ("Größe & Höhe", "Espace café", "Lemon cake 🍋", "Random"):
        await people["grace"].make_room(other)
    for other in ("Espace café", "Random"):
        await people["ada"].make_room(other)
    made = await people["ada"].post_json(f"/chat/{room}/invitations/", {"days": 7, "uses": 5})
    await people["ada"].post_json("/invitations/", {"days": 1, "uses": 1})
    direct = await people["ada"].post_json("/chat/", {"kind": "direct", "people": ["grace"]})
    scene = Scene(
        server,
        people,
        room,
        conversation=direct.json()["room"],
        garden=await people["ada"].make_room("Garden"),
        empty=await people["ada"].make_room("Nothing yet"),
        shed=await people["ada"].make_room("Shed"),
        invitation=made.json()["link"],
        size="",
    )
    for name, text in CONVERSATION:
        async with people[name].tab(scene.conversation) as tab:
            await tab.post(text)
    async with asyncio.TaskGroup() as group:
        there = asyncio.Event()
        for name in ("grace", "alan", "edsger"):
            group.create_task(stay(people[name], room, there))
        await talk(people, room)
        await change(people, scene.shed)
        for size in SIZES:
            for scheme in SCHEMES:
                await picture(browser, replace(scene, size=size), scheme, wanted)
        there.set()


async def shows_a_face(person: Chatter, seed: int) -> None:
    headers = {"X-CSRFToken": person.web.cookies.get("csrftoken") or ""}
    files = {"file": ("me.png", painting(seed), "image/png")}
    answer = await person.web.post("/accounts/picture/", files=files, headers=headers)
    assert answer.status_code < 400, answer.text


async def talk(people: dict[str, Chatter], room: str) -> None:
    said = {}
    for name, text in TALK:
        async with people[name].tab(room) as tab:
            said[text] = (await tab.post(text))["id"]
    cake = said[TALK[-2][1]]
    for name in ("grace", "alan"):
        async with people[name].tab(room) as tab:
            await tab.asks("reaction.add", message_id=cake, emoji="🍋")


async def change(people: dict[str, Chatter], shed: str) -> None:
    async with people["alan"].tab(shed) as alan, people["ada"].tab(shed) as ada:
        sent = (await people["alan"].upload(shed, painting(1), "Shed.png")).json()["id"]
        seen = await alan.post("This is how it looks now.", attachments=[sent])
        wrong = await alan.post("Wrong shed")
        await alan.asks("message.delete", message_id=wrong["id"])
        late = await ada.post("Who has the key?")
        await ada.asks("message.edit", message_id=late["id"], message="Who has the key, and when?")
        await alan.post("@ada I have. Seven?", reply_to=late["id"])
        await ada.post("It looks as if it had *windows* now", reply_to=seen["id"])
        await alan.post("Five past")


async def stay(person: Chatter, room: str, until: asyncio.Event) -> None:
    async with person.tab(room):
        await until.wait()


async def picture(browser: Browser, scene: Scene, scheme: str, wanted: set[str]) -> None:
    for states, person in ((SIGNED_OUT, None), (SIGNED_IN, scene.people["ada"])):
        for name, lead in states.items():
            if (wanted and name not in wanted) or (
                scene.size != "phone" and name in ONLY_ON_PHONES
            ):
                continue
            # Drafts and unsent messages of one picture do not belong on the next.
            context = await window(scene.server, browser, scene.size, scheme)
            if person:
                await sign_in(context, person)
            page = await context.new_page()
            await lead(page, scene)
            await page.mouse.move(0, 0)
            keep(await page.screenshot(), PICTURES / f"{name}-{scene.size}-{scheme}.png")
            await context.close()


def keep(screenshot: bytes, place: Path) -> None:
    """All its colours: a palette makes neighbours of greys that the eye tells apart."""
    Image.open(io.BytesIO(screenshot)).convert("RGB").save(place, optimize=True)
    print(place.name, flush=True)


def painting(seed: int) -> bytes:
    """Hills in the evening, and a shed on the nearest: a PNG of 960 by 600 pixels."""
    wide, high = 960, 600
    image = Image.linear_gradient("L").resize((wide, high))
    sky = Image.composite(
        Image.new("RGB", (wide, high), "#f6c58f"), Image.new("RGB", (wide, high), "#5c86a8"), image
    )
    draw = ImageDraw.Draw(sky)
    draw.ellipse((640, 190, 740, 290), fill="#fdeccb")
    chance = random.Random(seed)
    for far, colour in enumerate(("#7d94a0", "#55777a", "#35564f", "#22403a")):
        for _ in range(5):
            middle, half = chance.randrange(-100, wide + 100), chance.randrange(180, 360)
            top = 300 + 70 * far + chance.randrange(40)
            draw.ellipse((middle - half, top, middle + half, top + 2 * half), fill=colour)
    draw.rectangle((0, 560, wide, high), fill="#22403a")
    draw.rectangle((250, 430, 420, 570), fill="#5b3a29")
    draw.polygon(((230, 435), (335, 350), (440, 435)), fill="#3b251b")
    draw.rectangle((285, 465, 325, 510), fill="#f9d67a")
    draw.rectangle((350, 470, 395, 570), fill="#3b251b")
    file = io.BytesIO()
    sky.save(file, "PNG")
    return file.getvalue()


async def everybody_is_here(page: Page) -> None:
    await is_shown(page, "Alan", TALK[-1][1])
    await expect(connection(page)).to_be_empty()
    await expect(page.locator(".people-count").first).to_have_text("4")


async def window(server: RunningServer, browser: Browser, size: str, scheme: str) -> BrowserContext:
    return await browser.new_context(
        base_url=server.address,
        viewport=SIZES[size],  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1,
        has_touch=size == "phone",
        is_mobile=size == "phone",
        reduced_motion="reduce",
        timezone_id=morning(),
    )


def morning() -> str:
    """The zone in which it is HOUR o'clock; "Etc/GMT+3" is three hours behind UTC."""
    behind = datetime.now(UTC).hour - HOUR
    return f"Etc/GMT{behind - 24 if behind > 12 else behind:+d}"


async def sign_in(context: BrowserContext, person: Chatter) -> None:
    cookie = person.web.cookies["sessionid"]
    address = person.server.address
    await context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])


if __name__ == "__main__":
    Path.mkdir(PICTURES, parents=True, exist_ok=True)
    asyncio.run(main(set(sys.argv[1:])))
