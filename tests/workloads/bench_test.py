#!/usr/bin/python3
"""Tests workloads/bench/run.py: its programs agree with their Lua, and one that does not is never timed."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RUN = Path(__file__).resolve().parent.parent.parent / "workloads" / "bench" / "run.py"
HARNESS = ""
SMALL = re.compile(r"^# small: (\d+)$", re.MULTILINE)
# The others say nothing of memory, which their figures are without.
PORTABLE = ["calls", "exceptions", "loops", "mandelbrot", "nbody", "sorting"]

SUM = '# small: 10\nn = param("n", 100)\nprint(n * 2)\n'
SAME = "print((tonumber(arg[1]) or 100) * 2)\n"
# Reads an element of a list of lists n times: a count for each, unless it is elided.
SHARES = """# small: 2000
n = param("n", 2000)
def total(rows, rounds):
    t = 0
    for i in range(rounds):
        t += rows[0][0]
    return t
print(total([[2]], n))
"""
OTHER = "print((tonumber(arg[1]) or 100) * 3)\n"


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(RUN), "--harness", HARNESS, *arguments], capture_output=True, text=True, check=False)


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, source: str, lua: str) -> None:
        (self.folder / f"{name}.src").write_text(source)
        (self.folder / f"{name}.lua").write_text(lua)

    def test_every_program_agrees_with_its_lua_and_with_python(self):
        done = run("--small", "--check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        programs = len(list(RUN.parent.glob("*.src")))
        self.assertGreaterEqual(programs, 12)
        self.assertEqual(done.stdout.count("print the same"), programs)

    def test_some_programs_are_legal_under_every_lifetime(self):
        for name in PORTABLE:
            file = RUN.parent / f"{name}.src"
            size = SMALL.search(file.read_text())[1]
            done = subprocess.run(
                [HARNESS, "check", str(file), "--set", f"n={size}"], capture_output=True, text=True, check=False
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_row_has_the_ratios_and_the_last_ones_sum_them_up(self):
        self.write("twice", SUM, SAME)
        done = run("--folder", str(self.folder), "--small", "--repeat", "1", "--markdown")
        self.assertEqual(done.returncode, 0, done.stderr)
        header, _, row, mean, _, worst, _ = (line for line in done.stdout.splitlines() if line.startswith("|"))
        self.assertIn("| leak / lua5.4 | refcount / lua5.4 | refcount / leak | counts / without elision |", header)
        self.assertTrue(row.startswith("| `twice` |"), row)
        self.assertTrue(mean.startswith("| geometric mean |"), mean)
        self.assertTrue(worst.startswith("| worst |"), worst)
        # Of one program the mean and the worst are its own ratios; it has no counts that could be compared.
        def ratios(line: str) -> list[str]:
            return [cell.strip(" –") for cell in line.split("|")[3:]]

        self.assertEqual(ratios(row), ratios(worst))
        self.assertEqual(ratios(row), ratios(mean))

    def test_counts_are_compared_with_those_of_a_program_without_elision(self):
        self.write("shares", SHARES, "print((tonumber(arg[1]) or 2000) * 2)\n")
        done = run("--folder", str(self.folder), "--repeat", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        header, row = done.stdout.splitlines()[:2]
        self.assertIn("counts / without elision", header)
        # loops of 2000 reads: all of them are lent.
        self.assertEqual(row.split()[6], "0.00", row)

    def test_a_program_that_prints_something_else_is_told_and_not_timed(self):
        self.write("twice", SUM, OTHER)
        done = run("--folder", str(self.folder), "--small", "--repeat", "1")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn(r"twice: leak printed b'20\n', lua5.4 b'30\n'", done.stderr)

    def test_a_program_that_fails_is_told_with_its_message(self):
        self.write("twice", SUM + "print(1 // 0)\n", SAME)
        done = run("--folder", str(self.folder), "--small", "--repeat", "1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("twice: leak: exit code 1", done.stderr)
        self.assertIn("ZeroDivisionError", done.stderr)

    def test_an_unknown_program_is_refused_with_the_known_names(self):
        done = run("--programs", "call")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no program 'call'; there are: ", done.stderr)


if __name__ == "__main__":
    HARNESS = sys.argv.pop(1)
    sys.exit(unittest.main(verbosity=2))
