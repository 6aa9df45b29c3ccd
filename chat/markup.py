"""Message text → safe HTML, the same for everybody who looks at it. Pure.

Two barriers, each enough alone: the parser (`markdown`) knows no raw HTML and lets no other
address through than http, https and mailto; nh3 then keeps only the tags, attributes and classes
named here.

What is cheap is looked at first: most messages need no formatting, and that is known in a
microsecond. What is too expensive, or fails, is shown as it was typed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from html import escape, unescape

import nh3

from chat.highlighting import CLASSES
from chat.markdown import DOMAIN, NAME, TooExpensive, parsed

log = logging.getLogger("chat.markup")

MENTIONS_A_MESSAGE = 50
# Every reader gets all of it.
HTML_CHARS = 40_000

# What formatting cannot do without: a sign anywhere, an address, a sign at a line's beginning.
SIGNS = ("*", "_", "`", "@", "~~", "](", "://", "www.")
LINE_SIGN = re.compile(r"^ {0,3}(?:[-+] +\S|>+ *\S|#{1,6} +\S|\d{1,9}[.)] +\S)", re.MULTILINE)
FIRST = frozenset(" -+>#0123456789")

CLEANER = nh3.Cleaner(
    tags={
        "p",
        "br",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "ul",
        "ol",
        "li",
        "blockquote",
        "a",
        "span",
    },
    attributes={"a": {"href", "title"}, "ol": {"start"}, "pre": {"data-language"}},
    allowed_classes={"span": {"mention", *CLASSES}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)

# Nothing to see, unless white space is kept as it was typed.
BETWEEN_BLOCKS = re.compile(r"\n(?=</?(?:ul|ol|li|blockquote|pre|p)\b)")
# nh3 knows more of addresses than the parser, and takes away what no browser could follow.
DEAD_LINK = re.compile(r'<a(?! href=")[^>]*>(.*?)</a>', re.DOTALL)
ANY_TAG = re.compile(r"<[^>]*>")
FORMATTING_TAG = re.compile(r"<(?!/?p>|br>)")
MENTION = re.compile(r'<span class="mention">@([^<]*)</span>')


def needs_markup(text: str) -> bool:
    """Whether it may: about a microsecond, and right where it says no."""
    for sign in SIGNS:
        if sign in text:
            return True
    return bool(
        ("." in text and DOMAIN.search(text))
        or (("\n" in text or text[:1] in FIRST) and LINE_SIGN.search(text))
    )


def render(text: str) -> str:
    """HTML in which every name behind an @ is marked: see `names_in` and `settled`.

    Empty where the text is shown as it is. Raises nothing; takes some ten milliseconds at most.
    """
    if not needs_markup(text):
        return ""
    try:
        html = cleaned(parsed(text))
    except (TooExpensive, RecursionError):
        return ""
    except Exception:
        # A mistake of a parser keeps nobody from saying something.
        log.exception("A text of %d characters could not be formatted.", len(text))
        return ""
    return html if len(html) <= HTML_CHARS and is_formatted(html, text) else ""


def cleaned(html: str) -> str:
    html = CLEANER.clean(html)
    return DEAD_LINK.sub(r"\1", BETWEEN_BLOCKS.sub("", html)).strip()


def names_in(text: str, html: str) -> list[str]:
    """What stands behind an @, not in code nor in links; once each, in order, the first fifty."""
    if "@" not in text:
        return []
    found = MENTION.findall(html) if html else NAME.findall(text)
    return list(dict.fromkeys(found))[:MENTIONS_A_MESSAGE]


def settled(text: str, html: str, usernames: Mapping[str, str]) -> str:
    """The HTML, with those names as mentions that are somebody's: usernames by name as typed.

    An empty one means everybody.
    """
    if not MENTION.search(html):
        return html
    html = MENTION.sub(lambda found: mention(found[1], usernames.get(found[1])), html)
    return html if is_formatted(html, text) else ""


def mention(name: str, username: str | None) -> str:
    if username is None:
        return f"@{name}"
    whose = f' data-username="{escape(username)}"' if username else ""
    return f'<span class="mention"{whose}>@{name}</span>'


def is_formatted(html: str, text: str) -> bool:
    """Whether there is something to see, and something else than the text."""
    seen = unspaced(unescape(ANY_TAG.sub("", html)))
    return bool(seen) and (bool(FORMATTING_TAG.search(html)) or seen != unspaced(text))


def unspaced(text: str) -> str:
    return "".join(text.split())
