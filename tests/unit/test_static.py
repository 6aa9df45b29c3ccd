"""Static files under the hash of the whole tree, answered before Django is reached."""

import gzip
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.templatetags.static import static as url_of
from pytest_django import Settings

from chat import events
from ChatApp import static
from ChatApp.asgi_types import Application, Message, Scope
from ChatApp.http import FastPaths
from tests.running import CHECKOUT

STATIC = CHECKOUT / "static"
SCRIPT = b"export const answer = 42;\n"
STYLE = b".a { color: red }\n" * 100


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    path: str,
    *,
    method: str = "GET",
    of: Application = static.serve_static,
    **headers: str,
) -> Answer:
    """What a server would be told to send; `if_none_match` is the header If-None-Match."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {"type": "http", "method": method, "path": path, "headers": lines}
    await of(scope, receive, send)
    start, *rest = sent
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], answered, b"".join(part["body"] for part in rest))


@pytest.fixture
def files(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of static files that are the only ones."""
    folder = tmp_path / "static"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "main.js").write_bytes(SCRIPT)
    (folder / "main.css").write_bytes(STYLE)
    (folder / "dot.png").write_bytes(b"\x89PNG" * 1000)
    (tmp_path / "secret.txt").write_text("secret")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    start_again(monkeypatch)
    return folder


def start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a restart does: the files are looked at anew."""
    monkeypatch.setattr(static, "tree", static.StaticTree())


async def test_a_file_is_kept_for_ever_below_the_hash(files: Path) -> None:
    address = url_of("js/main.js")
    assert address == f"/static/{static.tree.digest}/js/main.js"
    answer = await ask(address)
    assert (answer.status, answer.body) == (200, SCRIPT)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-length"] == str(len(SCRIPT))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_without_the_hash_it_is_asked_about_each_time(files: Path) -> None:
    answer = await ask("/static/js/main.js")
    assert (answer.status, answer.body) == (200, SCRIPT)
    assert answer.headers["cache-control"] == "no-cache"


async def test_by_the_hash_of_yesterday_comes_the_file_of_today_and_is_not_kept(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = url_of("js/main.js")
    (files / "js" / "main.js").write_bytes(b'"new";\n')
    start_again(monkeypatch)
    answer = await ask(address)
    assert (answer.status, answer.body) == (200, b'"new";\n')
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("change", ["content", "name", "another", "away"])
def test_the_hash_changes_with_every_file(
    files: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    before = static.tree.digest
    match change:
        case "content":
            (files / "js" / "main.js").write_bytes(SCRIPT + b" ")
        case "name":
            (files / "js" / "main.js").rename(files / "js" / "other.js")
        case "another":
            (files / "js" / "more.js").touch()
        case "away":
            (files / "dot.png").unlink()
    start_again(monkeypatch)
    assert static.tree.digest != before


def test_the_hash_of_the_same_files_is_the_same(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = static.tree.digest
    (files / "dot.png").touch()
    (files / ".hidden").touch()
    start_again(monkeypatch)
    assert static.tree.digest == before


def test_the_storage_knows_the_version_that_stands_in_addresses(
    files: Path, settings: Settings
) -> None:
    assert url_of("js/main.js") == f"/static/{events.version()}/js/main.js"
    settings.DEBUG = True
    assert events.version() == ""


async def test_what_a_browser_already_has_is_not_sent_again(files: Path) -> None:
    first = await ask("/static/js/main.js")
    etag = first.headers["etag"]
    for condition in (etag, f"W/{etag}", f'"other", {etag}'):
        again = await ask("/static/js/main.js", if_none_match=condition)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == first.headers["cache-control"]
    assert (await ask("/static/js/main.js", if_none_match='"other"')).status == 200


async def test_a_text_is_compressed_for_those_who_take_it(files: Path) -> None:
    packed = await ask("/static/main.css", accept_encoding="gzip, deflate, br")
    plain = await ask("/static/main.css")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body == STYLE
    assert packed.headers["content-length"] == str(len(packed.body))
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("refusal", ["gzip;q=0", "identity, gzip; q=0.0", "br"])
async def test_nothing_is_compressed_for_those_who_do_not_take_it(
    files: Path, refusal: str
) -> None:
    answer = await ask("/static/main.css", accept_encoding=refusal)
    assert answer.body == STYLE


async def test_what_would_not_become_smaller_is_not_compressed(files: Path) -> None:
    for name in ("js/main.js", "dot.png"):
        answer = await ask(f"/static/{name}", accept_encoding="gzip")
        assert "content-encoding" not in answer.headers
        assert answer.body == (files / name).read_bytes()


async def test_a_head_has_the_headers_alone(files: Path) -> None:
    whole = await ask("/static/main.css", accept_encoding="gzip")
    head = await ask("/static/main.css", method="HEAD", accept_encoding="gzip")
    assert (head.status, head.headers, head.body) == (200, whole.headers, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_a_file_can_only_be_read(files: Path, method: str) -> None:
    answer = await ask("/static/main.css", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "js",
        "js/",
        "absent.js",
        "{hash}",
        "{hash}/",
        "{hash}/js",
        "{hash}/absent.js",
        "{hash}/{hash}/main.css",
        "short/main.css",
        "../secret.txt",
        "{hash}/../secret.txt",
        "js/../main.css",
        "./main.css",
        "/main.css",
        "//etc/passwd",
        "..\\secret.txt",
        "main.css\0",
        "main.css/",
    ],
)
async def test_nothing_but_a_files_own_name_finds_it(files: Path, path: str) -> None:
    answer = await ask("/static/" + path.format(hash=static.tree.digest))
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.unheard-of", "application/octet-stream"),
    ],
)
def test_a_file_has_its_type_whatever_the_machine_believes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setitem(mimetypes.types_map, ".js", "text/plain")
    (tmp_path / name).touch()
    assert static.StaticFile.read(tmp_path / name).content_type == kind.encode()


async def test_while_debugging_a_file_is_what_it_is_now(files: Path, settings: Settings) -> None:
    settings.DEBUG = True
    assert url_of("js/main.js") == "/static/js/main.js"
    assert (await ask("/static/js/main.js")).body == SCRIPT
    (files / "js" / "main.js").write_bytes(b"// changed\n")
    answer = await ask("/static/js/main.js")
    assert answer.body == b"// changed\n"
    assert answer.headers["cache-control"] == "no-cache"


def test_a_name_with_unusual_characters_is_quoted(files: Path) -> None:
    assert url_of('a b"<ü>.png').endswith("/a%20b%22%3C%C3%BC%3E.png")


async def test_django_never_hears_of_files_and_of_the_question_for_life(files: Path) -> None:
    async def django(scope: Scope, receive: object, send: object) -> None:
        raise AssertionError(scope["path"])

    assert (await ask("/static/main.css", of=FastPaths(django))).status == 200
    alive = await ask("/healthz", of=FastPaths(django))
    assert (alive.status, alive.body, alive.headers["cache-control"]) == (200, b"ok\n", "no-store")
    with pytest.raises(AssertionError, match="/chat/"):
        await ask("/chat/", of=FastPaths(django))


COMMENTED = b"""// About the file.

