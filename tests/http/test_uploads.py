"""Files: uploaded, sent with a message, and seen by those who may see the room."""

import io
import json
import struct
import uuid
import zlib
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image

from chat import pictures, shelf
from chat.actions import uploading
from chat.actions.members import remove
from chat.actions.messages import edit_message
from chat.errors import ChatError
from chat.limits import LOOKED_AT_A_PERSON, LOOKED_AT_ONCE, TokenBuckets
from chat.models import Attachment, Membership, Message
from chat.node import node
from tests.cast import Cast, make_private
from tests.http.conftest import Browser

pytestmark = pytest.mark.usefixtures("root")

UPLOADS = "/chat/lobby/uploads/"
MESSAGES = "/chat/lobby/messages/"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return file.getvalue()


def upload(client: Client, content: bytes = b"words", name: str = "notes.txt", **form: Any) -> Any:
    kind = form.pop("kind", "text/plain")
    file = SimpleUploadedFile(name, content, kind)
    return client.post(form.pop("to", UPLOADS), {"file": file, **form})


def uploaded(client: Client, *arguments: Any, **options: Any) -> dict[str, Any]:
    answer = upload(client, *arguments, **options)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def post(client: Client, *files: dict[str, Any], text: str = "", **fields: Any) -> HttpResponse:
    body = {"message": text, "attachments": [file["id"] for file in files], **fields}
    return client.post(MESSAGES, json.dumps(body), content_type="application/json")  # type: ignore[return-value]


def shown(client: Client) -> list[dict[str, Any]]:
    return list(client.get(MESSAGES).json()["messages"])


def content_of(answer: Any) -> bytes:
    return b"".join(answer) if answer.streaming else bytes(answer.content)


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def lying(root: Path) -> list[Path]:
    """What lies on the disk."""
    return [path for path in root.rglob("*") if path.is_file()]


# --- There and back


