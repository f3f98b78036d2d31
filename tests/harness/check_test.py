#!/usr/bin/python3
"""Drives `harness check` from outside: findings, table, summary, exit codes, JSON.

Call it with the path of the binary: check_test.py HARNESS [unittest options].
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HARNESS = ""
PATIENCE_S = 120

PORTABLE = 'print("hello")\n'
ESCAPE = """\
class Box:
    def __init__(self):
        self.item = None

def fill(b):
    cell = [1, 2]
    b.item = cell

box = Box()
fill(&box)
print(box.item)
deinit(box)
"""
DOUBLE_FREE = "a = [1]\nfree(a)\nfree(a)\n"
FORGETFUL = "xs = [1, 2]\nprint(len(xs))\n"
RUN_TIME_ERROR = "print(1)\nprint(1 // 0)\n"
SYNTAX_ERROR = "if True\n    print(1)\n"
ENDLESS = 'print("started")\nwhile True:\n    pass\n'
PARAM = 'print(param("depth", 15))\nprint(args)\n'
GONE = """\
class Part:
    def __init__(self):
        self.n = 1
        self.part = None

def inner():
    outer = Part()
    outer.part = Part()
    return outer.part

def use():
    last = Part()
    for i in range(2):
        print(last.n)
        last = inner()

use()
"""
UNREACHABLE = "def f():\n    xs = [1]\n    raise ValueError('no')\n    free(xs)\nprint(1)\n"


def harness(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        [HARNESS, *arguments], input=stdin, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def check(source: str, *arguments: str) -> subprocess.CompletedProcess:
    return harness("check", *arguments, "-", stdin=source)


def report_of(source: str, *arguments: str) -> tuple[dict, subprocess.CompletedProcess]:
    done = check(source, "--json", "-", *arguments)
    return json.loads(done.stdout), done


def lifetimes() -> list[str]:
    listed = harness("list").stdout.partition("\nlifetimes\n")[2]
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def rows_of(output: str) -> dict[str, list[str]]:
    """The table's rows by lifetime; columns are two blanks apart."""
    rows = {}
    for line in output.splitlines():
        columns = re.split(r" {2,}", line)
        if columns[0] in lifetimes():
            rows[columns[0]] = columns[1:]
    return rows


