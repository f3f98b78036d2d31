#!/usr/bin/python3
"""Makes each allocation of small programs fail, one run for each, and judges what becomes of the program.

A run without a fault tells how many allocations there are. Then, for every n, the n-th fails once, and in a second
run all from the n-th on. Either way the program must see a MemoryError and end in the regular way, or by that
MemoryError where it stands outside of every `try`: no crash, no other error, no leak, no memory defect, and no
failure that nobody noticed. The last lines tell how many faults were injected.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LIFETIMES = ["leak", "manual", "refcount", "refcount+cycles", "gc", "scope", "ownership", "arena", "stack"]
# Under these the program answers for its objects, or nobody does; what a fault cuts short is never released.
LIFETIMES_THAT_LEAK = {"leak", "manual"}
EXIT_MEMORY_DEFECT = 4
EXIT_LIMIT = 5
WORKERS = 2
TIMEOUT_S = 60


@dataclass(frozen=True)
class Cell:
    program: Path
    lifetime: str
    checked: bool

    def command(self, harness: str, allocator: str) -> list[str]:
        command = [harness, "run", "--quiet", "--json", "-", "--allocator", allocator, "--lifetime", self.lifetime]
        # Small programs end before a collector begins.
        stress = ["--gc-stress"] if self.lifetime == "gc" else []
        return [*command, *stress, *([] if self.checked else ["--unchecked"]), str(self.program)]

    def may_leak(self) -> bool:
        if self.lifetime == "manual" and "# releases all by hand" in self.program.read_text():
            return False
        return self.lifetime in LIFETIMES_THAT_LEAK


@dataclass(frozen=True)
class Outcome:
    exit_code: int
    output: bytes
    messages: str
    report: dict


def run(command: list[str]) -> Outcome:
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return Outcome(-1, b"", f"no end after {TIMEOUT_S} s", {})
    begin = done.stdout.rfind(b'{"schema"')
    report = json.loads(done.stdout[begin:]) if begin >= 0 else {}
    output = done.stdout[:begin] if begin >= 0 else done.stdout
    return Outcome(done.returncode, output, done.stderr.decode("utf-8", "replace"), report)


def problem_of(cell: Cell, outcome: Outcome) -> str:
    """What is wrong with a run, whether something failed in it or not; empty if nothing is."""
    for line in outcome.messages.splitlines():
        if ": ignored in " in line and "MemoryError" not in line:
            return line
    defects = [defect["kind"] for defect in outcome.report.get("defects", [])]
    only_leaks = outcome.exit_code == EXIT_MEMORY_DEFECT and set(defects) == {"LeakError"}
    if cell.may_leak() and (outcome.exit_code == 0 or only_leaks):
        return ""
    errors = [error["kind"] for error in outcome.report.get("errors", [])]
    if outcome.exit_code == EXIT_LIMIT and errors == ["MemoryError"] and not defects:
        return ""
    if outcome.exit_code != 0:
        return f"exit code {outcome.exit_code}: {outcome.messages.strip()[:1000]}"
    leaked = outcome.report["heap"]["payload_bytes_leaked"]
    return f"{leaked} bytes leaked" if leaked else ""


def judge_fault(cell: Cell, outcome: Outcome, whole: Outcome, n: int) -> str:
    problem = problem_of(cell, outcome)
    if problem:
        return problem
    noticed = b"MemoryError" in outcome.output or "MemoryError" in outcome.messages
    if not noticed and outcome.output != whole.output:
        return "the output differs, but not by a MemoryError"
    # A store across regions does without its copy, a collector makes room; an allocator of the program's serves from
    # what it has.
    may_do_without = cell.lifetime in ("arena", "stack", "gc") or "# makes its own allocators" in cell.program.read_text()
    if not noticed and not may_do_without and n <= whole.report["heap"]["allocations"]:
        return "the failure was swallowed"
    return ""


def judge_cell(cell: Cell, harness: str, times: str, most: int) -> tuple[int, list[str]]:
    """The number of faults, and a line or more for each fault that was not borne well."""
    command = cell.command(harness, "failing(direct,0)")
    whole = run(command)
    problem = problem_of(cell, whole) or ("a MemoryError without a fault" if b"MemoryError" in whole.output else "")
    if problem:
        return 0, [f"FAILED {' '.join(command)}\n    {problem}"]
    failures = []
    for n in range(1, most + 1):
        command = cell.command(harness, f"failing(direct,{n},{times})")
        outcome = run(command)
        problem = judge_fault(cell, outcome, whole, n)
        if problem:
            failures.append(f"FAILED {' '.join(command)}\n    {problem}")
        elif outcome.output == whole.output and n > whole.report["heap"]["allocations"]:
            return n - 1, failures
    return most, [*failures, f"FAILED {cell}: more than {most} allocations"]


def cells_of(program: Path, lifetimes: list[str], modes: list[str]):
    """The cells of a program; its line `# lifetimes: X Y` narrows them."""
    for line in program.read_text().splitlines():
        if line.startswith("# lifetimes:"):
            lifetimes = [name for name in lifetimes if name in line.split(":")[1].split()]
    for lifetime in lifetimes:
        for mode in modes:
            yield Cell(program, lifetime, mode == "checked")


def names(text: str) -> list[str]:
    return text.split(",")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to test")
    parser.add_argument("--lifetimes", type=names, default=LIFETIMES, metavar="X,Y")
    parser.add_argument("--modes", type=names, default=["checked", "unchecked"], metavar="X,Y")
    parser.add_argument("--times", type=names, default=["1", "0"], metavar="1,0",
                        help="how many allocations fail from the n-th on; 0: all")
    parser.add_argument("--most", type=int, default=2000, help="allocations that a program may make")
    options = parser.parse_args()
    jobs = [
        (cell, times)
        for program in options.programs
        for cell in cells_of(program, options.lifetimes, options.modes)
        for times in options.times
    ]
    passed = failed = faults = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        judge = lambda job: judge_cell(job[0], options.harness, job[1], options.most)
        for injected, failures in workers.map(judge, jobs):
            faults += injected
            failed += bool(failures)
            passed += not failures
            for line in failures[:5]:
                print(line, flush=True)
            if len(failures) > 5:
                print(f"    … and {len(failures) - 5} more of this cell", flush=True)
    print(f"{faults} faults injected")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
