"""Who is there when a run begins: signed-in people in rooms, in data that is fresh for each run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.running import CHECKOUT

# It signs the sessions that people.py makes, so everybody has the same.
SECRET = "only for measuring"


@dataclass(frozen=True)
class Crowd:
    rooms: int
    members: int


@dataclass
class Running:
    """A server that answers on these ports, and the session keys of its people."""

    ports: list[int]
    cookies: list[str]


class Data:
    """Data folders with a crowd in them: made once for each kind, copied for each run."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, Crowd], list[str]] = {}

    @cached_property
    def place(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="chat-bench-")

    @contextmanager
    def copy(self, project: str, crowd: Crowd) -> Iterator[tuple[Path, list[str]]]:
        """A fresh folder and the session keys of the people in its SQLite database."""
        original = Path(self.place.name, f"{project}-{crowd.rooms}-{crowd.members}")
        if (project, crowd) not in self.made:
            original.mkdir()
            settings = {"DATA_DIR": str(original)}
            self.made[project, crowd] = make_people(project, crowd, settings)
        with tempfile.TemporaryDirectory(prefix="chat-bench-") as folder:
            shutil.copytree(original, folder, dirs_exist_ok=True)
            yield Path(folder), self.made[project, crowd]


data = Data()


def make_people(project: str, crowd: Crowd, settings: Mapping[str, str]) -> list[str]:
    numbers = [str(crowd.rooms), str(crowd.members)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.people", *numbers],
        cwd=CHECKOUT,
        env={**os.environ, "SECRET_KEY": SECRET, **settings, "DJANGO_SETTINGS_MODULE": project},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    keys: list[str] = json.loads(done.stdout.splitlines()[-1])
    return keys
