"""In which language people are spoken to; and that no page says a word past gettext.

Of a pseudo-language in which every Latin letter is another one nothing English may remain; the
people and rooms there have Cyrillic names.
"""

import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real
from pytest_django import Settings

from accounts.languages import language_asked_for
from accounts.models import Invitation, User
from chat.actions.conversations import open_conversation
from chat.actions.members import ban
from chat.actions.messages import delete_message, edit_message
from chat.actions.posting import post_message
from chat.actions.rooms import enter_room, open_room
from chat.models import Membership, Room, RoomInvitation
from tests.cast import Cast, make_user
from tests.http.conftest import Browser

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "fr-CH, de-AT;q=0.9, en;q=0.5"}


# --- Whose language


def test_a_browser_is_answered_in_the_best_language_that_it_asks_for(db: None) -> None:
    page = Client().get("/accounts/login/", **GERMAN)
    assert '<html lang="de" dir="ltr">' in page.content.decode()
    assert "Willkommen zurück" in page.content.decode() or "noch niemand" in page.content.decode()
    assert page["Content-Language"] == "de"
    assert "Accept-Language" in page["Vary"]
    for unknown in ("", "fr", "*", "xx-" + "y" * 5_000, "de;q=0", "\xff;;q=q"):
        page = Client().get("/accounts/login/", HTTP_ACCEPT_LANGUAGE=unknown)
        assert page["Content-Language"] == "en", unknown


def test_what_somebody_chose_goes_before_what_their_browser_asks_for(
    cast: Cast, browser: Browser
) -> None:
    alice = browser(cast.alice)
    page = alice.post("/accounts/", {"display_name": "", "language": "de"}, follow=True)
    assert "Gespeichert." in page.content.decode()
    room = alice.get("/chat/lobby/", HTTP_ACCEPT_LANGUAGE="en-US").content.decode()
    assert "Nachricht an Lobby" in room
    assert "js/languages/de.js" in room
    # Nobody else is addressed by it, in whichever thread; and back again.
    other = browser(cast.bob).get("/chat/lobby/").content.decode()
    assert "Message Lobby" in other
    assert "js/languages" not in other
    assert translation.get_language() == "en"
    alice.post("/accounts/", {"display_name": "", "language": ""})
    assert alice.get("/chat/", **GERMAN)["Content-Language"] == "de"
    refused = alice.post("/accounts/", {"display_name": "", "language": "tlh"})
    assert refused.status_code == 200
    User.objects.filter(pk=cast.alice.pk).update(language="tlh")
    assert alice.get("/chat/")["Content-Language"] == "en"


def test_a_refusal_over_http_speaks_the_language_of_whoever_asked(
    cast: Cast, browser: Browser
) -> None:
    answer = browser(cast.bob).post(
        "/chat/lobby/messages/", {"message": "x" * 10_001}, "application/json", **GERMAN
    )
    assert answer.json()["code"] == "too_long"
    assert answer.json()["detail"] == (
        "Eine Nachricht hat höchstens 10.000 Zeichen; diese hat 10.001."
    )


# --- Not a word past gettext

KEPT = re.compile(r"%\(\w+\)[sd]|%[sd]|<[^<>]*>|&\w+;|\{\w+\}")
# To letters as wide as Chinese ones.
OTHER = {ord(letter): ord(letter) + 0xFEE0 for letter in string.ascii_letters}
ENGLISH = re.compile(r"[A-Za-z]{2,}")
# Names, addresses, keys, a sample of code: the same in every language.
ALIKE = re.compile(
    r"ChatApp|Ada|Grace|English|Deutsch|https?:\S*|[\w.]+@example\.\w+|bin/manage setup_link"
    r"|@all|```python|\]\(https://…\)|Esc|CSRF|UTC|testserver|[0-9a-f-]{8,}"
    # Which Django's own desk leaves untranslated.
    r"|^Search$|^True$|^False$"
)


def pseudo(text: str) -> str:
    """As long as it was, and in other letters."""
    parts = KEPT.split(text)
    kept = [*KEPT.findall(text), ""]
    return "".join(part.translate(OTHER) + gap for part, gap in zip(parts, kept, strict=True))


class PseudoLanguage:
    """What Django keeps for a language: here whatever it is asked for, Django's own words too."""

    def gettext(self, text: str) -> str:
        return pseudo(text.rpartition("\x04")[2])

    def ngettext(self, one: str, many: str, number: int) -> str:
        return pseudo(one if number == 1 else many)

    def to_language(self) -> str:
        return "xx"

    language = to_language


@pytest.fixture
def speaks_pseudo(settings: Settings) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.LANGUAGES = [("en", "English"), ("xx", "Deutsch")]
    language_asked_for.cache_clear()
    trans_real._translations["xx"] = PseudoLanguage()  # type: ignore[attr-defined]
    yield
    language_asked_for.cache_clear()
    del trans_real._translations["xx"]  # type: ignore[attr-defined]


