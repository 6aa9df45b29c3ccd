"""CPU seconds and memory of trees of processes, and the cores that they may use (Linux)."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Of whole trees: CPU seconds, user and system, used so far; KiB resident now. And the seconds
    for which their core was busy, whoever kept it so."""

    cpu: float
    rss: float
    busy: float

    def __sub__(self, earlier: Usage) -> Usage:
        return Usage(self.cpu - earlier.cpu, self.rss - earlier.rss, self.busy - earlier.busy)

    @property
    def others(self) -> float:
        """CPU seconds that somebody else took from that core."""
        return max(0.0, self.busy - self.cpu)


def usage(roots: Collection[int], core: int) -> Usage:
    tree = descendants(roots)
    return Usage(sum(map(cpu_seconds, tree)), sum(map(resident, tree)), busy_seconds(core))


def busy_seconds(core: int) -> float:
    """Since the machine started: all but idle time and waiting for disks, as proc(5) has it."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _iowait, *rest = map(int, line.split()[1:9])
            return (user + nice + system + sum(rest)) / TICKS_PER_SECOND
    return 0.0


def children(parent: int) -> set[int]:
    return {pid for pid, its_parent in parents().items() if its_parent == parent}


def descendants(roots: Collection[int]) -> set[int]:
    """The roots that are alive, and all below them."""
    known = parents()
    tree, newest = set[int](), {root for root in roots if root in known}
    while newest:
        tree |= newest
        newest = {pid for pid, parent in known.items() if parent in newest} - tree
    return tree


def parents() -> dict[int, int]:
    """Of every process on this machine."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid: int(fields[1]) for pid in pids if (fields := stat(pid))}


def cpu_seconds(pid: int) -> float:
    """Its own, and those of children that have ended and that it has waited for."""
    fields = stat(pid)
    return sum(map(int, fields[11:15])) / TICKS_PER_SECOND if fields else 0.0


def stat(pid: int) -> list[str]:
    """The fields of proc(5) from the third on, for the second may contain anything; or none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(float(line.split()[1]) for line in lines if line.startswith("Rss:"))


@dataclass(frozen=True)
class Cores:
    """Servers on one, the load on another; with a single core both share it."""

    servers: int
    load: int

    @classmethod
    def of_this_machine(cls) -> Cores:
        mine = sorted(os.sched_getaffinity(0))
        return cls(mine[0], mine[1] if len(mine) > 1 else mine[0])

    @property
    def are_shared(self) -> bool:
        return self.servers == self.load


def stay_on(core: int) -> None:
    """For the calling thread and everything that it starts from now on."""
    os.sched_setaffinity(0, {core})
