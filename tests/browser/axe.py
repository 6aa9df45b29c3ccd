"""axe, on whatever a page shows just now, in light and in dark."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.async_api import Page

OTHER = {"light": "dark", "dark": "light"}
RUN = """async (only) => {
  const options = { resultTypes: ["violations"], ...(only && { runOnly: [only] }) };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((each) => `${id}: ${each.html.slice(0, 200)} ${each.failureSummary}`));
}"""


def seen(width: int, scheme: str = "light") -> dict[str, Any]:
    return {
        "viewport": {"width": width, "height": 760},
        "color_scheme": scheme,
        "reduced_motion": "reduce",
    }


@cache
def script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


async def is_fine(page: Page, state: str) -> None:
    """axe finds nothing, neither in this scheme nor, as to colours, in the other one."""
    # Colours that are on their way from one scheme to the other are nobody's.
    await page.emulate_media(reduced_motion="reduce")
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(script())
    found = await page.evaluate(RUN, None)
    assert not found, f"{state}: {found}"
    scheme = await page.evaluate(
        "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
    )
    await page.emulate_media(color_scheme=OTHER[scheme])
    found = await page.evaluate(RUN, "color-contrast")
    assert not found, f"{state}, {OTHER[scheme]}: {found}"
    await page.emulate_media(color_scheme=scheme)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
