"""In which language somebody is spoken to: as they chose, or as their browser asks for."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.models import User

# A header of a browser is not longer; what is would only fill the memory of those known.
HEADER_CHARS = 200
HEADERS_KNOWN = 256


def language_of(user: User | AnonymousUser, accept_language: str) -> str:
    """A code in LANGUAGES."""
    chosen = user.language if isinstance(user, User) else ""
    return chosen if chosen in languages() else language_asked_for(accept_language[:HEADER_CHARS])


@lru_cache(maxsize=HEADERS_KNOWN)
def language_asked_for(accept_language: str) -> str:
    """The best that we have of what the header Accept-Language asks for."""
    ours = languages()
    for tag, quality in parse_accept_lang_header(accept_language):
        # Who asks for de-AT is served with de.
        parts = tag.split("-")
        for length in range(len(parts), 0, -1):
            if quality and (code := "-".join(parts[:length])) in ours:
                return code
    return settings.LANGUAGE_CODE


def languages() -> dict[str, str]:
    """What each calls itself, by code."""
    return dict(settings.LANGUAGES)
