#!/usr/bin/python3
"""Compares the harness with python3 on random programs and makes what differs small.

Each program comes from a seed (`generate.py`), so a failure can be replayed by its number alone.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from generate import generate
from shrink import Shrinker

PYTHON = "/usr/bin/python3"
WORKERS = 2
TIMEOUT_S = 20
SHRINK_TIME_MAX_S = 60
EXIT_MEMORY_DEFECT = 4
ERROR_NAME = re.compile(r"error\[(\w+)\]")


@dataclass(frozen=True)
class Run:
    """What one process did with a program."""

    output: bytes
    messages: str
    exit_code: int


def execute(command: list[str]) -> Run:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        return Run(expired.stdout or b"", f"no end after {TIMEOUT_S} s", -1)
    return Run(done.stdout, done.stderr.decode(errors="replace"), done.returncode)


class Comparison:
    """One way of running the harness, and what it means to differ from python3."""

    def __init__(self, options: argparse.Namespace):
        self.command = [options.harness, "run", "--quiet"]
        if options.lifetime:
            self.command += ["--lifetime", options.lifetime]
        if options.allocator:
            self.command += ["--allocator", options.allocator]
        if options.unchecked:
            self.command.append("--unchecked")
        # A plain Python program never says when it is done with an object, so under these it may leak.
        self.leaks_are_fine = options.lifetime in ("manual", "refcount", None)

    def run_both(self, source: str) -> tuple[Run, Run | None]:
        """The harness is not asked about a program that python3 cannot run to its end or that prints an address."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "program.src"
            file.write_text(source, encoding="utf-8")
            # Without the site packages python3 starts in half the time, which is most of what shrinking waits for.
            python = execute([PYTHON, "-W", "ignore", "-S", "-E", str(file)])
            if python.exit_code != 0 or b" at 0x" in python.output or b"<class " in python.output:
                return python, None
            return python, execute([*self.command, str(file)])

    def failure(self, source: str) -> str | None:
        """Names the kind of difference, or None; a shrunken program must fail in the same way as the whole."""
        python, harness = self.run_both(source)
        if harness is None:
            return None
        names = ERROR_NAME.findall(harness.messages)
        only_leaks = harness.exit_code == EXIT_MEMORY_DEFECT and set(names) <= {"LeakError"}
        if harness.exit_code != 0 and not (only_leaks and self.leaks_are_fine):
            return f"exit code {harness.exit_code} {' '.join(names[:1])}".strip()
        return "output" if harness.output != python.output else None


def show_difference(comparison: Comparison, source: str) -> str:
    python, harness = comparison.run_both(source)
    old = python.output.decode(errors="replace").splitlines()
    new = harness.output.decode(errors="replace").splitlines()
    lines = list(difflib.unified_diff(old, new, "python3", "harness", lineterm="", n=1))[:40]
    return "\n".join("    " + line for line in lines + harness.messages.splitlines()[:8])


def report(comparison: Comparison, options: argparse.Namespace, seed: int, kind: str) -> None:
    source = generate(seed)
    print(f"FAILED seed {seed}: {kind}")
    print(f"    replay: {Path(__file__).name} --harness {options.harness} --seed {seed} --count 1")
    if options.shrink_time > 0:
        shrinker = Shrinker(source, lambda text: comparison.failure(text) == kind, options.shrink_time)
        source = shrinker.run()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        file = options.keep / f"seed_{seed}.src"
        file.write_text(source, encoding="utf-8")
        print(f"    made small: {file}")
    else:
        print("\n".join("    " + line for line in source.splitlines()))
    print(show_difference(comparison, source), flush=True)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to test")
    parser.add_argument("--count", type=int, default=300, help="how many programs")
    parser.add_argument("--seed", type=int, default=1, help="the number of the first program")
    parser.add_argument("--lifetime", metavar="L", help="the harness's own default if not given")
    parser.add_argument("--allocator", metavar="A", help="the harness's own default if not given")
    parser.add_argument("--unchecked", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write what was made small there, not to the screen")
    parser.add_argument("--shrink-time", type=float, default=SHRINK_TIME_MAX_S, metavar="S", help="0 leaves it whole")
    parser.add_argument("--failures", type=int, default=5, metavar="N", help="stop after so many")
    return parser.parse_args()


def main() -> int:
    options = read_options()
    sys.setrecursionlimit(10_000)
    comparison = Comparison(options)
    seeds = range(options.seed, options.seed + options.count)
    passed = failed = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        kinds = workers.map(lambda seed: comparison.failure(generate(seed)), seeds)
        for seed, kind in zip(seeds, kinds):
            if kind is None:
                passed += 1
                continue
            failed += 1
            report(comparison, options, seed, kind)
            if failed >= options.failures:
                workers.shutdown(cancel_futures=True)
                break
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