/** What it is. */
export const answer = 42; // and why
/*! A licence. */
/**
 * Several lines.
 */
export const address = "https://example.org//"; /* here */
"""
BARE = b"""


export const answer = 42; // and why
/*! A licence. */



export const address = "https://example.org//"; /* here */
"""


async def test_comments_stay_at_home_and_lines_keep_their_numbers(files: Path) -> None:
    (files / "js" / "main.js").write_bytes(COMMENTED)
    answer = await ask(url_of("js/main.js"))
    assert answer.body.count(b"\n") == COMMENTED.count(b"\n")
    assert answer.body == BARE
    assert answer.headers["etag"] != (await ask(url_of("main.css"))).headers["etag"]


# As a browser reads scripts and style sheets, as far as it takes to know what is a comment.
TOKEN = re.compile(
    rb"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
    | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`
    | (?<=[(,=:\[!&|?{};\n\ ]) / (?![*/\ ]) (?:\\. | \[(?:\\.|[^\]\\])*\] | [^/\\\n\[])+ /
    """,
    re.VERBOSE | re.DOTALL,
)


def ours() -> list[Path]:
    return sorted(path for path in STATIC.rglob("*") if path.suffix in static.WITH_COMMENTS)


@pytest.mark.parametrize("path", ours(), ids=lambda path: path.name)
def test_no_text_of_ours_is_taken_for_a_comment(path: Path) -> None:
    source = path.read_bytes()
    comments = {token.start() for token in TOKEN.finditer(source) if token["comment"]}
    taken = [found.end() - len(found[0].lstrip()) for found in static.COMMENTS.finditer(source)]
    assert set(taken) <= comments
