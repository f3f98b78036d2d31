"""Runs a program in cells of the harness and judges what each did: its bytes, its defects, its figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PYTHON = "/usr/bin/python3"
TIMEOUT_S = 120
EXIT_CRASHED = 7
ERROR = re.compile(r"^(?P<file>.*?):(?:(?P<line>\d+):(?P<column>\d+):)? error\[(?P<name>\w+)\]", re.MULTILINE)
# What an allocator that counts and the VM must agree on.
SHARED_FIGURES = ["allocations", "deallocations", "requested_bytes_total", "requested_bytes_peak"]
COUNTING = "counting(direct)"
ALLOCATORS = ["direct", "arena", COUNTING]
# How far the C library rounds a block depends on what else the process asked of it, and so does what it maps.
FIGURES_OF_THE_PROCESS = {"mapped_bytes_peak", "reserved_bytes_peak"}
POOL = re.compile(r"^pool = .*$", re.MULTILINE)
PLACED = re.compile(r" using pool\b")
LIFETIMES_THAT_KEEP_ALL = {"leak"}


@lru_cache
def lifetimes(harness: str) -> tuple[str, ...]:
    """Those that this build has, so that a new one is tested from its first day."""
    listed = subprocess.run([harness, "list", "lifetimes"], capture_output=True, text=True, check=True)
    return tuple(line.split()[0] for line in listed.stdout.splitlines() if line.strip())


@dataclass(frozen=True)
class Cell:
    lifetime: str
    allocator: str
    unchecked: bool = False

    @property
    def arguments(self) -> list[str]:
        mode = ["--unchecked"] if self.unchecked else []
        # Small programs end before a collector begins.
        mode += ["--gc-stress"] if self.lifetime == "gc" else []
        return ["--lifetime", self.lifetime, "--allocator", self.allocator, *mode]


@dataclass(frozen=True)
class Outcome:
    output: bytes
    messages: str
    exit_code: int
    report: dict | None = None

    @property
    def error(self) -> tuple[str, int] | None:
        """Name and line of the first error."""
        found = ERROR.search(self.messages)
        return (found["name"], int(found["line"] or 0)) if found else None


def execute(command: list[str], stdin: bytes | None = None) -> Outcome:
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        return Outcome(expired.stdout or b"", f"no end after {TIMEOUT_S} s", -1)
    return Outcome(done.stdout, done.stderr.decode(errors="replace"), done.returncode)


class Runner:
    """One program in a folder of its own."""

    def __init__(self, harness: str, source: str):
        self.harness = harness
        self.answer: Outcome | None = None
        self.has_pool = POOL.search(source) is not None
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "program.src"
        self.file.write_text(source, encoding="utf-8")

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_) -> None:
        self.folder.cleanup()

    def python(self) -> Outcome:
        """The program with its memory statements erased, under python3; asked once."""
        if self.answer is None:
            self.answer = self.run_python()
        return self.answer

    def run_python(self) -> Outcome:
        # Python has no allocators; where objects lie is nothing that such a program shows.
        everywhere = PLACED.sub("", POOL.sub("", self.file.read_text(encoding="utf-8")))
        translated = execute([self.harness, "python", "-"], everywhere.encode())
        if translated.exit_code != 0:
            return translated
        return execute([PYTHON, "-W", "ignore", "-S", "-E", "-"], translated.output)

    def run(self, cell: Cell, *options: str) -> Outcome:
        report = self.file.with_suffix(".json")
        command = [self.harness, "run", "--quiet", "--json", str(report), "--force", *options, *cell.arguments, str(self.file)]
        outcome = execute(command)
        figures = None
        if report.exists():
            text = report.read_text(encoding="utf-8")
            # A run that was stopped left it empty.
            figures = json.loads(text) if text else None
            report.unlink()
        return Outcome(outcome.output, outcome.messages, outcome.exit_code, figures)


def error_failure(outcome: Outcome) -> str | None:
    if outcome.error is not None:
        return outcome.error[0]
    return None if outcome.exit_code == 0 else f"exit code {outcome.exit_code}"


def portable_failure(python: Outcome, outcome: Outcome, cell: Cell, made: int | None, one_allocator: bool) -> str | None:
    """What is wrong with a legal program's run, as a few words that name the kind, or None."""
    if outcome.output != python.output:
        return "other bytes than python3"
    heap, costs = outcome.report["heap"], outcome.report["costs"]
    if cell.lifetime not in LIFETIMES_THAT_KEEP_ALL:
        if heap["payload_bytes_leaked"] != 0:
            return "bytes left at exit"
        if heap["allocations"] != heap["deallocations"]:
            return "allocations and deallocations differ"
        if costs["destructors"] is not None and made is not None and costs["destructors"] != made:
            return f"{'fewer' if costs['destructors'] < made else 'more'} destructors than objects"
    return statistics_failure(outcome) if one_allocator else None


def statistics_failure(outcome: Outcome) -> str | None:
    """Where the allocator counts for itself, it must have seen what the VM says that it did."""
    counted = outcome.report.get("allocator_statistics")
    heap = outcome.report["heap"]
    if counted is None:
        counts = outcome.report["allocator"].startswith("counting") and heap["allocations"] != 0
        return "no statistics of the allocator" if counts else None
    wrong = [key for key in SHARED_FIGURES if counted[key] != heap[key]]
    return f"the allocator counts other {', '.join(wrong)}" if wrong else None


def figures_of(outcome: Outcome) -> dict:
    """The figures that must not depend on the mode."""
    ignored = FIGURES_OF_THE_PROCESS if "direct" in outcome.report["allocator"] else set()
    figures = {f"heap.{key}": value for key, value in outcome.report["heap"].items() if key not in ignored}
    figures |= {f"stack.{key}": value for key, value in outcome.report["stack"].items()}
    return figures


def modes_failure(checked: Outcome, unchecked: Outcome) -> str | None:
    a, b = figures_of(checked), figures_of(unchecked)
    wrong = sorted(key for key in a if a[key] != b[key])
    return f"checked and unchecked differ in {', '.join(wrong)}" if wrong else None


def main() -> int:
    print("\n".join(lifetimes(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
