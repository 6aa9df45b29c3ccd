"""Settings from the environment: read, converted, and refused with one sentence."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ChatApp import env
from tests.running import CHECKOUT

NAME = "A_SETTING"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)


def is_one_sentence(text: str, *, about: str = NAME) -> bool:
    return text.endswith(".") and "\n" not in text and "Traceback" not in text and about in text


# --- What is read


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", "on", " 1 "])
def test_a_flag_is_set(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    assert env.flag(NAME) is True


@pytest.mark.parametrize("value", ["0", "false", "No", "off"])
def test_a_flag_is_unset(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    assert env.flag(NAME, default=True) is False


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_setting_is_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv(NAME, value)
    assert env.text(NAME, "default") == "default"
    assert env.flag(NAME, default=True) is True
    assert env.number(NAME, 7, least=1, most=9) == 7
    assert env.choice(NAME, ["first", "second"]) == "first"
    assert env.words(NAME) == env.origins(NAME) == []


def test_words_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " chat.example.org, ,192.0.2.7,")
    assert env.words(NAME) == ["chat.example.org", "192.0.2.7"]


def test_a_number_may_be_the_least_and_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("1", "9"):
        monkeypatch.setenv(NAME, value)
        assert env.number(NAME, 5, least=1, most=9) == int(value)


def test_origins_are_written_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "https://Chat.Example.org/,http://[::1]:8000, https://a.org:443")
    assert env.origins(NAME) == [
        "https://chat.example.org",
        "http://[::1]:8000",
        "https://a.org",
    ]


def test_one_of_several_words_may_be_written_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "second")
    assert env.choice(NAME, ["FIRST", "SECOND"]) == "SECOND"


def test_a_folder_is_made_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(NAME, str(tmp_path / "some where" / "data"))
    folder = env.folder(NAME, tmp_path)
    assert folder == tmp_path / "some where" / "data"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("sqlite:////srv/chat.sqlite3", "sqlite3", "/srv/chat.sqlite3"),
        ("postgres://chat:secret@db.example.org:5433/chat", "postgresql", "chat"),
        ("postgresql://chat@localhost/chat", "postgresql", "chat"),
    ],
)
def test_a_database_is_named_by_its_url(
    monkeypatch: pytest.MonkeyPatch, url: str, engine: str, name: str
) -> None:
    monkeypatch.setenv(NAME, url)
    database = env.database(NAME, "sqlite:///never")
    assert (database["ENGINE"], database["NAME"]) == (f"django.db.backends.{engine}", name)


def test_mail_is_sent_where_its_url_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "smtp+tls://me:secret@mail.example.org:587")
    mail = env.email(NAME, "consolemail://")
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert mail["EMAIL_USE_TLS"] is True
    monkeypatch.delenv(NAME)
    assert env.email(NAME, "consolemail://")["EMAIL_BACKEND"].endswith("console.EmailBackend")


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example.org",
        "redis://:secret@[::1]:6379/3",
        "rediss://me:secret@redis.example.org:6380/0",
        "unix:///run/redis/redis.sock?db=1",
        "",
    ],
)
def test_a_redis_is_named_by_its_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(NAME, url)
    assert env.redis(NAME) == url


def test_a_label_and_a_token_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (env.label(NAME, "chat"), env.token(NAME)) == ("chat", "")
    monkeypatch.setenv(NAME, "Office-2-0123456")
    assert env.label(NAME, "chat") == env.token(NAME) == "Office-2-0123456"


# --- What is refused


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (env.flag, "maybe"),
        (env.flag, "2"),
        (lambda name: env.number(name, 5, least=1, most=9), "ten"),
        (lambda name: env.number(name, 5, least=1, most=9), "0"),
        (lambda name: env.number(name, 5, least=1, most=9), "10"),
        (lambda name: env.number(name, 5, least=1, most=9), "-1"),
        (lambda name: env.number(name, 5, least=1, most=9), "1.5"),
        (lambda name: env.number(name, 5, least=1, most=9), "9" * 5000),
        (lambda name: env.choice(name, ["first", "second"]), "third"),
        (env.origins, "chat.example.org"),
        (env.origins, "ftp://chat.example.org"),
        (env.origins, "https://"),
        (env.origins, "https://chat.example.org/chat"),
        (env.origins, "https://chat.example.org?a"),
        (env.origins, "https://chat.example.org#a"),
        (env.origins, "https://me@chat.example.org"),
        (env.origins, "https://[::1"),
        (env.origins, "https://chat.example.org:port"),
        (env.origins, "null"),
        (lambda name: env.database(name, ""), "mysql://localhost/chat"),
        (lambda name: env.database(name, ""), "chat.sqlite3"),
        (lambda name: env.database(name, ""), "postgres://localhost:port/chat"),
        (lambda name: env.database(name, ""), "postgres://localhost"),
        (lambda name: env.database(name, ""), "sqlite://"),
        (lambda name: env.database(name, ""), "sqlite://:memory:"),
        (env.redis, "redis.example.org:6379"),
        (env.redis, "http://redis.example.org"),
        (env.redis, "redis://"),
        (env.redis, "redis://host:port"),
        (env.redis, "redis://host:0"),
        (env.redis, "redis://host/chat"),
        (env.redis, "unix://socket"),
        (lambda name: env.label(name, "chat"), "a b"),
        (lambda name: env.label(name, "chat"), "a.b"),
        (lambda name: env.label(name, "chat"), "a" * 41),
        (env.token, "short"),
        (env.token, "with a blank in the middle"),
        (env.token, "ünsicher-0123456789"),
        (lambda name: env.email(name, ""), "mail.example.org"),
        (lambda name: env.email(name, ""), "smtp://mail.example.org:port"),
    ],
)
def test_a_wrong_value_is_refused_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[str], Any], value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(env.WrongSetting) as refusal:
        read(NAME)
    assert is_one_sentence(str(refusal.value))


def test_a_password_is_not_told_to_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for read, url in [
        (env.database, "mysql://me:hush@localhost/chat"),
        (env.database, "postgres://me:hush@localhost:port/chat"),
        (env.email, "smtp://me:hush@mail.example.org:port"),
        (lambda name, _: env.redis(name), "redis://me:hush@redis.example.org:port"),
        (lambda name, _: env.token(name), "hush"),
    ]:
        monkeypatch.setenv(NAME, url)
        with pytest.raises(env.WrongSetting) as refusal:
            read(NAME, "")
        assert "hush" not in str(refusal.value)


def test_a_folder_that_cannot_be_made_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv(NAME, str(wrong))
        with pytest.raises(env.WrongSetting) as refusal:
            env.folder(NAME, tmp_path)
        assert is_one_sentence(str(refusal.value))


# --- The secret key


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    secret = env.secret(NAME, file)
    assert len(secret) >= 50
    assert env.secret(NAME, file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_secret_of_the_environment_makes_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(NAME, "from the environment")
    assert env.secret(NAME, tmp_path / "secret_key") == "from the environment"
    assert not list(tmp_path.iterdir())


def test_two_starts_at_the_same_moment_agree_on_one_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    command = (
        "import pathlib, sys; from ChatApp import env;"
        f"print(env.secret({NAME!r}, pathlib.Path(sys.argv[1])))"
    )
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", command, str(file)],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    told = {start.communicate()[0].strip() for start in starts}
    assert told == {file.read_text()}


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"], ids=["empty", "blank", "junk"])
def test_a_secret_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret_key"
    file.write_bytes(content)
    with pytest.raises(env.WrongSetting) as refusal:
        env.secret(NAME, file)
    assert is_one_sentence(str(refusal.value), about=str(file))


def test_a_secret_that_can_be_neither_read_nor_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for file in (tmp_path / "folder", tmp_path / "absent" / "secret_key"):
        with pytest.raises(env.WrongSetting) as refusal:
            env.secret(NAME, file)
        assert is_one_sentence(str(refusal.value), about=str(tmp_path))


# --- The settings as a whole


def start(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own and print what became of them."""
    command = (
        "from django.conf import settings as s;"
        "print(s.ALLOWED_HOSTS, s.SESSION_COOKIE_SECURE, s.LOGGING['root']['level']);"
        "import django; django.setup()"
    )
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(data),
            "DJANGO_SETTINGS_MODULE": "ChatApp.settings",
            **environment,
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "value", "about"),
    [
        ("HOST", "0.0.0.0", "ALLOWED_HOSTS"),  # noqa: S104 - refused
        ("HOST", "::", "ALLOWED_HOSTS"),
        ("SERVER", "gunicorn", "SERVER"),
        ("PORT", "65536", "PORT"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL"),
        ("EMAIL_VERIFICATION", "perhaps", "EMAIL_VERIFICATION"),
        ("TRUSTED_ORIGINS", "*", "TRUSTED_ORIGINS"),
    ],
)
def test_a_start_with_a_wrong_setting_ends_with_one_sentence(
    tmp_path: Path, name: str, value: str, about: str
) -> None:
    started = start(tmp_path, **{name: value})
    assert started.returncode == 1
    assert is_one_sentence(started.stderr.strip(), about=about)


@pytest.mark.parametrize("host", ["192.0.2.7", "fe80::7", "[fe80::7]", "chat.example.org"])
def test_the_address_that_is_served_is_an_allowed_host(tmp_path: Path, host: str) -> None:
    started = start(tmp_path, HOST=host)
    assert started.returncode == 0, started.stderr
    in_a_url = f"[{host.strip('[]')}]" if ":" in host else host
    allowed = re.findall(r"'([^']+)'", started.stdout)
    assert {"localhost", "127.0.0.1", "[::1]", in_a_url} <= set(allowed)
