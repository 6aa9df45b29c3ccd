"""What bin/bench does: every workload, round after round, one contestant after the other."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import report
from benchmarks.contestants import Contestant, chat
from benchmarks.processes import Cores, children, stay_on
from benchmarks.workloads import WORKLOADS, Workload
from tests.running import CHECKOUT

RUN_SECONDS = 300.0
LINE_CHARS = 3000

Figures = dict[str, float | None]


def main(arguments: Sequence[str] | None = None) -> int:
    if sys.platform != "linux":
        sys.exit("CPU time is read from /proc, which Linux alone has.")
    options = read_options(arguments)
    cores = Cores.of_this_machine()
    print(report.conditions(cores, options.rounds, quick=options.quick), flush=True)
    # So that whatever runs at that moment is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Whatever is started from here on stays there too; the load generator leaves by itself.
    stay_on(cores.servers)
    is_complete = True
    for workload in chosen(options):
        results, failures = compare(workload, options.rounds, cores)
        print("\n" + report.table(workload, results, failures), flush=True)
        is_complete &= bool(results[workload.contestants[0].name])
    print("\n† The load generator was busy for more than 90 % of the time: it may be the limit.")
    return 0 if is_complete else 1


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [workload.name for workload in WORKLOADS]
    parser = argparse.ArgumentParser(
        prog="bin/bench", description="Measure the chat and its peers."
    )
    parser.add_argument("names", nargs="*", help=f"which workloads, of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small and short: does it all work?")
    parser.add_argument("--rounds", type=int, help="how often each is measured (3; quick: 1)")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="SETTING=VALUE",
        help="measure the chat with this setting too; may be repeated",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(names):
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def chosen(options: argparse.Namespace) -> list[Workload]:
    workloads = [each for each in WORKLOADS if not options.names or each.name in options.names]
    if options.quick:
        workloads = [workload.quick() for workload in workloads]
    return [with_contestants(workload, options) for workload in workloads]


def with_contestants(workload: Workload, options: argparse.Namespace) -> Workload:
    known = workload.contestants
    if options.alone:
        known = tuple(each for each in known if each.dialect == "chat")
    others = [chat(f"ChatApp, {pair}", settings=setting(pair)) for pair in options.also]
    return dataclasses.replace(workload, contestants=(known[0], *others, *known[1:]))


def setting(pair: str) -> dict[str, str]:
    name, equals, value = pair.partition("=")
    if not equals:
        sys.exit(f"{pair} is not SETTING=VALUE.")
    return {name: value}


def compare(
    workload: Workload, rounds: int, cores: Cores
) -> tuple[dict[str, list[Figures]], dict[str, str]]:
    """The figures of each contestant, and why some have none; who fails is not tried again."""
    results: dict[str, list[Figures]] = {each.name: [] for each in workload.contestants}
    failures = {each.name: reason for each in workload.contestants if (reason := each.missing())}
    for number in range(rounds):
        for contestant in workload.contestants:
            if contestant.name in failures:
                continue
            said = f"{workload.name}, round {number + 1} of {rounds}: {contestant.name}"
            print(said, file=sys.stderr, flush=True)
            try:
                results[contestant.name].append(measure(workload, contestant, cores))
            except (OSError, RuntimeError, subprocess.SubprocessError) as problem:
                print(problem, file=sys.stderr, flush=True)
                failures[contestant.name] = f"it failed in round {number + 1}"
    return results, failures


def measure(workload: Workload, contestant: Contestant, cores: Cores) -> Figures:
    """One run: the contestant, its services and its crowd are started for it and end with it."""
    others = children(os.getpid())
    with contestant.start(workload.crowd) as running:
        task: dict[str, object] = {
            "load": workload.load,
            "plan": dict(workload.plan),
            "dialect": contestant.dialect,
            "ports": running.ports,
            "cookies": running.cookies,
            "rooms": [f"bench-{number}" for number in range(workload.crowd.rooms)],
            "roots": sorted(children(os.getpid()) - others),
            "core": cores.servers,
        }
        return generate(task, cores.load)


def generate(task: dict[str, object], core: int) -> Figures:
    """Raises RuntimeError with what the load generator said when it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.generator", str(core)],
        cwd=CHECKOUT,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-LINE_CHARS:])
    figures: Figures = json.loads(done.stdout)
    return figures
