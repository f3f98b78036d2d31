#!/usr/bin/python3
"""Runs golden programs on every allocator and lifetime and compares what they print with what they expect.

A program passes in a cell when its standard output is byte for byte the expected one, the reported errors are those
expected, the exit code follows from them, and every stated figure holds in the JSON report.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from program_format import EXIT_MEMORY_DEFECT, MEMORY_DEFECTS, ExpectedError, Program, read_program

ALLOCATORS = ["page", "arena", "fixed", "thread_local", "direct", "pool", "stack", "jemalloc", "mimalloc", "tcmalloc"]
LIFETIMES = ["leak", "manual", "refcount", "refcount+cycles", "gc", "scope", "ownership", "arena", "stack"]
# Nor that an object is to outlive the call that made it, or its owner.
OWNERSHIP_DEFECTS = {
    "scope": [["EscapeError"], ["UseAfterFreeError"]],
    "ownership": [["EscapeError"], ["UseAfterFreeError"], ["UseAfterMoveError"]],
    "stack": [["EscapeError"]],
}
# A plain Python program never says when it is done with an object, so under these its objects may leak.
LIFETIMES_THAT_MAY_LEAK = {"manual", "refcount"}

EXTRA: list[str] = []  # options that every run gets
WORKERS = 2
TIMEOUT_S = 60
PYTHON = "/usr/bin/python3"
ERROR_LINE = re.compile(r"^(?:(?P<file>.*):(?P<line>\d+):(?P<column>\d+): )?error\[(?P<name>\w+)\](?:: ?(?P<message>.*))?$")
PLACE_LINE = re.compile(r"^  (?P<what>[^:]+): +(?P<file>[^:]+):(?P<place>\d+:\d+)(?:   |$)|^  (?P<rest>and \d+ more places? .*)$")


@dataclass(frozen=True)
class Cell:
    """One way to run a program."""

    allocator: str
    lifetime: str
    checked: bool


@dataclass(frozen=True)
class Outcome:
    """What a process left behind; `report` is its JSON object when figures were asked for."""

    command: str
    output: bytes
    messages: str
    exit_code: int
    report: dict | None = None


def cells_of(program: Program, allocators: list[str], lifetimes: list[str], turns: int | None = None):
    """The cells in which the program's expectation holds, among those asked for.

    With `turns`, each lifetime has so many of the allocators, others for each program.
    """
    fitting = [name for name in allocators if program.allocators is None or name in program.allocators]
    for number, lifetime in enumerate(lifetimes):
        if program.lifetimes is not None and lifetime not in program.lifetimes:
            continue
        its_turn = fitting
        if turns is not None and turns < len(fitting):
            first = sum(program.path.name.encode()) + number * turns
            its_turn = [fitting[(first + i) % len(fitting)] for i in range(turns)]
        for allocator in its_turn:
            for checked in modes_of(program, lifetime):
                yield Cell(allocator, lifetime, checked)


def modes_of(program: Program, lifetime: str) -> list[bool]:
    """A memory defect is found exactly in checked mode only, so a program that may have one is not run unchecked."""
    if program.checked is not None:
        return [program.checked]
    if may_escape(program, lifetime):
        return [True]
    if any(error.name in MEMORY_DEFECTS for error in program.expected_errors):
        return [True]
    return [True, False]


def execute(command: list[str], stdin: bytes | None = None) -> Outcome:
    shown = shlex.join(command)
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as expired:
        return Outcome(shown, expired.stdout or b"", f"no end after {TIMEOUT_S} s", -1)
    return Outcome(shown, done.stdout, done.stderr.decode(errors="replace"), done.returncode)


def run_in(harness: str, program: Program, cell: Cell) -> Outcome:
    command = [harness, "run", "--quiet", "--allocator", cell.allocator, "--lifetime", cell.lifetime, *EXTRA]
    if not cell.checked:
        command.append("--unchecked")
    bar = program.arguments.index("--") if "--" in program.arguments else len(program.arguments)
    command += program.arguments[:bar]
    to_program = program.arguments[bar:]  # what stands behind a bare -- is the program's own
    if not program.figures:
        return execute([*command, str(program.path), *to_program])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        outcome = execute([*command, "--json", str(file), str(program.path), *to_program])
        report = json.loads(file.read_text()) if file.exists() else None
    return Outcome(outcome.command, outcome.output, outcome.messages, outcome.exit_code, report)


def reported_errors(messages: str) -> list[ExpectedError]:
    errors = []
    for line in messages.splitlines():
        if match := ERROR_LINE.match(line):
            place = int(match["line"] or 0), int(match["column"] or 0)
            errors.append(ExpectedError(*place, match["name"], match["message"] or ""))
    return errors


def reported_places(messages: str) -> list[str]:
    """What a message tells of other places: "allocated 3:5", in its order."""
    found = [match for line in messages.splitlines() if (match := PLACE_LINE.match(line))]
    return [match["rest"] or f"{match['what']} {match['place']}" for match in found]


def same_error(expected: ExpectedError, reported: ExpectedError) -> bool:
    place_and_name = (expected.line, expected.column, expected.name)
    if place_and_name != (reported.line, reported.column, reported.name):
        return False
    return expected.message is None or expected.message == reported.message


def may_leak(program: Program, cell: Cell) -> bool:
    if program.cycles and cell.lifetime in ("scope", "ownership"):
        return True
    return program.python and not program.portable and cell.lifetime in LIFETIMES_THAT_MAY_LEAK


def may_escape(program: Program, lifetime: str) -> bool:
    return program.python and not program.portable and lifetime in OWNERSHIP_DEFECTS


def show_error(error: ExpectedError) -> str:
    ending = f": {error.message}" if error.message else ""
    return f"{error.line}:{error.column} {error.name}{ending}"


def output_difference(expected: bytes, actual: bytes) -> list[str]:
    old = expected.decode(errors="replace").splitlines()
    new = actual.decode(errors="replace").splitlines()
    lines = list(difflib.unified_diff(old, new, "expected", "printed", lineterm=""))
    return lines or [f"printed {actual[-40:]!r} at the end instead of {expected[-40:]!r}"]


def problems_of(program: Program, cell: Cell, outcome: Outcome) -> list[str]:
    """Every way in which the outcome differs from the expectation, ready to print."""
    problems = []
    reported = reported_errors(outcome.messages)
    if may_escape(program, cell.lifetime) and [e.name for e in reported] in OWNERSHIP_DEFECTS[cell.lifetime]:
        same_so_far = program.expected_output.startswith(outcome.output)
        return [] if same_so_far else output_difference(program.expected_output, outcome.output)
    if outcome.output != program.expected_output:
        problems += output_difference(program.expected_output, outcome.output)
    exit_codes = {program.exit_code}
    if may_leak(program, cell):
        reported = [error for error in reported if error.name != "LeakError"]
        if program.exit_code == 0 and not reported:
            exit_codes.add(EXIT_MEMORY_DEFECT)
    expected = program.expected_errors
    if len(expected) != len(reported) or not all(map(same_error, expected, reported)):
        problems += [f"expected error: {show_error(error)}" for error in expected] or ["expected no error"]
        problems += [f"reported error: {show_error(error)}" for error in reported] or ["reported no error"]
    printed = outcome.messages.splitlines()
    problems += [f"no line 'help: {text}'" for text in program.expected_helps if f"help: {text}" not in printed]
    earlier = [line.strip() for line in printed if line.startswith(("  while handling ", "  caused by "))]
    if program.expected_errors and earlier != program.expected_earlier:
        problems += [f"expected earlier: {text}" for text in program.expected_earlier] or ["expected nothing earlier"]
        problems += [f"reported earlier: {text}" for text in earlier] or ["reported nothing earlier"]
    places = reported_places(outcome.messages) if program.expected_places else []
    if places != program.expected_places:
        problems += [f"expected place: {text}" for text in program.expected_places]
        problems += [f"reported place: {text}" for text in places]
    if outcome.exit_code not in exit_codes:
        problems.append(f"exit code {outcome.exit_code} instead of {program.exit_code}")
        problems += outcome.messages.splitlines()[:12]
    return problems + figure_problems(program, outcome)


def figure_problems(program: Program, outcome: Outcome) -> list[str]:
    if not program.figures:
        return []
    if outcome.report is None:
        return ["no JSON report was written"]
    problems = []
    for figure in program.figures:
        try:
            if not figure.holds(outcome.report):
                found = figure.read(outcome.report)
                problems.append(f"figure {figure.path} is {found}, not {figure.comparison} {figure.value}")
        except (KeyError, IndexError, TypeError):
            problems.append(f"figure {figure.path} is missing from the report")
    return problems


def judge_cell(harness: str, program: Program, cell: Cell) -> list[str]:
    outcome = run_in(harness, program, cell)
    problems = problems_of(program, cell, outcome)
    return [f"FAILED {outcome.command}", *("    " + line for line in problems)] if problems else []


def judge_python(harness: str, program: Program) -> list[str]:
    """The program that `harness python` prints must do under python3 what the original is expected to do."""
    translated = execute([harness, "python", str(program.path)])
    problems = []
    if translated.exit_code != 0:
        problems = [f"exit code {translated.exit_code}", *translated.messages.splitlines()[:12]]
        return [f"FAILED {translated.command}", *("    " + line for line in problems)]
    outcome = execute([PYTHON, "-W", "ignore", "-"], stdin=translated.output)
    if outcome.output != program.expected_output:
        problems += output_difference(program.expected_output, outcome.output)
    if outcome.exit_code != program.exit_code:
        problems.append(f"exit code {outcome.exit_code} instead of {program.exit_code}")
        problems += outcome.messages.splitlines()[-4:]
    if not problems:
        return []
    return [f"FAILED {translated.command} | {PYTHON} -", *("    " + line for line in problems)]


def jobs_of(options: argparse.Namespace, programs: list[Program]):
    """One callable per cell; each returns the lines of its failure, or nothing."""
    for program in programs:
        if options.python:
            if (program.python or program.portable) and not program.arguments:
                yield lambda program=program: judge_python(options.harness, program)
            continue
        for cell in cells_of(program, options.allocators, options.lifetimes, options.turns):
            yield lambda program=program, cell=cell: judge_cell(options.harness, program, cell)


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="programs, or folders of programs")
    parser.add_argument("--harness", required=True, metavar="PATH", help="the binary to test")
    parser.add_argument("--allocators", type=names, default=ALLOCATORS, metavar="A,B")
    parser.add_argument("--lifetimes", type=names, default=LIFETIMES, metavar="X,Y")
    parser.add_argument("--turns", type=int, metavar="N", help="each program under each lifetime on N of the allocators")
    parser.add_argument("--gc-stress", action="store_true", help="a cycle of the collector begins wherever one may")
    parser.add_argument("--python", action="store_true", help="test `harness python` instead of `harness run`")
    return parser.parse_args()


def main() -> int:
    options = read_options()
    if options.gc_stress:
        EXTRA.append("--gc-stress")
    files = [file for path in options.files for file in (sorted(path.rglob("*.src")) if path.is_dir() else [path])]
    programs = [read_program(file) for file in files]
    passed = failed = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        for failure in workers.map(lambda job: job(), jobs_of(options, programs)):
            if failure:
                failed += 1
                print("\n".join(failure), flush=True)
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