def test_a_file_is_uploaded_sent_seen_and_fetched(cast: Cast, alice: Client, bob: Client) -> None:
    file = uploaded(bob, b"all of it", "Plan B.txt")
    assert file == {
        "id": file["id"],
        "name": "Plan B.txt",
        "content_type": "text/plain",
        "size": 9,
        "url": f"/chat/lobby/uploads/{file['id']}/",
        "width": None,
        "height": None,
        "thumbnail": None,
    }
    assert post(bob, file, text="").status_code == 201
    (message,) = shown(alice)
    assert (message["message"], message["attachments"]) == ("", [file])
    # On the page and in the log the same.
    page = alice.get("/chat/lobby/").content.decode()
    assert json.dumps(file["url"])[1:-1] in page
    replay = alice.get(MESSAGES, {"after": 0}).json()
    assert replay["messages"][0]["attachments"] == [file]
    answer = alice.get(file["url"])
    assert content_of(answer) == b"all of it"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="Plan B.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "private" in answer["Cache-Control"]
    again = alice.get(file["url"], headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_has_a_size_and_a_small_one_that_is_drawn_anew(bob: Client, kind: str) -> None:
    file = uploaded(bob, picture(kind, (1600, 900)), "x.bin", kind="text/html")
    assert (file["content_type"], file["width"], file["height"]) == (
        f"image/{kind.lower()}",
        1600,
        900,
    )
    answer = bob.get(file["url"])
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        f"image/{kind.lower()}",
        'inline; filename="x.bin"',
    )
    assert bob.get(f"{file['url']}?save")["Content-Disposition"].startswith("attachment")
    small = bob.get(file["thumbnail"])
    assert small["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(content_of(small))) as image:
        assert image.size == (720, 405)


def test_a_photograph_stands_upright_and_does_not_tell_where_it_was_taken(
    bob: Client,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera of Bob's"
    exif.get_ifd(0x8825)[1] = "N"
    file = uploaded(bob, picture("JPEG", (800, 400), exif=exif), "p.jpg")
    assert (file["width"], file["height"]) == (400, 800)
    whole = content_of(bob.get(file["url"]))
    assert file["size"] == len(whole)
    with Image.open(io.BytesIO(whole)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
        image.load()
    small = content_of(bob.get(file["thumbnail"]))
    assert b"camera" not in small + whole
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (360, 720)
        assert not image.getexif()


# --- Who may


def test_strangers_and_former_members_find_nothing(
    cast: Cast, alice: Client, bob: Client, charlie: Client
) -> None:
    make_private(cast.room)
    file = uploaded(alice, picture(), "p.png")
    post(alice, file)
    assert bob.get(file["url"]).status_code == 200
    own = Membership.objects.select_related("room", "user").get(user=cast.alice, room=cast.room)
    remove(by=own, user=cast.bob)
    for client in (bob, charlie):
        for address in (file["url"], file["thumbnail"]):
            refused, absent = client.get(address), client.get(address.replace("lobby", "nowhere"))
            assert (refused.status_code, refused.content) == (404, absent.content)
        assert refusal_of(upload(client)) == (404, "no_such_room")
        assert refusal_of(client.delete(file["url"])) == (404, "no_such_room")
    assert refusal_of(Client().get(file["url"])) == (401, "not_signed_in")
    assert refusal_of(upload(Client())) == (401, "not_signed_in")
    assert Attachment.objects.count() == 1


def test_what_was_not_sent_is_its_uploaders_alone(alice: Client, bob: Client) -> None:
    file = uploaded(bob, picture(), "p.png")
    assert bob.get(file["url"]).status_code == 200
    for address in (file["url"], file["thumbnail"], "/chat/lobby/uploads/999999/"):
        assert refusal_of(alice.get(address)) == (404, "no_such_message")
    assert refusal_of(alice.delete(file["url"])) == (404, "no_such_message")
    assert refusal_of(post(alice, file)) == (404, "no_such_message")


def test_a_file_is_not_fetched_by_way_of_another_room(cast: Cast, bob: Client) -> None:
    bob.post("/chat/", json.dumps({"name": "Kitchen"}), content_type="application/json")
    file = uploaded(bob)
    post(bob, file)
    elsewhere = file["url"].replace("lobby", "kitchen")
    assert refusal_of(bob.get(elsewhere)) == (404, "no_such_message")


def test_a_request_from_another_site_uploads_nothing(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob, checks_csrf=True)  # type: ignore[call-arg]
    assert upload(client).status_code == 403
    assert not Attachment.objects.exists()


# --- Sending


def test_a_file_is_sent_once(cast: Cast, bob: Client) -> None:
    file, other = uploaded(bob), uploaded(bob, b"b", "b.txt")
    client_id = str(uuid.uuid4())
    first = post(bob, file, client_id=client_id)
    again = post(bob, file, client_id=client_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert refusal_of(post(bob, other, client_id=client_id)) == (409, "conflict")
    assert refusal_of(post(bob, client_id=client_id, text="x")) == (409, "conflict")
    assert refusal_of(post(bob, file)) == (404, "no_such_message")
    assert refusal_of(post(bob, file, other)) == (404, "no_such_message")
    assert Message.objects.count() == 1
    assert post(bob, other, text="with words").status_code == 201


def test_a_message_has_ten_files_at_most_and_needs_words_without_any(bob: Client) -> None:
    files = [uploaded(bob, b"x", f"{number}.txt") for number in range(11)]
    assert refusal_of(post(bob, *files)) == (400, "bad_frame")
    assert refusal_of(post(bob)) == (400, "empty")
    assert refusal_of(post(bob, {"id": "x"})) == (400, "bad_frame")
    assert post(bob, *files[:10]).status_code == 201
    assert [file["id"] for file in shown(bob)[0]["attachments"]] == [
        file["id"] for file in files[:10]
    ]


def test_the_words_beside_a_file_may_be_taken_back_and_those_without_may_not(
    cast: Cast, bob: Client
) -> None:
    post(bob, uploaded(bob), text="see here")
    post(bob, text="alone")
    beside, alone = Message.objects.order_by("seq")
    assert edit_message(message=beside, text=" \n")
    assert [each["message"] for each in shown(bob)] == ["", "alone"]
    assert shown(bob)[0]["attachments"]
    with pytest.raises(ChatError) as refusal:
        edit_message(message=alone, text=" \n")
    assert refusal.value.code == "empty"


def test_posting_and_reading_without_files_ask_nothing_of_them(
    cast: Cast, bob: Client, django_assert_max_num_queries: Any
) -> None:
    post(bob, text="words alone")
    with django_assert_max_num_queries(10) as queries:
        shown(bob)
        bob.get("/chat/lobby/")
    assert not [each for each in queries.captured_queries if "chat_attachment" in each["sql"]]


# --- Gone


def test_a_deleted_message_takes_its_files_along(
    cast: Cast, alice: Client, bob: Client, root: Path
) -> None:
    file = uploaded(bob, picture(), "p.png")
    post(bob, file, text="look")
    from chat.actions.messages import delete_message

    delete_message(message=Message.objects.get())
    assert shown(alice)[0]["attachments"] == []
    for address in (file["url"], file["thumbnail"]):
        assert refusal_of(bob.get(address)) == (404, "no_such_message")
    assert not Attachment.objects.exists()
    assert not lying(root)


def test_an_upload_is_taken_back_until_it_is_sent(bob: Client, root: Path) -> None:
    file = uploaded(bob)
    assert bob.delete(file["url"]).status_code == 200
    assert not Attachment.objects.exists()
    assert not lying(root)
    sent = uploaded(bob)
    post(bob, sent)
    assert refusal_of(bob.delete(sent["url"])) == (404, "no_such_message")


def test_what_nobody_sent_for_a_day_is_forgotten_with_later_uploads(
    bob: Client, root: Path
) -> None:
    old, sent = uploaded(bob), uploaded(bob)
    post(bob, sent)
    Attachment.objects.update(created_at=timezone.now() - timedelta(hours=25))
    fresh = uploaded(bob)
    assert set(Attachment.objects.values_list("pk", flat=True)) == {sent["id"], fresh["id"]}
    assert refusal_of(bob.get(old["url"])) == (404, "no_such_message")
    assert len(lying(root)) == 2


def test_a_command_clears_up(bob: Client, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded(bob)
    Attachment.objects.update(created_at=timezone.now() - timedelta(hours=25))
    stray = shelf.place_of("ab" * 16)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"of a process that was killed")
    monkeypatch.setattr(shelf.time, "time", lambda: 10**10)
    call_command("clear_uploads", verbosity=0)
    assert not Attachment.objects.exists()
    assert not lying(root)


# --- Bounds


def test_a_file_has_a_size_and_a_limit(bob: Client, settings: Any, root: Path) -> None:
    settings.UPLOAD_BYTES = 1000
    assert refusal_of(upload(bob, b"x" * 1001)) == (413, "too_long")
    assert refusal_of(upload(bob, b"")) == (400, "empty")
    assert refusal_of(bob.post(UPLOADS, {"file": "words"})) == (400, "bad_frame")
    assert refusal_of(bob.post(UPLOADS)) == (400, "bad_frame")
    assert not lying(root)


def test_uploads_are_limited(bob: Client, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setattr("chat.actions.uploading.UNSENT_FILES", 2)
    uploaded(bob)
    uploaded(bob)
    assert refusal_of(upload(bob)) == (429, "rate_limited")
    assert len(lying(root)) == 2
    slow = TokenBuckets(per_second=1, burst=1, clock=lambda: 1.0)
    monkeypatch.setattr(node, "uploads", slow)
    slow.take(Attachment.objects.latest("pk").uploader_id)
    assert refusal_of(upload(bob)) == (429, "rate_limited")


def test_a_full_disk_is_told(bob: Client, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(TemporaryUploadedFile, "write", full, raising=False)
        assert refusal_of(upload(bob)) == (503, "unavailable")
    with monkeypatch.context() as patched:
        patched.setattr(shelf, "keep", full)
        assert refusal_of(upload(bob)) == (503, "unavailable")
    with monkeypatch.context() as patched:
        patched.setattr(shelf, "LEAVE_FREE_BYTES", 2**62)
        assert refusal_of(upload(bob)) == (503, "unavailable")
    assert not lying(root)
    assert not Attachment.objects.exists()


# --- Hostile files


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (SVG, "x.svg", "image/svg+xml"),
        (SVG, "x.png", "image/png"),
        (PAGE, "x.html", "text/html"),
        (PAGE, "x.jpg", "image/jpeg"),
        (b"GIF89a" + PAGE, "x.gif", "image/gif"),
        (picture()[:60], "cut.png", "image/png"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "zeros.png", "image/png"),
        (b"%PDF-1.7", "x.pdf", "application/pdf"),
        (picture("TIFF"), "x.tiff", "image/tiff"),
        (b"x", "x.txt", "text/html\r\nX-Evil: 1"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_no_picture_is_only_ever_saved(
    bob: Client, content: bytes, name: str, kind: str
) -> None:
    file = uploaded(bob, content, name, kind=kind)
    assert (file["width"], file["thumbnail"]) == (None, None)
    answer = bob.get(file["url"])
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "X-Evil" not in answer
    assert bob.get(f"{file['url']}thumbnail/").status_code == 404


def test_a_picture_with_a_page_behind_it_is_a_picture_and_its_small_one_is_clean(
    bob: Client,
) -> None:
    file = uploaded(bob, picture("GIF") + PAGE, "x.html", kind="text/html")
    answer = bob.get(file["url"])
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/gif", "nosniff")
    assert b"script" not in content_of(bob.get(file["thumbnail"]))


def bomb(width: int, height: int) -> bytes:
    """A PNG of one colour: kilobytes that would become gigabytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        ending = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + ending

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 200_000, 9)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(30_000, 30_000), (1, 2**31 - 1), (6000, 6000)])
def test_a_bomb_is_not_decoded(
    bob: Client, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "draw_thumbnail", pytest.fail)
    assert uploaded(bob, bomb(*size), "b.png")["thumbnail"] is None


def test_a_photograph_that_is_gone_over_again_and_again_is_not_decoded(
    bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = picture("JPEG", progressive=True)
    assert uploaded(bob, plain, "a.jpg")["thumbnail"]
    again = plain[plain.rindex(b"\xff\xda") : -2]
    monkeypatch.setattr(pictures, "draw_thumbnail", pytest.fail)
    many = plain[:-2] + again * pictures.JPEG_SCANS + plain[-2:]
    assert uploaded(bob, many, "b.jpg")["thumbnail"] is None


def test_a_picture_in_too_many_parts_is_not_even_opened(
    bob: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures.Image, "open", pytest.fail)
    jpeg, png = picture("JPEG"), picture("PNG")
    many = [
        jpeg[:2] + b"\xff\xe1\0\x08Exif\0\0" * 20_000 + jpeg[2:],
        jpeg[:2] + b"\xff\xe5\0\2" * 100_000 + jpeg[2:],
        png[:33] + (b"\0\0\0\0prVt" + struct.pack(">I", zlib.crc32(b"prVt"))) * 20_000 + png[33:],
    ]
    assert [uploaded(bob, each, "many")["thumbnail"] for each in many] == [None] * 3


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_what_takes_much_memory_is_not_decoded(
    bob: Client, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PIXELS", 1_000)
    monkeypatch.setattr(pictures, "WEBP_PIXELS", 1_000)
    assert uploaded(bob, picture("JPEG"), "light.jpg")["thumbnail"]
    monkeypatch.setattr(pictures, "draw_thumbnail", pytest.fail)
    heavy = picture(kind, progressive=True) if kind == "JPEG" else picture(kind)
    assert uploaded(bob, heavy, "heavy")["thumbnail"] is None


def test_who_sends_many_pictures_at_once_keeps_nobody_from_an_answer(
    cast: Cast, alice: Client, bob: Client
) -> None:
    with ExitStack() as places:
        for _ in range(LOOKED_AT_A_PERSON):
            places.enter_context(uploading.queue.place(cast.bob.pk))
        refused = upload(bob)
        assert refusal_of(refused) == (503, "unavailable")
        assert refused["Retry-After"] == "2"
        assert uploaded(alice)
        for _ in range(LOOKED_AT_ONCE - LOOKED_AT_A_PERSON):
            places.enter_context(uploading.queue.place(cast.charlie.pk))
        assert refusal_of(upload(alice)) == (503, "unavailable")
    assert uploaded(alice)
    assert uploaded(bob)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\bob\\a.txt", "a.txt"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("..", "file"),
        (".", "file"),
        ("  spaced \t out .txt ", "spaced out .txt"),
        ("é" * 300 + ".tar", "é" * 156 + ".tar"),
        ("x" * 300, "x" * 160),
        ('quo"te;\n.txt', 'quo"te;.txt'),
        ("рапорт 📈.pdf", "рапорт 📈.pdf"),
    ],
)
def test_a_name_is_a_name_and_no_path(name: str, kept: str) -> None:
    from chat.uploads import clean_name

    assert clean_name(name) == kept


def test_a_name_with_nul_or_a_path_harms_nothing(bob: Client, root: Path) -> None:
    boundary = "b0undary"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        'filename="../../../../tmp/ev\0il.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n'
        f"--{boundary}--\r\n"
    ).encode()
    answer = bob.post(UPLOADS, body, content_type=f"multipart/form-data; boundary={boundary}")
    if answer.status_code == 201:
        assert answer.json()["name"] == "evil.txt"
    else:
        assert refusal_of(answer) == (400, "bad_frame")
    assert all(path.is_relative_to(root) for path in lying(root.parent))


def test_a_photograph_with_another_one_behind_it_is_a_photograph(bob: Client) -> None:
    file = io.BytesIO()
    first, behind = Image.new("RGB", (80, 60), "teal"), Image.new("RGB", (40, 30), "red")
    first.save(file, "MPO", save_all=True, append_images=[behind])
    told = uploaded(bob, file.getvalue(), "p.jpg")
    assert (told["content_type"], told["width"], told["height"]) == ("image/jpeg", 80, 60)
    with Image.open(io.BytesIO(content_of(bob.get(told["url"])))) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)
