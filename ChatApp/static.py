"""Static files, answered before Django is reached.

All files stand under one hash of the whole tree, /static/<hash>/js/main.js: a page's modules
import each other by relative paths and still belong together, a browser keeps them for ever, and
nothing rewrites a file. Without the hash (/static/js/main.js) the same file is served for
whoever cannot know it, and asked about anew each time.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage

from ChatApp.asgi_types import Receive, Scope, Send

FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
# Below this a compressed answer saves no packet.
LEAST_COMPRESSED_BYTES = 600
COMPRESSED_TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
# And not "gzip;q=0", which means the opposite.
TAKES_GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
# Of the project's own scripts and style sheets, comments that have lines of their own: a quarter of
# what is sent otherwise. A licence (`/*!`) stays.
COMMENTS = re.compile(
    rb"^[ \t]*(?://[^\n]*|/\*(?!!)(?:(?!\*/).)*\*/)[ \t]*$", re.MULTILINE | re.DOTALL
)
WITH_COMMENTS = {".js", ".css"}
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, ready to be sent. `compressed` is None where it would not help."""

    content_type: bytes
    etag: bytes
    body: bytes
    compressed: bytes | None

    @classmethod
    def read(cls, path: Path) -> "StaticFile":
        body = path.read_bytes()
        if path.suffix in WITH_COMMENTS and not settings.DEBUG and is_ours(path):
            body = without_comments(body)
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        kind = kind or "application/octet-stream"
        compressed = None
        if kind.startswith(COMPRESSED_TYPES) and len(body) >= LEAST_COMPRESSED_BYTES:
            compressed = gzip.compress(body, 9, mtime=0)
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return cls(kind.encode(), etag.encode(), body, compressed)


def is_ours(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in settings.STATICFILES_DIRS)


def without_comments(source: bytes) -> bytes:
    """Every line keeps its number, so that an error in a browser leads to the file."""
    return COMMENTS.sub(lambda comment: b"\n" * comment[0].count(b"\n"), source)


class StaticTree:
    """Every static file of the project and of its applications."""

    @cached_property
    def paths(self) -> dict[str, Path]:
        """Where each file lies, by its name such as `js/main.js`; the first finder wins."""
        found: dict[str, Path] = {}
        for finder in get_finders():
            for name, storage in finder.list(["CVS", ".*", "*~"]):
                found.setdefault(name.replace("\\", "/"), Path(storage.path(name)))
        return found

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with any file's name or content."""
        tree = hashlib.sha256()
        for name, path in sorted(self.paths.items()):
            tree.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return tree.hexdigest()[:12]

    @cached_property
    def files(self) -> dict[str, StaticFile]:
        """What was asked for so far; no more than there are files."""
        return {}

    def file(self, name: str) -> StaticFile | None:
        path = self.paths.get(name)
        if path and name not in self.files:
            self.files[name] = StaticFile.read(path)
        return self.files.get(name)


tree = StaticTree()


class HashedTreeStorage(StaticFilesStorage):
    """Makes {% static %} point below the tree's hash; while debugging, at the plain file."""

    @property
    def version(self) -> str:
        """What stands in the addresses; empty while debugging."""
        return "" if settings.DEBUG else tree.digest

    def url(self, name: str | None) -> str:
        if settings.DEBUG:
            return super().url(name)
        return f"{settings.STATIC_URL}{tree.digest}/{quote(name or '')}"


async def serve_static(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of everything below STATIC_URL."""
    if scope["method"] not in {"GET", "HEAD"}:
        return await answer(send, 405, [(b"allow", b"GET, HEAD")])
    name = scope["path"].removeprefix(settings.STATIC_URL)
    hashed, _, rest = name.partition("/")
    is_current = hashed == tree.digest
    looks_hashed = len(hashed) == len(tree.digest) and name not in tree.paths
    file = find(rest if looks_hashed else name)
    if file is None:
        return await answer(send, 404, [])
    # A page from before an update asks by the old hash: it gets today's file, unkept.
    headers = [
        (b"content-type", file.content_type),
        (b"cache-control", FOR_EVER if is_current else ASK_AGAIN),
        (b"etag", file.etag),
        (b"vary", b"accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
    ]
    asked = dict(scope["headers"])
    if file.etag in asked.get(b"if-none-match", b""):
        return await answer(send, 304, headers)
    body = file.body
    if file.compressed is not None and TAKES_GZIP.search(asked.get(b"accept-encoding", b"")):
        body = file.compressed
        headers.append((b"content-encoding", b"gzip"))
    return await answer(send, 200, headers, body, is_head=scope["method"] == "HEAD")


def find(name: str) -> StaticFile | None:
    if settings.DEBUG:
        path = StaticTree().paths.get(name)
        return StaticFile.read(path) if path else None
    return tree.file(name)


async def answer(
    send: Send,
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    body: bytes = b"",
    *,
    is_head: bool = False,
) -> None:
    """A whole answer at once; to HEAD without its body."""
    length = [] if status == 304 else [(b"content-length", str(len(body)).encode())]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, *length],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": b"" if is_head else body, "more_body": False})
