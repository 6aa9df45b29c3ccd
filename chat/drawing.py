"""Pages of which most is the same for everybody: drawn once, with gaps for the rest.

The templates are Django's and stay as they are. To go through their hundreds of tags again for
each person takes ten times as long as everything else that a page asks for.
"""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# What stands in a gap while a page is drawn: letters and digits, which nothing escapes, and which
# nobody can type because it is another in every process.
SIGN = f"gap{secrets.token_hex(16)}"
GAP = re.compile(f"{SIGN}_([a-z_]+)_{SIGN}")
# How the templates are laid out for who works at them: a twentieth of a page.
INDENTATION = re.compile(r"\n\s+")


def gap(name: str) -> str:
    return f"{SIGN}_{name}_{SIGN}"


class Drawing:
    """A template, drawn with this context; what `gap` stands for in it is still missing."""

    def __init__(self, template: str, context: Mapping[str, Any]) -> None:
        # Text and the names of gaps in turns.
        text = INDENTATION.sub("\n", render_to_string(template, dict(context)))
        self.parts = GAP.split(text)

    def fill(self, **values: object) -> SafeString:
        """The whole text. Every value is escaped, unless it is a SafeString."""
        parts = self.parts.copy()
        for place in range(1, len(parts), 2):
            value = values[parts[place]]
            parts[place] = value if isinstance(value, SafeString) else html.escape(str(value))
        return mark_safe("".join(parts))  # noqa: S308 - the line above


def address(name: str, slug: str) -> str:
    """As `reverse(name, args=[slug])`, which looks at all addresses each time."""
    return address_of(name).replace(SIGN, quote(slug))


@cache
def address_of(name: str) -> str:
    return reverse(name, args=[SIGN])


def embedded(text: bytes) -> SafeString:
    """JSON that may stand in a <script>: no character of it means anything in HTML."""
    plain = text.replace(b"<", b"\\u003C").replace(b">", b"\\u003E").replace(b"&", b"\\u0026")
    return mark_safe(plain.decode())  # noqa: S308 - the line above


# --- The room's page

DRAWINGS: dict[tuple[object, ...], Drawing] = {}


PAGE_GAPS = (
    "links",
    "conversations",
    "members",
    "settings",
    "level",
    "theme",
    "csrf_token",
    "page",
)


def room_page(
    kind: str, *, closed: str, is_alone: bool, is_staff: bool, has_topic: bool, invites: bool
) -> Drawing:
    """Gaps: name, topic, username, person, portrait and PAGE_GAPS.

    `closed` is why one cannot post.
    """
    topic = gap("topic") if has_topic else ""
    room = {"name": gap("name"), "topic": topic, "kind": kind, "is_alone": is_alone}
    user: dict[str, object] = {"username": gap("username"), "name": gap("person")}
    user |= {"picture": gap("portrait"), "is_staff": is_staff}
    others = {name: gap(name) for name in PAGE_GAPS}
    key = ("room", kind, closed, is_alone, is_staff, has_topic, invites)
    context = {"room": room, "user": user, "closed": closed, "invites": invites, **others}
    return drawn(key, "chat/room.html", context)


LINK_GAPS = ("slug", "address", "name", "person", "face", "picture")


def room_link(
    kind: str,
    *,
    archived: bool,
    has_unread: bool,
    has_calls: bool,
    is_quiet: bool,
    is_current: bool,
) -> Drawing:
    """Gaps: LINK_GAPS, count. A conversation's picture is that of `person`, called `face`."""
    each: dict[str, object] = {name: gap(name) for name in LINK_GAPS}
    each |= {"kind": kind, "archived": archived, "count": gap("count") if has_unread else ""}
    each |= {"has_calls": has_calls, "is_quiet": is_quiet}
    key = ("link", kind, archived, has_unread, has_calls, is_quiet, is_current)
    return drawn(key, "chat/_room_link.html", {"each": each, "is_current": is_current})


def drawn(key: tuple[object, ...], template: str, context: Mapping[str, Any]) -> Drawing:
    """Once for each key and language; anew each time while somebody works at the templates."""
    key = (*key, get_language())
    found = DRAWINGS.get(key)
    if found is None or settings.DEBUG:
        found = DRAWINGS[key] = Drawing(template, context)
    return found
