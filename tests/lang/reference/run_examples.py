#!/usr/bin/python3
"""Runs the examples of the language's reference and compares what they print with what the page says.

A page is the specification: an example that no longer does what stands beneath it fails here, with the command that
shows it. README.md beside this file describes the form of an example.
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
from dataclasses import dataclass, field
from pathlib import Path

WORKERS = 2
TIMEOUT_S = 60
PYTHON = "/usr/bin/python3"
PROGRAM_NAME = "example.src"
FENCE = re.compile(r"^```(\w*)(.*)$")
ANYTHING = "…"


@dataclass
class Example:
    """One program of a page with what it must do. `files` are the modules that the page gave before it."""

    page: Path
    line: int
    words: list[str]
    program: str
    output: str = ""
    errors: list[str] | None = None
    figures: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def values_of(self, key: str) -> list[str]:
        return [word.partition("=")[2] for word in self.words if word.startswith(key + "=")]

    def has(self, word: str) -> bool:
        return word in self.words


class PageError(Exception):
    """A page that this program cannot read."""


KEYS = ("lifetime", "allocator", "args", "set", "exit", "file", "options")
PLAIN_WORDS = ("every", "unchecked", "python3", "check")
TIME_AT_THE_END = re.compile(r" +([0-9.]+ (ns|µs|ms|s)|time)$", re.MULTILINE)


def blocks_of(page: Path):
    """Every fenced block: the line it begins on, its language, its words, its text."""
    opened: tuple[int, str, list[str]] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if opened is None:
            if match := FENCE.match(line):
                opened, lines = (number, match[1], match[2].split()), []
        elif line == "```":
            yield *opened, "".join(text + "\n" for text in lines)
            opened = None
        else:
            lines.append(line)
    if opened is not None:
        raise PageError(f"{page}:{opened[0]}: this block has no end")


def examples_of(page: Path) -> list[Example]:
    examples: list[Example] = []
    files: dict[str, str] = {}
    latest: Example | None = None
    for line, language, words, text in blocks_of(page):
        if language == "python":
            for word in words:
                if word not in PLAIN_WORDS and word.partition("=")[0] not in KEYS:
                    raise PageError(f"{page}:{line}: unknown word '{word}'")
            latest = Example(page, line, words, text, files=dict(files))
            if names := latest.values_of("file"):
                files[names[0]] = text
                latest = None
            else:
                examples.append(latest)
        elif language in ("output", "error", "figures"):
            if latest is None:
                raise PageError(f"{page}:{line}: there is no program before this block")
            if language == "output":
                latest.output = text
            elif language == "error":
                latest.errors = text.splitlines()
            else:
                latest.figures = dict(row.split() for row in text.splitlines())
        else:
            latest = None
    return examples


def lines_match(expected: list[str], told: list[str]) -> bool:
    """Line by line; a line of its own '…' stands for any number of lines."""
    if not expected:
        return not told
    if expected[0] == ANYTHING:
        return any(lines_match(expected[1:], told[skipped:]) for skipped in range(len(told) + 1))
    return bool(told) and expected[0] == told[0] and lines_match(expected[1:], told[1:])


def difference(expected: str, got: str) -> str:
    return "".join(difflib.unified_diff(expected.splitlines(True), got.splitlines(True), "the page", "the run"))


def figure_of(report: dict, key: str):
    value = report
    for part in key.split("."):
        value = value[part]
    return value


def run_once(harness: str, example: Example, lifetime: str | None, folder: Path) -> str | None:
    """What is wrong with one run, or None."""
    checks = example.has("check")
    command = [harness, "check"] if checks else [harness, "run", "--quiet"]
    if lifetime is not None:
        command += ["--lifetime", lifetime]
    for allocator in example.values_of("allocator"):
        command += ["--allocator", allocator]
    for setting in example.values_of("set"):
        command += ["--set", setting]
    for options in example.values_of("options"):
        command += options.split(",")
    if example.has("unchecked"):
        command.append("--unchecked")
    report_file = folder / "report.json"
    if example.figures:
        command += ["--force", "--json", report_file.name]
    command.append(PROGRAM_NAME)
    for arguments in example.values_of("args"):
        command += ["--", *arguments.split(",")]

    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False)
    shown = shlex.join(command)
    output, told = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if checks:
        output = TIME_AT_THE_END.sub("", output)
    if output != example.output and not (checks and lines_match(example.output.splitlines(), output.splitlines())):
        return f"{shown}\n{difference(example.output, output)}{told}"
    if not lines_match(example.errors or [], told.splitlines()):
        return f"{shown}\n{difference(chr(10).join(example.errors or []) + chr(10), told)}"
    codes = example.values_of("exit")
    if codes and done.returncode != int(codes[0]):
        return f"{shown}\nexit code {done.returncode}, the page says {codes[0]}"
    if not codes and (done.returncode != 0) != (example.errors is not None):
        return f"{shown}\nexit code {done.returncode}"
    if example.figures:
        report = json.loads(report_file.read_text(encoding="utf-8"))
        for key, value in example.figures.items():
            if str(figure_of(report, key)) != value:
                return f"{shown}\n{key} is {figure_of(report, key)}, the page says {value}"
    return None


def run_with_python(example: Example, folder: Path) -> str | None:
    done = subprocess.run([PYTHON, PROGRAM_NAME], cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False)
    if done.stdout.decode() == example.output and done.returncode == 0:
        return None
    return f"{PYTHON} {PROGRAM_NAME}\n{difference(example.output, done.stdout.decode())}{done.stderr.decode()}"


def failure_of(harness: str, lifetimes: list[str], example: Example) -> str | None:
    chosen: list[str | None] = list(example.values_of("lifetime")) or [None]
    if example.has("every"):
        chosen = list(lifetimes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / PROGRAM_NAME).write_text(example.program, encoding="utf-8")
        for file, text in example.files.items():
            (folder / file).write_text(text, encoding="utf-8")
        try:
            for lifetime in chosen:
                if wrong := run_once(harness, example, lifetime, folder):
                    return wrong
            return run_with_python(example, folder) if example.has("python3") else None
        except subprocess.TimeoutExpired as expired:
            return f"{shlex.join(map(str, expired.cmd))}\nno end after {TIMEOUT_S} s"


def lifetimes_of(harness: str) -> list[str]:
    listed = subprocess.run([harness, "list"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.partition("\nlifetimes\n")[2].splitlines() if line.strip()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harness", required=True, type=Path, help="the program to test")
    parser.add_argument("pages", nargs="+", type=Path, help="pages, or folders of them")
    options = parser.parse_args()

    harness = str(options.harness.resolve())
    pages = [page for given in options.pages for page in (sorted(given.glob("*.md")) if given.is_dir() else [given])]
    try:
        examples = [example for page in pages for example in examples_of(page)]
    except PageError as error:
        print(error, file=sys.stderr)
        return 2
    lifetimes = lifetimes_of(harness)
    failed = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        for example, wrong in zip(examples, workers.map(lambda e: failure_of(harness, lifetimes, e), examples)):
            if wrong is not None:
                failed += 1
                print(f"{example.page}:{example.line}: {wrong}\n")
    print(f"{len(examples) - failed} passed, {failed} failed")
    return 1 if failed or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