class Words(HTMLParser):
    """What is read in a page, or read aloud."""

    SHOWN = ("title", "aria-label", "placeholder", "alt", "label", "data-title", "data-text")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        known = dict(attrs)
        shown = [*self.SHOWN, "data-action"] if tag == "ask-first" else self.SHOWN
        self.found += [known[name] or "" for name in shown if name in known]
        if tag == "input" and known.get("type") in {"submit", "button"}:
            self.found.append(known.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def english_in(page: str) -> list[str]:
    return [text.strip() for text in Words(page).found if ENGLISH.search(ALIKE.sub("", text))]


def people_and_rooms() -> tuple[User, dict[str, str]]:
    """Somebody who may see every page there is, and the addresses of all pages."""
    алиса, борис, вера = (make_user(name) for name in ("алиса", "борис", "вера"))
    User.objects.filter(pk=алиса.pk).update(language="xx", is_staff=True, is_superuser=True)
    алиса.refresh_from_db()
    room, _ = open_room(name="Комната", by=алиса)
    secret, _ = open_room(name="Тайна", by=алиса, kind=Room.Kind.PRIVATE)
    direct, _ = open_conversation(by=алиса, people=[борис])
    alone, _ = open_conversation(by=алиса, people=[алиса])
    own = Membership.objects.get(user=алиса, room=room)
    for user in (борис, вера):
        enter_room(room=room, user=user)
    ban(by=own, user=вера)
    message = post_message(room=room, sender=борис, text="привет @алиса").message
    edit_message(message=message, text="привет, @алиса")
    delete_message(message=post_message(room=room, sender=борис, text="ой").message)
    links = [Invitation.new(алиса, days=days, uses=uses) for days, uses in ((1, 1), (0, 0), (7, 9))]
    for link in links:
        link.save()
    links[2].use(борис)
    for link in links[1:]:
        RoomInvitation.objects.create(invitation=link, room=room)
    slugs = {"room": room.slug, "secret": secret.slug, "direct": direct.slug, "alone": alone.slug}
    return алиса, {
        **{name: f"/chat/{slug}/" for name, slug in slugs.items()},
        **{f"about {name}": f"/chat/{slug}/settings/" for name, slug in slugs.items()},
        "members": f"/chat/{room.slug}/members/",
        "members not found": f"/chat/{room.slug}/members/?find=щ",
        "rooms": "/chat/",
        "rooms found": "/chat/?q=К",
        "rooms not found": "/chat/?q=Щ",
        "people": "/people/",
        "people not found": "/people/?q=щ",
        "invitations": "/invitations/",
        "join": links[1].get_absolute_url(),
        "join over": "/join/nothing/",
        "not found": "/nothing/",
        "no room": "/chat/нет/",
        "profile": "/accounts/",
        "email": "/accounts/email/",
        "password": "/accounts/password/change/",
        "sign out": "/accounts/logout/",
        "admin rooms": "/admin/chat/room/",
        "admin room": f"/admin/chat/room/{room.pk}/change/",
        "admin memberships": "/admin/chat/membership/",
        "admin messages": "/admin/chat/message/",
        "admin message": f"/admin/chat/message/{message.pk}/change/",
        "admin people": "/admin/accounts/user/",
    }


def test_no_page_says_a_word_past_gettext(
    transactional_db: None, speaks_pseudo: None, browser: Browser
) -> None:
    user, addresses = people_and_rooms()
    reader = browser(user)
    stranger = Client(HTTP_ACCEPT_LANGUAGE="xx")
    entrance = (
        "login",
        "signup",
        "password/reset",
        "password/reset/done",
        "password/reset/key/1-x",
    )
    joining = addresses.pop("join")
    pages = {name: reader.get(address) for name, address in addresses.items()}
    pages |= {name: stranger.get(f"/accounts/{name}/", follow=True) for name in entrance}
    pages["joining"] = stranger.get(joining)
    pages["refused"] = stranger.post("/accounts/signup/", {"username": "алиса", "email": "x"})
    pages["wrong"] = stranger.post("/accounts/login/", {"login": "щ", "password": "щ"})
    pages["setup over"] = stranger.get("/setup/nothing/")
    pages["renamed"] = reader.post(addresses["about room"], {"name": "  "}, follow=True)
    pages["invited"] = reader.post(addresses["members"], {"username": "щ"}, follow=True)
    pages["no name"] = reader.post("/chat/", {"name": ""})
    said = {name: english_in(page.content.decode()) for name, page in pages.items()}
    wrong = {name: words for name, words in said.items() if words}
    assert not wrong, wrong
    for name, page in pages.items():
        assert 'lang="xx"' in page.content.decode(), (name, page.status_code)


def test_no_mail_says_a_word_past_gettext(transactional_db: None, speaks_pseudo: None) -> None:
    User.objects.create_user("алиса", "known@example.org")
    stranger = Client(HTTP_ACCEPT_LANGUAGE="xx")
    for address in ("known@example.org", "unknown@example.org"):
        stranger.post("/accounts/password/reset/", {"email": address})
    assert len(mail.outbox) == 2
    for letter in mail.outbox:
        assert not ENGLISH.search(ALIKE.sub("", letter.subject + str(letter.body))), letter.body
