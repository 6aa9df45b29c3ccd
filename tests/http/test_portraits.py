"""The pictures that people have of themselves: chosen, seen by who is signed in, gone again."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PIL import Image

from accounts.models import User
from chat import pictures, shelf
from chat.actions.conversations import open_conversation
from chat.actions.messages import edit_message
from chat.actions.posting import post_message
from chat.limits import PORTRAIT_BYTES, TokenBuckets
from chat.models import Message
from chat.models.own_rooms import own_rooms
from chat.node import node
from tests.cast import Cast
from tests.http.conftest import Browser
from tests.http.test_room_page import embedded
from tests.http.test_uploads import PAGE, SVG, bomb, lying, picture

pytestmark = pytest.mark.usefixtures("root")

OWN = "/accounts/picture/"


def choose(client: Client, content: bytes, name: str = "me.png", **headers: str) -> Any:
    """As the form of the page, or with `Accept` as a script."""
    file = SimpleUploadedFile(name, content, "image/png")
    return client.post(OWN, {"file": file}, headers=headers or None)


def shown(user: User) -> str:
    """The address of the picture that somebody has now."""
    user.refresh_from_db()
    assert user.picture
    return f"/people/{user.username}/picture/{user.picture}/"


def said(client: Client) -> str:
    """By the page of one's account, after a form."""
    return client.get("/accounts/").content.decode()


