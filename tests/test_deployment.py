"""What lies in deploy/: the shipped files themselves, in front of a running server where it goes.

Only names, ports and paths of the machine are exchanged; a word that is not found in a file any
more fails the test that exchanges it.
"""

import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings as chat_settings
from websockets.asyncio.client import connect

from chat.node import CLOSING_SECONDS, SETTLE_SECONDS
from ChatApp import workers
from ChatApp.lines import PING_SECONDS
from tests import services
from tests.chatter import Chatter, Socket
from tests.running import CHECKOUT, RunningServer, eventually, running_server

DEPLOY = CHECKOUT / "deploy"
# allauth's limit of failed sign-ins for one address within a minute.
WRONG_TRIES = 10


def shipped(name: str, exchanges: dict[str, str]) -> str:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for word, other in exchanges.items():
        assert word in text, f"deploy/{name} has no {word!r}"
        text = text.replace(word, other)
    return text


# --- The proxies


@dataclass
class Proxy:
    """A running proxy with a server of its own behind it."""

    server: RunningServer
    port: int

    @property
    def address(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def socket_address(self) -> str:
        return f"wss://localhost:{self.port}/ws/chat/"

    def web(self, local_address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A browser on another address of the loopback network."""
        transport = httpx.AsyncHTTPTransport(verify=False, local_address=local_address)
        return httpx.AsyncClient(
            base_url=self.address, transport=transport, follow_redirects=True, timeout=20
        )

    def person(self, username: str, local_address: str = "127.0.0.1") -> Chatter:
        chatter = Chatter(self, username)  # type: ignore[arg-type]  # as far as it is needed
        chatter.web = self.web(local_address)
        # As browsers send it; over https the chat insists on it.
        chatter.web.headers["Referer"] = f"{self.address}/chat/"
        return chatter


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    paths = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost "
        f"-out {paths[0]} -keyout {paths[1]}".split(),
        check=True,
        capture_output=True,
    )
    return paths


@contextmanager
def behind() -> Iterator[RunningServer]:
    """A server as the files tell the operator to start it."""
    with running_server(
        HTTPS="1", TRUSTED_PROXIES="1", ALLOWED_HOSTS="localhost", SIGNIN_LIMITS="1"
    ) as server:
        yield server


def nginx_files(folder: Path, certificate: tuple[Path, Path], chat: str, port: int) -> list[str]:
    """The command of an nginx with the shipped file and a frame around it."""
    plain = services.free_port()
    (folder / "chatapp.conf").write_text(
        shipped(
            "nginx.conf",
            {
                "server 127.0.0.1:8000;": f"server {chat};",
                "listen 80;": f"listen 127.0.0.1:{plain};",
                "listen [::]:80;": "",
                "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
                "listen [::]:443 ssl http2;": "",
                "chat.example.org;": "localhost;",
                "/etc/letsencrypt/live/chat.example.org/fullchain.pem": str(certificate[0]),
                "/etc/letsencrypt/live/chat.example.org/privkey.pem": str(certificate[1]),
                "/var/cache/nginx/chatapp": str(folder / "cache"),
                "/var/log/nginx/chatapp.log": str(folder / "access.log"),
            },
        )
    )
    kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;"
        "events {} http { access_log off;" + temporary + "include chatapp.conf; }"
    )
    program = services.find_program("nginx")
    assert program
    return [program, "-p", str(folder), "-e", str(folder / "errors"), "-c", "nginx.conf"]


def caddy_files(folder: Path, certificate: tuple[Path, Path], chat: str, port: int) -> list[str]:
    text = shipped(
        "Caddyfile",
        {
            "chat.example.org {": f"localhost:{port} {{\n\tbind 127.0.0.1\n"
            f"\ttls {certificate[0]} {certificate[1]}\n",
            "127.0.0.1:8000": chat,
        },
    )
    alone = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(alone + text)
    program = services.find_program("caddy")
    assert program
    return [program, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificate: tuple[Path, Path],
) -> Iterator[Proxy]:
    services.require(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    files = {"nginx": nginx_files, "caddy": caddy_files}[request.param]
    with behind() as server:
        proxy = Proxy(server, services.free_port())
        command = files(folder, certificate, server.address.removeprefix("http://"), proxy.port)
        with running(command, folder):
            eventually(lambda: answers(proxy), 20)
            yield proxy


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def answers(proxy: Proxy) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{proxy.address}/healthz", verify=False).text == "ok\n"  # noqa: S501
    return False


@pytest.mark.asyncio
async def test_a_page_its_files_and_a_socket_come_through(proxy: Proxy) -> None:
    # Cookies are secure, and the form is taken: the chat knows that it is reached by https.
    alice = await proxy.person("alice").sign_up()
    page = await alice.web.get("/chat/")
    assert page.headers["strict-transport-security"]
    (style, *_) = re.findall(r'href="(/static/[0-9a-f]{12}/[^"]+\.css)"', page.text)
    for _ in range(2):  # the second one may come from the proxy itself
        file = await alice.web.get(style)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
    outdated = await alice.web.get(re.sub(r"[0-9a-f]{12}", "0123456789ab", style))
    assert outdated.headers["cache-control"] == "no-cache"
    room = await alice.make_room("Lobby")
    async with through(proxy, alice) as line:
        socket = Socket(line, "alice")
        await socket.sees("welcome")
        await socket.asks("room.subscribe", room=room)
        socket.room = room
        assert (await socket.post("hello", room=room))["type"] == "ack"


def through(proxy: Proxy, person: Chatter) -> connect:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    return connect(
        proxy.socket_address,
        ssl=trusting,
        additional_headers={"Cookie": person.cookie},
        origin=proxy.address,  # type: ignore[arg-type]
    )


@pytest.mark.asyncio
async def test_limits_count_the_visitors_own_address_whatever_they_claim(proxy: Proxy) -> None:
    guesser = proxy.person("guesser", "127.0.0.2")
    text = ""
    for number in range(WRONG_TRIES + 2):
        guesser.web.headers["X-Forwarded-For"] = f"192.0.2.{number}, 198.51.100.{number}"
        answer = await guesser.submit("/accounts/login/", login=f"nobody{number}", password="wrong")
        text = answer.text
    assert "Too many" in text
    # And nobody else is counted with them.
    other = proxy.person("other", "127.0.0.3")
    answer = await other.submit("/accounts/login/", login="nobody at all", password="wrong")
    assert "Too many" not in answer.text


@pytest.mark.asyncio
async def test_what_is_for_watchers_is_not_for_visitors(proxy: Proxy) -> None:
    async with proxy.web() as web:
        assert (await web.get("/metrics")).status_code == 404
        assert (await web.get("/readyz")).status_code == 404
        assert (await web.get(f"{proxy.server.address}/readyz")).status_code == 200


@pytest.mark.asyncio
async def test_a_body_that_is_too_large_is_refused(proxy: Proxy) -> None:
    async with proxy.web() as web:
        body = b"x" * (chat_settings.REQUEST_BYTES + 1)
        with suppress(httpx.WriteError):  # refused before all of it was sent
            refusal = await web.post("/chat/", content=body)
            # 502 from Caddy where the chat refused and closed before Caddy had sent all of it.
            assert refusal.status_code in {413, 502}
        assert (await web.get("/healthz")).text == "ok\n"


def test_the_proxies_take_what_the_chat_takes() -> None:
    assert chat_settings.UPLOAD_BYTES == 25 * 1024 * 1024
    assert "client_max_body_size 26m;" in (DEPLOY / "nginx.conf").read_text()
    assert "max_size 26MiB" in (DEPLOY / "Caddyfile").read_text()


def test_an_idle_socket_is_pinged_well_before_nginx_gives_it_up() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        (seconds,) = re.findall(rf"{name} (\d+)s;", text)
        assert int(seconds) >= 4 * PING_SECONDS


def test_nginx_finds_no_fault(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    services.require("nginx")
    command = nginx_files(tmp_path, certificate, "127.0.0.1:8000", services.free_port())
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr


def test_caddy_finds_no_fault(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    services.require("caddy")
    caddy, *_ = caddy_files(tmp_path, certificate, "127.0.0.1:8000", services.free_port())
    for file in (tmp_path / "Caddyfile", DEPLOY / "Caddyfile"):
        told = subprocess.run(
            [caddy, "adapt", "--validate", "--adapter", "caddyfile", "--config", str(file)],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        assert "not formatted" not in told.stderr


# --- systemd


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", (DEPLOY / "chatapp.service").read_text(), re.M):
        found.setdefault(name, []).append(value)
    return found


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    services.require("systemd")
    file = tmp_path / "chatapp.service"
    file.write_text(shipped("chatapp.service", {"/srv/chatapp": str(CHECKOUT)}))
    for question in (["verify"], ["security", "--offline=yes", "--threshold=20"]):
        told = subprocess.run(
            ["systemd-analyze", "--no-pager", *question, str(file)], capture_output=True, text=True
        )
        assert told.returncode == 0, told.stdout + told.stderr
        assert not told.stderr.strip()


def test_systemd_waits_longer_than_an_orderly_end_takes() -> None:
    (seconds,) = unit()["TimeoutStopSec"]
    assert int(seconds) > workers.STOP_SECONDS > SETTLE_SECONDS + CLOSING_SECONDS
    assert unit()["KillMode"] == ["mixed"]
    assert unit()["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_the_example_sets_what_the_settings_read() -> None:
    text = (DEPLOY / "chatapp.env.example").read_text()
    names = set(re.findall(r"^#? ?([A-Z_]+)=", text, re.M)) - {"POSTGRES_PASSWORD"}
    readme = (CHECKOUT / "README.md").read_text()
    assert len(names) >= 8
    assert all(f"| `{name}` |" in readme for name in names)


# --- Containers: read, for want of an engine


def containerfile() -> str:
    return (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")


def test_the_image_has_the_code_and_nothing_else_of_a_checkout() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", containerfile(), re.M)
    code = {"ChatApp", "accounts", "chat", "static", "templates"}
    assert {*copied} == {"manage.py", "deploy/requirements.lock", *code}
    assert all((CHECKOUT / name).exists() for name in copied)


def test_the_image_is_locked_and_not_roots() -> None:
    last_stage = containerfile().rpartition("\nFROM ")[2]
    assert "--require-hashes" in containerfile()
    assert re.search(r"^USER 10001$", last_stage, re.M)
    assert not re.search(r"^(ENV|ARG) .*(PASSWORD|SECRET|TOKEN|_URL)", containerfile(), re.M)
    assert "/readyz" in last_stage


def test_the_image_starts_what_its_own_files_can_start(tmp_path: Path) -> None:
    """The copied files alone, laid out as in the image."""
    for name in re.findall(r"^COPY (?!--from)(\S+) \S+$", containerfile(), re.M):
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / name)
    with running_server() as server:
        # The installed packages are those of the tests; the code is the copied one.
        told = subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=tmp_path,
            env={"DATA_DIR": str(server.data), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
    assert told.returncode == 0, told.stderr


def test_compose_waits_for_what_the_chat_needs_and_shows_nothing_else() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    chat, others = compose["services"]["chat"], ("db", "redis")
    assert (DEPLOY / chat["build"]["context"] / chat["build"]["dockerfile"]).is_file()
    assert chat["env_file"] == "chatapp.env"
    for name in others:
        service = compose["services"][name]
        assert chat["depends_on"][name]["condition"] == "service_healthy"
        assert service["healthcheck"]["test"]
        assert service["networks"] == ["inside"]
        assert "ports" not in service
    assert compose["networks"]["inside"]["internal"] is True
    assert chat["ports"] == ["127.0.0.1:8000:8000"]
    assert int(chat["stop_grace_period"].removesuffix("s")) > workers.STOP_SECONDS
    used = {
        volume.split(":")[0]
        for each in compose["services"].values()
        for volume in each.get("volumes", [])
    }
    assert used == set(compose["volumes"])
    assert "\n*.env\n" in (CHECKOUT / ".gitignore").read_text()