class Table(unittest.TestCase):
    def test_a_portable_program_is_legal_everywhere(self):
        done = check(PORTABLE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = rows_of(done.stdout)
        self.assertEqual(list(rows), lifetimes())
        for legal, same, leaked, allocations, peak, took in rows.values():
            self.assertEqual((legal, same), ("yes", "yes"))
            self.assertRegex(leaked + allocations + peak + took, r"^[0-9. ]+([KM]i)?B[0-9 ]+")
        head = done.stdout.splitlines()[0]
        self.assertEqual(
            re.split(r" {2,}", head),
            ["lifetime", "legal", "prints the same", "leaked", "allocations", "peak payload", "time"],
        )
        count = len(lifetimes())
        self.assertEqual(
            done.stdout.splitlines()[-1],
            f"<stdin>: legal under {count} of {count} lifetimes, the same output under all, no finding",
        )

    def test_what_the_program_prints_is_compared_and_not_shown(self):
        self.assertNotIn("hello", check(PORTABLE).stdout)

    def test_a_defect_is_told_once_and_named_in_its_row(self):
        done = check(ESCAPE)
        self.assertEqual(done.returncode, 4)
        self.assertIn("<stdin>:7:5: error[EscapeError]: 'cell' ends with fill(), but b.item still refers", done.stderr)
        self.assertIn("help: write 'keep cell with b' behind it", done.stderr)
        self.assertEqual(done.stderr.count("error[EscapeError]"), 1)
        rows = rows_of(done.stdout)
        self.assertEqual(rows["stack"][:2], ["EscapeError", "cut short"])
        self.assertEqual(rows["refcount"][:2], ["yes", "yes"])

    def test_a_defect_of_the_second_turn_says_so(self):
        done = check(GONE, "--static")
        self.assertIn("<stdin>:14:15: error[UseAfterFreeError]: this object ended with the function", done.stderr)
        self.assertIn("  in the second turn of the loop\n  under scope and ownership\n", done.stderr)

    def test_what_only_a_run_meets_is_told_in_full_with_its_lifetimes(self):
        done = check(FORGETFUL)
        self.assertEqual(done.returncode, 4)
        self.assertIn("under manual:\n<stdin>:1:6: error[LeakError]: 1 object, 24 bytes", done.stderr)
        self.assertEqual(rows_of(done.stdout)["manual"][:2], ["LeakError", "yes"])
        done = check(RUN_TIME_ERROR)
        self.assertEqual(done.stderr.count("error[ZeroDivisionError]"), 1)
        self.assertTrue(done.stderr.startswith("under every lifetime:\n<stdin>:2:12: error"), done.stderr)

    def test_another_output_is_seen(self):
        source = 'class Note:\n    def __del__(self):\n        print("gone")\n\nn = Note()\nn = None\nprint("end")\n'
        done = check(source, "--lifetimes", "leak,refcount")
        rows = rows_of(done.stdout)
        self.assertEqual((rows["leak"][1], rows["refcount"][1]), ("yes", "no"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("legal under 2 of 2 lifetimes, the same output under 1,", done.stdout)


class Findings(unittest.TestCase):
    def test_static_runs_nothing(self):
        done = check(ENDLESS, "--static")
        self.assertEqual((done.returncode, done.stdout), (0, "<stdin>: no finding\n"))
        done = check(ESCAPE, "--static")
        self.assertEqual((done.returncode, done.stdout), (4, "<stdin>: 1 finding\n"))

    def test_a_defect_under_every_lifetime_rejects(self):
        done = check(DOUBLE_FREE)
        self.assertEqual(done.returncode, 6)
        self.assertIn("  under every lifetime\n", done.stderr)
        self.assertEqual(done.stderr.count("error[DoubleFreeError]"), 1)

    def test_it_is_silent_about_lifetimes_that_nobody_asked_for(self):
        done = check(ESCAPE, "--lifetimes", "refcount,gc")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(list(rows_of(done.stdout)), ["refcount", "gc"])

    def test_a_warning_is_no_defect(self):
        done = check(UNREACHABLE)
        self.assertEqual(done.returncode, 0)
        self.assertIn("<stdin>:4:5: warning[UnreachableFree]: this is never reached", done.stderr)

    def test_run_does_not_care(self):
        done = harness("run", "--quiet", "--lifetime", "refcount", "-", stdin=ESCAPE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "[1, 2]\n", ""))


class Ends(unittest.TestCase):
    def test_1_is_a_run_time_error_and_5_a_limit(self):
        self.assertEqual(check(RUN_TIME_ERROR).returncode, 1)
        started = time.monotonic()
        done = check(ENDLESS, "--timeout", "0.2", "--lifetimes", "leak,gc")
        self.assertLess(time.monotonic() - started, 20)
        self.assertEqual(done.returncode, 5)
        self.assertEqual(rows_of(done.stdout)["gc"][0], "time limit")

    def test_2_is_wrong_usage(self):
        for arguments, told in [
            (["--lifetimes", "refcuont", "-"], "did you mean 'refcount'?"),
            (["--allocator", "arean", "-"], "arean"),
            (["--statick", "-"], "did you mean '--static'?"),
            (["--timeout", "soon", "-"], "--timeout"),
            (["-", "-"], "standard input holds one program"),
            (["/no/such/file.src"], "No such file"),
            ([], "FILE"),
        ]:
            with self.subTest(arguments):
                done = harness("check", *arguments, stdin=PORTABLE)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertIn(told, done.stderr)

    def test_6_is_a_rejected_program(self):
        done = check(SYNTAX_ERROR)
        self.assertEqual((done.returncode, done.stdout), (6, "<stdin>: rejected\n"))
        self.assertIn("<stdin>:1:8: error[SyntaxError]", done.stderr)

    def test_several_files_end_with_the_gravest(self):
        with tempfile.TemporaryDirectory() as folder:
            names = {"a": PORTABLE, "b": FORGETFUL, "c": RUN_TIME_ERROR, "d": SYNTAX_ERROR}
            for name, text in names.items():
                (Path(folder) / f"{name}.src").write_text(text)
            files = [str(Path(folder) / f"{name}.src") for name in names]
            done = harness("check", *files)
            self.assertEqual(done.returncode, 6)
            self.assertEqual(len(re.findall(r"^lifetime  ", done.stdout, re.M)), 3)
            self.assertEqual(harness("check", *files[:3]).returncode, 4)
            self.assertEqual(harness("check", files[0], files[2]).returncode, 1)

    def test_settings_limits_and_arguments_reach_the_runs(self):
        report, _ = report_of(PARAM, "--set", "depth=3", "--lifetimes", "leak,arena")
        other, _ = report_of(PARAM, "--set", "depth=4", "--lifetimes", "leak,arena")
        first, second = report["programs"][0]["cells"][0], other["programs"][0]["cells"][0]
        self.assertNotEqual(first["output_xxh3"], second["output_xxh3"])
        done = harness("check", "--json", "-", "-", "--", "word", stdin=PARAM)
        self.assertNotEqual(json.loads(done.stdout)["programs"][0]["cells"][0]["output_xxh3"], first["output_xxh3"])
        report, done = report_of("xs = []\nwhile True:\n    xs.append(1)\n", "--max-heap", "1M", "--lifetimes", "leak")
        self.assertEqual((done.returncode, report["programs"][0]["cells"][0]["status"]), (5, "limit"))

    def test_ctrl_c_ends_it_and_keeps_what_is_finished(self):
        process = subprocess.Popen(
            [HARNESS, "check", "--lifetimes", "leak", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stdin.write(ENDLESS)
        process.stdin.close()
        process.stdin = None
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn("leak", output)

    def test_output_that_cannot_be_written_is_told(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [HARNESS, "check", "-"], input=PORTABLE, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        self.assertEqual(done.returncode, 7)
        self.assertIn("No space left", done.stderr)


class Json(unittest.TestCase):
    def test_the_documented_keys_are_there(self):
        report, done = report_of(ESCAPE)
        self.assertEqual(done.returncode, report["exit_code"])
        self.assertEqual(list(report), ["schema", "exit_code", "allocator", "lifetimes", "programs", "harness"])
        self.assertEqual(report["lifetimes"], lifetimes())
        [program] = report["programs"]
        self.assertEqual(list(program), ["file", "exit_code", "errors", "findings", "cells"])
        [finding] = program["findings"]
        self.assertEqual((finding["kind"], finding["line"], finding["column"]), ("EscapeError", 7, 5))
        self.assertEqual(finding["help"], "write 'keep cell with b' behind it")
        self.assertEqual(finding["lifetimes"]["stack"], "EscapeError")
        self.assertFalse(finding["everywhere"] or finding["warning"])
        cells = {cell["lifetime"]: cell for cell in program["cells"]}
        self.assertEqual((cells["stack"]["status"], cells["stack"]["legal"]), ("defect", False))
        self.assertEqual((cells["gc"]["same_output"], cells["gc"]["allocations"]), (True, 2))

    def test_a_file_is_not_overwritten_without_force(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.json"
            self.assertEqual(check(PORTABLE, "--json", str(file), "--lifetimes", "leak").returncode, 0)
            self.assertEqual(json.loads(file.read_text())["schema"], 1)
            self.assertEqual(check(PORTABLE, "--json", str(file)).returncode, 2)
            self.assertEqual(check(PORTABLE, "--json", str(file), "--force", "--static").returncode, 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    HARNESS = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