def seen(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


# --- There and gone


def test_alice_shows_a_picture_and_everybody_who_is_signed_in_sees_it(
    cast: Cast, alice: Client, bob: Client, browser: Browser, root: Path
) -> None:
    assert "Use this picture" in said(alice)
    assert "Remove picture" not in said(alice)
    answer = choose(alice, picture("JPEG", (900, 600)))
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/")
    page = said(alice)
    address = shown(cast.alice)
    assert "Saved." in page
    assert f'src="{address}"' in page
    for client in (alice, bob, browser(cast.charlie)):
        answer = client.get(address)
        assert answer["Content-Type"] == "image/webp"
        assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert seen(answer.content).size == (160, 160)
    # One small file, and nothing of what it was made from.
    assert len(lying(root)) == 1
    assert lying(root)[0].stat().st_size < 20_000


def test_who_is_not_signed_in_does_not_learn_who_has_one(cast: Cast, alice: Client) -> None:
    choose(alice, picture())
    address, stranger = shown(cast.alice), Client()
    seen = stranger.get(address)
    assert seen.status_code == 401
    for absent in (f"/people/alice/picture/{'0' * 32}/", f"/people/nobody/picture/{'0' * 32}/"):
        assert stranger.get(absent).content == seen.content
        assert alice.get(absent).status_code == 404
    assert stranger.post(OWN, {"file": SimpleUploadedFile("x", picture())}).status_code == 401
    assert stranger.delete(OWN).status_code == 401


@pytest.mark.parametrize("username", ["bob", "nobody", "x\0"])
def test_a_picture_is_found_below_its_own_person_alone(
    cast: Cast, alice: Client, bob: Client, username: str
) -> None:
    choose(alice, picture())
    key = shown(cast.alice).split("/")[-2]
    right = bob.get(f"/people/alice/picture/{key}/")
    assert right.status_code == 200
    for wrong in (key[:-1], key + "0", "..", "%00", key.upper() + "x"):
        assert bob.get(f"/people/alice/picture/{wrong}/").status_code == 404
    assert bob.get(f"/people/{username}/picture/{key}/").status_code == 404


def test_another_picture_has_another_address_and_the_old_one_is_gone(
    cast: Cast, alice: Client, bob: Client, root: Path
) -> None:
    choose(alice, picture())
    old = shown(cast.alice)
    # The same picture again is another one.
    choose(alice, picture())
    assert shown(cast.alice) != old
    assert bob.get(old).status_code == 404
    assert bob.get(shown(cast.alice)).status_code == 200
    assert len(lying(root)) == 1
    alice.post(OWN, {"_method": "delete"})
    assert "Saved." in said(alice)
    cast.alice.refresh_from_db()
    assert not cast.alice.picture
    assert not lying(root)


def test_a_script_does_the_same(cast: Cast, alice: Client, root: Path) -> None:
    answer = choose(alice, picture(), accept="application/json")
    key = shown(cast.alice).split("/")[-2]
    assert answer.json() == {"username": "alice", "name": "alice", "picture": key}
    refused = choose(alice, SVG, accept="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_frame")
    assert alice.delete(OWN).json() == {"username": "alice", "name": "alice"}
    assert not lying(root)


def test_an_account_takes_its_picture_along(
    cast: Cast, alice: Client, bob: Client, root: Path
) -> None:
    choose(alice, picture())
    choose(bob, picture())
    address = shown(cast.bob)
    User.objects.filter(username="bob").delete()
    assert alice.get(address).status_code == 404
    assert [path.name for path in lying(root)] == [shown(cast.alice).split("/")[-2]]


def test_an_account_that_is_saved_late_brings_no_older_picture_back(
    cast: Cast, alice: Client
) -> None:
    choose(alice, picture())
    read_before = User.objects.get(pk=cast.alice.pk)
    choose(alice, picture())
    address = shown(cast.alice)
    read_before.display_name = "Alice Liddell"
    read_before.save()
    assert shown(cast.alice) == address
    assert cast.alice.name == "Alice Liddell"


def test_whoever_looks_after_the_site_takes_one_away(
    cast: Cast, alice: Client, bob: Client, browser: Browser, root: Path
) -> None:
    choose(alice, picture())
    address, page = shown(cast.alice), f"/admin/accounts/user/{cast.alice.pk}/change/"
    form = {"username": "alice", "email": "a@example.org", "without_picture": "on"}
    assert bob.post(page, form).status_code == 302
    assert bob.get(address).status_code == 200
    cast.charlie.is_staff = cast.charlie.is_superuser = True
    cast.charlie.save()
    desk = browser(cast.charlie)
    assert f'src="{address}"' in desk.get(page).content.decode()
    assert desk.post(page, {**form, "without_picture": ""}).status_code == 302
    assert desk.get(address).status_code == 200
    assert desk.post(page, form).status_code == 302
    assert desk.get(address).status_code == 404
    assert not lying(root)


def test_a_command_clears_up_what_is_nobodys(
    cast: Cast, alice: Client, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(alice, picture())
    stray = shelf.portrait_of("ab" * 16)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"of a process that was killed")
    monkeypatch.setattr(shelf.time, "time", lambda: 10**10)
    call_command("clear_uploads", verbosity=0)
    assert [path.name for path in lying(root)] == [shown(cast.alice).split("/")[-2]]


# --- What is taken


@pytest.mark.parametrize(
    "content",
    [SVG, PAGE, b"GIF89a" + PAGE, picture()[:60], picture("TIFF"), bomb(30_000, 30_000), b"%PDF"],
    ids=["svg", "page", "page-as-gif", "cut", "tiff", "bomb", "pdf"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    cast: Cast, alice: Client, root: Path, content: bytes
) -> None:
    choose(alice, picture())
    before = shown(cast.alice)
    choose(alice, content)
    assert "This cannot be shown as a picture. Choose a PNG, JPEG, GIF or WebP." in said(alice)
    assert shown(cast.alice) == before
    assert len(lying(root)) == 1


def test_the_page_says_how_large_one_may_be(alice: Client) -> None:
    page = alice.get("/accounts/").content.decode()
    assert f'data-most="{PORTRAIT_BYTES}"' in page
    assert page.count(f"{PORTRAIT_BYTES // 2**20} MB") == 2


def test_how_much_and_how_often_is_bounded(
    cast: Cast, alice: Client, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.portraits.PORTRAIT_BYTES", 2**20)
    choose(alice, picture() + b"x" * 2**20)
    assert "A file has at most 1 MB." in said(alice)
    choose(alice, b"")
    assert "This file is empty." in said(alice)
    slow = TokenBuckets(per_second=1, burst=1, clock=lambda: 1.0)
    monkeypatch.setattr(node, "portraits", slow)
    slow.take(cast.alice.pk)
    choose(alice, picture())
    assert "That was very fast." in said(alice)
    assert not lying(root)


def test_a_full_disk_is_told(
    cast: Cast, alice: Client, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shelf, "keep_portrait", full)
        choose(alice, picture())
    assert "no room for files" in said(alice)
    cast.alice.refresh_from_db()
    assert not cast.alice.picture


def test_another_site_changes_nobodys_picture(cast: Cast, browser: Browser) -> None:
    client = browser(cast.alice, checks_csrf=True)  # type: ignore[call-arg]
    assert choose(client, picture()).status_code == 403
    assert client.post(OWN, {"_method": "delete"}).status_code == 403


def test_a_photograph_stands_upright_and_tells_nothing(cast: Cast, alice: Client) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera of Alice's"
    exif.get_ifd(0x8825)[1] = "N"
    photograph = Image.new("RGB", (400, 400), "white")
    # What is at the left of the file is on top of the picture.
    photograph.paste("black", (0, 0, 200, 400))
    file = io.BytesIO()
    photograph.save(file, "JPEG", exif=exif)
    choose(alice, file.getvalue())
    content = alice.get(shown(cast.alice)).content
    image = seen(content)
    assert b"camera" not in content
    assert not image.getexif()
    top, bottom = image.convert("L").getpixel((80, 30)), image.convert("L").getpixel((80, 130))
    assert (top < 30, bottom > 225) == (True, True)  # type: ignore[operator]


def test_it_is_the_middle_of_the_first_one_and_white_behind(cast: Cast, alice: Client) -> None:
    first = Image.new("RGBA", (300, 100), "red")
    first.paste("lime", (100, 0, 200, 100))
    first.paste((0, 0, 0, 0), (140, 0, 160, 100))
    file = io.BytesIO()
    first.save(file, "WEBP", save_all=True, append_images=[Image.new("RGBA", (300, 100), "blue")])
    choose(alice, file.getvalue())
    image = seen(alice.get(shown(cast.alice)).content)
    assert (image.mode, getattr(image, "n_frames", 1)) == ("RGB", 1)
    left, middle = image.getpixel((10, 80)), image.getpixel((80, 80))
    assert (left[1] > 200 > left[0], min(middle) > 200) == (True, True)  # type: ignore[index,arg-type]


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA"])
def test_pictures_of_every_kind_are_taken(cast: Cast, alice: Client, kind: str, mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (1, 40)).save(file, kind)
    choose(alice, file.getvalue())
    assert alice.get(shown(cast.alice)).status_code == 200


def test_drawing_one_takes_what_looking_at_others_takes(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PIXELS", 1_000)
    monkeypatch.setattr(pictures, "small_square", pytest.fail)
    choose(alice, picture(size=(40, 30)))
    assert "This cannot be shown" in said(alice)


# --- Where people are told of


def test_a_picture_is_told_wherever_a_name_is(
    cast: Cast, alice: Client, bob: Client, django_assert_max_num_queries: Any
) -> None:
    post_message(room=cast.room, sender=cast.alice, text="before there was one")
    choose(alice, picture())
    key = shown(cast.alice).split("/")[-2]
    face = {"username": "alice", "name": "alice", "picture": key}
    talk, _ = open_conversation(by=cast.alice, people=[cast.bob])
    post_message(room=talk, sender=cast.alice, text="between us")
    edit_message(message=Message.objects.in_full().get(room=talk), text="between us two")

    for slug in (cast.room.slug, talk.slug):
        for query in ({}, {"after": 0}):
            (message,) = bob.get(f"/chat/{slug}/messages/", query).json()["messages"]
            assert {name: message[name] for name in face} == face
    page = bob.get(f"/chat/{talk.slug}/")
    start = embedded(page)
    assert start["room"]["people"] == [face]
    assert start["history"]["messages"][0]["picture"] == key
    assert start["user"] == {"username": "bob", "name": "bob"}
    assert embedded(alice.get("/chat/lobby/"))["user"] == face
    assert bob.get("/people/?q=ali", headers={"accept": "application/json"}).json()["people"] == [
        face
    ]
    assert bob.get("/chat/lobby/members/?q=ali").json()["people"] == [face]
    # Of Bob, who has none, nothing is said.
    assert alice.get("/chat/lobby/members/?q=bob").json()["people"] == [
        {"username": "bob", "name": "bob"}
    ]
    # And in the pages that the server draws.
    mark = f'picture="{key}"'
    for address in ("/chat/", "/chat/lobby/", "/chat/lobby/members/", "/people/?q=ali"):
        assert mark in bob.get(address).content.decode(), address
    assert mark in bob.get(f"/chat/{talk.slug}/settings/").content.decode()
    assert "UNSET" not in bob.get("/people/?q=bob").content.decode()
    with django_assert_max_num_queries(4):
        bob.get("/chat/lobby/messages/")


def test_several_people_are_shown_by_their_initials(cast: Cast, alice: Client) -> None:
    choose(alice, picture())
    cast.alice.refresh_from_db()
    trio, _ = open_conversation(by=cast.charlie, people=[cast.alice, cast.bob])
    duo, _ = open_conversation(by=cast.charlie, people=[cast.alice])
    own = {each.slug: each for each in own_rooms(cast.charlie.pk)}
    assert own[duo.slug].face.picture == cast.alice.picture
    assert own[trio.slug].face == ("alice", "alice bob", "")
    assert json.loads(json.dumps(own[trio.slug].people)) == [
        ["alice", "alice", cast.alice.picture],
        ["bob", "bob", ""],
    ]
