"""Markdown of what was measured and under which conditions, and of what was not."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from benchmarks.figures import ratios, spread
from benchmarks.processes import Cores
from benchmarks.workloads import Workload
from tests import services

Rounds = Sequence[Mapping[str, float | None]]
# Above this the load generator may be what was measured.
LOAD_PERCENT = 90.0
PROGRAMS = {
    "PostgreSQL": ("postgres", "--version"),
    "Redis": ("redis-server", "--version"),
    "Node": ("node", "--version"),
    "mosquitto": ("mosquitto", "-h"),
}
PACKAGES = ("Django", "channels", "uvicorn", "uvloop", "daphne", "channels-redis")


def conditions(cores: Cores, rounds: int, *, quick: bool) -> str:
    placed = (
        "servers and load generator share one core: these figures say little"
        if cores.are_shared
        else "servers on one, the load generator on another"
    )
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    small = " Small crowds and short runs (--quick): they show that it works, not how fast."
    return (
        f"{os.cpu_count()} cores, {placed}; Python {platform.python_version()}, {packages}, "
        f"SQLite {sqlite3.sqlite_version} with synchronous=FULL, {versions()}. "
        f"Rounds: {rounds}, interleaved; median (least–most).{small if quick else ''}"
    )


def versions() -> str:
    """Of the programs that are installed here, in their own words."""
    found = []
    for name, (program, *question) in PROGRAMS.items():
        if path := services.find_program(program):
            said = subprocess.run([path, *question], capture_output=True, text=True, check=False)
            number = re.search(r"\d+\.\d+(\.\d+)?", said.stdout)
            found.append(f"{name} {number[0] if number else 'of unknown version'}")
    return ", ".join(found)


def table(workload: Workload, results: Mapping[str, Rounds], failures: Mapping[str, str]) -> str:
    first = workload.columns[0]
    heads = ["", first, "× ChatApp", *workload.columns[1:], "others %", "load %"]
    lines = [f"### {workload.name}", "", f"{workload.title}.", "", row(heads)]
    lines.append(row(["---"] * len(heads)))
    ours = [each.get(first) for each in next(iter(results.values()), [])]
    for name, rounds in results.items():
        if rounds:
            lines.append(row(cells(workload, name, rounds, ours)))
    lines += [f"\nNot run: {name}, because {reason}." for name, reason in failures.items()]
    return "\n".join(lines) + "\n"


def cells(workload: Workload, name: str, rounds: Rounds, ours: Sequence[float | None]) -> list[str]:
    def column(key: str) -> list[float | None]:
        return [each.get(key) for each in rounds]

    first, *others = workload.columns
    share = [value for value in column("load %") if value is not None]
    mark = " †" if share and max(share) > LOAD_PERCENT else ""
    return [
        name + mark,
        spread(column(first)),
        spread(ratios(column(first), ours)),
        *(spread(column(key)) for key in others),
        spread(column("others %")),
        spread(share),
    ]


def row(values: Sequence[str]) -> str:
    return f"| {' | '.join(values)} |"
