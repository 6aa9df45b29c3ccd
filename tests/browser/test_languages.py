"""The page in another language: what its scripts say, and lines that begin on the right."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.acting import becomes_true
from tests.browser.conftest import Visitor
from tests.browser.test_page import REQUESTS
from tests.cast import Company

# What stands in a page does not depend on the server.
pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.parametrize("server", ["uvicorn"], indirect=True, scope="session"),
]

# A German page whose scripts find every text translated, into letters as wide as Chinese ones.
PSEUDO_CATALOGUE = r"""
import { speak } from "../model/words.js";

const wide = (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0);
const pseudo = (text) =>
  text.replace(/%\(\w+\)s|[a-z]/gi, (part) => (part.length > 1 ? part : wide(part)));
speak(new Proxy({}, { get: (_, text) => [pseudo(text)] }), "de");
"""

# Before any script runs: an Arabic page, of which dates and numbers are then.
RIGHT_TO_LEFT = """
new MutationObserver((_, observer) => {
  if (!document.documentElement) return;
  Object.assign(document.documentElement, { lang: "ar", dir: "rtl" });
  observer.disconnect();
}).observe(document, { childList: true });
"""

# What is read in the page, or read aloud, and was not in it when it came from the server.
SAID_BY_SCRIPTS = r"""async () => {
  const SHOWN = ["title", "aria-label", "placeholder", "alt"];
  const words = (root, found = new Set()) => {
    for (const element of root.querySelectorAll("*")) {
      if (["script", "noscript"].includes(element.localName)) continue;
      for (const name of SHOWN) found.add(element.getAttribute(name)?.trim());
      for (const { nodeType, data } of element.childNodes) {
        if (nodeType === Node.TEXT_NODE) found.add(data.trim());
      }
      if (element.localName === "template") words(element.content, found);
    }
    return found;
  };
  // Asked for once: later the line may be away.
  const fetched = async () => (await fetch(location.href)).text();
  window.known ??= words(new DOMParser().parseFromString(await fetched(), "text/html"));
  return [...words(document)].filter((text) => text && !window.known.has(text));
}"""
OF_PEOPLE = re.compile(r"@?\b(alice|bob|charlie)\b|https?:\S+|Esc|\b[kM]B\b|\.txt")
IS_WIDE = "document.documentElement.scrollWidth > innerWidth"


async def says_no_english(page: Page) -> None:
    said = await page.evaluate(SAID_BY_SCRIPTS)
    english = [text for text in said if re.search("[A-Za-z]{2,}", OF_PEOPLE.sub("", text))]
    assert not english


async def test_no_script_says_a_word_past_gettext_and_right_to_left_is_laid_out_so(
    company: Company, visit: Visitor
) -> None:
    alice, bob = company.alice, company.bob
    room = await alice.make_room("Комната 12")
    await bob.submit("/accounts/", language="de")
    await bob.web.get(f"/chat/{room}/")
    async with alice.tab(room) as tab:
        first = await tab.post("Привет")
        await tab.post("@bob مرحبا بالجميع", reply_to=first["id"])
        await tab.asks("reaction.add", message_id=first["id"], emoji="🍅")
        gone = await tab.post("ой")
        await tab.asks("message.delete", message_id=gone["id"])
        await tab.post("```\nно\n```")

    page = await visit(company.server, bob, "about:blank")
    await page.add_init_script(RIGHT_TO_LEFT)
    await page.route("**/js/languages/de.js", pseudo)
    await page.goto(f"/chat/{room}/")
    field, theirs = page.locator("textarea"), page.locator("article:not(.message--mine)")
    await expect(page.locator(".person")).to_have_count(1)
    await says_no_english(page)

    # One's own on the other side; the words after a name decide how a sentence runs.
    await field.fill("Да")
    await field.press("Enter")
    mine = page.locator("article.message--mine")
    await expect(mine.locator(".message__state-icon--sent")).to_be_visible()
    assert await middle(mine) < await middle(theirs.first)
    bubble = theirs.filter(has_text="مرحبا").locator(".message__bubble")
    assert await bubble.evaluate("each => getComputedStyle(each).direction") == "rtl"

    await field.press("ArrowUp")
    await says_no_english(page)
    await field.press("Escape")
    for action in ("reply", "delete"):
        await mine.hover()
        await mine.locator(".message__menu").click()
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator("message-menu [data-emoji]").nth(1)).to_be_focused()
        await page.locator(f"message-menu [data-action={action}]").click()
        await says_no_english(page)
        await page.keyboard.press("Escape")
    await field.fill("х" * 9_950)
    await expect(page.locator(".composer__counter")).to_be_visible()
    await says_no_english(page)
    await field.fill("")
    files = [{"name": "1.txt", "mimeType": "text/plain", "buffer": b"1"}]
    await page.locator(".composer__files").set_input_files(files)  # type: ignore[arg-type]
    await expect(page.locator(".tray__file[data-state=done]")).to_be_visible()
    await says_no_english(page)
    await page.locator(".tray [data-does=remove]").click()
    for keys, opened in (("Control+k", ".switcher"), ("?", ".keys")):
        await page.locator("main").focus()
        await page.keyboard.press(keys)
        await expect(page.locator(opened)).to_be_visible()
        await says_no_english(page)
        await page.keyboard.press("Escape")
    async with company.charlie.tab(room) as tab:
        await tab.send(type="typing.start")
        await expect(page.locator(".typing")).to_be_visible()
        await expect(page.locator(".movement").last).to_be_visible()
        await says_no_english(page)

    await page.context.set_offline(True)
    await expect(page.locator(".connection__panel")).to_be_visible()
    await field.fill("Нет")
    await field.press("Enter")
    await expect(page.locator(".people__stale")).to_be_visible()
    await says_no_english(page)
    await page.context.set_offline(False)
    await expect(page.locator(".message--sending")).to_have_count(0)

    await page.set_viewport_size({"width": 320, "height": 640})
    for below in (f"{room}/", f"{room}/members/", f"{room}/settings/", ""):
        await page.goto(f"/chat/{below}")
        await becomes_true(page, "Boolean(customElements.get('user-avatar'))")
        assert not await page.evaluate(IS_WIDE), below
        await says_no_english(page)
    await bob.submit("/accounts/", language="")


async def pseudo(route: Route) -> None:
    await route.fulfill(body=PSEUDO_CATALOGUE, content_type="text/javascript")


async def middle(message: Any) -> float:
    box = await message.locator(".message__bubble").bounding_box()
    return float(box["x"] + box["width"] / 2)


async def test_a_german_browser_gets_a_german_page_for_one_request_more(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, "about:blank", locale="de-DE")
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    await page.goto(f"/chat/{room}/")
    await expect(page.get_by_role("list", name="Wer da ist")).to_contain_text("bob (du)")
    await page.wait_for_load_state("networkidle")
    assert len(requests) < REQUESTS
    await expect(page.get_by_role("log", name="Nachrichten")).to_contain_text("Heute")
    await page.get_by_role("textbox", name="Nachricht", exact=True).fill("Wer gießt?")
    await page.get_by_role("button", name="Senden").click()
    own = page.get_by_role("article", name=re.compile("^Du, "))
    await expect(own).to_contain_text("Wer gießt?")
    await expect(page.get_by_text("Diese Nachricht wurde gelöscht")).to_be_visible()
    await page.get_by_role("button", name="Emoji", exact=True).click()
    await page.get_by_role("searchbox", name="Emoji suchen").fill("kuchen")
    await page.get_by_role("button", name="Geburtstagskuchen").click()
    await expect(page.get_by_role("textbox", name="Nachricht")).to_have_value(re.compile("🎂"))
