#!/usr/bin/python3
"""Tests workloads/bench/lifetimes.py: what it computes from times, and that nothing is timed which prints otherwise."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent.parent / "workloads" / "bench" / "lifetimes.py"
HARNESS = ""

spec = importlib.util.spec_from_file_location("lifetimes", SCRIPT)
bench = importlib.util.module_from_spec(spec)
sys.modules["lifetimes"] = bench
spec.loader.exec_module(bench)

SLOW, QUICK, OTHER = bench.Cell("gc", "direct"), bench.Cell("manual", "direct"), bench.Cell("manual", "mimalloc")


def bar(under: list, limit: float = 1.5, goal: float = 1.0):
    return bench.Bar("one", "one", SLOW, under, "workloads", limit, goal)


def program(slow: list[float], quick: list[float], other: list[float]):
    made = bench.Program(Path("x.src"), [], True)
    made.seconds = {SLOW: slow, QUICK: quick, OTHER: other}
    return made


class Ratios(unittest.TestCase):
    def test_are_taken_round_by_round(self):
        self.assertEqual(bench.rounds_of(bar([QUICK]), program([2, 6], [1, 2], [9, 9])), [2, 3])

    def test_are_against_the_best_of_several(self):
        self.assertEqual(bench.rounds_of(bar([QUICK, OTHER]), program([2, 2], [4, 4], [1, 1])), [2, 2])

    def test_of_many_programs_are_their_geometric_mean(self):
        ratio = bench.over_all(bar([QUICK]), [program([4, 4, 4], [1, 1, 2], [9]), program([1, 1, 1], [1, 4, 1], [9])])
        # The rounds: sqrt(4 * 1), sqrt(4 * 1/4), sqrt(2 * 1).
        for found, expected in ((ratio.median, 2**0.5), (ratio.least, 1), (ratio.greatest, 2)):
            self.assertAlmostEqual(found, expected)

    def test_are_judged_by_their_bar(self):
        for median, least, expected in ((1.0, 1.0, "goal reached"), (1.4, 1.3, "held"), (1.6, 1.4, "within the noise"),
                                        (1.7, 1.6, "missed")):  # fmt: skip
            self.assertEqual(bench.verdict(bar([QUICK]), bench.Ratio(median, least, 2.0)), expected)


class Runs(unittest.TestCase):
    def run_script(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-B", str(SCRIPT), "--harness", HARNESS, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_all_contenders_print_the_same(self):
        done = self.run_script("--check")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), len(bench.all_programs()))

    def test_an_unknown_bar_is_refused(self):
        done = self.run_script("--bars", "gcc")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no bar 'gcc'; there are: refcount, scope", done.stderr)

    def test_every_size_is_of_a_workload_that_reads_it(self):
        programs = {each.name: each for each in bench.all_programs() if each.workload}
        self.assertEqual(sorted(bench.SIZES), sorted(programs))
        for name, setting in bench.SIZES.items():
            for each in setting.split():
                self.assertIn(f'param("{each.split("=")[0]}"', programs[name].path.read_text(), name)

    def test_what_prints_otherwise_has_no_time(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tells.src"
            file.write_text("print(memory()['payload_bytes_total'] > 100, clock())\n")
            runner = bench.Runner(HARNESS, Path(folder), True)
            tells = bench.Program(file, [], True)
            self.assertFalse(bench.measure(runner, tells, [bench.Cell("leak", "direct"), bench.Cell("gc", "direct")], 1))
            self.assertEqual(tells.seconds, {})
            self.assertEqual(runner.problems, ["tells: gc on direct prints something else"])

    def test_a_failure_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "fails.src"
            file.write_text("print([][0])\n")
            runner = bench.Runner(HARNESS, Path(folder), True)
            self.assertIsNone(runner.seconds(bench.Program(file, [], True), bench.Cell("leak", "direct")))
            self.assertIn("fails: leak on direct: exit code 1", runner.problems[0])


if __name__ == "__main__":
    HARNESS = sys.argv.pop(1)
    unittest.main()
