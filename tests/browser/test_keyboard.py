"""Everything with the keyboard alone; and at every stop one sees where one is."""

import re
import uuid
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.browser.acting import has_nothing_unsent, is_connected, is_shown, messages
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import PASSWORD

pytestmark = pytest.mark.asyncio

# What is wrong with how the focus is shown. A field may leave the ring to the frame around it.
UNSEEN = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "it is nowhere";
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
  const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
  const hit = document.elementFromPoint(x, y);
  if (!hit) return "it is outside of the window";
  if (!element.contains(hit) && !hit.contains(element)) return `${hit.outerHTML} covers it`;
  const hasRing = (each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const frame = element.closest(".composer__form, .people-picker__box, .finder__bar");
  if (frame && getComputedStyle(frame).boxShadow !== "none") return "";
  return hasRing(element) || hasRing(element.parentElement) ? "" : "it has no ring";
}"""


class Typist:
    """Somebody who has no mouse."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self.session = session
        self.press = page.keyboard.press
        self.type = page.keyboard.type

    async def goes_to(self, role: str, name: str, by: str = "Tab", most: int = 60) -> None:
        """One stop after the other, each of which has to be seen."""
        for _ in range(most):
            if await self.is_on(role, name):
                return
            await self.press(by)
            # Between its last stop and its first one the page has none: the browser's own.
            if await self.page.evaluate("document.activeElement !== document.body"):
                await self.sees_the_focus()
        raise AssertionError(f"{by} does not lead to the {role} {name}.")

    async def is_on(self, role: str, name: str) -> bool:
        there, called = await self.place()
        return there == role and re.search(name, called) is not None

    async def finds_the_focus_on(self, role: str, name: str) -> None:
        """Brought there by the page."""
        for _ in range(250):
            if await self.is_on(role, name):
                break
            await self.page.evaluate("new Promise((done) => setTimeout(done, 20))")
        else:
            raise AssertionError(f"Not on the {role} {name} but on {await self.place()}.")
        await self.sees_the_focus()

    async def place(self) -> tuple[str, str]:
        """Role and name, as assistive technology has them."""
        script = {"expression": "document.activeElement"}
        found: dict[str, Any] = await self.session.send("Runtime.evaluate", script)
        what = {"objectId": found["result"]["objectId"], "fetchRelatives": False}
        tree = await self.session.send("Accessibility.getPartialAXTree", what)
        node = tree["nodes"][0]
        return node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")

    async def sees_the_focus(self) -> None:
        wrong = await self.page.evaluate(UNSEEN)
        assert not wrong, f"{await self.place()}: {wrong}"

    # --- What is done

    async def signs_up(self, name: str) -> None:
        await self.goes_to("link", "Create an account")
        await self.press("Enter")
        await expect(self.page).to_have_url(re.compile("/signup/"))
        for label, text in (
            ("^Username", name),
            ("^Email", f"{name}@example.org"),
            ("^Password$", PASSWORD),
            ("^Password .again", PASSWORD),
        ):
            await self.goes_to("textbox", label)
            await self.type(text)
        await self.press("Enter")
        await expect(self.page).to_have_url(re.compile("/chat/$"))

    async def says(self, text: str) -> None:
        await self.finds_the_focus_on("textbox", "^Message$")
        await self.type(text)
        await self.press("Enter")
        await is_shown(self.page, "You", text)
        await has_nothing_unsent(self.page)

    async def opens_the_menu(self) -> None:
        """Of the message that has the focus, or is the next to get it."""
        await self.goes_to("button", "^Message actions$")
        await self.press("Enter")
        await expect(self.page.get_by_role("group", name="Message actions")).to_be_visible()
        await self.finds_the_focus_on("button", "^👍$")

    async def chooses(self, action: str) -> None:
        await self.goes_to("button", f"^{action}$", by="ArrowDown", most=10)
        await self.press("Enter")


async def test_from_signing_up_to_signing_out_without_a_mouse(
    company: Company, visit: Visitor
) -> None:
    sign = uuid.uuid4().hex[:6]
    orangery = await company.alice.make_room(f"Orangery {sign}")
    page = await visit(company.server, path="/")
    typist = Typist(page, await page.context.new_cdp_session(page))
    await typist.signs_up(f"kay-{sign}")
    await typist.goes_to("textbox", "^Room name$")
    await typist.type(f"Keys {sign}")
    await typist.press("Enter")
    await is_connected(page)

    await typist.says("Frist")
    await typist.press("ArrowUp")
    await typist.finds_the_focus_on("textbox", "^Message$")
    for _ in range(4):
        await typist.press("Backspace")
    await typist.type("irst")
    await typist.press("Enter")
    await is_shown(page, "You", "First")
    await typist.says("Second")
    await typist.press("ArrowUp")
    await typist.press("Escape")
    await typist.finds_the_focus_on("textbox", "^Message$")

    await typist.goes_to("article", "^You", by="Shift+Tab")
    await expect(messages(page).last).to_be_focused()
    await typist.press("Home")
    await typist.finds_the_focus_on("article", "^You")
    await expect(messages(page).first).to_be_focused()
    await typist.opens_the_menu()
    await typist.press("Enter")
    await expect(page.get_by_role("button", name="👍 1: You")).to_be_visible()
    await typist.finds_the_focus_on("button", "^Message actions$")
    await typist.opens_the_menu()
    await typist.press("Escape")
    await typist.finds_the_focus_on("button", "^Message actions$")
    await typist.opens_the_menu()
    await typist.chooses("Reply")
    await typist.says("An answer")

    await typist.goes_to("article", "^You", by="Shift+Tab")
    await typist.opens_the_menu()
    await typist.chooses("Edit")
    await typist.finds_the_focus_on("textbox", "^Message$")
    await typist.type(", changed")
    await typist.press("Enter")
    await is_shown(page, "You", "An answer, changed")
    await typist.finds_the_focus_on("textbox", "^Message$")
    await typist.goes_to("article", "^You", by="Shift+Tab")
    await typist.opens_the_menu()
    await typist.chooses("Delete")
    await typist.goes_to("button", "^Delete$")
    await typist.press("Enter")
    await expect(messages(page).last).to_contain_text("This message was deleted")
    await typist.finds_the_focus_on("button", "^Message actions$")

    await typist.press("Control+k")
    await typist.finds_the_focus_on("combobox", "^Go to a room or person$")
    await typist.type(f"orangery {sign}")
    await expect(page.get_by_role("option")).to_have_count(1)
    await typist.press("Enter")
    await expect(page).to_have_url(re.compile(f"/chat/{orangery}/"))
    await is_connected(page)
    await typist.says("Is it warm in here?")
    # All the way round the page, and out.
    await typist.goes_to("button", "^Sign out$", most=100)
    await typist.press("Enter")
    await expect(page).to_have_url(re.compile("/accounts/login/"))
