"""The launcher: what it refuses, what it says, how it ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.running import CHECKOUT, RunningServer, running_server
from tests.services import free_port

MAKE_ADA = "from accounts.models import User; User.objects.create_user('ada')"
MAKE_HER_ADMINISTRATOR = "from accounts.models import User; User.objects.update(is_superuser=True)"


def start_in_vain(data: Path, **environment: str) -> str:
    """What a launcher says that is expected to refuse; it must not take long or trace back."""
    ended = subprocess.run(
        [sys.executable, "-m", "ChatApp.server"],
        cwd=CHECKOUT,
        env={**os.environ, "DATA_DIR": str(data), "PORT": "0", **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    return ended.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"WEB_CONCURRENCY": "2"}, "REDIS_URL"),
        ({"HOST": "0.0.0.0"}, "ALLOWED_HOSTS"),  # noqa: S104
        ({"HOST": "::"}, "ALLOWED_HOSTS"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"REDIS_PREFIX": "our chat"}, "REDIS_PREFIX"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN"),
        ({"PORT": "eighty"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"SERVER": "gunicorn"}, "SERVER"),
        ({"DEBUG": "maybe"}, "DEBUG"),
        ({"DATABASE_URL": "mysql://localhost/chat"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////no/such/folder/chat.sqlite3"}, "database"),
        ({"TRUSTED_ORIGINS": "chat.example.org"}, "TRUSTED_ORIGINS"),
        ({"DATA_DIR": "/dev/null/data"}, "DATA_DIR"),
        ({"HOST": "192.0.2.1"}, "HOST"),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_is_refused_in_one_sentence_that_names_it(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    assert named in start_in_vain(tmp_path, **environment)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in start_in_vain(tmp_path, PORT=port)


@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_cleanly(name: str, number: int) -> None:
    with running_server(SERVER=name) as server:
        assert httpx.get(f"{server.address}/healthz").text == "ok\n"
        assert server.stop(number) == 0
        assert "Traceback" not in server.text_of_log


@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
def test_it_serves_on_ipv6_too(name: str) -> None:
    with running_server(SERVER=name, HOST="::1") as server:
        assert server.address.startswith("http://[::1]:")
        assert httpx.get(f"{server.address}/healthz").text == "ok\n"
        assert server.stop() == 0
        assert "Traceback" not in server.text_of_log


def test_it_says_where_it_is_how_to_make_an_administrator_and_where_the_data_is() -> None:
    with running_server() as server:
        assert server.address in server.text_of_log
        assert str(server.data) in server.text_of_log
        link = f"{server.address}/setup/"
        assert server.text_of_log.count(link) == 1
        begin = next(line.strip() for line in server.log if link in line)
        assert server.manage("setup_link").strip() == begin
        # Where somebody has an account, others may read what the server says.
        server.manage("shell", "-c", MAKE_ADA)
        server.stop()
        server.log.clear()
        server.start()
        assert "/setup/" not in server.text_of_log
        assert "bin/manage setup_link" in server.text_of_log
        server.manage("shell", "-c", MAKE_HER_ADMINISTRATOR)
        server.stop()
        server.log.clear()
        server.start()
        assert "setup" not in server.text_of_log
        assert "administrator" not in server.text_of_log


def test_the_data_folder_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "a new folder" / "data"
    server = RunningServer(data).start()
    try:
        assert data.stat().st_mode & 0o777 == 0o700
        assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
        assert len((data / "secret_key").read_text()) >= 50
    finally:
        server.stop()


def test_unknown_hosts_are_refused() -> None:
    with running_server() as server:
        for path in ("/accounts/login/", "/chat/"):
            answer = httpx.get(server.address + path, headers={"Host": "evil.example"})
            assert answer.status_code == 400
        assert "Traceback" not in server.text_of_log


def test_a_form_in_another_encoding_is_refused() -> None:
    with running_server() as server:
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
            for charset in ("charset=rot13", "charset=unicode_escape", "charset*=bogus''%41"):
                headers = {"Content-Type": f"{kind}; {charset}"}
                page = f"{server.address}/accounts/login/"
                answer = httpx.post(page, content=b"a=b", headers=headers)
                assert answer.status_code == 415, headers
        assert "Traceback" not in server.text_of_log


def test_runserver_works_on_a_fresh_clone_without_any_setting(tmp_path: Path) -> None:
    """daphne's command, with an empty data folder; nothing was migrated before."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "--noreload", str(port)],
        cwd=CHECKOUT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output = ""
        while "Quit the server" not in output:
            line = process.stdout.readline() if process.stdout else ""
            assert line, output
            output += line
        assert "Starting ASGI/Daphne" in output
        # daphne says so a moment before it listens.
        with httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=20) as web:
            answer = web.get(f"http://127.0.0.1:{port}/", follow_redirects=True)
        assert answer.status_code == 200
        assert "csrfmiddlewaretoken" in answer.text
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
