"""Our launcher: prepare the data, bind the socket, serve, end cleanly.

`python -m ChatApp.server`, which is what bin/run does. uvicorn is the default because daphne
takes several times the CPU for each delivery and cannot say goodbye on a restart; the same
application runs on both. With several processes this one does not serve but keeps those that do
(ChatApp.workers), and each of them comes through here again.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence

import django

from ChatApp.env import WrongSetting
from ChatApp.lines import TAKE_NOBODY_NEW
from ChatApp.listening import introduce, listen

log = logging.getLogger("ChatApp.server")


def main(arguments: Sequence[str] | None = None) -> None:
    # What is made here, the database above all, is for its owner alone.
    os.umask(0o077)
    options = read_options(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ChatApp.settings")
    from django.conf import settings

    if options.place:
        serve_for_parent(options)
    elif options.prepare:
        # The parent knows the port, and asks the database nothing.
        print(prepare(), flush=True)
    elif settings.WEB_CONCURRENCY > 1:
        refuse_several_processes()
        from ChatApp import workers

        sys.exit(workers.run())
    else:
        serve_alone()


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Options win over the environment, and the settings see what won."""
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Serve the chat. README.md lists the environment's settings."
    )
    parser.add_argument("--host", help="the address to listen on (HOST, 127.0.0.1)")
    parser.add_argument("--port", help="the port; 0 takes a free one (PORT, 8000)")
    parser.add_argument("--server", help="uvicorn or daphne (SERVER, uvicorn)")
    parser.add_argument(
        "--workers",
        help="how many processes (WEB_CONCURRENCY, 1); more than one needs PostgreSQL and Redis",
    )
    # What ChatApp.workers says to its processes.
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    for name in ("--place", "--listener-fd", "--parent-fd"):
        parser.add_argument(name, type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    for name, setting in [
        ("host", "HOST"),
        ("port", "PORT"),
        ("server", "SERVER"),
        ("workers", "WEB_CONCURRENCY"),
    ]:
        if getattr(given, name) is not None:
            os.environ[setting] = getattr(given, name)
    return given


def refuse_several_processes() -> None:
    from django.conf import settings

    if not settings.REDIS_URL:
        raise WrongSetting(
            f"{settings.WEB_CONCURRENCY} processes cannot hear each other without Redis: "
            "set REDIS_URL, or leave WEB_CONCURRENCY and --workers at 1."
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        raise WrongSetting(
            f"SQLite lets one process write at a time, so {settings.WEB_CONCURRENCY} would wait "
            "for each other's locks, and two that checkpoint at once can damage the file: set "
            "DATABASE_URL=postgres://…, or leave WEB_CONCURRENCY and --workers at 1."
        )
    if sys.platform == "win32":
        raise WrongSetting(
            "On Windows one process serves: leave WEB_CONCURRENCY and --workers at 1."
        )


# --- One process


def serve_alone() -> None:
    from django.conf import settings

    administrator = prepare()
    listener = listen(settings.HOST, settings.PORT)
    ignore_hang_up()
    introduce(listener, administrator)
    serve(listener, lambda: None)


def prepare() -> str:
    """Bring the database up to date, look at the static files once and for Redis.

    Returns how an administrator is made, while there is none.
    """
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    django.setup()
    look_at_static_files()
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise WrongSetting(f"The database cannot be used: {str(error).strip()}") from error
    from accounts.setup import how_to_begin

    administrator = how_to_begin()
    connection.close()
    look_for_redis()
    return administrator


def look_at_static_files() -> None:
    from ChatApp.static import tree

    _ = tree.digest


def look_for_redis() -> None:
    """Say it when Redis does not answer; nothing that was stored is in there, so we start."""
    from django.conf import settings

    if not settings.REDIS_URL:
        return
    from ChatApp.cache import why_redis_is_away

    if reason := why_redis_is_away(settings.REDIS_URL):
        log.warning(
            "Redis does not answer (%s). The chat starts without it: processes hear each other "
            "late and sign-in limits count for each process alone until it is back.",
            reason,
        )


def ignore_hang_up() -> None:
    """Without a terminal SIGHUP asks for a renewal, and one process alone cannot be renewed.

    It would end it, and systemd would take that for a wish.
    """
    if sys.platform != "win32" and not os.isatty(0):
        signal.signal(
            signal.SIGHUP,
            lambda *_: log.warning("One process alone is not renewed by SIGHUP: restart it."),
        )


def serve(listener: socket.socket, on_serving: Callable[[], None]) -> None:
    from django.conf import settings

    settle_in()
    if settings.SERVER == "daphne":
        from ChatApp import on_daphne

        on_daphne.serve(listener, on_serving)
    else:
        from ChatApp import on_uvicorn

        on_uvicorn.serve(listener, on_serving)


def settle_in() -> None:
    """Load what the first request would, and take it from the garbage collector's rounds.

    It stays to the end, and is most of what there is: to go through it again while thousands
    connect took a fifth of what they cost.
    """
    from django.urls import get_resolver

    import ChatApp.asgi  # noqa: F401 - to be there before the collector counts

    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()


# --- One of several processes


def serve_for_parent(options: argparse.Namespace) -> None:
    """Serve on the socket that ChatApp.workers bound, and no longer than it lives."""
    for number in (signal.SIGHUP, TAKE_NOBODY_NEW):
        signal.signal(number, signal.SIG_IGN)
    parent = socket.socket(fileno=options.parent_fd)
    threading.Thread(target=end_with, args=(parent,), name="parent", daemon=True).start()
    listener = socket.socket(fileno=options.listener_fd)
    django.setup()
    look_at_static_files()
    from ChatApp import metrics

    metrics.place.take(options.place)
    serve(listener, lambda: parent.sendall(b"serving"))


def end_with(parent: socket.socket) -> None:
    """Ask this process to end when its parent is gone, be it by kill -9."""
    with contextlib.suppress(OSError):
        while parent.recv(16):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
