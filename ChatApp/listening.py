"""The socket that people come to, and what is said about it at the start."""

import contextlib
import ipaddress
import os
import socket
import sys

from ChatApp.env import WrongSetting
from ChatApp.lines import BACKLOG, TCP_USER_TIMEOUT_MS


def listen(host: str, port: int) -> socket.socket:
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError, AttributeError):  # Linux; accepted sockets inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
    try:
        listener.bind((host, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise WrongSetting(
            f"Nothing can listen on {host}, port {port} ({reason}): end what is there, "
            "or set HOST and PORT to something else."
        ) from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def introduce(listener: socket.socket, administrator: str) -> None:
    """Say where we are; `administrator` is what `accounts.setup.how_to_begin` says."""
    from django.conf import settings

    from chat.checks import sqlite_version

    print(
        f"ChatApp is on {address(listener)}\n"
        f"{first_step(administrator, address(listener))}"
        f"  the data is in  {settings.DATA_DIR}\n"
        "  Ctrl+C stops it",
        flush=True,
    )
    for warning in sqlite_version():
        print(f"Note: {warning.msg} {warning.hint}", file=sys.stderr, flush=True)


def first_step(administrator: str, here: str) -> str:
    """A line for as long as nobody is an administrator; with a link it stands out."""
    from django.conf import settings

    if not administrator:
        return ""
    if not administrator.startswith("/"):
        return f"  nobody is an administrator yet: {administrator} makes one\n"
    # Behind a proxy of ours nobody comes to the address that we listen on.
    found_at = settings.PUBLIC_ADDRESS if settings.TRUSTED_PROXIES else here
    link = found_at.rstrip("/") + administrator
    return f"\n  Begin here: this link makes you its administrator, once.\n  {link}\n\n"


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
