#!/usr/bin/python3
"""Drives the real program `harness` from outside: exit codes, streams, options, and the ways a run can break.

Call it with the path of the binary: cli_test.py HARNESS [unittest options].
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HARNESS = ""
PATIENCE_S = 60  # far above what any call needs, so that only a hang reaches it

HELLO = 'print("hello")\n'
RUN_TIME_ERROR = "x = 0\nprint(1 // x)\n"
SYNTAX_ERROR = "if True\n    print(1)\n"
DOUBLE_FREE = "b = allocate(64)\nfree(b)\nfree(b)\n"
LEAK = "my_list = [10, 20, 30, 40, 50]\nprint(len(my_list))\n"
ENDLESS = 'print("started")\nwhile True:\n    pass\n'
ENDLESS_OUTPUT = "while True:\n    print('y')\n"
DEEP = "def f(n):\n    return f(n + 1) + 1\n\nprint(f(0))\n"
GROWING = "xs = []\nwhile True:\n    xs.append(1)\n"
EXIT_42 = "exit(42)\n"
PRINT_ARGS = "print(args)\n"
PAIR = "def pair(n):\n    return [n], [n + 1]\n\na, b = pair(1)\nprint(a, b)\ndeinit(a)\ndeinit(b)\n"
OWN_ALLOCATOR = "pool = system.memory.pool(64, 100)\nb = alloc(pool, 32)\nprint(b.size)\ndealloc(b)\n"
PRINT_PARAM = 'print(param("depth", 15))\n'

SUMMARY = re.compile(
    r"^\S+ × \S+: ok, [0-9.]+ (ns|µs|ms|s), [0-9 ]+ allocations?, peak [0-9.]+ ([KMG]i)?B payload, "
    r"[0-9.]+ ([KMG]i)?B leaked$"
)
DOCUMENTED_KEYS = [
    "schema", "workload", "allocator", "lifetime", "checked", "status", "exit_code", "wall_ns", "output_xxh3",
    "peak_rss_bytes", "heap", "stack", "indices", "defects",
]  # fmt: skip


def harness(*arguments: str, stdin: str = "", **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [HARNESS, *arguments], input=stdin, capture_output=True, text=True, timeout=PATIENCE_S, check=False, **options
    )


def run(source: str, *arguments: str) -> subprocess.CompletedProcess:
    """Runs the text as a program from standard input."""
    return harness("run", *arguments, "-", stdin=source)


def report_of(source: str, *arguments: str) -> tuple[dict, subprocess.CompletedProcess]:
    done = run(source, "--json", "-", "--quiet", *arguments)
    return json.loads(done.stdout.splitlines()[-1]), done


def children_of(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, source: str, name: str = "program.src") -> str:
        path = self.folder / name
        path.write_text(source)
        return str(path)

    def start(self, source: str, *arguments: str) -> tuple[subprocess.Popen, int]:
        """Starts an endless program; returns the harness and the pid of its child once that has begun to run."""
        process = subprocess.Popen(
            [HARNESS, "run", *arguments, self.file(source)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for stream in (process.stdout, process.stderr):
            self.addCleanup(stream.close)
        deadline = time.monotonic() + PATIENCE_S
        while not (children := children_of(process.pid)):
            self.assertLess(time.monotonic(), deadline, "the harness starts no child")
            time.sleep(0.01)
        time.sleep(0.3)  # past the front end
        return process, children[0]


class HelpAndNames(Case):
    def test_help_begins_with_examples(self):
        for words in (["--help"], ["run", "--help"], ["list", "--help"], ["python", "--help"]):
            done = harness(*words)
            self.assertEqual(done.returncode, 0, words)
            self.assertTrue(done.stdout.startswith("Examples:\n"), words)
            self.assertEqual(done.stderr, "")

    def test_no_command_is_wrong_usage_and_helps(self):
        done = harness()
        self.assertEqual(done.returncode, 2)
        self.assertIn("Examples:", done.stderr)

    def test_version_names_the_compiler_and_the_c_library(self):
        done = harness("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^harness \d+\.\d+")
        self.assertRegex(done.stdout, r"g\+\+|clang")
        self.assertIn("glibc", done.stdout)

    def test_list_names_allocators_and_lifetimes(self):
        allocators = harness("list", "allocators").stdout
        lifetimes = harness("list", "lifetimes").stdout
        self.assertRegex(allocators, r"(?m)^direct\b")
        self.assertRegex(allocators, r"(?m)^arena\b")
        for peer in ("jemalloc", "mimalloc", "tcmalloc"):
            self.assertRegex(allocators, rf"(?m)^{peer}\b.*\((.*\d+\.\d+|missing: install the package \S+.*)")
        self.assertRegex(lifetimes, r"(?m)^refcount\b")
        everything = harness("list").stdout
        self.assertIn(allocators, everything)
        self.assertIn(lifetimes, everything)

    def test_an_allocator_whose_blocks_overlap_is_refused_wherever_it_stands(self):
        for spec in ("null", "null(64K)", "counting(null)"):
            done = run(HELLO, "--allocator", spec)
            self.assertEqual(done.returncode, 2, spec)
            self.assertIn("hands out the same bytes again and again", done.stderr)
            self.assertIn("--allocator fixed", done.stderr)

    def test_misspelt_names_get_the_nearest(self):
        cases = [
            (["rnu", "x.src"], "did you mean 'run'?"),
            (["lst"], "did you mean 'list'?"),
            (["program.src"], "did you mean 'harness run program.src'?"),
            (["run", "--allocatr", "arena", "x.src"], "did you mean '--allocator'?"),
            (["run", "--allocator", "arean", "-"], "arena"),
            (["run", "--lifetime", "refcont", "-"], "did you mean 'refcount'?"),
            (["list", "allocator"], "did you mean 'allocators'?"),
        ]
        for words, remedy in cases:
            done = harness(*words, stdin=HELLO)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(remedy, done.stderr, words)
            self.assertEqual(done.stdout, "", words)

    def test_a_slip_in_an_allocator_is_marked(self):
        for spec, marked in (
            ("pool(32,1M)/arean/page", "arean"), ("pool(x)", "x"), ("fixed(0)", "0"), ("pool(32,1M,3)", "3"),
            ("page/arena", "arena"), ("counting(locked(direkt))", "direkt"), ("pool(32", "pool(32"),
        ):  # fmt: skip
            done = harness("run", "--allocator", spec, "-", stdin=HELLO)
            self.assertEqual(done.returncode, 2, spec)
            lines = done.stderr.splitlines()
            self.assertEqual(lines[1], "    " + spec)
            self.assertEqual(lines[2], " " * (4 + spec.rindex(marked)) + "^" * len(marked))
            self.assertTrue(lines[3].startswith("help: "), done.stderr)

    def test_a_wrong_value_is_named_with_its_option(self):
        for words, message in (
            (["--max-depth", "x"], "--max-depth: 'x' is not a whole number"),
            (["--max-depth", "-1"], "--max-depth: '-1' is not a whole number"),
            (["--seed", "-1"], "--seed: '-1' is not a whole number"),
            (["--allocator", "arena", "--allocator", "page"], "--allocator is given more than once"),
            (["--memory-strategy", "auto", "--lifetime", "leak"], "exclude each other"),
            (["--memory-strategy", "leak"], "choose one of auto, manual, arena"),
            (["--memory-strategy", ""], "'' is not a memory strategy"),
            (["--unchecked=no"], "--unchecked takes no value"),
            (["--json", ""], "the file has no name"),
            (["--lifetime", "refcont"], "refcount"),
        ):
            done = harness("run", *words, "-", stdin=HELLO)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(message, done.stderr, words)
        done = harness("run", "-", "--timeout", stdin=HELLO)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--timeout needs a value", done.stderr)

    def test_every_wrong_usage_ends_with_2(self):
        for words in (
            ["run"], ["run", "no-such-file.src"], ["run", "--max-heap", "much", "-"], ["run", "--timeout", "0", "-"],
            ["run", "--set", "novalue", "-"], ["run", "--allocator", "null", "-"], ["python"], ["python", "no-such.src"],
            ["run", "--memory-debug", "--unchecked", "-"],
        ):  # fmt: skip
            done = harness(*words, stdin=HELLO)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr.startswith("harness: "), done.stderr)


class Running(Case):
    def test_output_and_summary_take_their_own_streams(self):
        done = run(HELLO)
        self.assertEqual((done.returncode, done.stdout), (0, "hello\n"))
        self.assertRegex(done.stderr.rstrip("\n"), SUMMARY)
        self.assertTrue(done.stderr.startswith("direct × refcount: ok, ") or done.stderr.startswith("slab × "))

    def test_output_stands_before_the_summary(self):
        done = subprocess.run(
            [HARNESS, "run", self.file(HELLO)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        self.assertEqual(done.stdout.splitlines()[0], "hello")

    def test_quiet_leaves_standard_error_empty(self):
        self.assertEqual(run(HELLO, "--quiet").stderr, "")

    def test_a_file_runs_like_standard_input(self):
        self.assertEqual(harness("run", self.file(HELLO)).stdout, "hello\n")

    def test_stats_prints_the_table_on_standard_error(self):
        done = run(HELLO, "--stats")
        self.assertEqual(done.stdout, "hello\n")
        for word in ("payload", "requested", "reserved", "mapped", "frames", "front end", "release"):
            self.assertIn(word, done.stderr)

    def test_settings_and_arguments_reach_the_program(self):
        self.assertEqual(run(PRINT_PARAM, "--set", "depth=18").stdout, "18\n")
        done = harness("run", "-", "--", "--stats", "two words", stdin=PRINT_ARGS)
        self.assertEqual(done.stdout, "['--stats', 'two words']\n")

    def test_a_setting_given_again_replaces_the_one_before(self):
        done = run(PRINT_PARAM, "--set", "depth=3", "--set", "depth=18", "--quiet")
        self.assertEqual((done.stdout, done.returncode), ("18\n", 0))
        done = run("print(1)", "--set", "a=1", "--set", "a=2", "--quiet")
        self.assertEqual(done.stderr.count("warning[UnusedSetting]"), 1, done.stderr)

    def test_a_file_that_is_not_there_gets_the_nearest(self):
        near = self.file(HELLO, "binary_trees.src")
        for asked in ("binary_tree.src", "binary_trees"):
            done = harness("run", str(self.folder / asked))
            self.assertEqual(done.returncode, 2)
            self.assertIn(f"help: did you mean '{near}'?", done.stderr)
        done = harness("run", str(self.folder / "queue.src"))
        self.assertIn("No such file or directory\nhelp: check the name; '-' reads standard input", done.stderr)

    def test_a_folder_and_a_closed_input_are_no_programs(self):
        done = harness("run", str(self.folder))
        self.assertEqual(done.returncode, 2)
        self.assertIn("Is a directory\nhelp: it is a folder; name a file in it", done.stderr)
        done = subprocess.run(["sh", "-c", '"$0" run - <&-', HARNESS], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(
            done.stderr,
            "harness: cannot read standard input: Bad file descriptor\nhelp: name a file, or pipe the text in\n",
        )

    def test_a_setting_that_nothing_reads_is_told(self):
        done = run(PRINT_PARAM, "--set", "dept=18", "--quiet")
        self.assertEqual((done.returncode, done.stdout), (0, "15\n"))
        self.assertIn("warning[UnusedSetting]: the program reads no setting 'dept'", done.stderr)
        self.assertIn("did you mean 'depth'?", done.stderr)
        self.assertEqual(run(PRINT_PARAM, "--set", "depth=18", "--quiet").stderr, "")

    def test_aliases_choose_lifetime_and_checks(self):
        for alias, lifetime in (("auto", "refcount"), ("manual", "manual"), ("arena", "arena")):
            report, _ = report_of("print(1)\n", "--memory-strategy", alias)
            self.assertEqual(report["lifetime"], lifetime)
        report, _ = report_of("print(1)\n", "--memory-debug")
        self.assertTrue(report["checked"])
        self.assertIn(report["allocator"], ("direct", "general"))

    def test_no_colour_without_a_terminal(self):
        self.assertNotIn("\x1b", run(RUN_TIME_ERROR).stderr)


class ExitCodes(Case):
    def expect(self, code: int, status: str, source: str, *arguments: str) -> tuple[dict, subprocess.CompletedProcess]:
        report, done = report_of(source, *arguments)
        self.assertEqual((done.returncode, report["status"], report["exit_code"]), (code, status, code), done.stderr)
        return report, done

    def test_0_is_a_good_run(self):
        self.expect(0, "ok", HELLO)

    def test_1_is_a_run_time_error(self):
        report, done = self.expect(1, "error", RUN_TIME_ERROR)
        self.assertIn("error[ZeroDivisionError]", done.stderr)
        self.assertEqual(report["errors"][0]["kind"], "ZeroDivisionError")
        self.assertEqual(report["errors"][0]["line"], 2)

    def test_4_is_a_memory_defect_with_its_places(self):
        report, done = self.expect(4, "defect", DOUBLE_FREE, "--lifetime", "manual")
        defect = report["defects"][0]
        self.assertEqual((defect["kind"], defect["line"]), ("DoubleFreeError", 3))
        self.assertEqual((defect["allocated"]["line"], defect["released"]["line"]), (1, 2))
        self.assertEqual(done.stderr.count("error[DoubleFreeError]"), 1)

    def test_4_is_a_leak_only_where_it_is_forbidden(self):
        self.expect(0, "ok", LEAK, "--lifetime", "leak")
        self.expect(4, "defect", LEAK, "--lifetime", "leak", "--fail-on-leak")
        self.expect(4, "defect", LEAK, "--lifetime", "manual")

    def test_5_is_a_limit_of_heap(self):
        _, done = report_of(GROWING, "--max-heap", "1M", "--timeout", "30")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("MemoryError", done.stderr)

    def test_5_is_a_limit_of_depth(self):
        _, done = report_of(DEEP, "--max-depth", "100")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("RecursionError", done.stderr)

    def test_5_is_a_limit_of_time_and_the_output_stays(self):
        started = time.monotonic()
        done = run(ENDLESS, "--timeout", "0.3")
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual((done.returncode, done.stdout), (5, "started\n"))
        self.assertIn("time limit of 300 ms", done.stderr)
        self.assertIn("--timeout", done.stderr)

    def test_6_is_a_rejected_program(self):
        _, done = self.expect(6, "rejected", SYNTAX_ERROR)
        self.assertIn("<stdin>:1:8: error[SyntaxError]", done.stderr)

    def test_a_programs_own_code_is_passed_on_with_status_ok(self):
        self.expect(42, "ok", EXIT_42)

    def test_a_deep_recursion_is_never_a_signal(self):
        done = run(DEEP, "--max-heap", "1G", "--timeout", "30")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertNotIn("SIG", done.stderr)


class Json(Case):
    def test_the_documented_keys_come_first_and_in_order(self):
        report, done = report_of(HELLO, "--allocator", "arena")
        self.assertEqual(list(report)[: len(DOCUMENTED_KEYS)], DOCUMENTED_KEYS)
        self.assertEqual((report["schema"], report["workload"], report["allocator"]), (1, "-", "arena"))
        self.assertRegex(report["output_xxh3"], "^[0-9a-f]{16}$")
        self.assertGreater(report["peak_rss_bytes"], 100_000)
        self.assertEqual(done.stdout.splitlines()[0], "hello")
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_a_list_leaks_its_48_bytes(self):
        report, done = report_of(LEAK, "--lifetime", "leak", "--allocator", "direct")
        self.assertEqual(done.stdout.splitlines()[0], "5")
        self.assertEqual(report["heap"]["allocations"], 1)
        self.assertEqual(report["heap"]["payload_bytes_leaked"], 48)
        self.assertEqual(report["stack"]["value_bytes_peak"], 8)
        self.assertEqual(report["stack"]["frames_peak"], 1)

    def test_the_four_numbers_are_ordered(self):
        cases = [
            (source, allocator, lifetime)
            for source in (LEAK, PAIR, OWN_ALLOCATOR)
            for allocator in ("direct", "arena", "pool(32,1K)/arena/page", "jemalloc")
            for lifetime in ("leak", "refcount", "arena")
        ]
        for source, allocator, lifetime in cases:
            for mode in ([], ["--unchecked"]):
                report, done = report_of(source, "--allocator", allocator, "--lifetime", lifetime, *mode)
                self.assertEqual(report["status"], "ok", done.stderr)
                heap = report["heap"]
                peaks = [heap[f"{name}_bytes_peak"] for name in ("payload", "requested", "reserved", "mapped")]
                self.assertEqual(peaks, sorted(peaks), (source, allocator, lifetime, mode))

    def test_a_block_goes_back_with_its_own_size(self):
        for lifetime in ("manual", "refcount", "leak", "arena"):
            done = run(PAIR, "--allocator", "checked(direct)", "--lifetime", lifetime, "--quiet")
            self.assertEqual((done.returncode, done.stderr), (0, ""), lifetime)
        report, _ = report_of(PAIR, "--lifetime", "manual")
        self.assertEqual(report["heap"]["payload_bytes_leaked"], 0)

    def test_the_process_takes_longer_than_the_run(self):
        for _ in range(5):
            report, _ = report_of(HELLO)
            self.assertGreaterEqual(report["process"]["wall_ns"], report["wall_ns"])

    def test_a_file_is_not_overwritten_without_force(self):
        program, path = self.file(HELLO), self.folder / "report.json"
        self.assertEqual(harness("run", "--json", str(path), program).returncode, 0)
        first = path.read_text()
        self.assertEqual(json.loads(first)["status"], "ok")
        done = harness("run", "--json", str(path), program)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--force", done.stderr)
        self.assertEqual(path.read_text(), first)
        self.assertEqual(harness("run", "--force", "--json", str(path), program).returncode, 0)
        json.loads(path.read_text())

    def test_an_unwritable_path_is_told_before_the_run(self):
        done = run(HELLO, "--json", str(self.folder / "no" / "such" / "folder.json"))
        self.assertEqual((done.returncode, done.stdout), (7, ""))
        self.assertIn("folder.json", done.stderr)

    def test_a_wrong_allocator_leaves_no_file_behind(self):
        path = self.folder / "report.json"
        self.assertEqual(run(HELLO, "--allocator", "arean", "--json", str(path)).returncode, 2)
        self.assertFalse(path.exists())


class Broken(Case):
    @unittest.skipIf("HARNESS_SANITIZED" in os.environ, "the sanitizer handles the signal itself")
    def test_a_crash_of_the_child_is_told_with_its_signal(self):
        path = self.folder / "report.json"
        process, child = self.start(ENDLESS, "--json", str(path))
        os.kill(child, signal.SIGSEGV)
        output, messages = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, output), (7, "started\n"))
        self.assertIn("SIGSEGV", messages)
        report = json.loads(path.read_text())
        self.assertEqual((report["status"], report["signal"], report["exit_code"]), ("crashed", "SIGSEGV", 7))
        self.assertIsNone(report["heap"]["allocations"])

    def test_a_child_killed_for_memory_is_told(self):
        process, child = self.start(ENDLESS)
        os.kill(child, signal.SIGKILL)
        _, messages = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 7)
        self.assertIn("SIGKILL", messages)
        self.assertIn("memory", messages)

    def test_an_interrupt_ends_the_child_and_keeps_the_output(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process, child = self.start(ENDLESS)
            process.send_signal(number)
            output, messages = process.communicate(timeout=PATIENCE_S)
            self.assertEqual((process.returncode, output), (-number, "started\n"))
            self.assertIn("interrupted by " + number.name, messages)
            self.assertFalse(Path(f"/proc/{child}").exists())

    def test_a_killed_harness_leaves_no_child(self):
        process, child = self.start(ENDLESS)
        process.kill()
        process.wait()
        deadline = time.monotonic() + PATIENCE_S
        while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
            self.assertLess(time.monotonic(), deadline, "the child lives on")
            time.sleep(0.01)

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        shell = f'"$0" run --timeout 30 "$1" | head -1; echo "codes ${{PIPESTATUS[*]}}"'
        done = subprocess.run(
            ["bash", "-c", shell, HARNESS, self.file(ENDLESS_OUTPUT)],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        self.assertEqual(done.stdout, "y\ncodes 141 0\n")
        self.assertNotIn("harness:", done.stderr)

    def test_a_closed_output_is_told_and_no_other_file_receives_it(self):
        path = self.folder / "report.json"
        shell = '"$0" run --quiet --json "$1" "$2" >&-; echo "code $?" >&2'
        done = subprocess.run(
            ["bash", "-c", shell, HARNESS, str(path), self.file(HELLO)], stderr=subprocess.PIPE, text=True, check=False
        )
        self.assertIn("Bad file descriptor", done.stderr)
        self.assertTrue(done.stderr.endswith("code 7\n"), done.stderr)
        report = json.loads(path.read_text())
        self.assertEqual((report["status"], report["exit_code"], report["signal"]), ("crashed", 7, None))

    def test_every_command_says_what_to_do_when_it_cannot_write(self):
        for arguments in [["--help"], ["run", "--help"], ["list"], ["python", self.file(HELLO)], ["run", self.file(HELLO)]]:
            with self.subTest(arguments), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run(
                    [HARNESS, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
                )
                self.assertEqual(done.returncode, 7)
                self.assertIn("help: make room where standard output goes", done.stderr)

    def test_output_that_cannot_be_written_fails_the_run(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [HARNESS, "run", self.file(HELLO)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        self.assertEqual(done.returncode, 7)
        self.assertIn("No space left", done.stderr)


class Python(Case):
    def test_the_program_runs_under_python(self):
        done = harness("python", self.file(HELLO))
        self.assertEqual(done.returncode, 0, done.stderr)
        told = subprocess.run(
            ["/usr/bin/python3", "-"], input=done.stdout, capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
        self.assertEqual(told.stdout, "hello\n")

    def test_a_program_with_errors_is_rejected(self):
        done = harness("python", "-", stdin=SYNTAX_ERROR)
        self.assertEqual((done.returncode, done.stdout), (6, ""))
        self.assertIn("error[SyntaxError]", done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    HARNESS = str(Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
