#!/usr/bin/python3
"""Compares the places that memory defects are told with, for every form of expression that can hold the value.

The tables are `places.txt`, `moves.txt` (further defects, under all lifetimes) and `owners.txt` (`scope` and `ownership`):
programs in which the places are marked where they are expected. `<a:` … `:a>` is where the
object was allocated, `<r:` … `:r>` where it was released, `<d:` … `:d>` the defect itself, with its exact length. Each has a twin that a few
edits make of it, which must run without a word: so it is the defect that is told, and nothing around it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

MARK = re.compile(r"<([adr]):|:([adr])>")
GOOD = re.compile(r"^=== good (.+)$")
EDIT = re.compile(r"^(swap|drop|set|insert|add) ?(\d*) ?(.*)$")
HEAD = re.compile(r"^=== (\w+) (\S+)(?: (.*))?$")
ERROR = re.compile(r":(\d+):(\d+): error\[(\w+)\]")
RELATED = re.compile(r"^ +(allocated|released|moved|ends): +\S*?:(\d+):(\d+)", re.MULTILINE)
CARETS = re.compile(r"^ *(\^+)$", re.MULTILINE)
# The remedy of an escape, to be taken at its word.
KEEP = re.compile(r"^help: write '(keep [^']+)'", re.MULTILINE)
TIMEOUT_S = 240
EXIT_MEMORY_DEFECT = 4
EXITS = {"ReferenceCycleError": 1}
WORKERS = 2


@dataclass
class Case:
    """One program: what it is about, the lifetime, the expected error, its text without marks and the places."""

    error: str
    lifetime: str
    title: str
    line: int
    lines: list[str] = field(default_factory=list)
    places: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    edits: str = ""

    def twin(self) -> list[str]:
        """The program without the defect: its lines after the edits, each of which counts the lines that it finds."""
        lines = list(self.lines)
        for text in self.edits.split("; "):
            verb, number, rest = EDIT.match(text).groups()
            at = int(number or 0) - 1
            if verb == "add":
                lines.append(text.removeprefix("add "))
            elif verb == "swap":
                lines[at], lines[int(rest) - 1] = lines[int(rest) - 1], lines[at]
            elif verb == "drop":
                del lines[at]
            elif verb == "insert":
                lines.insert(at, rest)
            else:
                lines[at] = rest
        return lines

    def add(self, marked: str) -> None:
        text, opened = "", {}
        position = 0
        for mark in MARK.finditer(marked):
            text += marked[position : mark.start()]
            position = mark.end()
            if mark[1]:
                opened[mark[1]] = len(text)
            else:
                begin = opened.pop(mark[2])
                self.places[mark[2]] = (len(self.lines) + 1, begin + 1, len(text) - begin)
        if opened:
            raise ValueError(f"a mark is not closed: {marked}")
        self.lines.append(text + marked[position:])


def read_table(path: Path) -> list[Case]:
    cases: list[Case] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        good = GOOD.match(line)
        head = HEAD.match(line)
        if good:
            cases[-1].edits = good[1]
        elif head:
            cases.append(Case(head[1], head[2], head[3] or "", number))
        elif cases:
            cases[-1].add(line)
    return cases


def told(messages: str) -> tuple[str, dict[str, tuple[int, int, int]]]:
    """The first error: its name and its places; only the defect's own length can be seen, by its carets."""
    found = ERROR.search(messages)
    if found is None:
        return "no error", {}
    carets = CARETS.search(messages)
    places = {"d": (int(found[1]), int(found[2]), len(carets[1]) if carets else 0)}
    for kind, line, column in RELATED.findall(messages):
        mark = "a" if kind == "allocated" else "r"
        places.setdefault(mark, (int(line), int(column), 0))
    return found[3], places


def run(harness: str, case: Case, lines: list[str]) -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "places.src"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [harness, "run", "--quiet", "--allocator", "direct", "--lifetime", case.lifetime, str(file)]
        return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)


def check_twin(harness: str, case: Case) -> list[str]:
    if not case.edits:
        return ["it has no good twin"]
    lines = case.twin()
    if lines == case.lines:
        return ["the good twin is the program itself"]
    done = run(harness, case, lines)
    if done.returncode == 0 and not done.stderr:
        return []
    messages = done.stderr.decode(errors="replace").splitlines()[:9]
    return [f"the good twin ends with exit code {done.returncode}", *("    " + line for line in [*lines, *messages])]


def check_remedy(harness: str, case: Case, messages: str) -> list[str]:
    """An advised `keep`, written behind the store, must make the program legal."""
    found = KEEP.search(messages)
    if found is None or "d" not in case.places:
        return []
    line = case.places["d"][0]
    store = case.lines[line - 1]
    indent = store[: len(store) - len(store.lstrip())]
    lines = [*case.lines[:line], indent + found[1], *case.lines[line:]]
    done = run(harness, case, lines)
    if done.returncode == 0 and not done.stderr:
        return []
    messages = done.stderr.decode(errors="replace").splitlines()[:9]
    return [f"the advised '{found[1]}' does not mend it", *("    " + line for line in [*lines, *messages])]


def check(harness: str, case: Case) -> list[str]:
    done = run(harness, case, case.lines)
    messages = done.stderr.decode(errors="replace")
    name, places = told(messages)
    wrong = [f"{name} in place of {case.error}"] if name != case.error else []
    expected = dict(case.places)
    # A leak is told at the place of its allocation.
    if case.error == "LeakError":
        expected = {"d": expected["a"]}
    for mark, meaning in (("d", "defect"), ("a", "allocated"), ("r", "released")):
        if mark not in expected:
            continue
        line, column, length = places.get(mark, (0, 0, 0))
        if (line, column) != expected[mark][:2]:
            wrong.append(f"{meaning} at {line}:{column}, not at {expected[mark][0]}:{expected[mark][1]}")
        elif mark == "d" and length != expected[mark][2]:
            wrong.append(f"{meaning} has {length} carets, not {expected[mark][2]}")
    exit_code = EXITS.get(case.error, EXIT_MEMORY_DEFECT)
    if done.returncode != exit_code:
        wrong.append(f"exit code {done.returncode} in place of {exit_code}")
    if wrong:
        wrong += ["    " + line for line in messages.splitlines()[:9]]
    return wrong + check_twin(harness, case) + check_remedy(harness, case, messages)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--harness", required=True, metavar="PATH")
    parser.add_argument("--table", type=Path, default=Path(__file__).with_name("places.txt"))
    options = parser.parse_args()
    # A build may have chosen its lifetimes.
    listed = subprocess.run([options.harness, "list", "lifetimes"], capture_output=True, text=True, check=True).stdout
    lifetimes = {line.split()[0] for line in listed.splitlines() if line.strip()}
    cases = [case for case in read_table(options.table) if case.lifetime in lifetimes]
    failed = 0
    with ThreadPoolExecutor(WORKERS) as workers:
        for case, wrong in zip(cases, workers.map(lambda each: check(options.harness, each), cases)):
            if wrong:
                failed += 1
                print(f"FAILED {options.table.name}:{case.line}: {case.lifetime}: {case.title}")
                print("\n".join("    " + line for line in wrong))
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
