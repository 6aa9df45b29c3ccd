"""Read a setting from the environment, convert it, refuse it.

A wrong value ends the start with one sentence that the operator can act on, not with a
traceback: `WrongSetting` is a SystemExit, whose text Python prints before it exits with 1.
"""

import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from environ import Env


class WrongSetting(SystemExit):
    """The environment asks for something that cannot be; the sentence says what to change."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise WrongSetting(f"{name} is {value!r}: set it to 1 or 0.")


def number(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name)
    if not value:
        return default
    # Python refuses to read a number of thousands of digits in its own words.
    is_number = value.isdecimal() and len(value) < 20
    if not is_number or not least <= int(value) <= most:
        raise WrongSetting(f"{name} is {value!r}: set it to a whole number, {least} to {most}.")
    return int(value)


def words(name: str) -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def choice(name: str, allowed: Sequence[str]) -> str:
    """One of `allowed`, whatever its case; the first of them is the default."""
    value = text(name, allowed[0])
    for each in allowed:
        if each.lower() == value.lower():
            return each
    raise WrongSetting(f"{name} is {value!r}: set it to one of {', '.join(allowed)}.")


def origins(name: str) -> list[str]:
    """Web origins such as https://chat.example.org:8443: a scheme and a host, no path."""
    values = [value.rstrip("/").lower() for value in words(name)]
    for value in values:
        if not is_origin(value):
            raise WrongSetting(f"{name} has {value!r}: write origins as https://chat.example.org.")
    return [as_browsers_write(value) for value in values]


def is_origin(value: str) -> bool:
    try:
        parts = urlsplit(value)
        is_named = bool(parts.hostname) and parts.port != 0 and not set("@*") & set(value)
    except ValueError:  # half an IPv6 address, a port that is none
        return False
    bare = f"{parts.scheme}://{parts.netloc}"
    return is_named and parts.scheme in {"http", "https"} and value == bare


def as_browsers_write(origin: str) -> str:
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


def folder(name: str, default: Path) -> Path:
    """A folder that exists afterwards and that only its owner may enter."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise WrongSetting(
            f"The folder {path} cannot be made ({error.strerror}): set {name} to another one."
        ) from error
    return path


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of the database behind a URL: sqlite:///FILE or postgres://…"""
    url = text(name, default)
    scheme = url.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise WrongSetting(f"{name} begins with {scheme!r}: use sqlite:///… or postgres://….")
    try:
        settings = dict(Env.db_url_config(url))
    except ValueError:
        settings = {}
    if settings.get("NAME") in {None, "", ":memory:"}:
        raise WrongSetting(
            f"{name} names no database: write it as sqlite:////FOLDER/FILE or "
            "postgres://USER:PASSWORD@HOST:5432/NAME."
        )
    return settings


def redis(name: str) -> str:
    """The URL of a Redis, or nothing: redis://…, rediss://… for TLS, or unix://PATH?db=0."""
    url = text(name)
    if url and not is_redis(url):
        raise WrongSetting(
            f"{name} names no Redis: write it as redis://:PASSWORD@HOST:6379/0 or "
            "unix:///FOLDER/SOCKET?db=0."
        )
    return url


def is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_port = parts.port != 0
    except ValueError:
        return False
    if parts.scheme == "unix":
        return parts.path.startswith("/") and len(parts.path) > 1
    database = parts.path.strip("/")
    is_place = bool(parts.hostname) and is_port and (not database or database.isdecimal())
    return parts.scheme in {"redis", "rediss"} and is_place


def label(name: str, default: str) -> str:
    """A short name of letters, digits and dashes."""
    value = text(name, default)
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", value):
        raise WrongSetting(
            f"{name} is {value!r}: set it to letters, digits and dashes, 40 at most."
        )
    return value


def token(name: str) -> str:
    """A secret that others send in a header, or nothing."""
    value = text(name)
    if value and not re.fullmatch(r"[!-~]{16,200}", value):
        raise WrongSetting(
            f"{name} must have 16 to 200 letters, digits or signs of ASCII, without spaces: "
            "`openssl rand -hex 32` makes one."
        )
    return value


def email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_… settings behind a URL such as smtp+tls://user:password@host:587."""
    url = text(name, default)
    try:
        return dict(Env.email_url_config(url))
    except Exception as error:
        raise WrongSetting(
            f"{name} cannot be understood: write it as smtp+tls://USER:PASSWORD@HOST:587."
        ) from error


def secret(name: str, file: Path) -> str:
    """The secret in the environment, or else in `file`, which is made when it is missing."""
    if value := text(name):
        return value
    with suppress(FileExistsError):
        write_new_secret(file)
    try:
        value = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise WrongSetting(f"{file} cannot be read ({error.strerror}): set {name}.") from error
    except UnicodeError:
        value = ""
    if not value:
        raise WrongSetting(f"{file} holds no secret: remove it, and a new one is made.")
    return value


def write_new_secret(file: Path) -> None:
    """Make `file` with a fresh secret in one step, so that two starts agree on one.

    Raises FileExistsError where there is one already.
    """
    if file.exists():
        raise FileExistsError(file)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as output:
            output.write(secrets.token_urlsafe(50))
        os.link(draft, file)
    except FileExistsError:
        raise
    except OSError as error:
        raise WrongSetting(
            f"No file can be written to {file.parent} ({error.strerror}): "
            "free some room there, or set DATA_DIR to another folder."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
