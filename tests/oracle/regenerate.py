#!/usr/bin/python3
"""Verifies or rewrites the expectations of golden programs from what python3 really prints.

Expected output is never typed by hand where Python can say it: `--write` removes the old expectations, runs the program
and puts each printed line beside the top-level statement that printed it. Without `--write` it only compares. Programs
of the common subset run as they are; those marked `# portable: yes`, and workloads, which have a `.expected` file
beside them, run with their memory statements erased.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import traceback
import warnings
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "programs"))

from erase import erase, prelude, read_settings  # noqa: E402
from program_format import EXPECT_ERROR, EXPECT_LINE, FormatError, Program, read_program  # noqa: E402

WIDTH_MAX = 120
TIMEOUT_S = 20


def run_under_python(program: Program) -> bytes:
    """Runs the file as a user would, unchanged if it is in the common subset, and returns its standard output."""
    script = [] if program.python else [str(Path(__file__).resolve().parent / "erase.py")]
    command = [sys.executable, "-W", "ignore", "-X", "utf8", *script, str(program.path), *settings_of(program)]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False).stdout


def settings_of(program: Program) -> list[str]:
    arguments = program.arguments
    return [arguments[i + 1] for i, word in enumerate(arguments) if word == "--set"]


def run_by_statement(program: Program, lines: list[str]):
    """Runs each top-level statement in turn; returns what each printed and the exception that ended the program."""
    path = str(program.path)
    tree = ast.parse(erase("\n".join(lines) + "\n"), path)
    names = {"__name__": "__main__"} | prelude(read_settings(settings_of(program)))
    printed = []
    for statement in tree.body:
        output = io.StringIO()
        error = None
        module = ast.Module([statement], [])
        with redirect_stdout(output):
            try:
                exec(compile(module, path, "exec"), names)
            except Exception as raised:  # noqa: BLE001 - whatever ends the program is what we want to know
                error = raised
        printed.append((statement, output.getvalue()))
        if error is not None:
            return printed, error
    return printed, None


def error_comment(program: Program, error: Exception) -> str:
    """The place is the start of the expression that python3 blames in the innermost frame of the program, or the part of
    its lines that the program's own expectation names: the harness marks the operand, the index or the argument."""
    frame = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(program.path)][-1]
    place = f"{frame.lineno}:{frame.colno + 1}"
    for stated in program.expected_errors:
        if frame.lineno <= stated.line <= frame.end_lineno:
            place = f"{stated.line}:{stated.column}"
    message = str(error)
    ending = f": {message}" if message else ""
    return f"# expect error: {place} {type(error).__name__}{ending}"


def strip_expectations(lines: list[str]) -> list[str]:
    kept = []
    for line in lines:
        if EXPECT_ERROR.match(line):
            continue
        match = EXPECT_LINE.search(line)
        if match is None:
            kept.append(line)
        elif line[: match.start()].strip():
            kept.append(line[: match.start()].rstrip())
    return kept


def place_expectations(program: Program, lines: list[str]) -> list[str]:
    """Returns the lines with every expectation beside, or below, the statement that printed it."""
    printed, error = run_by_statement(program, lines)
    below: dict[int, list[str]] = {}
    beside: dict[int, str] = {}
    unfinished = ""
    for statement, text in printed:
        *finished, unfinished = (unfinished + text).split("\n")
        last = statement.end_lineno
        fits = len(finished) == 1 and len(lines[last - 1]) + len(finished[0]) + 12 <= WIDTH_MAX
        if fits and isinstance(statement, ast.Expr) and last not in beside:
            beside[last] = comment(finished[0])
        elif finished:
            below.setdefault(last, []).extend(comment(line) for line in finished)
    if unfinished:
        raise FormatError(f"{program.path}: the last line it prints has no end; print a newline")
    placed = []
    for number, line in enumerate(lines, start=1):
        placed.append(f"{line}  {beside[number]}" if number in beside else line)
        placed += below.get(number, [])
    if error is not None:
        # The comments that were just inserted move the lines below them, so the error is placed in the final text.
        placed.append(error_comment(program, run_by_statement(program, placed)[1]))
    return placed


def comment(line: str) -> str:
    return f"# expect: {line}" if line else "# expect:"


def rewrite(program: Program) -> bool:
    """Writes the expectations anew; returns whether the file changed."""
    if program.is_workload:
        return rewrite_workload(program)
    lines = place_expectations(program, strip_expectations(program.lines))
    if lines == program.lines:
        return False
    original = program.path.read_bytes()
    text = "\n".join(lines) + ("\n" if original.endswith(b"\n") else "")
    if b"\r\n" in original:
        text = text.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if original.startswith(b"\xef\xbb\xbf") else b""
    program.path.write_bytes(mark + text.encode())
    return True


def rewrite_workload(program: Program) -> bool:
    output = run_under_python(program)
    if output == program.expected_output:
        return False
    program.expected_file.write_bytes(output)
    return True


def difference(program: Program) -> str | None:
    """Says how the program's expectations differ from python3, or None."""
    actual = run_under_python(program)
    if actual != program.expected_output:
        return f"expected\n{program.expected_output.decode()}python3 prints\n{actual.decode()}"
    if program.is_workload:
        return None
    _, error = run_by_statement(program, program.lines)
    found = error_comment(program, error) if error is not None else None
    stated = next((line.strip() for line in program.lines if EXPECT_ERROR.match(line)), None)
    if found != stated:
        return f"expected {stated}\npython3 says {found}"
    return None


def programs_python_can_run(paths: list[Path]):
    for path in paths:
        files = sorted(path.rglob("*.src")) if path.is_dir() else [path]
        for file in files:
            program = read_program(file)
            if program.python or program.portable:
                yield program


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="programs, or folders of programs")
    parser.add_argument("--write", action="store_true", help="rewrite the expectations instead of comparing them")
    options = parser.parse_args()
    sys.setrecursionlimit(5000)
    warnings.simplefilter("ignore", SyntaxWarning)
    right = wrong = 0
    for program in programs_python_can_run(options.paths):
        if options.write and rewrite(program):
            print(f"rewrote {program.path}")
            program = read_program(program.path)
        problem = difference(program)
        if problem is None:
            right += 1
        else:
            wrong += 1
            print(f"{program.path}: {problem}")
    print(f"{right} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
