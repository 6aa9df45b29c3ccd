"""Where uploaded files lie: below DATA_DIR/uploads, under names that nobody can guess.

Never in the static tree; the only way to them is `chat.uploads`, which asks `access` each time, and
to the pictures that people have of themselves `chat.portraits`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError

# The database lives on the same disk: it must never be a file that takes its last byte.
LEAVE_FREE_BYTES = 256 * 1024 * 1024
THUMBNAIL = ".thumbnail"
PORTRAITS = "people"


def no_space() -> ChatError:
    detail = _("The server has no room for files just now. Try again later.")
    return ChatError("unavailable", detail, retry_after=60.0)


def check_space(size: int) -> None:
    """Raises ChatError(unavailable) where a file of that size would fill the disk."""
    if shutil.disk_usage(incoming()).free < size + LEAVE_FREE_BYTES:
        raise no_space()


def incoming() -> Path:
    """The folder that requests are taken into: on the same disk, so that keeping is renaming."""
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def new_key() -> str:
    return secrets.token_hex(16)


def keep(path: Path, key: str, thumbnail: Path | None) -> None:
    """Take a file out of `incoming` for good. On the disk when this returns."""
    settle(path, place_of(key))
    if thumbnail is not None:
        settle(thumbnail, thumbnail_of(key))


def keep_portrait(path: Path, key: str) -> None:
    """The same with a picture that somebody has of themselves."""
    settle(path, portrait_of(key))


def settle(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.chmod(0o600)
    path.rename(place)


def place_of(key: str) -> Path:
    """The first letters are a folder: some file systems are slow where many files lie in one."""
    return Path(settings.UPLOAD_ROOT, key[:2], key)


def thumbnail_of(key: str) -> Path:
    place = place_of(key)
    return place.with_name(place.name + THUMBNAIL)


def portrait_of(key: str) -> Path:
    return Path(settings.UPLOAD_ROOT, PORTRAITS, key[:2], key)


def drop(keys: Iterable[str]) -> None:
    for key in keys:
        take_away(place_of(key))
        take_away(thumbnail_of(key))


def drop_portraits(keys: Iterable[str]) -> None:
    for key in keys:
        take_away(portrait_of(key))


def take_away(place: Path) -> None:
    with suppress(OSError):
        place.unlink(missing_ok=True)


def keys_older_than(seconds: float) -> Iterator[str]:
    """Of every file of a message that has lain here for so long."""
    for place in older_than(seconds, Path(settings.UPLOAD_ROOT)):
        yield place.name.removesuffix(THUMBNAIL)


def portraits_older_than(seconds: float) -> Iterator[str]:
    for place in older_than(seconds, Path(settings.UPLOAD_ROOT, PORTRAITS)):
        yield place.name


def older_than(seconds: float, folder: Path) -> Iterator[Path]:
    since = time.time() - seconds
    for place in folder.glob("[0-9a-f][0-9a-f]/*"):
        with suppress(FileNotFoundError):
            if place.stat().st_mtime < since:
                yield place


def clear_incoming(seconds: float) -> None:
    """What requests left behind that were cut off, or whose process was killed."""
    since = time.time() - seconds
    for path in incoming().iterdir():
        with suppress(OSError):
            if path.stat().st_mtime < since:
                path.unlink()
