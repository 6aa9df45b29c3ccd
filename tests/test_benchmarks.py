"""The benchmarks measure what they say, and still run."""

import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks import report
from benchmarks.command import measure
from benchmarks.contestants import CHAT, TUTORIAL, Contestant
from benchmarks.crowd import Crowd
from benchmarks.dialects import MQTT, Chat, SocketIO, Tutorial
from benchmarks.figures import percentile, ratios, spread, written
from benchmarks.processes import Cores, usage
from benchmarks.tally import Tally
from benchmarks.websocket import masked_frame, split_frames
from benchmarks.workloads import WORKLOADS

SMALLEST = replace(
    WORKLOADS[0],
    crowd=Crowd(1, 3),
    plan={"speakers": 1, "in_flight": 1, "warm_up": 0.2, "seconds": 1.0},
)


class TestFigures:
    def test_a_percentile_is_one_of_the_values(self):
        values = [5.0, 1.0, 4.0, 2.0, 3.0]
        assert percentile(values, 0.5) == 3.0
        assert percentile(values, 0.99) == 5.0
        assert percentile(values, 0.0) == 1.0
        assert percentile([7.0], 0.5) == 7.0
        assert percentile([], 0.5) is None

    def test_a_spread_is_the_median_with_both_ends(self):
        assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00–3.00)"
        assert spread([4.0, 2.0, None]) == "3.00 (2.00–4.00)"
        assert spread([8.25]) == spread([8.25, 8.2502]) == "8.25"
        assert spread([0.0, 3e-11]) == "0"
        assert spread([None]) == "–"

    def test_a_ratio_compares_the_same_round(self):
        assert ratios([10.0, 30.0, 4.0], [5.0, 10.0, 0.0]) == [2.0, 3.0]
        assert ratios([None, 6.0], [1.0, 3.0]) == [2.0]

    @pytest.mark.parametrize(
        ("value", "text"),
        [(0, "0"), (0.01234, "0.0123"), (7.126, "7.13"), (99.96, "100.0"), (123456.7, "123,457")],
    )
    def test_three_digits_are_written(self, value, text):
        assert written(value) == text


class TestProcesses:
    def test_what_ended_children_used_is_counted(self):
        burn = "import time\nwhile time.process_time() < 0.3: pass"
        parent = (
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]);"
            "print('done', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", parent]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            used = usage([process.pid], core=0)
            assert process.stdin
            process.stdin.close()
        assert 0.25 < used.cpu < 5
        assert used.rss > 1000
        assert used.busy > 0
        assert usage([process.pid], core=0).cpu == 0


class TestClient:
    def test_frames_are_found_however_the_bytes_come(self):
        frames = [(0x81, b"a" * size) for size in (0, 5, 125, 126, 70_000)]
        stream = b"".join(server_frame(payload) for _, payload in frames)
        assert split_frames(stream) == (frames, b"")
        for end in (1, 3, 40, 140, 200, 300, len(stream) - 1):
            first, rest = split_frames(stream[:end])
            assert (first + split_frames(rest + stream[end:])[0]) == frames

    def test_what_it_says_is_masked(self):
        frame = masked_frame(1, b"hello")
        assert frame[:2] == b"\x81\x85"
        assert bytes(a ^ b for a, b in zip(frame[6:], frame[2:6] * 2, strict=False)) == b"hello"
        assert len(masked_frame(1, b"x" * 300)) == 300 + 8


class TestTally:
    def test_a_message_is_complete_on_all_screens_and_acknowledged(self):
        tally, completed = Tally(), []
        number = tally.add(2, needs_ack=True, due=0.0, on_complete=lambda: completed.append(1))
        tally.count(tally.posts_in(b'{"message":"No. %b and more"}' % number), frames=1)
        tally.count(tally.posts_in(b"[No. %b,No. 99999999]" % number), frames=1)
        assert (tally.deliveries, tally.frames, len(tally.latencies)) == (2, 2, 1)
        assert not completed
        tally.acknowledge(number)
        assert completed == [1]
        assert not tally.flying

    def test_what_does_not_arrive_is_lost_and_the_loop_goes_on(self):
        tally, completed = Tally(), []
        tally.add(1, needs_ack=False, due=0.0, on_complete=lambda: completed.append(1))
        tally.give_up(seconds=0.0)
        assert (tally.lost, tally.completed, completed) == (1, 0, [1])

    @pytest.mark.parametrize("dialect", [Chat(), Tutorial(), SocketIO(), MQTT()])
    def test_its_number_is_in_whatever_a_dialect_says(self, dialect):
        tally = Tally()
        number = tally.add(1, needs_ack=False, due=0.0, on_complete=lambda: None)
        assert len(tally.posts_in(dialect.post("bench-0", number))) == 1


class TestReport:
    def test_shows_medians_beside_the_peers_and_what_is_missing(self):
        results = {"ChatApp": [{"µs/delivery": 2.0, "load %": 95.0}], "other": [], "peer": []}
        results["peer"] = [{"µs/delivery": 8.0, "load %": 10.0}]
        text = report.table(SMALLEST, results, {"other": "it is not installed"})
        assert "| ChatApp † | 2.00 | 1.00 |" in text
        assert "| peer | 8.00 | 4.00 |" in text
        assert "Not run: other, because it is not installed." in text


@pytest.mark.alone
@pytest.mark.parametrize("contestant", [CHAT, TUTORIAL], ids=["chat", "tutorial"])
def test_the_smallest_workload_runs_against_a_real_server(contestant: Contestant):
    figures = measure(SMALLEST, contestant, Cores.of_this_machine())
    assert figures["lost"] == 0
    for name in ("µs/delivery", "deliveries/s", "messages/s", "p50 ms", "p99 ms"):
        assert figures[name], name
    assert figures["deliveries/s"] == pytest.approx(3 * figures["messages/s"], rel=0.1)


def server_frame(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([0x81, size]) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload
