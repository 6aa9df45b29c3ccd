"""The files by which several processes on one socket know each other's figures.

One for each place among the workers, DATA_DIR/metrics/<place>.json. The supervisor removes the
file of a worker that ended; a renewed worker writes on in that of its predecessor.
"""

import json
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

log = logging.getLogger("ChatApp.metrics")

# Older figures are those of a process that ended when nobody was there to remove them.
STALE_SECONDS = 30.0

Figures = dict[str, float]


def folder() -> Path:
    path: Path = settings.DATA_DIR / "metrics"
    return path


def file_of(place: int) -> Path:
    return folder() / f"{place}.json"


def write(place: int, figures: Figures) -> None:
    """Replace a process's file in one step. Never raises: figures are not worth an end."""
    file = file_of(place)
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        folder().mkdir(mode=0o700, exist_ok=True)
        draft.write_text(json.dumps(figures))
        draft.replace(file)
    except OSError as error:
        log.warning("The figures could not be written to %s: %s", file, error)


def read_all() -> dict[int, Figures]:
    found = {}
    for file in folder().glob("*.json"):
        with suppress(OSError, ValueError):  # it is removed at this moment, or the disk is full
            if time.time() - file.stat().st_mtime < STALE_SECONDS:
                found[int(file.stem)] = json.loads(file.read_text())
    return found


def forget(place: int) -> None:
    """The process at this place has ended."""
    with suppress(OSError):
        file_of(place).unlink(missing_ok=True)


def forget_all() -> None:
    """What earlier processes left behind."""
    for file in folder().glob("*"):
        with suppress(OSError):
            file.unlink()
